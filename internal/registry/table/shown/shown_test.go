package shown

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestNumberFormats: what a person sees under a format, with all digits of the cell.
func TestNumberFormats(t *testing.T) {
	for _, c := range []struct{ code, value, want string }{
		{"General", "1500", "1500"}, {"0.00", "1500", "1500"}, {"#,##0.00", "1500.5", "1500.5"}, {"#,##0", "1500", "1500"}, {`#,##0.00_);[Red]\(#,##0.00\)`, "-1500", "-1500"}, {"0%", "0.15", "0.15"},
		{`_ * #,##0.00_ ;_ * \-#,##0.00_ ;_ * "-"??_ ;_ @_ `, "1500", "1500"}, {"# ?/?", "1.5", "1.5"}, {"0.00E+00", "1500", "1500"}, {"@", "15", "15"}, {"[h]:mm", "1.5", "1.5"},
		// Scale.
		{"#,##0,", "1500000", "1500"}, {"#,##0.00,", "1500000", "1500"}, {"0.00,,", "31000000", "31"}, {"0.0,", "1234567", "1234.567"}, {"0,.0", "1234567", "1234.567"}, {"#,##0,_)", "1500", "1.5"}, {"0,", "5", "0.005"}, {"0,", "-1500", "-1.5"},
		{"0!.0,", "26000000", "2600"}, {"0!.0000", "26000000", "2600"}, {`0\.0,`, "26000000", "2600"}, {`0"."0,`, "26004567", "2600.4567"}, {"#!.#,", "5", "0.0005"}, {"0!.00", "5", "0.05"}, {`0"."0000,`, "26000000", "2.6"}, {"#!,####", "26000000", "26000000"},
		{"0!.0,", "-26000000", "-2600"}, {"0!.0,", "0", "0"}, {"0!.0,;-0!.0,", "-5000", "-0.5"}, {"0!.0,", "2.6E7", "2600"}, {"0.0!.0", "5", "5 [?]"}, {"0!.0%", "5", "5 [?]"},
		// Units.
		{`0!.0,"万元"`, "15000000", "1500 [万元]"}, {`0"."0,"万"`, "15000000", "1500 [万]"}, {`0.0"万元"`, "1500", "1500 [万元]"}, {`0!.0,\万\元`, "15000000", "1500 [万元]"}, {`0.00万元`, "1500", "1500 [万元]"}, {`#,##0"元"`, "15", "15 [元]"},
		{`General"万元"`, "15", "15 [万元]"}, {`G/通用格式"万元"`, "15", "15 [万元]"}, {`0.00_ "亿元"`, "1.5", "1.5 [亿元]"}, {`0"人"`, "15", "15"}, {`0"年"`, "2020", "2020"}, {`0"万人"`, "1.5", "1.5 [万人]"}, {`0.0,"K"`, "1500", "1.5 [K]"}, {`"约"0`, "15", "15"},
		{`(0"万元")`, "15", "15 [万元]"}, {`0.00" 万元 "`, "15", "15 [万元]"}, {`0"亿"0000"万"`, "12345", "12345 [?]"}, {`#,##0"元";[Red]-#,##0"元"`, "-15", "-15 [元]"},
		// Currency.
		{"[$$-409]#,##0.00", "15", "15 [$]"}, {`"US$"#,##0`, "15", "15 [US$]"}, {"[$€-2] #,##0", "15", "15 [€]"}, {"[$HK$-C04]#,##0.00", "15", "15 [HK$]"}, {`#,##0.00"美元"`, "15", "15 [美元]"}, {`#,##0"万美元"`, "15", "15 [万美元]"}, {`$#,##0.00`, "15", "15 [$]"},
		{`\$#,##0`, "15", "15 [$]"}, {"[$USD] #,##0", "15", "15 [USD]"}, {"[$¥-804]#,##0.00", "15", "15"}, {`"¥"#,##0.00`, "15", "15"}, {`"￥"#,##0;\-"￥"#,##0`, "-15", "-15"}, {"[$RMB] #,##0", "15", "15"}, {"[$¥-411]#,##0", "15", "15 [日元]"}, {"[$-804]0", "15", "15"},
		{`_ [$$-409]* #,##0.00_ ;_ [$$-409]* \-#,##0.00_ ;_ [$$-409]* "-"??_ ;_ @_ `, "-15", "-15 [$]"}, {"[$$-409]#,##0.00", "0", "0"}, {`[$€-407]#,##0,"千"`, "15000", "15 [€千]"},
		// Conditions and colours.
		{`[>=100000000]0!.00,,"亿";[>=10000]0!.0,"万";0`, "2600000000", "26 [亿]"}, {`[>=100000000]0!.00,,"亿";[>=10000]0!.0,"万";0`, "26000000", "2600 [万]"}, {`[>=100000000]0!.00,,"亿";[>=10000]0!.0,"万";0`, "150", "150"},
		{`[Red][<0]0"万元";0"元"`, "-15", "-15 [万元]"}, {`[Red][<0]0"万元";0"元"`, "15", "15 [元]"}, {"[Blue]0", "15", "15"}, {"[DBNum1]0", "15", "15"},
		// Codes.
		{"000000", "1", "000001"}, {"0000", "131", "0131"}, {"0000", "20200331", "20200331"}, {"00000000000", "2212345678", "02212345678"}, {"000-0000-0000", "2212345678", "022-1234-5678"}, {`000\-00000000`, "2212345678", "022-12345678"}, {"0000 0000", "12345678", "1234 5678"},
		{`"GR"000000`, "12", "GR000012"}, {"000000", "1.5", "1.5"}, {"000000", "-5", "-5"}, {"000000", "0", "000000"}, {"[<=9999999]0000000;00000000000", "1234567", "1234567"}, {"[<=9999999]0000000;00000000000", "2212345678", "02212345678"}, {"0", "15", "15"}, {"00.00", "5.5", "5.5"}, {"#,#00", "5", "5"},
	} {
		f := Custom(c.code)
		got, _ := f.AppendNumber(nil, []byte(c.value), false)
		if string(got) != c.want {
			t.Errorf("%s under %s: %q, want %q", c.value, c.code, got, c.want)
		}
	}
	for _, plain := range []string{"General", "0.00", "#,##0", `"¥"#,##0.00`, `_ * #,##0.00_ ;_ * \-#,##0.00_ ;_ * "-"??_ ;_ @_ `, "[$¥-804]#,##0.00", `0"人"`} {
		if f := Custom(plain); f != (Format{}) {
			t.Errorf("%s changes nothing and is kept: %+v", plain, f.shown)
		}
	}
}

