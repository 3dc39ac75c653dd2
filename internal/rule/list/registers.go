package list

import (
	"context"
	"fmt"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// Registers are all registers of a pack in memory: each with its columns as they are now, and as of any other moment, and with
// the verdicts of the recognitions that are about it.
type Registers struct {
	of   []*register // the main register first, then in the order of the pack
	byID map[string]*register
}

// register is one register.
type register struct {
	now   *Base
	pasts *Pasts
}

// NewRegisters makes the registers of a pack, nothing of them loaded yet: Refresh loads them. What a register stands on is cfg, in
// which Register and Cache are filled in for each; cache gives the file of a register, nil: no file is kept. The past is read
// from a historian, nil: it is not offered; pasts of all registers share a number of bytes, and are built until ctx ends.
func NewRegisters(ctx context.Context, cfg Config, cache func(register string) string, from Historian, budget int64) *Registers {
	r := &Registers{byID: map[string]*register{}}
	room := NewRoom(ctx, budget)
	main := cfg.Pack.Main()
	for _, reg := range cfg.Pack.Registers {
		own := cfg
		if own.Register = reg; cache != nil {
			own.Cache = cache(reg.ID)
		}
		h := &register{now: NewBase(own)}
		if from != nil {
			h.pasts = NewPasts(room, h.now, from)
		}
		if r.byID[reg.ID] = h; reg == main {
			r.of = slices.Insert(r.of, 0, h)
		} else {
			r.of = append(r.of, h)
		}
	}
	return r
}

// Get gives a register as of a moment. Another than the latest is built in the background; the base says ErrLoading until it is
// ready. The error is a fault when there is no such register.
func (r *Registers) Get(ctx context.Context, id string, m fact.Moment) (*Base, error) {
	h := r.byID[id]
	if h == nil {
		return nil, fault.New(fault.NotFound, "没有名为“"+id+"”的库。请从库的列表中选择。", "There is no register “"+id+"”. Choose one from the list of registers.")
	}
	if m.Latest() || h.pasts == nil {
		return h.now, nil
	}
	b, err := h.pasts.At(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("register %s as of %s, known on %s: %w", id, m.HeldOn.Format("2006-01-02"), m.KnownOn.Format("2006-01-02"), err)
	}
	return b, nil
}

// Refresh brings registers up to date; nil: all, the main one first. A failure is logged: what is written is written, and the
// columns follow at the next look.
func (r *Registers) Refresh(ctx context.Context, ids []string) {
	for _, h := range r.of {
		id := h.now.Register()
		if ids != nil && !slices.Contains(ids, id) {
			continue
		}
		if err := h.now.Refresh(ctx); err != nil && ctx.Err() == nil {
			h.now.cfg.Log.Error("a register in memory was not brought up to date", "register", id, "error", err)
		}
	}
}

// Close keeps the columns of all registers for the next start.
func (r *Registers) Close() {
	for _, h := range r.of {
		h.now.Close()
	}
}
