package cell

import (
	"bytes"
	"strings"
)

// Unit is the unit of the amounts in a column or of one cell.
type Unit struct {
	Exp      int    // power of ten: 4 for 万元, 8 for 亿元
	Currency string // ISO 4217: CNY, USD, …; "" if the unit names no currency
	Scaled   bool   // the unit determines the scale: true for 元 and 万, false for 人民币
	Label    string // as people write it: 元, 万元, 美元
}

// currencies are the words for currencies. base means that the word also determines the scale: 5,000 元 cannot be 5,000
// 万元.
var currencies = []struct {
	word, code string
	base       bool
}{
	{"人民币元", "CNY", true}, {"元人民币", "CNY", true}, {"圆人民币", "CNY", true}, {"人民币圆", "CNY", true}, {"人民币", "CNY", false},
	{"新台币", "TWD", true}, {"台币", "TWD", true}, {"新加坡元", "SGD", true}, {"美元", "USD", true}, {"美金", "USD", true},
	{"港元", "HKD", true}, {"港币", "HKD", true}, {"欧元", "EUR", true}, {"日元", "JPY", true}, {"英镑", "GBP", true},
	{"韩元", "KRW", true}, {"加元", "CAD", true}, {"澳元", "AUD", true}, {"瑞士法郎", "CHF", true},
	{"加拿大元", "CAD", true}, {"加币", "CAD", true}, {"澳大利亚元", "AUD", true}, {"澳币", "AUD", true}, {"新元", "SGD", true}, {"新币", "SGD", true},
	{"日圆", "JPY", true}, {"日币", "JPY", true}, {"円", "JPY", true}, {"美圆", "USD", true}, {"港圆", "HKD", true}, {"澳门元", "MOP", true}, {"澳门币", "MOP", true},
	{"卢布", "RUB", true}, {"泰铢", "THB", true}, {"林吉特", "MYR", true}, {"卢比", "INR", true}, {"法郎", "CHF", true}, {"克朗", "SEK", true}, {"新西兰元", "NZD", true},
	{"hk$", "HKD", false}, {"nt$", "TWD", false}, {"s$", "SGD", false}, {"a$", "AUD", false}, {"au$", "AUD", false}, {"c$", "CAD", false}, {"ca$", "CAD", false}, {"nz$", "NZD", false},
	{"mop$", "MOP", false}, {"mop", "MOP", false}, {"twd", "TWD", false}, {"sgd", "SGD", false}, {"aud", "AUD", false}, {"cad", "CAD", false}, {"nzd", "NZD", false}, {"chf", "CHF", false},
	{"krw", "KRW", false}, {"₩", "KRW", false}, {"rub", "RUB", false}, {"₽", "RUB", false}, {"thb", "THB", false}, {"฿", "THB", false}, {"inr", "INR", false}, {"₹", "INR", false},
	{"rmb", "CNY", false}, {"cny", "CNY", false}, {"usd", "USD", false}, {"us$", "USD", false}, {"$", "USD", false}, {"¥", "CNY", false},
	{"hkd", "HKD", false}, {"eur", "EUR", false}, {"€", "EUR", false}, {"jpy", "JPY", false}, {"gbp", "GBP", false}, {"£", "GBP", false},
	{"元", "CNY", true}, {"圆", "CNY", true},
}

var scales = []struct {
	word string
	exp  int
}{
	{"十亿", 9}, {"百亿", 10}, {"千亿", 11}, {"万亿", 12}, {"亿", 8}, {"千万", 7}, {"百万", 6}, {"十万", 5}, {"万", 4}, {"千", 3},
	{"百", 2},
}

// ParseUnit reads the unit of an amount: 万元, 人民币万元, 亿美元, 万. ok is false for another text.
func ParseUnit(s string) (u Unit, ok bool) {
	var buf [64]byte
	if len(s) > 48 {
		return Unit{}, false
	}
	if u, ok = parseUnit(fold(buf[:0], []byte(s))); ok {
		u.Label = label(u)
	}
	return u, ok
}

