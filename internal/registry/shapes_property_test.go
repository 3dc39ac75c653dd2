package registry_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// shape is a drawn sheet, and what its cells say of whom.
type shape struct {
	rows [][]string
	says map[string]string // "code attribute year" → value; figures that no subject has are in none
}

func (s *shape) row(cells ...string) { s.rows = append(s.rows, cells) }

func (s *shape) say(n int, attr string, year int, value int) {
	if s.says == nil {
		s.says = map[string]string{}
	}
	s.says[fmt.Sprint(code(n), " ", attr, " ", year)] = fmt.Sprint(value)
}

// figures are headers of counts, by attribute.
var figures = map[string][]string{"staff": {"职工总数", "从业人员", "员工人数（人）"}, "rd_staff": {"研发人员", "研发人员数（人）"}, "st_staff": {"科技人员数", "科技人员"}}

// drawn gives some of the counts in some order, with a header of each.
func drawn(t *rapid.T, least int) (attrs, headers []string) {
	attrs = rapid.Permutation([]string{"staff", "rd_staff", "st_staff"}).Draw(t, "attributes")
	attrs = attrs[:rapid.IntRange(least, 3).Draw(t, "columns")]
	for _, a := range attrs {
		headers = append(headers, rapid.SampledFrom(figures[a]).Draw(t, a))
	}
	return attrs, headers
}

// sideBySide prints a list in two or three parts beside one another, under groups or none; groups are of districts or years.
func sideBySide(t *rapid.T) *shape {
	s := &shape{}
	parts := rapid.IntRange(2, 3).Draw(t, "parts")
	attrs, headers := drawn(t, 1)
	head := slices.Concat([]string{"序号", "企业名称", "统一社会信用代码"}, headers)
	if rapid.Bool().Draw(t, "serial") {
		head = head[1:]
	}
	gap := rapid.Bool().Draw(t, "gap")
	kind := rapid.SampledFrom([]string{"none", "districts", "years"}).Draw(t, "groups")
	var groups, names []string
	years := make([]int, parts)
	for p := range parts {
		years[p] = 2020
		group := make([]string, len(head))
		switch kind {
		case "districts":
			group[0] = []string{"东丽区", "河西区", "南开区"}[p]
		case "years":
			years[p] = 2018 + p
			group[0] = fmt.Sprint(years[p], "年")
		}
		groups, names = append(groups, group...), append(names, head...)
		if gap && p+1 < parts {
			groups, names = append(groups, ""), append(names, "")
		}
	}
	if kind != "years" {
		s.row("2020年度企业情况")
	}
	if kind != "none" {
		s.row(groups...)
	}
	s.row(names...)
	n := 0
	for range rapid.IntRange(1, 4).Draw(t, "rows") {
		var row []string
		for p := range parts {
			n++
			if len(head) > 2+len(attrs) {
				row = append(row, fmt.Sprint(n))
			}
			row = append(row, fmt.Sprintf("海津例%d材料有限公司", n), code(n))
			for i, a := range attrs {
				v := 1000*n + i
				row = append(row, fmt.Sprint(v))
				s.say(n, a, years[p], v)
			}
			if gap && p+1 < parts {
				row = append(row, "")
			}
		}
		s.row(row...)
	}
	return s
}

// below writes a form whose values stand below their names.
func below(t *rapid.T) *shape {
	s := &shape{}
	attrs, headers := drawn(t, 2)
	s.row("2020年度企业登记表")
	s.row("企业名称", "统一社会信用代码", "联系人")
	s.row("海津例1材料有限公司", code(1), "某某")
	var values []string
	for i, a := range attrs {
		values = append(values, fmt.Sprint(1000+i))
		s.say(1, a, 2020, 1000+i)
	}
	s.row(headers...)
	s.row(values...)
	if rapid.Bool().Draw(t, "note") {
		s.row("填表人：某某")
	}
	return s
}

// yearly writes a form with a column for each year.
func yearly(t *rapid.T) *shape {
	s := &shape{}
	attrs, headers := drawn(t, 1)
	first := rapid.IntRange(2015, 2019).Draw(t, "first year")
	n := rapid.IntRange(2, 4).Draw(t, "years")
	s.row("企业名称", "海津例1材料有限公司")
	s.row("统一社会信用代码", code(1))
	s.row("联系人", "某某")
	top := []string{rapid.SampledFrom([]string{"项目", "指标", ""}).Draw(t, "corner")}
	for y := range n {
		top = append(top, fmt.Sprint(first+y, rapid.SampledFrom([]string{"年", "年度"}).Draw(t, "年")))
	}
	s.row(top...)
	for i, a := range attrs {
		row := []string{headers[i]}
		for y := range n {
			v := 1000*(i+1) + y
			if rapid.IntRange(0, 4).Draw(t, "blank") == 0 && y > 0 {
				row = append(row, "")
				continue
			}
			row = append(row, fmt.Sprint(v))
			s.say(1, a, first+y, v)
		}
		s.row(row...)
	}
	return s
}

