package main

import (
	"context"
	"log/slog"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/rule/list"
)

// shelves are the pack's registers besides the first, each with columns of its own. They are small, and read in a
// moment: no file keeps them between runs.
func shelves(p *pack.Pack, reg *registry.Registry, log *slog.Logger) map[string]*list.Base {
	all := map[string]*list.Base{}
	for _, r := range p.Registers[1:] {
		all[r.ID] = list.NewBase(list.Config{Pack: p, Register: r, Source: shelfSource{reg, r.ID}, Texts: true, Log: log})
	}
	return all
}

// shelfSource gives the profiles of one register.
type shelfSource struct {
	*registry.Registry
	register string
}

func (s shelfSource) Scan(ctx context.Context, afterChange int64, fn func(*registry.Profile) error) error {
	return s.EachProfile(ctx, s.register, afterChange, fn)
}

// follow brings all registers up to date at every tick until the context ends, so that what other processes import
// is seen.
func follow(ctx context.Context, tick <-chan time.Time, base *list.Base, others map[string]*list.Base, log *slog.Logger) {
	refresh := func(id string, b *list.Base) {
		if err := b.Refresh(ctx); err != nil && ctx.Err() == nil {
			log.Error("a register in memory was not brought up to date", "register", id, "error", err)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			refresh("", base)
			for id, shelf := range others {
				refresh(id, shelf)
			}
		}
	}
}
