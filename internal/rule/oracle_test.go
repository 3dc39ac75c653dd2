package rule

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"

	"pgregory.net/rapid"
)

// testRegister is a small register with every kind of attribute.
func testRegister() *pack.Register {
	r := &pack.Register{ID: "enterprise", CodeAttr: "uscc", NameAttr: "name"}
	add := func(id string, k pack.Kind, yearly, manual bool) {
		r.Attributes = append(r.Attributes, &pack.Attribute{ID: id, Index: len(r.Attributes), Kind: k, Yearly: yearly, Manual: manual})
	}
	add("sales", pack.Money, true, false)
	add("rd", pack.Money, true, false)
	add("staff", pack.Integer, true, false)
	add("ip1", pack.Integer, false, false)
	add("ip2", pack.Integer, false, false)
	add("points", pack.Integer, false, true)
	add("ok", pack.Boolean, false, true)
	add("listed", pack.Boolean, false, false)
	add("award", pack.Boolean, false, false)
	add("district", pack.Code, false, false)
	add("industry", pack.Code, false, false)
	add("field", pack.Code, false, true)
	add("scope", pack.String, false, false)
	add("registered_on", pack.Date, false, false)
	add("cert_hnte_from", pack.Date, false, false)
	add("cert_hnte_until", pack.Date, false, false)
	law := time.Date(2019, 7, 1, 0, 0, 0, 0, time.UTC) // certificates issued from then on have a shorter term
	r.Certificates = []*pack.Certificate{{ID: "hnte", From: "cert_hnte_from", Until: "cert_hnte_until",
		Terms: []pack.Term{{Years: 3, Before: law.AddDate(0, 0, -1)}, {Since: law, Years: 1, Month: time.June, Day: 30}}}}
	return r
}

var testDay = time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)

func testPack(r *pack.Rule) *pack.Pack {
	r.Register = "enterprise"
	if r.ID == "" {
		r.ID = "test"
	}
	if r.Laws == nil {
		r.Laws = []pack.Law{{Status: pack.Modelled}}
	}
	return &pack.Pack{Registers: []*pack.Register{testRegister()}, Rules: []*pack.Rule{r},
		Orgs: []*pack.Org{{ID: "120000", Kind: "city"}, {ID: "120101", Kind: "district"}, {ID: "120110", Kind: "district"}}}
}

