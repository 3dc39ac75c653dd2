package layout

import (
	"strings"
	"testing"
	"time"

	"eyas/internal/registry/cell"
	"eyas/internal/sheet"
	"eyas/packs"
)

// What stands above an exported list speaks of the list: it says nothing of the years and units of columns. What follows from
// other values is left alone, and the mark of generated data is kept.
func TestExported(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	reg := p.Registers[0]
	at := time.Date(2026, 11, 29, 9, 5, 0, 0, time.UTC)
	head := []string{"统一社会信用代码", "企业名称", "销售收入", "高新技术企业〔不导入〕", "销售收入 [not imported]", "note"}
	row := func(mark string) []string {
		return []string{"91120116MA000000", "天津海河示例有限公司", "5万元", "符合", "7", mark}
	}
	for _, c := range []struct {
		name      string
		rows      [][]string
		year      int
		unit      string
		synthetic bool
		left      string // headers of columns that are not imported, and how
	}{
		{"by hand", [][]string{{"2020年企业情况表（万元）"}, head, row("")}, 2020, "万元", false, "高新技术企业〔不导入〕 aside,销售收入 [not imported] aside,note none"},
		{"exported", [][]string{{"演示数据：企业"}, {"演示数据：不是真实企业"}, {"筛选：2019 年度数据（亿元）"}, {sheet.Made("zh-CN", at, "2018年库（万元）.db")}, head, row("")}, 0, "", true,
			"销售收入 noyear,高新技术企业〔不导入〕 aside,销售收入 [not imported] aside,note none"},
		{"CSV", [][]string{head, row("演示数据"), row("演示数据")}, 0, "", true, "销售收入 noyear,高新技术企业〔不导入〕 aside,销售收入 [not imported] aside,note aside"},
		{"a blank line below the head", [][]string{head, nil, row("演示数据")}, 0, "", true, "销售收入 noyear,高新技术企业〔不导入〕 aside,销售收入 [not imported] aside,note aside"},
		{"notes that are none", [][]string{head, row("演示数据"), row("走访时记录")}, 0, "", false, "销售收入 noyear,高新技术企业〔不导入〕 aside,销售收入 [not imported] aside,note none"},
	} {
		l, err := Understand(p, reg, "名单.xlsx", "企业", c.rows, nil, Options{Register: reg.ID}, nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var left []string
		for _, x := range l.Columns {
			if x.Attr == "" {
				left = append(left, x.Header+" "+x.How)
			}
		}
		if got := strings.Join(left, ","); l.Year != c.year || l.Unit != c.unit || l.Synthetic != c.synthetic || got != c.left {
			t.Errorf("%s: year %d, unit %q, generated %v, left %q", c.name, l.Year, l.Unit, l.Synthetic, got)
		}
		warned := 0
		for _, w := range l.Warnings {
			if strings.Contains(w.Text.ZH, "演示数据") {
				warned++
			}
		}
		if (warned == 1) != c.synthetic {
			t.Errorf("%s: said %d times", c.name, warned)
		}
	}
}

// A person's word for a header goes before what the header says.
func TestExportedMapped(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	reg := p.Registers[0]
	rows := [][]string{{"企业名称", "销售收入〔不导入〕"}, {"甲公司", "5万元"}}
	l, err := Understand(p, reg, "名单.csv", "", rows, nil, Options{Register: reg.ID, Map: map[string]string{"销售收入〔不导入〕": "sales@2020"}}, nil)
	if err != nil || l.Columns[1].Attr != "sales" || l.Columns[1].Year != 2020 {
		t.Errorf("%+v, %v", l, err)
	}
}

// The units of exports in English are those of exports in Chinese.
func TestExportedUnits(t *testing.T) {
	for header, want := range map[string]string{"2020 sales（10k yuan）": "万元", "Valuation（100M USD）": "亿美元", "2020 staff（persons）": "人", "Paid-in capital（yuan）": "元", "Time to decide（days）": "天"} {
		if _, got := cutUnit(cell.NameKey(header)); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// A code with one of its own names behind it is that code, also where the name is another's too.
func TestCodeBeforeItsName(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	x := newCodeIndex(p, "industry")
	for _, l := range p.Codes {
		if l.ID != "industry" {
			continue
		}
		for _, item := range l.Items {
			if !strings.ContainsAny(item.Code, "0123456789") {
				continue
			}
			for _, name := range []string{item.Name.ZH, item.Name.EN} {
				if got := x.resolve(item.Code + " " + name); got != item.Code {
					t.Fatalf("%s %s is read as %q", item.Code, name, got)
				}
			}
		}
	}
	if got := x.resolve("6510 畜牧业"); got != "" {
		t.Errorf("a code with the name of another is read as %q", got)
	}
}
