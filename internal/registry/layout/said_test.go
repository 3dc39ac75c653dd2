package layout

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/table"
)

// saying reads one row under a header and gives its facts, or why it was refused; what was refused or odd stands behind.
func saying(t interface {
	Helper()
	Fatal(...any)
}, p *pack.Pack, reg *pack.Register, header, row []string) string {
	t.Helper()
	l, err := Understand(p, reg, "x.csv", "", [][]string{header, row}, nil, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cells := make([][]byte, len(row))
	for i, s := range row {
		cells[i] = []byte(s)
	}
	var out Reading
	l.Convert(2, cells, &out)
	switch {
	case out.Skip:
		return "skipped"
	case out.Refuse != nil:
		return "refused"
	}
	said := []string{out.Code, out.Name}
	for _, f := range out.Facts {
		if f.Attr.ID != reg.CodeAttr && f.Attr.ID != reg.NameAttr && f.Cell > 0 {
			said = append(said, factText(f))
		}
	}
	for _, i := range out.Refusals {
		said = append(said, "×"+i.Column)
	}
	for _, i := range out.Warnings {
		said = append(said, "!"+i.Column)
	}
	return strings.Join(said, " ")
}

const (
	someCode = "91110000600037341L"
	someName = "津门示例泵业有限公司"
)

// TestCellsAsBureausMakeThem: one cell under a header, beside a good code and name.
func TestCellsAsBureausMakeThem(t *testing.T) {
	p, reg := city(t)
	for _, c := range []struct{ header, cell, want string }{
		// Words for nothing.
		{"注册地址", "无", ""}, {"注册地址", "NULL", ""}, {"注册地址", "暂无", ""}, {"注册地址", "（空）", ""}, {"注册地址", "否", ""}, {"注册地址", "无锡路1号", "address=无锡路1号"}, {"注册地址", "'/", ""}, {"注册地址", `="-"`, ""}, {"注册地址", "'#REF!", "×注册地址"}, {"注册地址", "#REF!", "×注册地址"}, {"注册地址", "同上", "×注册地址"},
		{"技术领域", "无", ""}, {"技术领域", "不属于", ""}, {"股票代码", "nan", ""}, {"股票代码", "--", ""}, {"行业", "无", ""}, {"曾用名", "无", ""}, {"技术领域", "'/", ""}, {"职工总数2020", "'/", ""}, {"成立日期", "'-", ""}, {"是否独立法人", "'/", ""},
		{"职工总数2020", "无", "×职工总数2020"}, {"职工总数2020", "暂无", "×职工总数2020"}, {"职工总数2020", "NULL", ""}, {"职工总数2020", "〃", "×职工总数2020"}, {"职工总数2020", "#DIV/0!", "×职工总数2020"}, {"职工总数2020", "约60", "×职工总数2020"},
		{"销售收入2020（万元）", "无", "×销售收入2020（万元）"}, {"销售收入2020（万元）", "待审计", "×销售收入2020（万元）"}, {"成立日期", "无", ""}, {"成立日期", "待定", ""}, {"成立日期", "同上", "×成立日期"}, {"成立日期", "长期", "×成立日期"},
		{"是否独立法人", "无", "independent_legal_person=否"}, {"是否独立法人", "有", "independent_legal_person=是"}, {"是否独立法人", "否", "independent_legal_person=否"}, {"是否独立法人", "NULL", ""}, {"是否独立法人", "暂无", "×是否独立法人"},
		{"是否独立法人", "不适用", "×是否独立法人"}, {"是否独立法人", "#N/A", ""}, {"是否独立法人", "#REF!", "×是否独立法人"}, {"是否独立法人", "同上", "×是否独立法人"}, {"是否独立法人", `="是"`, "independent_legal_person=是"},
		// Numbers that are below zero.
		{"职工总数2020", "-1", "×职工总数2020"}, {"职工总数2020", "(5)", "×职工总数2020"}, {"销售收入2020（元）", "-999", "×销售收入2020（元）"}, {"资产总额2020（元）", "-1.0", "×资产总额2020（元）"}, {"利润总额2020（元）", "-1", "profit@2020=-1"},
		{"净资产2020（万元）", "（500）", "net_assets@2020=-5,000,000"}, {"年均成果转化数", "-1", "×年均成果转化数"}, {"职工总数2020", "0", "staff@2020=0"},
		// Number formats, as package table delivers them.
		{"注册资本", "500 [万元]", "registered_capital=5,000,000"}, {"注册资本", "5000000 [$]", "×注册资本"}, {"注册资本", "500 [万美元]", "×注册资本"}, {"注册资本（万元）", "5000000 [元]", "registered_capital=5,000,000"}, {"注册资本", "5 [?]", "×注册资本"},
		{"职工总数2020", "60 [元]", "staff@2020=60"}, {"职工总数2020", "60 [$]", "staff@2020=60"}, {"股票代码", "000001 [元]", "stock_code=000001"}, {"联系电话", "2212345678 [$]", "phone=2212345678"},
		// Codes that were stored as numbers.
		{"股票代码", "300001.0", "stock_code=300001"}, {"联系电话", "2212345678.0", "phone=2212345678"}, {"联系电话", "1.3E+10", "×联系电话"}, {"联系电话", "1.3812345678E+10", "phone=13812345678"}, {"股票代码", `="000001"`, "stock_code=000001"}, {"股票代码", "'000001", "stock_code=000001"},
		{"职工总数2020", "\u202D60\u202C", "staff@2020=60"}, {"注册地址", "甲&amp;乙路\u200E1号", "address=甲&乙路1号"},
		// Dates.
		{"成立日期", "2018年5月", "×成立日期"}, {"成立日期", "0", ""}, {"成立日期", "1900-01-00", ""}, {"成立日期", "1899-12-30", ""}, {"成立日期", "2016-03-17 23:59:17", "registered_on=2016-03-18"}, {"成立日期", "2016-03-17T16:00:00.000Z", "registered_on=2016-03-18"},
		{"成立日期", "二〇一六年三月十八日", "registered_on=2016-03-18"}, {"成立日期", "1970-01-01", "registered_on=1970-01-01 !成立日期"}, {"高企证书有效期至", "2022-11-27 23:59:59", "cert_hnte_until=2022-11-27"}, {"成立日期", "='2016-03-18", "×成立日期"}, {"成立日期", "'2016-03-18", "registered_on=2016-03-18"},
	} {
		got := saying(t, p, reg, []string{"统一社会信用代码", "企业名称", c.header}, []string{someCode, someName, c.cell})
		if want := strings.TrimSpace(someCode + " " + someName + " " + c.want); got != want {
			t.Errorf("%s %q: %s, want %s", c.header, c.cell, got, want)
		}
	}
}

// TestPreviewShowsWhatIsTaken: what a preview shows as understood is what is taken.
func TestPreviewShowsWhatIsTaken(t *testing.T) {
	p, reg := city(t)
	header := []string{"企业名称", "注册地址", "职工总数2020", "是否独立法人", "注册资本", "成立日期"}
	row := []string{"1、" + someName + "（盖章）", "无", "-1", "无", "15 [万元]", "2016-03-17T16:00:00Z"}
	l, err := Understand(p, reg, "x.csv", "", [][]string{header, row}, nil, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{someName, "", "", "否", "150,000 元", "2016-03-18"}
	for i, c := range l.Columns {
		if c.Read[0] != want[i] {
			t.Errorf("%s %q is shown as %q, want %q", c.Header, c.Samples[0], c.Read[0], want[i])
		}
	}
}

// TestRowsThatNameNobody: a word for nothing names no subject, and a code that was rounded is no identity.
func TestRowsThatNameNobody(t *testing.T) {
	p, reg := city(t)
	header := []string{"企业名称", "统一社会信用代码", "注册地址", "职工总数2020"}
	for _, c := range []struct{ name, code, want string }{
		{"NULL", "", "refused"}, {"无", "", "refused"}, {"同上", "", "refused"}, {"〃", "", "refused"}, {"#REF!", "", "refused"}, {"暂无", "无", "refused"}, {"12", "", "refused"}, {"-1", "NULL", "refused"}, {"？", "", "refused"}, {"/", "", "refused"}, {"", "", "refused"},
		{"甲厂有限公司、乙厂有限公司", "", "refused"}, {"NULL", "911201101000001000", "refused"},
		{"NULL", someCode, someCode + "  address=津 staff@2020=6"}, {"#REF!", someCode, someCode + "  address=津 staff@2020=6 ×企业名称"}, {"甲厂有限公司、乙厂有限公司", someCode, someCode + "  address=津 staff@2020=6 ×企业名称"},
		{someName, "911201101000001000", " " + someName + " address=津 staff@2020=6 !统一社会信用代码"}, {someName, "9.11201E+17", " " + someName + " address=津 staff@2020=6 !统一社会信用代码"},
		{someName, "无", " " + someName + " address=津 staff@2020=6"}, {"1、" + someName + "（盖章）", "", " " + someName + " address=津 staff@2020=6"}, {someName + "（原津门旧名厂）", "", " " + someName + " address=津 staff@2020=6"},
		{`="` + someName + `"`, `="` + someCode + `"`, someCode + " " + someName + " address=津 staff@2020=6"}, {"\u200E" + someName, "\u202D" + someCode, someCode + " " + someName + " address=津 staff@2020=6"},
	} {
		if got := saying(t, p, reg, header, []string{c.name, c.code, "津", "6"}); got != c.want {
			t.Errorf("%q %q: %s, want %s", c.name, c.code, got, c.want)
		}
	}
	if got := saying(t, p, reg, header, []string{"/", "-", "", ""}); got != "skipped" {
		t.Errorf("a blank row is %s", got)
	}
}

// TestMonthsOfAnAttribute: a month alone is the first of the month where the pack says so.
func TestMonthsOfAnAttribute(t *testing.T) {
	p, reg := city(t)
	a := reg.Attribute("registered_on")
	a.Monthly = true
	defer func() { a.Monthly = false }()
	for in, want := range map[string]string{"2018年5月": "2018-05-01", "2018-05": "2018-05-01", "二〇一八年五月": "2018-05-01", "2018-05-07": "2018-05-07", "2018": "", "五月": ""} {
		got := saying(t, p, reg, []string{"企业名称", "成立日期"}, []string{someName, in})
		if (want == "") != strings.Contains(got, "×") || want != "" && !strings.Contains(got, "registered_on="+want) {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// TestRowsThatMoved: behind the code of a row that came apart nothing is taken, wherever it came apart.
func TestRowsThatMoved(t *testing.T) {
	p, reg := city(t)
	header := []string{"企业名称", "统一社会信用代码", "注册地址", "销售收入2020（万元）", "职工总数2020"}
	full := []string{someName, someCode, "津门路1号", "2600", "60"}
	l, err := Understand(p, reg, "x.csv", "", [][]string{header, full}, nil, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	read := func(row []string, moved bool) (Reading, [][]byte) {
		cells := make([][]byte, len(row))
		for i, s := range row {
			cells[i] = []byte(s)
		}
		var out Reading
		l.Convert(7, cells, &out)
		return out, l.moved(table.Row{Number: 7, Cells: cells, Moved: moved}, &out)
	}
	rapid.Check(t, func(t *rapid.T) {
		at, more := rapid.IntRange(0, 4).Draw(t, "column"), rapid.Bool().Draw(t, "more")
		var row []string
		row = append(row, full[:at]...)
		if more {
			cut := rapid.IntRange(0, len([]rune(full[at]))-1).Draw(t, "cut")
			row = append(row, string([]rune(full[at])[:cut]), string([]rune(full[at])[cut:]))
		}
		row = append(row, full[at+1:]...)
		out, kept := read(row, true)
		for _, f := range out.Facts {
			if f.Attr.Kind.Numeric() || f.Attr.ID == "address" {
				t.Fatalf("%q: %s is taken", row, factText(f))
			}
		}
		if out.Refuse == nil && out.Name != someName && out.Name != "" || out.Code != "" && out.Code != someCode {
			t.Fatalf("%q is of %q %q", row, out.Code, out.Name)
		}
		if out.Refuse == nil && len(out.Warnings) == 0 || out.Refuse == nil && len(kept) > 2 {
			t.Fatalf("%q: nothing is said, %d cells are kept", row, len(kept))
		}
		if again, _ := read(toStrings(kept), false); out.Refuse == nil && (again.Code != out.Code || again.Name != out.Name || len(again.Facts) != len(out.Facts)) {
			t.Fatalf("%q: the record reads otherwise", row)
		}
	})
	if out, kept := read(append(full, "", " "), true); len(out.Warnings) > 0 || len(kept) != 7 {
		t.Errorf("blank fields behind: %v", out.Warnings)
	}
	if out, _ := read([]string{someName, someCode, "津门路1号"}, false); len(out.Facts) != 3 {
		t.Errorf("blanks left out at the end: %d facts", len(out.Facts))
	}
}

func toStrings(cells [][]byte) (list []string) {
	for _, c := range cells {
		list = append(list, string(c))
	}
	return list
}

// TestOnceReadAlwaysRead: cells in the usual notations say what they said before words for nothing, wrappings and marks
// were known.
func TestOnceReadAlwaysRead(t *testing.T) {
	p, reg := city(t)
	rapid.Check(t, func(t *rapid.T) {
		staff, sales := rapid.IntRange(0, 99_999).Draw(t, "staff"), rapid.IntRange(0, 999_999).Draw(t, "sales")
		y, m, d := rapid.IntRange(1950, 2024).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "day")
		word := rapid.StringOfN(rapid.RuneFrom([]rune("津门示例泵业东丽路号")), 2, 12, -1).Draw(t, "address")
		day := fmt.Sprintf("%04d-%02d-%02d", y, m, d)
		got := saying(t, p, reg, []string{"企业名称", "注册地址", "成立日期", "销售收入2025（万元）", "职工总数2025"},
			[]string{someName, word, day, fmt.Sprint(sales), fmt.Sprint(staff)})
		want := fmt.Sprintf(" %s address=%s registered_on=%s staff@2025=%d sales@2025=%s", someName, word, day, staff, figure.Amount(int64(sales)*1_000_000))
		if got != want {
			t.Fatalf("%s\nwant%s", got, want)
		}
	})
}
