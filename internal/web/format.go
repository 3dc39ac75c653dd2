package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// num writes a whole number with thousands apart.
func num(v any) string {
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

// formatDay writes a day the same way in both languages, as registers and certificates do.
func formatDay(t time.Time) string { return t.Format(time.DateOnly) }

// decimal writes a number with at most n digits after the point, thousands apart, trailing zeros dropped.
func decimal(v float64, n int) string {
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
	out := sign + num(whole)
	if part != "" {
		out += "." + part
	}
	return out
}
