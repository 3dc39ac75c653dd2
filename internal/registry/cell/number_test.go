package cell

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestNegatives: brackets around the digits mean minus, wherever the currency and the unit are.
func TestNegatives(t *testing.T) {
	for in, want := range map[string]int64{
		"(5)": -5, "¥(5)": -5, "￥（5.00）": -5, "（5）元": -5, "(5元)": -5, "(￥5)": -5, "人民币（5）元": -5, "( 5 )": -5, "(¥ 5)元": -5, "（￥5元）": -5, "（５）": -5, "－５": -5, "−5": -5,
		"-¥5": -5, "¥-5": -5, "负5": -5, "负5元": -5, "5（元）": 5, "(元)5": 5, "(1,000)": -1000, "（0.05万）": -500,
	} {
		if fen, bad := Money([]byte(in), "CNY", Unit{}); bad != nil || fen != want*100 {
			t.Errorf("Money(%q) = %d, %v", in, fen, bad)
		}
	}
	for _, in := range []string{"5-", "△5", "-（5）", "(-5)", "-¥(5)", "(5", "5)x", "(1)5", "(5)(6)", "（5）6", "-负5", "负-5", "负(5)", "()5", "亏损5"} {
		if fen, bad := Money([]byte(in), "CNY", Unit{}); bad == nil && !(in == "5)x") && in != "()5" {
			t.Errorf("Money(%q) = %d", in, fen)
		}
	}
	for in, want := range map[string]float64{"(12.5%)": -0.125, "(12.5)%": -0.125, "-12.5％": -0.125, "（3）": -3} {
		if got, bad := Decimal([]byte(in), Unit{}); bad != nil || got != want {
			t.Errorf("Decimal(%q) = %v, %v", in, got, bad)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.SampledFrom([]string{"5", "1,234.50", "0.07", "８", "12 000"}).Draw(t, "number")
		mark, unit := rapid.SampledFrom([]string{"", "¥", "￥", "人民币", "RMB "}).Draw(t, "mark"), rapid.SampledFrom([]string{"", "元", "万元", " 亿元", "千元"}).Draw(t, "unit")
		pair := rapid.SampledFrom([][2]string{{"(", ")"}, {"（", "）"}, {"( ", " )"}}).Draw(t, "brackets")
		inside := func(s string, in bool) (string, string) {
			if in {
				return s, ""
			}
			return "", s
		}
		markIn, markOut := inside(mark, rapid.Bool().Draw(t, "mark inside"))
		unitIn, unitOut := inside(unit, rapid.Bool().Draw(t, "unit inside"))
		text := markOut + pair[0] + markIn + number + unitIn + pair[1] + unitOut
		want, bad := Money([]byte(mark+number+unit), "CNY", Unit{Exp: 3})
		got, worse := Money([]byte(text), "CNY", Unit{Exp: 3})
		if bad != nil || worse != nil || got != -want {
			t.Fatalf("Money(%q) = %d, %v; want %d", text, got, worse, -want)
		}
	})
}

// TestShown: the word of a number format is the unit of an amount, and has no meaning for a count.
func TestShown(t *testing.T) {
	for _, c := range []struct {
		number, word string
		yuan         int64 // −1: refused
		count        int64 // −1: refused
	}{
		{"15", "万元", 150_000, 15}, {"15", "元", 15, 15}, {"15", "万", 150_000, 150_000}, {"1500", "亿", 150_000_000_000, 150_000_000_000},
		{"15", "$", -1, 15}, {"15", "US$", -1, 15}, {"15", "HK$", -1, 15}, {"15", "€", -1, 15}, {"15", "美元", -1, 15}, {"15", "万美元", -1, 15}, {"15", "₩", -1, 15}, {"15", "日元", -1, 15},
		{"1.5", "万人", -1, 15_000}, {"15", "K", -1, -1}, {"15", "?", -1, -1}, {"15", "元/月", -1, 15}, {"15", "USD", -1, 15},
	} {
		b := Shown([]byte(c.number), c.word)
		fen, bad := Money(b, "CNY", Unit{Exp: 8})
		if (bad != nil) != (c.yuan < 0) || bad == nil && fen != c.yuan*100 {
			t.Errorf("Money(%q) = %d, %v", b, fen, bad)
		}
		n, bad := Integer(b, Unit{})
		if (bad != nil) != (c.count < 0) || bad == nil && n != c.count {
			t.Errorf("Integer(%q) = %d, %v", b, n, bad)
		}
		if got := string(Clean(b)); got != c.number {
			t.Errorf("Clean(%q) = %q", b, got)
		}
	}
	if fen, bad := Money([]byte("15 [万美元]"), "USD", Unit{}); fen != 15_000_000 || bad != nil {
		t.Errorf("dollars: %d, %v", fen, bad)
	}
}

