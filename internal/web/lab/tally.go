package lab

import (
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
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

// count tallies a difference by the groups of a code column. Only rows that are met or were met are looked at.
func countGroups(d *rule.Difference, words *col.Dict, g list.Grouping) []tally {
	out := make([]tally, len(g.Codes))
	for i, c := range g.Codes {
		out[i].Code = c
	}
	group := g.Rows(words)
	d.Outcome.Met.Each(func(row int) { out[group(row)].After++ })
	d.Entered.Each(func(row int) { out[group(row)].Entered++ })
	d.Left.Each(func(row int) { out[group(row)].Left++ })
	for i := range out {
		out[i].Before = out[i].After - out[i].Entered + out[i].Left
	}
	return out
}

// byDistrict and byIndustry are the two tallies of the lab.
func (s *room) byDistrict(d *rule.Difference, t *col.Table) []tally {
	return countGroups(d, t.Districts(), list.ByDistrict(s.Pack.Orgs))
}

func (s *room) byIndustry(d *rule.Difference, t *col.Table) []tally {
	return countGroups(d, s.industryWords(t), list.BySection(s.industries(t.Register)))
}

// industries is the code list of the register's industry attribute; nil when the pack has none.
func (s *room) industries(r *pack.Register) *pack.CodeList {
	if a := s.Pack.IndustryAttribute(r); a != nil {
		return s.Pack.CodeList(a.Codes)
	}
	return nil
}

// industryWords is the column of industries; nil where the register has none.
func (s *room) industryWords(t *col.Table) *col.Dict {
	if a := s.Pack.IndustryAttribute(t.Register); a != nil {
		return t.Dicts[col.Key{Attr: a.ID}]
	}
	return nil
}

// groupRows keeps the rows of one group.
func groupRows(rows col.Bitmap, words *col.Dict, g list.Grouping, code string) col.Bitmap {
	want, of := slices.Index(g.Codes, strings.TrimSpace(code)), g.Rows(words)
	out := make(col.Bitmap, len(rows))
	rows.Each(func(row int) {
		if of(row) == want {
			out.Set(row)
		}
	})
	return out
}
