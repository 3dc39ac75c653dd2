package table

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"fmt"
	"io"
	"slices"
)

// sheetRows reads the rows of one worksheet.
type sheetRows struct {
	w      *workbook
	name   string
	xml    *elements
	merges merges
	number int
	cells  [][]byte
	text   []byte // of the row's cells that are not in the file as they are delivered
	empty  int    // formulas without a saved value
	beyond int    // cells behind the last column that there is
	failed error  // of a shared string
}

func (s *sheetRows) next() (Row, error) {
	for {
		attrs, body, err := s.xml.next()
		if err != nil {
			if err == io.EOF {
				s.end()
				return Row{}, io.EOF
			}
			return Row{}, damaged(s.w.f.name, fmt.Errorf("table: sheet %q after row %d: %w", s.name, s.number, err))
		}
		if n := atoi(attribute(attrs, "r")); n > 0 {
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
			s.merges.spread(s.number, &s.cells)
			return Row{Number: s.number, Cells: s.cells}, nil
		}
	}
}

// end says once what concerned many cells.
func (s *sheetRows) end() {
	if s.empty > 0 {
		s.w.f.notices.add(Notice{Sheet: s.name,
			ZH: fmt.Sprintf("有 %d 个公式没有保存计算结果，按空白处理。请在 Excel 或 WPS 中打开，保存后再导入。", s.empty),
			EN: fmt.Sprintf("%d formulas have no saved result and count as blank. Open the file in a spreadsheet program, save it and import it again.", s.empty)})
	}
	if s.beyond > 0 {
		s.w.f.notices.add(Notice{Sheet: s.name,
			ZH: fmt.Sprintf("有 %d 格在第 %d 列（XFD）之后，没有读取；文件可能已损坏。请在 Excel 或 WPS 中打开，另存后再导入。", s.beyond, maxColumns),
			EN: fmt.Sprintf("%d cells stand behind column %d (XFD) and were not read; the file may be damaged. Open it in a spreadsheet program, save it and import it again.", s.beyond, maxColumns)})
	}
}

// row reads the cells of a row and reports whether any is filled.
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
		name, attrs, closed := splitTag(tag)
		if local, _ := localName(name); len(local) != 1 || local[0] != 'c' || name[0] == '/' {
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

// cellAttributes finds r, s and t of a cell in one pass.
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

// cell reads the content of a cell behind its opening tag and says how many bytes it takes.
func (s *sheetRows) cell(body []byte, column int, style, kind []byte) (value []byte, size int) {
	var raw []byte // of v
	formula := false
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
		name, _, closed := splitTag(body[i : i+end])
		i += end + 1
		local, prefix := localName(name)
		closing := len(name) > 0 && name[0] == '/'
		if closing && string(local) == "c" {
			break
		}
		if closing || closed {
			formula = formula || string(local) == "f"
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
			raw = body[i : i+n]
			i += n
		case "is":
			n := bytes.Index(body[i:], []byte("</"+string(prefix)+"is>"))
			if n < 0 {
				n = len(body) - i
			}
			from := len(s.text)
			s.text = appendRuns(s.text, body[i:i+n])
			value = s.text[from:len(s.text):len(s.text)]
			i += n
		}
	}
	if len(raw) == 0 {
		if formula && value == nil {
			s.empty++
		}
		return value, i
	}
	return s.value(raw, column, style, string(kind)), i
}

// value gives the text of a cell's v.
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
				EN: "This cell refers to a text that the file does not have; the file may be damaged. It counts as blank."})
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
		var f format
		if n := atoi(style); n > 0 && n < len(s.w.formats) {
			f = s.w.formats[n]
		} else if len(s.w.formats) > 0 {
			f = s.w.formats[0]
		}
		if f == (format{}) && short(raw) {
			return raw
		}
		var lost bool
		s.text, lost = f.appendNumber(s.text, bytes.TrimSpace(raw), s.w.base1904)
		if lost {
			s.w.f.notices.add(Notice{Sheet: s.name, Row: s.number, Column: column, Value: string(raw),
				ZH: "这个数字超过 15 位，电子表格只保存前 15 位，后面的数位可能已经丢失。如果是代码，请把这一列设为文本格式后重新填写。",
				EN: "This number has more than 15 digits, of which a spreadsheet keeps 15; the others may be lost. If it is a code, format the column as text and enter it again."})
		}
	default: // str, e, inlineStr with a v
		if plain(raw) {
			return raw
		}
		s.text = appendText(s.text, raw)
	}
	return s.text[from:len(s.text):len(s.text)]
}

// short reports whether a number is delivered as it stands: up to 15 digits, no exponent, no zeros behind a fraction.
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

// merges are the areas of merged cells that span rows. Their text stands in the first cell; a person sees it
// beside every row of the area, so every filled row gets it in the area's first column. Areas within one row are
// left alone: in a header they are told from blanks when it is understood.
type merges struct {
	areas  []area // by first row
	at     int    // first area that has not begun
	active []int  // of one column at most one: areas do not overlap
	held   int    // bytes of their texts
	cut    bool
}

type area struct {
	row, column, last int
	text              []byte
}

// spread fills the cells of a row from areas that began above it.
func (m *merges) spread(row int, cells *[][]byte) {
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

// begin makes an area active, unless it has no text or lies upon another, which no spreadsheet program writes.
func (m *merges) begin(i int, text []byte) {
	a := &m.areas[i]
	if len(text) == 0 || m.held+len(text) > maxHeld || m.covered(a.column) {
		return
	}
	a.text = bytes.Clone(text[:min(len(text), 4*MaxCell)])
	m.held += len(a.text)
	m.active = append(m.active, i)
}

func (m *merges) covered(column int) bool {
	return slices.ContainsFunc(m.active, func(i int) bool { return m.areas[i].column == column })
}

// survey reads a worksheet to its end, which checks its checksum, and collects its merged areas.
func survey(z *zip.File) (merges, error) {
	r, err := z.Open()
	if err != nil {
		return merges{}, err
	}
	defer r.Close()
	tag := []byte("mergeCell ")
	var m merges
	buf := make([]byte, 0, 128<<10)
	for eof := false; !eof; {
		n, err := io.ReadAtLeast(r, buf[len(buf):cap(buf)], 1)
		buf = buf[:len(buf)+n]
		eof = err == io.EOF
		if err != nil && !eof {
			return merges{}, err
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
				break // the rest of the tag comes with the next piece
			}
			if end >= 0 {
				m.add(attribute(buf[keep+n+len(tag):keep+n+end], "ref"))
			}
			keep += n + len(tag)
		}
		buf = buf[:copy(buf, buf[min(keep, len(buf)):])]
	}
	slices.SortStableFunc(m.areas, func(a, b area) int { return cmp.Compare(a.row, b.row) })
	return m, nil
}

// add notes an area such as A2:B5.
func (m *merges) add(ref []byte) {
	from, to, ok := bytes.Cut(ref, []byte(":"))
	column, row := parseRef(from)
	_, last := parseRef(to)
	if !ok || column == 0 || column > maxColumns || row == 0 || last <= row {
		return
	}
	if len(m.areas) == maxMerges {
		m.cut = true
		return
	}
	m.areas = append(m.areas, area{row: row, column: column, last: last})
}

// inflate opens the packed bytes of a part.
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

// counting counts the bytes read through it.
type counting struct {
	r io.Reader
	n *int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}
