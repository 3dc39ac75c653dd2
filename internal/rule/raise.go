package rule

import (
	"cmp"
	"slices"

	"eyas/internal/rule/col"
	"eyas/internal/tri"
)

// raises lists, while a criterion on the score is not met, what each lever alone would give: the least change by which the
// score suffices, else the least by which the highest total grows. What is doubted is not built upon.
func (su *subject) raises(criteria []CriterionView, levers []leverOptions) (list []Raise) {
	if su.bd.total == nil || !slices.ContainsFunc(criteria, func(c CriterionView) bool { return c.Scored && c.Verdict != tri.True }) {
		return nil
	}
	defer su.row.Replace(nil)
	now := su.row.Eval(su.bd.total)
	set := map[col.Key]float64{}
	for i := range levers {
		l := &levers[i]
		if slices.ContainsFunc(l.keys, func(k col.Key) bool { return slices.Contains(su.doubted, k) }) {
			continue
		}
		var best *Raise
		for _, o := range l.options[1:] {
			clear(set)
			for j, key := range l.keys {
				set[key] = l.from[j] + o.by
			}
			su.row.Replace(set)
			v := su.row.Eval(su.bd.total)
			if v.High <= now.High {
				continue
			}
			r := Raise{Changes: su.changes(l, o), Low: float64(v.Low), High: float64(v.High), Enough: su.scoreSuffices()}
			if best == nil || r.Enough {
				best = &r
			}
			if r.Enough {
				break
			}
		}
		if best != nil {
			list = append(list, *best)
		}
	}
	slices.SortStableFunc(list, func(a, b Raise) int {
		if a.Enough != b.Enough {
			if a.Enough {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.High, a.High)
	})
	return list
}

// scoreSuffices reports whether no criterion on the score is unmet.
func (su *subject) scoreSuffices() bool {
	for i := range su.bd.criteria {
		if bc := &su.bd.criteria[i]; bc.scored && su.row.Eval(bc.full).Truth == tri.False {
			return false
		}
	}
	return true
}
