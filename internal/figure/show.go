package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Text for pages: with a minus sign (−), rounded.

// Num formats an integer with thousands separators.
func Num(v any) string {
	s := fmt.Sprint(v)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Date formats a day as 2021-03-31, in both languages.
func Date(t time.Time) string { return t.Format(time.DateOnly) }

// Decimal formats a number with at most n digits after the point and thousands separators, without trailing zeros.
func Decimal(v float64, n int) string {
	s := strconv.FormatFloat(v, 'f', n, 64)
	whole, part, _ := strings.Cut(s, ".")
	part = strings.TrimRight(part, "0")
	if strings.Trim(whole, "-0") == "" && part == "" {
		return "0"
	}
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	out := sign + Num(whole)
	if part != "" {
		out += "." + part
	}
	return out
}

// Size formats a number of bytes: "1.5 MB", in steps of 1,024.
func Size(n int64) string {
	switch {
	case n >= 1<<30:
		return Decimal(float64(n)/(1<<30), 1) + " GB"
	case n >= 1<<20:
		return Decimal(float64(n)/(1<<20), 1) + " MB"
	case n >= 1<<10:
		return Decimal(float64(n)/(1<<10), 0) + " KB"
	}
	return Num(n) + " B"
}

// DateOf formats days since 1970-01-01 as 2021-03-31; "" for nil.
func DateOf(d *int64) string {
	if d == nil {
		return ""
	}
	return Day(float64(*d))
}

// Mask hides most of a name or a telephone number: 138****0000, 张*.
func Mask(s string) string {
	r := []rune(strings.TrimSpace(s))
	switch n := len(r); {
	case n == 0:
		return ""
	case n == 1:
		return "*"
	case n <= 4:
		return string(r[0]) + strings.Repeat("*", n-1)
	case n < 8:
		return string(r[:1]) + strings.Repeat("*", n-2) + string(r[n-1:])
	default:
		return string(r[:3]) + strings.Repeat("*", n-7) + string(r[n-4:])
	}
}

// Points formats a score, or an interval of scores, with at most two digits after the point.
func Points(low, high float64) string {
	l, h := strconv.FormatFloat(round2(low), 'f', -1, 64), strconv.FormatFloat(round2(high), 'f', -1, 64)
	if l == h {
		return l
	}
	return l + "–" + h
}

func round2(v float64) float64 { return math.Round(v*100) / 100 }
