package figure

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// IsMoney reports whether values of a unit are in fen (or cents).
func IsMoney(unit string) bool { return unit == "money" || unit == "yuan" || unit == "usd" }

// Plain returns a value for programs: exact money in yuan (or dollars) as a json.Number, a date as 2021-03-31, and
// other values unchanged. It is nil for NaN and infinity.
func Plain(v float64, unit string) any {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return nil
	case unit == "date":
		return Day(v)
	case !IsMoney(unit):
		return v
	}
	return json.Number(divided(fenOf(v), 100))
}

// Day formats days since 1970-01-01 as 2021-03-31.
func Day(days float64) string {
	return time.Unix(int64(days)*86400, 0).UTC().Format(time.DateOnly)
}

// words are the units of counts in both languages.
var words = map[string][2]string{"person": {"人", "persons"}, "item": {"项", "items"}, "point": {"分", "points"}, "day": {"天", "days"}, "year": {"年", "years"}, "firm": {"家", "units"}, "time": {"次", "times"},
	"hour": {"小时", "hours"}, "sqm": {"平方米", "m²"}, "set": {"台套", "sets"}}

// In formats a value with its unit, in English if lang is "en", else in Chinese. Money is exact; in Chinese it is in 万元
// from 10,000 yuan on. Shares are percentages with at most four digits after the point. Other numbers have at most four
// digits too.
func In(lang string, v float64, unit string) string {
	en := lang == "en"
	switch {
	case unit == "date":
		return Day(v)
	case unit == "percent":
		return strconv.FormatFloat(math.Round(v*1e6)/1e4, 'f', -1, 64) + " %"
	case IsMoney(unit):
		return money(v, unit, en)
	}
	s := strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
	if whole := int(v); float64(whole) == v {
		s = Grouped(whole)
	}
	w, ok := words[unit]
	switch {
	case !ok:
		return s
	case en:
		return s + " " + w[1]
	}
	return s + " " + w[0]
}

// Change is In for a difference, with its sign.
func Change(lang string, v float64, unit string) string {
	s := In(lang, math.Abs(v), unit)
	if v < 0 {
		return "−" + s
	}
	return "+" + s
}

func money(fen float64, unit string, en bool) string {
	zh, name := "元", "yuan"
	if unit == "usd" {
		zh, name = "美元", "US dollars"
	}
	if en {
		return Amount(fenOf(fen)) + " " + name
	}
	if math.Abs(fen) >= 1e6 {
		return pointed(divided(fenOf(fen), 1e6)) + " 万" + zh
	}
	return Amount(fenOf(fen)) + " " + zh
}

// Amount formats fen as yuan (or cents as dollars), exactly, with thousands separators and without the unit: 1,234.5.
func Amount(fen int64) string { return pointed(divided(fen, 100)) }

// fenOf rounds an amount in fen to an integer.
func fenOf(fen float64) int64 { return int64(math.Round(fen)) }

// divided divides by a power of ten, exactly.
func divided(n, by int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n/by, 10)
	if rest := n % by; rest != 0 {
		frac := strconv.FormatInt(by+rest, 10)[1:]
		s += "." + strings.TrimRight(frac, "0")
	}
	return sign + s
}

// pointed adds thousands separators to a decimal number.
func pointed(s string) string {
	whole, frac, ok := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	if err != nil {
		return s
	}
	out := Grouped(n)
	if n == 0 && strings.HasPrefix(whole, "-") {
		out = "-0"
	}
	if ok {
		out += "." + frac
	}
	return out
}

// Grouped formats an integer with thousands separators.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Span formats an interval of points; one number if its ends are equal.
func Span(low, high float64) string {
	l := strconv.FormatFloat(low, 'f', -1, 64)
	if low == high {
		return l
	}
	return l + "–" + strconv.FormatFloat(high, 'f', -1, 64)
}

// Yuan formats fen with four significant digits, for a sentence: 1.235 亿元, 1,235 万元, 12.35 元. English uses millions and
// thousands of yuan.
func Yuan(fen float64) (zh, en string) {
	y := fen / 100
	switch {
	case y >= 1e8 || y <= -1e8:
		return four(y/1e8) + " 亿元", four(y/1e6) + " million yuan"
	case y >= 1e4 || y <= -1e4:
		return four(y/1e4) + " 万元", four(y/1e3) + " thousand yuan"
	}
	return four(y) + " 元", four(y) + " yuan"
}

// four formats a number with four significant digits and thousands separators, without an exponent.
func four(x float64) string {
	f, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	if err != nil {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return pointed(strconv.FormatFloat(f, 'f', -1, 64))
}
