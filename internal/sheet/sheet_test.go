package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"eyas/internal/fault"
	"eyas/internal/registry/table"
	"eyas/internal/sheet"
)

// book writes a workbook of one sheet.
func book(t rapid.TB, s sheet.Sheet, rows ...[]any) []byte {
	t.Helper()
	var out bytes.Buffer
	b := sheet.NewBook(&out, "zh-CN")
	err := b.Sheet(s)
	for _, row := range rows {
		err = errors.Join(err, b.Row(row))
	}
	if err = errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// byExcelize reads a sheet as excelize does; raw gives numbers as they stand in the file.
func byExcelize(t rapid.TB, data []byte, name string, raw bool) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(name, excelize.Options{RawCellValue: raw})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// byTable reads a file as an import does, by sheet.
func byTable(t rapid.TB, dir, name string, data []byte) map[string][][]string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := table.Open(path, name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string][][]string{}
	for {
		s, err := f.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		for {
			r, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for len(rows) < r.Number {
				rows = append(rows, nil)
			}
			for _, c := range r.Cells {
				rows[r.Number-1] = append(rows[r.Number-1], string(c))
			}
		}
		all[s.Name] = rows
	}
}

// trimmed leaves out empty cells at the end of rows and empty rows at the end.
func trimmed(rows [][]string) [][]string {
	out := [][]string{}
	for _, r := range rows {
		for len(r) > 0 && r[len(r)-1] == "" {
			r = r[:len(r)-1]
		}
		out = append(out, r)
	}
	for len(out) > 0 && len(out[len(out)-1]) == 0 {
		out = out[:len(out)-1]
	}
	return out
}

func same(a, b [][]string) bool {
	return slices.EqualFunc(trimmed(a), trimmed(b), func(x, y []string) bool { return slices.Equal(x, y) })
}

var texts = rapid.StringOfN(rapid.OneOf(rapid.RuneFrom([]rune("aB1=+-@'\"<>&_x0041天津（）\t\n\v\x01\uFFFE𠮷 ,")), rapid.Rune()), 0, 20, -1)

// What is written is read back with equal cells, by excelize and by our own reader.
func TestOracle(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.OneOf(
			rapid.Map(texts, func(s string) any { return s }),
			rapid.Map(rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999), func(n int64) any { return n }),
			rapid.Map(rapid.IntRange(-9999, 9999), func(n int) any { return sheet.Decimal{N: int64(n), Digits: 2} }),
			rapid.Just[any](nil),
		)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 0, 30), 0, 6).Draw(rt, "rows")
		want := make([][]string, len(rows))
		for i, row := range rows {
			for _, c := range row {
				switch c := c.(type) {
				case nil:
					want[i] = append(want[i], "")
				case sheet.Decimal:
					text := fmt.Sprintf("%d.%02d", max(c.N, -c.N)/100, max(c.N, -c.N)%100)
					text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
					if c.N < 0 {
						text = "-" + text
					}
					want[i] = append(want[i], text)
				default:
					want[i] = append(want[i], fmt.Sprint(c))
				}
			}
		}
		data := book(rt, sheet.Sheet{Name: "名单"}, rows...)
		if got := byExcelize(rt, data, "名单", true); !same(got, want) {
			rt.Errorf("excelize reads\n%q\nwant\n%q", got, want)
		}
		for _, row := range want { // an import leaves carriage returns out
			for i := range row {
				row[i] = strings.ReplaceAll(row[i], "\r", "")
			}
		}
		if got := byTable(rt, dir, "x.xlsx", data)["名单"]; !same(got, want) {
			rt.Errorf("an import reads\n%q\nwant\n%q", got, want)
		}
	})
}

