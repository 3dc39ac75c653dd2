package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"eyas/internal/registry/table/charset"
	"eyas/internal/vault"
)

const (
	maxQuoted = 16 << 20 // bytes of a quoted field; in a longer one, the quote counts as unclosed
	maxBroken = 100      // after so many unclosed quotes, quoted fields cannot span lines
)

// csv reads delimited text. Well-formed text is read as in RFC 4180. A quote inside a field is a character. So is a
// quote that opens a field and is never closed, so that it cannot swallow the rows after it.
type csv struct {
	closer io.Closer
	text   *charset.Decoder
	f      *File
	all    int64 // bytes of the file
	used   bool

	buf     []byte // decoded text
	pos     int    // start of the next record in buf
	eof     bool
	delim   byte
	newline byte // '\n', or '\r' in files of old Macs

	number   int // records so far
	cells    [][]byte
	unquoted []byte   // text of fields with doubled quotes
	last     int      // number of fields in the last record
	width    int      // number of fields, once two records in a row agree; 0 before
	broken   int      // number of unclosed quotes
	pending  []Notice // notices of the current record, which may be parsed again
	opened   int      // unclosed quotes of the current record
	wide     bool     // the record has more columns than a spreadsheet can have

	escape  bool // quotes in quoted fields are written \"
	slashed bool // the record has \" before a delimiter, which may or may not end a field
	blanks  int  // least number of blanks between columns; 0: columns are separated by delim
	usual   usual
}

func openCSV(file vault.File, size int64, head []byte, f *File) (source, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("table: rewinding %s: %w", f.name, err)
	}
	return newCSV(file, file, size, head, f)
}

// newCSV starts to read text. head is its beginning.
func newCSV(r io.Reader, closer io.Closer, size int64, head []byte, f *File) (*csv, error) {
	c := &csv{closer: closer, text: charset.NewDecoder(r, head), f: f, all: size, newline: '\n'}
	if err := foreign(head, f.name); err != nil {
		return nil, err
	}
	if err := c.fill(); err != nil {
		return nil, err
	}
	sample := c.buf[:min(len(c.buf), headSize)]
	if twice(sample) {
		return nil, garbled(f.name)
	}
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		c.newline = '\r'
	}
	c.delim, c.pos = sniff(sample, c.newline)
	if c.pos == 0 {
		if c.blanks = aligned(sample, c.newline, c.delim); c.blanks == 0 && split(sample, c.newline, c.delim) == 0 && spaced(sample, c.newline) {
			return nil, refuse(nil, fmt.Sprintf("“%s”的各列像是用空格分开的，各行的列数却不一样，分不清哪一格是哪一列。请在 Excel 或 WPS 中打开，分列后另存为 .xlsx 或 .csv，再导入。", f.name),
				fmt.Sprintf("The columns of “%s” seem to be separated by blanks, but its rows have different numbers of columns, so it is not clear which cell belongs to which column. Open it in a spreadsheet program, split the columns, save it as .xlsx or .csv and import it again.", f.name))
		}
	}
	c.usual = c.survey(sample)
	return c, nil
}

func (c *csv) next() (*Sheet, error) {
	if c.used {
		return nil, io.EOF
	}
	c.used = true
	return &Sheet{rows: csvRows{c}}, nil
}

func (c *csv) read() int64 {
	// Text that is decoded but not delivered is not consumed yet. Its size in the file is about the same.
	return max(0, c.text.Bytes-int64(len(c.buf)-c.pos))
}

func (c *csv) size() int64  { return c.all }
func (c *csv) close() error { return c.closer.Close() }

