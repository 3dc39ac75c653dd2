package registry_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// book writes a workbook of one sheet with merged areas.
func (r *rig) book(name string, rows [][]any, merged ...string) layout.Source {
	r.t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, area := range merged {
		from, to, _ := strings.Cut(area, ":")
		if err := f.MergeCell("Sheet1", from, to); err != nil {
			r.t.Fatal(err)
		}
	}
	path := filepath.Join(r.dir, name)
	if err := f.SaveAs(path); err != nil {
		r.t.Fatal(err)
	}
	return layout.Source{Name: name, Path: path}
}

// known writes a value of a subject: "" when it is unknown.
func (r *rig) known(who, attr string, year int) string {
	r.t.Helper()
	f := r.one(who).Fact(attr, year)
	switch {
	case f == nil:
		return ""
	case f.Value.Str != "":
		return f.Value.Str
	case f.Attr.Kind == "date":
		return day("1970-01-01").AddDate(0, 0, int(f.Value.Int)).Format("2006-01-02")
	case f.Attr.Kind == "money":
		return fmt.Sprint(int64(f.Value.Num) / 100)
	case f.Attr.Kind == "boolean":
		return fmt.Sprint(f.Value.Int)
	}
	return fmt.Sprint(f.Value.Num)
}

func (r *rig) says(who, attr string, year int, want string) {
	r.t.Helper()
	if got := r.known(who, attr, year); got != want {
		r.t.Errorf("%s %s %d: %q, want %q", who, attr, year, got, want)
	}
}

func TestForm(t *testing.T) {
	r := sqlite(t)
	r.take(r.book("登记.xlsx", [][]any{
		{"科技企业情况登记表（2019年度）"},
		{"企业名称：", "例一仪器有限公司", "", "成立日期", "2015-06-01"},
		{"统一社会信用代码", code(1), "", "联系人", "某某"},
		{"注册资本", "300万元", "", "职工总数（人）", 41},
		{"销售收入（万元）", 1250.5},
		{"研发费用（万元）", 88, "其中本年", 90},
		{"备注", "无"},
	}, "A1:E1"), enterprise)
	r.says(code(1), "name", 0, "例一仪器有限公司")
	r.says(code(1), "registered_on", 0, "2015-06-01")
	r.says(code(1), "registered_capital", 0, "3000000")
	r.says(code(1), "staff", 2019, "41")
	r.says(code(1), "sales", 2019, "12505000")
	r.says(code(1), "rd_expense", 2019, "") // two values stand beside it
	report, _, err := r.Import(t.Context(), r.book("两家.xlsx", [][]any{
		{"企业名称", "甲"}, {"统一社会信用代码", code(2)}, {"联系人", "某"}, {"企业名称", "乙"}, {"统一社会信用代码", code(3)}, {"联系人", "某"},
	}), enterprise, nil)
	if err == nil {
		t.Errorf("the forms of two on one sheet: %+v", report)
	}
}

func TestSideBySide(t *testing.T) {
	both(t, func(r *rig) {
		_, id := r.take(r.file("2019年名单.csv",
			"序号,企业名称,统一社会信用代码,职工总数,,序号,企业名称,统一社会信用代码,职工总数",
			"1,甲例有限公司,"+code(1)+",11,,3,丙例有限公司,"+code(3)+",33",
			"2,乙例有限公司,"+code(2)+",22,,,,,"), enterprise)
		for n, want := range map[int]string{1: "11", 2: "22", 3: "33"} {
			r.says(code(n), "staff", 2019, want)
		}
		if address := r.one(code(3)).Fact("staff", 2019); address.Cell != 9 {
			r.t.Errorf("the third one's staff is of column %d", address.Cell)
		}
		report, _ := r.take(r.file("2019年名单.csv",
			"序号,企业名称,统一社会信用代码,职工总数,,序号,企业名称,统一社会信用代码,职工总数",
			"1,甲例有限公司,"+code(1)+",11,,3,丙例有限公司,"+code(3)+",33",
			"2,乙例有限公司,"+code(2)+",22,,,,,"), enterprise)
		if report.Import != 0 {
			r.t.Errorf("the same file again is import %d", report.Import)
		}
		r.undo(id)
		r.sound()
	})
}

