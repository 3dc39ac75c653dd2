package list

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// Registers holds all registers of a pack in memory: current columns, columns as of other moments, and the verdicts of
// the recognitions about each.
type Registers struct {
	of   []*register // the main register first, then in the order of the pack
	byID map[string]*register
	// round grows when a register has changed: what belongs to its subjects, in other registers, may lie elsewhere now. See Base.settled.
	round atomic.Int64
}

// register is one register.
type register struct {
	now   *Base
	pasts *Pasts
}

// NewRegisters returns the registers of a pack without loading them; Refresh does. cfg is used for each register, with
// its own Register and Cache. cache returns the path of a register's cache file; nil means no files. from reads past
// moments; nil means that Get returns the current state for every moment. budget limits the columns of past moments of
// all registers, in bytes. They are built until ctx ends.
func NewRegisters(ctx context.Context, cfg Config, cache func(register string) string, from Historian, budget int64) *Registers {
	r := &Registers{byID: map[string]*register{}}
	cfg.round = &r.round
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

// Get returns a register as of a moment. A moment other than the latest is built in the background; the methods of the
// base return ErrLoading until it is ready. The error is fault.NotFound for an unknown register, and fault.Conflict
// when too many builds wait.
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

// Seen tells which subjects of a register the actor of a context may see, as it is now.
func (r *Registers) Seen(ctx context.Context, register string) (func(subject int64) bool, error) {
	base, err := r.Get(ctx, register, fact.Moment{})
	if err != nil {
		return nil, err
	}
	t, err := base.Current(ctx)
	if err != nil {
		return nil, err
	}
	return func(subject int64) bool { return t.Row(subject) >= 0 }, nil
}

// Refresh brings registers up to date; with nil ids all of them, the main register first. A failure is logged only: the
// data are stored, and the next refresh reads them.
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

// Close writes the cache files of all registers.
func (r *Registers) Close() {
	for _, h := range r.of {
		h.now.Close()
	}
}
