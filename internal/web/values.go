package web

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// moneyUnit is the unit in which amounts are shown.
type moneyUnit string

const (
	inYuan moneyUnit = "yuan"
	inWan  moneyUnit = "wan" // 10,000 yuan
	inYi   moneyUnit = "yi"  // 100,000,000 yuan
)

// per is how many fen one of the unit is.
func (u moneyUnit) per() float64 {
	switch u {
	case inYuan:
		return 100
	case inYi:
		return 1e10
	}
	return 1e6
}

// scale is how many digits one of the unit has after the point when it is counted in fen.
func (u moneyUnit) scale() int {
	switch u {
	case inYuan:
		return 2
	case inYi:
		return 10
	}
	return 6
}

// digits are the digits shown after the point, so that the smallest visible step is about ten thousand yuan.
func (u moneyUnit) digits() int {
	if u == inYi {
		return 4
	}
	return 2
}

// writer writes values in a language and a money unit.
type writer struct {
	city  *city
	lang  string
	money moneyUnit
	text  func(key string, pairs ...any) string
}

// newWriter makes a writer; missing words are a programming fault and show as their key.
func (s *Server) newWriter(lang string, unit moneyUnit) writer {
	return writer{city: s.city, lang: lang, money: unit, text: s.words(lang)}
}

// words gives the messages of a language to code that builds views.
func (s *Server) words(lang string) func(string, ...any) string {
	return func(key string, pairs ...any) string {
		text, err := s.catalogs[lang].Text(key, pairs...)
		if err != nil {
			s.Log.Error("words", "error", err)
			return key
		}
		return text
	}
}

// name names an attribute where the name stands alone: packs write English names as within a sentence.
func (w writer) name(a *pack.Attribute) string {
	name := a.Name.In(w.lang)
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// number writes a number that an attribute holds, without its unit.
func (w writer) number(a *pack.Attribute, v float64) string {
	switch a.Kind {
	case pack.Money:
		return decimal(v/w.money.per(), w.money.digits())
	case pack.Date:
		return formatDay(time.Unix(int64(v)*86400, 0).UTC())
	case pack.Boolean:
		return w.text("value." + map[bool]string{true: "yes", false: "no"}[v != 0])
	case pack.Decimal:
		return decimal(v, 4)
	}
	return decimal(v, 0)
}

// aligned is number for a column: amounts keep all their digits, so that the points stand below each other.
func (w writer) aligned(a *pack.Attribute, v float64) string {
	if a.Kind != pack.Money {
		return w.number(a, v)
	}
	whole, part, _ := strings.Cut(decimal(v/w.money.per(), w.money.digits()), ".")
	return whole + "." + (part + "0000")[:w.money.digits()]
}

// unit names the unit of an attribute's values; empty for those without.
func (w writer) unit(a *pack.Attribute) string {
	switch {
	case a.Kind == pack.Money && a.Unit == "usd":
		return w.text("unit.usd." + string(w.money))
	case a.Kind == pack.Money:
		return w.text("unit.yuan." + string(w.money))
	case a.Unit != "":
		return w.text("unit." + a.Unit)
	}
	return ""
}

// value writes a value of a profile. Personal ones are masked.
func (w writer) value(a *pack.Attribute, v registry.Value) string {
	if a.Personal && a.Kind != pack.String && a.Kind != pack.List {
		return hidden // a part of a date of birth would say too much
	}
	switch a.Kind {
	case pack.Date, pack.Boolean:
		return w.number(a, float64(v.Int))
	case pack.Code:
		return w.city.codeName(a, v.Str, w.lang)
	case pack.String, pack.List:
		if a.Personal {
			return mask(v.Str)
		}
		return v.Str
	}
	return w.number(a, v.Num)
}

// amount writes a compared figure in its own unit ("money", "percent", "day", "item" …), the unit included.
func (w writer) amount(v float64, unit string, digits int) string {
	switch unit {
	case "money", "yuan":
		return w.join(decimal(v/w.money.per(), w.money.digits()), w.text("unit.yuan."+string(w.money)))
	case "usd":
		return w.join(decimal(v/w.money.per(), w.money.digits()), w.text("unit.usd."+string(w.money)))
	case "percent":
		return decimal(v*100, digits) + " %"
	case "date":
		return formatDay(time.Unix(int64(v)*86400, 0).UTC())
	case "":
		return decimal(v, digits)
	}
	return w.join(decimal(v, digits), w.text("unit."+unit))
}

func (w writer) join(figure, unit string) string { return figure + " " + unit }

// hidden stands for a personal value of which no part is shown.
const hidden = "****"

// mask hides most of a name or telephone number: 138****0000, 张*.
func mask(s string) string {
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

// points writes a score or an interval of scores.
func points(low, high float64) string {
	l, h := strconv.FormatFloat(round2(low), 'f', -1, 64), strconv.FormatFloat(round2(high), 'f', -1, 64)
	if l == h {
		return l
	}
	return l + "–" + h
}

func round2(v float64) float64 { return math.Round(v*100) / 100 }
