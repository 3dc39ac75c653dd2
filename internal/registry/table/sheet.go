package table

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"fmt"
	"io"
	"slices"

	"eyas/internal/registry/table/shown"
	"eyas/internal/registry/table/tags"
)

// sheetRows reads the rows of a worksheet.
type sheetRows struct {
	w      *workbook
	name   string
	xml    *tags.Elements
	merges merges
	number int
	cells  [][]byte
	text   []byte // texts of the row's cells that had to be built
	empty  int    // number of formulas without a saved value
	hidden hidden
	beyond int   // number of cells behind the last possible column
	failed error // error of a shared string
}

func (s *sheetRows) merged() []Area { return s.merges.spans }

func (s *sheetRows) next() (Row, error) {
	for {
		attrs, body, err := s.xml.Next()
		if err != nil {
			if err == io.EOF {
				s.end()
				return Row{}, io.EOF
			}
			return Row{}, damaged(s.w.f.name, fmt.Errorf("table: sheet %q after row %d: %w", s.name, s.number, err))
		}
		if n := atoi(tags.Attribute(attrs, "r")); n > 0 {
			s.number = n
		} else {
			s.number++
		}
		if s.number > maxRows {
			return Row{}, damaged(s.w.f.name, fmt.Errorf("table: sheet %q has row %d", s.name, s.number))
		}
		filled := s.row(body)
		if s.failed != nil {
			return Row{}, s.failed
		}
		if filled {
			s.hidden.row(attrs, len(s.cells))
			s.merges.spread(s.number, &s.cells)
			return Row{Number: s.number, Cells: s.cells, Merged: s.merges.columns, Wide: s.merges.wide.of(s.number)}, nil
		}
	}
}

// end adds the notices that count many cells.
func (s *sheetRows) end() {
	s.w.f.notices.addSeen(s.name, &s.hidden, s.empty)
	if s.beyond > 0 {
		s.w.f.notices.add(Notice{Sheet: s.name,
			ZH: fmt.Sprintf("有 %d 格在第 %d 列（XFD）之后，没有读取；文件可能已损坏。请在 Excel 或 WPS 中打开，另存后再导入。", s.beyond, maxColumns),
			EN: fmt.Sprintf("%d cells are behind column %d (XFD), the last one of a spreadsheet, and were not read. The file may be damaged. Open it in a spreadsheet program, save it and import it again.", s.beyond, maxColumns)})
	}
}

// row reads the cells of a row and reports whether any of them has a value.
func (s *sheetRows) row(body []byte) bool {
	s.cells, s.text = s.cells[:0], s.text[:0]
	column := 0
	for i := 0; i < len(body); {
		n := bytes.IndexByte(body[i:], '<')
		if n < 0 {
			break
		}
		i += n + 1
		end := bytes.IndexByte(body[i:], '>')
		if end < 0 {
			break
		}
		tag := body[i : i+end]
		i += end + 1
		name, attrs, closed := tags.SplitTag(tag)
		if local, _ := tags.LocalName(name); len(local) != 1 || local[0] != 'c' || name[0] == '/' {
			continue
		}
		ref, style, kind := cellAttributes(attrs)
		column++
		if c, _ := parseRef(ref); c > 0 {
			column = c
		}
		if column > maxColumns {
			s.beyond++
		}
		if closed || column > maxColumns {
			continue
		}
		value, size := s.cell(body[i:], column, style, kind)
		i += size
		if len(value) == 0 {
			continue
		}
		for len(s.cells) < column {
			s.cells = append(s.cells, nil)
		}
		s.cells[column-1] = value
	}
	return len(s.cells) > 0
}

// cellAttributes returns the attributes r, s and t of a cell.
func cellAttributes(attrs []byte) (ref, style, kind []byte) {
	for i := 0; i < len(attrs); {
		if attrs[i] <= ' ' {
			i++
			continue
		}
		eq := bytes.IndexByte(attrs[i:], '=')
		if eq < 0 || i+eq+1 >= len(attrs) {
			return
		}
		key := attrs[i : i+eq]
		i += eq + 1
		quote := attrs[i]
		i++
		n := bytes.IndexByte(attrs[i:], quote)
		if n < 0 {
			return
		}
		if len(key) == 1 {
			switch key[0] {
			case 'r':
				ref = attrs[i : i+n]
			case 's':
				style = attrs[i : i+n]
			case 't':
				kind = attrs[i : i+n]
			}
		}
		i += n + 1
	}
	return
}

