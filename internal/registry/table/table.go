// Package table reads the rows of a CSV or XLSX file, whatever the program that wrote it: encoding, delimiter and
// file kind are recognised, merged and date-styled cells are delivered as a person sees them, and what is broken is
// reported instead of silently swallowed. Files are streamed: memory does not grow with the number of rows.
//
// Two things are held while a file is read: the shared strings of a workbook (one arena) and one row.
package table

import (
	"errors"
	"fmt"
	"io"
)

// Limits that keep a hostile or broken file from taking the machine down.
const (
	maxColumns  = 16_384           // columns of a spreadsheet
	maxRows     = 1_048_576        // rows of a worksheet; a CSV may have more
	maxRowBytes = 16 << 20         // one row
	maxStrings  = 512 << 20        // shared strings of a workbook
	maxPart     = 16 << 30         // one uncompressed part of a workbook
	maxSmall    = 64 << 20         // a part that is parsed in one go (workbook, styles)
	maxNotices  = 1_000            // notices kept; the rest is counted
	maxHeadCell = 4 << 10          // text of one cell in Head
	maxMerges   = 200_000          // merged areas of a worksheet
	bombRatio   = 600              // uncompressed to compressed size, where real sheets stay below 200
	bombFloor   = int64(256) << 20 // below this size any ratio is harmless
)

// File is an open table file. It is not safe for concurrent use.
type File struct {
	name    string
	src     source
	current *Sheet
	notices notices
}

// source is one kind of file.
type source interface {
	next() (*Sheet, error) // io.EOF after the last sheet
	read() int64
	size() int64
	close() error
}

// Name is the file's name as it was given to Open.
func (f *File) Name() string { return f.name }

// Next moves to the next sheet that has any cell; io.EOF after the last. The sheet before it is closed,
// read to its end or not. A CSV file is one sheet without a name.
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

// Read is the number of bytes of the file consumed so far, for progress against Size.
func (f *File) Read() int64 { return min(f.src.read(), f.src.size()) }

// Size is the size of the file in bytes.
func (f *File) Size() int64 { return f.src.size() }

// Close releases the file. Rows and sheets are not valid afterwards.
func (f *File) Close() error { return f.src.close() }

// Notices are what a person should know about the file as it was read so far: skipped sheets, broken quotes,
// numbers with more digits than a spreadsheet keeps. The list is cut at a thousand; NoticeCount is the true number.
func (f *File) Notices() []Notice { return f.notices.list }

// NoticeCount is the number of notices, also of those not kept.
func (f *File) NoticeCount() int { return f.notices.count }

// Notice is one remark on a file, in both languages: what, and what to do.
type Notice struct {
	Sheet  string
	Row    int    // 0: the sheet as a whole
	Column int    // from 1; 0: the row as a whole
	Value  string // the cell as it came, cut
	ZH, EN string
}

type notices struct {
	list  []Notice
	count int
}

func (n *notices) add(x Notice) {
	n.count++
	if len(n.list) < maxNotices {
		x.Value = clip(x.Value, 80)
		n.list = append(n.list, x)
	}
}

// Row is one row of a sheet. Its cells are UTF-8 text and valid until the next call of Next.
type Row struct {
	Number int      // as a spreadsheet shows it, from 1; a record with line breaks in quotes is one row
	Cells  [][]byte // from column 1; empty cells have length 0; nothing after the last filled cell of an XLSX row
}

// Sheet is one worksheet, or the whole of a CSV file.
type Sheet struct {
	Name string // empty for CSV

	file  *File
	rows  rower
	held  []Row // rows read ahead, owned by the sheet
	given int   // of held
	err   error // to be given after held
	done  bool
}

// rower delivers the rows of one sheet in order; rows without any filled cell are left out.
type rower interface {
	next() (Row, error)
}

// errStale is returned by a sheet after its file went on.
var errStale = errors.New("table: the sheet was left")

// Next gives the next row that has a filled cell; io.EOF after the last. Faults name the row.
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
	r, err := s.rows.next()
	if err != nil {
		s.err = err
	}
	return r, err
}

// Head gives the first n rows as text, row i+1 at index i, rows without a cell as nil. They are still delivered
// by Next afterwards. It must be called before the first Next.
func (s *Sheet) Head(n int) ([][]string, error) {
	if s.done {
		return nil, errStale
	}
	if s.given > 0 {
		return nil, fmt.Errorf("table: Head after Next on sheet %q", s.Name)
	}
	for s.err == nil && (len(s.held) == 0 || s.held[len(s.held)-1].Number < n) {
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
	r, err := s.rows.next()
	if err != nil {
		s.err = err
		return err
	}
	total := 0
	for _, c := range r.Cells {
		total += len(c)
	}
	text := make([]byte, 0, total)
	kept := Row{Number: r.Number, Cells: make([][]byte, len(r.Cells))}
	for i, c := range r.Cells {
		from := len(text)
		text = append(text, c...)
		kept.Cells[i] = text[from:len(text):len(text)]
	}
	s.held = append(s.held, kept)
	return nil
}

// clip cuts text to at most n bytes, at a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
