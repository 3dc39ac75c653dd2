package list

import (
	"context"
	"sync"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/rule/col"
)

// Historian gives a register as of a moment; registry.Service is one.
type Historian interface {
	Horizon(ctx context.Context) (registry.Horizon, error)
	EachAt(ctx context.Context, register string, m registry.Moment, fn func(*registry.Profile) error) error
}

// BuildAt makes the columns of a register as of a moment.
func BuildAt(ctx context.Context, from Historian, reg *pack.Register, m registry.Moment) (*col.Table, error) {
	builder := col.NewBuilder(reg)
	if err := fillAt(ctx, from, reg.ID, m, builder, func(int) {}); err != nil {
		return nil, err
	}
	return builder.Table(0), nil
}

// Blocks gives the profiles of a register as of a moment to several goroutines at a time; registry.Registry does. begin
// is called for each block of subjects, done in the order of blocks.
type Blocks interface {
	ProfileBlocks(ctx context.Context, register string, m registry.Moment, begin func() (add func(*registry.Profile) error, done func() error)) error
}

// fillAt adds the profiles of a register as of a moment to a builder. count is told how many came.
func fillAt(ctx context.Context, from Historian, register string, m registry.Moment, builder *col.Builder, count func(int)) error {
	if blocks, ok := from.(Blocks); ok {
		return fillParts(ctx, blocks, register, m, builder, count)
	}
	return from.EachAt(ctx, register, m, func(p *registry.Profile) error {
		count(1)
		return builder.Add(p)
	})
}

// fillParts fills parts of the builder side by side.
func fillParts(ctx context.Context, from Blocks, register string, m registry.Moment, builder *col.Builder, count func(int)) error {
	free := make(chan *col.Builder, 64)
	return from.ProfileBlocks(ctx, register, m, func() (add func(*registry.Profile) error, done func() error) {
		var part *col.Builder
		select {
		case part = <-free:
		default:
			part = builder.Part()
		}
		return part.Add, func() error {
			count(part.Len())
			if err := builder.Append(part); err != nil {
				return err
			}
			select {
			case free <- part:
			default:
			}
			return nil
		}
	})
}

// Pasts gives the register as of other moments than now. The one that was asked for last is kept in memory; a base of
// a million takes as much of it as the present one.
type Pasts struct {
	now  *Base
	from Historian
	ctx  context.Context // ends when the program does: building goes on after the request that asked

	mu      sync.Mutex
	horizon registry.Horizon
	known   int64 // change counter that horizon was read at; −1: never
	moment  registry.Moment
	change  int64 // change counter that past stands for
	past    *Base
	cancel  context.CancelFunc
}

// NewPasts makes the past of a base.
func NewPasts(ctx context.Context, now *Base, from Historian) *Pasts {
	return &Pasts{now: now, from: from, ctx: ctx, known: -1}
}

// At gives the base as of a moment: the present one where nothing later is known. Another is built in the background;
// it says ErrLoading until it is ready, and State tells how far it is.
func (p *Pasts) At(ctx context.Context, m registry.Moment) (*Base, error) {
	if m.Latest() {
		return p.now, nil
	}
	change, err := p.now.cfg.Source.Change(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != change {
		if p.horizon, err = p.from.Horizon(ctx); err != nil {
			return nil, err
		}
		p.known = change
	}
	if p.horizon.Beyond(p.now.cfg.Pack, m) {
		return p.now, nil
	}
	if p.past != nil && p.moment == m && p.change == change {
		return p.past, nil
	}
	if p.cancel != nil {
		p.cancel()
	}
	cfg := p.now.cfg
	cfg.Cache, cfg.Source = "", frozen{p.from, cfg.Register.ID, m, change}
	building, cancel := context.WithCancel(p.ctx)
	p.moment, p.change, p.past, p.cancel = m, change, NewBase(cfg), cancel
	past := p.past
	go func() {
		if err := past.Refresh(building); err != nil && building.Err() == nil {
			cfg.Log.Error("the register of a past moment was not built", "error", err)
		}
	}()
	return past, nil
}

// frozen is the source of a base that does not change any more.
type frozen struct {
	from     Historian
	register string
	moment   registry.Moment
	change   int64
}

func (f frozen) Scan(ctx context.Context, _ int64, fn func(*registry.Profile) error) error {
	return f.from.EachAt(ctx, f.register, f.moment, fn)
}

func (f frozen) Change(context.Context) (int64, error) { return f.change, nil }