// fill discards the text before pos and appends a chunk.
func (c *csv) fill() error {
	if c.pos > 0 {
		c.buf = c.buf[:copy(c.buf, c.buf[c.pos:])]
		c.pos = 0
	}
	mixed, mended := c.text.Mixed, c.text.Mended
	var err error
	c.buf, err = c.text.Fill(c.buf)
	if c.text.Mixed && !mixed {
		c.f.notices.add(Notice{Row: c.number + 1,
			ZH: "从这一行附近起，文件里混有 UTF-8 和 GB18030 两种编码，已逐行识别。请核对中文是否正确。",
			EN: "From about this row on, the file mixes UTF-8 and GB18030. The encoding of each line was recognised separately. Check the Chinese text."})
	}
	if c.text.Mended > 0 && mended == 0 {
		c.f.notices.add(Notice{Row: c.number + 1,
			ZH: "从这一行附近起，有读不出的字符，已用“�”代替。请用 UTF-8 编码重新导出文件。",
			EN: "From about this row on, some characters cannot be read. They are shown as “�”. Export the file again as UTF-8."})
	}
	switch err {
	case nil:
	case io.EOF:
		c.eof = true
	case charset.ErrNUL:
		return refuse(err, fmt.Sprintf("“%s”在第 %d 行之后含有空字节，不是文本表格，或已经损坏。请重新导出为 .xlsx 或 .csv。", c.f.name, c.number),
			fmt.Sprintf("“%s” has NUL bytes after row %d: it is not a text table, or it is damaged. Export it again as .xlsx or .csv.", c.f.name, c.number))
	default:
		return refuse(err, fmt.Sprintf("读取“%s”时出错（第 %d 行之后）。请检查磁盘或网络盘后重试。", c.f.name, c.number),
			fmt.Sprintf("“%s” could not be read after row %d. Check the disk or network drive and try again.", c.f.name, c.number))
	}
	return nil
}

// csvRows is the one sheet of a CSV file.
type csvRows struct{ c *csv }

func (s csvRows) next() (Row, error) {
	c := s.c
	for {
		end, ok := c.record()
		for !ok {
			if c.wide {
				return Row{}, refuse(nil,
					fmt.Sprintf("“%s”第 %d 行有 %d 列以上，比电子表格最多的列数还多。请检查分隔符和换行，或只保留需要的列，再导入。", c.f.name, c.number+1, maxColumns),
					fmt.Sprintf("Row %d of “%s” has more than %d columns, more than a spreadsheet can have. Check its delimiters and line breaks, or keep only the columns that are needed, and import it again.", c.number+1, c.f.name, maxColumns))
			}
			if c.eof {
				return Row{}, io.EOF
			}
			if len(c.buf)-c.pos > maxRowBytes {
				return Row{}, refuse(nil,
					fmt.Sprintf("“%s”第 %d 行超过 16 MB，不像表格。请检查文件是否损坏，或换行符是否丢失。", c.f.name, c.number+1),
					fmt.Sprintf("Row %d of “%s” is longer than 16 MB, unlike a table. Check whether the file is damaged or lost its line breaks.", c.number+1, c.f.name))
			}
			if err := c.fill(); err != nil {
				return Row{}, err
			}
			end, ok = c.record()
		}
		for _, n := range c.pending {
			c.f.notices.add(n)
		}
		c.broken += c.opened
		c.number++
		c.pos = end
		if n := len(c.cells); n == c.last {
			c.width = n
		} else {
			c.last = n
		}
		filled := false
		for i, cell := range c.cells {
			if len(cell) > 1 && cell[0] == '\'' && guarded(cell) {
				c.cells[i] = cell[1:]
			}
			filled = filled || len(cell) > 0
		}
		if c.blanks > 0 && filled && len(c.cells) > 1 && len(c.cells) != c.usual.fields {
			return Row{}, refuse(nil,
				fmt.Sprintf("“%s”的各列是用空格分开的，第 %d 行有 %d 列，别的行有 %d 列，分不清哪一格是哪一列，没有读取。请在 Excel 或 WPS 中打开，分列后另存为 .xlsx 或 .csv，再导入。", c.f.name, c.number, len(c.cells), c.usual.fields),
				fmt.Sprintf("The columns of “%s” are separated by blanks. Row %d has %d columns and the others have %d, so it is not clear which cell belongs to which column, and the file was not read. Open it in a spreadsheet program, split the columns, save it as .xlsx or .csv and import it again.", c.f.name, c.number, len(c.cells), c.usual.fields))
		}
		if filled {
			return Row{Number: c.number, Cells: c.cells, Moved: c.usual.moved(c.cells)}, nil
		}
	}
}

// record parses the next record. If \" stands before a delimiter, the record alone does not tell whether the field ends
// there. The number of fields decides.
func (c *csv) record() (next int, ok bool) {
	if c.blanks > 0 {
		return c.parseBlanks(c.pos)
	}
	c.slashed = false
	if next, ok = c.parse(c.pos, first); !ok || !c.slashed && !c.escape {
		return next, ok
	}
	want := c.usual.fields
	if want == 0 {
		want = max(c.width, c.last)
	}
	if len(c.cells) == want && len(c.pending) == 0 {
		return next, ok
	}
	c.escape = !c.escape
	if next, ok = c.parse(c.pos, first); ok && len(c.cells) == want && len(c.pending) == 0 {
		return next, ok // and the file continues in this way
	}
	c.escape = !c.escape
	return c.parse(c.pos, first)
}

