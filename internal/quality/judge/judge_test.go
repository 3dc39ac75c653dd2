package judge_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/fact"
	"eyas/packs"

	"pgregory.net/rapid"
)

// subject makes a profile from keys such as "attr" or "attr@2020" and values as text for programs, money in yuan. All
// facts come from one record, with a row per year.
func subject(t testing.TB, reg *pack.Register, given map[string]string) fact.Profile {
	t.Helper()
	p := fact.Profile{Subject: 1, Code: given["uscc"], Name: "天津样例有限公司"}
	for key, text := range given {
		id, y, _ := strings.Cut(key, "@")
		f := fact.Fact{Attr: reg.Attribute(id), Record: 1, Cell: 1}
		if f.Attr == nil {
			t.Fatalf("no attribute %s", id)
		}
		f.Year, _ = strconv.Atoi(y)
		switch f.Attr.Kind {
		case pack.Date:
			d, err := time.Parse(time.DateOnly, text)
			if err != nil {
				t.Fatal(err)
			}
			f.Value.Int = d.Unix() / 86400
		case pack.Code, pack.String, pack.List:
			f.Value.Str = text
		default:
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			if f.Attr.Kind == pack.Money {
				n *= 100
			}
			f.Value.Num = n
		}
		p.Facts = append(p.Facts, f)
	}
	slices.SortFunc(p.Facts, func(a, b fact.Fact) int {
		if a.Attr != b.Attr {
			return a.Attr.Index - b.Attr.Index
		}
		return a.Year - b.Year
	})
	return p
}