// twoForms writes the forms of two enterprises on one sheet, whose values nobody may mix up.
func twoForms(t *rapid.T) *shape {
	s := &shape{}
	vertical := rapid.Bool().Draw(t, "vertical")
	for n := 1; n <= 2; n++ {
		rows := [][2]string{{"企业名称", fmt.Sprintf("海津例%d材料有限公司", n)}, {"统一社会信用代码", code(n)}, {"职工总数（2020年）", fmt.Sprint(1000 * n)}, {"研发人员（2020年）", fmt.Sprint(100 * n)}}
		for i, r := range rows {
			switch {
			case vertical || n == 1:
				s.row(r[0], r[1])
			default:
				s.rows[i] = append(s.rows[i], "", r[0], r[1])
			}
		}
		s.say(n, "staff", 2020, 1000*n)
		s.say(n, "rd_staff", 2020, 100*n)
	}
	return s
}

// stackedTables writes two tables below one another, the second with a header of two levels.
func stackedTables(t *rapid.T) *shape {
	s := &shape{}
	s.row("企业名称", "统一社会信用代码", "2018年职工总数")
	n := 0
	for range rapid.IntRange(1, 3).Draw(t, "rows above") {
		n++
		s.row(fmt.Sprintf("海津例%d材料有限公司", n), code(n), fmt.Sprint(1000*n))
		s.say(n, "staff", 2018, 1000*n)
	}
	if rapid.Bool().Draw(t, "title") {
		s.row(rapid.SampledFrom([]string{"附表二", "补充数据"}).Draw(t, "title text"))
	}
	attrs, headers := drawn(t, 1)
	years := rapid.IntRange(1, 2).Draw(t, "years")
	top, lower := []string{"统一社会信用代码", "企业名称"}, []string{"", ""}
	for y := range years {
		for i, h := range headers {
			over := ""
			if i == 0 {
				over = fmt.Sprint(2019+y, "年")
			}
			top, lower = append(top, over), append(lower, h)
		}
	}
	s.row(top...)
	s.row(lower...)
	for range rapid.IntRange(1, 3).Draw(t, "rows below") {
		n++
		row := []string{code(n), fmt.Sprintf("海津例%d材料有限公司", n)}
		for y := range years {
			for i, a := range attrs {
				v := 1000*n + 10*y + i
				row = append(row, fmt.Sprint(v))
				s.say(n, a, 2019+y, v)
			}
		}
		s.row(row...)
	}
	return s
}

// TestShapes: what a sheet of any shape says is read as it says it, or asked about, or refused; no value is another one's.
func TestShapes(t *testing.T) {
	for _, c := range []struct {
		name   string
		draw   func(*rapid.T) *shape
		wholly bool // nothing may be missing
	}{{"side by side", sideBySide, true}, {"values below", below, true}, {"years", yearly, true}, {"two forms", twoForms, false}, {"stacked", stackedTables, true}} {
		t.Run(c.name, func(t *testing.T) {
			base := sqlite(t)
			rapid.Check(t, func(rt *rapid.T) {
				s := c.draw(rt)
				lines := make([]string, len(s.rows))
				for i, row := range s.rows {
					lines[i] = strings.Join(row, ",")
				}
				r := *base
				r.t = rt
				report, id, err := r.Import(context.Background(), r.file("表.csv", lines...), layout.Options{Register: "enterprise"}, nil)
				if err != nil {
					if c.wholly {
						rt.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
					}
					return
				}
				got := map[string]string{}
				err = r.Scan(context.Background(), 0, func(p *fact.Profile) error {
					for _, f := range p.Facts {
						if f.Year != 0 {
							got[fmt.Sprint(p.Code, " ", f.Attr.ID, " ", f.Year)] = fmt.Sprint(f.Value.Num)
						}
					}
					return nil
				})
				if err != nil {
					rt.Fatal(err)
				}
				for key, v := range got {
					if s.says[key] != v {
						rt.Errorf("%s is %s, the sheet says %q\n%s\n%+v", key, v, s.says[key], strings.Join(lines, "\n"), report.Warnings)
					}
				}
				if c.wholly && len(got) != len(s.says) {
					rt.Errorf("%d of %d values are read\n%s\n%+v %+v", len(got), len(s.says), strings.Join(lines, "\n"), report.Warnings, report.Refusals)
				}
				if id != 0 {
					r.undo(id)
				}
			})
		})
	}
}
