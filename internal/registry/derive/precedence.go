package derive

import (
	"slices"
	"sort"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
)

// precedence decides which of two facts about the same attribute and year wins. It holds the rankings of the pack in a
// form that is fast enough for every value of every row.
type precedence struct {
	conflict []pack.Conflict // by attribute index
	rank     [][]uint8       // by attribute index and the source's index plus one; 0 is the best
	name     string          // the attribute with the name
	// held is the valid time: the day that values are wanted for; 0 means the latest. A value of a later day is used only
	// when no other is known, and then the one of the earliest day.
	held int32
}

func newPrecedence(p *pack.Pack, reg *pack.Register) precedence {
	r := precedence{conflict: make([]pack.Conflict, reg.Indexed()), rank: make([][]uint8, reg.Indexed()), name: reg.NameAttr}
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

// rankOf returns the rank of a fact's source for its attribute.
func (r *precedence) rankOf(f *fact.Fact) uint8 {
	if f.Origin.Source == nil {
		return r.rank[f.Attr.Index][0]
	}
	return r.rank[f.Attr.Index][f.Origin.Source.Index+1]
}

// order compares everything that decides between two facts except the order in which they came. It is positive when f is
// better.
func (r *precedence) order(f, o *fact.Fact) int {
	// A "no" implied by a whole list does not override a value that stands in a cell.
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

// beats reports whether f replaces o, the winner so far, and whether the value changes. A fact with the same value leaves
// the earlier one in place, so that a file that changes nothing changes no profile. It replaces it when its source ranks
// higher or its day is later.
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

// Fold takes the facts of a later record into those of a profile. changed reports whether a value changed; touched
// whether anything changed, even if only a source. facts must be sorted and stays sorted; later may be in any order.
func (r *precedence) Fold(facts, later []fact.Fact) (all []fact.Fact, changed, touched bool) {
	return r.FoldTelling(facts, later, nil)
}

// FoldTelling does what Fold does and calls tell for every two facts with different values, whichever of them wins.
func (r *precedence) FoldTelling(facts, later []fact.Fact, tell func(before, f *fact.Fact)) (all []fact.Fact, changed, touched bool) {
	if len(facts) > 0 && fact.Ascending(later) {
		return r.foldSorted(facts, later, tell)
	}
	for i := range later {
		f := &later[i]
		if n := len(facts); n == 0 || fact.Precedes(&facts[n-1], f) { // the usual case for the first record of a subject
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

// same reports whether two facts of one attribute have the same value. Names that differ only in width or spaces are the
// same.
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
