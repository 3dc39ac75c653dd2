package table

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"eyas/internal/registry/table/charset"
	"eyas/internal/registry/table/pagestyle"
	"eyas/internal/vault"

	"golang.org/x/net/html"
)

// A web page's tables are held in memory. Pages with more bytes or cells are refused.
const (
	maxPage      = 64 << 20
	maxPageCells = 2_000_000
)

// webPage is a web page with the name of a table file, as many systems export it. Its tables are the sheets.
type webPage struct {
	file   vault.File
	f      *File
	bytes  int64
	tables []*pageTable
	cells  int
	styles pagestyle.Sheet
	large  bool // it exceeds a limit
	cut    bool // it ends within a table
	at     int
}

// pageTable is one table of a page, with its texts as a browser shows them.
type pageTable struct {
	rows   []pageRow
	merges merges
	hidden hidden

	unseen  bool // the whole table is hidden
	section bool // the current section of rows is hidden
	columns int  // number of columns described by col tags
	group   columnGroup

	open    bool // a row is open
	covered []int
	text    []byte // of the open cell
	cell    *pageCell
	blank   bool // a blank comes before the next text
	veil    veil
}

// columnGroup is an open colgroup tag. It describes its columns unless col tags in it do.
type columnGroup struct {
	open, hidden bool
	span         int // 0: col tags describe its columns
}

// veil is a hidden element in a cell or around tables.
type veil struct {
	element string // "" if there is none
	depth   int    // nesting depth of elements with this name
}

// begin notes the start of an element.
func (v *veil) begin(element string, hidden bool) {
	switch {
	case v.element == element:
		v.depth++
	case v.element == "" && hidden:
		v.element, v.depth = element, 1
	}
}

func (v *veil) end(element string) {
	if v.element == element && v.element != "" {
		if v.depth--; v.depth == 0 {
			v.element = ""
		}
	}
}

type pageRow struct {
	cells  []pageCell
	hidden bool
}

type pageCell struct {
	column int // from 1
	text   string
	hidden bool
	partly bool // some of its text is hidden and left out
}

// openPage reads the tables of a web page. A page without tables is a fault.
func openPage(file vault.File, size int64, head []byte, f *File) (source, error) {
	none := refuse(nil, fmt.Sprintf("“%s”其实是网页或 XML，只是用了表格的扩展名，其中没有表格。请用 Excel 或 WPS 打开，另存为 .xlsx。", f.name),
		fmt.Sprintf("“%s” is a web page or an XML file with the name of a table, and it has no tables. Open it in a spreadsheet program and save it as .xlsx.", f.name))
	if lower := bytes.ToLower(head); bytes.Contains(lower, []byte("urn:schemas-microsoft-com:office:spreadsheet\"")) && !bytes.Contains(lower, []byte("<html")) || bytes.HasPrefix(bytes.TrimSpace(lower), []byte("mime-version:")) {
		return nil, none
	}
	tooLarge := refuse(nil, fmt.Sprintf("“%s”是网页，超过 %d MB 或 %d 万格，没有读取。请用 Excel 或 WPS 打开，另存为 .xlsx，再导入。", f.name, maxPage>>20, maxPageCells/10_000),
		fmt.Sprintf("“%s” is a web page of more than %d MB or %d cells and was not read. Open it in a spreadsheet program, save it as .xlsx and import it again.", f.name, maxPage>>20, maxPageCells))
	if size > maxPage {
		return nil, tooLarge
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, unopened(f.name, err)
	}
	p := &webPage{file: file, f: f, bytes: size}
	text := charset.NewDecoder(file, head)
	if err := p.parse(&decoded{d: text}); err != nil {
		return nil, damaged(f.name, err)
	}
	if p.large {
		return nil, tooLarge
	}
	if p.cut {
		f.notices.add(Notice{
			ZH: "网页在表格中间结束，可能没有下载完整。请核对最后几行，必要时重新导出。",
			EN: "The page ends within a table. The download may be incomplete. Check the last rows, and export the page again if necessary."})
	}
	if text.Mended > 0 {
		f.notices.add(Notice{
			ZH: "有读不出的字符，已用“�”代替。请用 UTF-8 编码重新导出文件。",
			EN: "Some characters cannot be read. They are shown as “�”. Export the file again as UTF-8."})
	}
	kept := p.tables[:0]
	for _, t := range p.tables {
		if len(t.rows) > 0 {
			kept = append(kept, t)
		}
	}
	if p.tables = kept; len(kept) == 0 {
		return nil, none
	}
	return p, nil
}

// decoded reads a file as UTF-8.
type decoded struct {
	d    *charset.Decoder
	text []byte
	err  error
}

