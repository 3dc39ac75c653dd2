package layout

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/packs"
)

var update = flag.Bool("update", false, "write what is understood into testdata/understand")

// city is the pack that the program carries.
func city(t testing.TB) (*pack.Pack, *pack.Register) {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	return p, p.Registers[0]
}

func TestHeaders(t *testing.T) {
	p, reg := city(t)
	words := newVocabulary(&p.Words, reg)
	for _, c := range []struct {
		in, attr string
		year     int
		unit     string
		how      string
	}{
		{"企业名称", "name", 0, "", byName},
		{" 企业 名称：", "name", 0, "", byName},
		{"*企业名称（必填）", "name", 0, "", byName},
		{"企业\n名称*", "name", 0, "", byName},
		{"单位全称", "name", 0, "", byAlias},
		{"1.企业名称", "name", 0, "", byName},
		{"（二）企业名称", "name", 0, "", byName},
		{"企业名称（全称）", "name", 0, "", byName},
		{"name_as_published_by_bureau", "name", 0, "", byAlias},
		{"统一社会信用代码（18位）", "uscc", 0, "", byName},
		{"USCC", "uscc", 0, "", ByID},
		{"date of registration", "registered_on", 0, "", byName},
		{"sales@2020", "sales", 2020, "", ByID},
		{"sales", "sales", 0, "", ByID},
		{"销售收入2020", "sales", 2020, "", byName},
		{"销售收入（2020）", "sales", 2020, "", byName},
		{"销售收入-2020年", "sales", 2020, "", byName},
		{"2020年销售收入（万元）", "sales", 2020, "万元", byName},
		{"2020年 销售收入 (单位：万元)", "sales", 2020, "万元", byName},
		{"2020年度营业收入", "sales", 2020, "", byAlias},
		{"２０２０年销售收入", "sales", 2020, "", byName},
		{"营业收入（2020年，亿元）", "sales", 2020, "亿元", byAlias},
		{"营业收入(万元,2020年)", "sales", 2020, "万元", byAlias},
		{"销售收入/万元", "sales", 0, "万元", byName},
		{"销售收入：人民币万元", "sales", 0, "万元", byName},
		{"销售收入万元", "sales", 0, "万元", byName},
		{"2020年末资产总额", "assets", 2020, "", byName},
		{"截至2020年12月31日资产总额（元）", "assets", 2020, "元", byName},
		{"2020年1-12月销售收入", "sales", 2020, "", byName},
		{"高新技术产品（服务）收入（万元）", "hightech_income", 0, "万元", byName},
		{"2019年高新技术产品(服务)收入", "hightech_income", 2019, "", byName},
		{"最新估值（美元）", "valuation_usd", 0, "美元", byName},
		{"估值（亿美元）", "valuation_usd", 0, "亿美元", byAlias},
		{"注册资本（万元）", "registered_capital", 0, "万元", byName},
		{"职工总数（人）", "staff", 0, "人", byName},
		{"I类知识产权", "ip_class1", 0, "", byName}, // NFKC makes Ⅰ an I: the name itself
		{"Ⅰ类知识产权（项）", "ip_class1", 0, "项", byName},
		{"是否上市（是/否）", "listed", 0, "", byAlias},
		{"其中：境内研发费用", "rd_expense_domestic", 0, "", byName},
		// Not understood: what would be a guess.
		{"销售收入（含税）", "", 0, "", ""},
		{"2019-2020年销售收入", "", 0, "", ""},
		{"上年销售收入", "", 0, "", ""},
		{"营业总收入", "", 0, "", ""},
		{"研发人员占比", "", 0, "", ""},
		{"2020年", "", 2020, "", ""},
		{"万元", "", 0, "万元", ""},
		{"备注", "", 0, "", ""},
	} {
		h := words.read(c.in)
		attr := ""
		if h.attr != nil {
			attr = h.attr.ID
		}
		if attr != c.attr || h.how != c.how || h.unit != c.unit || !h.many && h.year != c.year {
			t.Errorf("%q: %s %d %q %s, want %s %d %q %s", c.in, attr, h.year, h.unit, h.how, c.attr, c.year, c.unit, c.how)
		}
	}
	for _, a := range reg.Attributes { // every word of the pack is a header
		for _, w := range append([]string{a.ID, a.Name.ZH, a.Name.EN}, a.Aliases...) {
			if h := words.read(w); h.attr != a {
				t.Errorf("%q is not %s", w, a.ID)
			}
		}
		for _, form := range []string{"2020年%s", "%s2020", "%s（2020年）", "2020年度%s", "%s@2020"} {
			w := fmt.Sprintf(form, a.Name.ZH)
			if form == "%s@2020" {
				w = fmt.Sprintf(form, a.ID)
			}
			if h := words.read(w); h.attr != a || h.year != 2020 {
				t.Errorf("%q is %+v", w, h)
			}
		}
		if a.Kind == pack.Money && a.Unit == "yuan" {
			if h := words.read(a.Name.ZH + "（亿元）"); h.attr != a || h.unit != "亿元" {
				t.Errorf("%s in 亿元 is %+v", a.ID, h)
			}
		}
	}
}

