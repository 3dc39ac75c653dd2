// Package words writes values, figures and days for people, in their language and money unit.
package words

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/city"
)

// Unit is the unit in which amounts are shown.
type Unit string

const (
	InYuan Unit = "yuan"
	InWan  Unit = "wan" // 10,000 yuan
	InYi   Unit = "yi"  // 100,000,000 yuan
)

// per is how many fen one of the unit is.
func (u Unit) per() float64 {
	switch u {
	case InYuan:
		return 100
	case InYi:
		return 1e10
	}
	return 1e6
}

// Scale is how many digits one of the unit has after the point when it is counted in fen.
func (u Unit) Scale() int {
	switch u {
	case InYuan:
		return 2
	case InYi:
		return 10
	}
	return 6
}

// digits are the digits shown after the point, so that the smallest visible step is about ten thousand yuan.
func (u Unit) digits() int {
	if u == InYi {
		return 4
	}
	return 2
}

// Writer writes values in a language and a money unit.
type Writer struct {
	City  *city.City
	Lang  string
	Money Unit
	Text  func(key string, pairs ...any) string
	Open  map[string]bool // ids of personal attributes whose values are written unmasked; nil: none are
}

// Name names an attribute where the name stands alone: packs write English names as within a sentence.
func (w Writer) Name(a *pack.Attribute) string { return Begins(a.Name.In(w.Lang)) }

// Begins writes a name of the pack at the beginning of a sentence: with a capital letter where it has one.
func Begins(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// Number writes a number that an attribute holds, without its unit.
func (w Writer) Number(a *pack.Attribute, v float64) string {
	switch a.Kind {
	case pack.Money:
		return figure.Decimal(v/w.Money.per(), w.Money.digits())
	case pack.Date:
		return figure.Date(time.Unix(int64(v)*86400, 0).UTC())
	case pack.Boolean:
		return w.Text("value." + map[bool]string{true: "yes", false: "no"}[v != 0])
	case pack.Decimal:
		return figure.Decimal(v, 4)
	}
	return figure.Decimal(v, 0)
}

// Aligned is number for a column: amounts keep all their digits, so that the points stand below each other.
func (w Writer) Aligned(a *pack.Attribute, v float64) string {
	if a.Kind != pack.Money {
		return w.Number(a, v)
	}
	whole, part, _ := strings.Cut(figure.Decimal(v/w.Money.per(), w.Money.digits()), ".")
	return whole + "." + (part + "0000")[:w.Money.digits()]
}

// Unit names the unit of an attribute's values; empty for those without.
func (w Writer) Unit(a *pack.Attribute) string {
	switch {
	case a.Kind == pack.Money && a.Unit == "usd":
		return w.Text("unit.usd." + string(w.Money))
	case a.Kind == pack.Money:
		return w.Text("unit.yuan." + string(w.Money))
	case a.Unit != "":
		return w.Text("unit." + a.Unit)
	}
	return ""
}

// Value writes a value of a profile. Personal ones are masked, unless they are open.
func (w Writer) Value(a *pack.Attribute, v fact.Value) string {
	masked := a.Personal && !w.Open[a.ID]
	if masked && a.Kind != pack.String && a.Kind != pack.List {
		return hidden // a part of a date of birth would say too much
	}
	switch a.Kind {
	case pack.Date, pack.Boolean:
		return w.Number(a, float64(v.Int))
	case pack.Code:
		return w.City.CodeName(a, v.Str, w.Lang)
	case pack.String, pack.List:
		if masked {
			return figure.Mask(v.Str)
		}
		return v.Str
	}
	return w.Number(a, v.Num)
}

// Amount writes a compared figure in its own unit ("money", "percent", "day", "item" …), the unit included.
func (w Writer) Amount(v float64, unit string, digits int) string {
	switch unit {
	case "money", "yuan":
		return w.join(figure.Decimal(v/w.Money.per(), w.Money.digits()), w.Text("unit.yuan."+string(w.Money)))
	case "usd":
		return w.join(figure.Decimal(v/w.Money.per(), w.Money.digits()), w.Text("unit.usd."+string(w.Money)))
	case "percent":
		return figure.Decimal(v*100, digits) + " %"
	case "date":
		return figure.Date(time.Unix(int64(v)*86400, 0).UTC())
	case "":
		return figure.Decimal(v, digits)
	}
	return w.join(figure.Decimal(v, digits), w.Text("unit."+unit))
}

func (w Writer) join(figure, unit string) string { return figure + " " + unit }

// hidden stands for a personal value of which no part is shown.
const hidden = "****"

// Units are the units that can be chosen.
var Units = []Unit{InYuan, InWan, InYi}
