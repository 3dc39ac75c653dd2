package profile

import (
	"context"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Horizon is the latest valid time and transaction time in the base. A moment after both means the same as the latest
// moment.
type Horizon struct {
	Day  time.Time // the latest day that a file in force speaks of; zero: no file gives a day
	Last time.Time // when the base last changed: an import, a retraction, a merge or a move
}

// Beyond reports whether nothing in the base is later than a moment, so that it means the current state.
func (h Horizon) Beyond(p *pack.Pack, m fact.Moment) bool { return h.Reduce(p, m).Latest() }

// Reduce sets the days of a moment that make no difference to zero. A transaction time that it keeps is final: writers
// run one after another, and one has written after that day, so that later writes cannot belong to it.
func (h Horizon) Reduce(p *pack.Pack, m fact.Moment) fact.Moment {
	if !m.KnownOn.IsZero() && h.Last.Before(m.End(p)) {
		m.KnownOn = time.Time{}
	}
	// Imports that were undone since may speak of later days than those in force now.
	if m.KnownOn.IsZero() && (h.Day.IsZero() || !h.Day.After(m.HeldOn)) {
		m.HeldOn = time.Time{}
	}
	return m
}

// Horizon returns the horizon of the base.
func (g *Profiles) Horizon(ctx context.Context) (h Horizon, err error) {
	defer fault.At(&err, "profile.Horizon")
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		h.Day, h.Last, err = r.Horizon(ctx)
		return err
	})
	return h, err
}

// Settled reports whether a moment means the current state of the base.
func (g *Profiles) Settled(ctx context.Context, m fact.Moment) (_ bool, err error) {
	defer fault.At(&err, "profile.Settled")
	if m.Latest() {
		return true, nil
	}
	h, err := g.Horizon(ctx)
	return err == nil && h.Beyond(g.base.Pack, m), err
}

// EachAt passes the profiles of a register as of a moment, by subject, without those that are inactive then. It derives
// them from all records. The profile is reused for the next one.
func (g *Profiles) EachAt(ctx context.Context, register string, m fact.Moment, fn func(*fact.Profile) error) (err error) {
	defer fault.At(&err, "profile.EachAt(register %s)", register)
	free := make(chan *heldProfiles, 64)
	return g.ProfileBlocks(ctx, register, m, func() (add func(*fact.Profile) error, done func() error) {
		h := &heldProfiles{}
		select {
		case h = <-free:
		default:
		}
		done = func() error {
			if err := h.each(fn); err != nil {
				return err
			}
			select {
			case free <- h:
			default:
			}
			return nil
		}
		return h.add, done
	})
}

// heldProfiles stores the profiles of a block until they are delivered.
type heldProfiles struct {
	profiles []fact.Profile
	facts    []fact.Fact // of all profiles, one after another
	counts   []int       // number of facts of each profile
}

func (h *heldProfiles) add(p *fact.Profile) error {
	one := *p
	one.Facts = nil
	h.profiles = append(h.profiles, one)
	h.facts = append(h.facts, p.Facts...)
	h.counts = append(h.counts, len(p.Facts))
	return nil
}

func (h *heldProfiles) each(fn func(*fact.Profile) error) error {
	rest := h.facts
	for i := range h.profiles {
		p, n := &h.profiles[i], h.counts[i]
		p.Facts, rest = rest[:n:n], rest[n:]
		if err := fn(p); err != nil {
			return err
		}
	}
	h.profiles, h.facts, h.counts = h.profiles[:0], h.facts[:0], h.counts[:0]
	return nil
}

// ProfileBlocks passes the profiles of a register as of a moment, without those that are inactive then, to several
// goroutines at a time, so that the caller's work for each profile uses all cores.
//
// It calls begin for each block of subjects, on any goroutine and several at once. It calls add for each profile of the
// block, by subject, and then done on the caller's goroutine, in the order of blocks. For the latest moment it reads the
// stored profiles; for another one it derives them from all records. The profile that add gets is reused for the next
// one; its texts may be kept.
func (g *Profiles) ProfileBlocks(ctx context.Context, register string, m fact.Moment, begin func() (add func(*fact.Profile) error, done func() error)) (err error) {
	defer fault.At(&err, "profile.ProfileBlocks(register %s)", register)
	return g.inBlocks(ctx, register, m, func() (derive.Sink, func() error) {
		add, done := begin()
		return derive.Sink{Add: add}, done
	})
}

// ValueBlocks does what ProfileBlocks does for callers that need only values, without records and sources. For the latest
// moment it passes them on as they are read.
func (g *Profiles) ValueBlocks(ctx context.Context, register string, begin func() (to fact.Values, done func() error)) (err error) {
	defer fault.At(&err, "profile.ValueBlocks(register %s)", register)
	return g.inBlocks(ctx, register, fact.Moment{}, func() (derive.Sink, func() error) {
		to, done := begin()
		return derive.Sink{Add: func(p *fact.Profile) error { return p.Give(to) }, Values: to}, done
	})
}

func (g *Profiles) inBlocks(ctx context.Context, register string, m fact.Moment, begin func() (derive.Sink, func() error)) error {
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return err
	}
	return g.rooms.Profiles().Read(ctx, func(r Reader) error { return g.base.Blocks(ctx, r, reg, m, begin) })
}
