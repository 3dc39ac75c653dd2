package kernel

import (
	"math"
	"time"
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

// Round12 rounds to 12 decimals, so that what is 15 % on paper is 15 % here.
func Round12(x float64) float64 { return math.RoundToEven(x*1e12) / 1e12 }

// Compound is (1+rate)^years, rounded to 12 decimals.
func Compound(rate, years float64) float64 { return Round12(math.Pow(1+rate, years)) }

// MeanRate is the mean of two yearly rates of growth, x2 → x1 → x0; both bases are above zero.
func MeanRate(x0, x1, x2 float64) float64 { return Round12(0.5*(x1/x2+x0/x1) - 1) }

// OneRate is one yearly rate of growth; the base is above zero.
func OneRate(x0, x1 float64) float64 { return Round12(x0/x1 - 1) }

// HeldUntil is the last day of a certificate whose end is blank: three years less a day.
func HeldUntil(from int32) int32 { return Days(DateOf(from).AddDate(3, 0, -1)) }

// HeldSince is the earliest day of issue of a certificate with a blank end that is still held on a day.
func HeldSince(day int32) int32 {
	from := YearsBefore(day, 3) - 2
	for HeldUntil(from) < day {
		from++
	}
	return from
}