func TestDatesOfPrograms(t *testing.T) {
	const first, second = 18687, 18688 // 2021-03-01 and the day after
	for in, want := range map[string]int64{
		"2021-03-01 00:00:00.0": first, "2021-03-01 00:00:00.000": first, "2021-03-01T00:00:00.000": first, "2021/3/1 0:00:00.0": first, "2021.3.1 12:00:00.5": first, "2021-03-01 12:30:15.123456": first,
		"2021-03-01T16:00:00Z": second, "2021-03-01T15:58:59Z": first, "2021-03-01T16:00:00.000Z": second, "2021-02-28T16:00:00.000Z": first, "2021-03-01T00:00:00+08:00": first, "2021-03-01T00:00:00+0800": first,
		"2021-03-01T00:00:00Z": first, "2021-03-01T20:00:00-05:00": second, "2021-03-01 16:00:00 +0000 UTC": second, "2021-03-01 08:00:00 +0800 CST": first, "2021-03-01T00:30:00+09:00": first - 1, "2021-03-01T16:00Z": second,
		"2021-02-28 23:59:17": first, "2021-02-28 23:59:59.999": first, "2021-02-28 23:59": first, "2021-02-28 23:58:59": first - 1, "2021-02-28T15:59:17.000Z": first, "44255.9995": first, "44256.0005": first, "44255.99": first - 1,
		"20210301 00:00:00": first, "20210301103000": first, "20210228235917": first, "2021-03-01T00:00:00.000+08:00[Asia/Shanghai]": first, "20210301000000.0": first,
		"2021-03-01 24:00:00": first, "2021-03-01 10:30": first,
		"二〇二一年三月一日": first, "二零二一年三月一日": first, "二○二一年三月一号": first, "二O二一年三月一日": first, "贰零贰壹年叁月壹日": first, "二〇二一年 三月 一日": first, "二〇二一年零三月零一日": first, "二〇二一年三月二日": second,
	} {
		if got, bad := Date([]byte(in)); bad != nil || got != want {
			t.Errorf("Date(%q) = %d, %v; want %d", in, got, bad, want)
		}
	}
	for in, want := range map[string]*Bad{
		"0": NoDay, "0.0": NoDay, "1899-12-30": NoDay, "1899-12-31": NoDay, "1899/12/30 0:00:00": NoDay, "1900-01-00": NoDay, "1900/1/0": NoDay, "1900年1月0日": NoDay, "0000-00-00": NoDay, "0000-00-00 00:00:00": NoDay, "0001-01-01": NoDay,
		"0001-01-01T00:00:00": NoDay, "1899-12-29T15:54:17.000Z": NoDay,
		"二〇二一年三月": badPartDate, "二〇二一年": badPartDate, "二〇二一年十三月一日": badDay, "二〇二一年二月三十日": badDay, "三月一日": badDate, "二一年三月一日": badDate, "二〇二一年三一月": badDate, "二〇二一": badDate,
		"2021-03-01T16:00:00X": badDate, "2021-03-01T": nil, "2021-03-01 12": badDate, "2021-03-01 12:00:00+99:00": badDate, "00:00:00": badDate, "1900-01-01": nil, "2021-03-01 1:2:3:4": badDate,
	} {
		if got, bad := Date([]byte(in)); bad != want {
			t.Errorf("Date(%q) = %d, %v; want %v", in, got, bad, want)
		}
	}
	for in, want := range map[string]int64{"2021-03-01 23:59:59": first, "2021-03-01 23:59:59.999": first, "2021-03-01 23:59": first, "2021-02-28 23:59:17": first, "2021-03-01T15:59:59Z": first, "2021-03-01": first} {
		if got, bad := Until([]byte(in)); bad != nil || got != want {
			t.Errorf("Until(%q) = %d, %v", in, got, bad)
		}
	}
	for in, want := range map[string]int64{"2021-03": first, "2021年3月": first, "2021/3": first, "202103": first, "2021.3": first, "二〇二一年三月": first, "2021-03-02": second, "2021年3月2日": second} {
		if got, bad := Month([]byte(in)); bad != nil || got != want {
			t.Errorf("Month(%q) = %d, %v", in, got, bad)
		}
	}
	for _, in := range []string{"2021", "2021年", "2021-13", "3月", "", "0"} {
		if got, bad := Month([]byte(in)); bad == nil {
			t.Errorf("Month(%q) = %d", in, got)
		}
	}
}

