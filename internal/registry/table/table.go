// Package table reads the rows of a CSV, XLSX or XLS file, or of the tables of a web page, whatever program wrote it.
// It recognises the kind of file, the encoding and the delimiter. Merged cells, dates and numbers are delivered as a
// person sees them under the formats of their cells. Broken, hidden or moved content is reported, not dropped silently.
//
// Files are streamed, and the memory is limited for any file: the first rows of a sheet (some megabytes), one row, and
// memoryStrings bytes of shared strings. Further shared strings are in a temporary file. Tables of web pages and XLS
// files are the exception: they are held in memory up to a limit.
package table

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"eyas/internal/vault"
)

// Limits against hostile or broken files.
const (
	maxColumns  = 16_384           // columns of a spreadsheet
	maxRows     = 1_048_576        // rows of a worksheet; a CSV may have more
	maxRowBytes = 16 << 20         // bytes of a row in the file
	maxRowText  = 4 << 20          // bytes of text in a delivered row
	maxHeld     = 8 << 20          // bytes of text in the rows that Head keeps
	maxSheets   = 1_000            // worksheets of a workbook
	maxIndex    = 16 << 20         // bytes of the archive's directory
	maxTag      = 1 << 20          // bytes of a tag in a part that is parsed at once
	maxName     = 100              // bytes of a sheet's name that are kept; a spreadsheet allows 31 characters
	maxPart     = 16 << 30         // bytes of an uncompressed part
	maxSmall    = 64 << 20         // bytes of a part that is parsed at once (workbook, styles)
	maxStyles   = 200_000          // cell styles of a workbook; a spreadsheet allows 65,490
	maxNotices  = 1_000            // notices that are kept; the others are counted
	maxHeadCell = 4 << 10          // bytes of a cell in Head
	maxMerges   = 200_000          // merged areas of a worksheet
	bombRatio   = 600              // uncompressed size / compressed size; real sheets stay below 200
	bombFloor   = int64(256) << 20 // bytes; below this size any ratio is accepted
	textRatio   = 100              // bytes of delivered text / size of the file; real files stay below 20
	doubtRatio  = 12               // above this ratio, the file is read to its end before more is delivered
	textFloor   = int64(40) << 20  // bytes; below this much text any ratio is accepted
)

// MaxCell is the most characters that are delivered of a cell: as many as a spreadsheet can hold. A longer cell is cut
// off, with a notice.
const MaxCell = 32_767

// File is an open table file. It is not safe for concurrent use.
type File struct {
	name    string
	path    string
	keys    vault.Opener
	src     source
	current *Sheet
	notices notices
	text    int64 // bytes of text delivered so far
	tried   bool  // the file was read to its end, or try is reading it
}

// source is a kind of file.
type source interface {
	next() (*Sheet, error) // io.EOF after the last sheet
	read() int64
	size() int64
	close() error
}

// Name returns the name that was given to Open.
func (f *File) Name() string { return f.name }

// Next returns the next sheet with values; io.EOF after the last. The sheet before it cannot be used any more. A CSV
// file has one sheet without a name.
func (f *File) Next() (*Sheet, error) {
	for {
		if f.current != nil {
			f.current.done = true
		}
		s, err := f.src.next()
		if err != nil {
			return nil, err
		}
		s.file = f
		f.current = s
		ok, err := s.peek()
		if err != nil {
			return nil, err
		}
		if ok {
			return s, nil
		}
	}
}

// Read returns the number of bytes of the file that were consumed, at most Size. It is for progress.
func (f *File) Read() int64 { return min(f.src.read(), f.src.size()) }

// Size returns the size of the file in bytes.
func (f *File) Size() int64 { return f.src.size() }

// Close closes the file. Its sheets and rows must not be used afterwards.
func (f *File) Close() error { return f.src.close() }

// Notices returns what a person should know about the part of the file that was read: skipped sheets, broken quotes,
// numbers with more digits than a spreadsheet keeps. At most a thousand are kept; NoticeCount is the true number.
func (f *File) Notices() []Notice { return f.notices.list }

// NoticeCount returns the number of notices, including those that were not kept.
func (f *File) NoticeCount() int { return f.notices.count }

