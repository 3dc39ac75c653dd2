package biff

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// Rows reads the rows of a sheet that have cells, in ascending order.
type Rows struct {
	Merged  []Area   // in the order of the file
	Columns [][2]int // first and last columns that are hidden, from 1

	book   *Book
	cells  []place // sorted by row
	hidden map[int]bool
	given  int
	row    []Cell
	text   []byte
}

// place is the position of a record with cells of a row.
type place struct {
	row uint16
	at  uint32
}

const maxMerged = 200_000

// Rows reads through a sheet, which verifies that it is complete, and returns its rows. number is an index into Sheets.
func (b *Book) Rows(number int) (*Rows, error) {
	rows := &Rows{book: b, hidden: map[int]bool{}}
	at, kind, _, err := b.record(b.Sheets[number].at)
	if err != nil {
		return nil, err
	}
	if kind != recBOF {
		return nil, fmt.Errorf("%w: there is no sheet where %q should begin", ErrDamaged, b.Sheets[number].Name)
	}
	sorted := true
	for depth := 1; depth > 0; {
		from := at
		var data []byte
		if at, kind, data, err = b.record(at); err != nil {
			return nil, err
		}
		switch {
		case kind == recBOF: // a chart in the sheet
			depth++
		case kind == recEOF:
			depth--
		case depth > 1:
		case kind == recRow && len(data) >= 14 && data[12]&0x20 != 0:
			rows.hidden[int(u16(data))+1] = true
		case kind == recColInfo && len(data) >= 10 && (data[8]&1 != 0 || u16(data[4:]) == 0):
			if first, last := int(u16(data))+1, int(u16(data[2:]))+1; first <= last && len(rows.Columns) < 1<<14 {
				rows.Columns = append(rows.Columns, [2]int{first, last})
			}
		case kind == recMergedCells:
			rows.merged(data)
		case holdsCells(kind) && len(data) >= 6:
			p := place{u16(data), uint32(from)}
			sorted = sorted && (len(rows.cells) == 0 || rows.cells[len(rows.cells)-1].row <= p.row)
			rows.cells = append(rows.cells, p)
		}
	}
	if !sorted {
		slices.SortStableFunc(rows.cells, func(a, b place) int { return int(a.row) - int(b.row) })
	}
	return rows, nil
}

func holdsCells(kind int) bool {
	switch kind {
	case recFormula, recMulRk, recRString, recLabelSST, recNumber, recLabel, recBoolErr, recRK:
		return true
	}
	return false
}

// least returns the least number of bytes of a record with cells.
func least(kind int) int {
	switch kind {
	case recFormula, recNumber:
		return 14
	case recMulRk:
		return 12
	case recBoolErr:
		return 8
	case recRString, recLabel:
		return 9
	}
	return 10
}

func (r *Rows) merged(data []byte) {
	if len(data) < 2 {
		return
	}
	for n, list := int(u16(data)), data[2:]; n > 0 && len(list) >= 8 && len(r.Merged) < maxMerged; n, list = n-1, list[8:] {
		a := Area{FirstRow: int(u16(list)) + 1, LastRow: int(u16(list[2:])) + 1, FirstColumn: int(u16(list[4:])) + 1, LastColumn: int(u16(list[6:])) + 1}
		if a.FirstRow <= a.LastRow && a.FirstColumn <= a.LastColumn {
			r.Merged = append(r.Merged, a)
		}
	}
}

// Next returns the next row with cells, its number (from 1), and whether it is hidden; io.EOF after the last. The cells
// are valid until the next call. If a column has two cells, the later one counts.
func (r *Rows) Next() (number int, cells []Cell, hidden bool, err error) {
	if r.given == len(r.cells) {
		return 0, nil, false, io.EOF
	}
	row := r.cells[r.given].row
	r.row, r.text = r.row[:0], r.text[:0]
	for ; r.given < len(r.cells) && r.cells[r.given].row == row; r.given++ {
		if err := r.read(int(r.cells[r.given].at)); err != nil {
			return 0, nil, false, err
		}
	}
	slices.SortStableFunc(r.row, func(a, b Cell) int { return a.Column - b.Column })
	kept := r.row[:0]
	for i, c := range r.row {
		if i+1 < len(r.row) && r.row[i+1].Column == c.Column {
			continue
		}
		kept = append(kept, c)
	}
	return int(row) + 1, kept, r.hidden[int(row)+1], nil
}

