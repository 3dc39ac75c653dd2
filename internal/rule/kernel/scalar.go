package kernel

import (
	"math"
	"time"

	"eyas/internal/pack"
)

// The functions of the rule language for single values. Row, the interpreter and the reference loop call them. The
// kernels have batch forms, and tests compare these with the functions here.

// Days returns the days from 1970-01-01 to the calendar date of t.
func Days(t time.Time) int32 {
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// DateOf returns midnight UTC of a number of days since 1970-01-01.
func DateOf(days int32) time.Time { return time.Unix(int64(days)*86400, 0).UTC() }

// YearEnd returns 31 December of a year, in days since 1970-01-01.
func YearEnd(year int) int32 { return Days(time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)) }

// YearsBefore returns the same day n years before, in days since 1970-01-01. 29 February becomes 28 February in a year
// without it.
func YearsBefore(day int32, n int) int32 {
	y, m, d := DateOf(day).Date()
	t := time.Date(y-n, m, d, 0, 0, 0, 0, time.UTC)
	if t.Month() != m {
		t = time.Date(y-n, m+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return Days(t)
}

// Compound returns (1+rate)^years, rounded to 12 decimals, so that 1.2³ is 1.728.
func Compound(rate, years float64) float64 {
	return math.RoundToEven(math.Pow(1+rate, years)*1e12) / 1e12
}

// MeanRate returns the mean of the two yearly rates of growth x2 → x1 → x0. x1 and x2 must be above zero. The result is
// the double nearest to the exact mean, so a growth of exactly 15 % meets a mark of 15 %, and one fen less does not.
func MeanRate(x0, x1, x2 float64) float64 { return meanRate(x0, x1, x1, x2) }

// OneRate returns the rate of growth x1 → x0, as exact as MeanRate. x1 must be above zero.
func OneRate(x0, x1 float64) float64 { return meanRate(x0, x1, x0, x1) }

// meanRate returns ½(a/b + c/d) − 1.
func meanRate(a, b, c, d float64) float64 {
	q, r := quotient(a, b)
	u, v := quotient(c, d)
	return lessOne(q, u, r+v)
}

// quotient returns a/b as a double, and the rest that the double leaves out (Dekker 1971, with a fused multiplication).
func quotient(a, b float64) (q, rest float64) {
	q = a / b
	return q, math.FMA(-q, b, a) / b
}

// lessOne returns ½(p + q + rest) − 1. The sums are exact up to the last one (Knuth's two-sum).
func lessOne(p, q, rest float64) float64 {
	s := p + q
	z := s - p
	rest += (p - (s - z)) + (q - z)
	t := s - 2
	z = t - s
	rest += (s - (t - z)) + (-2 - z)
	return 0.5 * (t + rest)
}

// HeldUntil returns the last day of a certificate that has no end date, by its term.
func HeldUntil(from int32, t pack.Term) int32 { return Days(t.Last(DateOf(from))) }

// issuedBetween returns the first and the last day of issue for which a certificate of a term, without an end date, is
// held on a day. first is after last if there is none.
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
