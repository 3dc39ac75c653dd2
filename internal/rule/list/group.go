package list

import (
	"slices"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// Grouping says to which group a row belongs by the word of a code column. All counts by district, and by section of
// industries, are made with it.
type Grouping struct {
	Codes []string              // of the groups in order; the last is pack.Elsewhere: what is blank or none of the others
	Of    func(word string) int // index into Codes
}

// ByDistrict groups by the city's districts.
func ByDistrict(orgs pack.Orgs) Grouping {
	var codes []string
	for _, o := range orgs.Districts() {
		codes = append(codes, o.ID)
	}
	return exactly(codes)
}

// exactly groups words that are themselves the codes.
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

// BySection groups by the topmost codes of a code list (GB/T 4754: a letter each); nil is a list without codes.
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
		// A finer code than the list has belongs where its beginning does.
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

// Rows gives the group of each row of a column, as an index into Codes; of a column that is not there all are in the last.
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

// Split gives the rows of each group, of n in all.
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
