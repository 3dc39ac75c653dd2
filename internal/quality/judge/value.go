package judge

import (
	"fmt"
	"strconv"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Text gives a value as scripts read it: money in yuan (or dollars), dates as 2021-03-31, yes and no as true and false.
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

// Text gives the offered value as scripts read it, with the factor where it is a multiple: "4299702000 (×1000)".
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

// plain gives a value for a sentence: money in 万元 where that is shorter to read.
func plain(a *pack.Attribute, v fact.Value) (zh, en string) {
	if a.Kind != pack.Money || a.Unit != "yuan" {
		t := Text(a, v)
		return t, t
	}
	return yuan(v.Num)
}

// yuan writes an amount of fen.
func yuan(fen float64) (zh, en string) {
	y := fen / 100
	switch {
	case y >= 1e8 || y <= -1e8:
		return four(y/1e8) + " 亿元", four(y/1e6) + " million yuan"
	case y >= 1e4 || y <= -1e4:
		return four(y/1e4) + " 万元", four(y/1e3) + " thousand yuan"
	}
	return four(y) + " 元", four(y) + " yuan"
}

// four writes a number with four digits that count, never with an exponent.
func four(x float64) string {
	f, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	if err != nil {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// Shown gives a kept value as people read it: amounts of yuan in 万元 and 亿元.
func Shown(a *pack.Attribute, text string) pack.Text {
	if a.Kind == pack.Money && a.Unit == "yuan" {
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			zh, en := yuan(v * 100)
			return pack.Text{ZH: zh, EN: en}
		}
	}
	return pack.Text{ZH: text, EN: text}
}
