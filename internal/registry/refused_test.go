package registry_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/registry/layout"
)

// refusedRows gives the sheets of the file of refused rows.
func (r *rig) refusedRows(id int64) (names []string, sheets map[string][][]string, raw []byte) {
	r.t.Helper()
	var out bytes.Buffer
	if err := r.Refused(r.t.Context(), id, &out); err != nil {
		r.t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		r.t.Fatal(err)
	}
	defer book.Close()
	sheets = map[string][][]string{}
	names = book.GetSheetList()
	for _, name := range names {
		rows, err := book.GetRows(name)
		if err != nil {
			r.t.Fatal(err)
		}
		sheets[name] = rows
		for i := range rows {
			for j := range rows[i] {
				cell, _ := excelize.CoordinatesToCellName(j+1, i+1)
				if f, _ := book.GetCellFormula(name, cell); f != "" {
					r.t.Errorf("%s!%s is the formula %s", name, cell, f)
				}
			}
		}
	}
	return names, sheets, out.Bytes()
}

func TestRefused(t *testing.T) {
	both(t, func(r *rig) {
		_, id := r.take(r.file("a.csv",
			"2020年科技企业统计表（单位：万元）",
			"统一社会信用代码,企业名称,所属区,销售收入,职工总数,备注",
			code(1)+",甲,东丽区,100,12,好",
			",,西青区,50,3,=1+2",
			",,南开区,70,4,\"@SUM(A1), +A1\"",
			code(2)+",乙,东丽区,七百,十二,"), enterprise)
		names, sheets, raw := r.refusedRows(id)
		if fmt.Sprint(names) != "[a]" {
			r.t.Fatalf("sheets %q", names)
		}
		rows := sheets["a"]
		if len(rows) != 6 || !strings.Contains(rows[0][0], fmt.Sprintf("Eyas import %d-", id)) || rows[1][0] != "2020年科技企业统计表（单位：万元）" {
			r.t.Fatalf("rows: %q", rows)
		}
		if got := strings.Join(rows[2], "|"); got != "统一社会信用代码|企业名称|所属区|销售收入|职工总数|备注|reason for refusal [not imported]" {
			r.t.Errorf("header: %s", got)
		}
		for i, want := range []string{"||西青区|50|3|=1+2|", "||南开区|70|4|@SUM(A1), +A1|"} {
			got := strings.Join(rows[i+3], "|")
			if !strings.HasPrefix(got, want) || !strings.Contains(got, "neither") {
				r.t.Errorf("row %d: %s", i, got)
			}
		}
		if got := strings.Join(rows[5], "|"); !strings.HasPrefix(got, code(2)+"|乙|东丽区|七百|十二||") || !strings.Contains(got, "销售收入: ") || !strings.Contains(got, "职工总数: ") {
			r.t.Errorf("a row with refused cells: %s", got)
		}
		if got := r.doubts(raw, "a"); fmt.Sprint(got) != "[A4 B4 A5 B5 D6 E6]" {
			r.t.Errorf("cells with a comment: %v", got)
		}
	})
}

// doubts gives the cells of a workbook that have a comment, which are coloured, row by row.
func (r *rig) doubts(raw []byte, sheet string) (cells []string) {
	r.t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		r.t.Fatal(err)
	}
	defer book.Close()
	comments, err := book.GetComments(sheet)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range comments {
		n, err := book.GetCellStyle(sheet, c.Cell)
		if err != nil {
			r.t.Fatal(err)
		}
		style, err := book.GetStyle(n)
		if err != nil || style.Fill.Pattern != 1 || len(style.Border) != 4 {
			r.t.Errorf("%s is not coloured: %+v %v", c.Cell, style, err)
		}
		if len(c.Paragraph) != 1 || c.Paragraph[0].Text == "" {
			r.t.Errorf("%s says nothing: %+v", c.Cell, c)
		}
		cells = append(cells, c.Cell)
	}
	return cells
}