// testTable fills n rows with values near the limits that expressions use.
func testTable(reg *pack.Register, n int, rng *rand.Rand) *col.Table {
	t := &col.Table{Register: reg, N: n, Nums: map[col.Key]*col.Num{}, Dates: map[col.Key]*col.Date{}, Bools: map[col.Key]*col.Bool{}, Dicts: map[col.Key]*col.Dict{}, Texts: map[col.Key]col.Bitmap{}}
	nums := []float64{0, 0, 1, 2, 3, 5, 50, 60, 100, 115, 120, 200, 500, -1, -50, 1e10, 0.5}
	days := []int32{kernel.YearEnd(2020), kernel.YearEnd(2020) + 1, kernel.YearEnd(2019), kernel.YearEnd(2019) + 1, kernel.YearEnd(2018), kernel.YearEnd(2018) + 1,
		kernel.YearEnd(2012), kernel.Days(testDay), kernel.Days(testDay) - 1, kernel.Days(testDay) + 1, kernel.YearsBefore(kernel.Days(testDay), 3), kernel.YearsBefore(kernel.Days(testDay), 3) + 1, 9000}
	words := []string{"", "120101", "120110", "370101", "3911", "39", "3999", "C3911"}
	for _, a := range reg.Attributes {
		years := []int{0}
		if a.Yearly {
			years = []int{2017, 2018, 2019, 2020}
		}
		for _, y := range years {
			if rng.IntN(12) == 0 {
				continue // no column at all
			}
			k := col.Key{Attr: a.ID, Year: y}
			missing := rng.Float64() * 0.6
			have := func() bool { return rng.Float64() >= missing }
			switch {
			case a.Kind.Numeric():
				c := &col.Num{Val: make([]float64, n), Valid: col.NewBitmap(n)}
				for i := range n {
					if have() {
						c.Valid.Set(i)
						c.Val[i] = nums[rng.IntN(len(nums))]
					}
				}
				t.Nums[k] = c
			case a.Kind == pack.Boolean:
				c := &col.Bool{Val: col.NewBitmap(n), Valid: col.NewBitmap(n)}
				for i := range n {
					if have() {
						c.Valid.Set(i)
						if rng.IntN(2) == 0 {
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
						c.Val[i] = days[rng.IntN(len(days))]
					}
				}
				t.Dates[k] = c
			case a.Kind == pack.Code:
				c := &col.Dict{Val: make([]uint32, n), Words: words}
				for i := range n {
					if have() {
						c.Val[i] = uint32(rng.IntN(len(words)))
					}
				}
				t.Dicts[k] = c
			default:
				c := col.NewBitmap(n)
				for i := range n {
					if have() {
						c.Set(i)
					}
				}
				t.Texts[k] = c
			}
		}
	}
	return t
}

// generate returns a random expression of a type: B truth, N number, R rate, D date.
func generate(t *rapid.T, typ byte, depth int) string {
	pick := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "pick") }
	op := func() string { return pick(">=", ">", "<=", "<") }
	if depth <= 0 {
		switch typ {
		case 'B':
			return pick("ok", "listed", "award", "held('hnte')", "given(field)", "given(scope)", "given(sales)", "true", "false")
		case 'N':
			return pick("sales", "rd", "staff", "ip1", "ip2", "sales.ago(1)", "rd.ago(2)", "staff.ago(3)", "number('a')", "number('b')", "2.0", "0.0", "-1.5")
		case 'D':
			return pick("registered_on", "cert_hnte_from", "year_end(0)", "year_end(-1)", "years_before(3)", "days_before(1)", "screening_day", "year_end(-number('n'))")
		}
	}
	switch typ {
	case 'B':
		switch rapid.IntRange(0, 13).Draw(t, "form") {
		case 0, 1:
			return "(" + generate(t, 'B', depth-1) + " && " + generate(t, 'B', depth-1) + ")"
		case 2, 3:
			return "(" + generate(t, 'B', depth-1) + " || " + generate(t, 'B', depth-1) + ")"
		case 4:
			return "!" + generate(t, 'B', depth-1)
		case 5:
			return "(" + generate(t, 'B', depth-1) + " ? " + generate(t, 'B', depth-1) + " : " + generate(t, 'B', depth-1) + ")"
		case 6, 7:
			return "(" + generate(t, 'N', depth-1) + " " + pick(">=", ">", "<=", "<", "==", "!=") + " " + generate(t, 'N', depth-1) + ")"
		case 8, 9:
			return "(" + generate(t, 'R', depth-1) + " " + op() + " " + generate(t, 'N', depth-1) + ")"
		case 10:
			return "(" + generate(t, 'D', 0) + " " + pick(">=", ">", "<=", "<", "==", "!=") + " " + generate(t, 'D', 0) + ")"
		case 11:
			return "(" + pick("district in city_districts", "industry.startsWith('39')", "industry in ['3911', '39']", "district == '120101'", "district != '120101'",
				"industry.endsWith('11')", "industry.contains('9')", "given(industry)", "given(registered_on)", "industry.size() > 3", "industry.matches('^C?39')") + ")"
		case 12:
			return "(" + generate(t, 'B', 0) + " == " + generate(t, 'B', 0) + ")"
		}
		return generate(t, 'B', 0)
	case 'N':
		switch rapid.IntRange(0, 5).Draw(t, "form") {
		case 0:
			if by := pick("+", "-", "*"); by != "*" {
				return "(" + generate(t, 'N', depth-1) + " " + by + " " + generate(t, 'N', depth-1) + ")"
			}
			return "(" + generate(t, 'N', depth-1) + " * " + pick("number('a')", "number('b')", "staff", "ip1", "2.0", "-1.5") + ")" // money only times a bare number
		case 1:
			return "-(" + generate(t, 'N', depth-1) + ")"
		case 2:
			return "(" + generate(t, 'B', depth-1) + " ? " + generate(t, 'N', depth-1) + " : " + generate(t, 'N', depth-1) + ")"
		case 3:
			return fmt.Sprintf("sum_years(%s, %d, registered_on)", pick("sales", "rd", "staff"), rapid.IntRange(1, 4).Draw(t, "years"))
		case 4:
			return "compound(number('a'), number('n'))"
		}
		return generate(t, 'N', 0)
	case 'R':
		if rapid.Bool().Draw(t, "growth") {
			return fmt.Sprintf("mean_growth(%s, registered_on)", pick("sales", "rd", "staff"))
		}
		return "ratio(" + generate(t, 'N', depth-1) + ", " + generate(t, 'N', depth-1) + ")"
	}
	return generate(t, typ, 0)
}

func testNumbers() []*pack.Number {
	return []*pack.Number{{Name: "a", Value: 0.2}, {Name: "b", Value: 60}, {Name: "n", Value: 3}}
}