// cell reads a cell behind its opening tag. size is the number of bytes that it takes.
func (s *sheetRows) cell(body []byte, column int, style, kind []byte) (value []byte, size int) {
	var raw []byte // content of v
	formula, result := false, false
	i := 0
	for i < len(body) {
		n := bytes.IndexByte(body[i:], '<')
		if n < 0 {
			i = len(body)
			break
		}
		i += n + 1
		end := bytes.IndexByte(body[i:], '>')
		if end < 0 {
			i = len(body)
			break
		}
		name, _, closed := tags.SplitTag(body[i : i+end])
		i += end + 1
		local, prefix := tags.LocalName(name)
		closing := len(name) > 0 && name[0] == '/'
		if closing && string(local) == "c" {
			break
		}
		if closing || closed {
			formula = formula || string(local) == "f"
			result = result || string(local) == "v"
			continue
		}
		switch string(local) {
		case "f":
			formula = true
		case "v":
			n := bytes.IndexByte(body[i:], '<')
			if n < 0 {
				n = len(body) - i
			}
			raw, result = body[i:i+n], true
			i += n
		case "is":
			n := bytes.Index(body[i:], []byte("</"+string(prefix)+"is>"))
			if n < 0 {
				n = len(body) - i
			}
			from := len(s.text)
			s.text = tags.AppendRuns(s.text, body[i:i+n])
			value = s.text[from:len(s.text):len(s.text)]
			i += n
		}
	}
	if len(raw) == 0 {
		if formula && value == nil && !(result && string(kind) == "str") { // the result of ="" is an empty text
			s.empty++
		}
		return value, i
	}
	return s.value(raw, column, style, string(kind)), i
}

// value returns the text for the v of a cell.
func (s *sheetRows) value(raw []byte, column int, style []byte, kind string) []byte {
	from := len(s.text)
	switch kind {
	case "s":
		text, out, ok, err := s.w.strings.get(s.text, atoi(raw))
		s.text = out
		if err != nil {
			s.failed = unspilled(s.w.f.name, err)
		} else if !ok {
			s.w.f.notices.add(Notice{Sheet: s.name, Row: s.number, Column: column, Value: string(raw),
				ZH: "这一格引用的文字不存在，文件可能已损坏；按空白处理。",
				EN: "This cell refers to a text that is not in the file. It counts as blank. The file may be damaged."})
		}
		return text
	case "b":
		if string(bytes.TrimSpace(raw)) == "1" {
			return []byte("TRUE")
		}
		return []byte("FALSE")
	case "d":
		s.text = append(s.text, bytes.TrimSuffix(bytes.TrimSpace(raw), []byte("T00:00:00"))...)
	case "", "n":
		var f shown.Format
		if n := atoi(style); n > 0 && n < len(s.w.formats) {
			f = s.w.formats[n]
		} else if len(s.w.formats) > 0 {
			f = s.w.formats[0]
		}
		if f == (shown.Format{}) && short(raw) {
			return raw
		}
		var lost bool
		s.text, lost = f.AppendNumber(s.text, bytes.TrimSpace(raw), s.w.base1904)
		if lost {
			s.w.f.notices.add(lostDigits(s.name, s.number, column, raw))
		}
	default: // str, e, inlineStr with a v
		if tags.Plain(raw) {
			return raw
		}
		s.text = tags.AppendText(s.text, raw)
	}
	return s.text[from:len(s.text):len(s.text)]
}

