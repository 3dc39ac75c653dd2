package list

import (
	"testing"

	"eyas/internal/rule/col/coltest"
	"eyas/packs"
)

// The pack of the city has the orgs, groups and industries that lists go by.
func TestTianjin(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	const n = 4000
	x := NewIndex(coltest.Random(p.Registers[0], n, 3, 0.3), p, nil)
	total := 0
	for _, g := range x.CountByDistrict(all(x)) {
		total += g.Count
		if g.Count == 0 {
			t.Errorf("no enterprise in %s", g.Code)
		}
		rows, err := x.Filter(Filter{Districts: []string{g.Code}}, nil)
		if err != nil || rows.Count() != g.Count {
			t.Errorf("district %s: %d counted, %d listed: %v", g.Code, g.Count, rows.Count(), err)
		}
	}
	if total != n {
		t.Errorf("%d in all districts, of %d", total, n)
	}
	total = 0
	for _, s := range x.CountByIndustry(all(x)) {
		total += s.Count
		if s.Code == "" {
			continue
		}
		if len(s.Code) != 1 || len(s.Divisions) == 0 {
			t.Errorf("section %+v", s)
		}
		for _, g := range append(s.Divisions, s.GroupCount) {
			rows, err := x.Filter(Filter{Industry: g.Code}, nil)
			if err != nil || rows.Count() != g.Count {
				t.Errorf("industry %s: %d counted, %d listed: %v", g.Code, g.Count, rows.Count(), err)
			}
		}
	}
	if total != n {
		t.Errorf("%d in all sections, of %d", total, n)
	}
	for _, g := range p.Groups {
		if rows, err := x.Filter(Filter{Group: g.ID}, nil); err != nil || rows.Empty() {
			t.Errorf("group %s: %v", g.ID, err)
		}
	}
	for word, section := range map[string]string{"3963": "C", "C3963": "C", "65": "I", "6510": "I", "65109": "I", "I": "I", "不详": "", "X99": ""} {
		got := ""
		if b := x.branch(word); len(b) > 0 {
			got = b[0]
		}
		if got != section || section != "" && !x.industryIs(word, section) {
			t.Errorf("%s lies in section %q, want %q", word, got, section)
		}
	}
	if !x.industryIs("C3963", "39") || !x.industryIs("3963", "396") || x.industryIs("3963", "38") {
		t.Error("parts of a code")
	}
}