// What is refused, mended and imported again leaves nothing refused, counts once, and gives what the file would have given had it
// been in order: from CSV files and workbooks, with one sheet or two, of subjects and of things.
func TestRefusedMended(t *testing.T) {
	for seed := range uint64(12) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		bad, good := sqlite(t), sqlite(t)
		opt := layout.Options{Register: "enterprise", Lang: "zh-CN", Source: []string{"", "annual"}[rnd.IntN(2)], Map: map[string]string{"花的钱": "rd_expense@2020/万元"}}
		sheets := 1 + rnd.IntN(2)
		head := []string{"统一社会信用代码", "企业名称", "2020年销售收入（万元）", "2020年职工总数", "花的钱", "备注"}
		wrong, right := make([][][]string, sheets), make([][][]string, sheets)
		mend := map[string]map[string]string{} // row's note → column → value
		n := 0
		for s := range sheets {
			wrong[s], right[s] = [][]string{{"某区情况表"}, head}, [][]string{{"某区情况表"}, head}
			for range 2 + rnd.IntN(12) {
				n++
				note := fmt.Sprint("注", n)
				row := []string{code(n), fmt.Sprint("天津第", n, "公司"), fmt.Sprint(1000 + rnd.IntN(9000)), fmt.Sprint(1 + rnd.IntN(900)), fmt.Sprint(20000 + rnd.IntN(900)), note}
				right[s] = append(right[s], slices.Clone(row))
				mend[note] = map[string]string{}
				broken := func(i int, text string) {
					mend[note][head[i]] = row[i]
					row[i] = text
				}
				switch rnd.IntN(5) {
				case 0:
					broken(0, "")
					broken(1, "")
				case 1:
					broken(2, "约八百")
				case 2:
					broken(3, "十来个")
					broken(4, "很多")
				}
				wrong[s] = append(wrong[s], row)
			}
		}
		write := func(r *rig, name string, rows [][][]string) layout.Source {
			if sheets == 1 && seed%2 == 0 {
				var lines []string
				for _, row := range rows[0] {
					lines = append(lines, strings.Join(row, ","))
				}
				return r.file(name+".csv", lines...)
			}
			book := excelize.NewFile()
			defer book.Close()
			for s := range rows {
				sheet := fmt.Sprint("表", s+1)
				if _, err := book.NewSheet(sheet); err != nil {
					t.Fatal(err)
				}
				for i := range rows[s] {
					if err := book.SetSheetRow(sheet, fmt.Sprint("A", i+1), &rows[s][i]); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := book.DeleteSheet("Sheet1"); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(r.dir, name+".xlsx")
			if err := book.SaveAs(path); err != nil {
				t.Fatal(err)
			}
			return layout.Source{Name: name + ".xlsx", Path: path}
		}
		report, id := bad.take(write(bad, "情况", wrong), opt)
		if report.RefusalCount == 0 {
			continue
		}
		names, tables, raw := bad.refusedRows(id)
		book, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for _, sheet := range names {
			for _, cell := range bad.doubts(raw, sheet) {
				col, row, _ := excelize.CellNameToCoordinates(cell)
				note := tables[sheet][row-1][5]
				value, ok := mend[note][head[col-1]]
				if !ok {
					t.Fatalf("seed %d: %s!%s is coloured, %s was in order", seed, sheet, cell, note)
				}
				if err := book.SetCellValue(sheet, cell, value); err != nil {
					t.Fatal(err)
				}
			}
		}
		path := filepath.Join(bad.dir, "改好.xlsx")
		if err := book.SaveAs(path); err != nil {
			t.Fatal(err)
		}
		book.Close()
		again, second := bad.take(layout.Source{Name: "改好.xlsx", Path: path}, opt)
		if again.RefusalCount != 0 || again.Refused != 0 || again.Mends != id || len(again.Unmapped) != 1 {
			t.Errorf("seed %d: after mending %+v", seed, again)
		}
		if _, left, _ := bad.refusedRows(second); len(left) != 1 {
			t.Errorf("seed %d: %d sheets are left", seed, len(left))
		}
		good.take(write(good, "情况", right), opt)
		for i := range n {
			name := fmt.Sprint("天津第", i+1, "公司")
			got, want := bad.one(name), good.one(name)
			if got.Code != want.Code {
				t.Errorf("seed %d: %s has the code %q, want %q", seed, name, got.Code, want.Code)
			}
			for _, f := range want.Facts {
				if g := got.Fact(f.Attr.ID, f.Year); g == nil || g.Value != f.Value {
					t.Errorf("seed %d: %s %s of %d: %+v, want %+v", seed, name, f.Attr.ID, f.Year, g, f.Value)
				}
			}
		}
	}
}

// The refused rows of a whole list are not the whole list: who is not among them is still on it.
func TestRefusedOfWholeList(t *testing.T) {
	r := sqlite(t)
	opt := layout.Options{Register: "enterprise", Lang: "zh-CN", Absent: []string{"abnormal_list"}, AsOf: "2021-03-01"}
	_, id := r.take(r.file("名录.csv", "统一社会信用代码,企业名称,注册资本（万元）", code(1)+",天津甲公司,500", code(2)+",天津乙公司,许多"), opt)
	_, _, raw := r.refusedRows(id)
	path := filepath.Join(r.dir, "回.xlsx")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	opt.AsOf = "2021-03-02"
	r.take(layout.Source{Name: "回.xlsx", Path: path}, opt)
	if f := r.one("天津甲公司").Fact("abnormal_list", 0); f == nil || f.Value.Int != 1 {
		t.Errorf("who was in order is off the list: %+v", f)
	}
}

// Mended, the file can be imported, and its figures mean what they meant in the file that they came from.
func TestRefusedCanBeImported(t *testing.T) {
	for name, lines := range map[string][]string{
		"2020年报.csv": {"统一社会信用代码,企业名称,销售收入（万元）,职工总数", ",,50,3"},
		"表.csv":      {"2020年度统计表,,,", "单位：万元,,,", "统一社会信用代码,企业名称,销售收入,职工总数", ",,50,3"},
		"两级.csv":     {"统一社会信用代码,企业名称,2020年,", ",,销售收入（万元）,职工总数", ",,50,3"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sqlite(t)
			_, id := r.take(r.file(name, lines...), enterprise)
			_, _, raw := r.refusedRows(id)
			path := filepath.Join(r.dir, "mended.xlsx")
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			book, err := excelize.OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sheet := book.GetSheetList()[0]
			rows, err := book.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellValue(sheet, fmt.Sprintf("B%d", len(rows)), "甲公司"); err != nil {
				t.Fatal(err)
			}
			if err := book.Save(); err != nil {
				t.Fatal(err)
			}
			book.Close()
			report, _ := r.take(layout.Source{Name: "mended.xlsx", Path: path}, enterprise)
			r.counts(report, 1, 0, 0)
			p := r.one("甲公司")
			if f := p.Fact("sales", 2020); f == nil || f.Value.Num != 50_000_000 {
				t.Errorf("sales: %+v\n%q", f, rows)
			}
			if f := p.Fact("staff", 2020); f == nil || f.Value.Num != 3 {
				t.Errorf("staff: %+v", f)
			}
		})
	}
}