// read reads the cells of one record.
func (r *Rows) read(at int) error {
	next, kind, data, err := r.book.record(at)
	if err != nil {
		return err
	}
	cell := Cell{Column: int(u16(data[2:])) + 1, Style: int(u16(data[4:]))}
	if len(data) < least(kind) {
		return fmt.Errorf("%w: a cell of %d bytes at byte %d", ErrDamaged, len(data), at)
	}
	switch kind {
	case recNumber:
		cell.Number = double(data[6:])
	case recRK:
		cell.Number = rk(u32(data[6:]))
	case recMulRk:
		for list := data[4 : len(data)-2]; len(list) >= 6; list = list[6:] {
			cell.Style, cell.Number = int(u16(list)), rk(u32(list[2:]))
			r.row = append(r.row, cell)
			cell.Column++
		}
		return nil
	case recLabelSST:
		text, ok := r.book.shared.at(int(u32(data[6:])))
		if !ok {
			return fmt.Errorf("%w: row %d has a text that the workbook does not have", ErrDamaged, int(u16(data))+1)
		}
		cell.Kind, cell.Text = Text, text
	case recLabel, recRString:
		text, _, ok := plainText(data[6:], 2)
		if !ok {
			return fmt.Errorf("%w: row %d has a text that is cut", ErrDamaged, int(u16(data))+1)
		}
		cell.Kind, cell.Text = Text, text
	case recBoolErr:
		cell.Kind, cell.Text = truth(data[6], data[7] != 0)
	case recFormula:
		if err := r.result(&cell, data[6:14], next); err != nil {
			return err
		}
	}
	r.row = append(r.row, cell)
	return nil
}

// result reads the last result of a formula, [MS-XLS] 2.5.133: a number, or a mark for another kind.
func (r *Rows) result(cell *Cell, value []byte, next int) error {
	if value[6] != 0xFF || value[7] != 0xFF {
		cell.Number = double(value)
		return nil
	}
	switch value[0] {
	case 0:
		return r.resultText(cell, next)
	case 1, 2:
		cell.Kind, cell.Text = truth(value[2], value[0] == 2)
	case 3: // an empty text
		cell.Kind = Text
	default:
		cell.Kind = Unanswered
	}
	return nil
}

// resultText finds the text result of a formula in a later record. A record of a shared formula may come between.
func (r *Rows) resultText(cell *Cell, at int) error {
	cell.Kind = Unanswered
	for range 4 {
		next, kind, data, err := r.book.record(at)
		if err != nil {
			return err
		}
		switch {
		case kind == recString:
			// A text that continues in another record is read like the shared texts.
			s := &spread{book: r.book, data: data, next: next}
			var one texts
			if err := s.text(&one); err != nil {
				return err
			}
			cell.Kind, cell.Text = Text, one.bytes
			return nil
		case holdsCells(kind) || kind == recEOF:
			return nil
		}
		at = next
	}
	return nil
}

func double(b []byte) float64 {
	return math.Float64frombits(uint64(u32(b)) | uint64(u32(b[4:]))<<32)
}

// rk decodes a number of four bytes, [MS-XLS] 2.5.217: an integer or the upper half of a double, possibly divided by
// 100.
func rk(u uint32) float64 {
	var n float64
	if u&2 != 0 {
		n = float64(int32(u) >> 2)
	} else {
		n = math.Float64frombits(uint64(u&^3) << 32)
	}
	if u&1 != 0 {
		n /= 100
	}
	return n
}

// truth decodes a Boolean or an error, [MS-XLS] 2.5.10.
func truth(value byte, fault bool) (Kind, []byte) {
	if !fault {
		if value != 0 {
			return Boolean, []byte("TRUE")
		}
		return Boolean, []byte("FALSE")
	}
	name, ok := map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}[value]
	if !ok {
		name = "#N/A"
	}
	return Fault, []byte(name)
}
