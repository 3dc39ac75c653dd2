// Package figure reads and writes figures, units and dates as text: "2亿元" is 20,000,000,000 fen, and the reverse.
// Values are in base units: fen (cents of US dollars) for money, ratios for shares (0.3 is 30 %), days since 1970-01-01
// for dates. Text for programs is exact. Text for people has units and thousands separators.
package figure

import (
	"fmt"
	"math/big"
	"strings"

	"eyas/internal/fault"
)

// Figure is a number as it is written in a document.
type Figure struct {
	Value float64 // in the base unit: fen (or cents) for money, a ratio for percent
	Unit  string  // money, percent, person, item, point, day, year; "" for a bare number
	Text  string  // as written; for counts without the word of the unit
}

// units are the words after a figure with the factor to the base unit. A longer word comes before a shorter one.
var units = []struct {
	word, unit string
	factor     *big.Rat
}{
	{"亿美元", "money", big.NewRat(1e10, 1)}, {"万美元", "money", big.NewRat(1e6, 1)}, {"美元", "money", big.NewRat(100, 1)},
	{"亿元", "money", big.NewRat(1e10, 1)}, {"万元", "money", big.NewRat(1e6, 1)}, {"元", "money", big.NewRat(100, 1)},
	{"%", "percent", big.NewRat(1, 100)}, {"人", "person", big.NewRat(1, 1)}, {"项", "item", big.NewRat(1, 1)},
	{"分", "point", big.NewRat(1, 1)}, {"天", "day", big.NewRat(1, 1)}, {"年", "year", big.NewRat(1, 1)},
}

// Parse reads "2亿元", "5000万元", "10亿美元", "30%", "500人", "3项", "60分", "365天", "8年" or a bare number. It scales the
// decimal before it rounds to a double, so 2.5% is the double nearest to 0.025. The error is fault.Invalid for another
// text, and for money that is not whole fen.
func Parse(text string) (Figure, error) {
	bare, unit, factor := text, "", big.NewRat(1, 1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(text, u.word); ok {
			bare, unit, factor = rest, u.unit, u.factor
			break
		}
	}
	if !decimal(bare) {
		return Figure{}, fault.New(fault.Invalid, fmt.Sprintf("“%s”不是数值；请写成 2亿元、30%%、500人、60分、365天、8年或 60", text),
			fmt.Sprintf("%q is not a figure: write it like 2亿元, 30%%, 500人, 60分, 365天, 8年 or 60", text))
	}
	r, _ := new(big.Rat).SetString(bare)
	r.Mul(r, factor)
	if unit == "money" && !r.IsInt() {
		return Figure{}, fault.New(fault.Invalid, fmt.Sprintf("“%s”不是整数分；金额最多到分", text),
			fmt.Sprintf("%q is not a whole number of fen", text))
	}
	v, _ := r.Float64()
	f := Figure{Value: v, Unit: unit, Text: text}
	if unit != "money" && unit != "percent" {
		f.Text = bare
	}
	return f, nil
}

// decimal reports whether s is a decimal number without exponent, at most 30 characters long.
func decimal(s string) bool {
	digits, point := 0, false
	for i, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && !point && digits > 0:
			point = true
		case c == '-' && i == 0:
		default:
			return false
		}
	}
	return digits > 0 && len(s) <= 30 && !strings.HasSuffix(s, ".")
}