// guarded reports whether a cell begins with an apostrophe that protects from a formula (= + - @, a tab, a carriage
// return). It is not part of the text. Package sheet writes it, and doubles an apostrophe of the text itself.
func guarded(cell []byte) bool {
	rest := bytes.TrimLeft(cell, "'")
	return len(rest) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), rest[0]) >= 0
}

const lows = 0x0101010101010101

// zeros sets the high bit of every zero byte of w, and possibly of the byte above. The caller tests each hit.
func zeros(w uint64) uint64 { return (w - lows) &^ w & (lows << 7) }

// Values of parse's argument literal that are not a position.
const (
	first = -1 // first try; a second one may follow
	final = -2 // last try
)

// parse splits the record that starts at from and returns the start of the next one. ok is false if the buffer ends
// within the record, or has no record. A quote at position literal is a character.
//
// It compares eight bytes at a time with the delimiter and the line break. Most fields are a few bytes long, so a
// function call per field would cost more than the comparison.
func (c *csv) parse(from, literal int) (next int, ok bool) {
	c.cells, c.unquoted = c.cells[:0], c.unquoted[:0]
	c.pending, c.opened = c.pending[:0], 0
	buf := c.buf
	if from >= len(buf) {
		return 0, false
	}
	delims, newlines := lows*uint64(c.delim), lows*uint64(c.newline)
	multi := -1 // the first quote whose field spans lines
	field := from
	i := from
	if buf[from] == '"' && from != literal {
		goto quoted
	}
scan:
	for {
		var hits uint64
		if i+8 <= len(buf) {
			w := binary.LittleEndian.Uint64(buf[i:])
			hits = zeros(w^delims) | zeros(w^newlines)
		} else {
			for j := len(buf) - 1; j >= i; j-- {
				hits <<= 8
				if buf[j] == c.delim || buf[j] == c.newline {
					hits |= 0x80
				}
			}
		}
		for hits != 0 {
			p := i + bits.TrailingZeros64(hits)>>3
			hits &= hits - 1
			if buf[p] == c.delim {
				c.cells = append(c.cells, buf[field:p:p])
				field = p + 1
				if field < len(buf) && buf[field] == '"' && field != literal {
					goto quoted
				}
				continue
			}
			if buf[p] == c.newline {
				return c.finish(from, field, p, p+1, multi, literal)
			}
		}
		if len(c.cells) > maxColumns {
			c.wide = true
			return 0, false
		}
		i += 8
		if i >= len(buf) {
			if !c.eof {
				return 0, false
			}
			return c.finish(from, field, len(buf), len(buf), multi, literal)
		}
	}

quoted:
	{
		open := field
		start := open + 1 // of the piece that is not copied yet
		mark := len(c.unquoted)
		copied, spans, lone := false, false, false
		at := start
		for {
			q := bytes.IndexByte(buf[at:], '"')
			line := q
			if line < 0 {
				line = len(buf) - at
			}
			if !spans && bytes.IndexByte(buf[at:at+line], c.newline) >= 0 {
				spans = true
				if c.broken >= maxBroken {
					q = -2
				}
			}
			switch {
			case q == -1 && !c.eof && len(buf)-open <= maxQuoted:
				return 0, false
			case q < 0 || at+q-open > maxQuoted:
				c.unclosed(open)
				c.unquoted = c.unquoted[:mark]
				field, i = open, open+1
				goto scan
			}
			at += q
			if at+1 >= len(buf) && !c.eof {
				return 0, false
			}
			if at > start && buf[at-1] == '\\' && slashes(buf[start:at])&1 == 1 {
				c.slashed = true
				if c.escape || c.within(at+1) {
					c.unquoted = append(append(c.unquoted, buf[start:at-1]...), '"')
					copied = true
					at++
					start = at
					continue
				}
			}
			if at+1 < len(buf) && buf[at+1] == '"' { // doubled: one quote
				c.unquoted = append(c.unquoted, buf[start:at+1]...)
				copied = true
				at += 2
				start = at
				continue
			}
			after := at + 1
			for after < len(buf) && buf[after] == ' ' {
				after++
			}
			if after+1 >= len(buf) && !c.eof {
				return 0, false
			}
			ends := after >= len(buf) || buf[after] == c.delim || buf[after] == c.newline ||
				buf[after] == '\r' && (after+1 >= len(buf) || buf[after+1] == '\n')
			if !ends {
				if spans { // this quote opens another field, so the first one was never closed
					c.unclosed(open)
					c.unquoted = c.unquoted[:mark]
					field, i = open, open+1
					goto scan
				}
				lone = true
				at++
				continue
			}
			cell := buf[start:at:at]
			if copied {
				c.unquoted = append(c.unquoted, cell...)
				cell = c.unquoted[mark:len(c.unquoted):len(c.unquoted)]
			}
			if c.escape && bytes.Contains(cell, []byte(`\\`)) {
				cell = bytes.ReplaceAll(cell, []byte(`\\`), []byte(`\`))
			}
			if spans {
				cell = c.breaks(cell)
				if multi < 0 {
					multi = open
				}
			}
			if lone {
				c.loneQuote(cell)
			}
			c.cells = append(c.cells, cell)
			if len(c.cells) > maxColumns {
				c.wide = true
				return 0, false
			}
			if after >= len(buf) {
				return c.accept(from, len(buf), multi, literal)
			}
			if buf[after] == c.delim {
				field = after + 1
				i = field
				if field < len(buf) && buf[field] == '"' && field != literal {
					goto quoted
				}
				if field == len(buf) { // the record ends with a delimiter, or the buffer ends here
					if !c.eof {
						return 0, false
					}
					return c.finish(from, field, field, field, multi, literal)
				}
				goto scan
			}
			if buf[after] == '\r' && c.newline == '\n' {
				after++
			}
			return c.accept(from, min(after+1, len(buf)), multi, literal)
		}
	}
}

// slashes returns the number of backslashes at the end of b.
func slashes(b []byte) (n int) {
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n
}

// within reports whether the text after a quote shows that the quote does not close a field.
func (c *csv) within(after int) bool {
	for after < len(c.buf) && c.buf[after] == ' ' {
		after++
	}
	return after < len(c.buf) && c.buf[after] != '"' && c.buf[after] != c.delim && c.buf[after] != c.newline && c.buf[after] != '\r'
}

// finish adds the last field buf[field:end], which is not quoted, and ends the record.
func (c *csv) finish(from, field, end, next, multi, literal int) (int, bool) {
	if end > field && c.newline == '\n' && c.buf[end-1] == '\r' {
		end--
	}
	c.cells = append(c.cells, c.buf[field:end:end])
	return c.accept(from, next, multi, literal)
}

// accept checks a record that spans lines. If its number of fields is unusual and its first line alone has the usual
// number, its quote counts as unclosed.
func (c *csv) accept(from, next, multi, literal int) (int, bool) {
	if multi >= 0 && literal == first && c.width > 1 && len(c.cells) != c.width {
		if end, ok := c.parse(from, multi); ok && len(c.cells) == c.width {
			c.unclosed(multi)
			return end, true
		}
		return c.parse(from, final)
	}
	return next, true
}

// breaks replaces \r\n by \n in a quoted field, as encoding/csv does.
func (c *csv) breaks(cell []byte) []byte {
	if !bytes.Contains(cell, []byte("\r\n")) {
		return cell
	}
	return bytes.ReplaceAll(cell, []byte("\r\n"), []byte("\n"))
}

func (c *csv) unclosed(at int) {
	c.opened++
	c.pending = append(c.pending, Notice{Row: c.number + 1, Column: c.column(at), Value: string(c.lineAt(at)),
		ZH: "引号没有成对，已当作普通字符，没有影响后面的行。请核对这一格。",
		EN: "The quote that opens this cell is never closed. It was read as a character, and the rows below are not affected. Check this cell."})
}

func (c *csv) loneQuote(cell []byte) {
	c.pending = append(c.pending, Notice{Row: c.number + 1, Column: len(c.cells) + 1, Value: string(cell[:min(len(cell), 200)]),
		ZH: "引号之内还有单个引号，已照原样保留。请核对这一格。",
		EN: "This cell is in quotes and contains a quote that is not doubled. It was kept. Check this cell."})
}

// column returns the column (from 1) of the field that starts at a position of the current record.
func (c *csv) column(at int) int {
	for i, cell := range c.cells {
		if len(cell) > 0 && cap(c.buf) > at && len(c.buf) > at && &cell[0] == &c.buf[at] {
			return i + 1
		}
	}
	return len(c.cells) + 1
}

// lineAt returns the line from position at, at most 200 bytes.
func (c *csv) lineAt(at int) []byte {
	b := c.buf[at:min(len(c.buf), at+200)]
	if n := bytes.IndexByte(b, c.newline); n >= 0 {
		b = b[:n]
	}
	return b
}
