package intake

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/sheet"
)

// Refused writes an XLSX workbook with the refused rows of an import under their headers, with the reason in the last
// column. A corrected workbook can be imported. A second sheet lists the cells of accepted rows that could not be read.
// Every cell is text, so no cell is a formula.
func (g *Intake) Refused(ctx context.Context, importID int64, w io.Writer) (err error) {
	defer fault.At(&err, "intake.Refused(import %d)", importID)
	return g.rooms.Imports().Read(ctx, func(r Reader) error {
		row, err := wanted(ctx, r, importID)
		if err != nil {
			return err
		}
		reg, err := g.base.RegisterOf(row.Register)
		if err != nil {
			return err
		}
		d, err := g.base.Deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		d.Aloud = true
		if _, err := d.Load(ctx, importID); err != nil {
			return err
		}
		view, err := viewOfImport(row, "")
		if err != nil {
			return err
		}
		book := &refusedBook{Book: sheet.NewBook(w, view.Options.Lang), lang: view.Options.Lang, sheet: -1}
		if row.Synthetic {
			book.Mark(sheet.MarkOf(view.Options.Lang, book.say("这些行由程序生成，不是真实企业。", "These rows were generated and are not real enterprises.")))
		}
		if err := r.EachRecord(ctx, importID, true, func(rec *fact.RecordRow) error {
			_, l, err := d.Of(ctx, rec)
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
			if err := r.EachRecord(ctx, importID, false, func(rec *fact.RecordRow) error {
				reading, err := d.Reading(ctx, rec)
				if err != nil {
					return err
				}
				return book.cells(reading)
			}); err != nil {
				return err
			}
		}
		return book.close()
	})
}

// refusedBook is the workbook while it is written.
type refusedBook struct {
	*sheet.Book
	lang  string
	begun bool
	sheet int // index of the source sheet whose rows are being written
	width int // column of the reason
}

func (b *refusedBook) say(zh, en string) string { return pack.Text{ZH: zh, EN: en}.In(b.lang) }

// open starts a sheet.
func (b *refusedBook) open(name string, notes []string, head []any) error {
	b.begun = true
	return b.Sheet(sheet.Sheet{Name: name, Notes: notes, Head: head})
}

// row writes a refused row.
func (b *refusedBook) row(rec *fact.RecordRow, l *layout.Layout) error {
	cells, err := fact.DecodeCells(rec.Cells)
	if err != nil {
		return fmt.Errorf("registry: record %d: %w", rec.ID, err)
	}
	if rec.Sheet != b.sheet {
		b.sheet = rec.Sheet
		headers := l.Headers()
		b.width = len(headers)
		name := l.Sheet
		if name == "" {
			name = b.say("被拒的行", "refused rows")
		}
		notes, head := b.above(l, headers)
		if err := b.open(name, notes, head); err != nil {
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
	return b.Row(out)
}

// above returns the rows above the data: the titles of the source file, a row with year and unit when they came from
// elsewhere (such as the file name), and the headers.
func (b *refusedBook) above(l *layout.Layout, headers []string) (notes []string, head []any) {
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
	notes = append(notes, l.Title...)
	if len(said) > 0 {
		notes = append(notes, strings.Join(said, "  "))
	}
	head = make([]any, len(headers)+1)
	for i, h := range headers {
		head[i] = h
	}
	head[len(headers)] = b.say("拒绝原因", "reason for refusal")
	return notes, head
}

// cellsSheet starts the sheet of cells that could not be read.
func (b *refusedBook) cellsSheet() error {
	return b.open(b.say("读不懂的单元格", "unreadable cells"), nil, []any{
		b.say("工作表", "sheet"), b.say("行", "row"), b.say("列", "column"), b.say("内容", "value"), b.say("原因", "reason"),
	})
}

func (b *refusedBook) cells(r *layout.Reading) error {
	for _, i := range r.Refusals {
		if err := b.Row([]any{i.Sheet, sheet.Plain(i.Row), i.Column, i.Value, i.Text.In(b.lang)}); err != nil {
			return err
		}
	}
	return nil
}

func (b *refusedBook) close() error {
	if !b.begun {
		if err := b.open(b.say("被拒的行", "refused rows"), []string{b.say("没有被拒的行。", "No row was refused.")}, nil); err != nil {
			return err
		}
	}
	return b.Close()
}
