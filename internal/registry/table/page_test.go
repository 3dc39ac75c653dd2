package table

import (
	"slices"
	"strings"
	"testing"
)

// Hidden parts of a web page are read and reported, as in a workbook. Hidden text within a cell is left out.
func TestHiddenOnPages(t *testing.T) {
	const rows = `<tr><td>名称</td><td>人数</td><td>收入</td></tr><tr><td>甲</td><td>1</td><td>2</td></tr>`
	seen := []string{"[] []", "1 名称|人数|收入 []", "2 甲|1|2 []"}
	for name, c := range map[string]struct {
		page string
		want []string
		says string
	}{
		"nothing":                   {"<table>" + rows + "</table>", seen, ""},
		"a column by style":         {"<table><col><col style='display:none'><col>" + rows + "</table>", seen, "0 rows and 1 columns"},
		"columns by span":           {"<table><col><col span=2 style='width:0;display:none;mso-width-source:userset'>" + rows + "</table>", seen, "0 rows and 2 columns"},
		"a column without width":    {"<table><colgroup><col width=64><col width=0></colgroup>" + rows + "</table>", seen, "0 rows and 1 columns"},
		"a group of columns":        {"<table><colgroup></colgroup><colgroup span=2 hidden></colgroup>" + rows + "</table>", seen, "0 rows and 2 columns"},
		"a column by class":         {"<style>.c2{mso-width-alt:0;display:none}</style><table><col class=c1><col class=c2>" + rows + "</table>", seen, "0 rows and 1 columns"},
		"columns behind the last":   {"<table><col span=3><col span=200 style=display:none>" + rows + "</table>", seen, ""},
		"a row by attribute":        {"<table>" + strings.Replace(rows, "<tr><td>甲", "<tr hidden><td>甲", 1) + "</table>", seen, "1 rows and 0 columns"},
		"a row by class":            {"<style><!-- tr.off{display:none} --></style><table>" + strings.Replace(rows, "<tr><td>甲", "<tr class='x off'><td>甲", 1) + "</table>", seen, "1 rows and 0 columns"},
		"a row by mso":              {"<style>.h{mso-hide:all}</style><table>" + strings.Replace(rows, "<tr><td>甲", "<tr class=h><td>甲", 1) + "</table>", seen, "1 rows and 0 columns"},
		"a body of rows":            {"<table><tbody style='visibility:collapse'>" + rows + "</tbody></table>", seen, "2 rows and 0 columns"},
		"a table":                   {"<table style='display:none'>" + rows + "</table>", seen, "2 rows and 0 columns"},
		"a table in what is hidden": {"<div><div style='display:none'><div>x</div><table>" + rows + "</table></div></div>", seen, "2 rows and 0 columns"},
		"a table after that":        {"<div style='display:none'><br>x<div>y</div></div><table>" + rows + "</table>", seen, ""},
		"a cell by style":           {"<table>" + strings.Replace(rows, "<td>1", "<td style='visibility: hidden'>1", 1) + "</table>", seen, "1 cells are hidden"},
		"cells by class":            {"<style>td.k{display:none}</style><table>" + strings.ReplaceAll(rows, "<td>2", "<td class=k>2") + "</table>", seen, "1 cells are hidden"},
		"a cell of a hidden row":    {"<table>" + strings.Replace(rows, "<tr><td>甲</td><td>", "<tr hidden><td>甲</td><td hidden>", 1) + "</table>", seen, "1 rows and 0 columns"},
		"text within a cell":        {"<table>" + strings.Replace(rows, "<td>1", "<td><span style='display:none'>00<b>0</b></span>1<i hidden>9</i>", 1) + "</table>", seen, "1 cells have some hidden text"},
		"an element without end":    {"<table>" + strings.Replace(rows, "<td>1", "<td>1<span hidden><span>7</span>", 1) + "</table>", seen, "1 cells have some hidden text"},
		"no text within a cell":     {"<table>" + strings.Replace(rows, "<td>1", "<td><input hidden value=3><span hidden></span>1", 1) + "</table>", seen, ""},
		"hidden on paper":           {"<style>@media print{td{display:none}}</style><table>" + rows + "</table>", seen, ""},
		"protected":                 {"<style>td{mso-protection:locked hidden}</style><table>" + rows + "</table>", seen, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, said := lines(t, write(t, "a.xls", []byte("<html>"+c.page+"</html>")))
			if !slices.Equal(got, c.want) {
				t.Errorf("read %q, want %q", got, c.want)
			}
			all := ""
			for _, n := range said {
				all += n
			}
			if !strings.Contains(all, c.says) || (all != "") != (c.says != "") {
				t.Errorf("said %q, want %q", all, c.says)
			}
		})
	}
}
