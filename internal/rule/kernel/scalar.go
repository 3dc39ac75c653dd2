package kernel

import (
	"math"
	"time"

	"eyas/internal/pack"
)

// The scalar definitions of the pack's own functions: kernels, rows, the interpreter and the hand-written
// loop all share these sentences' meaning; the kernels have their own batch form, tested against these.

// Days counts the days of a date since 1970-01-01.
func Days(t time.Time) int32 {
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// DateOf is the date of a number of days since 1970-01-01, at midnight UTC.
func DateOf(days int32) time.Time { return time.Unix(int64(days)*86400, 0).UTC() }

// YearEnd is 31 December of a year, in days.
func YearEnd(year int) int32 { return Days(time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)) }

// YearsBefore is the day n years before; 29 February becomes 28 where the year has none.
func YearsBefore(day int32, n int) int32 {
	y, m, d := DateOf(day).Date()
	t := time.Date(y-n, m, d, 0, 0, 0, 0, time.UTC)
	if t.Month() != m {
		t = time.Date(y-n, m+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return Days(t)
}

// Compound is (1+rate)^years, rounded to 12 decimals: 1.2³ is the mark 1.728.
func Compound(rate, years float64) float64 {
	return math.RoundToEven(math.Pow(1+rate, years)*1e12) / 1e12
}

// MeanRate is the mean of two yearly rates of growth, x2 → x1 → x0, as the double nearest to the exact value, so
// that what is 15 % on paper is 15 % here and a fen less is less. Both bases are above zero.
func MeanRate(x0, x1, x2 float64) float64 { return meanRate(x0, x1, x1, x2) }

// OneRate is one yearly rate of growth, likewise; the base is above zero.
func OneRate(x0, x1 float64) float64 { return meanRate(x0, x1, x0, x1) }

// meanRate is ½(a/b + c/d) − 1.
func meanRate(a, b, c, d float64) float64 {
	q, r := quotient(a, b)
	u, v := quotient(c, d)
	return lessOne(q, u, r+v)
}

// quotient is a/b as a double and what that leaves (Dekker 1971, with a fused multiplication).
func quotient(a, b float64) (q, rest float64) {
	q = a / b
	return q, math.FMA(-q, b, a) / b
}

// lessOne is ½(p + q + rest) − 1, the sums carried out exactly before the last (Knuth's two-sum).
func lessOne(p, q, rest float64) float64 {
	s := p + q
	z := s - p
	rest += (p - (s - z)) + (q - z)
	t := s - 2
	z = t - s
	rest += (s - (t - z)) + (-2 - z)
	return 0.5 * (t + rest)
}

// HeldUntil is the last day of a certificate with a blank end, by its term.
func HeldUntil(from int32, t pack.Term) int32 { return Days(t.Last(DateOf(from))) }

// issuedBetween gives the days of issue between which a certificate of a term and with a blank end is held on a day; the
// first is after the last when there are none.
func issuedBetween(day int32, t pack.Term) (first, last int32) {
	last = day
	if !t.Before.IsZero() {
		last = min(last, Days(t.Before))
	}
	first = YearsBefore(day, t.Years) - 2
	if t.Month != 0 {
		first = YearEnd(DateOf(day).Year()-t.Years-1) - 366
	}
	for HeldUntil(first, t) < day {
		first++
	}
	if !t.Since.IsZero() {
		first = max(first, Days(t.Since))
	}
	return first, last
}
