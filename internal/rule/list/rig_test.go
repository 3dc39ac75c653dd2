package list

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// city is a small pack: three levels of orgs, a group, and an industry list of sections and divisions.
func city() *pack.Pack {
	p := &pack.Pack{ID: "tianjin", Fingerprint: "f"}
	p.Orgs = append(p.Orgs, &pack.Org{ID: "120000", Kind: "city"})
	// 滨海新区 first, so that the pack's order is not that of the codes.
	p.Orgs = append(p.Orgs, &pack.Org{ID: "120116", Kind: "district", Parent: "120000"})
	for _, d := range coltest.Districts {
		if d != "120116" {
			p.Orgs = append(p.Orgs, &pack.Org{ID: d, Kind: "district", Parent: "120000"})
		}
	}
	p.Orgs = append(p.Orgs, &pack.Org{ID: "tht", Kind: "zone", Parent: "120000"})
	for _, z := range []string{"huayuan", "beichen"} {
		p.Orgs = append(p.Orgs, &pack.Org{ID: z, Kind: "park", Parent: "tht"})
	}
	p.Orgs = append(p.Orgs, &pack.Org{ID: "wuqing", Kind: "park", Parent: "120000"})
	p.Groups = []pack.Group{{ID: "around", Members: []string{"120110", "120111", "120112", "120113"}}}
	p.Industries, p.Codes = "industry", []*pack.CodeList{{ID: "industry", Items: []pack.CodeItem{
		{Code: "C"}, {Code: "27", Parent: "C"}, {Code: "36", Parent: "C"}, {Code: "I"}, {Code: "65", Parent: "I"}, {Code: "651", Parent: "65"}}}}
	return p
}

func enterprise() *pack.Register {
	r := coltest.Register()
	r.Attribute("industry").Codes = "industry"
	r.Attribute("district").Codes = "org"
	r.Attribute("zone").Codes = "zone"
	return r
}

// random returns the index of a random table.
func random(t testing.TB, n int, missing float64) *Index {
	return NewIndex(coltest.Random(enterprise(), n, 11, missing), city(), nil)
}

// named returns the index of a table of subjects, each with a name and, after a blank, a code.
func named(t testing.TB, lines ...string) *Index {
	b := col.NewBuilder(enterprise())
	for i, line := range lines {
		p := &fact.Profile{Subject: int64(i + 1)}
		fmt.Sscan(line, &p.Name, &p.Code)
		if err := b.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	return NewIndex(b.Table(1), city(), nil)
}

// randomOutcome is a random but consistent outcome with two criteria.
func randomOutcome(n int, id string, seed uint64) *rule.Outcome {
	r := rand.New(rand.NewPCG(seed, 1))
	o := &rule.Outcome{Rule: &pack.Rule{ID: id}, Met: col.NewBitmap(n), Unmet: col.NewBitmap(n), Unknown: col.NewBitmap(n), Near: col.NewBitmap(n), Pending: col.NewBitmap(n)}
	for _, c := range []string{"staff", "sales"} {
		o.Criteria = append(o.Criteria, rule.CriterionOutcome{Criterion: &pack.Criterion{ID: c}, True: col.NewBitmap(n), False: col.NewBitmap(n), Only: col.NewBitmap(n)})
	}
	for i := range n {
		unmet, unknown := 0, 0
		for c := range o.Criteria {
			switch r.IntN(3) {
			case 0:
				o.Criteria[c].True.Set(i)
			case 1:
				o.Criteria[c].False.Set(i)
				unmet++
			default:
				unknown++
			}
		}
		switch {
		case unmet > 0:
			o.Unmet.Set(i)
			if unmet == 1 && unknown == 0 {
				o.Near.Set(i)
				for c := range o.Criteria {
					if o.Criteria[c].False.Get(i) {
						o.Criteria[c].Only.Set(i)
					}
				}
			}
		case unknown > 0:
			o.Unknown.Set(i)
			if r.IntN(2) == 0 {
				o.Pending.Set(i)
			}
		default:
			o.Met.Set(i)
		}
	}
	return o
}

func members(b col.Bitmap) []int {
	var rows []int
	b.Each(func(i int) { rows = append(rows, i) })
	return rows
}
