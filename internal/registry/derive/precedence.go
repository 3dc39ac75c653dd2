package derive

import (
	"slices"
	"sort"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
)

// precedence says which of two facts about one thing wins. It is what the pack's rankings say, made ready for every
// value of every row.
type precedence struct {
	conflict []pack.Conflict // by attribute index
	rank     [][]uint8       // by attribute index and the source's index plus one; 0 is the best
	name     string          // the attribute with the name
	// held is the day as of which values are wanted; 0: the latest. What files say of later days is used only where
	// nothing else is known, the earliest of it.
	held int32
}

func newPrecedence(p *pack.Pack, reg *pack.Register) precedence {
	r := precedence{conflict: make([]pack.Conflict, len(reg.Attributes)), rank: make([][]uint8, len(reg.Attributes)), name: reg.NameAttr}
	for _, a := range reg.Attributes {
		ranking := p.Ranking(reg.ID, a.ID)
		ranks := make([]uint8, len(p.Sources)+1)
		for i := range ranks {
			ranks[i] = uint8(len(ranking.Order))
		}
		for i, id := range ranking.Order {
			ranks[p.Source(id).Index+1] = uint8(i)
		}
		r.conflict[a.Index], r.rank[a.Index] = ranking.Conflict, ranks
	}
	return r
}

// rankOf gives the place of a fact's source in the ranking of its attribute.
func (r *precedence) rankOf(f *fact.Fact) uint8 {
	if f.Origin.Source == nil {
		return r.rank[f.Attr.Index][0]
	}
	return r.rank[f.Attr.Index][f.Origin.Source.Index+1]
}

// order compares what decides between two facts but for the moment at which they came: positive when f is better.
func (r *precedence) order(f, o *fact.Fact) int {
	// What a complete list says of a row without the column takes nothing back that a cell has said.
	if (f.Cell == 0) != (o.Cell == 0) {
		if o.Cell == 0 {
			return 1
		}
		return -1
	}
	if f.Origin.Weak != o.Origin.Weak {
		return int(o.Origin.Weak) - int(f.Origin.Weak)
	}
	if r.held != 0 {
		later := func(f *fact.Fact) bool { return f.Origin.Dated && f.Origin.Day > r.held }
		if lf, lo := later(f), later(o); lf != lo {
			if lo {
				return 1
			}
			return -1
		} else if lf && f.Origin.Day != o.Origin.Day {
			return int(o.Origin.Day) - int(f.Origin.Day)
		}
	}
	conflict := r.conflict[f.Attr.Index]
	if !f.Void && !o.Void {
		switch conflict {
		case pack.AnyYes:
			if f.Value.Int != o.Value.Int {
				return int(f.Value.Int - o.Value.Int)
			}
		case pack.Highest, pack.Lowest:
			d := compareValues(f, o)
			if conflict == pack.Lowest {
				d = -d
			}
			if d != 0 {
				return d
			}
		}
	}
	byRank := int(r.rankOf(o)) - int(r.rankOf(f))
	byDay := int(f.Origin.Day) - int(o.Origin.Day)
	if conflict == pack.Latest {
		byRank, byDay = byDay, byRank
	}
	if byRank != 0 {
		return byRank
	}
	return byDay
}

func compareValues(a, b *fact.Fact) int {
	x, y := a.Value.Num, b.Value.Num
	if a.Attr.Kind == pack.Date {
		x, y = float64(a.Value.Int), float64(b.Value.Int)
	}
	switch {
	case x > y:
		return 1
	case x < y:
		return -1
	}
	return 0
}

// beats reports whether f takes the place of o, a winner so far, and whether that changes the value. A fact that says
// the same again leaves the one that said it first in its place, so that a file which changes nothing changes no
// profile; unless its word counts for more, or it vouches for a later day.
func (r *precedence) beats(f, o *fact.Fact) (wins, changes bool) {
	if d := r.order(f, o); d < 0 || d == 0 && f.Record < o.Record {
		return false, false
	}
	if !r.same(o, f) {
		return true, true
	}
	if f.Origin.Weak != o.Origin.Weak || r.rankOf(f) != r.rankOf(o) || f.Origin.Dated && f.Origin.Day > o.Origin.Day {
		return true, false
	}
	return false, false
}

// Fold lets the facts of a later record into those of a profile. It reports whether a value changed, and whether
// anything did, were it only a source. facts is sorted and stays so; later may be in any order.
func (r *precedence) Fold(facts, later []fact.Fact) (all []fact.Fact, changed, touched bool) {
	return r.FoldTelling(facts, later, nil)
}

// FoldTelling is fold, and tells of two facts of which one takes the other's place, or does not, although they differ.
func (r *precedence) FoldTelling(facts, later []fact.Fact, tell func(before, f *fact.Fact)) (all []fact.Fact, changed, touched bool) {
	if len(facts) > 0 && fact.Ascending(later) {
		return r.merge(facts, later, tell)
	}
	for i := range later {
		f := &later[i]
		if n := len(facts); n == 0 || fact.Precedes(&facts[n-1], f) { // all of a subject's first record
			facts, changed, touched = append(facts, *f), true, true
			continue
		}
		at := sort.Search(len(facts), func(j int) bool { return !fact.Precedes(&facts[j], f) })
		if at == len(facts) || fact.Precedes(f, &facts[at]) {
			facts, changed, touched = slices.Insert(facts, at, *f), true, true
			continue
		}
		if tell != nil && !r.same(f, &facts[at]) {
			tell(&facts[at], f)
		}
		if wins, changes := r.beats(f, &facts[at]); wins {
			facts[at] = *f
			changed, touched = changed || changes, true
		}
	}
	return facts, changed, touched
}

// same reports whether two facts of one attribute say the same. Names that differ in width or spaces only do.
func (r *precedence) same(a, b *fact.Fact) bool {
	if a.Void || b.Void {
		return a.Void == b.Void
	}
	switch a.Attr.Kind {
	case pack.Integer, pack.Decimal, pack.Money:
		return a.Value.Num == b.Value.Num
	case pack.Date, pack.Boolean:
		return a.Value.Int == b.Value.Int
	}
	if a.Value.Str == b.Value.Str {
		return true
	}
	return a.Attr.ID == r.name && cell.NameKey(a.Value.Str) == cell.NameKey(b.Value.Str)
}
