package sheet_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"archive/zip"

	"github.com/xuri/excelize/v2"

	"eyas/internal/sheet"
)

// marked is a book of two sheets of generated data.
func marked(t *testing.T, lang string) []byte {
	t.Helper()
	var out bytes.Buffer
	b := sheet.NewBook(&out, lang)
	b.Mark(sheet.MarkOf(lang, "不是真实企业。"))
	at := time.Date(2026, 11, 29, 9, 5, 0, 0, time.FixedZone("", 8*3600))
	b.Describe("企业 <&>", at)
	var err error
	for _, name := range []string{"企业", "O'Neill & Co"} {
		err = errors.Join(err, b.Sheet(sheet.Sheet{Name: name, Title: name, Notes: []string{"天津市，截至 2021-03-31", sheet.Made(lang, at, "eyas.db")},
			Head: []any{"企业名称", "统一社会信用代码", "2020 销售收入（万元）"}}),
			b.Row([]any{"天津某某科技有限公司（示例）", "911201160000000011", sheet.Decimal{N: 1_234_500_000, Digits: 6, Shown: 2}}),
			b.Row([]any{"乙", nil, nil}))
	}
	if err = errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Every part of a book is well-formed XML, and is named among the types of the book.
func TestParts(t *testing.T) {
	z, err := zip.NewReader(bytes.NewReader(marked(t, "zh-CN")), int64(len(marked(t, "zh-CN"))))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[f.Name] = string(data)
		d := xml.NewDecoder(bytes.NewReader(data))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	for name := range texts {
		if !strings.HasSuffix(name, ".rels") && name != "[Content_Types].xml" && !strings.Contains(texts["[Content_Types].xml"], `"/`+name+`"`) {
			t.Errorf("%s has no type", name)
		}
	}
	// The schema of worksheets gives its parts an order; Excel repairs a book that has another one.
	at := -1
	for _, tag := range []string{"<sheetPr>", "<sheetViews>", "<cols>", "<sheetData>", "</sheetData>", "<autoFilter", "<pageMargins", "<pageSetup ", "<headerFooter>", "<ignoredErrors>", "</worksheet>"} {
		next := strings.Index(texts["xl/worksheets/sheet2.xml"], tag)
		if next <= at {
			t.Errorf("%s does not follow: %d after %d", tag, next, at)
		}
		at = next
	}
}

// A sheet has a filter on its head, repeats the head on paper, fits the width of a page and numbers its pages; a marked one says
// so in its title, on its tab, on every page and in the properties of the document.
func TestPage(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		label := map[string]string{"zh-CN": "演示数据", "en": "Demonstration data"}[lang]
		f, err := excelize.OpenReader(bytes.NewReader(marked(t, lang)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		title, _ := f.GetCellValue("企业", "A1")
		sentence, _ := f.GetCellValue("企业", "A2")
		made, _ := f.GetCellValue("企业", "A4")
		if title != map[string]string{"zh-CN": "演示数据：企业", "en": "Demonstration data: 企业"}[lang] || !sheet.IsMarked(title) || !sheet.IsMarked(sentence) || !sheet.IsMade(made) {
			t.Errorf("%s: %q, %q, %q", lang, title, sentence, made)
		}
		if !strings.Contains(made, "2026-11-29 09:05") || !strings.Contains(made, "eyas.db") {
			t.Errorf("made %q", made)
		}
		names := map[string]string{}
		for _, n := range f.GetDefinedName() {
			names[n.Name+" "+n.Scope] = n.RefersTo
		}
		if names["_xlnm.Print_Titles 企业"] != "'企业'!$5:$5" || names["_xlnm._FilterDatabase O_Neill & Co"] != "'O_Neill & Co'!$A$5:$C$7" {
			t.Errorf("names %q", names)
		}
		layout, err := f.GetPageLayout("企业")
		if err != nil || *layout.Size != 9 || *layout.Orientation != "landscape" || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 {
			t.Errorf("page %+v, %v", layout, err)
		}
		props, err := f.GetSheetProps("企业")
		if err != nil || props.FitToPage == nil || !*props.FitToPage || props.TabColorRGB == nil {
			t.Errorf("properties %+v, %v", props, err)
		}
		foot, err := f.GetHeaderFooter("O_Neill & Co")
		if err != nil || foot.OddHeader != "&R"+label || !strings.Contains(foot.OddFooter, "&P") || !strings.Contains(foot.OddFooter, "&N") || !strings.Contains(foot.OddFooter, "Neill && Co") {
			t.Errorf("foot %+v, %v", foot, err)
		}
		doc, err := f.GetDocProps()
		if err != nil || doc.Title != "企业 <&>" || doc.Keywords != label || doc.Created != "2026-11-29T01:05:00Z" {
			t.Errorf("document %+v, %v", doc, err)
		}
		custom, err := f.GetCustomProps()
		if err != nil || fmt.Sprint(custom) != fmt.Sprint([]excelize.CustomProperty{{Name: "Synthetic", Value: true}, {Name: "Mark", Value: label}}) {
			t.Errorf("custom %+v, %v", custom, err)
		}
		if format, err := style(f, "企业", "C6"); err != nil || format != "#,##0.00" {
			t.Errorf("an amount has the format %q, %v", format, err)
		}
		if id, _ := f.GetCellStyle("企业", "B6"); id == 0 {
			t.Error("a code is not formatted as text")
		}
	}
}

func style(f *excelize.File, name, cell string) (string, error) {
	id, err := f.GetCellStyle(name, cell)
	if err != nil {
		return "", err
	}
	s, err := f.GetStyle(id)
	if err != nil || s.CustomNumFmt == nil {
		return "", err
	}
	return *s.CustomNumFmt, nil
}

// Columns are as wide as what they hold, whichever of the first rows holds it; a head is broken into lines instead.
func TestWidths(t *testing.T) {
	rows := [][]any{}
	for range 400 {
		rows = append(rows, []any{"甲", 1})
	}
	rows = append(rows, []any{strings.Repeat("津", 20), 123456789, strings.Repeat("x", 300)})
	for range 400 {
		rows = append(rows, []any{"乙", 1})
	}
	data := book(t, sheet.Sheet{Name: "s", Title: strings.Repeat("题", 90), Head: []any{"名称", strings.Repeat("很长的列名", 6), "三"}}, rows...)
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for column, want := range map[string]float64{"A": 42, "B": 27, "C": 60} {
		if got, err := f.GetColWidth("s", column); err != nil || got != want {
			t.Errorf("column %s is %v wide, want %v: %v", column, got, want, err)
		}
	}
	if high, err := f.GetRowHeight("s", 2); err != nil || high < 40 {
		t.Errorf("the head is %v high, %v", high, err)
	}
	if got := byExcelize(t, data, "s", true); len(got) != 803 || got[402][0] != strings.Repeat("津", 20) || got[802][0] != "乙" {
		t.Errorf("%d rows", len(got))
	}
}

// What a file says of itself is told from what its table says.
func TestSaid(t *testing.T) {
	at := time.Date(2026, 11, 29, 9, 5, 0, 0, time.UTC)
	for _, text := range []string{sheet.Made("zh-CN", at, "eyas.db"), sheet.Made("en", at, "")} {
		if !sheet.IsMade(text) {
			t.Errorf("%q is not known", text)
		}
	}
	for text, want := range map[string]bool{"结论〔不导入〕": true, "Verdict [not imported]": true, " 结论〔不导入〕 ": true, "结论": false, "": false, "导入": false} {
		if sheet.IsAside(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
	for text, want := range map[string]bool{"演示数据": true, "演示数据：企业": true, "Demonstration data: x": true, "demonstration data": true, "演示": false, "": false, "企业演示数据": false} {
		if sheet.IsMarked(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// A CSV has the values of a book, as plain text.
func TestCSVCells(t *testing.T) {
	day := time.Date(2021, 3, 31, 9, 5, 0, 0, time.UTC)
	for lang, want := range map[string]string{
		"zh-CN": "\ufeff名称,结论〔不导入〕,c,d,e,f,g,h,i\n'=1,,12345.678901,0.5,1234567,2021,12.5%,2021-03-31,是\n甲,2021-03-31 09:05,-0.05,7%,,,,,否\n",
		"en":    "\ufeff名称,结论 [not imported],c,d,e,f,g,h,i\n'=1,,12345.678901,0.5,1234567,2021,12.5%,2021-03-31,true\n甲,2021-03-31 09:05,-0.05,7%,,,,,false\n",
	} {
		var out bytes.Buffer
		w := sheet.NewCSV(&out)
		err := errors.Join(w.Cells(lang, []any{"名称", sheet.Column{Head: "结论", Aside: true}, "c", "d", "e", "f", "g", "h", "i"}),
			w.Cells(lang, []any{"=1", nil, sheet.Decimal{N: 12_345_678_901, Digits: 6, Shown: 2}, 0.5, 1234567, sheet.Plain(2021), sheet.Share(0.125), sheet.Date(day), true}),
			w.Cells(lang, []any{"甲", sheet.Minute(day), sheet.Decimal{N: -5, Digits: 2}, sheet.Share(0.07), "", nil, nil, nil, false}), w.Close())
		if err != nil || out.String() != want {
			t.Errorf("%q\nwant\n%q, %v", out.String(), want, err)
		}
		if err := w.Cells(lang, []any{struct{}{}}); err == nil {
			t.Error("a struct is taken")
		}
	}
}