func TestStackedTables(t *testing.T) {
	both(t, func(r *rig) {
		src := r.file("2019年情况.csv",
			"序号,企业名称,统一社会信用代码,销售收入（万元）",
			"1,甲例有限公司,"+code(1)+",100",
			"", "2018年补充", "序号,统一社会信用代码,企业名称,职工总数,研发费用（千元）",
			"1,"+code(2)+",乙例有限公司,7,30", "2,"+code(1)+",甲例有限公司,9,60",
			"序号,统一社会信用代码,企业名称,职工总数,研发费用（千元）", // a page repeats its header
			"3,"+code(3)+",丙例有限公司,8,90")
		report, _ := r.take(src, enterprise)
		if report.Rows != 4 || report.Refused != 0 {
			r.t.Errorf("%+v", report)
		}
		r.says(code(1), "sales", 2019, "1000000")
		r.says(code(1), "staff", 2018, "9")
		r.says(code(2), "rd_expense", 2018, "30000")
		r.says(code(3), "staff", 2018, "8")
		if again, _ := r.take(src, enterprise); again.Import != 0 {
			r.t.Errorf("the same file again is import %d", again.Import)
		}
		if _, err := r.Rederive(r.t.Context(), nil); err != nil {
			r.t.Fatal(err)
		}
		r.says(code(2), "rd_expense", 2018, "30000")
		r.sound()
	})
}

func TestMergedAmounts(t *testing.T) {
	r := sqlite(t)
	report, _ := r.take(r.book("年度.xlsx", [][]any{
		{"企业名称", "统一社会信用代码", "年度", "职工总数", "销售收入（万元）"},
		{"甲例有限公司", code(1), 2018, 5, 100},
		{nil, nil, 2019, 6, nil},
	}, "A2:A3", "B2:B3", "E2:E3"), enterprise)
	r.says(code(1), "staff", 2018, "5")
	r.says(code(1), "staff", 2019, "6")
	r.says(code(1), "sales", 2018, "")
	r.says(code(1), "sales", 2019, "")
	if len(report.Refusals) != 2 {
		t.Errorf("%+v", report.Refusals)
	}
}

func TestListsThatEnd(t *testing.T) {
	for _, rows := range [][]string{
		{code(1) + ",甲,2019-01-02,2020-02-03", code(1) + ",甲,2020-08-01,", code(2) + ",乙,2019-01-02,2020-02-03", code(3) + ",丙,2019-01-02,2021-05-01"},
		{code(3) + ",丙,2019-01-02,2021-05-01", code(2) + ",乙,2019-01-02,2020-02-03", code(1) + ",甲,2020-08-01,", code(1) + ",甲,2019-01-02,2020-02-03"},
	} {
		r := sqlite(t)
		r.take(r.file("经营异常名录.csv", slices.Concat([]string{"统一社会信用代码,企业名称,列入日期,移出日期"}, rows)...), from("abnormal", "2021-03-01"))
		r.says(code(1), "abnormal_list", 0, "1")
		r.says(code(2), "abnormal_list", 0, "0")
		r.says(code(3), "abnormal_list", 0, "1")
	}
}