func tianjin(t testing.TB) *pack.Pack {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRules tests each rule on both sides of its limit. A finding is written as: rule attribute[@year][=offer].
func TestRules(t *testing.T) {
	p := tianjin(t)
	type given = map[string]string
	for _, x := range []struct {
		name  string
		given given
		want  string
	}{
		{"nothing", given{}, ""},
		{"registered today", given{"registered_on": "2022-06-30"}, ""},
		{"registered tomorrow", given{"registered_on": "2022-07-01"}, "registered_when registered_on"},
		{"registered in 1799", given{"registered_on": "1799-12-31"}, "registered_when registered_on"},
		{"registered in 1800", given{"registered_on": "1800-01-01"}, ""},
		{"check character", given{"uscc": "91120116MA0000000X"}, "code_check uscc"},
		{"three years with a leap day", given{"cert_hnte_from": "2019-11-28", "cert_hnte_until": "2022-11-28"}, ""},
		{"longer than three years", given{"cert_hnte_from": "2019-11-28", "cert_hnte_until": "2022-11-29"}, "certificate_span cert_hnte_until"},
		{"ends before it begins", given{"cert_hnte_from": "2019-11-28", "cert_hnte_until": "2019-11-27"}, "certificate_span cert_hnte_until"},
		{"an end alone", given{"cert_hnte_until": "2019-11-27"}, ""},
		{"minus one patent", given{"ip_class1": "-1"}, "counts_negative ip_class1"},
		{"a loss", given{"profit@2020": "-5000000", "net_assets@2020": "-1"}, ""},
		{"all staff scientists", given{"staff@2020": "10", "st_staff@2020": "10"}, ""},
		{"more scientists than staff", given{"staff@2020": "10", "st_staff@2020": "11"}, "st_staff_above_staff st_staff@2020"},
		{"of another year", given{"staff@2020": "10", "st_staff@2021": "11"}, ""},
		{"all research in China", given{"rd_expense@2020": "100", "rd_expense_domestic@2020": "100"}, ""},
		{"more in China than in all", given{"rd_expense@2020": "100", "rd_expense_domestic@2020": "100.01"}, "domestic_above_rd rd_expense_domestic@2020"},
		{"research of ten times the sales", given{"sales@2020": "1000000", "rd_expense@2020": "10000000"}, ""},
		{"more than ten times", given{"sales@2020": "1000000", "rd_expense@2020": "10000001"}, "rd_above_sales rd_expense@2020"},
		{"more, with a profit", given{"sales@2020": "1000000", "rd_expense@2020": "20000000", "profit@2020": "10000"}, "rd_above_sales rd_expense@2020"},
		{"more, with the loss that it makes", given{"sales@2020": "1000000", "rd_expense@2020": "20000000", "profit@2020": "-15000000"}, ""},
		{"no sales yet", given{"sales@2020": "0", "rd_expense@2020": "20000000", "profit@2020": "-19000000"}, ""},
		{"nobody left", given{"rd_staff@2019": "20", "rd_staff@2020": "0", "rd_expense@2019": "3000000", "rd_expense@2020": "3100000"}, "staff_vanished rd_staff@2020=blank"},
		{"nobody left, nor research", given{"rd_staff@2019": "20", "rd_staff@2020": "0", "rd_expense@2019": "3000000", "rd_expense@2020": "100000"}, ""},
		{"never anybody", given{"rd_staff@2019": "0", "rd_staff@2020": "0", "rd_expense@2019": "3000000", "rd_expense@2020": "3100000"}, ""},
		{"staff fall to a five hundredth", given{"staff@2019": "36992", "staff@2020": "66"}, ""},
		{"staff fall to a thousandth", given{"staff@2019": "36992", "staff@2020": "36"}, "jump staff@2020"},
		{"a year between", given{"staff@2018": "36992", "staff@2020": "36"}, ""},
		{"sales a thousandth", given{"sales@2019": "5000000", "sales@2020": "5200"}, "unit_slip sales@2020=5200000 (×1000)"},
		{"sales a ten thousandth of the years around", given{"sales@2019": "5000000", "sales@2020": "520", "sales@2021": "5500000"}, "unit_slip sales@2020=5200000 (×10000)"},
		{"the first of three years in yuan under 万元", given{"sales@2019": "50000000000", "sales@2020": "5200000", "sales@2021": "5500000"}, "unit_slip sales@2019=5000000 (÷10000)"},
		{"the odd one between years far apart", given{"sales@2015": "5000000", "sales@2017": "5200", "sales@2020": "5500000"}, "unit_slip sales@2017=5200000 (×1000)"},
		{"research that fell to a three-hundredth", given{"sales@2020": "900000000", "sales@2021": "950000000", "staff@2020": "800", "staff@2021": "820", "rd_staff@2020": "90", "rd_staff@2021": "95", "rd_expense@2020": "45000000", "rd_expense@2021": "150000"},
			"rd_collapsed rd_expense@2021"},
		{"with its staff gone too", given{"sales@2020": "900000000", "sales@2021": "950000000", "staff@2020": "800", "staff@2021": "820", "rd_staff@2020": "90", "rd_staff@2021": "4", "rd_expense@2020": "45000000", "rd_expense@2021": "150000"}, ""},
		{"with sales gone too", given{"sales@2020": "900000000", "sales@2021": "90000000", "staff@2020": "800", "staff@2021": "820", "rd_staff@2020": "90", "rd_staff@2021": "95", "rd_expense@2020": "45000000", "rd_expense@2021": "150000"}, ""},
		{"to a ninetieth", given{"sales@2020": "900000000", "sales@2021": "950000000", "staff@2020": "800", "staff@2021": "820", "rd_staff@2020": "90", "rd_staff@2021": "95", "rd_expense@2020": "45000000", "rd_expense@2021": "500000"}, ""},
		{"that still pays its people", given{"sales@2020": "900000000", "sales@2021": "950000000", "staff@2020": "800", "staff@2021": "820", "rd_staff@2020": "10", "rd_staff@2021": "10", "rd_expense@2020": "45000000", "rd_expense@2021": "100000"}, ""},
		{"growth fifty times", given{"sales@2019": "100000", "sales@2020": "5000000"}, ""},
		{"profit through nothing", given{"sales@2019": "5000000", "sales@2020": "5200000", "profit@2019": "900000", "profit@2020": "850"}, ""},
		{"staff that nobody could pay", given{"staff@2020": "2000", "sales@2020": "2800000", "profit@2020": "600000"},
			"unit_slip sales@2020=2800000000 (×1000); unit_slip profit@2020=600000000 (×1000)"},
		{"a large loss pays them", given{"staff@2020": "700", "sales@2020": "2400000", "profit@2020": "-390000000"}, ""},
		{"a small enterprise may pay nobody", given{"staff@2020": "90", "sales@2020": "100000", "profit@2020": "1000"}, ""},
		{"who is wrong accuses nobody", given{"sales@2019": "5000000", "sales@2020": "5200", "rd_expense@2019": "400000", "rd_expense@2020": "410000"}, "unit_slip sales@2020=5200000 (×1000)"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := subject(t, p.Registers[0], x.given)
			if got := written(judged(t, p, nil).Check(&s, nil)); got != x.want {
				t.Errorf("finds %q, want %q", got, x.want)
			}
		})
	}
}

