// Package words writes values, figures and days for people, in their language and money unit.
package words

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
}

// Name names an attribute where the name stands alone: packs write English names as within a sentence.
func (w Writer) Name(a *pack.Attribute) string {
	name := a.Name.In(w.Lang)
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// Number writes a number that an attribute holds, without its unit.
func (w Writer) Number(a *pack.Attribute, v float64) string {
	switch a.Kind {
	case pack.Money:
		return Decimal(v/w.Money.per(), w.Money.digits())
	case pack.Date:
		return Day(time.Unix(int64(v)*86400, 0).UTC())
	case pack.Boolean:
		return w.Text("value." + map[bool]string{true: "yes", false: "no"}[v != 0])
	case pack.Decimal:
		return Decimal(v, 4)
	}
	return Decimal(v, 0)
}

// Aligned is number for a column: amounts keep all their digits, so that the points stand below each other.
func (w Writer) Aligned(a *pack.Attribute, v float64) string {
	if a.Kind != pack.Money {
		return w.Number(a, v)
	}
	whole, part, _ := strings.Cut(Decimal(v/w.Money.per(), w.Money.digits()), ".")
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

// Value writes a value of a profile. Personal ones are masked.
func (w Writer) Value(a *pack.Attribute, v fact.Value) string {
	if a.Personal && a.Kind != pack.String && a.Kind != pack.List {
		return hidden // a part of a date of birth would say too much
	}
	switch a.Kind {
	case pack.Date, pack.Boolean:
		return w.Number(a, float64(v.Int))
	case pack.Code:
		return w.City.CodeName(a, v.Str, w.Lang)
	case pack.String, pack.List:
		if a.Personal {
			return Mask(v.Str)
		}
		return v.Str
	}
	return w.Number(a, v.Num)
}

// Amount writes a compared figure in its own unit ("money", "percent", "day", "item" …), the unit included.
func (w Writer) Amount(v float64, unit string, digits int) string {
	switch unit {
	case "money", "yuan":
		return w.join(Decimal(v/w.Money.per(), w.Money.digits()), w.Text("unit.yuan."+string(w.Money)))
	case "usd":
		return w.join(Decimal(v/w.Money.per(), w.Money.digits()), w.Text("unit.usd."+string(w.Money)))
	case "percent":
		return Decimal(v*100, digits) + " %"
	case "date":
		return Day(time.Unix(int64(v)*86400, 0).UTC())
	case "":
		return Decimal(v, digits)
	}
	return w.join(Decimal(v, digits), w.Text("unit."+unit))
}

func (w Writer) join(figure, unit string) string { return figure + " " + unit }

// hidden stands for a personal value of which no part is shown.
const hidden = "****"

// Mask hides most of a name or telephone number: 138****0000, 张*.
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

// Points writes a score or an interval of scores.
func Points(low, high float64) string {
	l, h := strconv.FormatFloat(round2(low), 'f', -1, 64), strconv.FormatFloat(round2(high), 'f', -1, 64)
	if l == h {
		return l
	}
	return l + "–" + h
}

func round2(v float64) float64 { return math.Round(v*100) / 100 }

// Units are the units that can be chosen.
var Units = []Unit{InYuan, InWan, InYi}