// parseUnit reads a folded unit: words for a currency and one scale, in any order. It does not set Label.
func parseUnit(b []byte) (u Unit, ok bool) {
	currency, scale := false, false
	rest := b
words:
	for {
		rest = bytes.TrimLeft(rest, " ()")
		if len(rest) == 0 {
			break
		}
		if !scale {
			for i := range scales {
				if cut, found := bytes.CutPrefix(rest, []byte(scales[i].word)); found {
					u.Exp, u.Scaled, scale, rest = scales[i].exp, true, true, cut
					continue words
				}
			}
		}
		for i := range currencies {
			c := &currencies[i]
			cut, found := bytes.CutPrefix(rest, []byte(c.word))
			if !found || currency && (u.Currency != c.code) {
				continue
			}
			u.Currency, currency, rest = c.code, true, cut
			u.Scaled = u.Scaled || c.base
			continue words
		}
		if cut, found := bytes.CutPrefix(rest, []byte("整")); found && currency {
			rest = cut
			continue
		}
		return Unit{}, false
	}
	if !currency && !scale {
		return Unit{}, false
	}
	return u, true
}

// HasUnit reports whether the amount in a cell has a unit that determines its scale: 150万元, 500元.
func HasUnit(b []byte) bool {
	var buf [256]byte
	x, ok := loose(Trim(b), buf[:0])
	if !ok {
		return false
	}
	if len(x.shown) > 0 {
		u, ok := parseUnit(x.shown)
		return ok && u.Scaled
	}
	u, ok := parseUnit(append(append(buf[128:128], x.suffix...), x.prefix...))
	return ok && u.Scaled
}

// label returns the usual name of a unit.
func label(u Unit) string {
	scale := ""
	for i := range scales {
		if scales[i].exp == u.Exp {
			scale = scales[i].word
		}
	}
	switch u.Currency {
	case "CNY":
		if !u.Scaled {
			return "人民币"
		}
		return scale + "元"
	case "":
		return scale
	}
	for i := range currencies {
		if currencies[i].code == u.Currency {
			return scale + currencies[i].word
		}
	}
	return scale
}

// counters are the words that follow a number of people or things.
var counters = map[string]bool{"人": true, "名": true, "位": true, "人次": true, "个": true, "项": true, "件": true, "条": true, "种": true,
	"家": true, "分": true, "次": true, "篇": true, "部": true, "台": true, "套": true, "户": true}

// maxFen is the largest amount that a float64 holds exactly to the fen.
const maxFen = 1 << 53

var pow10 = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// decimal is (−1)^neg · mant · 10^−scale.
type decimal struct {
	mant  uint64 // up to 18 digits
	scale int
	neg   bool
}

// whole returns the value times 10^exp, rounded to an integer, half away from zero. ok is false if it exceeds maxFen.
func (d decimal) whole(exp int) (n int64, ok bool) {
	shift := exp - d.scale
	m := d.mant
	switch {
	case m == 0:
		return 0, true
	case shift >= len(pow10):
		return 0, false
	case shift >= 0:
		p := pow10[shift]
		if m > maxFen/p {
			return 0, false
		}
		m *= p
	case -shift >= len(pow10):
		m = 0
	default:
		p := pow10[-shift]
		q := m / p
		if m%p >= p-p/2 {
			q++
		}
		m = q
	}
	if m > maxFen {
		return 0, false
	}
	if d.neg {
		return -int64(m), true
	}
	return int64(m), true
}

// integral reports whether the value times 10^exp is an integer.
func (d decimal) integral(exp int) bool {
	shift := exp - d.scale
	switch {
	case d.mant == 0 || shift >= 0:
		return true
	case -shift >= len(pow10):
		return false
	}
	return d.mant%pow10[-shift] == 0
}

