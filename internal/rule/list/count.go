package list

import (
	"cmp"
	"slices"

	"eyas/internal/rule/col"
)

// CountBy counts the rows of a set by the values of a code column, most frequent first. Blank is "". Without such a
// column in the table, every row is blank.
func (x *Index) CountBy(rows col.Bitmap, attr string) []GroupCount {
	words, counts := x.histogram(rows, attr)
	var out []GroupCount
	for i, n := range counts {
		if n > 0 {
			out = append(out, GroupCount{words[i], n})
		}
	}
	slices.SortFunc(out, func(a, b GroupCount) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Code, b.Code)) })
	return out
}

// CountAll is CountBy for all rows of the table. It is computed once; the result is shared and must not be changed.
func (x *Index) CountAll(attr string) []GroupCount {
	x.mu.Lock()
	counts, ok := x.counts[attr]
	x.mu.Unlock()
	if !ok {
		counts = x.CountBy(col.All(x.table.N), attr)
		x.mu.Lock()
		x.counts[attr] = counts
		x.mu.Unlock()
	}
	return counts
}

// histogram counts rows by word.
func (x *Index) histogram(rows col.Bitmap, attr string) (words []string, counts []int) {
	d := x.table.Dicts[col.Key{Attr: attr}]
	if d == nil {
		return []string{""}, []int{rows.Count()}
	}
	counts = make([]int, len(d.Words))
	for i, w := range rows {
		if w == ^uint64(0) {
			for _, v := range d.Val[i*64 : i*64+64] {
				counts[v]++
			}
			continue
		}
		col.Bitmap{w}.Each(func(bit int) { counts[d.Val[i*64+bit]]++ })
	}
	return d.Words, counts
}
