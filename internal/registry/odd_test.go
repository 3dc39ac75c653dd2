package registry_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

func TestNothingIsHalfDone(t *testing.T) {
	both(t, func(r *rig) {
		lines := []string{"统一社会信用代码,企业名称,2020年销售收入（元）"}
		for i := range 5000 {
			lines = append(lines, fmt.Sprintf("%s,企业%d,%d", code(i), i, i))
		}
		src := r.file("a.csv", lines...)
		ctx, cancel := context.WithCancel(context.Background())
		stopped := false
		_, _, err := r.Import(ctx, src, enterprise, func(p derive.Progress) {
			if p.Rows >= 2000 {
				stopped = true
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || !stopped {
			r.t.Fatalf("cancelled import: %v", err)
		}
		if r.base() != "" || must(r.Change(context.Background())) != 0 {
			r.t.Error("something was left")
		}
		report, id := r.take(src, enterprise)
		r.counts(report, 5000, 0, 0)
		if id != 1 {
			r.t.Errorf("import %d", id)
		}
	})
}

// A file that somebody saves while it is read is neither the old nor the new.
func TestFileChangesWhileRead(t *testing.T) {
	r := sqlite(t)
	lines := []string{"统一社会信用代码,企业名称"}
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf("%s,企业%d", code(i), i))
	}
	src := r.file("a.csv", lines...)
	_, _, err := r.Import(t.Context(), src, enterprise, func(p derive.Progress) {
		f, err := os.OpenFile(src.Path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(f, code(9999)+",又一家")
		f.Close()
	})
	if fault.Of(err) != fault.Conflict || r.base() != "" {
		t.Errorf("imported: %v", err)
	}
}

func TestWrongUse(t *testing.T) {
	r := sqlite(t)
	ctx := t.Context()
	src := r.file("a.csv", "统一社会信用代码,企业名称", code(1)+",甲")
	for name, opt := range map[string]layout.Options{
		"register": {Register: "unheard of"},
		"complete": {Register: "enterprise", Complete: []string{"sales"}},
		"manual":   {Register: "enterprise", Complete: []string{"conduct_ok"}},
		"map":      {Register: "enterprise", Map: map[string]string{"企业名称": "unheard_of@2020"}},
	} {
		_, _, err := r.Import(ctx, src, opt, nil)
		_, perr := r.Preview(ctx, src, opt, nil)
		if fault.Of(err) != fault.Invalid || fault.Of(perr) != fault.Invalid {
			t.Errorf("%s: %v; %v", name, err, perr)
		}
	}
	for name, src := range map[string]layout.Source{
		"folder":  {Name: "folder", Path: r.dir},
		"nothing": {Name: "nothing.csv", Path: r.dir + "/nothing.csv"},
		"empty":   r.file("empty.csv"),
		"head":    r.file("prose.csv", "这不是表格"),
	} {
		_, _, err := r.Import(ctx, src, enterprise, nil)
		var f *fault.Error
		if !errors.As(err, &f) || f.ZH == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A header and no row is nothing to write.
	if report, id := r.take(r.file("head.csv", "统一社会信用代码,企业名称"), enterprise); id != 0 || report.Rows != 0 {
		t.Errorf("import %d, %+v", id, report)
	}
	if _, err := r.Profile(ctx, 5); fault.Of(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := r.Record(ctx, 5); fault.Of(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := r.ImportByID(ctx, 5); fault.Of(err) != fault.NotFound {
		t.Error(err)
	}
	if r.base() != "" {
		t.Error("something was written")
	}
}

// Lists are cut, counts are not; also in what is stored and given again.
func TestListsAreCut(t *testing.T) {
	r := sqlite(t)
	lines := []string{"统一社会信用代码,企业名称,2020年职工总数,所属区"}
	for i := range 12_000 {
		lines = append(lines, fmt.Sprintf("%s,企业%d,很多,某处", code(i), i))
	}
	src := r.file("a.csv", lines...)
	first, id := r.take(src, enterprise)
	stored := must(r.ImportByID(t.Context(), id)).Report
	again, _ := r.take(src, enterprise)
	for what, report := range map[string]*intake.FileReport{"first": first, "stored": &stored, "again": again} {
		if len(report.Refusals) != 10_000 || report.RefusalCount != 12_000 || len(report.Warnings) != 10_000 || report.WarningCount < 12_000 {
			t.Errorf("%s: %d of %d refusals, %d of %d warnings", what, len(report.Refusals), report.RefusalCount, len(report.Warnings), report.WarningCount)
		}
	}
}

// Names that an index of a database could not hold.
func TestVeryLongNames(t *testing.T) {
	both(t, func(r *rig) {
		long := strings.Repeat("很长的名称", 99) // 495 characters, 1,485 bytes
		report, _ := r.take(r.file("a.csv", "统一社会信用代码,企业名称,2020年职工总数", ","+long+"甲,1", ","+long+"乙,2", ","+long+"甲,3"), enterprise)
		r.counts(report, 3, 0, 0)
		if p := r.one(long + "甲"); p.Fact("staff", 2020).Value.Num != 3 || p.Name != long+"甲" {
			r.t.Errorf("%.40s: %+v", p.Name, p.Facts)
		}
		r.sound()
	})
}

// A workbook may hold characters that a database does not.
func TestOddCharacters(t *testing.T) {
	both(t, func(r *rig) {
		book := excelize.NewFile()
		defer book.Close()
		for i, row := range [][]any{{"统一社会信用代码", "企业名称", "经营范围"}, {code(1), "甲_x0000_公司", "一_x0000_二_x0007_"}} {
			if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
				r.t.Fatal(err)
			}
		}
		src := layout.Source{Name: "a\xff.xlsx", Path: filepath.Join(r.dir, "a.xlsx")}
		if err := book.SaveAs(src.Path); err != nil {
			r.t.Fatal(err)
		}
		report, id := r.take(src, enterprise)
		r.counts(report, 1, 0, 0)
		r.one("甲公司")
		r.undo(id)
		r.take(src, enterprise)
		r.sound()
	})
}