func TestRefusedOfWorkbook(t *testing.T) {
	r := sqlite(t)
	book := excelize.NewFile()
	defer book.Close()
	for i, sheet := range []string{"甲表", "乙表", "说明"} {
		if i == 0 {
			if err := book.SetSheetName("Sheet1", sheet); err != nil {
				t.Fatal(err)
			}
		} else if _, err := book.NewSheet(sheet); err != nil {
			t.Fatal(err)
		}
		rows := [][]any{{"统一社会信用代码", "企业名称", "职工总数2020", "电话"}, {"", "", 5, "1"}, {code(i), "企业" + sheet, 6, "2"}, {"x", "", 7, "3"}}
		if i == 2 {
			rows = [][]any{{"填表说明"}, {"请如实填写"}}
		}
		for n := range rows {
			if err := book.SetSheetRow(sheet, fmt.Sprintf("A%d", n+1), &rows[n]); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(r.dir, "book.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	report, id := r.take(layout.Source{Name: "book.xlsx", Path: path}, enterprise)
	r.counts(report, 2, 0, 4)
	warned := false
	for _, w := range report.Warnings {
		warned = warned || w.Sheet == "说明"
	}
	if !warned {
		t.Errorf("the sheet that is no table is not mentioned: %+v", report.Warnings)
	}
	names, sheets, _ := r.refusedRows(id)
	if fmt.Sprint(names) != "[甲表 乙表]" || len(sheets["乙表"]) != 4 || sheets["乙表"][3][0] != "x" {
		t.Errorf("%q: %q", names, sheets)
	}
	// Nothing refused: a file that says so.
	_, id = r.take(r.file("b.csv", "统一社会信用代码,企业名称", code(5)+",丁"), enterprise)
	if names, sheets, _ = r.refusedRows(id); len(names) != 1 || len(sheets[names[0]]) != 1 {
		t.Errorf("%q: %q", names, sheets)
	}
}
