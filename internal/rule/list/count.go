package list

import (
	"cmp"
	"slices"

	"eyas/internal/rule/col"
)

// CountBy counts the rows of a set by the values of a code column, the most frequent first, blank as "". A column
// that the table does not have is blank in every row.
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

// histogram counts by word.
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

// CountByDistrict counts by district, all districts in the pack's order, and last Elsewhere for what is blank or
// outside the city.
func (x *Index) CountByDistrict(rows col.Bitmap) []GroupCount {
	words, counts := x.histogram(rows, x.district)
	byCode := map[string]int{}
	for i, n := range counts {
		code := Elsewhere
		if _, ok := x.districts[words[i]]; ok {
			code = words[i]
		}
		byCode[code] += n
	}
	var out []GroupCount
	for _, o := range x.pack.Orgs {
		if o.Kind == "district" {
			out = append(out, GroupCount{o.ID, byCode[o.ID]})
		}
	}
	return append(out, GroupCount{Elsewhere, byCode[Elsewhere]})
}

// Section is a section of the industry classification with its divisions.
type Section struct {
	GroupCount
	Divisions []GroupCount
}

// CountByIndustry counts by the outermost codes of the industry list and by those directly below, in the order of
// the codes, without those that have no rows. What the list does not know comes last with the code "".
func (x *Index) CountByIndustry(rows col.Bitmap) []Section {
	words, counts := x.histogram(rows, x.industry)
	sections := map[string]map[string]int{}
	for i, n := range counts {
		if n == 0 {
			continue
		}
		section, division := "", ""
		if b := x.branch(words[i]); len(b) > 0 {
			section = b[0]
			if len(b) > 1 {
				division = b[1]
			}
		}
		if sections[section] == nil {
			sections[section] = map[string]int{}
		}
		sections[section][division] += n
	}
	var out []Section
	for code, divisions := range sections {
		s := Section{GroupCount: GroupCount{Code: code}}
		for d, n := range divisions {
			s.Count += n
			if d != "" {
				s.Divisions = append(s.Divisions, GroupCount{d, n})
			}
		}
		slices.SortFunc(s.Divisions, func(a, b GroupCount) int { return cmp.Compare(a.Code, b.Code) })
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Section) int {
		if (a.Code == "") != (b.Code == "") {
			return len(b.Code) - len(a.Code)
		}
		return cmp.Compare(a.Code, b.Code)
	})
	return out
}
