package words

import (
	"strings"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// Forms count amounts in 万元, as pages do: the label says so, and a number without a unit is in it.

// FormScale is what forms count amounts in.
const FormScale = figure.InWan

// FormUnit is the unit of an amount of a form, as files write it.
func FormUnit(a *pack.Attribute) string { return "万" + Yuan(a) }

// Yuan is the unit of currency of an amount, as files write it.
func Yuan(a *pack.Attribute) string {
	if a.Unit == "usd" {
		return "美元"
	}
	return "元"
}

func currency(a *pack.Attribute) string {
	if a.Unit == "usd" {
		return "USD"
	}
	return "CNY"
}

// ReadAmount reads an amount as an entry does, whole fen; ok is false where it is none.
func ReadAmount(a *pack.Attribute, text string) (fen int64, ok bool) {
	unit, _ := cell.ParseUnit(FormUnit(a))
	fen, bad := cell.Money([]byte(text), currency(a), unit)
	return fen, bad == nil
}

// ReadWritten reads an amount that has its unit with it, as the form of a case keeps it; one without a unit is in whole currency.
func ReadWritten(a *pack.Attribute, text string) (fen int64, ok bool) {
	fen, bad := cell.Money([]byte(text), currency(a), cell.Unit{})
	return fen, bad == nil
}

// Echo says what an amount comes to in whole currency: = 8,200,000 元. It is empty where nothing can be read.
func (w Writer) Echo(a *pack.Attribute, text string) string {
	if a.Kind != pack.Money || strings.TrimSpace(text) == "" {
		return ""
	}
	fen, ok := ReadAmount(a, text)
	if !ok {
		return ""
	}
	return "= " + figure.Amount(fen) + " " + w.YuanWord(a)
}

// YuanWord is the unit of currency of an amount, for people.
func (w Writer) YuanWord(a *pack.Attribute) string {
	w.Money = InYuan
	return w.Unit(a)
}