func TestKindOfCertificates(t *testing.T) {
	r := sqlite(t)
	r.take(r.file("2019年高新技术企业认定名单.csv", "企业名称,统一社会信用代码,证书编号,发证时间,有效期", "甲例,"+code(1)+",X1,2019-11-28,2019-11-28至2022-11-27"), from("certificate", ""))
	r.says(code(1), "cert_hnte_from", 0, "2019-11-28")
	r.says(code(1), "cert_hnte_until", 0, "2022-11-27")
	r.take(r.file("名单.csv", "企业名称,统一社会信用代码,证书编号,发证时间", "乙例,"+code(2)+",gr201812000123,2018-11-23", "丙例,"+code(3)+",TJ2018001,2018-11-23"), from("certificate", ""))
	r.says(code(2), "cert_hnte_from", 0, "2018-11-23")
	r.says(code(3), "cert_hnte_from", 0, "")
	report, _ := r.take(r.file("贯标.csv", "企业名称,统一社会信用代码,证书种类,证书编号,有效期至", "丁例,"+code(4)+",知识产权贯标,Z1,2023-01-01"), from("certificate", ""))
	if !slices.ContainsFunc(report.Warnings, func(i layout.Issue) bool { return strings.Contains(i.Text.ZH, "知识产权贯标") }) {
		t.Errorf("a list from which nobody gets a certificate: %+v", report.Warnings)
	}
	// Any list's 有效期至 is no certificate of this kind.
	r.take(r.file("排污.csv", "企业名称,统一社会信用代码,许可证编号,有效期至", "甲例,"+code(1)+",P1,2030-01-01"), enterprise)
	r.says(code(1), "cert_hnte_until", 0, "2022-11-27")
}

func TestQuestions(t *testing.T) {
	r := sqlite(t)
	lines := []string{"企业名称,统一社会信用代码,销售收入", "甲例," + code(1) + ",820.55", "乙例," + code(2) + ",1200.4", "丙例," + code(3) + ",95.1"}
	report, _ := r.take(r.file("2019.csv", lines...), enterprise)
	asked := func(report *intake.FileReport) (list []layout.Issue) {
		for _, i := range report.Warnings {
			if i.Scope == layout.Asked {
				list = append(list, i)
			}
		}
		return list
	}
	if q := asked(report); len(q) != 1 || !slices.Equal(q[0].Readings, []string{"8,205,500 元", "820,550 元", "820.55 元"}) {
		t.Errorf("%+v", q)
	}
	r.says(code(1), "sales", 2019, "")
	for _, opt := range []layout.Options{
		{Register: "enterprise", Units: map[string]string{"销售收入": "万元"}},
		{Register: "enterprise", Units: map[string]string{"": "万元"}},
		{Register: "enterprise", Map: map[string]string{"销售收入": "sales@2019/万元"}},
		{Register: "enterprise", Map: map[string]string{"销售收入": "sales/万元"}},
	} {
		_, id := r.take(r.file("2019.csv", lines...), opt)
		r.says(code(1), "sales", 2019, "8205500")
		r.undo(id)
	}
	report, _ = r.take(r.file("2020年雏鹰企业申报汇总.csv", "企业名称,统一社会信用代码,职工总数", "甲例,"+code(1)+",20"), enterprise)
	if q := asked(report); len(q) != 1 || !slices.Equal(q[0].Readings, []string{"2019", "2020"}) {
		t.Errorf("%+v", q)
	}
	r.says(code(1), "staff", 2020, "")
	_, _, err := r.Import(t.Context(), r.file("x.csv", lines...), layout.Options{Register: "enterprise", Units: map[string]string{"销售收入": "人"}}, nil)
	if err == nil {
		t.Error("人 is taken for a unit of amounts")
	}
}

func TestRowsAgainstOneAnother(t *testing.T) {
	both(t, func(r *rig) {
		report, _ := r.take(r.file("2019.csv", "企业名称,统一社会信用代码,职工总数,销售收入（万元）,联系人", "甲例,"+code(1)+",20,100,某", "乙例,"+code(2)+",30,100,某",
			"甲例,"+code(1)+",20,999,别人", "甲例,"+code(1)+",,100,"), enterprise)
		var said []string
		for _, i := range report.Warnings {
			if strings.Contains(i.Text.ZH, "不一致") {
				said = append(said, i.Text.EN)
			}
		}
		if len(said) != 2 || !strings.Contains(said[0], "row 2 says 1,000,000") || !strings.Contains(said[0], "row 4 says 9,990,000") {
			r.t.Errorf("%q", said)
		}
	})
}

