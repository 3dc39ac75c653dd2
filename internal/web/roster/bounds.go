package roster

import (
	"math"
	"net/url"
	"slices"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// Bounds of amounts stand in addresses in the unit that the address names, else in 万元, so that a link means the same for everybody,
// whatever unit he has chosen to see. A unit that is written with the number, as in 2.5亿元, beats both.

// boundUnit is the unit of amounts without one.
func boundUnit(ask *address.Ask) words.Unit {
	if u := words.Unit(ask.Query().Get("unit")); slices.Contains(words.Units, u) {
		return u
	}
	return words.InWan
}

// readBound reads a bound of a number, as columns hold it.
func (x *register) readBound(id string, a *pack.Attribute, text string) (float64, error) {
	if a.Kind != pack.Money {
		return readNumber(id, text)
	}
	currency := "CNY"
	if a.Unit == "usd" {
		currency = "USD"
	}
	fen, bad := cell.Money([]byte(text), currency, cell.Unit{Exp: boundUnit(x.ask).Scale() - 2})
	if bad != nil {
		return 0, badBound(id, text, bad)
	}
	return float64(fen), nil
}

func readNumber(id, text string) (float64, error) {
	v, bad := cell.Decimal([]byte(text), cell.Unit{})
	if bad != nil {
		return 0, badBound(id, text, bad)
	}
	return v, nil
}

// readDay reads a day as days since 1970-01-01.
func readDay(id, text string) (float64, error) {
	days, bad := cell.Date([]byte(text))
	if bad != nil {
		return 0, badBound(id, text, bad)
	}
	return float64(days), nil
}

func badBound(id, text string, bad *cell.Bad) error {
	text = address.Shortened(text)
	return fault.New(fault.Invalid, "筛选条件 "+id+" 的界限“"+text+"”读不出："+bad.ZH, "The bound “"+text+"” of the filter "+id+" cannot be read. "+bad.EN).Wrap(bad)
}

// amountIn writes an amount of fen as a plain number of a unit.
func amountIn(fen float64, unit words.Unit) string {
	return strconv.FormatFloat(fen/math.Pow10(unit.Scale()), 'f', -1, 64)
}

// inUnit is the address of the list with amounts in another unit; its bounds mean the same.
func (x *register) inUnit(unit words.Unit) string {
	values := x.ask.Query()
	for name, list := range values {
		a, ok := x.ofAmount(name)
		if !ok {
			continue
		}
		for i, text := range list {
			if fen, err := x.readBound(name, a, text); err == nil {
				list[i] = amountIn(fen, unit)
			}
		}
	}
	values.Set("unit", string(unit))
	return x.ask.Path() + "?" + url.Values(values).Encode()
}
