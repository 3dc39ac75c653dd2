// Package sheet writes tables as files for people: XLSX workbooks, row by row into a stream, and CSV. Of a workbook only the
// first rows of a sheet are held, whose content gives the widths of its columns, so that a million rows take the memory of a
// few hundred. The package also says by what a reader knows what such a file says of itself: its title rows, the columns that
// no import takes, the mark of generated data.
package sheet

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"eyas/internal/fault"
)

const (
	// MaxRows is how many rows one worksheet holds.
	MaxRows = 1 << 20
	// maxColumns is how many columns one worksheet holds.
	maxColumns = 1 << 14
	// buffered is how many bytes gather before they are written on: an error before that is still before the first byte.
	buffered = 64 << 10
)

// Date is a day; its time of day is not written.
type Date time.Time

// Minute is a time, written to the minute as the clocks of its zone show it.
type Minute time.Time

// Decimal is the exact number N / 10^Digits: 12345 with 2 digits is 123.45. It is shown with the digits that it has, and with
// Shown digits after the point at least: amounts stand below each other.
type Decimal struct {
	N             int64
	Digits, Shown int
}

// Share is a ratio that is shown as a percentage: 0.125 as 12.5%.
type Share float64

// Plain is a whole number that is no quantity and is shown without separators: a year, the number of a row.
type Plain int64

// Doubt is a text that somebody is to look at: its cell is coloured, and Note says why in a comment on it. The cell may be empty.
type Doubt struct{ Text, Note string }

// Column is a head, where a text is not enough.
type Column struct {
	Head string
	// Aside says that the cells follow from others (a verdict, a score, what is missing) and are no values to be imported. The
	// head says so too: see IsAside.
	Aside bool
}

// Sheet describes one sheet of a workbook.
type Sheet struct {
	Name   string    // made fit for a sheet, and different from those before
	Title  string    // the first row, in large type; empty for none
	Notes  []string  // a row each, between the title and the head
	Head   []any     // of string or Column; frozen with what is above it, and the row of the filter; nil for none
	Widths []float64 // in characters, by column, where the content is not to decide
}

// Mark says of a whole book that its data were generated and speak of nobody: Label in two or three words (演示数据), Text in a
// sentence. The zero value marks nothing.
type Mark struct{ Label, Text string }

// Book writes a workbook: Sheet, then Row for each row, and Close at the end. After an error it is of no use.
//
// Cells are nil (nothing), string, int, int64, float64, bool, Decimal, Share, Plain, Date, Minute or Doubt. Text is text whatever it
// begins with; a bool is 是 or 否 (true or false in English). A number of more than 15 digits is written as text, for spreadsheets would change its last
// digits; so is a date that they do not know (before March 1900, after 9999). A text longer than a cell holds goes on in a sheet
// at the end of the book, and its cell says so.
//
// On paper a sheet is an A4 page on its side, as wide as the page, with its head on every page and the number of the page below.
type Book struct {
	out     *bufio.Writer
	zip     *zip.Writer
	part    io.Writer // the sheet being written
	lang    string
	mark    Mark
	taker   string // over every printed page: who took the book along
	title   string
	made    time.Time
	names   []string
	heads   []headPlace // of the sheets
	open    Sheet
	at      int    // rows of the open sheet
	row     []byte // the row being written
	col     int
	digits  []byte // of the number being written
	long    []long // what was too long for its cell
	longest int    // bytes in long

	notes  []note // comments on cells of the open sheet
	noted  []int  // sheets that have comments, from 1
	shapes int    // blocks of numbers that the boxes of comments have used

	sizing    bool   // the cell being written counts for the width of its column
	measuring bool   // the widths of the open sheet are not yet known
	held      []byte // its rows meanwhile
	heldHead  int    // where, in held, the row of heads gets its height; −1: nowhere
	heldRows  int
	widths    []int // of the columns, in characters
}

// headPlace is where the head of a sheet stands, for filters and printing.
type headPlace struct{ row, columns, last int } // row 0: no head

// NewBook begins a workbook. lang is the language of what it says of itself.
func NewBook(w io.Writer, lang string) *Book {
	out := bufio.NewWriterSize(w, buffered)
	b := &Book{out: out, zip: zip.NewWriter(out), lang: lang}
	b.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return b
}

// Mark marks the book: in the title of every sheet that follows and a row below it, on its tab, on every printed page, and in
// the properties of the document.
func (b *Book) Mark(m Mark) { b.mark = m }

// Describe gives the properties of the document: its title and when it was made.
func (b *Book) Describe(title string, made time.Time) { b.title, b.made = title, made }

// Taken says over every printed page who took the book along, and when.
func (b *Book) Taken(by string) { b.taker = by }

func (b *Book) say(zh, en string) string { return say(b.lang, zh, en) }

func say(lang, zh, en string) string {
	if strings.HasPrefix(lang, "en") {
		return en
	}
	return zh
}

