package list

import (
	"slices"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// Grouping assigns rows to groups by the value of a code column. All counts by district and by section of industries
// use it.
type Grouping struct {
	Codes []string              // codes of the groups in order; the last is pack.Elsewhere, for blank and for all other values
	Of    func(word string) int // value → index into Codes
}

// ByDistrict groups by the districts of the city.
func ByDistrict(orgs pack.Orgs) Grouping {
	var codes []string
	for _, o := range orgs.Districts() {
		codes = append(codes, o.ID)
	}
	return exactly(codes)
}

// exactly groups values that are codes of groups themselves.
func exactly(codes []string) Grouping {
	index := map[string]int{}
	for i, c := range codes {
		index[c] = i
	}
	n := len(codes)
	return Grouping{append(slices.Clone(codes), pack.Elsewhere), func(word string) int {
		if i, ok := index[word]; ok {
			return i
		}
		return n
	}}
}

// BySection groups by the top codes of a code list. In GB/T 4754 these are the letters of sections. A nil list has no
// codes.
func BySection(list *pack.CodeList) Grouping {
	if list == nil {
		return exactly(nil)
	}
	parent := map[string]string{}
	var codes []string
	for _, item := range list.Items {
		parent[item.Code] = item.Parent
		if item.Parent == "" {
			codes = append(codes, item.Code)
		}
	}
	tops := exactly(codes)
	return Grouping{tops.Codes, func(word string) int {
		// For a code that is finer than the list, the longest prefix in the list counts.
		for len(word) > 0 {
			if _, ok := parent[word]; ok {
				break
			}
			word = word[:len(word)-1]
		}
		for steps := 0; parent[word] != "" && steps < 10; steps++ {
			word = parent[word]
		}
		return tops.Of(word)
	}}
}

// Rows returns a function from rows to groups, as indexes into Codes. Without a column (nil), all rows are in the last
// group.
func (g Grouping) Rows(words *col.Dict) func(row int) int {
	last := len(g.Codes) - 1
	if words == nil {
		return func(int) int { return last }
	}
	of := make([]int, len(words.Words))
	for i, w := range words.Words {
		of[i] = last
		if i > 0 {
			of[i] = g.Of(w)
		}
	}
	return func(row int) int { return of[words.Val[row]] }
}

// Split returns the rows of each group. n is the number of all rows.
func (g Grouping) Split(words *col.Dict, n int) []col.Bitmap {
	groups := make([]col.Bitmap, len(g.Codes))
	for i := range groups {
		groups[i] = col.NewBitmap(n)
	}
	of := g.Rows(words)
	for row := range n {
		groups[of(row)].Set(row)
	}
	return groups
}