// simple reads a number in the usual notation: digits, at most one point, at most one leading minus.
func simple(b []byte) (d decimal, ok bool) {
	i := 0
	if len(b) > 0 && b[0] == '-' {
		d.neg = true
		i++
	}
	if len(b)-i > 18 || i >= len(b) {
		return d, false
	}
	point := -1
	for ; i < len(b); i++ {
		c := b[i]
		if c-'0' <= 9 {
			d.mant = d.mant*10 + uint64(c-'0')
			continue
		}
		if c != '.' || point >= 0 {
			return d, false
		}
		point = i
	}
	if point >= 0 {
		d.scale = len(b) - 1 - point
		if d.scale == 0 || len(b) == 2 && b[0] == '-' {
			return d, false
		}
	}
	return d, true
}

// digits reads the number at the beginning of b: digits, with or without groups of three, a point, an exponent. size is
// its length, 0 if there is none.
func digits(b []byte) (d decimal, size int) {
	i, significant, dropped := 0, 0, 0
	group, groups := 0, 0 // digits since the last separator; number of separators
	var separator byte
	point, any := false, false
	for ; i < len(b); i++ {
		c := b[i]
		if c-'0' <= 9 {
			any = true
			group++
			switch {
			case significant < 18:
				d.mant = d.mant*10 + uint64(c-'0')
				if d.mant > 0 {
					significant++
				}
				if point {
					d.scale++
				}
			case !point:
				dropped++
			}
			continue
		}
		if c == '.' && !point {
			if groups > 0 && group != 3 {
				return d, 0
			}
			point, group = true, 0
			continue
		}
		if (c == ',' || c == ' ') && !point && i+1 < len(b) && b[i+1]-'0' <= 9 && any {
			if groups == 0 && (group > 3 || group == 0) || groups > 0 && (group != 3 || c != separator) {
				return d, 0
			}
			separator = c
			groups++
			group = 0
			continue
		}
		break
	}
	if !any || !point && groups > 0 && group != 3 || point && group == 0 {
		return d, 0
	}
	d.scale -= dropped
	// An exponent, as in large numbers of spreadsheets.
	if i+1 < len(b) && b[i] == 'e' {
		j := i + 1
		sign := 1
		if b[j] == '+' || b[j] == '-' {
			if b[j] == '-' {
				sign = -1
			}
			j++
		}
		from, e := j, 0
		for j < len(b) && b[j]-'0' <= 9 && e < 1000 {
			e = e*10 + int(b[j]-'0')
			j++
		}
		if j > from {
			d.scale -= sign * e
			i = j
		}
	}
	return d, i
}

// notation is a number with what stands around it. The texts are folded.
type notation struct {
	decimal
	prefix, suffix []byte // text before and after the digits
	shown          []byte // the unit that the number format displays; see Shown
}

// loose reads a number in any notation: full-width digits, thousands separators, a sign, brackets for negative numbers,
// and a currency or unit before or after it, inside or outside the brackets.
func loose(b, buf []byte) (x notation, ok bool) {
	if b = tidy(b); len(b) > 96 {
		return x, false
	}
	s := bytes.Trim(fold(buf, b), " ")
	if n := len(s); n > 0 && s[n-1] == ']' {
		if at := bytes.Index(s, []byte(" [")); at > 0 {
			s, x.shown = s[:at], s[at+2:n-1]
		}
	}
	start := bytes.IndexAny(s, "0123456789.")
	if start < 0 {
		return x, false
	}
	neg := false
	if open := bytes.LastIndexByte(s[:start], '('); open >= 0 && bytes.IndexByte(s[open:start], ')') < 0 {
		end := start + bytes.IndexByte(s[start:], ')')
		if end < start || bytes.ContainsAny(s[end:], "0123456789") {
			return x, false
		}
		neg, s[open], s[end] = true, ' ', ' '
		s = bytes.Trim(s, " ")
	}
	start = bytes.IndexAny(s, "0123456789.+-")
	x.prefix = bytes.Trim(s[:start], " :")
	s = s[start:]
	if s[0] == '-' || s[0] == '+' {
		if neg {
			return x, false
		}
		neg = s[0] == '-'
		s = bytes.TrimLeft(s[1:], " ")
		if len(x.prefix) == 0 { // -¥500
			if at := bytes.IndexAny(s, "0123456789."); at > 0 {
				x.prefix, s = bytes.Trim(s[:at], " "), s[at:]
			}
		}
	}
	if rest, found := bytes.CutPrefix(x.prefix, []byte("负")); found { // 负500万元
		if neg {
			return x, false
		}
		neg, x.prefix = true, bytes.Trim(rest, " :")
	}
	d, size := digits(s)
	if size == 0 {
		return x, false
	}
	x.decimal = d
	x.neg = neg
	x.suffix = bytes.Trim(s[size:], " ")
	return x, true
}

