package expr

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/common/types"
	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"
)

var day = time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)

func language(t testing.TB) *Language {
	t.Helper()
	p := &pack.Pack{Orgs: pack.Orgs{{ID: "120000", Kind: "city"}, {ID: "120101", Kind: "district"}}}
	reg := register("rd money *", "sales money *", "staff integer *", "share decimal", "listed boolean", "district code", "registered_on date", "opened_on date", "valuation money", "address text")
	reg.Attribute("valuation").Unit = "usd"
	l, err := New(p, reg, Names{Numbers: []*pack.Number{{Name: "share.rate", Value: 0.29, Unit: "percent"}, {Name: "grant.base", Value: 2e7, Unit: "money"}, {Name: "grant.cap", Value: 5e7, Unit: "money"}}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// random fills n rows; about a third of the values are missing.
func random(reg *pack.Register, n int, rng *rand.Rand) *col.Table {
	t := &col.Table{Register: reg, N: n, Nums: map[col.Key]*col.Num{}, Dates: map[col.Key]*col.Date{}, Bools: map[col.Key]*col.Bool{}, Dicts: map[col.Key]*col.Dict{}, Texts: map[col.Key]col.Bitmap{}}
	have := func() bool { return rng.IntN(3) > 0 }
	for _, a := range reg.Attributes {
		years := []int{0}
		if a.Yearly {
			years = []int{2019, 2020}
		}
		for _, y := range years {
			k := col.Key{Attr: a.ID, Year: y}
			switch {
			case a.Kind.Numeric():
				c := &col.Num{Val: make([]float64, n), Valid: col.NewBitmap(n)}
				for i := range n {
					if have() {
						c.Valid.Set(i)
						if c.Val[i] = float64(rng.IntN(2000) - 500); a.Kind == pack.Decimal {
							c.Val[i] /= 100
						}
					}
				}
				t.Nums[k] = c
			case a.Kind == pack.Boolean:
				c := &col.Bool{Val: col.NewBitmap(n), Valid: col.NewBitmap(n)}
				for i := range n {
					if have() {
						if c.Valid.Set(i); rng.IntN(2) == 0 {
							c.Val.Set(i)
						}
					}
				}
				t.Bools[k] = c
			case a.Kind == pack.Date:
				c := &col.Date{Val: make([]int32, n), Valid: col.NewBitmap(n)}
				for i := range n {
					if have() {
						c.Valid.Set(i)
						c.Val[i] = int32(17000 + rng.IntN(2000))
					}
				}
				t.Dates[k] = c
			case a.Kind == pack.Code:
				c := &col.Dict{Val: make([]uint32, n), Words: []string{"", "120101", "370101"}}
				for i := range n {
					c.Val[i] = uint32(rng.IntN(3))
				}
				t.Dicts[k] = c
			}
		}
	}
	return t
}

// amountOf returns a random expression for an amount of money, a number or a condition: M, N, B.
func amountOf(t *rapid.T, typ byte, depth int) string {
	pick := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "pick") }
	sub := func(typ byte) string { return amountOf(t, typ, depth-1) }
	if depth <= 0 {
		switch typ {
		case 'M':
			return pick("rd", "sales", "rd.ago(1)", "number('grant.base')", "number('grant.cap')", "0.0")
		case 'N':
			return pick("staff", "share", "number('share.rate')", "0.5", "-1.25", "0.1", "3.0")
		}
		return pick("listed", "staff > 100.0", "district in city_districts", "rd >= sales", "true")
	}
	switch typ {
	case 'M':
		switch rapid.IntRange(0, 6).Draw(t, "form") {
		case 0:
			return "(" + sub('M') + pick(" + ", " - ") + sub('M') + ")"
		case 1:
			return "(" + sub('M') + " * " + sub('N') + ")"
		case 2:
			return "(" + sub('N') + " * " + sub('M') + ")"
		case 3:
			return "(" + sub('B') + " ? " + sub('M') + " : " + sub('M') + ")"
		case 4:
			return pick("least(", "greatest(") + sub('M') + ", " + sub('M') + ")"
		case 5:
			return "-(" + sub('M') + ")"
		}
		return amountOf(t, 'M', 0)
	case 'N':
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			return "(" + sub('N') + pick(" + ", " - ", " * ") + sub('N') + ")"
		case 1:
			return "(" + sub('B') + " ? " + sub('N') + " : " + sub('N') + ")"
		}
		return amountOf(t, 'N', 0)
	}
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return "(" + sub('B') + pick(" && ", " || ") + sub('B') + ")"
	case 1:
		return "(" + sub('M') + pick(" >= ", " < ") + sub('M') + ")"
	}
	return amountOf(t, 'B', 0)
}