func (r *decoded) Read(to []byte) (int, error) {
	for len(r.text) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.text, r.err = r.d.Fill(r.text[:0])
	}
	n := copy(to, r.text)
	r.text = r.text[n:]
	return n, nil
}

// parse collects the tables. A table inside a cell is a table of its own.
func (p *webPage) parse(r io.Reader) error {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxTag)
	var open []*pageTable
	skip := "" // name of the element whose text is skipped
	var around veil
	for {
		kind := z.Next()
		var t *pageTable
		if n := len(open); n > 0 {
			t = open[n-1]
		}
		switch kind {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				return z.Err()
			}
			for _, t := range open {
				t.endRow()
			}
			p.cut = len(open) > 0
			return nil
		case html.TextToken:
			switch {
			case skip == "style":
				p.styles.Add(string(z.Text()))
			case skip != "" || t == nil || t.cell == nil:
			case t.veil.element != "":
				t.cell.partly = t.cell.partly || len(bytes.TrimSpace(z.Text())) > 0
			default:
				t.add(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			attrs := pageAttributes{element: string(name)}
			if more {
				attrs.read(z, &p.styles)
			}
			switch attrs.element {
			case "script", "style", "title":
				if kind == html.StartTagToken {
					skip = string(name)
				}
			case "table":
				if p.large = len(p.tables) == maxSheets; p.large {
					return nil
				}
				p.tables = append(p.tables, &pageTable{unseen: attrs.hidden || around.element != "" || t != nil && t.unseen})
				open = append(open, p.tables[len(p.tables)-1])
			case "thead", "tbody", "tfoot":
				if t != nil {
					t.endGroup()
					t.section = attrs.hidden
				}
			case "colgroup":
				if t != nil {
					t.endGroup()
					t.group = columnGroup{open: true, hidden: attrs.hidden, span: max(1, attrs.span)}
				}
			case "col":
				if t != nil {
					t.describe(max(1, attrs.span), attrs.hidden || t.group.open && t.group.hidden)
					t.group.span = 0
				}
			case "tr":
				p.cells++ // a row without cells takes memory too
				if p.large = p.cells > maxPageCells; p.large {
					return nil
				}
				if t != nil {
					t.endGroup()
					t.beginRow(attrs.hidden)
				}
			case "td", "th":
				p.cells++
				if p.large = p.cells > maxPageCells || t != nil && !t.begin(attrs); p.large {
					return nil
				}
			case "br", "p", "div", "li":
				if t != nil && t.cell != nil && t.veil.element == "" && len(t.text) > 0 {
					t.text, t.blank = append(bytes.TrimRight(t.text, " \n"), '\n'), false
				}
			}
			switch {
			case kind == html.SelfClosingTagToken || alone[attrs.element]:
			case t == nil:
				around.begin(attrs.element, attrs.hidden)
			case t.cell != nil && !ofTables[attrs.element]:
				t.veil.begin(attrs.element, attrs.hidden)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch n := string(name); {
			case n == skip:
				skip = ""
			case t == nil:
				around.end(n)
			case n == "table":
				t.endRow()
				open = open[:len(open)-1]
			case n == "tr":
				t.endRow()
			case n == "td" || n == "th":
				t.end()
			case n == "colgroup":
				t.endGroup()
			case n == "thead" || n == "tbody" || n == "tfoot":
				t.section = false
			default:
				t.veil.end(n)
			}
		}
	}
}

// pageAttributes are the relevant attributes of a tag.
type pageAttributes struct {
	element       string
	columns, rows int
	span          int
	hidden        bool
}

// Elements without an end tag, and elements of tables between which no text of a cell can stand.
var (
	alone    = map[string]bool{"br": true, "hr": true, "img": true, "input": true, "wbr": true, "col": true, "meta": true, "link": true, "base": true, "area": true, "embed": true, "source": true}
	ofTables = map[string]bool{"table": true, "thead": true, "tbody": true, "tfoot": true, "tr": true, "td": true, "th": true, "colgroup": true, "col": true, "caption": true}
)

func (a *pageAttributes) read(z *html.Tokenizer, styles *pagestyle.Sheet) {
	var class, id, style string
	gone := false
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "colspan":
			a.columns, _ = strconv.Atoi(strings.TrimSpace(string(value)))
		case "rowspan":
			a.rows, _ = strconv.Atoi(strings.TrimSpace(string(value)))
		case "span":
			a.span, _ = strconv.Atoi(strings.TrimSpace(string(value)))
		case "hidden":
			gone = true
		case "width":
			gone = gone || a.element == "col" && strings.Trim(string(value), "0 px") == "" && strings.Contains(string(value), "0")
		case "class":
			class = string(value)
		case "id":
			id = string(value)
		case "style":
			style = string(value)
		}
	}
	a.hidden = gone || styles.Hides(a.element, class, id, style)
}