// Values that are easily got wrong, as a spreadsheet shows them.
func TestCells(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	for _, c := range []struct {
		cell any
		want string
	}{
		{sheet.Decimal{N: 1234567, Digits: 2}, "12,345.67"},
		{sheet.Decimal{N: -5, Digits: 2}, "-0.05"},
		{sheet.Decimal{N: 100, Digits: 2}, "1"},
		{sheet.Decimal{N: 100, Digits: 2, Shown: 2}, "1.00"},
		{sheet.Decimal{N: 123_456_789, Digits: 6, Shown: 2}, "123.456789"}, // 万元, to the fen
		{sheet.Decimal{N: 1_230_000_000, Digits: 6, Shown: 2}, "1,230.00"},
		{sheet.Decimal{N: -1_234_500_000, Digits: 6, Shown: 2}, "-1,234.50"},
		{sheet.Decimal{N: 0, Digits: 6}, "0"},
		{sheet.Decimal{N: 999_999_999_999_999, Digits: 2}, "9,999,999,999,999.99"},
		{sheet.Decimal{N: 1_234_567_890_123_457, Digits: 2}, "12345678901234.57"}, // as text: Excel would show …56 or …60
		{int64(911201_00000_00000_00), "911,201,000,000,000,000"},
		{int64(1_234_567_890_123_456_789), "1234567890123456789"},
		{int64(math.MinInt64), "-9223372036854775808"},
		{0.1, "0.1"}, {1234567, "1,234,567"}, {1234.5, "1,234.5"}, {1e6, "1,000,000"}, {-0.25, "-0.25"}, {sheet.Plain(2021), "2021"},
		{sheet.Share(0.125), "12.5%"}, {sheet.Share(0.07), "7%"}, {sheet.Share(1), "100%"}, {sheet.Share(1.0 / 3), "33.3333%"},
		{true, "是"}, {false, "否"}, {nil, ""}, {"", ""},
		{"=1+1", "=1+1"}, {"-2", "-2"}, {" 两端 ", " 两端 "}, {"a_x000D_b", "a_x000D_b"}, {"a\xffb", "a\uFFFDb"}, {"\x00", "\x00"},
		{sheet.Date(time.Date(2021, 3, 31, 23, 0, 0, 0, zone)), "2021-03-31"},
		{sheet.Date(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)), "1900-03-01"},
		{sheet.Date(time.Date(1900, 2, 28, 0, 0, 0, 0, time.UTC)), "1900-02-28"}, // as text
		{sheet.Date(time.Date(1870, 1, 1, 0, 0, 0, 0, time.UTC)), "1870-01-01"},
		{sheet.Date(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)), "9999-12-31"},
		{sheet.Minute(time.Date(2021, 3, 31, 9, 5, 0, 0, zone)), "2021-03-31 09:05"},
	} {
		data := book(t, sheet.Sheet{Name: "s"}, []any{c.cell, "end"})
		if got := byExcelize(t, data, "s", false); len(got) != 1 || got[0][0] != c.want {
			t.Errorf("%#v is shown as %q, want %q", c.cell, got, c.want)
		}
	}
	kind := func(cell any) excelize.CellType {
		f, err := excelize.OpenReader(bytes.NewReader(book(t, sheet.Sheet{Name: "s"}, []any{cell})))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		k, err := f.GetCellType("s", "A1")
		if formula, _ := f.GetCellFormula("s", "A1"); err != nil || formula != "" {
			t.Errorf("%v: formula %q, %v", cell, formula, err)
		}
		return k
	}
	for cell, want := range map[any]excelize.CellType{"=1+1": excelize.CellTypeInlineString, "12": excelize.CellTypeInlineString, 12: excelize.CellTypeUnset,
		sheet.Date(time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)): excelize.CellTypeUnset, int64(1234567890123456789): excelize.CellTypeInlineString} {
		if got := kind(cell); got != want {
			t.Errorf("%v has the type %v, want %v", cell, got, want)
		}
	}
	var none bytes.Buffer
	b := sheet.NewBook(&none, "en")
	for _, cell := range []any{math.NaN(), math.Inf(1), struct{}{}} {
		b.Sheet(sheet.Sheet{Name: "s"})
		if err := b.Row([]any{cell}); err == nil {
			t.Errorf("%v is taken", cell)
		}
	}
}

