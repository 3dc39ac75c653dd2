package derive

import (
	"slices"

	"eyas/internal/registry/fact"
)

// foldSorted does what Fold does for later facts that are ascending. It moves each fact once, however many new facts come
// before it.
func (r *precedence) foldSorted(facts, later []fact.Fact, tell func(before, f *fact.Fact)) (all []fact.Fact, changed, touched bool) {
	at, fresh := 0, 0
	for k := range later {
		f := &later[k]
		for at < len(facts) && fact.Precedes(&facts[at], f) {
			at++
		}
		if at == len(facts) || fact.Precedes(f, &facts[at]) {
			fresh++
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
	if fresh == 0 {
		return facts, changed, touched
	}
	from := len(facts) - 1
	facts = slices.Grow(facts, fresh)[:len(facts)+fresh]
	to := len(facts) - 1
	for k := len(later) - 1; fresh > 0; k-- { // from the end, where there is room
		f := &later[k]
		for from >= 0 && fact.Precedes(f, &facts[from]) {
			facts[to] = facts[from]
			from, to = from-1, to-1
		}
		if from >= 0 && !fact.Precedes(&facts[from], f) {
			continue // it was compared with the fact that was there
		}
		facts[to] = *f
		to, fresh = to-1, fresh-1
	}
	return facts, true, true
}