// describe notes columns that a col tag describes.
func (t *pageTable) describe(span int, hidden bool) {
	first := t.columns + 1
	if t.columns = min(t.columns+min(span, maxColumns), maxColumns); hidden && first <= t.columns && len(t.hidden.columns) < maxColumns {
		t.hidden.columns = append(t.hidden.columns, [2]int{first, t.columns})
	}
}

// endGroup ends a colgroup.
func (t *pageTable) endGroup() {
	if t.group.open && t.group.span > 0 {
		t.describe(t.group.span, t.group.hidden)
	}
	t.group = columnGroup{}
}

func (t *pageTable) beginRow(hidden bool) {
	t.endRow()
	t.rows = append(t.rows, pageRow{hidden: hidden || t.section || t.unseen})
	t.open = true
}

func (t *pageTable) endRow() {
	t.end()
	t.open = false
}

// begin opens a cell in the first free column of the row. It returns false if a spreadsheet does not have that column
// or row.
func (t *pageTable) begin(a pageAttributes) bool {
	t.end()
	if !t.open {
		t.beginRow(false)
	}
	row := len(t.rows)
	column := 1
	if cells := t.rows[row-1].cells; len(cells) > 0 {
		column = cells[len(cells)-1].column + 1
	}
	for column <= len(t.covered) && t.covered[column-1] >= row {
		column++
	}
	columns, rows := min(max(1, a.columns), maxColumns), min(max(1, a.rows), maxRows)
	if column+columns-1 > maxColumns || row > maxRows {
		return false
	}
	for len(t.covered) < column+columns-1 {
		t.covered = append(t.covered, 0)
	}
	for i := range columns {
		t.covered[column-1+i] = row + rows - 1
	}
	if columns > 1 || rows > 1 {
		t.merges.addArea(Area{FirstRow: row, FirstColumn: column, LastRow: row + rows - 1, LastColumn: column + columns - 1})
	}
	r := &t.rows[row-1]
	r.cells = append(r.cells, pageCell{column: column, hidden: a.hidden})
	t.cell, t.text, t.blank, t.veil = &r.cells[len(r.cells)-1], t.text[:0], false, veil{}
	return true
}

// add adds text to the open cell. Several blanks become one, as in a browser.
func (t *pageTable) add(text []byte) {
	for _, c := range bytes.ReplaceAll(text, []byte("\u00a0"), []byte(" ")) {
		switch c {
		case ' ', '\t', '\n', '\r', '\f':
			t.blank = true
			continue
		}
		if t.blank && len(t.text) > 0 && t.text[len(t.text)-1] != '\n' {
			t.text = append(t.text, ' ')
		}
		t.text, t.blank = append(t.text, c), false
	}
}

func (t *pageTable) end() {
	if t.cell != nil {
		t.cell.text, t.cell = strings.TrimRight(string(t.text), "\n"), nil
	}
}

func (p *webPage) next() (*Sheet, error) {
	if p.at == len(p.tables) {
		return nil, io.EOF
	}
	t := p.tables[p.at]
	p.at++
	name := ""
	if len(p.tables) > 1 {
		name = fmt.Sprintf("表格%d", p.at)
	}
	t.merges.sort()
	return &Sheet{Name: name, rows: &pageRows{p: p, name: name, t: t}}, nil
}

func (p *webPage) read() int64 {
	return p.bytes * int64(p.at) / int64(max(1, len(p.tables)))
}

func (p *webPage) size() int64  { return p.bytes }
func (p *webPage) close() error { return p.file.Close() }

// pageRows reads the rows of one table.
type pageRows struct {
	p      *webPage
	name   string
	t      *pageTable
	number int
	cells  [][]byte
}

func (s *pageRows) merged() []Area { return s.t.merges.spans }

func (s *pageRows) next() (Row, error) {
	for s.number < len(s.t.rows) {
		row := &s.t.rows[s.number]
		s.number++
		s.cells = s.cells[:0]
		for _, c := range row.cells {
			if c.partly {
				s.t.hidden.parts++
			}
			if c.text == "" {
				continue
			}
			if c.hidden && !row.hidden && !s.t.hidden.hides(c.column) {
				s.t.hidden.cells++
			}
			for len(s.cells) < c.column {
				s.cells = append(s.cells, nil)
			}
			s.cells[c.column-1] = []byte(c.text)
		}
		if len(s.cells) == 0 {
			continue
		}
		s.t.hidden.note(row.hidden, len(s.cells))
		s.t.merges.spread(s.number, &s.cells)
		return Row{Number: s.number, Cells: s.cells, Merged: s.t.merges.columns, Wide: s.t.merges.wide.of(s.number)}, nil
	}
	s.p.f.notices.addSeen(s.name, &s.t.hidden, 0)
	return Row{}, io.EOF
}