// Row is one row of a sheet. Its cells are UTF-8 and valid until the next call of Next.
type Row struct {
	Number int      // as a spreadsheet shows it, from 1; a CSV record counts as one row, even with line breaks in quotes
	Cells  [][]byte // from column 1; empty cells have length 0; an XLSX row ends with its last value
	Merged []int    // columns (from 1) whose text comes from a cell merged over several rows
	Wide   [][2]int // first and last columns (from 1) of cells merged over several columns
	Moved  bool     // CSV: the row has an unusual number of fields, so its cells may be in wrong columns
}

// Sheet is one worksheet, one table of a web page, or a whole CSV file.
type Sheet struct {
	Name string // "" for CSV

	file   *File
	rows   rower
	number int   // number of the last row that was read
	held   []Row // rows that were read ahead; the sheet owns their memory
	weight int   // bytes of their text
	given  int   // number of held rows that were delivered
	err    error // returned after the held rows
	done   bool
}

// rower reads the rows of a sheet in order. Rows without values are left out.
type rower interface {
	next() (Row, error)
}

// Merged returns the merged areas over several columns in the first rows of a worksheet, and nil for a CSV file.
func (s *Sheet) Merged() []Area {
	if m, ok := s.rows.(interface{ merged() []Area }); ok {
		return m.merged()
	}
	return nil
}

// errStale is the error of a sheet after File.Next.
var errStale = errors.New("table: the sheet was left")

// Next returns the next row with values; io.EOF after the last. A fault names the row.
func (s *Sheet) Next() (Row, error) {
	if s.done {
		return Row{}, errStale
	}
	if s.given < len(s.held) {
		r := s.held[s.given]
		s.held[s.given] = Row{}
		s.given++
		return r, nil
	}
	if s.err != nil {
		return Row{}, s.err
	}
	return s.read()
}

// read reads one row from the file and checks it.
func (s *Sheet) read() (Row, error) {
	r, err := s.rows.next()
	if err == nil {
		err = s.admit(&r)
	}
	if err != nil {
		s.err = err
		return Row{}, err
	}
	return r, nil
}

// admit applies the limits. Row numbers must ascend. A cell is cut off at MaxCell. Neither a row nor the whole file may
// have more text than a file of this size plausibly has.
func (s *Sheet) admit(r *Row) error {
	if r.Number <= s.number {
		return refuse(fmt.Errorf("table: sheet %q has row %d after row %d", s.Name, r.Number, s.number),
			fmt.Sprintf("“%s”%s第 %d 行之后又出现第 %d 行，文件已损坏或不是表格程序存的。请在 Excel 或 WPS 中打开检查，另存后再导入。", s.file.name, s.inZH(), s.number, r.Number),
			fmt.Sprintf("“%s”%s has row %d after row %d: it is damaged, or it was not written by a spreadsheet program. Open it in a spreadsheet program, check it, save it and import it again.", s.file.name, s.inEN(), r.Number, s.number))
	}
	s.number = r.Number
	total := 0
	for i, c := range r.Cells {
		if len(c) == 0 {
			continue
		}
		if len(c) > MaxCell {
			r.Cells[i] = s.cut(c, r.Number, i+1)
			c = r.Cells[i]
		}
		total += len(c) + 2 // storing a filled cell takes about this much
	}
	if total > maxRowText {
		return refuse(nil,
			fmt.Sprintf("“%s”%s第 %d 行的文字超过 %d MB，不像表格。请检查文件是否损坏，或换行符是否丢失。", s.file.name, s.inZH(), r.Number, maxRowText>>20),
			fmt.Sprintf("Row %d of “%s”%s has more than %d MB of text, unlike a table. Check whether the file is damaged or lost its line breaks.", r.Number, s.file.name, s.inEN(), maxRowText>>20))
	}
	s.file.text += int64(total)
	size := max(1, s.file.src.size())
	if s.file.text <= textFloor {
		return nil
	}
	if s.file.text/size > textRatio {
		return refuse(fmt.Errorf("table: %d bytes of text from a file of %d bytes", s.file.text, size),
			fmt.Sprintf("“%s”展开到%s第 %d 行时，文字已是文件大小的 %d 倍以上：同样的长文字重复太多。为安全起见没有继续读取。请删去重复的长文字，或分成几个文件，再导入。", s.file.name, s.inZH(), r.Number, textRatio),
			fmt.Sprintf("Up to row %d%s the text of “%s” is more than %d times the size of the file: long texts are repeated too often. For safety, reading stopped there. Remove the repeated texts, or split the file, and import it again.", r.Number, s.inEN(), s.file.name, textRatio))
	}
	if s.file.text/size > doubtRatio && !s.file.tried {
		s.file.tried = true
		return s.file.try()
	}
	return nil
}

