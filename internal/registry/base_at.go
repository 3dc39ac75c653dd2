package registry

import (
	"context"
	"time"

	"eyas/internal/pack"
)

// Horizon says from which days on a moment asks for nothing but the latest.
type Horizon struct {
	Day  time.Time // the latest day that a file in force speaks of; zero: none says one
	Last time.Time // when the base last changed: an import, an undoing, a merge, a moved record
}

// Beyond reports whether a moment lies where nothing later is known: it asks for what the base is now.
func (h Horizon) Beyond(p *pack.Pack, m Moment) bool { return h.Reduce(p, m).Latest() }

// Reduce leaves of a moment the days that make a difference. A day of knowledge that it leaves is over for good: writers
// take turns, and one of them has come after it, so that whatever is written from now on was not known then.
func (h Horizon) Reduce(p *pack.Pack, m Moment) Moment {
	if !m.KnownOn.IsZero() && h.Last.Before(m.end(p)) {
		m.KnownOn = time.Time{}
	}
	// What was taken back since may speak of later days than what is in force now.
	if m.KnownOn.IsZero() && (h.Day.IsZero() || !h.Day.After(m.HeldOn)) {
		m.HeldOn = time.Time{}
	}
	return m
}

// Horizon gives the base's horizon.
func (g *Registry) Horizon(ctx context.Context) (h Horizon, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		h.Day, h.Last, err = r.Horizon(ctx)
		return err
	})
	return h, err
}

// Settled reports whether a moment asks for the base as it is now.
func (g *Registry) Settled(ctx context.Context, m Moment) (bool, error) {
	if m.Latest() {
		return true, nil
	}
	h, err := g.Horizon(ctx)
	return err == nil && h.Beyond(g.pack, m), err
}

// EachAt gives the profiles of a register as of a moment, by subject, without those that are gone then. It derives
// them from all records. The profile is used again for the next.
func (g *Registry) EachAt(ctx context.Context, register string, m Moment, fn func(*Profile) error) error {
	return g.eachDerived(ctx, register, m, func(d *deriver, old *ProfileRow, records []RecordRow, lists map[int][]whole, p *Profile) error {
		if err := d.profileAt(ctx, old, records, lists, p); err != nil || p.Gone {
			return err
		}
		return fn(p)
	})
}

// eachDerived gives subjects with their records as of a moment, by subject.
func (g *Registry) eachDerived(ctx context.Context, register string, m Moment,
	fn func(d *deriver, old *ProfileRow, records []RecordRow, lists map[int][]whole, p *Profile) error) error {
	reg, err := g.register(register)
	if err != nil {
		return err
	}
	return g.base.Read(ctx, func(r Reader) error {
		d, err := g.deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		if !m.HeldOn.IsZero() {
			d.codec.held = dayOf(m.HeldOn)
		}
		lists, err := g.wholeLists(ctx, r, reg, m)
		if err != nil {
			return err
		}
		joined, err := g.joined(ctx, r, register, m)
		if err != nil {
			return err
		}
		var p Profile
		each := func(ids []int64) error {
			rows, err := r.Profiles(ctx, ids)
			if err != nil {
				return err
			}
			records, err := recordsOf(ctx, r, ids, m)
			if err != nil {
				return err
			}
			for i := range rows {
				own := []RecordRow(nil)
				own, records = ofSubject(records, rows[i].Subject)
				if past := joined[rows[i].Subject]; past != nil {
					own, err = past.records(ctx, d, rows[i].Subject, m)
				} else if !m.KnownOn.IsZero() {
					own, err = d.knownOf(ctx, own, m)
				}
				if err != nil {
					return err
				}
				if err := fn(d, &rows[i], own, lists, &p); err != nil {
					return err
				}
			}
			return ctx.Err()
		}
		for last := int64(0); ; {
			ids, err := r.Next(ctx, register, last, batchRows)
			if err != nil || len(ids) == 0 {
				return err
			}
			if err := each(ids); err != nil {
				return err
			}
			last = ids[len(ids)-1]
		}
	})
}

// recordsOf gives the records that are linked to subjects now: of imports in force, or of all when it is asked what
// was known.
func recordsOf(ctx context.Context, r Reader, subjects []int64, m Moment) ([]RecordRow, error) {
	if m.KnownOn.IsZero() {
		return r.Linked(ctx, subjects)
	}
	return r.LinkedEver(ctx, subjects)
}

// knownOf leaves the records of imports that were known.
func (d *deriver) knownOf(ctx context.Context, records []RecordRow, m Moment) ([]RecordRow, error) {
	list := records[:0]
	for _, r := range records {
		i, err := d.load(ctx, r.Import)
		if err != nil {
			return nil, err
		}
		if m.knows(d.pack, i.ImportRow) {
			list = append(list, r)
		}
	}
	return list, nil
}

// joined gives, of the subjects that took part in a merge or a move, how they stood at a time; nil when it is not
// asked what was known: links say then what is.
func (g *Registry) joined(ctx context.Context, r Reader, register string, m Moment) (map[int64]*past, error) {
	if m.KnownOn.IsZero() {
		return nil, nil
	}
	merges, err := r.MergesOf(ctx, register, nil)
	if err != nil {
		return nil, err
	}
	moves, err := r.RelinksOf(ctx, nil)
	if err != nil {
		return nil, err
	}
	sets := newSets()
	for i := range merges {
		sets.join(merges[i].From, merges[i].Into)
	}
	for i := range moves {
		sets.join(moves[i].From, moves[i].Into)
	}
	pasts := map[int64]*past{} // by the set's first
	of := map[int64]*past{}
	for s := range sets.parent {
		first := sets.find(s)
		p := pasts[first]
		if p == nil {
			p = &past{into: map[int64]int64{}, moves: map[int64]move{}}
			pasts[first] = p
		}
		p.group = append(p.group, s)
		of[s] = p
	}
	for i := range merges {
		if x := &merges[i]; m.Knew(g.pack, x.At, x.UndoneAt) {
			of[x.From].into[x.From] = x.Into
		}
	}
	byPast := map[*past][]RelinkRow{}
	for _, x := range moves {
		byPast[of[x.From]] = append(byPast[of[x.From]], x)
	}
	for p, list := range byPast {
		p.moved(g, list, m)
	}
	return of, nil
}

// sets are subjects that belong together.
type sets struct{ parent map[int64]int64 }

func newSets() sets { return sets{map[int64]int64{}} }

func (s sets) find(x int64) int64 {
	p, ok := s.parent[x]
	if !ok {
		s.parent[x] = x
		return x
	}
	if p != x {
		p = s.find(p)
		s.parent[x] = p
	}
	return p
}

func (s sets) join(a, b int64) {
	if a, b = s.find(a), s.find(b); a != b {
		s.parent[max(a, b)] = min(a, b)
	}
}
