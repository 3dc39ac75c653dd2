package web

import (
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// tally is how many of one group (a district, a section of industries) are met before and after, and who moves.
type tally struct {
	Code    string `json:"code"` // "?" where the value is blank or none of the list
	Before  int    `json:"before"`
	After   int    `json:"after"`
	Entered int    `json:"entered"`
	Left    int    `json:"left"`
}

// Net is entered less left.
func (t tally) Net() int { return t.Entered - t.Left }

// other is the group of rows whose value is blank or none of the list.
const otherGroup = "?"

// grouping maps the words of a code column to groups.
type grouping struct {
	codes []string              // groups in order, other last
	of    func(word string) int // index into codes
}

// districts groups by the city's districts.
func districtGroups(p *pack.Pack) grouping {
	var codes []string
	for _, o := range p.Orgs {
		if o.Kind == "district" {
			codes = append(codes, o.ID)
		}
	}
	return exactly(codes)
}

// exactly groups words that are themselves the codes.
func exactly(codes []string) grouping {
	index := map[string]int{}
	for i, c := range codes {
		index[c] = i
	}
	n := len(codes)
	return grouping{append(slices.Clone(codes), otherGroup), func(word string) int {
		if i, ok := index[word]; ok {
			return i
		}
		return n
	}}
}

// sections groups by the topmost codes of an attribute's code list (GB/T 4754: a letter each).
func sections(list *pack.CodeList) grouping {
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
	return grouping{tops.codes, func(word string) int {
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
		return tops.of(word)
	}}
}

// count tallies a difference by the groups of a code column. Only rows that are met or were met are looked at.
func countGroups(d *rule.Difference, words *col.Dict, g grouping) []tally {
	out := make([]tally, len(g.codes))
	for i, c := range g.codes {
		out[i].Code = c
	}
	last := len(out) - 1
	group := func(int) int { return last }
	if words != nil {
		of := make([]int, len(words.Words))
		for i, w := range words.Words {
			of[i] = last
			if i > 0 {
				of[i] = g.of(w)
			}
		}
		group = func(row int) int { return of[words.Val[row]] }
	}
	d.Outcome.Met.Each(func(row int) { out[group(row)].After++ })
	d.Entered.Each(func(row int) { out[group(row)].Entered++ })
	d.Left.Each(func(row int) { out[group(row)].Left++ })
	for i := range out {
		out[i].Before = out[i].After - out[i].Entered + out[i].Left
	}
	return out
}

// byDistrict and byIndustry are the two tallies of the lab.
func (s *Server) byDistrict(d *rule.Difference, t *col.Table) []tally {
	return countGroups(d, t.Dicts[col.Key{Attr: "district"}], districtGroups(s.Pack))
}

func (s *Server) byIndustry(d *rule.Difference, t *col.Table) []tally {
	return countGroups(d, t.Dicts[col.Key{Attr: "industry"}], sections(s.industries(t.Register)))
}

// industries is the code list of the register's industry attribute; nil when the pack has none.
func (s *Server) industries(r *pack.Register) *pack.CodeList {
	if r == nil {
		return nil
	}
	a := r.Attribute("industry")
	if a == nil {
		return nil
	}
	for _, l := range s.Pack.Codes {
		if l.ID == a.Codes {
			return l
		}
	}
	return nil
}

// groupRows keeps the rows of one group.
func groupRows(rows col.Bitmap, words *col.Dict, g grouping, code string) col.Bitmap {
	want := slices.Index(g.codes, strings.TrimSpace(code))
	out := make(col.Bitmap, len(rows))
	rows.Each(func(row int) {
		have := len(g.codes) - 1
		if words != nil && words.Val[row] != 0 {
			have = g.of(words.Words[words.Val[row]])
		}
		if have == want {
			out.Set(row)
		}
	})
	return out
}
