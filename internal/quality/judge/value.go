package judge

import (
	"fmt"
	"strconv"
	"time"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Text returns a value as text for programs: money in yuan (or dollars), dates as 2021-03-31, yes/no as true/false.
func Text(a *pack.Attribute, v fact.Value) string {
	switch a.Kind {
	case pack.Money:
		return strconv.FormatFloat(v.Num/100, 'f', -1, 64)
	case pack.Integer, pack.Decimal:
		return strconv.FormatFloat(v.Num, 'f', -1, 64)
	case pack.Date:
		return time.Unix(v.Int*86400, 0).UTC().Format(time.DateOnly)
	case pack.Boolean:
		return strconv.FormatBool(v.Int == 1)
	}
	return v.Str
}

// Text returns the offered value as text for programs, with the factor if it is a multiple: "4299702000 (×1000)". It is
// "blank" for a void offer and "" for nil.
func (o *Offer) Text(a *pack.Attribute) string {
	switch {
	case o == nil:
		return ""
	case o.Void:
		return "blank"
	case o.Factor > 1:
		return fmt.Sprintf("%s (×%.0f)", Text(a, o.Value), o.Factor)
	case o.Factor > 0:
		return fmt.Sprintf("%s (÷%.0f)", Text(a, o.Value), 1/o.Factor)
	}
	return Text(a, o.Value)
}

// plain returns a value as text for a sentence. Money is in 万元 or 亿元 if that is shorter.
func plain(a *pack.Attribute, v fact.Value) (zh, en string) {
	if a.Kind != pack.Money || a.Unit != "yuan" {
		t := Text(a, v)
		return t, t
	}
	return figure.Yuan(v.Num)
}

// Shown converts a stored value to text for people: amounts in yuan become 万元 or 亿元.
func Shown(a *pack.Attribute, text string) pack.Text {
	if a.Kind == pack.Money && a.Unit == "yuan" {
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			zh, en := figure.Yuan(v * 100)
			return pack.Text{ZH: zh, EN: en}
		}
	}
	return pack.Text{ZH: text, EN: text}
}
