package main

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
)

// isMoney reports whether values of a unit are held in fen (or cents).
func isMoney(unit string) bool { return unit == "money" || unit == "yuan" || unit == "usd" }

// plainNumber gives a held value as scripts want it: money in yuan (or dollars) and exact, the rest as it is.
func plainNumber(v float64, unit string) any {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return nil
	case unit == "date":
		return day(v)
	case !isMoney(unit):
		return v
	}
	return json.Number(scaled(v, 100))
}

// inputValue gives an input as scripts want it.
func inputValue(in rule.Input) any {
	switch in.Attr.Kind {
	case pack.Boolean:
		return in.Num != 0
	case pack.Date:
		return day(in.Num)
	case pack.Code, pack.String, pack.List:
		return in.Str
	}
	return plainNumber(in.Num, in.Attr.Unit)
}

// valueText gives an input for people.
func valueText(in rule.Input, lang string) string {
	switch in.Attr.Kind {
	case pack.Boolean:
		yes := in.Num != 0
		switch {
		case lang == "en" && yes:
			return "yes"
		case lang == "en":
			return "no"
		case yes:
			return "是"
		}
		return "否"
	case pack.Date:
		return day(in.Num)
	case pack.Code, pack.String, pack.List:
		return in.Str
	}
	return quantity(in.Num, in.Attr.Unit, lang)
}

func day(days float64) string {
	return time.Unix(int64(days)*86400, 0).UTC().Format(time.DateOnly)
}

// quantity writes a held value with its unit for people.
func quantity(v float64, unit, lang string) string {
	en := lang == "en"
	switch unit {
	case "date":
		return day(v)
	case "percent":
		return strconv.FormatFloat(math.Round(v*1e6)/1e4, 'f', -1, 64) + " %"
	case "money", "yuan", "usd":
		return money(v, unit, en)
	}
	s := strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
	if whole := int(v); float64(whole) == v {
		s = grouped(whole)
	}
	words := map[string][2]string{"person": {"人", "persons"}, "item": {"项", "items"}, "point": {"分", "points"}, "day": {"天", "days"}, "year": {"年", "years"}}
	if w, ok := words[unit]; ok {
		if en {
			return s + " " + w[1]
		}
		return s + " " + w[0]
	}
	return s
}

// money writes fen exactly: in 万元 from ten thousand yuan on, else in yuan.
func money(fen float64, unit string, en bool) string {
	zh, name := "元", "yuan"
	if unit == "usd" {
		zh, name = "美元", "US dollars"
	}
	if en {
		return point(scaled(fen, 100)) + " " + name
	}
	if math.Abs(fen) >= 1e6 {
		return point(scaled(fen, 1e6)) + " 万" + zh
	}
	return point(scaled(fen, 100)) + " " + zh
}

// scaled divides whole fen by a power of ten exactly.
func scaled(fen float64, by int64) string {
	n := int64(math.Round(fen))
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

// point sets thousands separators before the decimal point.
func point(s string) string {
	whole, frac, ok := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	if err != nil {
		return s
	}
	out := grouped(n)
	if n == 0 && strings.HasPrefix(whole, "-") {
		out = "-0"
	}
	if ok {
		out += "." + frac
	}
	return out
}

func signed(v float64, unit, lang string) string {
	s := quantity(math.Abs(v), unit, lang)
	if v < 0 {
		return "−" + s
	}
	return "+" + s
}
