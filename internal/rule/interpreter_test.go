package rule

import (
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
	"eyas/internal/rule/expr"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"
	"eyas/packs"

	"pgregory.net/rapid"
)

// celOnly evaluates a rule with cel-go alone. Its interpreter evaluates every criterion. Scores are the bands of what
// it returns, and a comparison of a score is evaluated at the lowest and at the highest points.
type celOnly struct {
	bd   *bound
	act  *expr.Reading
	low  map[string]int
	high map[string]int
	pick map[string]int
}

func newCelOnly(tb testing.TB, bd *bound) *celOnly {
	tb.Helper()
	it := &celOnly{bd: bd, act: bd.b.Reading(), low: map[string]int{}, high: map[string]int{}}
	it.act.Points = func(item string) float64 { return float64(it.pick[item]) }
	return it
}

// row evaluates all criteria of one row.
func (it *celOnly) row(tb testing.TB, row int, verdicts []tri.Bool) {
	it.act.Row = row
	score := it.bd.c.rule.Score
	if score != nil {
		lo, hi := it.items(tb, score.Items)
		it.low["total"], it.high["total"] = lo, hi
	}
	for i, k := range it.bd.c.rule.Criteria {
		p := it.bd.c.exprs[exprKey{criterion: k}]
		it.pick = it.low
		v, err := p.Truth(it.act)
		if err != nil {
			tb.Fatalf("%s: %v", k.When, err)
		}
		if score != nil && it.bd.criteria[i].readsScore() {
			it.pick = it.high
			high, err := p.Truth(it.act)
			if err != nil {
				tb.Fatal(err)
			}
			if high != v {
				v = tri.Unknown
			}
		}
		verdicts[i] = v
	}
}

func (it *celOnly) items(tb testing.TB, items []*pack.Item) (low, high int) {
	for _, item := range items {
		lo, hi := it.item(tb, item)
		it.low[item.ID], it.high[item.ID] = lo, hi
		low, high = low+lo, high+hi
	}
	return low, high
}

func (it *celOnly) item(tb testing.TB, item *pack.Item) (lo, hi int) {
	switch {
	case len(item.Items) > 0:
		lo, hi = it.items(tb, item.Items)
	case len(item.BestOf) > 0:
		for _, part := range item.BestOf {
			l, h := it.item(tb, part)
			lo, hi = max(lo, l), max(hi, h)
		}
	case len(item.Cases) > 0:
		lo = math.MaxInt
		for i, sc := range item.Cases {
			cond := tri.True
			if sc.When != "" {
				cond, _ = it.bd.c.exprs[exprKey{item: item, index: i}].Truth(it.act)
			}
			if cond != tri.False {
				lo, hi = min(lo, int(sc.Low)), max(hi, int(sc.High))
			}
			if cond == tri.True {
				break
			}
		}
	case item.Range != nil:
		lo, hi = int(item.Range[0]), int(item.Range[1])
	default:
		v, _ := it.bd.c.exprs[exprKey{item: item}].Eval(it.act)
		if !expr.IsNoValue(v) {
			x, known := v.Value().(float64)
			for i := len(item.Bands) - 1; i >= 0; i-- {
				b := item.Bands[i]
				mark := it.bd.b.Numbers[b.Number]
				if !known {
					hi = max(hi, int(b.High))
				} else if x > mark || x == mark && !b.Over {
					lo, hi = int(b.Low), int(b.High)
				}
			}
		}
	}
	if item.Points != "" {
		if c := it.bd.b.Graph.Table().Nums[col.Key{Attr: item.Points}]; c != nil && c.Valid.Get(it.act.Row) {
			if g := c.Val[it.act.Row]; g == math.Trunc(g) && int(g) >= lo && int(g) <= hi {
				lo, hi = int(g), int(g)
			}
		}
	}
	if item.Max != nil {
		lo, hi = min(lo, int(*item.Max)), min(hi, int(*item.Max))
	}
	return lo, hi
}

func (o *Outcome) criterionVerdict(k, row int) tri.Bool {
	switch {
	case o.Criteria[k].True.Get(row):
		return tri.True
	case o.Criteria[k].False.Get(row):
		return tri.False
	}
	return tri.Unknown
}

func tianjin(tb testing.TB) (*Set, *pack.Pack) {
	tb.Helper()
	p, err := packs.Default()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := Compile(p)
	if err != nil {
		tb.Fatal(err)
	}
	return s, p
}