// An amount, a number and a condition are equal over columns, for one subject and in cel-go's interpreter. When missing
// inputs are filled in, the amount lies between its earlier bounds.
func TestAmounts(t *testing.T) {
	l := language(t)
	rng := rand.New(rand.NewPCG(7, 11))
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]byte("MMMNB")).Draw(t, "kind")
		source := amountOf(t, kind, rapid.IntRange(0, 3).Draw(t, "depth"))
		want := map[byte]Type{'M': Money, 'N': Number, 'B': Truth}[kind]
		e, errs := l.Compile(source, pack.Pos{}, want)
		if len(errs) > 0 {
			t.Fatalf("%s: %v", source, errs)
		}
		tab := random(l.Register, 100, rng)
		c, err := e.Column(tab, On{Date: day})
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		s := l.Scope(kernel.NewGraph(tab), day)
		at := s.Reading()
		for row := range tab.N {
			got := c.Value(row)
			one, err := e.Value(tab, row, On{Date: day})
			if err != nil || one != got {
				t.Fatalf("%s, row %d: %+v over columns, %+v on one: %v", source, row, got, one, err)
			}
			at.Row = row
			v, err := e.Eval(at)
			if known := !types.IsUnknown(v) && err == nil; known != got.Known {
				t.Fatalf("%s, row %d: known %v, by cel-go %v %v", source, row, got.Known, v, err)
			}
			if !got.Known {
				continue
			}
			if want == Truth {
				if got.Truth != tri.Of(v == types.True) {
					t.Fatalf("%s, row %d: %v, by cel-go %v", source, row, got.Truth, v)
				}
				continue
			}
			if x := number(v); x != got.Num || !got.LowKnown || !got.HighKnown || got.Low != x || got.High != x {
				t.Fatalf("%s, row %d: %+v, by cel-go %v", source, row, got, x)
			}
			if want == Money && got.Num != math.Trunc(got.Num) {
				t.Fatalf("%s, row %d: %v fen", source, row, got.Num)
			}
		}
		if want == Truth {
			return
		}
		full := random(l.Register, tab.N, rng)
		for k, f := range full.Nums { // known values stay, and blanks are filled in
			was := tab.Nums[k]
			for row := range tab.N {
				if was.Valid.Get(row) {
					f.Val[row] = was.Val[row]
				}
				f.Valid.Set(row)
			}
		}
		for k, f := range full.Bools {
			was := tab.Bools[k]
			for row := range tab.N {
				if was.Valid.Get(row) {
					if f.Val.Clear(row); was.Val.Get(row) {
						f.Val.Set(row)
					}
				}
				f.Valid.Set(row)
			}
		}
		for k, f := range full.Dicts {
			for row := range tab.N {
				if f.Val[row] = 1; tab.Dicts[k].Val[row] != 0 {
					f.Val[row] = tab.Dicts[k].Val[row]
				}
			}
		}
		after, err := e.Column(full, On{Date: day})
		if err != nil {
			t.Fatal(err)
		}
		for row := range tab.N {
			v, x := c.Value(row), after.Value(row)
			if !x.Known || v.LowKnown && x.Num < v.Low || v.HighKnown && x.Num > v.High {
				t.Fatalf("%s, row %d: before %+v, after %+v", source, row, v, x)
			}
		}
	})
}

func TestTypes(t *testing.T) {
	l := language(t)
	for _, c := range []struct {
		source string
		want   Type
		says   string // the error; empty: accepted
	}{
		{"rd * 0.1", Money, ""}, {"0.1 * rd + number('grant.base')", Money, ""}, {"least(rd * share, number('grant.cap'))", Money, ""}, {"rd * 2", Money, ""},
		{"listed ? rd : 0.0", Money, ""}, {"sum_years(rd, 2, registered_on) * 0.5", Money, ""}, {"staff * 2.0", Number, ""}, {"registered_on", Date, ""}, {"district", Text, ""},
		{"listed ? registered_on : opened_on", Date, ""}, {"days_before(30)", Date, ""}, {"rd > sales * 0.5", Truth, ""},
		{"rd * sales", Money, "money cannot be multiplied by money"}, {"rd * sales > rd", Truth, "money cannot be multiplied by money"},
		{"rd + staff", Money, "give the number a unit"}, {"listed ? rd : 50000.0", Money, "give the number a unit"}, {"rd + valuation", Money, "no exchange rate"},
		{"staff * 2.0", Money, "an amount of money is needed"}, {"rd * 0.5", Number, "a bare number is needed"}, {"rd", Truth, "yes or no is needed"},
		{"listed", Money, "an amount of money is needed"}, {"rdd * 0.5", Money, "no attribute"}, {"ratio(rd, sales)", Number, "a number is needed"},
	} {
		_, errs := l.Compile(c.source, pack.Pos{File: "x.yaml", Line: 3, Column: 9}, c.want)
		switch {
		case c.says == "" && len(errs) > 0:
			t.Errorf("%s: %v", c.source, errs)
		case c.says != "" && (len(errs) == 0 || !strings.Contains(errs[0].Text, c.says) || errs[0].ZH == "" || errs[0].Pos.Line != 3):
			t.Errorf("%s: %v, want %q", c.source, errs, c.says)
		}
	}
}

