package registry_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
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
		names, sheets, _ := r.refusedRows(id)
		if fmt.Sprint(names) != "[refused rows unreadable cells]" {
			r.t.Fatalf("sheets %q", names)
		}
		rows := sheets["refused rows"]
		if len(rows) != 4 || rows[0][0] != "2020年科技企业统计表（单位：万元）" {
			r.t.Fatalf("rows: %q", rows)
		}
		if got := strings.Join(rows[1], "|"); got != "统一社会信用代码|企业名称|所属区|销售收入|职工总数|备注|reason for refusal" {
			r.t.Errorf("header: %s", got)
		}
		for i, want := range []string{"||西青区|50|3|=1+2|", "||南开区|70|4|@SUM(A1), +A1|"} {
			got := strings.Join(rows[i+2], "|")
			if !strings.HasPrefix(got, want) || !strings.Contains(got, "neither") {
				r.t.Errorf("row %d: %s", i, got)
			}
		}
		cells := sheets["unreadable cells"]
		if len(cells) != 3 || fmt.Sprint(cells[1][:4], cells[2][:4]) != "[ 6 职工总数 十二] [ 6 销售收入 七百]" {
			r.t.Errorf("cells: %q", cells)
		}
	})
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
	if fmt.Sprint(names) != "[甲表 乙表]" || len(sheets["乙表"]) != 3 || sheets["乙表"][2][0] != "x" {
		t.Errorf("%q: %q", names, sheets)
	}
	// Nothing refused: a file that says so.
	_, id = r.take(r.file("b.csv", "统一社会信用代码,企业名称", code(5)+",丁"), enterprise)
	if names, sheets, _ = r.refusedRows(id); len(names) != 1 || len(sheets[names[0]]) != 1 {
		t.Errorf("%q: %q", names, sheets)
	}
}