// Notes stand on top, the head is bold and frozen below them, and columns have their widths.
func TestHead(t *testing.T) {
	data := book(t, sheet.Sheet{Name: "a/b", Title: "名单", Notes: []string{"甲"}, Head: []any{"名称", "代码", sheet.Column{Head: "结论", Aside: true}}, Widths: []float64{36, 22}},
		[]any{"一", 2, "符合"})
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); !slices.Equal(got, []string{"a_b"}) {
		t.Errorf("sheets %q", got)
	}
	if got := byExcelize(t, data, "a_b", true); !same(got, [][]string{{"名单"}, {"甲"}, {"名称", "代码", "结论〔不导入〕"}, {"一", "2", "符合"}}) {
		t.Errorf("rows %q", got)
	}
	panes, err := f.GetPanes("a_b")
	if err != nil || !panes.Freeze || panes.YSplit != 3 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	for column, want := range map[string]float64{"A": 36, "B": 22, "C": 17} {
		if got, err := f.GetColWidth("a_b", column); err != nil || got != want {
			t.Errorf("column %s is %v wide, want %v: %v", column, got, want, err)
		}
	}
	id, err := f.GetCellStyle("a_b", "B3")
	if err != nil {
		t.Fatal(err)
	}
	if style, err := f.GetStyle(id); err != nil || style.Font == nil || !style.Font.Bold {
		t.Errorf("the head is not bold: %+v, %v", style, err)
	}
}