// TestTimesOfDay: a time is dropped, except for the last minute of a day, and a zone is converted to China's time.
func TestTimesOfDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.IntRange(0, 86399).Draw(t, "seconds")
		zone := rapid.SampledFrom([]int{8, 0, 9, -5, 1}).Draw(t, "zone")
		clock := func(s int) string {
			two := func(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }
			return two(s/3600) + ":" + two(s/60%60) + ":" + two(s%60)
		}
		text := "2021-03-01" + rapid.SampledFrom([]string{"T", " "}).Draw(t, "sign") + clock(seconds) + rapid.SampledFrom([]string{"", ".0", ".000", ".123456"}).Draw(t, "fraction")
		want := int64(18687)
		local := seconds
		switch zone {
		case 8:
			text += rapid.SampledFrom([]string{"", "+08:00", "+0800"}).Draw(t, "china")
		case 0:
			text, local = text+rapid.SampledFrom([]string{"Z", "z", "+00:00"}).Draw(t, "greenwich"), seconds+8*3600
		case -5:
			text, local = text+"-05:00", seconds+13*3600
		default:
			text, local = text+"+0"+string('0'+byte(zone))+":00", seconds+(8-zone)*3600
		}
		for ; local >= 86400; local -= 86400 {
			want++
		}
		for ; local < 0; local += 86400 {
			want--
		}
		if local >= 86340 {
			want++
		}
		if got, bad := Date([]byte(text)); bad != nil || got != want {
			t.Fatalf("Date(%q) = %d, %v; want %d", text, got, bad, want)
		}
	})
}

// TestChineseNumerals: a date in Chinese numerals is the same as in digits.
func TestChineseNumerals(t *testing.T) {
	tens := func(n int) string {
		const digits = "〇一二三四五六七八九"
		d := []rune(digits)
		switch {
		case n < 10:
			return string(d[n])
		case n%10 == 0 && n == 10:
			return "十"
		case n < 20:
			return "十" + string(d[n-10])
		case n%10 == 0:
			return string(d[n/10]) + "十"
		}
		return string(d[n/10]) + "十" + string(d[n%10])
	}
	rapid.Check(t, func(t *rapid.T) {
		y, m, d := rapid.IntRange(1949, 2049).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 31).Draw(t, "day")
		var year strings.Builder
		for _, c := range []int{y / 1000, y / 100 % 10, y / 10 % 10, y % 10} {
			year.WriteString(tens(c))
		}
		zero := rapid.SampledFrom([]string{"〇", "零", "○", "O"}).Draw(t, "zero")
		text := strings.ReplaceAll(year.String(), "〇", zero) + "年" + tens(m) + "月" + tens(d) + rapid.SampledFrom([]string{"日", "号"}).Draw(t, "end")
		want, bad := civil(y, m, d)
		got, worse := Date([]byte(text))
		if got != want || bad != worse {
			t.Fatalf("Date(%q) = %d, %v; want %d, %v", text, got, worse, want, bad)
		}
	})
}

// TestRoundedCodes: eighteen digits that end in zeros are a code that a spreadsheet rounded.
func TestRoundedCodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`9112011[0-9]{8}`).Draw(t, "digits") + "000"
		if _, state := USCC([]byte(code), nil); state != NoCode && !(state == GoodCode && organisationCode(code)) {
			t.Fatalf("%s is a code: %d", code, state)
		}
		if why := Unusable([]byte(code)); !strings.Contains(why.ZH, "数位") {
			t.Fatalf("%s: %s", code, why.ZH)
		}
		if _, state := PlainCode([]byte(code)); state != NoCode {
			t.Fatalf("%s is a plain code", code)
		}
	})
}