var (
	badMoney = &Bad{"不是金额。请写成数字，如 1234.56，或带上单位，如 150万元。",
		"This is not an amount. Write a number such as 1234.56, with its unit if it has one, such as 150万元."}
	badCurrency = &Bad{"币种与这一项不同，没有汇率不能换算。请按这一项的币种填写。",
		"The currency differs from that of the attribute, and there is no exchange rate to convert it. Write the amount in the attribute's currency."}
	badAmount = &Bad{"金额太大，不可能是真的。请检查单位（元、万元、亿元）。",
		"The amount is too large to be true. Check its unit (元, 万元, 亿元)."}
	badShown = &Bad{"这一格的数字格式显示的单位或倍数看不懂，没有采用。请把格式设为常规，写上看到的数字，单位写在表头。",
		"The number format of this cell shows an unknown unit or scale, so the cell is not used. Set the format to General, write the number as it is displayed, and put its unit in the header."}
	badInteger = &Bad{"不是整数。请只写一个整数，如 120。",
		"This is not a whole number. Write one whole number, such as 120."}
	badFraction = &Bad{"这一项只能是整数，这里有小数。请写整数，如 12。",
		"This attribute must be a whole number, but this number has a fraction. Write a whole number, such as 12."}
	badDecimal = &Bad{"不是数字。请只写一个数字，如 3.5。",
		"This is not a number. Write one number, such as 3.5."}
	badCount = &Bad{"数字太大，不可能是真的。请检查是否填错了列或单位。",
		"The number is too large to be true. Check the column and its unit."}
)

// Money reads an amount in a currency ("CNY" or "USD") as whole fen or cents. It rounds half away from zero. The unit
// of the column applies if the cell has none. The cell's own unit, as in 1.2亿元, comes first. Another currency is a Bad,
// because there is no exchange rate.
func Money(b []byte, currency string, column Unit) (fen int64, bad *Bad) {
	b = Trim(b)
	if d, ok := simple(b); ok {
		if column.Currency != "" && column.Currency != currency {
			return 0, badCurrency
		}
		if fen, ok = d.whole(column.Exp + 2); !ok {
			return 0, badAmount
		}
		return fen, nil
	}
	var buf [256]byte
	x, ok := loose(b, buf[:0])
	if !ok {
		return 0, badMoney
	}
	d, suffix := x.decimal, x.suffix
	var high int64 // the part before 亿, as in 1亿2000万元
	if rest, found := bytes.CutPrefix(suffix, []byte("亿")); found && len(rest) > 0 && rest[0]-'0' <= 9 {
		if high, ok = d.whole(10); !ok {
			return 0, badAmount
		}
		low, size := digits(rest)
		if size == 0 || low.neg {
			return 0, badMoney
		}
		low.neg = d.neg
		d, suffix = low, bytes.Trim(rest[size:], " ")
	}
	unit := column
	if len(x.prefix) > 0 || len(suffix) > 0 || len(x.shown) > 0 {
		own, ok := parseUnit(append(append(append(buf[128:128], suffix...), x.prefix...), x.shown...))
		if !ok && len(x.shown) > 0 {
			return 0, badShown
		}
		if !ok {
			return 0, badMoney
		}
		if own.Scaled {
			unit.Exp = own.Exp
		}
		if own.Currency != "" {
			unit.Currency = own.Currency
		}
	}
	if unit.Currency != "" && unit.Currency != currency {
		return 0, badCurrency
	}
	fen, ok = d.whole(unit.Exp + 2)
	if !ok || fen+high > maxFen || fen+high < -maxFen {
		return 0, badAmount
	}
	return fen + high, nil
}

