package list

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"

	"eyas/internal/fault"
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
	if err := from.EachAt(ctx, reg.ID, m, builder.Add); err != nil {
		return nil, err
	}
	return builder.Table(0), nil
}

// Room is the memory that the pasts of all registers share. Pasts are built one after the other; a build that has
// begun is never stopped by another question. When the finished ones take more than the budget, the one that was not
// asked for the longest goes; the last one always stays, whatever its size.
type Room struct {
	ctx    context.Context // ends when the program does: building goes on after the request that asked
	budget int64           // bytes of columns
	turn   chan struct{}   // holds a token while nothing is built

	mu   sync.Mutex
	kept []*past // the one asked for last stands last
}

// NewRoom makes an empty room of a number of bytes.
func NewRoom(ctx context.Context, budget int64) *Room {
	r := &Room{ctx: ctx, budget: budget, turn: make(chan struct{}, 1)}
	r.turn <- struct{}{}
	return r
}

// past is a register as of one moment: what is there to be read, and what is being built to follow it.
type past struct {
	of       *Pasts
	moment   registry.Moment
	ready    *built
	building *built
}

type built struct {
	version registry.Version // of the base when building began
	base    *Base
	size    int64
	failed  bool
}

// Pasts gives a register as of other moments than now.
type Pasts struct {
	room *Room
	now  *Base
	from Historian

	mu      sync.Mutex
	horizon registry.Horizon
	known   registry.Version // that horizon was read at
}

// NewPasts makes the past of a base.
func NewPasts(room *Room, now *Base, from Historian) *Pasts {
	return &Pasts{room: room, now: now, from: from}
}

// At gives the base as of a moment: the present one where nothing later is known. Another is built in the background;
// it says ErrLoading until it is ready, and State tells how far it is.
//
// What was known at the end of a day that has passed never changes again, so such a past is built once. What held on a
// day, as known now, can change with every write: the past that is there is given on, while one that knows of the write
// is being built.
func (p *Pasts) At(ctx context.Context, m registry.Moment) (*Base, error) {
	if m.Latest() {
		return p.now, nil
	}
	version, _, err := p.now.cfg.Source.Since(ctx, registry.Version{})
	if err != nil {
		return nil, err
	}
	h, err := p.horizonAt(ctx, version)
	if err != nil {
		return nil, err
	}
	if m = h.Reduce(p.now.cfg.Pack, m); m.Latest() {
		return p.now, nil
	}
	if err := p.forget(ctx, version, m); err != nil {
		return nil, err
	}
	return p.room.get(p, version, m)
}

func (p *Pasts) horizonAt(ctx context.Context, version registry.Version) (registry.Horizon, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != version {
		h, err := p.from.Horizon(ctx)
		if err != nil {
			return h, err
		}
		p.horizon, p.known = h, version
	}
	return p.horizon, nil
}

// forget drops the past of a moment if it is of another history than the base is now.
func (p *Pasts) forget(ctx context.Context, version registry.Version, m registry.Moment) error {
	r := p.room
	r.mu.Lock()
	var other []*built
	if x := r.find(p, m); x != nil {
		for _, b := range []*built{x.ready, x.building} {
			if b != nil && b.version != version {
				other = append(other, b)
			}
		}
	}
	r.mu.Unlock()
	for _, b := range other {
		_, own, err := p.now.cfg.Source.Since(ctx, b.version)
		if err != nil {
			return err
		}
		if !own {
			r.mu.Lock()
			if x := r.find(p, m); x != nil {
				if x.ready == b {
					x.ready = nil
				}
				if x.building == b {
					x.building = nil
				}
			}
			r.mu.Unlock()
		}
	}
	return nil
}

// find gives the past of a moment; nil when there is none. The caller holds mu.
func (r *Room) find(p *Pasts, m registry.Moment) *past {
	for _, x := range r.kept {
		if x.of == p && x.moment.HeldOn.Equal(m.HeldOn) && x.moment.KnownOn.Equal(m.KnownOn) {
			return x
		}
	}
	return nil
}

// maxWaiting is how many pasts may wait to be built: of a million enterprises, one takes half a minute.
const maxWaiting = 16

var errWaiting = fault.New(fault.Conflict, "等待载入的过去日期太多，请过几分钟再试。", "Too many past days are waiting to be loaded. Please try again in a few minutes.")

// get gives the past of a moment as it is, and begins to build what is missing.
func (r *Room) get(p *Pasts, version registry.Version, m registry.Moment) (*Base, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.find(p, m)
	if x == nil {
		if r.waiting() >= maxWaiting {
			return nil, errWaiting
		}
		x = &past{of: p, moment: m}
		r.kept = append(r.kept, x)
	}
	r.touch(x)
	current := x.ready != nil && (!m.KnownOn.IsZero() || x.ready.version == version)
	if !current && x.building == nil {
		cfg := p.now.cfg
		cfg.Cache, cfg.Source = "", frozen{p.from, cfg.Register.ID, m, version}
		x.building = &built{version: version, base: NewBase(cfg)}
		go r.build(x, x.building)
	}
	if x.ready != nil {
		return x.ready.base, nil
	}
	base := x.building.base
	if x.building.failed {
		x.building = nil // told once, then tried again
	}
	return base, nil
}

// waiting counts the pasts that are not there yet. The caller holds mu.
func (r *Room) waiting() (n int) {
	for _, x := range r.kept {
		if x.ready == nil {
			n++
		}
	}
	return n
}

// touch makes a past the one that was asked for last. The caller holds mu.
func (r *Room) touch(x *past) {
	i := slices.Index(r.kept, x)
	r.kept = append(slices.Delete(r.kept, i, i+1), x)
}

// build builds one past when it is its turn.
func (r *Room) build(x *past, b *built) {
	select {
	case <-r.turn:
	case <-r.ctx.Done():
		return
	}
	err := b.base.Refresh(r.ctx)
	r.turn <- struct{}{}
	if err != nil && r.ctx.Err() == nil {
		b.base.cfg.Log.Error("the register of a past moment was not built", "error", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.failed = err != nil; b.failed || x.building != b {
		return
	}
	if t, err := b.base.Current(); err == nil {
		b.size = t.Bytes()
	}
	x.ready, x.building = b, nil
	r.fit(x)
}

// fit drops the pasts that were not asked for the longest, but not the given one, until the rest is within the budget.
// The caller holds mu.
func (r *Room) fit(last *past) {
	total := int64(0)
	for _, x := range r.kept {
		if x.ready != nil {
			total += x.ready.size
		}
	}
	dropped := false
	for i := 0; i < len(r.kept) && total > r.budget; {
		x := r.kept[i]
		if x == last || x.ready == nil {
			i++
			continue
		}
		total -= x.ready.size
		x.ready, dropped = nil, true
		if x.building != nil {
			i++
			continue
		}
		r.kept = slices.Delete(r.kept, i, i+1)
	}
	if dropped {
		go debug.FreeOSMemory()
	}
}

// frozen is the source of a base that does not change any more.
type frozen struct {
	from     Historian
	register string
	moment   registry.Moment
	version  registry.Version
}

func (f frozen) Scan(ctx context.Context, _ int64, fn func(*registry.Profile) error) error {
	return f.from.EachAt(ctx, f.register, f.moment, fn)
}

func (f frozen) Since(_ context.Context, earlier registry.Version) (registry.Version, bool, error) {
	return f.version, earlier == f.version, nil
}
