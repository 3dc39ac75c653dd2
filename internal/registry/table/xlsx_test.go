package table

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry/table/shown"
	"eyas/internal/registry/table/tags"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// save writes a workbook to a temporary file.
func save(t testing.TB, x *excelize.File) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.xlsx")
	if err := x.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWorkbook(t *testing.T) {
	x := excelize.NewFile()
	defer x.Close()
	style := func(code string) int {
		id, err := x.NewStyle(&excelize.Style{CustomNumFmt: &code})
		check(t, err)
		return id
	}
	put := func(cell string, v any) { check(t, x.SetCellValue("Sheet1", cell, v)) }
	format := func(cell, code string) { check(t, x.SetCellStyle("Sheet1", cell, cell, style(code))) }
	put("A1", "名称")
	put("B1", "值")
	put("A2", "text & <tags> \"quotes\"\nline")
	put("B2", 34.2)
	put("A3", "true")
	put("B3", true)
	put("A4", "no")
	put("B4", false)
	put("A5", "day")
	put("B5", time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC))
	format("B5", `yyyy"年"m"月"d"日"`)
	put("A6", "moment")
	put("B6", time.Date(2021, 3, 1, 13, 30, 0, 0, time.UTC))
	format("B6", "yyyy-mm-dd hh:mm")
	put("A7", "month alone")
	put("B7", time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC))
	format("B7", `yyyy"年"m"月"`)
	put("A8", "day shown as month")
	put("B8", time.Date(2021, 3, 15, 0, 0, 0, 0, time.UTC))
	format("B8", `[$-804]yyyy/mm`)
	put("A9", "amount in a format")
	put("B9", 150.5)
	format("B9", `#,##0.00"万元"`)
	put("A10", "scaled format")
	put("B10", 1500000)
	format("B10", `0!.0,"万元"`)
	put("A11", "plain number format")
	put("B11", 1234567.891)
	format("B11", `#,##0.00_);[Red](#,##0.00)`)
	check(t, x.SetCellFormula("Sheet1", "B12", "B2*2"))
	put("A12", "formula without value")
	check(t, x.SetCellRichText("Sheet1", "A13", []excelize.RichTextRun{{Text: "天津"}, {Text: "科技"}}))
	put("A15", "after a blank row")
	put("D15", "D")
	put("A16", "leading zero")
	put("B16", "007")
	put("A17", "time")
	put("B17", 0.5625)
	format("B17", "hh:mm")
	put("A18", "elapsed")
	put("B18", 1.5)
	format("B18", "[h]:mm")
	put("A19", "escape")
	put("B19", "a_x000D_b")

	_, err := x.NewSheet("隐藏")
	check(t, err)
	check(t, x.SetCellValue("隐藏", "A1", "secret"))
	check(t, x.SetSheetVisible("隐藏", false))
	_, err = x.NewSheet("空")
	check(t, err)
	_, err = x.NewSheet("第二")
	check(t, err)
	check(t, x.SetCellValue("第二", "B2", "last"))

	lines, notices := readAll(t, save(t, x))
	want := `Sheet1 1 名称|值
Sheet1 2 text & <tags> "quotes"⏎line|34.2
Sheet1 3 true|TRUE
Sheet1 4 no|FALSE
Sheet1 5 day|2021-03-01
Sheet1 6 moment|2021-03-01 13:30:00
Sheet1 7 month alone|2021-03
Sheet1 8 day shown as month|2021-03-15
Sheet1 9 amount in a format|150.5 [万元]
Sheet1 10 scaled format|150 [万元]
Sheet1 11 plain number format|1234567.891
Sheet1 12 formula without value
Sheet1 13 天津科技
Sheet1 15 after a blank row|||D
Sheet1 16 leading zero|007
Sheet1 17 time|13:30:00
Sheet1 18 elapsed|1.5
Sheet1 19 escape|ab
第二 2 |last
`
	if got := text(lines); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(notices) != 2 || notices[0].Sheet != "Sheet1" || notices[1].Sheet != "隐藏" {
		t.Errorf("notices %+v", notices)
	}
}

