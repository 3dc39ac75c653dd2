package list

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
	"eyas/internal/rule/col"
)

// Historian reads a register as of a moment. registry.Registry implements it.
type Historian interface {
	Horizon(ctx context.Context) (profile.Horizon, error)
	EachAt(ctx context.Context, register string, m fact.Moment, fn func(*fact.Profile) error) error
}

// BuildAt makes the table of a register as of a moment.
func BuildAt(ctx context.Context, from Historian, reg *pack.Register, m fact.Moment) (*col.Table, error) {
	builder := col.NewBuilder(reg)
	if err := fillAt(ctx, from, reg.ID, m, builder, func(int) {}); err != nil {
		return nil, err
	}
	return builder.Table(0), nil
}

// Blocks reads the profiles of a register as of a moment in several goroutines. registry.Registry implements it. It
// calls begin for each block of subjects. It calls add for each profile of the block, then done. The done calls are in
// the order of the blocks.
type Blocks interface {
	ProfileBlocks(ctx context.Context, register string, m fact.Moment, begin func() (add func(*fact.Profile) error, done func() error)) error
}

// fillAt adds the profiles of a register as of a moment to a builder. It calls count with the number of profiles added.
func fillAt(ctx context.Context, from Historian, register string, m fact.Moment, builder *col.Builder, count func(int)) error {
	if blocks, ok := from.(Blocks); ok {
		return fillParts(ctx, blocks, register, m, builder, count)
	}
	return from.EachAt(ctx, register, m, func(p *fact.Profile) error {
		count(1)
		return builder.Add(p)
	})
}

// fillParts fills parts of the builder concurrently.
func fillParts(ctx context.Context, from Blocks, register string, m fact.Moment, builder *col.Builder, count func(int)) error {
	parts := newParts(builder, count)
	return from.ProfileBlocks(ctx, register, m, func() (add func(*fact.Profile) error, done func() error) {
		p := parts.take()
		return p.Add, func() error { return parts.append(p) }
	})
}

// ValueSource reads the current values of a register's profiles in several goroutines. registry.Registry implements it.
// begin is called as by Blocks.
type ValueSource interface {
	ValueBlocks(ctx context.Context, register string, begin func() (to fact.Values, done func() error)) error
}

// parts are builders for parts of a table. They are reused.
type parts struct {
	builder *col.Builder
	free    chan *col.Builder
	count   func(int) // is called with the number of rows added
}

func newParts(builder *col.Builder, count func(int)) *parts {
	return &parts{builder, make(chan *col.Builder, 64), count}
}

func (p *parts) take() *col.Builder {
	select {
	case part := <-p.free:
		return part
	default:
		return p.builder.Part()
	}
}

// append adds a part to the whole.
func (p *parts) append(part *col.Builder) error {
	p.count(part.Len())
	if err := p.builder.Append(part); err != nil {
		return err
	}
	select {
	case p.free <- part:
	default:
	}
	return nil
}

// Room is the memory shared by past tables of all registers. Tables are built one at a time, and a build is never
// cancelled for another request. If the finished tables exceed the budget, the least recently used one is dropped. The
// newest one always stays, whatever its size.
type Room struct {
	ctx    context.Context // ends with the program; a build continues after the request that started it
	budget int64           // bytes of columns
	turn   chan struct{}   // holds a token while nothing is built

	mu   sync.Mutex
	kept []*past // the last one was used last
}

// NewRoom returns an empty room. budget is in bytes.
func NewRoom(ctx context.Context, budget int64) *Room {
	r := &Room{ctx: ctx, budget: budget, turn: make(chan struct{}, 1)}
	r.turn <- struct{}{}
	return r
}

// past is a register as of one moment: the table that readers get, and the one that is being built.
type past struct {
	of       *Pasts
	moment   fact.Moment
	ready    *built
	building *built
}

type built struct {
	version profile.Version // version of the base when the build began
	base    *Base
	size    int64
	failed  bool
}

// Pasts gives access to a register as of other moments than now.
type Pasts struct {
	room *Room
	now  *Base
	from Historian

	mu      sync.Mutex
	horizon profile.Horizon
	known   profile.Version // version at which horizon was read
}

