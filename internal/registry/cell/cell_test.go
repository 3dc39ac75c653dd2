package cell

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBlank(t *testing.T) {
	for _, s := range []string{"", " ", "　", "\t\r\n", "-", "—", "/", "无数据", "N/A", "n/a", "#N/A", "－", "／", " — ", "Ｎ/Ａ", "\uFEFF", "——"} {
		if !Blank([]byte(s)) {
			t.Errorf("%q is not blank", s)
		}
	}
	for _, s := range []string{"0", "无", "否", "--1", "N", "NA", "#DIV/0!", "数据", "/x", "name"} {
		if Blank([]byte(s)) {
			t.Errorf("%q is blank", s)
		}
	}
}

func TestTrim(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("a \u00A0\u3000\uFEFF\u200B天\n津é𠀀")), 0, 8, -1).Draw(t, "text")
		if got, want := string(Trim([]byte(s))), strings.TrimFunc(s, space); got != want {
			t.Fatalf("Trim(%q) = %q, want %q", s, got, want)
		}
	})
}

func TestBool(t *testing.T) {
	for _, c := range []struct {
		in           string
		plain, stern string // 1, 0, or ? for a Bad; stern is with strict
	}{
		{"是", "1", "1"}, {"有", "1", "?"}, {"√", "1", "?"}, {"✓", "1", "?"}, {"Y", "1", "?"}, {"yes", "1", "?"}, {"true", "1", "1"}, {"1", "1", "1"},
		{"否", "0", "0"}, {"无", "0", "?"}, {"×", "0", "?"}, {"N", "0", "?"}, {"no", "0", "?"}, {"false", "0", "0"}, {"0", "0", "0"},
		{" 是 ", "1", "1"}, {"Ｙ", "1", "?"}, {"TRUE", "1", "1"}, {"False", "0", "0"}, {"１", "1", "1"}, {"YES", "1", "?"},
		{"对", "?", "?"}, {"2", "?", "?"}, {"是的", "?", "?"}, {"x", "?", "?"}, {"待核实", "?", "?"}, {"yes please, all of them", "?", "?"},
	} {
		for i, strict := range []bool{false, true} {
			v, bad := Bool([]byte(c.in), strict)
			got := "?"
			if bad == nil {
				got = map[bool]string{true: "1", false: "0"}[v]
			}
			if want := []string{c.plain, c.stern}[i]; got != want {
				t.Errorf("Bool(%q, %v) = %s, want %s", c.in, strict, got, want)
			}
		}
	}
}

