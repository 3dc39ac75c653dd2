package list

import (
	"cmp"
	"slices"
)

// keyed is a row with its sort key.
type keyed struct {
	key uint64
	row uint32
}

func (a keyed) compare(b keyed) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	return cmp.Compare(a.row, b.row)
}

const (
	digitBits = 11
	digits    = (64 + digitBits - 1) / digitBits
	radix     = 1 << digitBits
	// fewRows is the number of rows below which comparing is quicker than counting digits.
	fewRows = 4096
)

// sortKeyed sorts by key, and rows with the same key by row. Many rows are sorted by a radix sort, least significant
// digit first; digits that are the same in all keys are skipped.
func sortKeyed(all []keyed) {
	if len(all) < fewRows {
		slices.SortFunc(all, keyed.compare)
		return
	}
	var counts [digits][radix]uint32
	for _, k := range all {
		for d := range digits {
			counts[d][k.key>>(d*digitBits)%radix]++
		}
	}
	from, to := all, make([]keyed, len(all))
	for d := range digits {
		count := &counts[d]
		if count[from[0].key>>(d*digitBits)%radix] == uint32(len(all)) {
			continue
		}
		at := uint32(0)
		for i, c := range count {
			count[i], at = at, at+c
		}
		for _, k := range from {
			slot := &count[k.key>>(d*digitBits)%radix]
			to[*slot] = k
			*slot++
		}
		from, to = to, from
	}
	if &from[0] != &all[0] {
		copy(all, from)
	}
}
