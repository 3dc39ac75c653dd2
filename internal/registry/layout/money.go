package layout

import (
	"strconv"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
)

// Headers of columns that give the unit, and the currency, of the amounts of their row.
var (
	unitHeaders     = map[string]bool{"单位": true, "金额单位": true, "计量单位": true, "货币单位": true, "数额单位": true, "单位(金额)": true}
	currencyHeaders = map[string]bool{"币种": true, "币别": true, "货币": true, "货币种类": true, "货币名称": true, "货币类型": true, "币种名称": true, "注册资本币种": true,
		"注册资金币种": true, "注册资本(金)币种": true, "currency": true}
)

// allUnits reports a column in which every filled cell is a unit of amounts: one named 单位 may name companies instead.
func allUnits(rows [][]string, column int) bool {
	any := false
	for _, row := range rows {
		if column >= len(row) || cell.Blank([]byte(row[column])) {
			continue
		}
		if u, ok := cell.ParseUnit(strings.TrimSpace(row[column])); !ok || !u.Scaled {
			return false
		}
		any = true
	}
	return any
}

// rowMoney is what a row says of its amounts in columns of their own.
type rowMoney struct {
	unit, currency       cell.Unit
	badUnit, badCurrency bool // filled, and not understood
}

// moneyOf reads a row's columns of unit and currency.
func (l *Layout) moneyOf(cells [][]byte) (m rowMoney) {
	read := func(column int) (u cell.Unit, bad bool) {
		if column == 0 || column > len(cells) {
			return u, false
		}
		c := given(cells[column-1])
		if c == nil {
			return u, false
		}
		u, ok := cell.ParseUnit(string(c))
		return u, !ok
	}
	m.unit, m.badUnit = read(l.UnitColumn)
	m.currency, m.badCurrency = read(l.CurrencyColumn)
	return m
}

var (
	badRowUnit = &cell.Bad{ZH: "这一行的“单位”列没有写明金额单位，不知道是元还是万元，没有采用。请写 元、万元 等。",
		EN: "The column of units does not say what this row's amounts are counted in (元, 万元 …), so the amount is not used. Write the unit."}
	badRowCurrency = &cell.Bad{ZH: "这一行的“币种”列读不懂，不知道是哪种货币，没有采用。请写 人民币、美元 等。",
		EN: "The column of currencies cannot be understood in this row, so the amount is not used. Write 人民币, 美元 or the like."}
)

// money reads an amount under what its column and its row say of unit and currency. A currency of the row counts for columns
// whose own unit names none, and for the one that it stands nearest to.
func (l *Layout) money(r *columnReader, c []byte) (int64, *cell.Bad) {
	unit, m := r.unit, &l.row
	if !unit.Scaled {
		switch {
		case m.unit.Scaled:
			unit.Exp, unit.Scaled = m.unit.Exp, true
			if m.unit.Currency != "" {
				unit.Currency = m.unit.Currency
			}
		case l.UnitColumn != 0 && !m.badUnit && l.bound.unit.Scaled:
			unit = l.bound.unit
		case l.UnitColumn != 0 && (m.badUnit || !cell.HasUnit(c)):
			if cell.Blank(c) {
				break
			}
			return 0, badRowUnit
		}
	}
	if l.CurrencyColumn != 0 && (r.nearest || unit.Currency == "") && !cell.Blank(c) {
		if m.badCurrency {
			return 0, badRowCurrency
		}
		if m.currency.Currency != "" {
			unit.Currency = m.currency.Currency
		}
	}
	return cell.Money(c, r.currency, unit)
}

// nearestMoney marks the column of amounts that a column of currencies stands beside: the nearest one before it, else the
// nearest behind it.
func nearestMoney(readers []columnReader, currency int) {
	if currency == 0 {
		return
	}
	best := -1
	for i := range readers {
		r := &readers[i]
		if r.attr.Kind != pack.Money || r.column < 0 {
			continue
		}
		if best < 0 || closer(r.column, readers[best].column, currency-1) {
			best = i
		}
	}
	for i := range readers {
		readers[i].nearest = best >= 0 && readers[i].column == readers[best].column
	}
}

// closer reports that a stands closer before the place than b does, or b stands behind it.
func closer(a, b, place int) bool {
	switch {
	case a < place && b < place:
		return a > b
	case a > place && b > place:
		return a < b
	}
	return a < place
}

// Plain writes a value for a sentence.
func Plain(f *fact.Fact) string {
	switch f.Attr.Kind {
	case pack.Money:
		return figure.Amount(int64(f.Value.Num)) + map[string]string{"CNY": " 元", "USD": " 美元"}[currencyOf(f.Attr)]
	case pack.Date:
		return fact.TimeOf(int32(f.Value.Int)).Format("2006-01-02")
	case pack.Boolean:
		if f.Value.Int != 0 {
			return "是"
		}
		return "否"
	case pack.Integer, pack.Decimal:
		return strconv.FormatFloat(f.Value.Num, 'f', -1, 64)
	}
	return f.Value.Str
}