func TestMoney(t *testing.T) {
	unit := func(s string) Unit {
		if s == "" {
			return Unit{}
		}
		u, ok := ParseUnit(s)
		if !ok {
			t.Fatalf("unit %q", s)
		}
		return u
	}
	for _, c := range []struct {
		in, column, currency string
		fen                  int64
		bad                  *Bad
	}{
		{"0", "", "CNY", 0, nil},
		{"1234.56", "", "CNY", 123456, nil},
		{"-12.3", "", "CNY", -1230, nil},
		{"1,234,567.8", "", "CNY", 123456780, nil},
		{"1 234 567", "", "CNY", 123456700, nil},
		{"１２３．４５", "", "CNY", 12345, nil},
		{"１，２３４", "", "CNY", 123400, nil},
		{"(500)", "", "CNY", -50000, nil},
		{"（1,500.5）", "", "CNY", -150050, nil},
		{"¥500", "", "CNY", 50000, nil},
		{"￥1,500.00元", "", "CNY", 150000, nil},
		{"-¥500", "", "CNY", -50000, nil},
		{"150万人民币", "", "CNY", 150000000, nil},
		{"150万元人民币", "元", "CNY", 150000000, nil},
		{"人民币150万元整", "", "CNY", 150000000, nil},
		{"1.2亿元", "万元", "CNY", 12000000000, nil},
		{"1.2 亿", "", "CNY", 12000000000, nil},
		{"1亿2000万元", "", "CNY", 12000000000, nil},
		{"0.002万人民币", "", "CNY", 2000, nil},
		{"5", "万元", "CNY", 5000000, nil},
		{"5元", "万元", "CNY", 500, nil},
		{"5人民币", "万元", "CNY", 5000000, nil},
		{"5万", "亿元", "CNY", 5000000, nil},
		{"3.5千元", "", "CNY", 350000, nil},
		{"2百万元", "", "CNY", 200000000, nil},
		{"5000 美元", "", "USD", 500000, nil},
		{"5000美元", "万元", "USD", 500000, nil},
		{"1亿美元", "", "USD", 10000000000, nil},
		{"$1,000", "", "USD", 100000, nil},
		{"US$ 1000", "", "USD", 100000, nil},
		{"10", "亿美元", "USD", 100000000000, nil},
		{"5000 美元", "", "CNY", 0, badCurrency},
		{"5", "万美元", "CNY", 0, badCurrency},
		{"1.2亿元", "", "USD", 0, badCurrency},
		{"100", "万元", "USD", 0, badCurrency},
		// Exact to the fen, half away from zero, for any number of digits.
		{"22986765175.169998", "", "CNY", 2298676517517, nil},
		{"0.004", "", "CNY", 0, nil}, {"0.005", "", "CNY", 1, nil}, {"-0.005", "", "CNY", -1, nil},
		{"1.005", "", "CNY", 101, nil}, {"1.0049999999999999999999", "", "CNY", 100, nil},
		{"0.285", "万元", "CNY", 285000, nil}, {"4.35", "亿元", "CNY", 43500000000, nil},
		{"34.200000000000003", "万元", "CNY", 34200000, nil},
		{"0.00000049", "万元", "CNY", 0, nil}, {"0.0000005", "万元", "CNY", 1, nil},
		{"1.5e+08", "", "CNY", 15000000000, nil}, {"1.5E8", "", "CNY", 15000000000, nil}, {"1E-3", "", "CNY", 0, nil},
		{"90000000000000", "", "CNY", 9000000000000000, nil}, {"90071992547409.92", "", "CNY", 1 << 53, nil},
		{"90071992547409.93", "", "CNY", 0, badAmount}, {"99999999", "亿元", "CNY", 0, badAmount},
		{"123456789012345678901234567890", "", "CNY", 0, badAmount},
		{"约500", "", "CNY", 0, badMoney}, {"500左右", "", "CNY", 0, badMoney}, {"待审计", "", "CNY", 0, badMoney},
		{"1,23", "", "CNY", 0, badMoney}, {"1234,567", "", "CNY", 0, badMoney}, {"1,2345", "", "CNY", 0, badMoney}, {"1.2.3", "", "CNY", 0, badMoney},
		{"12%", "", "CNY", 0, badMoney}, {"10-20", "", "CNY", 0, badMoney}, {"--5", "", "CNY", 0, badMoney}, {"5.", "", "CNY", 0, badMoney},
		{".5", "", "CNY", 50, nil}, {"+5", "", "CNY", 500, nil}, {"1,234.5,6", "", "CNY", 0, badMoney}, {"12 34", "", "CNY", 0, badMoney},
		{"500元/月", "", "CNY", 0, badMoney}, {"#DIV/0!", "", "CNY", 0, badMoney}, {"(-5)", "", "CNY", 0, badMoney},
	} {
		fen, bad := Money([]byte(c.in), c.currency, unit(c.column))
		if fen != c.fen || bad != c.bad {
			t.Errorf("Money(%q, %s, %q) = %d, %v; want %d, %v", c.in, c.currency, c.column, fen, bad, c.fen, c.bad)
		}
	}
}