func written(list []judge.Finding) string {
	var parts []string
	for _, f := range list {
		s := f.Rule.ID + " " + f.Attr.ID
		if f.Year != 0 {
			s += "@" + strconv.Itoa(f.Year)
		}
		if o := f.Offer.Text(f.Attr); o != "" {
			s += "=" + o
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

func TestDisagreeingSources(t *testing.T) {
	p := tianjin(t)
	reg := p.Registers[0]
	s := subject(t, reg, map[string]string{"sales@2020": "1000000", "staff@2020": "50", "registered_on": "2015-01-01"})
	other := subject(t, reg, map[string]string{"sales@2020": "1200000", "staff@2020": "51", "registered_on": "2015-01-02"})
	from := func(s *fact.Profile, record int64, source string) {
		for i := range s.Facts {
			s.Facts[i].Record, s.Facts[i].Origin.Source = record, p.Source(source)
		}
	}
	from(&s, 1, "annual")
	from(&other, 2, "tax")
	j := judged(t, p, nil)
	if got, want := written(j.Check(&s, append(slices.Clone(s.Facts), other.Facts...))), "sources_differ registered_on; sources_differ sales@2020"; got != want {
		t.Errorf("finds %q, want %q", got, want)
	}
	if got := written(j.Check(&s, nil)); got != "" {
		t.Errorf("without what was said it finds %q", got)
	}
	// A later value of the same source is an update, and a value that a person entered is decided.
	for _, source := range []string{"annual", "correction"} {
		from(&s, 3, source)
		from(&other, 2, "annual")
		if got := written(j.Check(&s, append(slices.Clone(other.Facts), s.Facts...))); got != "" {
			t.Errorf("%s: finds %q", source, got)
		}
	}
}

func TestOldFigures(t *testing.T) {
	p := tianjin(t)
	s := subject(t, p.Registers[0], map[string]string{"sales@2018": "1000000", "sales@2019": "1000000", "staff@2020": "50"})
	j, err := judge.New(p, judge.Options{Date: day, Rules: []string{"figures_old"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := written(j.Check(&s, nil)), "figures_old sales@2019"; got != want {
		t.Errorf("finds %q, want %q", got, want)
	}
}

func TestUnknownRule(t *testing.T) {
	for _, opt := range []judge.Options{{Rules: []string{"nosuch"}}, {Register: "nosuch"}} {
		if _, err := judge.New(tianjin(t), opt); err == nil {
			t.Errorf("%+v is taken", opt)
		}
	}
}

// A value in a steady series that is wrong by a thousand, ten thousand or a million is found at any position. One that
// is larger by half never is.
func TestScaledYear(t *testing.T) {
	p := tianjin(t)
	reg := p.Registers[0]
	j := judged(t, p, nil)
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(r, "years")
		at := rapid.IntRange(0, n-1).Draw(r, "at")
		id := rapid.SampledFrom([]string{"sales", "costs", "rd_expense", "assets"}).Draw(r, "attribute")
		factor := rapid.SampledFrom([]float64{1e-6, 1e-4, 1e-3, 1e3, 1e4, 1e6, 1.5, 1 / 1.5}).Draw(r, "factor")
		v := rapid.Float64Range(1e5, 1e9).Draw(r, "yuan")
		given := map[string]string{}
		whole := 0.0
		for i := range n {
			x := v
			if i == at {
				x, whole = v*factor, math.Round(v*100)
			}
			given[id+"@"+strconv.Itoa(2012+i)] = strconv.FormatFloat(x, 'f', 6, 64)
			v *= rapid.Float64Range(0.75, 1.35).Draw(r, "growth")
		}
		s := subject(t, reg, given)
		found := slices.Clone(j.Check(&s, nil))
		if math.Abs(math.Log10(factor)) < 1 {
			if len(found) > 0 {
				r.Fatalf("%v: finds %s", given, written(found))
			}
			return
		}
		if len(found) != 1 || found[0].Rule.ID != "unit_slip" {
			r.Fatalf("%v: finds %q", given, written(found))
		}
		// Of two years, nothing tells which is wrong.
		if n > 2 && (found[0].Year != 2012+at || math.Abs(found[0].Offer.Value.Num/whole-1) > 1e-3) {
			r.Fatalf("%v: finds %q, want %d", given, written(found), 2012+at)
		}
	})
}

// Findings do not depend on what was judged before.
func TestForkAgrees(t *testing.T) {
	p := tianjin(t)
	reg := p.Registers[0]
	a := subject(t, reg, map[string]string{"sales@2019": "5000000", "sales@2020": "5200", "staff@2020": "10", "st_staff@2020": "12"})
	b := subject(t, reg, map[string]string{"registered_on": "2030-01-01"})
	j := judged(t, p, []fact.Profile{a, b})
	first := written(j.Check(&a, nil))
	j.Check(&b, nil)
	if again, forked := written(j.Check(&a, nil)), written(j.Fork().Check(&a, nil)); again != first || forked != first || first == "" {
		t.Errorf("finds %q, then %q, forked %q", first, again, forked)
	}
}
