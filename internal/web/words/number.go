package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Num writes a whole number with thousands apart.
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

// Day writes a day the same way in both languages, as registers and certificates do.
func Day(t time.Time) string { return t.Format(time.DateOnly) }

// Decimal writes a number with at most n digits after the point, thousands apart, trailing zeros dropped.
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

// Size writes a number of bytes as people read it.
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

// DayText writes a day as addresses do; empty where it is not said.
func DayText(d *int64) string {
	if d == nil {
		return ""
	}
	return Day(time.Unix(*d*86400, 0).UTC())
}