// short reports whether a number can be delivered unchanged: up to 15 digits, no exponent, no final zeros after the
// point.
func short(raw []byte) bool {
	if len(raw) > 15 {
		return false
	}
	point := false
	for _, c := range raw {
		point = point || c == '.'
		if (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return !point || raw[len(raw)-1] != '0'
}

// Area is an area of merged cells. Rows and columns count from 1, and the last ones are included.
type Area struct{ FirstRow, FirstColumn, LastRow, LastColumn int }

// mostSpans is the most areas over several columns that a sheet returns. They are taken from its first spanRows rows.
const mostSpans, spanRows = 1_000, 100

// merges are the areas of merged cells over several rows. The file has their text in the first cell only, but a person
// sees it in every row. So every row with values gets it, in the first column of the area. An area within one row is
// not filled; in a header it is handled when the header is understood.
type merges struct {
	areas   []area // sorted by first row
	at      int    // index of the first area that has not begun
	active  []int  // at most one per column, because areas do not overlap
	held    int    // bytes of the texts of active areas
	cut     bool
	columns []int  // columns that got the text of an area in the current row
	wide    wide   // areas over several columns
	spans   []Area // areas over several columns in the first rows
}

// wide are the areas over several columns.
type wide struct {
	areas  []Area // sorted by first row
	at     int    // index of the first area that has not begun
	active []int
	row    [][2]int // result for the last row
}

// of returns the first and last columns of the areas in a row.
func (w *wide) of(row int) [][2]int {
	w.row = w.row[:0]
	if len(w.areas) == 0 {
		return nil
	}
	for ; w.at < len(w.areas) && w.areas[w.at].FirstRow <= row; w.at++ {
		if w.areas[w.at].LastRow >= row && len(w.active) < mostSpans { // rows without cells were skipped, with the areas in them
			w.active = append(w.active, w.at)
		}
	}
	w.active = slices.DeleteFunc(w.active, func(i int) bool { return w.areas[i].LastRow < row })
	for _, i := range w.active {
		w.row = append(w.row, [2]int{w.areas[i].FirstColumn, w.areas[i].LastColumn})
	}
	return w.row
}

type area struct {
	row, column, last int
	text              []byte
}

// spread fills the cells of a row from the areas that began above, and starts those that begin in it.
func (m *merges) spread(row int, cells *[][]byte) {
	m.columns = m.columns[:0]
	if len(m.areas) == 0 {
		return
	}
	kept := m.active[:0]
	for _, i := range m.active {
		a := &m.areas[i]
		if row > a.last {
			m.held -= len(a.text)
			a.text = nil
			continue
		}
		kept = append(kept, i)
		for len(*cells) < a.column {
			*cells = append(*cells, nil)
		}
		if len((*cells)[a.column-1]) == 0 {
			(*cells)[a.column-1] = a.text
			m.columns = append(m.columns, a.column)
		}
	}
	m.active = kept
	for m.at < len(m.areas) && m.areas[m.at].row <= row {
		a := &m.areas[m.at]
		if a.row == row && a.column <= len(*cells) {
			m.begin(m.at, (*cells)[a.column-1])
		}
		m.at++
	}
}

// begin starts an area. It does nothing if the area has no text, overlaps another, or the held texts exceed a limit.
func (m *merges) begin(i int, text []byte) {
	a := &m.areas[i]
	if len(text) == 0 || m.held+len(text) > maxHeld || m.covered(a.column) {
		return
	}
	a.text = bytes.Clone(text[:min(len(text), 4*MaxCell)])
	m.held += len(a.text)
	m.active = append(m.active, i)
	m.columns = append(m.columns, a.column)
}

func (m *merges) covered(column int) bool {
	return slices.ContainsFunc(m.active, func(i int) bool { return m.areas[i].column == column })
}

// hidden counts what a person who opens the sheet does not see.
type hidden struct {
	columns [][2]int // first and last columns
	rows    int
	widest  int // most cells in a row
	cells   int // hidden cells in visible rows and columns
	parts   int // cells with some hidden text, which is left out
}

// hides reports whether a column (from 1) is hidden.
func (h *hidden) hides(column int) bool {
	return slices.ContainsFunc(h.columns, func(c [2]int) bool { return column >= c[0] && column <= c[1] })
}

// row counts a row with values, by the attributes of its tag.
func (h *hidden) row(attrs []byte, cells int) {
	h.note(bytes.Contains(attrs, []byte("hidden=")) && yes(tags.Attribute(attrs, "hidden")) || bytes.Contains(attrs, []byte(`ht="0"`)), cells)
}

// note counts a row with values.
func (h *hidden) note(isHidden bool, cells int) {
	h.widest = max(h.widest, cells)
	if isHidden {
		h.rows++
	}
}

// column reads the attributes of a col tag.
func (h *hidden) column(attrs []byte) {
	width := tags.Attribute(attrs, "width")
	if !yes(tags.Attribute(attrs, "hidden")) && (len(width) == 0 || len(bytes.Trim(width, "0.")) > 0) {
		return
	}
	if first, last := atoi(tags.Attribute(attrs, "min")), atoi(tags.Attribute(attrs, "max")); first > 0 && last >= first && len(h.columns) < maxColumns {
		h.columns = append(h.columns, [2]int{first, last})
	}
}

// count returns the number of hidden rows, and of hidden columns among those with cells.
func (h *hidden) count() (rows, columns int) {
	for _, c := range h.columns {
		columns += max(0, min(c[1], h.widest)-c[0]+1)
	}
	return h.rows, columns
}

func yes(value []byte) bool { return string(value) == "1" || string(value) == "true" }

// read reads the col tags at the beginning of a sheet.
func (h *hidden) read(head []byte) {
	if n := bytes.Index(head, []byte("sheetData")); n >= 0 {
		head = head[:n]
	}
	for tag := []byte("col "); ; {
		n := bytes.Index(head, tag)
		if n < 0 {
			return
		}
		end := bytes.IndexByte(head[n:], '>')
		if end < 0 {
			return
		}
		if n > 0 && (head[n-1] == '<' || head[n-1] == ':') {
			h.column(head[n+len(tag) : n+end])
		}
		head = head[n+end:]
	}
}

// survey reads a worksheet to its end, which also verifies its checksum. It returns the merged areas and the hidden
// columns.
func survey(z *zip.File) (merges, hidden, error) {
	r, err := z.Open()
	if err != nil {
		return merges{}, hidden{}, err
	}
	defer r.Close()
	tag := []byte("mergeCell ")
	var m merges
	var h hidden
	var head []byte // the part before the rows
	begun := false
	buf := make([]byte, 0, 128<<10)
	for eof := false; !eof; {
		n, err := io.ReadAtLeast(r, buf[len(buf):cap(buf)], 1)
		buf = buf[:len(buf)+n]
		eof = err == io.EOF
		if err != nil && !eof {
			return merges{}, hidden{}, err
		}
		if !begun {
			if head = append(head, buf[len(buf)-n:]...); len(head) >= headSize || eof || bytes.Contains(head, []byte("sheetData")) {
				h.read(head)
				begun = true
			}
		}
		keep := 0
		for {
			n := bytes.Index(buf[keep:], tag)
			if n < 0 {
				keep = max(keep, len(buf)-len(tag)+1)
				break
			}
			end := bytes.IndexByte(buf[keep+n:], '>')
			if end < 0 && len(buf)-keep-n < 1<<10 {
				keep += n
				break // the rest of the tag is in the next piece
			}
			if end >= 0 {
				m.add(tags.Attribute(buf[keep+n+len(tag):keep+n+end], "ref"))
			}
			keep += n + len(tag)
		}
		buf = buf[:copy(buf, buf[min(keep, len(buf)):])]
	}
	m.sort()
	return m, h, nil
}

// add adds an area such as A2:B5.
func (m *merges) add(ref []byte) {
	from, to, ok := bytes.Cut(ref, []byte(":"))
	column, row := parseRef(from)
	end, last := parseRef(to)
	if ok {
		m.addArea(Area{FirstRow: row, FirstColumn: column, LastRow: last, LastColumn: end})
	}
}

func (m *merges) addArea(a Area) {
	column, row, end, last := a.FirstColumn, a.FirstRow, a.LastColumn, a.LastRow
	if end > column && column > 0 && row > 0 && row <= spanRows && last >= row && end <= maxColumns && len(m.spans) < mostSpans {
		m.spans = append(m.spans, a)
	}
	if end > column && column > 0 && end <= maxColumns && row > 0 && last >= row && len(m.wide.areas) < maxMerges {
		m.wide.areas = append(m.wide.areas, a)
	}
	if column == 0 || column > maxColumns || row == 0 || last <= row {
		return
	}
	if len(m.areas) == maxMerges {
		m.cut = true
		return
	}
	m.areas = append(m.areas, area{row: row, column: column, last: last})
}

// sort sorts the areas by first row.
func (m *merges) sort() {
	slices.SortStableFunc(m.areas, func(a, b area) int { return cmp.Compare(a.row, b.row) })
	slices.SortStableFunc(m.wide.areas, func(a, b Area) int { return cmp.Compare(a.FirstRow, b.FirstRow) })
}

// inflate returns a reader for the compressed bytes of a part.
func inflate(raw io.Reader, method uint16) (io.Reader, io.Closer, error) {
	switch method {
	case zip.Store:
		return raw, io.NopCloser(nil), nil
	case zip.Deflate:
		r := flate.NewReader(raw)
		return r, r, nil
	}
	return nil, nil, fmt.Errorf("table: compression method %d", method)
}

// counting counts the bytes that are read through it.
type counting struct {
	r io.Reader
	n *int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}
