package kernel

import (
	"math/big"
	"testing"
	"time"

	"eyas/internal/pack"

	"pgregory.net/rapid"
)

// Growth rates equal exact arithmetic, at a mark and one fen above and below it.
func TestRatesAreExact(t *testing.T) {
	exact := func(x0, x1, x2 float64) *big.Rat {
		r := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
		sum := new(big.Rat).Add(new(big.Rat).Quo(r(x1), r(x2)), new(big.Rat).Quo(r(x0), r(x1)))
		return sum.Sub(sum.Mul(sum, big.NewRat(1, 2)), big.NewRat(1, 1))
	}
	marks := []*big.Rat{big.NewRat(35, 100), big.NewRat(25, 100), big.NewRat(15, 100), big.NewRat(5, 100), new(big.Rat)}
	check := func(t rapid.TB, x0, x1, x2 float64) {
		got, want := MeanRate(x0, x1, x2), exact(x0, x1, x2)
		for _, m := range marks {
			f, _ := m.Float64()
			if d := new(big.Rat).Sub(want, m); d.Sign() != 0 && d.Abs(d).Cmp(big.NewRat(1, 1e17)) < 0 {
				continue // closer to the mark than a double can tell
			}
			if (got >= f) != (want.Cmp(m) >= 0) || (got > f) != (want.Cmp(m) > 0) {
				t.Fatalf("%v → %v → %v: %v against %v, exactly %s", x2, x1, x0, got, m, want.FloatString(20))
			}
		}
	}
	for _, x := range [][3]float64{{1.3225e10, 1.15e10, 1e10}, {1.3225e12 - 1, 1.15e12, 1e12}, {99999999, 100000000, 99999999},
		{9999999, 10000000, 9999999}, {10000000001, 10000000000, 10000000001}, {110, 100, 100}, {100, 100, 100}, {12, 10, 10}, {120, 110, 100}} {
		check(t, x[0], x[1], x[2])
	}
	rapid.Check(t, func(t *rapid.T) {
		x2 := float64(rapid.Int64Range(1, 1e13).Draw(t, "x2"))
		near := func(x float64) float64 {
			rate := rapid.SampledFrom([]float64{1, 1.05, 1.15, 1.25, 1.35, 0.9}).Draw(t, "rate")
			return max(1, float64(int64(x*rate)+rapid.Int64Range(-1, 1).Draw(t, "fen")))
		}
		x1 := near(x2)
		check(t, near(x1), x1, x2)
	})
}

func TestDates(t *testing.T) {
	day := func(s string) int32 {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return Days(d)
	}
	for _, c := range []struct {
		from string
		n    int
		want string
	}{{"2021-03-31", 10, "2011-03-31"}, {"2020-02-29", 10, "2010-02-28"}, {"2020-02-29", 4, "2016-02-29"}, {"2021-12-31", 5, "2016-12-31"}} {
		if got := YearsBefore(day(c.from), c.n); got != day(c.want) {
			t.Errorf("%s less %d years is %s, want %s", c.from, c.n, DateOf(got).Format(time.DateOnly), c.want)
		}
	}
	for from, want := range map[string]string{"2018-10-28": "2021-10-27", "2016-02-29": "2019-02-28", "2019-01-01": "2021-12-31"} {
		if got := HeldUntil(day(from), pack.Term{Years: 3}); got != day(want) {
			t.Errorf("a certificate of %s runs to %s, want %s", from, DateOf(got).Format(time.DateOnly), want)
		}
	}
	for _, term := range []pack.Term{{Years: 3}, {Years: 1}, {Month: time.December, Day: 31}, {Years: 1, Month: time.March, Day: 31}} {
		for d := day("2015-01-01"); d < day("2024-12-31"); d++ {
			s, last := issuedBetween(d, term)
			if s <= last && HeldUntil(s, term) < d || HeldUntil(s-1, term) >= d || last != d {
				t.Fatalf("%+v: certificates held on %s begin on %s", term, DateOf(d).Format(time.DateOnly), DateOf(s).Format(time.DateOnly))
			}
		}
	}
	law := pack.Term{Years: 3, Since: DateOf(day("2016-01-01")), Before: DateOf(day("2019-12-31"))}
	if first, last := issuedBetween(day("2021-03-31"), law); first != day("2018-04-01") || last != day("2019-12-31") {
		t.Errorf("of a term that ended: %s to %s", DateOf(first), DateOf(last))
	}
}

func TestCompoundIsTheMarkOnPaper(t *testing.T) {
	for _, c := range []struct{ rate, want float64 }{{0.2, 1.728}, {0.3, 2.197}, {0.1, 1.331}, {0, 1}} {
		if got := Compound(c.rate, 3); got != c.want {
			t.Errorf("(1+%g)³ is %v, want %v", c.rate, got, c.want)
		}
	}
}