// TestScaledFormats: formats with any number of commas, literal points and a unit.
func TestScaledFormats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		commas, places := rapid.IntRange(0, 2).Draw(t, "commas"), rapid.IntRange(0, 4).Draw(t, "places")
		code := rapid.SampledFrom([]string{"0", "#,##0", "#", "###0"}).Draw(t, "digits")
		shift := 3 * commas
		if places > 0 {
			point := rapid.SampledFrom([]string{".", "!.", `\.`, `"."`}).Draw(t, "point")
			code += point + strings.Repeat(rapid.SampledFrom([]string{"0", "#"}).Draw(t, "place"), places)
			if point != "." {
				shift += places
			}
		}
		code += strings.Repeat(",", commas)
		unit := rapid.SampledFrom([]string{"", "万元", "元", "亿", "$", "美元"}).Draw(t, "unit")
		if unit != "" {
			code = rapid.SampledFrom([]string{"", "[Red]", "[$-804]"}).Draw(t, "bracket") + code + rapid.SampledFrom([]string{"", "_ ", "* "}).Draw(t, "blank") + `"` + unit + `"`
		}
		if rapid.Bool().Draw(t, "sections") {
			code += ";-" + code + `;"-"`
		}
		n := rapid.Int64Range(-9_999_999_999, 9_999_999_999).Filter(func(n int64) bool { return n != 0 }).Draw(t, "number")
		got, _ := Custom(code).AppendNumber(nil, []byte(fmt.Sprint(n)), false)
		number, shown, _ := strings.Cut(string(got), " [")
		value, ok := new(big.Rat).SetString(number)
		want := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(shift)), nil))
		if !ok || value.Cmp(want) != 0 || strings.TrimSuffix(shown, "]") != unit {
			t.Fatalf("%d under %s: %q", n, code, got)
		}
	})
}

// TestPaddedFormats: an integer has the zeros of its format.
func TestPaddedFormats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zeros := rapid.IntRange(2, 14).Draw(t, "zeros")
		n := rapid.Int64Range(1, 99_999_999).Draw(t, "number")
		code := strings.Repeat("0", zeros) + rapid.SampledFrom([]string{"", "_ ", `"号"`, ";;@"}).Draw(t, "behind")
		if got, _ := Custom(code).AppendNumber(nil, []byte(fmt.Sprint(n)), false); string(got) != fmt.Sprintf("%0*d", zeros, n) {
			t.Fatalf("%d under %s: %q", n, code, got)
		}
	})
}
