package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"eyas/internal/registry/table/biff"
	"eyas/internal/registry/table/shown"
	"eyas/internal/vault"
)

// oldWorkbook is an open workbook of Excel 97–2003.
type oldWorkbook struct {
	file    vault.File
	f       *File
	bytes   int64
	book    *biff.Book
	formats []shown.Format // by the number of the style
	at      int
}

// openOldWorkbook opens a workbook of Excel 97–2003. For another compound file it returns a fault that says what it is.
func openOldWorkbook(file vault.File, size int64, f *File) (source, error) {
	book, err := biff.Open(file, size)
	if err != nil {
		return nil, compound(file, size, f.name, err)
	}
	w := &oldWorkbook{file: file, f: f, bytes: size, book: book}
	for _, s := range book.Styles {
		x := shown.Builtin(s.Format)
		if s.Code != "" {
			x = shown.Custom(clip(s.Code, maxFormat))
		}
		w.formats = append(w.formats, x)
	}
	return w, nil
}

func (w *oldWorkbook) next() (*Sheet, error) {
	for w.at < len(w.book.Sheets) {
		sheet := w.book.Sheets[w.at]
		w.at++
		name := clip(sheet.Name, maxName)
		if sheet.Hidden {
			w.f.notices.add(hiddenSheet(name))
			continue
		}
		rows, err := w.book.Rows(w.at - 1)
		if err != nil {
			return nil, damaged(w.f.name, fmt.Errorf("table: sheet %q: %w", name, err))
		}
		s := &oldRows{w: w, name: name, rows: rows, hidden: hidden{columns: rows.Columns}}
		for _, a := range rows.Merged {
			s.merges.addArea(Area(a))
		}
		s.merges.sort()
		return &Sheet{Name: name, rows: s}, nil
	}
	return nil, io.EOF
}

// read counts a sheet as read when it begins, because the workbook is in memory.
func (w *oldWorkbook) read() int64 {
	if len(w.book.Sheets) == 0 {
		return w.bytes
	}
	return w.bytes * int64(w.at) / int64(len(w.book.Sheets))
}

func (w *oldWorkbook) size() int64  { return w.bytes }
func (w *oldWorkbook) close() error { return w.file.Close() }

// oldRows reads the rows of a worksheet of an old workbook.
type oldRows struct {
	w      *oldWorkbook
	name   string
	rows   *biff.Rows
	merges merges
	hidden hidden
	empty  int // number of formulas without a saved value
	cells  [][]byte
	text   []byte
}

func (s *oldRows) merged() []Area { return s.merges.spans }

func (s *oldRows) next() (Row, error) {
	for {
		number, cells, hidden, err := s.rows.Next()
		if err == io.EOF {
			s.w.f.notices.addSeen(s.name, &s.hidden, s.empty)
			return Row{}, io.EOF
		}
		if err != nil {
			return Row{}, damaged(s.w.f.name, fmt.Errorf("table: sheet %q: %w", s.name, err))
		}
		s.cells, s.text = s.cells[:0], s.text[:0]
		for i := range cells {
			c := &cells[i]
			value := s.value(number, c)
			if len(value) == 0 {
				continue
			}
			for len(s.cells) < c.Column {
				s.cells = append(s.cells, nil)
			}
			s.cells[c.Column-1] = value
		}
		if len(s.cells) == 0 {
			continue
		}
		s.hidden.note(hidden, len(s.cells))
		s.merges.spread(number, &s.cells)
		return Row{Number: number, Cells: s.cells, Merged: s.merges.columns, Wide: s.merges.wide.of(number)}, nil
	}
}

// value returns the text of a cell as a person sees it under its format.
func (s *oldRows) value(row int, c *biff.Cell) []byte {
	switch c.Kind {
	case biff.Unanswered:
		s.empty++
		return nil
	case biff.Number:
	default:
		return c.Text
	}
	if math.IsNaN(c.Number) || math.IsInf(c.Number, 0) {
		return []byte("#NUM!")
	}
	var f shown.Format
	if c.Style < len(s.w.formats) {
		f = s.w.formats[c.Style]
	}
	var digits [32]byte
	raw := strconv.AppendFloat(digits[:0], c.Number, 'g', -1, 64)
	switch whole := math.Trunc(c.Number); {
	case whole == c.Number && math.Abs(whole) < 1e15:
		raw = strconv.AppendInt(digits[:0], int64(whole), 10)
	case whole == c.Number && math.Abs(whole) < 1e21: // a spreadsheet keeps fifteen digits
		kept, _ := strconv.ParseFloat(strconv.FormatFloat(whole, 'e', 14, 64), 64)
		raw = strconv.AppendFloat(digits[:0], kept, 'f', -1, 64)
	}
	if f == (shown.Format{}) && short(raw) {
		return bytes.Clone(raw)
	}
	from := len(s.text)
	var lost bool
	s.text, lost = f.AppendNumber(s.text, raw, s.w.book.Base1904)
	if lost {
		s.w.f.notices.add(lostDigits(s.name, row, c.Column, raw))
	}
	return s.text[from:len(s.text):len(s.text)]
}

// compound returns the fault for a compound file that cannot be read as a workbook of Excel 97–2003.
func compound(r io.ReaderAt, size int64, name string, cause error) error {
	text := make([]byte, min(size, 8<<20))
	n, _ := r.ReadAt(text, 0)
	text = text[:n]
	// Names of streams are in UTF-16. Finding one anywhere in the file is enough to choose the message.
	has := func(stream string) bool {
		b := make([]byte, 0, 2*len(stream))
		for i := 0; i < len(stream); i++ {
			b = append(b, stream[i], 0)
		}
		return bytes.Contains(text, b)
	}
	switch {
	case has("EncryptedPackage") || has("EncryptionInfo") || errors.Is(cause, biff.ErrEncrypted):
		return refuse(cause, fmt.Sprintf("“%s”设有打开密码。请在 Excel 或 WPS 中取消密码，另存后再导入。", name),
			fmt.Sprintf("“%s” is protected with a password. Remove the password, save it and import it again.", name))
	case has("WordDocument"):
		return refuse(cause, fmt.Sprintf("“%s”是旧版 Word 文档，不是表格。请把其中的表格复制到 Excel 后另存为 .xlsx。", name),
			fmt.Sprintf("“%s” is an old Word document, not a table. Copy its table into a spreadsheet and save that as .xlsx.", name))
	case errors.Is(cause, biff.ErrLarge):
		return refuse(cause, fmt.Sprintf("“%s”超过 %d MB，旧格式（.xls）的表格没有这么大的。请在 Excel 或 WPS 中打开，另存为 .xlsx，再导入。", name, biff.MaxStream>>20),
			fmt.Sprintf("“%s” has more than %d MB, which tables in the old format (.xls) never have. Open it in a spreadsheet program, save it as .xlsx and import it again.", name, biff.MaxStream>>20))
	case errors.Is(cause, biff.ErrDamaged):
		return damaged(name, cause)
	}
	return refuse(cause, fmt.Sprintf("“%s”是 Excel 95 或更早的格式，或 WPS 自己的格式（.et）。请打开后另存为 .xlsx。", name),
		fmt.Sprintf("“%s” has the format of Excel 95 or older, or the format of WPS (.et). Open it and save it as .xlsx.", name))
}
