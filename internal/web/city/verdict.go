package city

import (
	"math/bits"
	"slices"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
)

// VerdictOf is the most telling state of a row.
func VerdictOf(o *rule.Outcome, row int) list.Verdict {
	switch {
	case o.Met.Get(row):
		return list.Met
	case o.Near.Get(row):
		return list.Near
	case o.Unmet.Get(row):
		return list.Unmet
	case o.Pending.Get(row):
		return list.Pending
	}
	return list.Unknown
}

// Verdicts in the order of the funnel.
var Verdicts = []list.Verdict{list.Met, list.Near, list.Unknown, list.Pending, list.Unmet}

// Dormant has no law in force on the day.
type Dormant struct {
	Name pack.Text
	From time.Time
}

// Dormant lists the rules that have no law in force on the day of the outcomes.
func (c *City) Dormant(outcomes []*rule.Outcome) []Dormant {
	var list []Dormant
	for _, r := range c.Ladder {
		if slices.ContainsFunc(outcomes, func(o *rule.Outcome) bool { return o.Rule.ID == r.ID }) {
			continue
		}
		d := Dormant{Name: r.Name}
		for _, v := range c.Pack.Rules {
			for _, law := range v.Laws {
				if v.ID == r.ID && (d.From.IsZero() || law.From.Before(d.From)) {
					d.From = law.From
				}
			}
		}
		list = append(list, d)
	}
	return list
}

// CountIn is the number of rows in both sets; a nil set is all n rows.
func CountIn(a, b col.Bitmap, n int) int {
	switch {
	case a == nil && b == nil:
		return n
	case a == nil:
		return b.Count()
	case b == nil:
		return a.Count()
	}
	k := 0
	for i, w := range a {
		k += bits.OnesCount64(w & b[i])
	}
	return k
}