func TestMoneyOfRows(t *testing.T) {
	r := sqlite(t)
	report, _ := r.take(r.file("2019.csv", "企业名称,统一社会信用代码,注册资本（万）,币种,销售收入,单位",
		"甲,"+code(1)+",30,人民币,1.2,亿元", "乙,"+code(2)+",30,欧元,500,万元", "丙,"+code(3)+",30,,12,", "丁,"+code(4)+",30,某币,12万元,千元"), enterprise)
	r.says(code(1), "registered_capital", 0, "300000")
	r.says(code(1), "sales", 2019, "120000000")
	r.says(code(2), "registered_capital", 0, "")
	r.says(code(3), "sales", 2019, "")
	r.says(code(4), "registered_capital", 0, "")
	if report.RefusalCount < 3 {
		t.Errorf("%+v", report.Refusals)
	}
}

func TestUnitFarBelow(t *testing.T) {
	r := sqlite(t)
	lines := []string{"企业名称,统一社会信用代码,销售收入"}
	for n := range 60 {
		lines = append(lines, fmt.Sprintf("例%d,%s,%d", n, code(n), 200_000+n))
	}
	lines = append(lines, "注：金额单位为千元")
	if _, _, err := r.Import(t.Context(), r.file("2019.csv", lines...), enterprise, nil); err == nil || !strings.Contains(err.Error(), "千元") {
		t.Errorf("%v", err)
	}
	if base := r.base(); strings.Contains(base, "例1") {
		t.Errorf("something stays: %s", base)
	}
	r.take(r.file("2019.csv", lines...), layout.Options{Register: "enterprise", Units: map[string]string{"": "千元"}})
	r.says(code(3), "sales", 2019, "200003000")
}

// One column may be asked about twice: whose year, then in what unit. The second answer keeps the first.
func TestQuestionsOneAfterAnother(t *testing.T) {
	r := sqlite(t)
	src := r.file("2020年雏鹰企业申报汇总.csv", "企业名称,统一社会信用代码,销售收入", "甲例,"+code(1)+",820.55", "乙例,"+code(2)+",1200.4")
	opt := layout.Options{Register: "enterprise", Map: map[string]string{}}
	for range 2 {
		p, err := r.Preview(t.Context(), src, opt, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Sheets[0].Columns {
			if len(c.Offers) > 0 {
				opt.Map[c.Header] = c.Offers[0].Meaning
			}
		}
	}
	r.take(src, opt)
	r.says(code(1), "sales", 2019, "8205500")
}

func TestGroupsAreListed(t *testing.T) {
	r := sqlite(t)
	report, _ := r.take(r.book("2019年情况.xlsx", [][]any{
		{"企业名称", "统一社会信用代码", "去年同期", "", "本年累计"},
		{nil, nil, "销售收入（万元）", "职工总数", "销售收入（万元）"},
		{"甲例有限公司", code(1), 7, 8, 9},
	}, "A1:A2", "B1:B2", "C1:D1"), enterprise)
	r.says(code(1), "sales", 2019, "90000")
	r.says(code(1), "staff", 2019, "")
	if !slices.Equal(report.Unmapped, []string{"去年同期 销售收入（万元）", "去年同期 职工总数"}) {
		t.Errorf("%q", report.Unmapped)
	}
}

// A line of names and values above a table is no header of it.
func TestLineAboveTheHeader(t *testing.T) {
	r := sqlite(t)
	report, _ := r.take(r.file("2019年情况.csv", "申报单位：,某某孵化器,联系人：,某某",
		"备注,企业名称,统一社会信用代码,职工总数", "甲,甲例有限公司,"+code(1)+",5", "乙,乙例有限公司,"+code(2)+",6"), enterprise)
	if report.Rows != 2 || report.Refused != 0 {
		t.Errorf("%+v", report)
	}
	r.says(code(1), "staff", 2019, "5")
	r.says(code(2), "name", 0, "乙例有限公司")
}
