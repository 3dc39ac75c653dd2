package registry

import (
	"cmp"
	"context"
	"slices"
)

// ProfileAt gives what was known of a subject, and held, at a moment. It is gone when nothing was known then.
func (g *Registry) ProfileAt(ctx context.Context, subject int64, m Moment) (found *Profile, err error) {
	if !m.Latest() {
		err = g.subjectAt(ctx, subject, m, func(d *deriver, old *ProfileRow, records []RecordRow) error {
			lists, err := g.wholeLists(ctx, d.from, d.register, m)
			if err != nil {
				return err
			}
			found = &Profile{}
			return d.profileAt(ctx, old, records, lists, found)
		})
		return found, err
	}
	err = g.base.Read(ctx, func(r Reader) error {
		row, err := oneProfile(ctx, r, subject)
		if err != nil {
			return err
		}
		reg, err := g.register(row.Register)
		if err != nil {
			return err
		}
		n, err := g.codec(ctx, r, reg)
		if err != nil {
			return err
		}
		lists, err := g.wholeLists(ctx, r, reg, m)
		if err != nil {
			return err
		}
		found = &Profile{}
		return n.profile(row, lists, found)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func oneProfile(ctx context.Context, r Reader, subject int64) (*ProfileRow, error) {
	rows, err := r.Profiles(ctx, []int64{subject})
	if err == nil && len(rows) == 0 {
		err = noSubject(subject)
	}
	if err != nil {
		return nil, err
	}
	return &rows[0], nil
}

// profileAt derives a profile of the records that count at a moment.
func (d *deriver) profileAt(ctx context.Context, old *ProfileRow, records []RecordRow, lists map[int][]whole, p *Profile) error {
	made, err := d.derive(ctx, records, nil)
	if err != nil {
		return err
	}
	row := made.ProfileRow
	switch {
	case len(records) == 0:
		row.Code, row.Name, row.Gone = old.Code, old.Name, true
	case !made.own:
		row.Code = old.Code
	}
	facts := append(p.Facts[:0], made.facts...)
	if !row.Gone {
		facts = d.codec.declare(old.Subject, facts, lists)
	}
	facts = withoutVoid(facts)
	*p = Profile{Subject: old.Subject, Code: row.Code, Name: row.Name, Facts: facts, Gone: row.Gone, Change: old.Change}
	return nil
}

// subjectAt gives a subject's records at a moment, in the order in which they came, with a deriver for that moment.
func (g *Registry) subjectAt(ctx context.Context, subject int64, m Moment, fn func(d *deriver, old *ProfileRow, records []RecordRow) error) error {
	return g.base.Read(ctx, func(r Reader) error {
		old, err := oneProfile(ctx, r, subject)
		if err != nil {
			return err
		}
		reg, err := g.register(old.Register)
		if err != nil {
			return err
		}
		d, err := g.deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		if !m.HeldOn.IsZero() {
			d.codec.held = dayOf(m.HeldOn)
		}
		if m.KnownOn.IsZero() {
			records, err := r.Linked(ctx, []int64{subject})
			if err != nil {
				return err
			}
			return fn(d, old, records)
		}
		past, err := g.pastOf(ctx, r, reg.ID, []int64{subject}, m)
		if err != nil {
			return err
		}
		records, err := past.records(ctx, d, subject, m)
		if err != nil {
			return err
		}
		return fn(d, old, records)
	})
}

// past is how subjects were merged, and records moved, at a time.
type past struct {
	group []int64         // all subjects that any merge or move joins with those that were asked for, ascending
	into  map[int64]int64 // merges that stood then
	moves map[int64]move  // records that were linked otherwise then
}

// move is whom a record was linked to, and how.
type move struct {
	origin int64
	how    How
}

// pastOf follows merges and moves, whether they stand or not, from subjects on to all that they reach.
func (g *Registry) pastOf(ctx context.Context, r Reader, register string, subjects []int64, m Moment) (*past, error) {
	p := &past{into: map[int64]int64{}, moves: map[int64]move{}}
	var moves []RelinkRow
	seen := map[int64]bool{}
	for todo := subjects; len(todo) > 0; {
		for _, s := range todo {
			seen[s] = true
		}
		p.group = append(p.group, todo...)
		merges, err := r.MergesOf(ctx, register, todo)
		if err != nil {
			return nil, err
		}
		relinks, err := r.RelinksOf(ctx, todo)
		if err != nil {
			return nil, err
		}
		var next []int64
		reach := func(s int64) {
			if !seen[s] {
				seen[s] = true
				next = append(next, s)
			}
		}
		for i := range merges {
			x := &merges[i]
			reach(x.From)
			reach(x.Into)
			if m.Knew(g.pack, x.At, x.UndoneAt) {
				p.into[x.From] = x.Into
			}
		}
		for i := range relinks {
			reach(relinks[i].From)
			reach(relinks[i].Into)
			moves = append(moves, relinks[i])
		}
		todo = next
	}
	slices.Sort(p.group)
	p.moved(g, moves, m)
	return p, nil
}

// moved takes back the moves that had not been made then, from the latest on.
func (p *past) moved(g *Registry, moves []RelinkRow, m Moment) {
	slices.SortFunc(moves, func(a, b RelinkRow) int { return cmp.Compare(b.ID, a.ID) })
	for _, x := range moves {
		stood, stands := m.Knew(g.pack, x.At, x.UndoneAt), x.UndoneAt.IsZero()
		if stands && !stood {
			p.moves[x.Record] = move{x.From, x.FromHow}
		}
		if stood && !stands {
			p.moves[x.Record] = move{x.Into, ByPerson}
		}
	}
}

func (p *past) root(s int64) int64 {
	for p.into[s] != 0 {
		s = p.into[s]
	}
	return s
}

// records gives the records that counted for a subject at a moment.
func (p *past) records(ctx context.Context, d *deriver, subject int64, m Moment) ([]RecordRow, error) {
	all, err := d.from.LinkedEver(ctx, p.group)
	if err != nil {
		return nil, err
	}
	list := all[:0]
	for _, r := range all {
		i, err := d.load(ctx, r.Import)
		if err != nil {
			return nil, err
		}
		if !m.knows(d.pack, i.ImportRow) {
			continue
		}
		origin := cmp.Or(r.Origin, r.Subject)
		if was, ok := p.moves[r.ID]; ok {
			origin, r.How = was.origin, was.how
		}
		if p.root(origin) != subject {
			continue
		}
		r.Subject, r.Origin = subject, 0
		if origin != subject {
			r.Origin = origin
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b RecordRow) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}