func TestTwoLevels(t *testing.T) {
	p, reg := city(t)
	words := newVocabulary(&p.Words, reg)
	for _, c := range []struct {
		upper, lower, attr string
		year               int
		unit               string
	}{
		{"销售收入", "2020年", "sales", 2020, ""},
		{"销售收入（万元）", "2019", "sales", 2019, "万元"},
		{"2020年", "销售收入", "sales", 2020, ""},
		{"2020年度（万元）", "研发费用", "rd_expense", 2020, "万元"},
		{"企业名称", "企业名称", "name", 0, ""},
		{"企业名称", "", "name", 0, ""},
		{"", "企业名称", "name", 0, ""},
		{"基本信息", "企业名称", "name", 0, ""},
		{"知识产权", "有效发明专利", "ip_invention", 0, ""},
		{"研发费用", "万元", "rd_expense", 0, "万元"},
		{"研发费用", "境内", "rd_expense_domestic", 0, ""},
		{"研发费用", "其中：仪器", "", 0, ""},
		{"2020年财务情况", "销售收入", "sales", 2020, ""},
		{"津科〔2021〕3号", "销售收入", "", 0, ""},
		{"填报日期：2021年3月5日", "销售收入", "", 0, ""},
		{"境内", "研发费用", "rd_expense_domestic", 0, ""},
		{"2020年", "资产总额（亿元）", "assets", 2020, "亿元"},
	} {
		h := words.stack([]string{c.upper, c.lower})
		attr := ""
		if h.attr != nil {
			attr = h.attr.ID
		}
		if attr != c.attr || h.year != c.year || h.unit != c.unit {
			t.Errorf("%q over %q: %s %d %q", c.upper, c.lower, attr, h.year, h.unit)
		}
	}
}

func unitIn(text string) string {
	unit, _ := tableUnit(text)
	return unit
}