// try reads the file to its end and returns what is wrong with it. A caller that stores rows as they come would
// otherwise store a hundred times the file's size before the fault.
func (f *File) try() error {
	again, err := OpenSealed(f.path, f.name, f.keys)
	if err != nil {
		return err
	}
	defer again.Close()
	again.tried = true
	for {
		s, err := again.Next()
		if err == io.EOF {
			return nil
		}
		for err == nil {
			_, err = s.Next()
		}
		if err != io.EOF {
			return err
		}
	}
}

// cut returns the beginning of a cell that is longer than MaxCell, and adds a notice.
func (s *Sheet) cut(c []byte, row, column int) []byte {
	n, at := 0, 0
	for at < len(c) && n < MaxCell {
		_, size := utf8.DecodeRune(c[at:])
		at += size
		n++
	}
	if at == len(c) {
		return c
	}
	s.file.notices.add(Notice{Sheet: s.Name, Row: row, Column: column, Value: clip(string(c[:min(len(c), 100)]), 80),
		ZH: fmt.Sprintf("这一格有 %d 字节，超过一格最多 %d 个字符；只保留了开头的 %d 个字符，其余没有导入。请缩短后重新导入。", len(c), MaxCell, MaxCell),
		EN: fmt.Sprintf("This cell has %d bytes, more than the %d characters that a cell can hold. Its first %d characters were kept, and the rest was not imported. Shorten it and import the file again.", len(c), MaxCell, MaxCell)})
	return c[:at:at]
}

// inZH and inEN name the sheet in messages. They return "" for a CSV file.
func (s *Sheet) inZH() string {
	if s.Name == "" {
		return ""
	}
	return "工作表“" + s.Name + "”"
}

func (s *Sheet) inEN() string {
	if s.Name == "" {
		return ""
	}
	return ", sheet “" + s.Name + "”,"
}

// Head returns rows 1 to n as text. Row i+1 has index i; a row without values is nil. Next delivers these rows
// afterwards. Head must be called before the first Next. If rows are very long, it returns fewer than n.
func (s *Sheet) Head(n int) ([][]string, error) {
	if s.done {
		return nil, errStale
	}
	if s.given > 0 {
		return nil, fmt.Errorf("table: Head after Next on sheet %q", s.Name)
	}
	for s.err == nil && s.weight < maxHeld && (len(s.held) == 0 || s.held[len(s.held)-1].Number < n) {
		if err := s.ahead(); err != nil && err != io.EOF {
			return nil, err
		}
	}
	var head [][]string
	for _, r := range s.held {
		if r.Number > n {
			break
		}
		for len(head) < r.Number {
			head = append(head, nil)
		}
		cells := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			cells[i] = clip(string(c), maxHeadCell)
		}
		head[r.Number-1] = cells
	}
	return head, nil
}

// peek reports whether the sheet has a row.
func (s *Sheet) peek() (bool, error) {
	err := s.ahead()
	if err == io.EOF {
		return false, nil
	}
	return err == nil, err
}

// ahead reads one row into held.
func (s *Sheet) ahead() error {
	r, err := s.read()
	if err != nil {
		return err
	}
	total := 0
	for _, c := range r.Cells {
		total += len(c)
	}
	text := make([]byte, 0, total)
	kept := Row{Number: r.Number, Moved: r.Moved, Cells: make([][]byte, len(r.Cells)), Merged: slices.Clone(r.Merged), Wide: slices.Clone(r.Wide)}
	for i, c := range r.Cells {
		from := len(text)
		text = append(text, c...)
		kept.Cells[i] = text[from:len(text):len(text)]
	}
	s.held = append(s.held, kept)
	s.weight += total + 24*len(kept.Cells)
	return nil
}

// clip cuts s to at most n bytes, between two characters, and adds "…".
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
