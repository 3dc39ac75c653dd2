package rowloop

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
	"eyas/packs"
)

var day = time.Date(2021, 8, 31, 0, 0, 0, 0, time.UTC)

func setup(tb testing.TB, rows int, seed uint64) (*rule.Set, *col.Table, map[string]*pack.Rule) {
	tb.Helper()
	p, err := packs.Default()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := rule.Compile(p)
	if err != nil {
		tb.Fatal(err)
	}
	rules := map[string]*pack.Rule{}
	for _, id := range Order {
		r, _, err := s.Law(id, day)
		if err != nil {
			tb.Fatal(err)
		}
		rules[id] = r
	}
	return s, coltest.Random(p.Registers[0], rows, seed, 0.5), rules
}

// same compares two outcomes bit for bit.
func same(tb testing.TB, got, want *rule.Outcome, n int) {
	tb.Helper()
	id := got.Rule.ID
	bitmaps := func(name string, a, b col.Bitmap) {
		for w := range a {
			if x := a[w] ^ b[w]; x != 0 {
				tb.Fatalf("%s: %s differs in %d rows of word %d: %064b, want %064b", id, name, (col.Bitmap{x}).Count(), w, a[w], b[w])
			}
		}
	}
	for k := range want.Criteria {
		if len(got.Criteria) != len(want.Criteria) || got.Criteria[k].Criterion.ID != want.Criteria[k].Criterion.ID {
			tb.Fatalf("%s: criteria are in another order than the official text", id)
		}
		name := want.Criteria[k].Criterion.ID
		bitmaps(name+" met", got.Criteria[k].True, want.Criteria[k].True)
		bitmaps(name+" unmet", got.Criteria[k].False, want.Criteria[k].False)
		bitmaps(name+" only", got.Criteria[k].Only, want.Criteria[k].Only)
	}
	bitmaps("met", got.Met, want.Met)
	bitmaps("unmet", got.Unmet, want.Unmet)
	bitmaps("unknown", got.Unknown, want.Unknown)
	bitmaps("near", got.Near, want.Near)
	bitmaps("pending", got.Pending, want.Pending)
	for i := range want.ScoreLow {
		if got.ScoreLow[i] != want.ScoreLow[i] || got.ScoreHigh[i] != want.ScoreHigh[i] {
			tb.Fatalf("%s: score of row %d is %d–%d, want %d–%d", id, i, got.ScoreLow[i], got.ScoreHigh[i], want.ScoreLow[i], want.ScoreHigh[i])
		}
	}
}

// The compiled pack and the loop, written from the official texts, agree bit for bit.
func TestKernelsAgreeWithLoop(t *testing.T) {
	for _, n := range []int{1, 64, 1023, 1024, 1025, 50_000} {
		s, tab, rules := setup(t, n, uint64(n))
		got, err := s.Screen(tab, rule.Options{Date: day}, Order...)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range Screen(tab, day, rules) {
			same(t, got[k], want, n)
		}
	}
}

func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > 0 {
		return n
	}
	return 100_000
}

// BenchmarkScreening times the ways of screening all recognitions on one core; they take turns. It reports ratios of
// the best times: "×loop" is relative to the hand-written loop.
func BenchmarkScreening(b *testing.B) {
	rows := benchRows()
	s, tab, rules := setup(b, rows, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	best := map[string]time.Duration{}
	measure := func(name string, fn func()) {
		begun := time.Now()
		fn()
		if took := time.Since(begun); best[name] == 0 || took < best[name] {
			best[name] = took
		}
	}
	var sink float64
	for range max(b.N, 3) {
		measure("floor", func() { sink += readAll(tab) })
		measure("kernels", func() {
			if _, err := s.Screen(tab, rule.Options{Date: day}, Order...); err != nil {
				b.Fatal(err)
			}
		})
		measure("loop", func() { Screen(tab, day, rules) })
	}
	_ = sink
	b.ReportMetric(float64(best["kernels"].Microseconds())/1000, "kernels-ms")
	b.ReportMetric(float64(best["loop"].Microseconds())/1000, "loop-ms")
	b.ReportMetric(float64(best["kernels"])/float64(best["loop"]), "×loop")
	b.ReportMetric(float64(best["kernels"])/float64(best["floor"]), "×floor")
	b.ReportMetric(0, "ns/op")
}

// readAll reads every column once. No screening can be quicker.
func readAll(t *col.Table) float64 {
	var sum float64
	for _, c := range t.Nums {
		for _, x := range c.Val {
			sum += x
		}
	}
	var days int64
	for _, c := range t.Dates {
		for _, x := range c.Val {
			days += int64(x)
		}
	}
	var words uint64
	for _, c := range t.Bools {
		for w := range c.Val {
			words += c.Val[w] ^ c.Valid[w]
		}
	}
	for _, c := range t.Dicts {
		for _, x := range c.Val {
			words += uint64(x)
		}
	}
	return sum + float64(days) + float64(words)
}