// Names are made fit and different; what is too long for a cell is whole in a sheet of its own.
func TestNamesAndLongTexts(t *testing.T) {
	var out bytes.Buffer
	b := sheet.NewBook(&out, "zh-CN")
	long := strings.Repeat("长", 40_000) + strings.Repeat("𠮷", 20_000)
	for _, name := range []string{"名单", "名单", "", "history", strings.Repeat("很长", 40), strings.Repeat("很长", 40), `[a]:*?/\'`, "<\"&>"} {
		if err := b.Sheet(sheet.Sheet{Name: name, Head: []any{"h"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(b.Row([]any{"x", long}), b.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	names := f.GetSheetList()
	for i, n := range names {
		if len([]rune(n)) > 31 || slices.Contains(names[:i], n) {
			t.Errorf("sheet %d is called %q", i+1, n)
		}
	}
	if len(names) != 9 || names[0] != "名单" || names[1] != "名单 2" || names[8] != "长文字" || names[7] != "<\"&>" {
		t.Fatalf("sheets %q", names)
	}
	cell, err := f.GetCellValue(names[7], "B2")
	if err != nil || !strings.HasPrefix(cell, strings.Repeat("长", 32_000)) || !strings.Contains(cell, "长文字") || len(cell) > 32_767*3 {
		t.Errorf("the cell has %d bytes and ends with %q, %v", len(cell), cell[len(cell)-60:], err)
	}
	whole := ""
	for _, row := range byExcelize(t, out.Bytes(), "长文字", true)[1:] {
		if row[0] != names[7] || row[1] != "B2" {
			t.Errorf("a part of %q", row[:3])
		}
		whole += row[3]
	}
	if whole != long {
		t.Error("the long text is not whole")
	}
}

// More rows than a sheet holds go on in a further one under the same mark, notes and head.
func TestMoreThanASheet(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: it writes a million rows")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "x.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := sheet.NewBook(f, "zh-CN")
	b.Mark(sheet.Mark{Label: "演示数据", Text: "不是真实企业。"})
	err = b.Sheet(sheet.Sheet{Name: "名单", Title: "名单", Notes: []string{"注"}, Head: []any{"n"}})
	const rows = sheet.MaxRows + 5
	for i := range rows {
		err = errors.Join(err, b.Row([]any{i}))
	}
	if err = errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	back, err := table.Open(f.Name(), "x.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	next := 0
	for _, name := range []string{"名单", "名单 2"} {
		s, err := back.Next()
		if err != nil || s.Name != name {
			t.Fatalf("%v, %v", s, err)
		}
		for {
			r, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch text := string(r.Cells[0]); {
			case r.Number == 1 && text == "演示数据：名单", r.Number == 2 && text == "演示数据：不是真实企业。", r.Number == 3 && text == "注", r.Number == 4 && text == "n":
			case text != fmt.Sprint(next):
				t.Fatalf("%s row %d is %q, want %d", name, r.Number, text, next)
			default:
				next++
			}
		}
	}
	if next != rows {
		t.Errorf("%d rows of %d", next, rows)
	}
}

// An error before the first bytes are full is an error before anything was written.
func TestNothingBeforeAnEarlyError(t *testing.T) {
	var out bytes.Buffer
	b := sheet.NewBook(&out, "en")
	if err := b.Sheet(sheet.Sheet{Name: "s", Head: make([]any, 1<<14+1)}); fault.Of(err) != fault.Invalid {
		t.Errorf("too many columns: %v", err)
	}
	if out.Len() != 0 {
		t.Errorf("%d bytes were written", out.Len())
	}
}

// A marked table says in every row what it is.
func TestCSVMark(t *testing.T) {
	var out bytes.Buffer
	w := sheet.NewCSV(&out)
	w.Mark(sheet.MarkOf("zh-CN", ""))
	err := errors.Join(w.Row("name", "n"), w.Row("甲", "1"), w.Row("乙", "2"), w.Close())
	if want := "\ufeffname,n,note\n甲,1,演示数据\n乙,2,演示数据\n"; err != nil || out.String() != want {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// A CSV is read back as it was written, whatever its cells begin with, and a spreadsheet runs none of them.
func TestCSV(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		width := rapid.IntRange(2, 5).Draw(rt, "width")
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.OneOf(texts, rapid.StringMatching(`'{0,3}[=+\-@\t]?[0-9.a]{0,3}`)), width, width), 1, 6).Draw(rt, "rows")
		var out bytes.Buffer
		w := sheet.NewCSV(&out)
		want := [][]string{{"name", strings.Repeat("x", 3)}}
		if err := w.Row(want[0]...); err != nil {
			rt.Fatal(err)
		}
		for _, row := range rows {
			for i := range row {
				row[i] = strings.Map(func(r rune) rune { // what a text file cannot have, or is read as a line break
					if r == 0 || r == '\r' {
						return -1
					}
					return r
				}, row[i])
			}
			row[0] = "r" + row[0]
			want = append(want, row)
			if err := w.Row(row...); err != nil {
				rt.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			rt.Fatal(err)
		}
		if !bytes.HasPrefix(out.Bytes(), []byte("\xef\xbb\xbfname,")) {
			rt.Errorf("begins with %q", out.Bytes()[:8])
		}
		var got [][]string
		for _, rows := range byTable(rt, dir, "x.csv", out.Bytes()) {
			got = rows
		}
		if !same(got, want) {
			rt.Errorf("got\n%q\nwant\n%q\nof %q", got, want, out.String())
		}
	})
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+86 22": "'+86 22", "-12.5": "-12.5", "-12": "-12", "-12.": "'-12.", "-1-1": "'-1-1", "-": "'-", "@x": "'@x",
		"\tx": "'\tx", "\rx": "'\rx", "'=1": "''=1", "'-5": "''-5", "'x": "'x", "": "", "12": "12", "a=b": "a=b", "-.5": "'-.5",
	} {
		var out bytes.Buffer
		w := sheet.NewCSV(&out)
		if err := errors.Join(w.Row("x", cell), w.Close()); err != nil {
			t.Fatal(err)
		}
		got := strings.TrimSuffix(strings.TrimPrefix(out.String(), "\ufeffx,"), "\n")
		if got = strings.Trim(got, `"`); got != want {
			t.Errorf("%q is written %q, want %q", cell, got, want)
		}
	}
}