// Sheet begins a sheet and ends the one before. When its rows are more than a sheet holds, they go on in a further one
// under the same title, notes and head.
func (b *Book) Sheet(s Sheet) error {
	if err := b.end(); err != nil {
		return err
	}
	b.open = s
	if len(s.Head) > maxColumns {
		return tooWide(len(s.Head))
	}
	b.names = append(b.names, b.unique(s.Name))
	part, err := b.create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(b.names)))
	if err != nil {
		return err
	}
	b.part, b.at, b.held, b.heldHead, b.heldRows, b.measuring = part, 0, b.held[:0], -1, 0, true
	b.widths = make([]int, max(len(s.Head), 1))
	b.heads = append(b.heads, headPlace{})
	for i, line := range b.above(s) {
		style := styleNote
		if i == 0 && s.Title != "" {
			style = styleTitle
		}
		if err := b.put([]any{line}, style); err != nil {
			return err
		}
	}
	if s.Head == nil {
		return nil
	}
	head := make([]any, len(s.Head))
	for i, h := range s.Head {
		head[i] = b.headCell(h)
	}
	b.heldHead = len(b.held)
	b.heads[len(b.heads)-1] = headPlace{row: b.at + 1, columns: max(len(head), 1)} // before put, which may end the measuring
	return b.put(head, styleHead)
}

// above are the rows over the head.
func (b *Book) above(s Sheet) (lines []string) {
	if s.Title != "" {
		title := s.Title
		if b.mark.Label != "" {
			title = b.mark.Label + b.say("：", ": ") + title
		}
		lines = append(lines, title)
	}
	if b.mark.Text != "" {
		lines = append(lines, b.mark.Label+b.say("：", ": ")+b.mark.Text)
	}
	return append(lines, s.Notes...)
}

// headCell is what stands in the head of a column.
func (b *Book) headCell(h any) any {
	if c, ok := h.(Column); ok {
		return c.text(b.lang)
	}
	return h
}

// headText is the text of a head, for its width.
func (b *Book) headText(h any) string {
	text, _ := b.headCell(h).(string)
	return text
}

// Row writes a row.
func (b *Book) Row(cells []any) error {
	if b.at >= MaxRows {
		if err := b.Sheet(b.open); err != nil {
			return err
		}
	}
	return b.put(cells, styleNone)
}

func tooWide(n int) error {
	return fault.New(fault.Invalid, fmt.Sprintf("一行有 %d 列，Excel 工作表最多 %d 列，不能导出。请减少所选的列。", n, maxColumns),
		fmt.Sprintf("A row has %d columns; an Excel sheet holds %d at most. Choose fewer columns.", n, maxColumns))
}

func (b *Book) put(cells []any, style int) error {
	if b.part == nil {
		return errors.New("sheet: a row without a sheet")
	}
	if len(cells) > maxColumns {
		return tooWide(len(cells))
	}
	b.at++
	b.row = fmt.Appendf(b.row[:0], `<row r="%d">`, b.at)
	b.sizing = b.measuring && style == styleNone // titles run over their neighbours, and heads are broken into lines
	for b.sizing && len(b.widths) < len(cells) {
		b.widths = append(b.widths, 0)
	}
	for i, c := range cells {
		b.col = i + 1
		if err := b.cell(c, style); err != nil {
			return err
		}
	}
	b.row = append(b.row, `</row>`...)
	if !b.measuring {
		return b.write(b.row)
	}
	b.held = append(b.held, b.row...)
	if b.heldRows++; b.heldRows < measured && len(b.held) < heldBytes {
		return nil
	}
	return b.measure()
}

func (b *Book) write(p []byte) error {
	_, err := b.part.Write(p)
	return err
}

func (b *Book) create(name string) (io.Writer, error) {
	return b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
}

// end ends the open sheet, if any.
func (b *Book) end() error {
	if b.part == nil {
		return nil
	}
	if b.measuring {
		if err := b.measure(); err != nil {
			return err
		}
	}
	b.heads[len(b.heads)-1].last = b.at
	err := b.write(b.after())
	b.part = nil
	if err != nil {
		return err
	}
	return b.endNotes()
}

// Close ends the workbook and writes out what is left. It does not close the stream. A book without sheets gets one.
func (b *Book) Close() error {
	if len(b.names) == 0 {
		if err := b.Sheet(Sheet{Name: "Sheet1"}); err != nil {
			return err
		}
	}
	if err := b.longTexts(); err != nil {
		return err
	}
	if err := b.end(); err != nil {
		return err
	}
	for _, p := range b.parts() {
		w, err := b.create(p.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, p.text); err != nil {
			return err
		}
	}
	if err := b.zip.Close(); err != nil {
		return err
	}
	return b.out.Flush()
}

// unique makes a name that a worksheet may have and that no other sheet has.
func (b *Book) unique(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`[]:*?/\'`, r) || !legal(r) {
			return '_'
		}
		return r
	}, name)
	if strings.TrimSpace(name) == "" || strings.EqualFold(name, "history") { // Excel keeps the name History to itself
		name = "Sheet"
	}
	const longest = 31 // UTF-16 units
	try := cut(name, longest)
	for n := 2; b.taken(try); n++ {
		end := fmt.Sprintf(" %d", n)
		try = cut(name, longest-len(end)) + end
	}
	return try
}

func (b *Book) taken(name string) bool {
	for _, n := range b.names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