// Integer reads a count: 120, 1,234, 120人, 1.2万人, 12.0. column gives the scale of the column, as 万人. A currency in the
// number format is ignored. A number with a fraction is a Bad.
func Integer(b []byte, column Unit) (int64, *Bad) {
	d, exp, ok := number(b, column, false)
	if !ok {
		return 0, badInteger
	}
	if !d.integral(exp) {
		return 0, badFraction
	}
	n, ok := d.whole(exp)
	if !ok {
		return 0, badCount
	}
	return n, nil
}

// Decimal reads a number with a fraction. A percentage is returned as a ratio: 12% is 0.12.
func Decimal(b []byte, column Unit) (float64, *Bad) {
	d, exp, ok := number(b, column, true)
	if !ok {
		return 0, badDecimal
	}
	return d.float(exp), nil
}

// float returns the value times 10^exp as a float64. It is the nearest one for up to 15 digits, and nearly the nearest
// one for more.
func (d decimal) float(exp int) float64 {
	f := float64(d.mant)
	shift := exp - d.scale
	for ; shift > 0; shift -= 18 {
		f *= float64(pow10[min(shift, 18)])
	}
	for ; shift < 0; shift += 18 {
		f /= float64(pow10[min(-shift, 18)])
	}
	if d.neg {
		return -f
	}
	return f
}

// number reads a number with an optional scale and counter, or a percent sign if percent is true.
func number(b []byte, column Unit, percent bool) (d decimal, exp int, ok bool) {
	b = Trim(b)
	if d, ok = simple(b); ok {
		return d, column.Exp, true
	}
	var buf [128]byte
	x, ok := loose(b, buf[:0])
	if !ok || len(x.prefix) > 0 {
		return d, 0, false
	}
	exp, suffix := column.Exp, x.suffix
	if percent {
		if cut, found := bytes.CutSuffix(suffix, []byte("%")); found {
			suffix, exp = bytes.Trim(cut, " "), exp-2
		}
	}
	scaled := false
	for i := range scales {
		if cut, found := bytes.CutPrefix(suffix, []byte(scales[i].word)); found {
			exp, suffix, scaled = exp-column.Exp+scales[i].exp, bytes.Trim(cut, " "), true
			break
		}
	}
	if len(suffix) > 0 && !counters[strings.TrimSpace(string(suffix))] {
		return d, 0, false
	}
	if len(x.shown) > 0 {
		scale, ok := decoration(x.shown)
		if !ok || scale != 0 && scaled {
			return d, 0, false
		}
		if scale != 0 {
			exp = scale
		}
	}
	return x.decimal, exp, true
}

// decoration reads the word that a number format adds to a count. A scale (万人) counts. A currency and other words do
// not. A word with Latin letters is not ok, because it may be an unknown scale (K).
func decoration(word []byte) (exp int, ok bool) {
	if u, ok := parseUnit(word); ok {
		if u.Currency != "" {
			return 0, true
		}
		return u.Exp, true
	}
	for i := range scales {
		if cut, found := bytes.CutPrefix(word, []byte(scales[i].word)); found {
			return scales[i].exp, counters[strings.TrimSpace(string(cut))]
		}
	}
	for _, c := range word {
		if c >= 'a' && c <= 'z' {
			return 0, false
		}
	}
	return 0, !bytes.ContainsAny(word, "万亿千百十兆%?")
}
