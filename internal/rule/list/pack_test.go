package list

import (
	"slices"
	"testing"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
	"eyas/packs"
)

// The Tianjin pack has the orgs, groups and industries that lists use.
func TestTianjin(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	const n = 4000
	x := NewIndex(coltest.Random(p.Registers[0], n, 3, 0.3), p, nil)
	total := 0
	by := ByDistrict(p.Orgs)
	for i, in := range by.Split(x.table.Dicts[col.Key{Attr: "district"}], n) {
		total += in.Count()
		if in.Empty() {
			t.Errorf("no enterprise in %s", by.Codes[i])
		}
		rows, err := x.Filter(Filter{Districts: []string{by.Codes[i]}}, nil)
		if err != nil || !slices.Equal(rows, in) {
			t.Errorf("district %s: %d counted, %d listed: %v", by.Codes[i], in.Count(), rows.Count(), err)
		}
	}
	if total != n {
		t.Errorf("%d in all districts, of %d", total, n)
	}
	total = 0
	a := p.Registers[0].Attribute("industry")
	by = BySection(p.Codes[slices.IndexFunc(p.Codes, func(l *pack.CodeList) bool { return l.ID == a.Codes })])
	for i, in := range by.Split(x.table.Dicts[col.Key{Attr: "industry"}], n) {
		total += in.Count()
		if by.Codes[i] == pack.Elsewhere || in.Empty() {
			continue
		}
		rows, err := x.Filter(Filter{Industry: by.Codes[i]}, nil)
		if err != nil || !slices.Equal(rows, in) {
			t.Errorf("industry %s: %d counted, %d listed: %v", by.Codes[i], in.Count(), rows.Count(), err)
		}
	}
	if total != n {
		t.Errorf("%d in all sections, of %d", total, n)
	}
	for _, g := range p.Groups {
		if rows, err := x.Filter(Filter{Groups: []string{g.ID}}, nil); err != nil || rows.Empty() {
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
