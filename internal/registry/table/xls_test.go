package table

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eyas/internal/registry/table/biff"
	"eyas/internal/registry/table/biff/bifftest"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// lines returns all rows of a file, one line each, and its notices in English.
func lines(t *testing.T, path string) (rows, said []string) {
	t.Helper()
	f, err := Open(path, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		s, err := f.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("[%s] %v", s.Name, s.Merged()))
		for {
			r, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, fmt.Sprintf("%d %s %v", r.Number, strings.TrimRight(string(slicesJoin(r.Cells)), "|"), r.Merged))
		}
	}
	for _, n := range f.Notices() {
		said = append(said, n.EN)
	}
	return rows, said
}

func slicesJoin(cells [][]byte) (out []byte) {
	for i, c := range cells {
		if i > 0 {
			out = append(out, '|')
		}
		out = append(out, c...)
	}
	return out
}

// The same workbook as .xlsx and as .xls gives the same rows: texts, numbers under any format, dates of both calendars,
// merged areas, hidden rows, columns and sheets.
func TestOldWorkbook(t *testing.T) {
	formats := []string{"0.00", `yyyy"年"m"月"d"日"`, `0!.0,`, `#,##0.00"万元"`, `#,##0,,`, "yyyy-mm", `[红色]-0.0;0.0`, "0%", "h:mm", "@"}
	numbers := []float64{0, 1, -3.5, 43921, 12345678.9, 0.07, 1234567890123450000, 36526.75, 1e-7}
	for _, base1904 := range []bool{false, true} {
		x := excelize.NewFile()
		if err := x.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &base1904}); err != nil {
			t.Fatal(err)
		}
		const sheet = "Sheet1"
		rows, dark := map[int][]biff.Cell{}, map[int]bool{4: true}
		put := func(row, column, style int, value any) {
			at, _ := excelize.CoordinatesToCellName(column, row)
			c := biff.Cell{Column: column, Style: style}
			switch v := value.(type) {
			case string:
				c.Kind, c.Text = biff.Text, []byte(v)
			case float64:
				c.Number = v
			case bool:
				c.Kind, c.Text = biff.Boolean, []byte(strings.ToUpper(fmt.Sprint(v)))
			}
			rows[row] = append(rows[row], c)
			if err := x.SetCellValue(sheet, at, value); err != nil {
				t.Fatal(err)
			}
			if style > 0 {
				id, err := x.NewStyle(&excelize.Style{CustomNumFmt: &formats[style-1]})
				if err != nil {
					t.Fatal(err)
				}
				if err := x.SetCellStyle(sheet, at, at, id); err != nil {
					t.Fatal(err)
				}
			}
		}
		put(1, 1, 0, "企业名称")
		put(1, 2, 0, "2020年")
		put(2, 1, 0, "甲公司")
		put(2, 3, 0, true)
		put(3, 3, 0, "😀 a")
		for i := range formats {
			for j, n := range numbers {
				put(4+j, 2+i, i+1, n)
			}
		}
		put(20, 1, 0, "末")
		merged := []biff.Area{{FirstRow: 1, FirstColumn: 2, LastRow: 1, LastColumn: 4}, {FirstRow: 2, FirstColumn: 1, LastRow: 3, LastColumn: 1}}
		for _, a := range merged {
			from, _ := excelize.CoordinatesToCellName(a.FirstColumn, a.FirstRow)
			to, _ := excelize.CoordinatesToCellName(a.LastColumn, a.LastRow)
			if err := x.MergeCell(sheet, from, to); err != nil {
				t.Fatal(err)
			}
		}
		x.SetRowVisible(sheet, 4, false)
		x.SetColVisible(sheet, "C:D", false)
		x.NewSheet("藏")
		x.SetCellValue("藏", "A1", "x")
		x.SetSheetVisible("藏", false)
		path := filepath.Join(t.TempDir(), "a.xlsx")
		if err := x.SaveAs(path); err != nil {
			t.Fatal(err)
		}
		book := bifftest.Book{Base1904: base1904, Formats: formats, Cut: 1, Sheets: []bifftest.Sheet{
			{Name: sheet, Rows: rows, Dark: dark, Columns: [][2]int{{3, 4}}, Merged: merged, Packed: true},
			{Name: "藏", Hidden: true, Rows: map[int][]biff.Cell{1: {{Column: 1, Kind: biff.Text, Text: []byte("x")}}}},
		}}
		want, wantSaid := lines(t, path)
		got, said := lines(t, write(t, "a.xls", book.Bytes()))
		if !slices.Equal(got, want) {
			t.Errorf("1904 %v: as .xls\n%s\nas .xlsx\n%s", base1904, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		slices.Sort(said)
		slices.Sort(wantSaid)
		if !slices.Equal(said, wantSaid) {
			t.Errorf("1904 %v: said of .xls\n%s\nof .xlsx\n%s", base1904, strings.Join(said, "\n"), strings.Join(wantSaid, "\n"))
		}
	}
}