// For the Tianjin pack over synthetic enterprises, the kernels agree with cel-go in every criterion of every row.
func TestPackAgreesWithInterpreter(t *testing.T) {
	s, p := tianjin(t)
	if errs := Check(p); len(errs) > 0 {
		t.Fatal(errs)
	}
	rows := 1500
	tab := coltest.Random(p.Registers[0], rows, 7, 0.5)
	opt := Options{Date: time.Date(2021, 8, 31, 0, 0, 0, 0, time.UTC)}
	out, err := s.Screen(tab, opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out {
		if o.Fallback != 0 {
			t.Errorf("%s: %d rows fell back to the interpreter", o.Rule.ID, o.Fallback)
		}
		bd, err := s.boundFor(tab, o.Rule.ID, opt)
		if err != nil {
			t.Fatal(err)
		}
		it := newCelOnly(t, bd)
		verdicts := make([]tri.Bool, len(o.Criteria))
		for row := range rows {
			it.row(t, row, verdicts)
			for k, want := range verdicts {
				if got := o.criterionVerdict(k, row); got != want {
					t.Fatalf("%s %s: row %d: %v, want %v", o.Rule.ID, o.Criteria[k].Criterion.ID, row, got, want)
				}
			}
			if o.ScoreLow != nil && (int(o.ScoreLow[row]) != it.low["total"] || int(o.ScoreHigh[row]) != it.high["total"]) {
				t.Fatalf("%s: row %d: score %d–%d, want %d–%d", o.Rule.ID, row, o.ScoreLow[row], o.ScoreHigh[row], it.low["total"], it.high["total"])
			}
		}
	}
}

// The same for scores in random rules.
func TestScoreCriteriaAgreeWithInterpreter(t *testing.T) {
	p := testPack(scoredRule())
	s, err := Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		tab := testTable(p.Registers[0], 130, rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 6)))
		out, err := s.Screen(tab, Options{Date: testDay})
		if err != nil {
			rt.Fatal(err)
		}
		bd, _ := s.boundFor(tab, "test", Options{Date: testDay})
		it := newCelOnly(t, bd)
		verdicts := make([]tri.Bool, len(out[0].Criteria))
		for row := range tab.N {
			it.row(t, row, verdicts)
			for k, want := range verdicts {
				if got := out[0].criterionVerdict(k, row); got != want {
					rt.Fatalf("%s: row %d: %v, want %v", out[0].Criteria[k].Criterion.ID, row, got, want)
				}
			}
		}
	})
}

func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > 0 {
		return n
	}
	return 100_000
}

// best keeps the shortest time of each way. The ways take turns, so changes of the machine's speed affect all of them.
type best map[string]time.Duration

func (b best) time(name string, fn func()) {
	begun := time.Now()
	fn()
	if took := time.Since(begun); b[name] == 0 || took < b[name] {
		b[name] = took
	}
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// BenchmarkInterpreter compares kernels and cel-go's interpreter on the same rows and criteria, on one core.
func BenchmarkInterpreter(b *testing.B) {
	s, p := tianjin(b)
	const rows = 20_000
	tab := coltest.Random(p.Registers[0], rows, 7, 0.5)
	opt := Options{Date: time.Date(2021, 8, 31, 0, 0, 0, 0, time.UTC)}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	sc, err := s.prepare(tab, opt, nil)
	if err != nil {
		b.Fatal(err)
	}
	var its []*celOnly
	for _, bd := range sc.bounds {
		its = append(its, newCelOnly(b, bd))
	}
	t := best{}
	for range max(b.N, 3) {
		for range 5 {
			t.time("kernels", func() {
				if _, err := sc.run(1); err != nil {
					b.Fatal(err)
				}
			})
		}
		t.time("interpreter", func() {
			var verdicts [16]tri.Bool
			for _, it := range its {
				for row := range rows {
					it.row(b, row, verdicts[:])
				}
			}
		})
	}
	b.ReportMetric(ms(t["interpreter"]), "interpreter-ms")
	b.ReportMetric(ms(t["kernels"]), "kernels-ms")
	b.ReportMetric(float64(t["interpreter"])/float64(t["kernels"]), "×faster")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkWhatIf compares a what-if with screening all rules again, and measures curves.
func BenchmarkWhatIf(b *testing.B) {
	s, p := tianjin(b)
	tab := coltest.Random(p.Registers[0], benchRows(), 7, 0.5)
	opt := Options{Date: time.Date(2021, 8, 31, 0, 0, 0, 0, time.UTC)}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	sc, err := s.prepare(tab, opt, nil)
	if err != nil {
		b.Fatal(err)
	}
	var marks []float64
	for v := 40.0; v <= 80; v++ {
		marks = append(marks, v)
	}
	t := best{}
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	moves := []struct {
		name, rule string
		numbers    map[string]float64
	}{
		{"pass-mark", "tsme", map[string]float64{"score.pass": 55}},
		{"limit", "tsme", map[string]float64{"staff.max": 300}},
		{"band", "tsme", map[string]float64{"score.staff.p20": 0.35}},
		{"three-numbers", "tsme", map[string]float64{"score.pass": 55, "staff.max": 300, "sales.max": 1e10}},
		{"hnte-pass-mark", "hnte", map[string]float64{"score.pass": 60}},
	}
	for range max(b.N, 5) {
		t.time("screening", func() { _, err := sc.run(1); must(err) })
		for _, m := range moves {
			_, err := s.WhatIf(tab, opt, m.rule, m.numbers)
			must(err)
			t.time(m.name, func() { _, err := s.WhatIf(tab, opt, m.rule, m.numbers); must(err) })
		}
		t.time("curve-41-values", func() { _, err := s.Curve(tab, opt, "tsme", "score.pass", marks); must(err) })
		t.time("curve-band-41-values", func() {
			bands := make([]float64, 41)
			for i := range bands {
				bands[i] = 0.2 + float64(i)/100
			}
			_, err := s.Curve(tab, opt, "tsme", "score.staff.p20", bands)
			must(err)
		})
	}
	b.ReportMetric(ms(t["screening"]), "screening-ms")
	for _, m := range moves {
		b.ReportMetric(ms(t[m.name]), m.name+"-ms")
	}
	b.ReportMetric(ms(t["curve-41-values"]), "curve-41-values-ms")
	b.ReportMetric(ms(t["curve-band-41-values"]), "curve-band-41-values-ms")
	b.ReportMetric(float64(t["pass-mark"])/float64(t["screening"]), "pass-mark×screening")
	b.ReportMetric(0, "ns/op")
}

// readsScore reports whether a criterion compares a score.
func (bc *boundCriterion) readsScore() bool {
	found := false
	bc.full.Each(func(n *kernel.Node) { found = found || n.IsPointsAtLeast() })
	return found
}
