package layout

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"eyas/internal/registry/table"
)

// readFile is what became of a file.
type readFile struct {
	layout             *Layout
	rows, refused      int
	facts              map[string]int
	refusals, warnings map[string]int // by column
	coded, named       int
	notices            []table.Notice
}

// readData reads a file of the data that the project is developed against.
func readData(t *testing.T, opt Options, parts ...string) *readFile {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s here", path)
	}
	p, reg := city(t)
	f, err := table.Open(path, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.Next()
	if err != nil {
		t.Fatal(err)
	}
	head, err := s.Head(40)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Understand(p, reg, filepath.Base(path), s.Name, head, nil, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &readFile{layout: l, facts: map[string]int{}, refusals: map[string]int{}, warnings: map[string]int{}}
	var out Reading
	for {
		row, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.Number <= l.HeaderRow {
			continue
		}
		l.Convert(row.Number, row.Cells, &out)
		if out.Skip {
			continue
		}
		r.rows++
		if out.Refuse != nil {
			r.refused++
			continue
		}
		if out.Code != "" {
			r.coded++
		} else {
			r.named++
		}
		for i, f := range out.Facts {
			r.facts[f.Attr.ID]++
			if i > 0 && (f.Attr.Index < out.Facts[i-1].Attr.Index || f.Attr == out.Facts[i-1].Attr && f.Year <= out.Facts[i-1].Year) {
				t.Fatalf("row %d: facts are not sorted", row.Number)
			}
		}
		for _, x := range out.Refusals {
			r.refusals[x.Column]++
		}
		for _, x := range out.Warnings {
			r.warnings[x.Column]++
		}
	}
	r.notices = f.Notices()
	var unknown []string
	for _, c := range l.Columns {
		if c.Attr == "" {
			unknown = append(unknown, c.Header+"("+c.How+")")
		}
	}
	t.Logf("%d rows, %d refused, %d with code; facts %v; bad cells %v; warnings %v; unused %s; notices %d",
		r.rows, r.refused, r.coded, r.facts, r.refusals, r.warnings, strings.Join(unknown, " "), len(r.notices))
	return r
}

func TestListedCompanies(t *testing.T) {
	r := readData(t, Options{}, "listed-companies", "tianjin_listed_company_year.csv")
	if r.rows != 160 || r.refused != 0 || r.layout.YearColumn == 0 {
		t.Errorf("%d rows, %d refused, year column %d", r.rows, r.refused, r.layout.YearColumn)
	}
	if len(r.refusals) > 0 || len(r.notices) > 0 {
		t.Errorf("bad cells %v, notices %v", r.refusals, r.notices)
	}
	// One address is “nan”, which a program wrote for none.
	for attr, least := range map[string]int{"sales": 150, "staff": 150, "address": 159, "office_address": 150, "profit": 150} {
		if r.facts[attr] < least {
			t.Errorf("%d values of %s", r.facts[attr], attr)
		}
	}
}

func TestBureauRegister(t *testing.T) {
	r := readData(t, Options{}, "bureau-register", "enterprise_register.csv")
	if r.rows != 2036 || r.refused != 0 {
		t.Errorf("%d rows, %d refused", r.rows, r.refused)
	}
	for attr, least := range map[string]int{"name": 2036, "registered_on": 1900, "registered_capital": 1800, "status": 1900, "business_scope": 1800} {
		if r.facts[attr] < least {
			t.Errorf("%d values of %s", r.facts[attr], attr)
		}
	}
	names := readData(t, Options{}, "bureau-register", "names_without_register_match.csv")
	if names.rows != 715 || names.refused != 0 {
		t.Errorf("%d names, %d refused", names.rows, names.refused)
	}
	pairs := readData(t, Options{}, "bureau-register", "name_pairs.csv")
	if pairs.rows != 2041 || pairs.refused != 0 {
		t.Errorf("%d pairs, %d refused", pairs.rows, pairs.refused)
	}
}

// TestWorkbookAsBureausMakeIt reads a workbook with a merged title, a merged header of two levels, an enterprise
// merged over its years, and a note below.
func TestWorkbookAsBureausMakeIt(t *testing.T) {
	p, reg := city(t)
	x := excelize.NewFile()
	defer x.Close()
	for r, row := range [][]any{
		{"东丽区科技型企业情况表"},
		{"单位：万元", nil, nil, nil, nil, "2021年3月5日填报"},
		{"企业名称", "统一社会信用代码", "成立日期", "销售收入", nil, "职工总数"},
		{nil, nil, nil, "2019年", "2020年", "2020年"},
		{"天津甲有限公司", "91120110600037341D", time.Date(2015, 7, 6, 0, 0, 0, 0, time.UTC), 1234.5600000000002, "1.5亿元", 12},
		{"天津乙有限公司", nil, 42191, "无数据", 3e2, "5人"},
		{"注：2020年数据为快报数。"},
	} {
		for c, v := range row {
			name, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.SetCellValue("Sheet1", name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, area := range [][2]string{{"A1", "F1"}, {"A3", "A4"}, {"B3", "B4"}, {"C3", "C4"}, {"D3", "E3"}, {"A7", "F7"}} {
		if err := x.MergeCell("Sheet1", area[0], area[1]); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "名单.xlsx")
	if err := x.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	f, err := table.Open(path, "名单.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.Next()
	if err != nil {
		t.Fatal(err)
	}
	head, err := s.Head(40)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Understand(p, reg, "名单.xlsx", s.Name, head, nil, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := `header 4 (2) title ["东丽区科技型企业情况表" "单位：万元" "2021年3月5日填报"] unit 万元
  A "企业名称" name (name) "天津甲有限公司" → "天津甲有限公司"
  B "统一社会信用代码" uscc (name) "91120110600037341D" → "91120110600037341D"
  C "成立日期" registered_on (name) "2015-07-06" → "2015-07-06"
  D "销售收入 2019年" sales@2019 万元 (name) "1234.56" → "12,345,600 元"
  E "销售收入 2020年" sales@2020 万元 (name) "1.5亿元" → "150,000,000 元"
  F "职工总数 2020年" staff@2020 (name) "12" → "12"
5 [91120110600037341D] 天津甲有限公司 registered_on=2015-07-06 staff@2020=12 sales@2019=12,345,600 sales@2020=150,000,000
6 [] 天津乙有限公司 registered_on=2015-07-06 staff@2020=5 sales@2020=3,000,000
7 skipped
`
	if got := describe(l) + describeRows(l, head); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
