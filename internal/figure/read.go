// Package figure reads and writes figures, units and days: "2亿元" is 20,000,000,000 fen, and the other way round.
// Values are held in base units: fen (cents of US dollars) for money, plain ratios for shares, days since 1970-01-01 for
// dates. What is written for programs is exact; what is written for people has its unit and thousands apart.
package figure

import (
	"fmt"
	"math/big"
	"strings"

	"eyas/internal/fault"
)

// Figure is a number as a document writes it.
type Figure struct {
	Value float64 // in the base unit: fen (or cents) for money, a plain ratio for percent
	Unit  string  // money, percent, person, item, point, day, year; empty for a bare number
	Text  string  // as written; for counts without the unit word
}

// units are the words behind a figure, longer before shorter, with the factor to the base unit.
var units = []struct {
	word, unit string
	factor     *big.Rat
}{
	{"亿美元", "money", big.NewRat(1e10, 1)}, {"万美元", "money", big.NewRat(1e6, 1)}, {"美元", "money", big.NewRat(100, 1)},
	{"亿元", "money", big.NewRat(1e10, 1)}, {"万元", "money", big.NewRat(1e6, 1)}, {"元", "money", big.NewRat(100, 1)},
	{"%", "percent", big.NewRat(1, 100)}, {"人", "person", big.NewRat(1, 1)}, {"项", "item", big.NewRat(1, 1)},
	{"分", "point", big.NewRat(1, 1)}, {"天", "day", big.NewRat(1, 1)}, {"年", "year", big.NewRat(1, 1)},
}

// Parse reads "2亿元", "5000万元", "10亿美元", "30%", "500人", "3项", "60分", "365天", "8年" or a bare
// number. Decimals are scaled before they are rounded to a double, so that 2.5% is the double nearest to 0.025.
// Money must come to whole fen.
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

// decimal reports whether s is a plain decimal number of at most 30 characters.
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
