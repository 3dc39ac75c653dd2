package profile

import (
	"context"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Horizon says from which days on a moment asks for nothing but the latest.
type Horizon struct {
	Day  time.Time // the latest day that a file in force speaks of; zero: none says one
	Last time.Time // when the base last changed: an import, an undoing, a merge, a moved record
}

// Beyond reports whether a moment lies where nothing later is known: it asks for what the base is now.
func (h Horizon) Beyond(p *pack.Pack, m fact.Moment) bool { return h.Reduce(p, m).Latest() }

// Reduce leaves of a moment the days that make a difference. A day of knowledge that it leaves is over for good: writers
// take turns, and one of them has come after it, so that whatever is written from now on was not known then.
func (h Horizon) Reduce(p *pack.Pack, m fact.Moment) fact.Moment {
	if !m.KnownOn.IsZero() && h.Last.Before(m.End(p)) {
		m.KnownOn = time.Time{}
	}
	// What was taken back since may speak of later days than what is in force now.
	if m.KnownOn.IsZero() && (h.Day.IsZero() || !h.Day.After(m.HeldOn)) {
		m.HeldOn = time.Time{}
	}
	return m
}

// Horizon gives the base's horizon.
func (g *Profiles) Horizon(ctx context.Context) (h Horizon, err error) {
	defer fault.At(&err, "profile.Horizon")
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		h.Day, h.Last, err = r.Horizon(ctx)
		return err
	})
	return h, err
}

// Settled reports whether a moment asks for the base as it is now.
func (g *Profiles) Settled(ctx context.Context, m fact.Moment) (_ bool, err error) {
	defer fault.At(&err, "profile.Settled")
	if m.Latest() {
		return true, nil
	}
	h, err := g.Horizon(ctx)
	return err == nil && h.Beyond(g.base.Pack, m), err
}

// EachAt gives the profiles of a register as of a moment, by subject, without those that are gone then. It derives
// them from all records. The profile is used again for the next.
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

// heldProfiles are the profiles of a block until they are delivered.
type heldProfiles struct {
	profiles []fact.Profile
	facts    []fact.Fact // of all, one after another
	counts   []int       // how many of them each has
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

// ProfileBlocks gives the profiles of a register as of a moment, without those that are gone then, to several goroutines
// at a time: who works for each profile, and not only for all of them, is as quick as there are cores. begin is called
// for each block of subjects, on any goroutine, and several times at once; add is called for each profile of the block,
// by subject, and done after that on the goroutine of the caller, in the order of blocks. Of the latest moment profiles
// are read as they are stored; of another they are derived from all records. The profile that add is given is used again
// for the next; its texts may be kept.
func (g *Profiles) ProfileBlocks(ctx context.Context, register string, m fact.Moment, begin func() (add func(*fact.Profile) error, done func() error)) (err error) {
	defer fault.At(&err, "profile.ProfileBlocks(register %s)", register)
	return g.inBlocks(ctx, register, m, func() (derive.Sink, func() error) {
		add, done := begin()
		return derive.Sink{Add: add}, done
	})
}

// ValueBlocks is ProfileBlocks for who wants the values of profiles and nothing of where they came from: of the latest
// moment they are handed on as they are read.
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
