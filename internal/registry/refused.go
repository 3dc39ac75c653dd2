package registry

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"eyas/internal/pack"

	"github.com/xuri/excelize/v2"
)

// sheetRows is the most rows that a worksheet holds, with room for titles.
const sheetRows = 1_048_000

// Refused writes an XLSX with the rows of an import that were refused, as they came, under their headers, the reason
// in the last column: mended, the file can be imported. A further sheet lists the cells, of rows that were accepted,
// which could not be read. Every cell is text: nothing in it is a formula.
func (g *Registry) Refused(ctx context.Context, importID int64, w io.Writer) error {
	return g.base.Read(ctx, func(r Reader) error {
		row, err := wanted(ctx, r, importID)
		if err != nil {
			return err
		}
		reg, err := g.register(row.Register)
		if err != nil {
			return err
		}
		d, err := g.deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		d.aloud = true
		if _, err := d.load(ctx, importID); err != nil {
			return err
		}
		view, err := row.view("")
		if err != nil {
			return err
		}
		book := &refusedBook{file: excelize.NewFile(), lang: view.Options.Lang, sheet: -1}
		defer book.file.Close()
		if err := r.EachRecord(ctx, importID, true, func(rec *RecordRow) error {
			_, l, err := d.of(ctx, rec)
			if err != nil {
				return err
			}
			return book.row(rec, l)
		}); err != nil {
			return err
		}
		if view.Report.RefusalCount > view.Report.Refused {
			if err := book.cellsSheet(); err != nil {
				return err
			}
			if err := r.EachRecord(ctx, importID, false, func(rec *RecordRow) error {
				reading, err := d.read(ctx, rec)
				if err != nil {
					return err
				}
				return book.cells(reading)
			}); err != nil {
				return err
			}
		}
		return book.write(w)
	})
}

// refusedBook is the workbook being written; one sheet at a time is open.
type refusedBook struct {
	file   *excelize.File
	lang   string
	names  []string
	sheet  int // index of the source sheet whose rows are being written
	stream *excelize.StreamWriter
	next   int     // next row of the open sheet, from 1
	top    [][]any // what stands above the rows of the open sheet; repeated when it is full
	base   string  // its name
	width  int     // column of the reason
}

func (b *refusedBook) say(zh, en string) string { return pack.Text{ZH: zh, EN: en}.In(b.lang) }

// open begins a sheet.
func (b *refusedBook) open(name string, top [][]any) error {
	if err := b.close(); err != nil {
		return err
	}
	b.base, b.top = name, top
	name = b.unique(name)
	if len(b.names) == 0 {
		if err := b.file.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else if _, err := b.file.NewSheet(name); err != nil {
		return err
	}
	b.names = append(b.names, name)
	var err error
	if b.stream, err = b.file.NewStreamWriter(name); err != nil {
		return err
	}
	b.next = 1
	for _, cells := range top {
		if err := b.put(cells); err != nil {
			return err
		}
	}
	return nil
}

func (b *refusedBook) close() error {
	if b.stream == nil {
		return nil
	}
	err := b.stream.Flush()
	b.stream = nil
	return err
}

func (b *refusedBook) put(cells []any) error {
	err := b.stream.SetRow(fmt.Sprintf("A%d", b.next), cells)
	b.next++
	return err
}

// add writes a row, going on in a further sheet when this one is full.
func (b *refusedBook) add(cells []any) error {
	if b.next > sheetRows {
		if err := b.open(b.base, b.top); err != nil {
			return err
		}
	}
	return b.put(cells)
}

// row writes a refused row.
func (b *refusedBook) row(rec *RecordRow, l *Layout) error {
	cells, err := DecodeCells(rec.Cells)
	if err != nil {
		return fmt.Errorf("registry: record %d: %w", rec.ID, err)
	}
	if rec.Sheet != b.sheet {
		b.sheet = rec.Sheet
		headers := l.headers()
		b.width = len(headers)
		name := l.Sheet
		if name == "" {
			name = b.say("被拒的行", "refused rows")
		}
		if err := b.open(name, b.above(l, headers)); err != nil {
			return err
		}
	}
	reason, err := reasonText(rec.Reason, b.lang)
	if err != nil {
		return err
	}
	out := make([]any, max(b.width, len(cells))+1)
	for i, c := range cells {
		out[i] = string(c)
	}
	out[len(out)-1] = reason
	return b.add(out)
}

// above gives the rows over the data: the titles as they came, a row that says the year and unit where they came
// from elsewhere (a file name), and the headers.
func (b *refusedBook) above(l *Layout, headers []string) [][]any {
	var top [][]any
	var said []string
	if l.Year != 0 {
		said = append(said, fmt.Sprintf("%d年", l.Year))
	}
	if l.Unit != "" {
		said = append(said, "单位："+l.Unit)
	}
	title := strings.Join(l.Title, " ")
	if !slices.ContainsFunc(said, func(s string) bool { return !strings.Contains(title, s) }) {
		said = nil
	}
	for _, t := range l.Title {
		top = append(top, []any{t})
	}
	if len(said) > 0 {
		top = append(top, []any{strings.Join(said, "  ")})
	}
	head := make([]any, len(headers)+1)
	for i, h := range headers {
		head[i] = h
	}
	head[len(headers)] = b.say("拒绝原因", "reason for refusal")
	return append(top, head)
}

// cellsSheet begins the list of cells that could not be read.
func (b *refusedBook) cellsSheet() error {
	return b.open(b.say("读不懂的单元格", "unreadable cells"), [][]any{{
		b.say("工作表", "sheet"), b.say("行", "row"), b.say("列", "column"), b.say("内容", "value"), b.say("原因", "reason"),
	}})
}

func (b *refusedBook) cells(r *Reading) error {
	for _, i := range r.Refusals {
		if err := b.add([]any{i.Sheet, i.Row, i.Column, i.Value, i.Text.In(b.lang)}); err != nil {
			return err
		}
	}
	return nil
}

// unique makes a name that a worksheet may have and that no other sheet has.
func (b *refusedBook) unique(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) {
			return '_'
		}
		return r
	}, name)
	cut := func(s string, n int) string {
		if r := []rune(s); len(r) > n {
			return string(r[:n])
		}
		return s
	}
	const longest = 31
	try := cut(name, longest)
	for n := 2; slices.ContainsFunc(b.names, func(s string) bool { return strings.EqualFold(s, try) }); n++ {
		try = cut(name, longest-5) + fmt.Sprintf(" %d", n)
	}
	return try
}

func (b *refusedBook) write(w io.Writer) error {
	if len(b.names) == 0 {
		if err := b.open(b.say("被拒的行", "refused rows"), [][]any{{b.say("没有被拒的行。", "No row was refused.")}}); err != nil {
			return err
		}
	}
	if err := b.close(); err != nil {
		return err
	}
	_, err := b.file.WriteTo(w)
	return err
}
