package registry_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/template"
)

// templateOf writes the template of a register, as edit leaves it.
func (r *rig) templateOf(reg *pack.Register, lang, name string, edit func(book *excelize.File, sheet string)) layout.Source {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	f, err := os.Create(path)
	if err == nil {
		err = template.Write(f, r.pack, reg, 2020, lang)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	if edit != nil {
		book, err := excelize.OpenFile(path)
		if err != nil {
			r.t.Fatal(err)
		}
		edit(book, book.GetSheetName(0))
		if err := book.Save(); err != nil {
			r.t.Fatal(err)
		}
		book.Close()
	}
	return layout.Source{Name: name, Path: path}
}

// subjects gives the live subjects of a register of the keys of their names.
func (r *rig) subjects(register string, keys ...string) (list []fact.SubjectRow) {
	r.t.Helper()
	err := in(r.db).Read(r.t.Context(), func(from tables) (err error) {
		list, err = from.SubjectsByKey(r.t.Context(), register, keys)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// Every register's template is understood whole: its example row is left alone, and without the mark it is a subject
// with a value for every example.
func TestTemplates(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: one goroutine walks through it for long")
	}
	both(t, func(r *rig) {
		for _, reg := range r.pack.Registers {
			for _, lang := range []string{"zh-CN", "en"} {
				opt := layout.Options{Register: reg.ID, Lang: lang}
				report, id := r.take(r.templateOf(reg, lang, reg.ID+lang+"空.xlsx", nil), opt)
				if id != 0 || report.Rows != 0 || report.RefusalCount != 0 || report.WarningCount != 1 {
					t.Errorf("%s %s: the untouched template gave import %d: %+v", reg.ID, lang, id, report)
				}
				if lang == "zh-CN" != strings.Contains(report.Warnings[0].Reason, "示例") {
					t.Errorf("%s %s: warned %+v", reg.ID, lang, report.Warnings)
				}
				src := r.templateOf(reg, lang, reg.ID+lang+"填好.xlsx", func(book *excelize.File, sheet string) {
					if err := book.SetCellValue(sheet, "A2", ""); err != nil {
						t.Fatal(err)
					}
				})
				preview, err := r.Preview(t.Context(), src, opt, nil)
				if err != nil {
					t.Fatal(err)
				}
				meant := map[string]bool{}
				for _, c := range preview.Sheets[0].Columns {
					meant[c.Attr] = true
				}
				for _, a := range template.Columns(reg) {
					if !meant[a.ID] {
						t.Errorf("%s %s: no column of the template is read as %s", reg.ID, lang, a.ID)
					}
				}
				report, _ = r.take(src, opt)
				if report.Accepted+report.Unchanged != 1 || report.Accepted != 1 && lang == "zh-CN" {
					t.Errorf("%s %s: the example gave %+v", reg.ID, lang, report)
				}
				if report.RefusalCount+report.WarningCount != 0 {
					t.Errorf("%s %s: the example is not right: %+v %+v", reg.ID, lang, report.Refusals, report.Warnings)
				}
			}
		}
		r.sound()
	})
}

// Each kind of subject is known by what identifies it: its number, else its name together with what tells one name's
// subjects apart.
func TestIdentityByRegister(t *testing.T) {
	both(t, func(r *rig) {
		opt := layout.Options{Register: "person", Lang: "zh-CN"}
		report, _ := r.take(r.file("专家.csv", "专家编号,姓名,工作单位,职称",
			"zj-1,赵六,甲大学,教授", ",钱七,甲大学,讲师", ",钱七,乙大学,教授", " ＺＪ－１ ,赵六,甲大学,研究员", "1.2E+17,孙八,甲大学,", ",,甲大学,教授"), opt)
		r.counts(report, 5, 0, 1)
		if n := len(r.subjects("person", "钱七|甲大学", "钱七|乙大学", "赵六|甲大学", "孙八|甲大学", "钱七")); n != 4 {
			t.Errorf("%d people, not 4", n)
		}
		if w := report.Warnings[0].Reason; !strings.Contains(w, "编号被电子表格存成了数字") || strings.Contains(w, "证照") {
			t.Errorf("warned %q", w)
		}
		if why := report.Refusals[0].Reason; why != "既没有人员编号，也没有姓名，不知道是哪名人员。请补上其中一项，再导入这一行。" {
			t.Errorf("refused because %q", why)
		}
		again, _ := r.take(r.file("又一份.csv", "姓名,单位,职称", "钱七,甲大学,讲师"), opt)
		r.counts(again, 0, 1, 0)

		// The same company runs two carriers: its code does not make them one.
		report, _ = r.take(r.file("载体.csv", "载体名称,统一社会信用代码,在孵企业数2020", "甲孵化器,"+code(1)+",30", "乙众创空间,"+code(1)+",12"), layout.Options{Register: "carrier"})
		r.counts(report, 2, 0, 0)
		if n := len(r.subjects("carrier", "甲孵化器", "乙众创空间")); n != 2 {
			t.Errorf("%d carriers, not 2", n)
		}
		_, _, err := r.Import(t.Context(), r.file("无名.csv", "专业领域,职称", "新材料,教授"), opt, nil)
		if err == nil || !strings.Contains(err.Error(), "person number") {
			t.Errorf("a file of people without names gives %v", err)
		}
	})
}