// TestMoneyIsExact compares with rational arithmetic.
func TestMoneyIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9]{1,9}(\.[0-9]{1,12})?`).Draw(t, "digits")
		u := rapid.SampledFrom([]Unit{{}, {Exp: 4, Currency: "CNY"}, {Exp: 8}}).Draw(t, "unit")
		form := rapid.SampledFrom([]string{"%s", "-%s", "(%s)", " %s ", "¥%s"}).Draw(t, "form")
		if u.Exp == 8 && len(strings.Split(digits, ".")[0]) > 5 {
			t.Skip("beyond the largest amount")
		}
		want, _ := new(big.Rat).SetString(digits)
		want.Mul(want, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(u.Exp+2)), nil)))
		want.Add(want, big.NewRat(1, 2))
		fen := new(big.Int).Div(want.Num(), want.Denom()).Int64()
		if form == "-%s" || form == "(%s)" {
			fen = -fen
		}
		got, bad := Money([]byte(fmt.Sprintf(form, digits)), "CNY", u)
		if bad != nil || got != fen {
			t.Fatalf("%s in %+v: %d, %v; want %d", fmt.Sprintf(form, digits), u, got, bad, fen)
		}
	})
}

func TestInteger(t *testing.T) {
	for _, c := range []struct {
		in  string
		n   int64
		bad *Bad
	}{
		{"0", 0, nil}, {"120", 120, nil}, {" 120 ", 120, nil}, {"120人", 120, nil}, {"120 名", 120, nil}, {"1,234", 1234, nil}, {"12.0", 12, nil},
		{"１２０", 120, nil}, {"1.2万人", 12000, nil}, {"-5", -5, nil}, {"1.2E+3", 1200, nil}, {"3件", 3, nil}, {"007", 7, nil},
		{"12.5", 0, badFraction}, {"1.23456万", 0, badFraction}, {"约120", 0, badInteger}, {"12a", 0, badInteger}, {"十二", 0, badInteger},
		{"1-2", 0, badInteger}, {"12%", 0, badInteger}, {"120元", 0, badInteger}, {"1e300", 0, badCount}, {"", 0, badInteger},
	} {
		n, bad := Integer([]byte(c.in), Unit{})
		if n != c.n || bad != c.bad {
			t.Errorf("Integer(%q) = %d, %v; want %d, %v", c.in, n, bad, c.n, c.bad)
		}
	}
	if n, bad := Integer([]byte("1.5"), Unit{Exp: 4}); n != 15000 || bad != nil {
		t.Errorf("1.5 in 万: %d, %v", n, bad)
	}
}

func TestDecimal(t *testing.T) {
	for in, want := range map[string]float64{"3.5": 3.5, "12%": 0.12, "12.5 ％": 0.125, "0.1": 0.1, "-1,234.25": -1234.25, "5项": 5, "1e-3": 0.001,
		"22986765175.169998": 22986765175.169998, "3.3333333333333335": 3.3333333333333335} {
		if got, bad := Decimal([]byte(in), Unit{}); bad != nil || math.Abs(got-want) > 1e-15*math.Abs(want) {
			t.Errorf("Decimal(%q) = %v, %v", in, got, bad)
		}
	}
	for _, in := range []string{"", "x", "1/2", "%", "3.5.1", "5元"} {
		if got, bad := Decimal([]byte(in), Unit{}); bad == nil {
			t.Errorf("Decimal(%q) = %v", in, got)
		}
	}
}

func TestDate(t *testing.T) {
	for _, in := range []string{"2021-03-01", "2021/3/1", "2021.3.1", "20210301", "2021年3月1日", "44256", "2021-3-1", "2021/03/01", "2021.03.01",
		"2021年03月01日", "2021-03-01 00:00:00", "2021/3/1 0:00", "2021-03-01T10:20:30Z", "44256.5", "20210301.0", "２０２１－０３－０１", "2021 年 3 月 1 日",
		" 2021-03-01 ", "2021年3月1号", "2021－3－1"} {
		if days, bad := Date([]byte(in)); bad != nil || days != 18687 {
			t.Errorf("Date(%q) = %d, %v", in, days, bad)
		}
	}
	for in, want := range map[string]*Bad{
		"2021": badPartDate, "2021-03": badPartDate, "2021年": badPartDate, "2021年3月": badPartDate, "202103": badPartDate, "2021/3": badPartDate, "2021.3": badPartDate,
		"2021-02-29": badDay, "2021-13-01": badDay, "20210431": badDay, "2021-00-10": badDay, "00000000": NoDay, "2021年2月30日": badDay, "1900-02-29": badDay,
		"21-3-1": badDate, "3/1/2021": badDate, "2021-03/01": badDate, "长期": badDate, "2021-03-01至2022-03-01": badDate, "abc": badDate, "123": badDate, "1234567": badDate,
		"2021-03-01 下午": badDate, "44256.x": badDate, "": badDate, "2021--03": badDate, "2021年3-1": badDate,
	} {
		if days, bad := Date([]byte(in)); bad != want {
			t.Errorf("Date(%q) = %d, %v; want %v", in, days, bad, want)
		}
	}
}

// TestDateAgreesWithTime: every notation of a date gives that date.
func TestDateAgreesWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Int64Range(-300_000, 300_000).Filter(func(d int64) bool { return d < -25570 || d > -25568 }).Draw(t, "days")
		d := time.Unix(days*86400, 0).UTC()
		layout := rapid.SampledFrom([]string{"2006-01-02", "2006/1/2", "2006.1.2", "20060102", "2006年1月2日", "2006-01-02 15:04:05"}).Draw(t, "layout")
		if got, bad := Date([]byte(d.Format(layout))); bad != nil || got != days {
			t.Fatalf("%s: %d, %v; want %d", d.Format(layout), got, bad, days)
		}
	})
}

func TestUnits(t *testing.T) {
	for in, want := range map[string]Unit{
		"元": {0, "CNY", true, "元"}, "万元": {4, "CNY", true, "万元"}, "亿元": {8, "CNY", true, "亿元"}, "人民币万元": {4, "CNY", true, "万元"},
		"万元人民币": {4, "CNY", true, "万元"}, "美元": {0, "USD", true, "美元"}, "万美元": {4, "USD", true, "万美元"}, "亿美元": {8, "USD", true, "亿美元"},
		"万": {4, "", true, "万"}, "千元": {3, "CNY", true, "千元"}, "人民币": {0, "CNY", false, "人民币"}, "RMB": {0, "CNY", false, "人民币"},
	} {
		if got, ok := ParseUnit(in); !ok || got != want {
			t.Errorf("ParseUnit(%q) = %+v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "人", "万人", "项", "元/月", "含税", "2020"} {
		if got, ok := ParseUnit(in); ok {
			t.Errorf("ParseUnit(%q) = %+v", in, got)
		}
	}
}

func TestNameKey(t *testing.T) {
	for in, want := range map[string]string{
		"天津某某科技有限公司":       "天津某某科技有限公司",
		" 天津 某某\n科技有限公司　":  "天津某某科技有限公司",
		"天津（华苑）ABC科技":      "天津(华苑)abc科技",
		"天津(华苑)ＡＢＣ科技":      "天津(华苑)abc科技",
		"天津【华苑】〔一〕[b]":     "天津(华苑)(一)(b)",
		"\uFEFF天津\u200B津":  "天津津",
		"Laoling Co.,Ltd.": "laolingco.,ltd.",
		"㈱ⅠⅡ":              "(株)iii",
	} {
		if got := NameKey(in); got != want {
			t.Errorf("NameKey(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "name")
		key := NameKey(s)
		if again := NameKey(key); again != key {
			t.Fatalf("NameKey(%q) = %q, again %q", s, key, again)
		}
	})
}

// The fast path to a key gives the same key as the general one, if it gives one.
func TestUsualKey(t *testing.T) {
	var usual []rune
	for r := rune(0); r < 0x80; r++ {
		usual = append(usual, r)
	}
	for r := '\uFF00'; r <= '\uFF60'; r++ {
		usual = append(usual, r)
	}
	usual = append(usual, []rune("天津一龥\u4E00\u9FFF\u3000〔【〖〘⦅〕】〗〙⦆\u00A0\u0085é\u0301\uFEFF㈱Ⅰ\uFFFD")...)
	known := 0
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom(usual)).Draw(t, "name")
		key, ok := usualKey(s)
		if ok && key != foldedKey(s) {
			t.Fatalf("usualKey(%q) = %q, want %q", s, key, foldedKey(s))
		}
		if ok && s != "" {
			known++
		}
	})
	for _, r := range usual {
		if key, ok := usualKey("天" + string(r) + "A"); ok && key != foldedKey("天"+string(r)+"A") {
			t.Errorf("usualKey with %q = %q", r, key)
		}
	}
	if _, ok := usualKey("天津某某科技有限公司（示例）"); !ok || known == 0 {
		t.Errorf("no text is usual: %d", known)
	}
}

func TestList(t *testing.T) {
	for in, want := range map[string]string{"甲；乙": "甲；乙", "甲、乙;丙": "甲；乙；丙", " 甲 ；\n；乙 ": "甲；乙", "": "", "；": "", "甲": "甲"} {
		if got := List(in); got != want {
			t.Errorf("List(%q) = %q", in, got)
		}
	}
}

// TestNoAllocation: cells in the usual notations allocate nothing.
func TestNoAllocation(t *testing.T) {
	money, staff, day, yes, code := []byte("1234.56"), []byte("120"), []byte("2021-03-01"), []byte("是"), []byte("91110000600037341L")
	wide, slow := []byte("1,234.5万元"), []byte("2021/3/1")
	n := testing.AllocsPerRun(100, func() {
		Money(money, "CNY", Unit{Exp: 4})
		Money(wide, "CNY", Unit{})
		Integer(staff, Unit{})
		Date(day)
		Date(slow)
		Bool(yes, false)
		Blank(money)
		USCC(code, nil)
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"1,234.5万元", "(１２)", "2021年3月1日", "1亿2000万", "1e999999999", "US$5", "91110000600037341L", "=\"911\"", "\xFF",
		"￥（5）万元", "5 [万美元]", "二〇一七年九月一日", "2020-02-29T15:59:17.000Z", "2020-02-29 23:59:59.999", "20200229235917", "1900-01-00", "负5", "-（5）", "\u202D5\u202C", "&amp;5", "911201101000001000", "\"\x00\"00", "\" \"00", "约60人", "50-60", "２ ６００余", "300 万 元 人 民 币", "六十", "2016年3月18号", "2016-02-30", "自2019年11月28日至2022年11月27日", "暂无", "#REF!", "同上", "代码：91110000600037341L", "91110000600037341L/91110000600037341L", "5 [K]", "−5", "1.2亿3000万"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := string(b)
		fen, bad := Money(b, "CNY", Unit{Exp: 4})
		if bad != nil && fen != 0 || fen > maxFen || fen < -maxFen {
			t.Errorf("money %d, %v", fen, bad)
		}
		Integer(b, Unit{})
		Decimal(b, Unit{})
		Date(b)
		Bool(b, false)
		Blank(b)
		ParseUnit(string(b))
		List(string(b))
		NameKey(string(b))
		if plain, state := PlainCode(b); state == NoCode {
			Reject(UnusablePlain(plain), true)
		} else if again, state := PlainCode(plain); state == NoCode || string(again) != string(plain) {
			t.Errorf("plain code %q, read again %q", plain, again)
		}
		code, state := USCC(b, nil)
		if state == NoCode {
			Reject(Unusable(code), false)
		} else if len(code) != 18 {
			t.Errorf("code %q", code)
		} else if state == BadCheck {
			Warn(string(code))
		}
		if string(b) != before {
			t.Error("the cell was changed")
		}
	})
}
