package judge_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/quality/judge"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/packs"
)

// listed is the file with real annual figures. It is not part of the project.
const listed = "../../../../shared/data/listed-companies/tianjin_listed_company_year.csv"

// wrongRows is what is wrong in that file, found by reading all of its 160 rows, and why. Factor corrects the amounts
// of the row; 0: a count that is impossible.
var wrongRows = []struct {
	row    int
	factor float64
	why    string
}{
	{104, 1e4, "海油工程 2021: 1,979,548 after 17,862,576,311; R&D, profit and the balance sheet fall by the same 10,000 while staff stay at 7,900"},
	{111, 1e3, "海航科技 2019: 9,300 yuan a head for 35,127 staff"},
	{112, 1e3, "海航科技 2020: 9,100 yuan a head for 36,992 staff, a loss of 290 yuan a head"},
	{113, 1e3, "海航科技 2021: sales go on at half of 2020's while staff fall from 36,992 to 66: the unit of the two years before"},
	{123, 1e3, "创业环保 2019: 1,400 yuan a head, R&D of 17,925 for 212 staff"},
	{124, 1e3, "创业环保 2020: 1,700 yuan a head"},
	{125, 1e3, "创业环保 2021: 2,000 yuan a head"},
	{126, 1e3, "三六零 2019: 2,200 yuan a head, R&D of 592 yuan for each of 4,269"},
	{127, 1e3, "三六零 2020: 1,700 yuan a head"},
	{128, 1e3, "三六零 2021: 1,500 yuan a head"},
	{156, 0, "银龙 2021: no R&D staff after 216 and 202, with the highest R&D expense of the three years"},
	{158, 1e3, "康希诺 2021: 2,200 yuan a head, R&D 878,718 after 428,485,740, with more staff"},
}

