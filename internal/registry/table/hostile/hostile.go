// Package hostile writes table files that could exhaust a machine's memory or time. Some were made for it, others
// occurred. Tests check that each is read within a limit of memory, or refused with a message. The files are generated
// for each test.
package hostile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
)

// Kind is one kind of hostile file.
type Kind struct {
	Name string // file name
	// Reads means that the file is unusual but valid, so it must be read. The others must be refused with a message.
	Reads bool
	// Short and Long are the sizes for short and long test runs, in units of the kind. With Short 0, the kind is only
	// for long runs.
	Short, Long int
	write       func(w io.Writer, n int) error
}

// Write writes a file of size n, in units of the kind.
func (k *Kind) Write(path string, n int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	err = k.write(b, n)
	if e := b.Flush(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("hostile: %s: %w", k.Name, err)
	}
	return nil
}

// Kinds are all kinds of hostile files.
var Kinds = []Kind{
	{Name: "repeated-number.xlsx", Short: 200_000, Long: 2_500_000, write: repeatedNumber},
	{Name: "last-column.xlsx", Reads: true, Short: 2_000, Long: 40_000, write: lastColumn},
	{Name: "full-width.xlsx", Reads: true, Long: 1_500, write: fullWidth},
	{Name: "wide.csv", Short: 300_000, Long: 300_000, write: wideCSV},
	{Name: "shared-strings.xlsx", Reads: true, Long: 480 << 20, write: sharedStrings},
	{Name: "short-strings.xlsx", Reads: true, Long: 40_000_000, write: shortStrings},
	{Name: "one-text-everywhere.xlsx", Short: 5_000, Long: 200_000, write: oneTextEverywhere},
	{Name: "bomb.xlsx", Short: 300 << 20, Long: 4 << 30, write: bomb},
	{Name: "bomb-that-lies.xlsx", Long: 1 << 30, write: bombThatLies},
	{Name: "deep.xlsx", Short: 3 << 20, Long: 60 << 20, write: deep},
	{Name: "attributes.xlsx", Short: 3 << 20, Long: 60 << 20, write: attributes},
	{Name: "endless-tag.xlsx", Long: 400 << 20, write: endlessTag},
	{Name: "long-name.csv", Reads: true, Short: 9 << 20, Long: 9 << 20, write: longNameCSV},
	{Name: "long-name.xlsx", Reads: true, Short: 9 << 20, Long: 9 << 20, write: longNameXLSX},
	{Name: "long-rows.csv", Reads: true, Long: 60, write: longRows},
	{Name: "many-sheets.xlsx", Short: 100_000, Long: 1_000_000, write: manySheets},
	{Name: "many-parts.xlsx", Long: 1_000_000, write: manyParts},
	{Name: "lying-dimension.xlsx", Reads: true, Short: 1_000, Long: 1_000, write: lyingDimension},
	{Name: "endless-styles.xlsx", Short: 400_000, Long: 2_500_000, write: endlessStyles},
	{Name: "merged.xlsx", Reads: true, Long: 150_000, write: merged},
	{Name: "all-refused.csv", Reads: true, Long: 300_000, write: allRefused},
}

// Header is the header of the tables, as in a file of enterprises.
const Header = "统一社会信用代码,企业名称,2020年职工总数"

const mainSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// book is a workbook that is written part by part.
type book struct {
	zip *zip.Writer
	w   *bufio.Writer
	err error
}