// workbookOf writes a minimal workbook with the XML of one sheet.
func workbookOf(t testing.TB, sheet string, more map[string]string) string {
	t.Helper()
	parts := map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                `<Relationships><Relationship Id="r" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="http://r"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet,
	}
	for name, content := range more {
		parts[name] = content
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts {
		w, err := z.Create(name)
		check(t, err)
		_, err = w.Write([]byte(content))
		check(t, err)
	}
	check(t, z.Close())
	return write(t, "x.xlsx", b.Bytes())
}

func TestSheetXML(t *testing.T) {
	for _, c := range []struct {
		name, sheet, want string
		more              map[string]string
		notices           int
	}{
		{name: "numbers as people see them", want: "S 1 34.2|0.3|8595602512225|1.5|-0.0001|100000|1.20120004013591E+17|120120004013590816|12345678901.23|0.5|-12|0\n", notices: 2,
			sheet: `<worksheet><sheetData><row r="1"><c r="A1"><v>34.200000000000003</v></c><c r="B1"><v>0.30000000000000004</v></c><c r="C1"><v>8595602512225</v></c>` +
				`<c r="D1"><v>1.5</v></c><c r="E1"><v>-1E-4</v></c><c r="F1"><v>1E5</v></c><c r="G1"><v>1.20120004013591E+17</v></c><c r="H1"><v>120120004013590816</v></c>` +
				`<c r="I1"><v>12345678901.229999</v></c><c r="J1"><v>0.50000</v></c><c r="K1"><v>-12.0</v></c><c r="L1"><v>0.0</v></c></row></sheetData></worksheet>`},
		{name: "kinds", want: "S 1 inline text|TRUE|#DIV/0!|formula's text|2021-03-01|2021-03-01T10:00:00|x\n",
			sheet: `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><r><t>inline</t></r><rPh><t>no</t></rPh><r><t xml:space="preserve"> text</t></r></is></c>` +
				`<c r="B1" t="b"><v>1</v></c><c r="C1" t="e"><v>#DIV/0!</v></c><c r="D1" t="str"><f>A1&amp;"x"</f><v>formula&apos;s text</v></c>` +
				`<c r="E1" t="d"><v>2021-03-01T00:00:00</v></c><c r="F1" t="d"><v>2021-03-01T10:00:00</v></c><c r="G1" t="str"><v>x</v></c></row></sheetData></worksheet>`},
		{name: "no references", want: "S 1 1|2\nS 2 3\n",
			sheet: `<worksheet><sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row></sheetData></worksheet>`},
		{name: "gaps, blank rows, self-closing", want: "S 2 1||3\nS 5 |x\n",
			sheet: `<worksheet><sheetData><row r="1"/><row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"/><c r="C2"><v>3</v></c><c r="D2"><v></v></c></row>` +
				`<row r="3"><c r="A3"/></row><row r="5" ht="2"><c r="B5" t="str"><v>x</v></c></row></sheetData></worksheet>`},
		{name: "prefixed names", want: "S 1 1|a\n",
			sheet: `<x:worksheet><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="B1" t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>`},
		{name: "shared strings", want: "S 1 甲|乙丙||a&b\n", notices: 1,
			sheet: `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>9</v></c><c r="D1" t="s"><v>3</v></c></row></sheetData></worksheet>`,
			more:  map[string]string{"xl/sharedStrings.xml": `<sst count="4"><si><t>甲</t></si><si><r><t>乙</t></r><r><t>丙</t></r></si><si/><si><t>a&amp;b</t></si></sst>`}},
		{name: "merged cells fill down", want: "S 1 title\nS 2 name||year\nS 3 name|sales|2020|2021\nS 4 甲|1\nS 5 甲|2\nS 6 乙|3\n",
			sheet: `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>title</v></c></row>` +
				`<row r="2"><c r="A2" t="str"><v>name</v></c><c r="C2" t="str"><v>year</v></c></row>` +
				`<row r="3"><c r="B3" t="str"><v>sales</v></c><c r="C3" t="str"><v>2020</v></c><c r="D3" t="str"><v>2021</v></c></row>` +
				`<row r="4"><c r="A4" t="str"><v>甲</v></c><c r="B4"><v>1</v></c></row><row r="5"><c r="A5"/><c r="B5"><v>2</v></c></row>` +
				`<row r="6"><c r="A6" t="str"><v>乙</v></c><c r="B6"><v>3</v></c></row></sheetData>` +
				`<mergeCells count="4"><mergeCell ref="A1:D1"/><mergeCell ref="A2:A3"/><mergeCell ref="C2:D2"/><mergeCell ref="A4:A5"/></mergeCells></worksheet>`},
		{name: "1904", want: "S 1 2021-03-01\n",
			sheet: `<worksheet><sheetData><row r="1"><c r="A1" s="1"><v>42794</v></c></row></sheetData></worksheet>`,
			more: map[string]string{"xl/workbook.xml": `<workbook xmlns:r="http://r"><workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>`,
				"xl/styles.xml": `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`}},
		{name: "before March 1900", want: "S 1 1900-02-28|1900-03-01\n",
			sheet: `<worksheet><sheetData><row r="1"><c r="A1" s="1"><v>59</v></c><c r="B1" s="1"><v>61</v></c></row></sheetData></worksheet>`,
			more:  map[string]string{"xl/styles.xml": `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`}},
		{name: "odd paths", want: "S 1 1\n", sheet: `<worksheet/>`,
			more: map[string]string{"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Type="http://x/worksheet" Target="/xl\Worksheets/Data.xml"/></Relationships>`,
				"xl/worksheets/data.xml": `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, notices := readAll(t, workbookOf(t, c.sheet, c.more))
			var b strings.Builder
			for _, l := range lines {
				fmt.Fprintln(&b, l)
			}
			if got := b.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if len(notices) != c.notices {
				t.Errorf("notices %+v", notices)
			}
		})
	}
}

func TestBrokenWorkbooks(t *testing.T) {
	open := func(path string) error {
		f, err := Open(path, "x.xlsx")
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = rest(f)
		return err
	}
	wantFault(t, open(workbookOf(t, `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c`, nil)), "损坏", "damaged")
	wantFault(t, open(workbookOf(t, `<worksheet><sheetData><row r="9999999"><c r="A1"><v>1</v></c></row></sheetData></worksheet>`, nil)), "损坏", "damaged")
	wantFault(t, open(workbookOf(t, "", map[string]string{"xl/workbook.xml": "<workbook", "x": ""})), "损坏", "damaged")
	// A sheet with changed bytes fails its checksum before a row is delivered.
	path := workbookOf(t, `<worksheet><sheetData><row r="1"><c r="A1"><v>123456</v></c></row></sheetData></worksheet>`, nil)
	raw, err := os.ReadFile(path)
	check(t, err)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	check(t, err)
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "sheet1.xml") {
			at, err := f.DataOffset()
			check(t, err)
			raw[at+int64(f.CompressedSize64)/2] ^= 0x55
		}
	}
	wantFault(t, open(write(t, "x.xlsx", raw)), "损坏", "damaged")
	// A small part that declares a size of a gigabyte.
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	bomb, err := w.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: 1000, UncompressedSize64: 1 << 30})
	check(t, err)
	_, err = bomb.Write(make([]byte, 1000))
	check(t, err)
	for name, content := range map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="http://r"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
	} {
		part, err := w.Create(name)
		check(t, err)
		_, err = part.Write([]byte(content))
		check(t, err)
	}
	check(t, w.Close())
	wantFault(t, open(write(t, "bomb.xlsx", b.Bytes())), "大得异常", "abnormal")
	for part, words := range map[string][2]string{"xl/workbook.bin": {"xlsb", "xlsb"}, "word/document.xml": {"Word", "Word"}, "名单.csv": {"压缩包", "archive"}} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		_, err := w.Create(part)
		check(t, err)
		check(t, w.Close())
		wantFault(t, open(write(t, "x.xlsx", b.Bytes())), words[0], words[1])
	}
}

// TestAgreesWithExcelize: what excelize writes is read as it was written, with cells of any length.
func TestAgreesWithExcelize(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		x := excelize.NewFile()
		defer x.Close()
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("aB1 <>&\"'天津（）\n_x")), 0, 30, -1), 1, 6), 1, 8).Draw(rt, "rows")
		var want strings.Builder
		for i, row := range rows {
			last := 0
			for j, v := range row {
				if v != "" {
					last = j + 1
				}
				name, _ := excelize.CoordinatesToCellName(j+1, i+1)
				check(t, x.SetCellStr("Sheet1", name, v))
			}
			if last > 0 {
				fmt.Fprintf(&want, "%d %q\n", i+1, row[:last])
			}
		}
		path := filepath.Join(dir, "x.xlsx")
		check(t, x.SaveAs(path))
		lines, _ := readAll(t, path)
		var got strings.Builder
		for _, l := range lines {
			fmt.Fprintf(&got, "%d %q\n", l.row, l.cells)
		}
		if got.String() != want.String() {
			rt.Fatalf("got\n%s\nwant\n%s", got.String(), want.String())
		}
	})
}

func FuzzSheet(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" s="1"><v>44256</v></c><c t="s"><v>0</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A3"/></mergeCells></worksheet>`))
	f.Add([]byte(`<x:sheetData><x:row r="2"><x:c r="ZZZ9"><x:is><x:t>&#x41;_x0041_</x:t></x:is></x:c></x:row>`))
	f.Add([]byte(`<cols><col min="1" max="3" hidden="1"/></cols><sheetData><row hidden="1" ht="0"><c s="1" t="str"><f>x</f><v/></c><c s="2"><v>26000000</v></c></row>`))
	f.Add([]byte(`<sheetData><row><c><f/></c><c t="inlineStr"><is><t/></is></c><c r=A1><v>1e999</v></c></row></sheetData>`))
	f.Add([]byte(`<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>企业名称</t></is></c><c r="B1" t="inlineStr"><is><t>2020年</t></is></c></row><row r="2"><c r="B2"><v>2600</v></c></row></sheetData><mergeCells><mergeCell ref="B1:C1"/><mergeCell ref="A1:A2"/></mergeCells>`))
	f.Add([]byte(`<cols><col min="2" max="16384" width="0"/></cols><sheetData><row r="5"><c r="A5"><v>911201101000001000</v></c><c s="1"><v>0</v></c><c s="2"><v>-0.5</v></c><c t="e"><v>#REF!</v></c><c t="b"><v>1</v></c></row></sheetData>`))
	f.Fuzz(func(t *testing.T, sheet []byte) {
		w := &workbook{f: &File{}, formats: []shown.Format{shown.Builtin(14), shown.Custom("yyyy/m"), shown.Custom(`0!.0,"万元"`)}, strings: texts{text: []byte("x"), ends: []uint32{1}}}
		rows := &sheetRows{w: w, xml: tags.NewElements(bytes.NewReader(sheet), "sheetData", "row", maxRowBytes)}
		rows.merges.add([]byte("A1:A3"))
		for {
			r, err := rows.next()
			if err != nil {
				return
			}
			if r.Number < 1 || r.Number > maxRows || len(r.Cells) > maxColumns {
				t.Fatalf("row %d of %d cells", r.Number, len(r.Cells))
			}
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"34.200000000000003", "1E5", "-1.5e-300", "44256.999999", "", ".", "1e", "∞", "NaN", "0x10", "1_000"} {
		f.Add([]byte(s), `yyyy"年"m"月"`)
		f.Add([]byte(s), "[")
		f.Add([]byte(s), `[>=10000]0!.0,"万";[$$-409]0.0,;000-0000;@`)
	}
	f.Fuzz(func(t *testing.T, v []byte, code string) {
		for _, b := range []shown.Format{shown.Custom(code), {}, shown.Builtin(20), shown.Builtin(14)} {
			if out, _ := b.AppendNumber(nil, v, true); len(out) > 2*len(v)+80 {
				t.Fatalf("%q became %q", v, out)
			}
		}
	})
}
