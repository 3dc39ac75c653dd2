package main

import (
	"context"
	"log/slog"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/rule/list"
)

// shelves are the pack's registers besides the first, each with columns of its own. They are small, and read in a
// moment: no file keeps them between runs.
func shelves(p *pack.Pack, reg *registry.Registry, log *slog.Logger) map[string]*list.Base {
	all := map[string]*list.Base{}
	for _, r := range p.Registers[1:] {
		all[r.ID] = list.NewBase(list.Config{Pack: p, Register: r, Source: reg, Texts: true, Log: log})
	}
	return all
}

// refresh brings registers up to date; nil: all. A failure is logged: what is written is written, and the columns follow at
// the next look.
func refresh(ctx context.Context, registers []string, base *list.Base, others map[string]*list.Base, log *slog.Logger) {
	one := func(id string, b *list.Base) {
		if registers != nil && !slices.Contains(registers, id) {
			return
		}
		if err := b.Refresh(ctx); err != nil && ctx.Err() == nil {
			log.Error("a register in memory was not brought up to date", "register", id, "error", err)
		}
	}
	one(base.Register(), base)
	for id, shelf := range others {
		one(id, shelf)
	}
}