// profiles imports a file and returns its profiles, and the row of each record.
func profiles(t *testing.T, file string) (p *pack.Pack, list []fact.Profile, row map[int64]int) {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		t.Skipf("skipped: the real files are not here (%v)", err)
	}
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	db, err := store.Open(ctx, basetest.Path(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	g := registry.New(p, db, func() time.Time { return day })
	if _, _, err := g.Import(ctx, layout.Source{Name: filepath.Base(file), Path: file}, layout.Options{Register: "enterprise"}, nil); err != nil {
		t.Fatal(err)
	}
	row = map[int64]int{}
	err = g.Scan(ctx, 0, func(p *fact.Profile) error {
		list = append(list, clone(p))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		addresses, err := g.Addresses(ctx, "enterprise", p.Facts)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range p.Facts {
			row[f.Record] = addresses[i].Row
		}
	}
	return p, list, row
}

func clone(p *fact.Profile) fact.Profile {
	c := *p
	c.Facts = slices.Clone(p.Facts)
	return c
}

var day = time.Date(2022, 6, 30, 0, 0, 0, 0, time.UTC)

// judged learns from profiles and returns the judge.
func judged(t testing.TB, p *pack.Pack, list []fact.Profile) *judge.Judge {
	t.Helper()
	j, err := judge.New(p, judge.Options{Date: day})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		j.Learn(&list[i])
	}
	j.Settle()
	return j
}

// TestListedCompanies compares the findings in the real figures with those of a person, value by value.
func TestListedCompanies(t *testing.T) {
	p, list, row := profiles(t, listed)
	j := judged(t, p, list)
	factor := map[int]float64{}
	for _, w := range wrongRows {
		factor[w.row] = w.factor
	}
	var right, extra, missed int
	for i := range list {
		found := map[*pack.Attribute]map[int]judge.Finding{}
		for _, f := range j.Check(&list[i], nil) {
			if found[f.Attr] == nil {
				found[f.Attr] = map[int]judge.Finding{}
			}
			found[f.Attr][f.Year] = f
		}
		for _, f := range list[i].Facts {
			n := row[f.Record]
			k, wrong := factor[n]
			wrong = wrong && (f.Attr.Kind == pack.Money && k > 0 && f.Value.Num != 0 || f.Attr.ID == "rd_staff" && k == 0)
			got, ok := found[f.Attr][f.Year]
			switch {
			case ok && wrong:
				right++
				if k > 0 && (got.Offer == nil || math.Abs(got.Offer.Value.Num-f.Value.Num*k) > 0.5) {
					t.Errorf("row %d %s: %v is offered for %v, want × %g", n, f.Attr.ID, got.Offer, f.Value.Num, k)
				}
			case ok:
				extra++
				t.Errorf("row %d %s %d: %s is doubted by %s and is right: %s", n, list[i].Name, f.Year, f.Attr.ID, got.Rule.ID, got.Because.EN)
			case wrong:
				missed++
				t.Errorf("row %d %s %d: %s is wrong and not found", n, list[i].Name, f.Year, f.Attr.ID)
			}
		}
	}
	t.Logf("%d values: %d found rightly, %d wrongly, %d missed: precision %.3f, recall %.3f", right+extra+missed, right, extra, missed,
		float64(right)/float64(right+extra), float64(right)/float64(right+missed))
}

// TestPlantedSlips puts slips into the real figures, in one row, one value or all rows of a company. It counts how many
// are found with the right factor, and which other values of the company are then doubted.
func TestPlantedSlips(t *testing.T) {
	p, list, row := profiles(t, listed)
	j := judged(t, p, list)
	bad := map[int]bool{}
	for _, w := range wrongRows {
		bad[w.row] = true
	}
	type tally struct{ planted, found, factor, extra int }
	plant := func(q fact.Profile, by float64, hit func(*fact.Fact) bool, n *tally) {
		want := map[*pack.Attribute]map[int]float64{}
		for i := range q.Facts {
			f := &q.Facts[i]
			if hit(f) && f.Value.Num != 0 && f.Attr.Kind == pack.Money {
				if want[f.Attr] == nil {
					want[f.Attr] = map[int]float64{}
				}
				want[f.Attr][f.Year] = f.Value.Num
				f.Value.Num *= by
				n.planted++
			}
		}
		for _, f := range j.Check(&q, nil) {
			true_, ok := want[f.Attr][f.Year]
			if !ok {
				n.extra++
				continue
			}
			n.found++
			if f.Offer != nil && math.Abs(f.Offer.Value.Num/true_-1) < 1e-6 {
				n.factor++
			}
		}
	}
	for _, by := range []float64{1e-3, 1e-4, 1e-6, 1e3, 1e4, 1e6} {
		var rows, all, one tally
		for i := range list {
			if slices.ContainsFunc(list[i].Facts, func(f fact.Fact) bool { return bad[row[f.Record]] }) {
				continue
			}
			plant(clone(&list[i]), by, func(*fact.Fact) bool { return true }, &all)
			years := map[int]bool{}
			for _, f := range list[i].Facts {
				if f.Year != 0 {
					years[f.Year] = true
				}
			}
			for year := range years {
				plant(clone(&list[i]), by, func(f *fact.Fact) bool { return f.Year == year }, &rows)
				if len(years) > 1 {
					plant(clone(&list[i]), by, func(f *fact.Fact) bool { return f.Year == year && f.Attr.ID == "sales" }, &one)
				}
			}
		}
		for _, x := range []struct {
			what  string
			n     tally
			least float64
		}{{"one row", rows, 0.95}, {"all rows", all, 0.9}, {"sales of one year", one, 0.9}} {
			found := float64(x.n.found) / float64(x.n.planted)
			t.Logf("%s × %g: %d planted, %.3f found, %.3f with the right factor, %d others doubted", x.what, by, x.n.planted, found,
				float64(x.n.factor)/float64(x.n.planted), x.n.extra)
			if found < x.least {
				t.Errorf("%s × %g: %.3f are found, want %.2f", x.what, by, found, x.least)
			}
		}
	}
}

// TestSlipsOfOneYear compares slips of enterprises with one year only with the usual values of the real figures.
func TestSlipsOfOneYear(t *testing.T) {
	p, list, _ := profiles(t, listed)
	j := judged(t, p, list)
	for _, x := range []struct {
		given map[string]string
		want  string
	}{
		{map[string]string{"sales@2021": "439557195", "staff@2021": "191970"}, "unit_slip sales@2021=439557195000 (×1000)"},
		{map[string]string{"sales@2021": "848258", "rd_expense@2021": "15577", "staff@2021": "449934", "rd_staff@2021": "13689"},
			"unit_slip sales@2021=848258000000 (×1000000); unit_slip rd_expense@2021=15577000000 (×1000000)"},
		{map[string]string{"sales@2021": "848258", "staff@2021": "13689"}, "unit_slip sales@2021=8482580000 (×10000)"}, // nothing else is known; 620,000 per head is more likely than 62 million
		{map[string]string{"sales@2021": "12000000", "staff@2021": "4000"}, ""},                                        // 3,000 yuan per head: an agency for temporary staff books no more
		{map[string]string{"sales@2021": "200000", "staff@2021": "40"}, ""},
	} {
		s := subject(t, p.Registers[0], x.given)
		if got := written(j.Check(&s, nil)); got != x.want {
			t.Errorf("%v: finds %q, want %q", x.given, got, x.want)
		}
	}
}
