// Package sheet writes tables as files for people: XLSX workbooks, row by row into a stream, and CSV. Nothing of a
// workbook is held but the row being written, so that a million rows take the memory of one.
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

// Decimal is the exact number N / 10^Digits: 12345 with 2 digits is 123.45.
type Decimal struct {
	N      int64
	Digits int
}

// Sheet describes one sheet of a workbook.
type Sheet struct {
	Name   string    // made fit for a sheet, and different from those before
	Notes  []string  // a row each, above the head
	Head   []any     // bold, and frozen with what is above it; nil for none
	Widths []float64 // in characters, by column; where none is given, 30 for the first and 14 for the others
}

// Book writes a workbook: Sheet, then Row for each row, and Close at the end. After an error it is of no use.
//
// Cells are nil (nothing), string, int, int64, float64, bool, Decimal, Date or Minute. Text is text whatever it begins
// with. A number of more than 15 digits is written as text, for spreadsheets would change its last digits; so is a date
// that they do not know (before March 1900, after 9999). A text longer than a cell holds goes on in a sheet at the end
// of the book, and its cell says so.
type Book struct {
	out     *bufio.Writer
	zip     *zip.Writer
	part    io.Writer // the sheet being written
	lang    string
	mark    string
	names   []string
	open    Sheet
	at      int    // rows of the open sheet
	row     []byte // the row being written
	col     int
	long    []long // what was too long for its cell
	longest int    // bytes in long
}

// NewBook begins a workbook. lang is the language of what it says of itself.
func NewBook(w io.Writer, lang string) *Book {
	out := bufio.NewWriterSize(w, buffered)
	b := &Book{out: out, zip: zip.NewWriter(out), lang: lang}
	b.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return b
}

// Mark has every sheet that follows begin with a row of its own, above its notes: what holds of the whole book. Empty: none.
func (b *Book) Mark(text string) { b.mark = text }

func (b *Book) say(zh, en string) string {
	if strings.HasPrefix(b.lang, "en") {
		return en
	}
	return zh
}

// Sheet begins a sheet and ends the one before. When its rows are more than a sheet holds, they go on in a further one
// under the same notes and head.
func (b *Book) Sheet(s Sheet) error {
	if err := b.end(); err != nil {
		return err
	}
	b.open = s
	if b.mark != "" {
		s.Notes = append([]string{b.mark}, s.Notes...)
	}
	b.names = append(b.names, b.unique(s.Name))
	part, err := b.create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(b.names)))
	if err != nil {
		return err
	}
	b.part, b.at = part, 0
	if err := b.write(b.begin(s)); err != nil {
		return err
	}
	for _, note := range s.Notes {
		if err := b.put([]any{note}, styleNone); err != nil {
			return err
		}
	}
	if s.Head == nil {
		return nil
	}
	return b.put(s.Head, styleBold)
}

// begin is the XML before the rows.
func (b *Book) begin(s Sheet) []byte {
	x := append(b.row[:0], header+`<worksheet xmlns="`+mainSpace+`"><sheetViews><sheetView workbookViewId="0"`...)
	if len(b.names) == 1 {
		x = append(x, ` tabSelected="1"`...)
	}
	if s.Head == nil {
		x = append(x, `/></sheetViews>`...)
	} else {
		top := len(s.Notes) + 1
		x = fmt.Appendf(x, `><pane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`, top, top+1)
	}
	if n := max(len(s.Head), 1); n > 0 {
		x = append(x, `<cols>`...)
		for i := range min(n, maxColumns) {
			width := 14.0
			if i == 0 {
				width = 30
			}
			if i < len(s.Widths) {
				width = s.Widths[i]
			}
			x = fmt.Appendf(x, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, width)
		}
		x = append(x, `</cols>`...)
	}
	return append(x, `<sheetData>`...)
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

func (b *Book) put(cells []any, style int) error {
	if b.part == nil {
		return errors.New("sheet: a row without a sheet")
	}
	if len(cells) > maxColumns {
		return fault.New(fault.Invalid, fmt.Sprintf("一行有 %d 列，Excel 工作表最多 %d 列，不能导出。请减少所选的列。", len(cells), maxColumns),
			fmt.Sprintf("A row has %d columns; an Excel sheet holds %d at most. Choose fewer columns.", len(cells), maxColumns))
	}
	b.at++
	b.row = fmt.Appendf(b.row[:0], `<row r="%d">`, b.at)
	for i, c := range cells {
		b.col = i + 1
		if err := b.cell(c, style); err != nil {
			return err
		}
	}
	b.row = append(b.row, `</row>`...)
	return b.write(b.row)
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
	err := b.write([]byte(`</sheetData></worksheet>`))
	b.part = nil
	return err
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
