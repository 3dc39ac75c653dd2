package derive

import (
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Why says why a value lost against the winner.
type Why string

// The reasons, in the order in which they decide.
const (
	WhySame     Why = "same"     // it has the same value and confirms the winner
	WhyList     Why = "list"     // it is only implied by a whole list; the winner stands in a cell
	WhyBorrowed Why = "borrowed" // it is the name of a subject that was merged into this one
	WhyInferred Why = "inferred" // it was inferred from another value
	WhyLater    Why = "later"    // its file speaks of a later day than the one that is wanted
	WhyAny      Why = "any"      // one "yes" from any source is enough
	WhyHighest  Why = "highest"  // the highest counts
	WhyLowest   Why = "lowest"   // the lowest counts
	WhyVoid     Why = "void"     // a person declared the value wrong
	WhyRank     Why = "rank"     // the winner's source ranks higher
	WhyDay      Why = "day"      // the winner speaks of a later day
	WhyTurn     Why = "turn"     // they differ only in that the winner came later
)

// Judge explains why values lost; see NewJudge.
type Judge struct{ precedence }

// NewJudge returns a judge of the values of a register at a moment.
func NewJudge(p *pack.Pack, reg *pack.Register, m fact.Moment) *Judge {
	j := &Judge{newPrecedence(p, reg)}
	if !m.HeldOn.IsZero() {
		j.held = fact.DayOf(m.HeldOn)
	}
	return j
}

// Why returns why loser does not count beside winner. Both are of the same attribute and year.
func (j *Judge) Why(winner, loser *fact.Fact) Why {
	w := *winner
	if w.Whole != 0 {
		w.Cell = 1 // a value implied by a whole list counts here like one in a cell
	}
	later := func(f *fact.Fact) bool { return j.held != 0 && f.Origin.Dated && f.Origin.Day > j.held }
	switch {
	case j.same(&w, loser):
		return WhySame
	case w.Cell != 0 && loser.Cell == 0:
		return WhyList
	case loser.Origin.Weak > w.Origin.Weak && loser.Origin.Weak == fact.Borrowed:
		return WhyBorrowed
	case loser.Origin.Weak > w.Origin.Weak:
		return WhyInferred
	case later(loser):
		return WhyLater
	case w.Void:
		return WhyVoid
	}
	conflict := j.conflict[w.Attr.Index]
	if !loser.Void && compareFor(conflict, &w, loser) != 0 {
		switch conflict {
		case pack.AnyYes:
			return WhyAny
		case pack.Highest:
			return WhyHighest
		case pack.Lowest:
			return WhyLowest
		}
	}
	rank, day := j.rankOf(&w) != j.rankOf(loser), w.Origin.Day != loser.Origin.Day
	switch {
	case rank && (conflict != pack.Latest || !day):
		return WhyRank
	case day:
		return WhyDay
	}
	return WhyTurn
}

// compareFor compares two values when the pack's rule for conflicts depends on the value (highest, lowest, any).
func compareFor(c pack.Conflict, a, b *fact.Fact) int {
	switch c {
	case pack.AnyYes:
		return int(a.Value.Int - b.Value.Int)
	case pack.Highest, pack.Lowest:
		return compareValues(a, b)
	}
	return 0
}