func newBook(w io.Writer) *book {
	b := &book{zip: zip.NewWriter(w)}
	b.part("_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	return b
}

// plain writes the parts of a workbook with one sheet, without the sheet.
func plain(w io.Writer) *book {
	b := newBook(w)
	b.part("xl/workbook.xml", `<workbook `+mainSpace+` xmlns:r="http://r"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`)
	b.part("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`)
	return b
}

// open starts a part.
func (b *book) open(name string) {
	b.flush()
	if b.err != nil {
		return
	}
	w, err := b.zip.Create(name)
	b.w, b.err = bufio.NewWriterSize(w, 1<<16), err
}

func (b *book) flush() {
	if b.w != nil && b.err == nil {
		b.err = b.w.Flush()
	}
	b.w = nil
}

func (b *book) part(name, text string) {
	b.open(name)
	b.put(text)
}

func (b *book) put(text string) {
	if b.err == nil {
		_, b.err = b.w.WriteString(text)
	}
}

func (b *book) putf(format string, args ...any) {
	if b.err == nil {
		_, b.err = fmt.Fprintf(b.w, format, args...)
	}
}

// sheet starts the sheet, with the header in row 1.
func (b *book) sheet() {
	b.open("xl/worksheets/sheet1.xml")
	b.put(`<worksheet ` + mainSpace + `><sheetData>`)
	b.row(1, strings.Split(Header, ",")...)
}

// row writes a row of text cells.
func (b *book) row(number int, cells ...string) {
	b.putf(`<row r="%d">`, number)
	for i, c := range cells {
		b.putf(`<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, number, c)
	}
	b.put(`</row>`)
}

func (b *book) close() error {
	if b.w != nil {
		b.put(`</sheetData></worksheet>`)
	}
	return b.end()
}

func (b *book) end() error {
	b.flush()
	if b.err != nil {
		return b.err
	}
	return b.zip.Close()
}

// code returns a well-formed credit code. Most have a wrong check character, which is no reason to refuse a row.
func code(i int) string { return fmt.Sprintf("91120116MA%07dX", i%10_000_000) }

func repeatedNumber(w io.Writer, n int) error {
	b := plain(w)
	b.sheet()
	for i := range n {
		b.row(2, code(i), "企业")
	}
	return b.close()
}

func lastColumn(w io.Writer, n int) error {
	b := plain(w)
	b.sheet()
	for i := range n {
		b.putf(`<row r="%d"><c r="A%d" t="str"><v>%s</v></c><c r="B%d" t="str"><v>企业%d</v></c><c r="XFD%d"><v>1</v></c></row>`, i+2, i+2, code(i), i+2, i, i+2)
	}
	return b.close()
}

// fullWidth fills every column of n rows.
func fullWidth(w io.Writer, n int) error {
	b := plain(w)
	b.sheet()
	rest := strings.Repeat(`<c><v>7</v></c>`, 16_384-2)
	for i := range n {
		b.putf(`<row r="%d"><c t="str"><v>%s</v></c><c t="str"><v>企业%d</v></c>`, i+2, code(i), i)
		b.put(rest)
		b.put(`</row>`)
	}
	return b.close()
}

func wideCSV(w io.Writer, n int) error {
	b := bufio.NewWriter(w)
	b.WriteString(Header)
	for i := range n {
		fmt.Fprintf(b, ",列%d", i)
	}
	for i := range 20 {
		fmt.Fprintf(b, "\n%s,企业%d%s", code(i), i, strings.Repeat(",1", n))
	}
	return b.Flush()
}

func sharedStrings(w io.Writer, n int) error { return withStrings(w, n/100, 80) }
func shortStrings(w io.Writer, n int) error  { return withStrings(w, n, 0) }

// withStrings writes n shared strings, each with more extra characters, and a sheet of names that uses some of them.
func withStrings(w io.Writer, n, more int) error {
	b := plain(w)
	b.open("xl/sharedStrings.xml")
	b.put(`<sst ` + mainSpace + `>`)
	state := uint64(1)
	filler := make([]byte, more)
	for i := range n {
		for j := range filler {
			if j%8 == 0 {
				state = state*6364136223846793005 + 1442695040888963407
			}
			filler[j] = 'a' + byte(state>>(8*(j%8)+3))%16
		}
		b.putf(`<si><t>%08d%s</t></si>`, i, filler)
	}
	b.put(`</sst>`)
	b.sheet()
	step := max(1, n/50_000)
	for i := 0; i*step < n; i++ {
		b.putf(`<row r="%d"><c r="A%d" t="str"><v>%s</v></c><c r="B%d" t="s"><v>%d</v></c></row>`, i+2, i+2, code(i), i+2, i*step)
	}
	return b.close()
}

// oneTextEverywhere refers to one long text from many cells: a small file that would fill a base with gigabytes.
func oneTextEverywhere(w io.Writer, n int) error {
	b := plain(w)
	b.open("xl/sharedStrings.xml")
	b.put(`<sst ` + mainSpace + `><si><t>` + strings.Repeat("长文字", 10_000) + `</t></si></sst>`)
	b.sheet()
	for i := range n {
		b.putf(`<row r="%d"><c r="A%d" t="str"><v>%s</v></c><c r="B%d" t="str"><v>企业%d</v></c><c r="D%d" t="s"><v>0</v></c></row>`, i+2, i+2, code(i), i+2, i, i+2)
	}
	return b.close()
}

func bomb(w io.Writer, n int) error {
	b := plain(w)
	b.sheet()
	blank := strings.Repeat(" ", 1<<20)
	for range n >> 20 {
		b.put(blank)
	}
	return b.close()
}

// bombThatLies declares a size far below the true one.
func bombThatLies(w io.Writer, n int) error {
	b := plain(w)
	b.flush()
	if b.err != nil {
		return b.err
	}
	var packed bytes.Buffer
	d, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	to := io.MultiWriter(d, sum)
	fmt.Fprintf(to, `<worksheet %s><sheetData><row r="1"><c t="inlineStr"><is><t>企业名称</t></is></c></row>`, mainSpace)
	row := []byte(strings.Repeat(`<row><c><v>1</v></c></row>`, 4_000))
	for written := 0; written < n; written += len(row) {
		to.Write(row)
	}
	io.WriteString(to, `</sheetData></worksheet>`)
	if err := d.Close(); err != nil {
		return err
	}
	part, err := b.zip.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CRC32: sum.Sum32(),
		CompressedSize64: uint64(packed.Len()), UncompressedSize64: 1000})
	if err != nil {
		return err
	}
	if _, err := packed.WriteTo(part); err != nil {
		return err
	}
	return b.zip.Close()
}

// deep nests elements in the parts of the styles and of the workbook.
func deep(w io.Writer, n int) error {
	b := newBook(w)
	b.open("xl/styles.xml")
	for range n / 3 {
		b.put(`<a>`)
	}
	b.open("xl/workbook.xml")
	b.put(`<workbook ` + mainSpace + `>`)
	for range n / 3 {
		b.put(`<a>`)
	}
	return b.end()
}

// attributes gives an element of the workbook n bytes of attributes.
func attributes(w io.Writer, n int) error {
	b := newBook(w)
	b.open("xl/workbook.xml")
	b.put(`<workbook ` + mainSpace)
	for i := range n / 10 {
		b.putf(` a%d=""`, i%100_000)
	}
	b.put(`></workbook>`)
	return b.end()
}

func endlessTag(w io.Writer, n int) error {
	b := plain(w)
	b.open("xl/worksheets/sheet1.xml")
	b.put(`<worksheet ` + mainSpace + `><sheetData><row r="1" `)
	for i := range n / 16 {
		b.putf(`a%08d="%03d" `, i, i%997)
	}
	b.put(`></row>`)
	return b.close()
}

func longNameCSV(w io.Writer, n int) error {
	_, err := fmt.Fprintf(w, "%s\n%s,%s,5\n%s,企业二,6\n", Header, code(1), strings.Repeat("长名字", n/9), code(2))
	return err
}

func longNameXLSX(w io.Writer, n int) error {
	b := plain(w)
	b.sheet()
	b.row(2, code(1), strings.Repeat("长名字", n/9), "5")
	b.row(3, code(2), "企业二", "6")
	return b.close()
}

// longRows has rows of three megabytes. Each of their cells is short enough for a spreadsheet.
func longRows(w io.Writer, n int) error {
	b := bufio.NewWriter(w)
	b.WriteString(Header + strings.Repeat(",说明", 100))
	cell := strings.Repeat("x", 32_000)
	for i := range n {
		fmt.Fprintf(b, "\n%s,企业%d,5", code(i), i)
		for range 100 {
			b.WriteString(",")
			b.WriteString(cell)
		}
	}
	return b.Flush()
}

// manySheets lists the same part as n sheets.
func manySheets(w io.Writer, n int) error {
	b := newBook(w)
	b.open("xl/workbook.xml")
	b.put(`<workbook ` + mainSpace + ` xmlns:r="http://r"><sheets>`)
	for i := range n {
		b.putf(`<sheet name="S%d" sheetId="%d" r:id="r1"/>`, i, i+1)
	}
	b.put(`</sheets></workbook>`)
	b.part("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`)
	b.sheet()
	b.row(2, code(1), "企业")
	return b.close()
}

// manyParts is an archive with n entries.
func manyParts(w io.Writer, n int) error {
	b := plain(w)
	b.sheet()
	b.row(2, code(1), "企业")
	b.put(`</sheetData></worksheet>`)
	b.flush()
	for i := 0; i < n && b.err == nil; i++ {
		_, b.err = b.zip.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("xl/media/%d", i)})
	}
	return b.end()
}

func lyingDimension(w io.Writer, n int) error {
	b := plain(w)
	b.open("xl/worksheets/sheet1.xml")
	b.put(`<worksheet ` + mainSpace + `><dimension ref="A1:XFD1048576"/><sheetData>`)
	b.row(1, strings.Split(Header, ",")...)
	for i := range n {
		b.row(i+2, code(i), fmt.Sprint("企业", i))
	}
	return b.close()
}

func endlessStyles(w io.Writer, n int) error {
	b := plain(w)
	b.open("xl/styles.xml")
	b.put(`<styleSheet ` + mainSpace + `><numFmts>`)
	for i := range n / 2 {
		b.putf(`<numFmt numFmtId="%d" formatCode="0.0&quot;%d&quot;"/>`, i+200, i)
	}
	b.put(`</numFmts><cellXfs>`)
	for i := range n {
		b.putf(`<xf numFmtId="%d"/>`, i%1000)
	}
	b.put(`</cellXfs></styleSheet>`)
	b.sheet()
	b.row(2, code(1), "企业")
	return b.close()
}

// merged has many areas that begin in one row with a long text and end with the sheet.
func merged(w io.Writer, n int) error {
	b := plain(w)
	b.sheet()
	b.row(2, code(1), strings.Repeat("长", 10_000))
	for i := range 2_000 {
		b.row(i+3, code(i+2), fmt.Sprint("企业", i))
	}
	b.put(`</sheetData><mergeCells>`)
	for range n {
		b.put(`<mergeCell ref="B2:B1048576"/>`)
	}
	b.put(`</mergeCells></worksheet>`)
	return b.end()
}

// allRefused has a header of long texts and an error in every cell.
func allRefused(w io.Writer, n int) error {
	b := bufio.NewWriter(w)
	b.WriteString(Header + ",成立日期")
	for i := range n {
		fmt.Fprintf(b, "\n%s,企业%d,许多,不详的日子%s", code(i), i, strings.Repeat("很长", 50))
	}
	return b.Flush()
}