func TestYears(t *testing.T) {
	p, reg := city(t)
	words := newVocabulary(&p.Words, reg)
	for in, want := range map[string]int{
		"2020年度天津市科技型企业统计表": 2020, "2020年报.xlsx": 2020, "enterprises_2020": 2020, "科技型企业（2020年）": 2020,
		"2021年3月报送的2020年度数据": 2020, "截至2020年12月31日": 2020, "2020年1-12月": 2020, "２０２０年": 2020,
		"津科规〔2021〕3号 2020年名单": 2020, "2019-2020年": 0, "20210331": 0, "2021年3月": 0, "2021-03-01": 0, "填报日期：2021.3.5": 0,
		"国科发火〔2016〕32号": 0, "一览表": 0, "12020": 0, "第2期": 0, "Sheet1": 0,
	} {
		if got := words.yearOf(in); got != want {
			t.Errorf("yearOf(%q) = %d, want %d", in, got, want)
		}
	}
	for in, want := range map[string]int{"2020": 2020, "2020年": 2020, "2020年度": 2020, "2020.0": 2020, "２０２０": 2020, "2020-12-31": 2020,
		"20": 0, "二〇二〇": 0, "2020年3月": 0, "x2020": 0, "": 0} {
		if got := yearCell([]byte(in)); got != want {
			t.Errorf("yearCell(%q) = %d, want %d", in, got, want)
		}
	}
	for in, want := range map[string]string{"单位：万元": "万元", "（金额单位:人民币亿元）": "亿元", "单位：万元、人": "万元", "申报单位：某公司 单位：元": "元",
		"单位：某某公司": "", "单位名称": "", "表1": ""} {
		if got := unitIn(in); got != want {
			t.Errorf("unitIn(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestUnderstand reads the tables of testdata/understand. A file has settings (file, sheet, year, map, complete,
// remembered), the rows with cells between bars, a dashed line, and what is understood of it.
func TestUnderstand(t *testing.T) {
	p, reg := city(t)
	files, err := filepath.Glob(filepath.Join("testdata", "understand", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(raw), "\n----\n")
			got := understood(t, p, reg, input)
			if *update {
				if err := os.WriteFile(path, []byte(input+"\n----\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// understood describes the layout and the rows of a case.
func understood(t *testing.T, p *pack.Pack, reg *pack.Register, input string) string {
	t.Helper()
	file, sheet := "表.csv", ""
	opt := Options{Map: map[string]string{}}
	remembered := map[string]string{}
	var rows [][]string
	for line := range strings.SplitSeq(input, "\n") {
		key, value, ok := strings.Cut(line, ": ")
		if !ok || len(rows) > 0 || strings.Contains(line, "|") {
			rows = append(rows, strings.Split(strings.ReplaceAll(line, "⏎", "\n"), "|"))
			continue
		}
		switch key {
		case "file":
			file = value
		case "sheet":
			sheet = value
		case "year":
			opt.Year, _ = strconv.Atoi(value)
		case "complete":
			opt.Complete = strings.Split(value, ",")
		case "map", "remembered":
			header, attr, _ := strings.Cut(value, "=")
			if key == "map" {
				opt.Map[header] = attr
			} else {
				remembered[header] = attr
			}
		default:
			rows = append(rows, []string{line})
		}
	}
	l, err := Understand(p, reg, file, sheet, rows[:min(len(rows), 40)], nil, opt, remembered)
	var f *fault.Error
	if errors.As(err, &f) {
		return "fault: " + f.ZH + "\n       " + f.EN + "\n"
	}
	if err != nil {
		t.Fatal(err)
	}
	// What is stored must read the same.
	stored, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var again Layout
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	again.Bind(p, reg)
	first, second := describeRows(l, rows), describeRows(&again, rows)
	if first != second {
		t.Errorf("after a round trip through JSON\n%s\nbefore\n%s", second, first)
	}
	return describe(l) + first
}

func describe(l *Layout) string {
	var b strings.Builder
	fmt.Fprintf(&b, "header %d (%d)", l.HeaderRow, l.HeaderRows)
	if len(l.Title) > 0 {
		fmt.Fprintf(&b, " title %q", l.Title)
	}
	if l.Unit != "" {
		fmt.Fprintf(&b, " unit %s", l.Unit)
	}
	if l.Year != 0 {
		fmt.Fprintf(&b, " year %d", l.Year)
	}
	if l.YearColumn != 0 {
		fmt.Fprintf(&b, " year column %d", l.YearColumn)
	}
	b.WriteByte('\n')
	for _, c := range l.Columns {
		what := c.Attr
		if c.Year != 0 {
			what += fmt.Sprintf("@%d", c.Year)
		}
		if c.Unit != "" {
			what += " " + c.Unit
		}
		fmt.Fprintf(&b, "  %s %q %s (%s)", columnLetters(c.Index), c.Header, what, c.How)
		if len(c.Samples) > 0 {
			fmt.Fprintf(&b, " %q → %q", c.Samples[0], c.Read[0])
		}
		b.WriteByte('\n')
	}
	for _, w := range l.Warnings {
		fmt.Fprintf(&b, "  ! %s: %s\n", w.Column, w.Text.ZH)
	}
	return b.String()
}

func describeRows(l *Layout, rows [][]string) string {
	var b strings.Builder
	var out Reading
	for i, row := range rows {
		if i < l.HeaderRow {
			continue
		}
		cells := make([][]byte, len(row))
		for j := range row {
			cells[j] = []byte(row[j])
		}
		l.Convert(i+1, cells, &out)
		fmt.Fprintf(&b, "%d ", i+1)
		switch {
		case out.Skip:
			b.WriteString("skipped\n")
			continue
		case out.Refuse != nil:
			fmt.Fprintf(&b, "refused: %s\n", out.Refuse.Text.ZH)
			continue
		}
		fmt.Fprintf(&b, "[%s] %s", out.Code, out.Name)
		if out.NameKey != out.Name {
			fmt.Fprintf(&b, " (%s)", out.NameKey)
		}
		for _, f := range out.Facts {
			if f.Attr.ID == "uscc" || f.Attr.ID == "name" {
				continue
			}
			fmt.Fprintf(&b, " %s", factText(f))
		}
		b.WriteByte('\n')
		for _, x := range out.Refusals {
			fmt.Fprintf(&b, "   ✕ %s %q: %s\n", x.Column, x.Value, x.Text.ZH)
		}
		for _, x := range out.Warnings {
			fmt.Fprintf(&b, "   ! %s %q: %s\n", x.Column, x.Value, x.Text.ZH)
		}
	}
	return b.String()
}

func factText(f fact.Fact) string {
	s := f.Attr.ID
	if f.Year != 0 {
		s += fmt.Sprintf("@%d", f.Year)
	}
	s += "="
	switch {
	case f.Attr.Kind == pack.Money:
		s += figure.Amount(int64(f.Value.Num))
	case f.Attr.Kind.Numeric():
		s += strconv.FormatFloat(f.Value.Num, 'f', -1, 64)
	case f.Attr.Kind == pack.Date:
		s += time.Unix(f.Value.Int*86400, 0).UTC().Format("2006-01-02")
	case f.Attr.Kind == pack.Boolean:
		s += map[int64]string{0: "否", 1: "是"}[f.Value.Int]
	default:
		s += f.Value.Str
	}
	if f.Cell == 0 {
		s += "(declared)"
	}
	return s
}

func TestUnderstandFaults(t *testing.T) {
	p, reg := city(t)
	for name, opt := range map[string]Options{
		"map":      {Map: map[string]string{"x": "no_such"}},
		"map year": {Map: map[string]string{"x": "sales@20"}},
		"complete": {Complete: []string{"sales"}},
	} {
		_, err := Understand(p, reg, "x.csv", "", [][]string{{"企业名称"}}, nil, opt, nil)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Invalid || f.ZH == "" || f.EN == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Understand(p, reg, "x.csv", "", [][]string{{"甲", "乙"}, {"1", "2"}}, nil, Options{}, nil)
	if !errors.Is(err, ErrNoHeader) {
		t.Errorf("no header: %v", err)
	}
}

func FuzzHeader(f *testing.F) {
	p, err := packs.Default()
	if err != nil {
		f.Fatal(err)
	}
	reg := p.Registers[0]
	for _, s := range []string{"2020年销售收入（万元）", "单位：万元", "(", "2020 2020年", "sales@2020", "（（2020）（万元", "1.企业名称", "@", "2020年度年度"} {
		f.Add(s, "企业名称")
	}
	f.Fuzz(func(t *testing.T, upper, lower string) {
		words := newVocabulary(&p.Words, reg)
		words.read(upper)
		words.stack([]string{upper, lower})
		words.yearOf(upper)
		unitIn(upper)
		l, err := Understand(p, reg, lower, upper, [][]string{{upper}, {"企业名称", upper}, {lower, lower}, {"甲", upper}}, nil, Options{}, nil)
		if err != nil {
			return
		}
		var out Reading
		l.Convert(9, [][]byte{[]byte(lower), []byte(upper), []byte(lower)}, &out)
	})
}

// A short run of numbers in the first row may be data: only a long one, or one that begins 甲 乙, numbers the columns.
func TestNumberingRows(t *testing.T) {
	for _, c := range []struct {
		row  string
		want int
	}{{"甲,1", 0}, {"甲,1,2", 0}, {"1,2,3", 0}, {"甲,,1", 0}, {"甲,乙,1,2", 1}, {"甲,1,2,3", 1}, {"1,2,3,4", 1}, {"栏次,1,2,3", 1}, {"甲,5,6,7", 0}} {
		if got := numbering([][]string{strings.Split(c.row, ",")}, 0); got != c.want {
			t.Errorf("%s: %d, want %d", c.row, got, c.want)
		}
	}
}

// Where the preferred column of names is blank, another column of names knows the row.
func TestSpareNames(t *testing.T) {
	p, reg := city(t)
	head := [][]string{{"企业名称", "公司名称", "职工总数@2020"}}
	l, err := Understand(p, reg, "x.csv", "", head, nil, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		row  []string
		name string
		cell int
	}{{[]string{"天津甲有限公司", "天津乙有限公司", "1"}, "天津甲有限公司", 1}, {[]string{"-", "天津乙有限公司", "1"}, "天津乙有限公司", 2}, {[]string{"", "", "1"}, "", 0}} {
		cells := make([][]byte, len(c.row))
		for i, s := range c.row {
			cells[i] = []byte(s)
		}
		var out Reading
		l.Convert(2, cells, &out)
		if out.Name != c.name || (out.Refuse == nil) != (c.name != "") {
			t.Errorf("%q: name %q, refused %v", c.row, out.Name, out.Refuse)
		}
		for _, f := range out.Facts {
			if f.Attr.ID == reg.NameAttr && (f.Cell != c.cell || f.Value.Str != c.name) {
				t.Errorf("%q: the name is %q from cell %d", c.row, f.Value.Str, f.Cell)
			}
		}
	}
}
