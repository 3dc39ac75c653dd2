package register

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
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
func (x *Register) readBound(id string, a *pack.Attribute, text string) (float64, error) {
	if a.Kind != pack.Money {
		return readNumber(id, text)
	}
	currency := "CNY"
	if a.Unit == "usd" {
		currency = "USD"
	}
	fen, bad := cell.Money([]byte(text), currency, cell.Unit{Exp: boundUnit(x.Ask).Scale() - 2})
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

// writeBound writes a bound of a number as the field of its filter shows it.
func (x *Register) writeBound(a *pack.Attribute) func(float64) string {
	return func(v float64) string {
		if a.Kind == pack.Money {
			return amountIn(v, x.Writer.Money)
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
}

// moneyShown reports whether amounts are shown or asked for, so that their unit matters.
func (x *Register) moneyShown(q *grid.Query) bool {
	isMoney := func(id string) bool {
		a := x.city.Attributes[x.keys[id].Attr]
		return a != nil && a.Kind == pack.Money
	}
	return slices.ContainsFunc(q.Columns, func(c *grid.Column) bool { return isMoney(c.ID) }) || slices.ContainsFunc(q.Asked(), isMoney)
}

// ofAmount reports whether a name of the address is a bound of an amount.
func (x *Register) ofAmount(name string) (*pack.Attribute, bool) {
	kind, id, _ := strings.Cut(name, ".")
	id, _, _ = strings.Cut(id, "@")
	a := x.city.Attributes[id]
	return a, (kind == "from" || kind == "to") && a != nil && a.Kind == pack.Money
}

// Carry is what the filters and the file of a list carry along: the unit in which bounds of amounts are written.
func (x *Register) Carry(q *grid.Query) []address.Field {
	if !x.moneyShown(q) {
		return nil
	}
	return []address.Field{{Name: "unit", Value: string(x.Writer.Money)}}
}

// Units are the units of money that a list can be shown in, with the address of each.
func (x *Register) Units() (all []frame.Option) {
	for _, u := range []words.Unit{words.InWan, words.InYi, words.InYuan} {
		all = append(all, frame.Option{Label: x.Writer.Text("unit.yuan." + string(u)), URL: x.inUnit(u), On: u == x.Writer.Money})
	}
	return all
}

// inUnit is the address of the list with amounts in another unit; its bounds mean the same.
func (x *Register) inUnit(unit words.Unit) string {
	values := x.Ask.Query()
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
	return x.Ask.Path() + "?" + url.Values(values).Encode()
}
