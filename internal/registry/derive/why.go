package derive

import (
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Why says why a value does not count beside the one that does.
type Why string

// The reasons, in the order in which they decide.
const (
	WhySame     Why = "same"     // it says the same: it confirms
	WhyList     Why = "list"     // it is only what a blank of a complete list means, the other stands in a cell
	WhyBorrowed Why = "borrowed" // it is the name in a record of a subject that was merged into this one
	WhyInferred Why = "inferred" // it only follows from another value
	WhyLater    Why = "later"    // its file speaks of a day after the one that is asked for
	WhyAny      Why = "any"      // a yes of anyone counts
	WhyHighest  Why = "highest"  // the highest counts
	WhyLowest   Why = "lowest"   // the lowest counts
	WhyVoid     Why = "void"     // a person declared it wrong
	WhyRank     Why = "rank"     // the other's source counts for more
	WhyDay      Why = "day"      // the other speaks of a later day
	WhyTurn     Why = "turn"     // nothing tells them apart but that the other came later
)

// Judge says why values lost; see NewJudge.
type Judge struct{ precedence }

// NewJudge gives a judge of the values of a register at a moment.
func NewJudge(p *pack.Pack, reg *pack.Register, m fact.Moment) *Judge {
	j := &Judge{newPrecedence(p, reg)}
	if !m.HeldOn.IsZero() {
		j.held = fact.DayOf(m.HeldOn)
	}
	return j
}

// Why says why a value does not count beside the winner of its attribute and year.
func (j *Judge) Why(winner, loser *fact.Fact) Why {
	w := *winner
	if w.Whole != 0 {
		w.Cell = 1 // absence from a whole list is a word of its own
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

// compareFor compares values where the rule for conflicts looks at them.
func compareFor(c pack.Conflict, a, b *fact.Fact) int {
	switch c {
	case pack.AnyYes:
		return int(a.Value.Int - b.Value.Int)
	case pack.Highest, pack.Lowest:
		return compareValues(a, b)
	}
	return 0
}
