package derive

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Past says which subject each subject and record counted for at a past time.
type Past struct {
	group []int64         // all subjects connected with the given ones by any merge or move, ascending
	Into  map[int64]int64 // the merges in force at that time: subject → the one that it was merged into
	moves map[int64]move  // records that were linked to another subject at that time
}

// move is the subject that a record was linked to, and how.
type move struct {
	origin int64
	how    fact.How
}

// PastOf follows all merges and moves, also undone ones, from some subjects to every subject that they reach.
func (g *Base) PastOf(ctx context.Context, r fact.PastReader, register string, subjects []int64, m fact.Moment) (_ *Past, err error) {
	defer fault.At(&err, "derive.PastOf(register %s, %d subjects)", register, len(subjects))
	p := &Past{Into: map[int64]int64{}, moves: map[int64]move{}}
	var moves []fact.RelinkRow
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
			if m.Knew(g.Pack, x.At, x.UndoneAt) {
				p.Into[x.From] = x.Into
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
	p.moved(g.Pack, moves, m)
	return p, nil
}

// moved undoes the moves that had not been made at that time, from the latest to the earliest.
func (p *Past) moved(of *pack.Pack, moves []fact.RelinkRow, m fact.Moment) {
	slices.SortFunc(moves, func(a, b fact.RelinkRow) int { return cmp.Compare(b.ID, a.ID) })
	for _, x := range moves {
		stood, stands := m.Knew(of, x.At, x.UndoneAt), x.UndoneAt.IsZero()
		if stands && !stood {
			p.moves[x.Record] = move{x.From, x.FromHow}
		}
		if stood && !stands {
			p.moves[x.Record] = move{x.Into, fact.ByPerson}
		}
	}
}

// Group returns all subjects connected with the given ones by any merge or move, ascending. It must not be changed.
func (p *Past) Group() []int64 { return p.group }

// Root returns the subject that a subject's records counted for.
func (p *Past) Root(s int64) int64 {
	for p.Into[s] != 0 {
		s = p.Into[s]
	}
	return s
}

// Records returns the records that counted for a subject at a moment.
func (p *Past) Records(ctx context.Context, from fact.EverReader, d *Deriver, subject int64, m fact.Moment) ([]fact.RecordRow, error) {
	all, err := from.LinkedEver(ctx, p.group)
	if err != nil {
		return nil, fmt.Errorf("derive.Records(subject %d): %w", subject, err)
	}
	list := all[:0]
	for _, r := range all {
		i, err := d.Load(ctx, r.Import)
		if err != nil {
			return nil, err
		}
		if !m.Knows(d.Pack, i.ImportRow) {
			continue
		}
		origin := cmp.Or(r.RowSubject, r.Subject)
		if was, ok := p.moves[r.ID]; ok {
			origin, r.How = was.origin, was.how
		}
		if p.Root(origin) != subject {
			continue
		}
		r.Subject, r.RowSubject = subject, 0
		if origin != subject {
			r.RowSubject = origin
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b fact.RecordRow) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// Below returns a subject and all subjects whose records counted for it.
func (p *Past) Below(subject int64) []int64 {
	var list []int64
	for _, s := range p.group {
		if p.Root(s) == subject {
			list = append(list, s)
		}
	}
	return list
}

// RootOf returns the subject that a subject's records count for now. It is the subject itself, unless it was merged into
// another.
func RootOf(ctx context.Context, r fact.MergeFinder, root int64) (_ int64, err error) {
	defer fault.At(&err, "derive.RootOf(subject %d)", root)
	for {
		merges, err := r.MergesOf(ctx, "", []int64{root})
		if err != nil {
			return 0, err
		}
		i := slices.IndexFunc(merges, func(m fact.MergeRow) bool { return m.From == root && m.UndoneAt.IsZero() })
		if i < 0 {
			return root, nil
		}
		root = merges[i].Into
	}
}

// joined returns the past of every subject that took part in a merge or a move. It returns nil when m has no transaction
// time, because the links then say how it is.
func (g *Base) joined(ctx context.Context, r fact.PastReader, register string, m fact.Moment) (map[int64]*Past, error) {
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
	pasts := map[int64]*Past{} // by the first subject of the set
	of := map[int64]*Past{}
	for s := range sets.parent {
		first := sets.find(s)
		p := pasts[first]
		if p == nil {
			p = &Past{Into: map[int64]int64{}, moves: map[int64]move{}}
			pasts[first] = p
		}
		p.group = append(p.group, s)
		of[s] = p
	}
	for i := range merges {
		if x := &merges[i]; m.Knew(g.Pack, x.At, x.UndoneAt) {
			of[x.From].Into[x.From] = x.Into
		}
	}
	byPast := map[*Past][]fact.RelinkRow{}
	for _, x := range moves {
		byPast[of[x.From]] = append(byPast[of[x.From]], x)
	}
	for p, list := range byPast {
		p.moved(g.Pack, list, m)
	}
	return of, nil
}

// sets is a union-find structure of subjects that belong together.
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

// followMerges attaches the records of subjects that were merged or separated to the subjects that they count for now. It
// returns the given subjects and those that they were merged with.
func followMerges(ctx context.Context, w mergeFollower, subjects []int64) ([]int64, error) {
	merges, err := w.MergesOf(ctx, "", subjects)
	if err != nil || len(merges) == 0 {
		return subjects, err
	}
	var joined []int64
	for i := range merges {
		joined = append(joined, merges[i].From, merges[i].Into)
	}
	slices.Sort(joined)
	all := slices.Concat(subjects, joined)
	for _, s := range slices.Compact(joined) {
		root, err := RootOf(ctx, w, s)
		if err != nil {
			return nil, err
		}
		if err := w.Attach(ctx, []int64{s}, root); err != nil {
			return nil, err
		}
		all = append(all, root)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