// A real workbook of Excel 97–2003: the classification of industries of 2011.
func TestRealOldWorkbook(t *testing.T) {
	path := filepath.Join(data(t, "gbt4754-2017"), "gbt4754-2011-niweisi", "industry.xls")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s here", path)
	}
	rows, said := lines(t, path)
	if len(rows) < 1_600 || len(said) > 0 {
		t.Errorf("%d rows, said %q", len(rows), said)
	}
	all := strings.Join(rows, "\n")
	for _, part := range []string{"农、林、牧、渔业", "谷物种植", "国际组织"} {
		if !strings.Contains(all, part) {
			t.Errorf("there is no %s", part)
		}
	}
}

// Web pages with the name of a table file: cells that span others, nested tables, hidden parts.
func TestWebPage(t *testing.T) {
	gb := func(s string) string {
		b, err := simplifiedchinese.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		page string
		want []string
	}{
		"plain": {"<html><table><tr><th>企业名称<th>收入（万元）</tr><tr><td>甲&amp;乙</td><td>1,200</td></tr></table>",
			[]string{"[] []", "1 企业名称|收入（万元） []", "2 甲&乙|1,200 []"}},
		"GB18030": {gb("<table><tr><td>企业名称</td></tr><tr><td> 甲 <b>公</b>司&nbsp;</td></tr></table>"),
			[]string{"[] []", "1 企业名称 []", "2 甲 公司 []"}},
		"merged": {`<table><tr><td rowspan=2>名称</td><td colspan="2">2020年</td></tr><tr><td>收入</td><td>人数</td></tr><tr><td>甲</td><td>1</td><td>2</td></tr></table>`,
			[]string{"[] [{1 2 1 3}]", "1 名称|2020年 [1]", "2 名称|收入|人数 [1]", "3 甲|1|2 []"}},
		"without ends": {"<!DOCTYPE html><table><tr><td>a<td>b<tr><td>c<br>d<td>", []string{"[] []", "1 a|b []", "2 c\nd []"}},
		"layout":       {"<html><script>var x='<table>'</script><table><tr><td>页首<table><tr><td>名称</td></tr><tr><td>甲</td></tr></table></td></tr></table>", []string{"[表格1] []", "1 页首 []", "[表格2] []", "1 名称 []", "2 甲 []"}},
		"hidden":       {`<table><tr><td>名称</td></tr><tr style="display: none"><td>甲</td></tr></table>`, []string{"[] []", "1 名称 []", "2 甲 []"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, said := lines(t, write(t, "a.xls", []byte(c.page)))
			if !slices.Equal(got, c.want) {
				t.Errorf("read %q, want %q", got, c.want)
			}
			if says := name == "hidden" || name == "without ends"; says != (len(said) > 0) {
				t.Errorf("said %q", said)
			}
		})
	}
}

// FuzzWebPage: reading ends for any page.
func FuzzWebPage(f *testing.F) {
	f.Add([]byte(`<table><tr><td rowspan=2 colspan=3>a<td>b<tr><td>c</table>`))
	f.Add([]byte("<html><table><tr><th>企业名称<table><td>x"))
	for _, s := range []string{
		"<style>.a{display:none}</style><table><colgroup span=2 hidden></colgroup><col class=a><col width=0 span=3><tr hidden><td class=a>甲<td><span style='display:none'>9<b>8</b></span>2",
		"<div hidden><table><tbody style=visibility:collapse><tr><td colspan=99999 rowspan=99999>a<tr><td>b</tbody><tr><td>c</table></div><table><tr><td>d",
		"<tr><td>合计<tr><td colspan=3>单位：万元<tr><th>企业名称<th>代码<th>2020年<br>收入<tr><td>1、甲&amp;乙&#12288;<td>=\"911\"<td x:num>1,200.5",
		"<td><i><td></i><span hidden><tr></span><td>x</table></table><col><style>@media{.b{",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "a.xls")
		if err := os.WriteFile(path, append([]byte("<table>"), data...), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := Open(path, "a.xls")
		if err != nil {
			return
		}
		defer file.Close()
		for {
			s, err := file.Next()
			if err != nil {
				return
			}
			for err == nil {
				_, err = s.Next()
			}
		}
	})
}
