package without_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"eyas/internal/registry/table/without"
	"eyas/internal/sheet"
	"eyas/internal/vault"
)

// write puts a file down and writes it without some cells.
func write(t testing.TB, name string, text []byte, cells without.Cells) (made []byte, ok bool) {
	t.Helper()
	folder, err := os.MkdirTemp("", "without-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	ok, err = without.Write(path, name, (*vault.Ring)(nil), cells, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), ok
}

// What is cut out of delimited text is the cell, its quotes with it, and nothing else: quotes, encodings, delimiters and ends of lines
// stay as they were.
func TestDelimited(t *testing.T) {
	gbk := func(s string) string {
		b, err := simplifiedchinese.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	phone := without.Cells{"": {2: {1}, 3: {1}}}
	for _, c := range []struct{ name, text, want string }{
		{"plain", "名称,电话,备注\n甲,138,x\n乙,139,y\n", "名称,电话,备注\n甲,,x\n乙,,y\n"},
		{"quoted, with a delimiter, a quote and a line break", "名称,电话\r\n甲,\"13,8\"\"\"\r\n乙,\"1\n39\"\r\n丙,7\r\n", "名称,电话\r\n甲,\r\n乙,\r\n丙,7\r\n"},
		{"GB18030", gbk("名称,电话\n甲,王五\n乙,李六\n"), gbk("名称,电话\n甲,\n乙,\n")},
		{"a mark of the encoding and tabs", "\ufeff名称\t电话\n甲\t138\n乙\t139\n", "\ufeff名称\t电话\n甲\t\n乙\t\n"},
		{"no line break at the end", "名称,电话\n甲,138\n乙,139", "名称,电话\n甲,\n乙,"},
		{"an empty line counts as a row", "名称,电话\n\n甲,138\n乙,139\n", "名称,电话\n\n甲,\n乙,139\n"},
	} {
		got, ok := write(t, "a.csv", []byte(c.text), phone)
		if !ok || string(got) != c.want {
			t.Errorf("%s: %v %q instead of %q", c.name, ok, got, c.want)
		}
	}
	if _, ok := write(t, "a.csv", []byte("\xff\xfe\x0d\x54,\x00\n\x00"), phone); ok {
		t.Error("UTF-16 was written")
	}
}

// Whatever a CSV has, what comes of it reads as it did without the cells, or nothing comes of it. Where the writer is our own, something
// does.
func TestDelimitedProperty(t *testing.T) {
	all, made := 0, 0
	defer func() {
		if made*2 < all {
			t.Errorf("only %d of %d files were written", made, all)
		}
	}()
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		c := sheet.NewCSV(&b)
		rows := rapid.IntRange(2, 8).Draw(t, "rows")
		holes := without.Cells{"": {}}
		if err := c.Cells("en", []any{"名称", "电话", "备注"}); err != nil {
			t.Fatal(err)
		}
		const gone = "13800138000"
		for i := range rows {
			cells := []any{fmt.Sprint("公司", i), "", ""}
			for j := 1; j < 3; j++ {
				text := rapid.StringMatching(`[a-z, "甲乙\n;=+-]{0,6}`).Draw(t, "cell")
				if rapid.Bool().Draw(t, "hole") {
					text += gone
					holes[""][i+2] = append(holes[""][i+2], j)
				}
				cells[j] = text
			}
			if err := c.Cells("en", cells); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		folder, err := os.MkdirTemp("", "without-*")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(folder)
		path := filepath.Join(folder, "a.csv")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		ok, err := without.Write(path, "a.csv", (*vault.Ring)(nil), holes, &out)
		if err != nil {
			t.Fatal(err)
		}
		if all++; ok {
			made++
		}
		if ok && strings.Contains(out.String(), gone) {
			t.Fatalf("%q still has the value", out.String())
		}
	})
}

// A workbook loses the cells and the shared strings that only they had, and keeps the others; one with formulas, notes or merged cells over
// what goes is not written anew.
func TestWorkbook(t *testing.T) {
	var b bytes.Buffer
	w := sheet.NewBook(&b, "zh-CN")
	if err := w.Sheet(sheet.Sheet{Name: "企业", Head: []any{"企业名称", "电话", "备注"}}); err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]any{{"甲公司", "13800138000", "x"}, {"乙公司", "13900139000", "13800138000"}, {"丙公司", 13700137000, nil}} {
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, ok := write(t, "a.xlsx", b.Bytes(), without.Cells{"企业": {2: {1}, 3: {1}, 4: {1}}})
	if !ok {
		t.Fatal("a workbook of our own is not written")
	}
	text := unzipped(t, got)
	for _, gone := range []string{"13900139000", "13700137000"} {
		if strings.Contains(text, gone) {
			t.Errorf("%s is still there", gone)
		}
	}
	for _, stays := range []string{"甲公司", "13800138000"} { // the second in another cell
		if !strings.Contains(text, stays) {
			t.Errorf("%s is gone", stays)
		}
	}
	shared := map[string]string{
		"plain":     `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="1" t="s"><v>3</v></c></row>`,
		"formula":   `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="str"><f>B2</f><v>13800138000</v></c><c r="B2" t="s"><v>3</v></c></row>`,
		"no places": `<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c><c t="s"><v>3</v></c></row>`,
	}
	for name, rows := range shared {
		made, ok := write(t, "a.xlsx", workbook(t, rows, ""), without.Cells{"Sheet1": {2: {1}}})
		if ok != (name == "plain") {
			t.Errorf("%s: %v", name, ok)
		}
		if ok {
			if text := unzipped(t, made); strings.Contains(text, "0138000") || !strings.Contains(text, "甲公司") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
	if _, ok := write(t, "a.xlsx", workbook(t, shared["plain"], "xl/comments1.xml"), without.Cells{"Sheet1": {2: {1}}}); ok {
		t.Error("a workbook with notes was written")
	}
}