// Dates and texts come from their columns. The interpreter evaluates those that are chosen by a condition.
func TestDatesAndTexts(t *testing.T) {
	l := language(t)
	tab := random(l.Register, 200, rand.New(rand.NewPCG(1, 2)))
	for source, want := range map[string]Type{"registered_on": Date, "listed ? registered_on : opened_on": Date, "days_before(30)": Date, "district": Text, "listed ? district : 'none'": Text} {
		e, errs := l.Compile(source, pack.Pos{}, want)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		c, err := e.Column(tab, On{Date: day})
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for row := range tab.N {
			v, err := e.Value(tab, row, On{Date: day})
			if err != nil || v != c.Value(row) {
				t.Fatalf("%s, row %d: %+v and %+v: %v", source, row, v, c.Value(row), err)
			}
			if v.Known {
				known++
			}
		}
		if known == 0 {
			t.Errorf("%s is never known", source)
		}
	}
}

func TestMoneyTimes(t *testing.T) {
	for _, c := range []struct{ fen, x, want float64 }{
		{50, 0.29, 15}, {50, 0.28, 14}, {5, 0.1, 1}, {-5, 0.1, -1}, {15, 0.1, 2}, {25, 0.1, 3}, {4, 0.1, 0}, {100, 0.005, 1}, {333, 1.0 / 3, 111}, {9e15, 0.1, 9e14}, {123456789, 0.015, 1851852},
	} {
		if got, ok := kernel.MoneyTimes(c.fen, c.x); !ok || got != c.want {
			t.Errorf("%v fen × %v = %v, want %v", c.fen, c.x, got, c.want)
		}
	}
	if _, ok := kernel.MoneyTimes(9e15, 2); ok {
		t.Error("an amount that a double does not hold to the fen")
	}
}

func TestMeasures(t *testing.T) {
	l := language(t)
	tab := &col.Table{Register: l.Register, N: 4, Nums: map[col.Key]*col.Num{}, Bools: map[col.Key]*col.Bool{}, Dicts: map[col.Key]*col.Dict{}}
	bits := func(rows ...int) col.Bitmap {
		b := col.NewBitmap(4)
		for _, r := range rows {
			b.Set(r)
		}
		return b
	}
	rd := col.Key{Attr: "rd", Year: 2020}
	tab.Nums[rd] = &col.Num{Val: []float64{100, 200, 0, 400}, Valid: bits(0, 1, 3)}
	tab.Bools[col.Key{Attr: "listed"}] = &col.Bool{Val: bits(0, 1), Valid: bits(0, 1, 2)}
	tab.Dicts[col.Key{Attr: "district"}] = &col.Dict{Val: []uint32{1, 1, 0, 2}, Words: []string{"", "120101", "370101"}}
	compile := func(source string, want Type) *Expression {
		e, errs := l.Compile(source, pack.Pos{}, want)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		return e
	}
	listed, spent := compile("listed", Truth), compile("rd", Money)
	count := &Measure{How: Count, Where: listed}
	for name, c := range map[string]struct {
		m    *Measure
		rows col.Bitmap
		want string
	}{
		"all":                {&Measure{How: Count}, nil, "[4, 4]"},
		"some rows":          {&Measure{How: Count}, bits(1, 2), "[2, 2]"},
		"listed":             {count, nil, "[2, 3]"}, // the last subject may or may not count
		"spent":              {&Measure{How: Sum, Of: spent}, nil, "[-, -] missing 1"},
		"spent by listed":    {&Measure{How: Sum, Of: spent, Where: listed}, nil, "[300, 700] missing 1"},
		"capped":             {&Measure{How: Sum, Of: compile("least(rd, number('grant.cap'))", Money)}, nil, "[-, 50000700] missing 1"},
		"districts":          {&Measure{How: Distinct, Of: compile("district", Text)}, nil, "[2, 3] missing 1"},
		"share of listed":    {&Measure{How: Ratio, Part: count, Whole: &Measure{How: Count}}, nil, "[0.5, 0.75]"},
		"share of no one":    {&Measure{How: Ratio, Part: count, Whole: &Measure{How: Count}}, bits(), "no value"},
		"spent by each, all": {&Measure{How: Ratio, Part: &Measure{How: Sum, Of: spent}, Whole: &Measure{How: Count}}, bits(0, 1), "[150, 150]"},
	} {
		got, err := c.m.Read(tab, c.rows, On{Date: day})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := "no value"
		if !got.NoValue {
			bound := func(known bool, x float64) string {
				if !known {
					return "-"
				}
				return fmt.Sprint(x)
			}
			text = "[" + bound(got.LowKnown, got.Low) + ", " + bound(got.HighKnown, got.High) + "]"
			if got.Missing > 0 && c.m.How != Count && c.m.How != Ratio {
				text += fmt.Sprint(" missing ", got.Missing)
			}
		}
		if text != strings.ReplaceAll(c.want, "50000700", "5.00007e+07") {
			t.Errorf("%s is %s, want %s", name, text, c.want)
		}
	}
	for _, m := range []*Measure{{How: Sum}, {How: Distinct, Of: listed}, {How: Count, Of: spent}, {How: Count, Where: spent}, {How: Ratio, Part: count}, {How: "mean", Of: spent}, {How: Ratio, Part: count, Whole: &Measure{How: Sum}}} {
		if err := m.Check(); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
}