// NewPasts returns the pasts of a base.
func NewPasts(room *Room, now *Base, from Historian) *Pasts {
	return &Pasts{room: room, now: now, from: from}
}

// At returns the base as of a moment. It is the current base if nothing later is known. Otherwise it is built in the
// background: its methods return ErrLoading until it is ready, and its State tells the progress. It returns
// fault.Conflict when too many builds wait.
//
// What was known at the end of a past day never changes, so such a table is built once. What held on a day, as known
// now, can change with every write to the register. At then returns the existing table, and a new one is built in the
// background.
func (p *Pasts) At(ctx context.Context, m fact.Moment) (*Base, error) {
	if m.Latest() {
		return p.now, nil
	}
	version, _, err := p.now.cfg.Source.Since(ctx, p.now.cfg.Register.ID, profile.Version{})
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

func (p *Pasts) horizonAt(ctx context.Context, version profile.Version) (profile.Horizon, error) {
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

// forget drops the past of a moment if it belongs to another history than the database has now.
func (p *Pasts) forget(ctx context.Context, version profile.Version, m fact.Moment) error {
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
		_, own, err := p.now.cfg.Source.Since(ctx, p.now.cfg.Register.ID, b.version)
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

// find returns the past of a moment, or nil. The caller holds mu.
func (r *Room) find(p *Pasts, m fact.Moment) *past {
	for _, x := range r.kept {
		if x.of == p && x.moment.HeldOn.Equal(m.HeldOn) && x.moment.KnownOn.Equal(m.KnownOn) {
			return x
		}
	}
	return nil
}

// maxWaiting is the number of pasts that may wait to be built. One takes half a minute for a million enterprises.
const maxWaiting = 16

var errWaiting = fault.New(fault.Conflict, "等待载入的过去日期太多，请过几分钟再试。", "Too many past days are waiting to be loaded. Please try again in a few minutes.")

// get returns the past of a moment as it is, and starts a build if it is missing or out of date.
func (r *Room) get(p *Pasts, version profile.Version, m fact.Moment) (*Base, error) {
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
		cfg.Cache, cfg.Source = "", frozen{p.from, cfg.Register.ID, m, version, p.now}
		x.building = &built{version: version, base: NewBase(cfg)}
		go r.build(x, x.building)
	}
	if x.ready != nil {
		return x.ready.base, nil
	}
	base := x.building.base
	if x.building.failed {
		x.building = nil // the caller sees the failure once; the next call tries again
	}
	return base, nil
}

// waiting counts the pasts that are not ready. The caller holds mu.
func (r *Room) waiting() (n int) {
	for _, x := range r.kept {
		if x.ready == nil {
			n++
		}
	}
	return n
}

// touch marks a past as used last. The caller holds mu.
func (r *Room) touch(x *past) {
	i := slices.Index(r.kept, x)
	r.kept = append(slices.Delete(r.kept, i, i+1), x)
}

// build builds one past after those before it.
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
	if t, err := b.base.Current(auth.As(r.ctx, auth.Self)); err == nil {
		b.size = t.Bytes()
	}
	x.ready, x.building = b, nil
	r.fit(x)
}

// fit drops the least recently used pasts, but not the given one, until the total is within the budget. The caller
// holds mu.
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

// frozen is the source of a base that never changes.
type frozen struct {
	from     Historian
	register string
	moment   fact.Moment
	version  profile.Version
	now      *Base
}

// MoreThan returns whether the register is large now. Past lists keep texts if the current ones do.
func (f frozen) MoreThan(ctx context.Context, _ string, _ int) (bool, error) {
	small, err := f.now.isSmall(ctx)
	return !small, err
}

func (f frozen) EachProfile(ctx context.Context, _ string, _ int64, fn func(*fact.Profile) error) error {
	return f.from.EachAt(ctx, f.register, f.moment, fn)
}

func (f frozen) Since(_ context.Context, _ string, earlier profile.Version) (profile.Version, bool, error) {
	return f.version, earlier == f.version, nil
}