// interpreted evaluates one row with cel-go. manual is the value of blank manual attributes.
func interpreted(tb rapid.TB, bd *bound, k *pack.Criterion, row int, manual *bool) tri.Bool {
	tb.Helper()
	at := bd.b.Reading()
	at.Row, at.Manual = row, manual
	v, err := bd.c.exprs[exprKey{criterion: k}].Truth(at)
	if err != nil {
		tb.Fatalf("%s: row %d: %v", k.When, row, err)
	}
	return v
}

// The kernels, the row evaluator and cel-go's interpreter agree on every row of every expression.
func TestKernelsAgreeWithInterpreter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var crits []*pack.Criterion
		for i := range rapid.IntRange(1, 4).Draw(t, "criteria") {
			crits = append(crits, &pack.Criterion{ID: fmt.Sprint("c", i), When: generate(t, 'B', rapid.IntRange(0, 4).Draw(t, "depth"))})
		}
		p := testPack(&pack.Rule{Criteria: crits, Numbers: testNumbers()})
		s, err := Compile(p)
		if err != nil {
			t.Fatalf("%v", err)
		}
		n := rapid.SampledFrom([]int{1, 63, 64, 65, 200, 1024, 1100}).Draw(t, "rows")
		seed := rapid.Uint64().Draw(t, "seed")
		tab := testTable(p.Registers[0], n, rand.New(rand.NewPCG(seed, 1)))
		opt := Options{Date: testDay}
		if rapid.Bool().Draw(t, "assume") {
			opt.Assume = []string{"listed"}
		}
		out, err := s.Screen(tab, opt, "test")
		if err != nil {
			t.Fatal(err)
		}
		bd, err := s.boundFor(tab, "test", opt)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range crits {
			for row := range n {
				want := interpreted(t, bd, k, row, nil)
				got := tri.Unknown
				if out[0].Criteria[i].True.Get(row) {
					got = tri.True
				}
				if out[0].Criteria[i].False.Get(row) {
					if got == tri.True {
						t.Fatalf("%s: row %d is both true and false", k.When, row)
					}
					got = tri.False
				}
				if got != want {
					t.Fatalf("%s: row %d: kernels say %v, cel-go %v", k.When, row, got, want)
				}
				if one := kernel.NewRow(tab, row, nil).Eval(bd.criteria[i].full).Truth; one != want {
					t.Fatalf("%s: row %d: the row evaluator says %v, cel-go %v", k.When, row, one, want)
				}
			}
		}
	})
}

// A criterion is pending if it is unknown and would be known for any values of its manual attributes.
func TestPendingAgreesWithInterpreter(t *testing.T) {
	manual := func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"ok", "!ok", "given(field)", "listed", "!award", "sales >= 100.0", "ratio(rd, sales) >= 0.5", "held('hnte')"}), 1, 4).Draw(t, "parts")
		return strings.Join(parts, rapid.SampledFrom([]string{" && ", " || "}).Draw(t, "op"))
	}
	rapid.Check(t, func(t *rapid.T) {
		k := &pack.Criterion{ID: "c", When: manual(t)}
		p := testPack(&pack.Rule{Criteria: []*pack.Criterion{k}})
		s, err := Compile(p)
		if err != nil {
			t.Fatal(err)
		}
		tab := testTable(p.Registers[0], 130, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2)))
		out, err := s.Screen(tab, Options{Date: testDay})
		if err != nil {
			t.Fatal(err)
		}
		bd, _ := s.boundFor(tab, "test", Options{Date: testDay})
		yes, no := true, false
		contradiction := strings.Contains(k.When, "!ok") && strings.Contains(strings.ReplaceAll(k.When, "!ok", ""), "ok")
		for row := range tab.N {
			want := !interpreted(t, bd, k, row, nil).Known() && interpreted(t, bd, k, row, &yes).Known() && interpreted(t, bd, k, row, &no).Known()
			if got := out[0].Pending.Get(row); got != want && !contradiction {
				t.Fatalf("%s: row %d: pending %v, want %v", k.When, row, got, want)
			}
		}
	})
}

func TestFallbackIsCounted(t *testing.T) {
	p := testPack(&pack.Rule{Criteria: []*pack.Criterion{{ID: "c", When: "industry.matches('^39')"}, {ID: "d", When: "ip1 >= 1.0"}}})
	s, err := Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	tab := testTable(p.Registers[0], 70, rand.New(rand.NewPCG(1, 1)))
	out, err := s.Screen(tab, Options{Date: testDay})
	if err != nil {
		t.Fatal(err)
	}
	if out[0].Fallback != 70 {
		t.Errorf("fallback rows: %d, want 70", out[0].Fallback)
	}
}
