package intake

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/sheet"
)

// WriteRefused writes an XLSX workbook with the rows of an import that were refused and the rows that have refused cells, as they came:
// under their headers, on sheets of the same names. Refused cells are coloured and say why in a comment; the last column says it
// too, and no import takes it. A row above the header says of which import they are. Mended, the workbook can be imported. Every
// cell is text, so no cell is a formula.
//
// A row of a list of things (such as patents) that was accepted and has no key is not among them: imported again it would count
// twice. Its cells are listed on a sheet of their own.
func (g *Intake) WriteRefused(ctx context.Context, importID int64, w io.Writer) (err error) {
	defer fault.At(&err, "intake.WriteRefused(import %d)", importID)
	return g.rooms.Imports().Read(ctx, func(r Reader) error {
		row, err := derive.WantedImport(ctx, r, importID)
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
		b := &refusedBook{Book: sheet.NewBook(w, view.Options.Lang), lang: view.Options.Lang, of: row, reg: reg, sheet: -1}
		if row.Synthetic {
			b.Mark(sheet.MarkOf(b.lang, b.say("这些行由程序生成，不是真实企业。", "These rows were generated and are not real enterprises.")))
		}
		if s := g.base.Pack.Source(row.Source); s != nil && s.Items != nil {
			b.key = s.Items.Key
		}
		onlyRows := view.Report.RefusalCount <= view.Report.Refused
		layouts, err := layout.Stored(row)
		if err != nil {
			return err
		}
		for _, only := range passes(layouts) {
			if err := r.EachRecord(ctx, importID, onlyRows, func(rec *fact.RecordRow) error {
				if only >= 0 && rec.Sheet != only {
					return nil
				}
				return b.take(ctx, d, rec)
			}); err != nil {
				return err
			}
		}
		return b.close()
	})
}

// passes gives the sheets in which records are taken, one pass for each; a negative one stands for all in one pass. Rows of tables
// that stand side by side follow one another in turn.
func passes(layouts []*layout.Layout) (list []int) {
	turns := false
	for i, l := range layouts {
		list = append(list, i)
		turns = turns || i > 0 && l.Sheet == layouts[i-1].Sheet && l.HeaderRow == layouts[i-1].HeaderRow
	}
	if !turns {
		return []int{-1}
	}
	return list
}

// refusedBook is the workbook while it is written.
type refusedBook struct {
	*sheet.Book
	lang  string
	of    *fact.ImportRow
	reg   *pack.Register
	key   string         // attribute by which a thing of the list is known; empty: the rows are of subjects
	any   bool           // a sheet was begun
	sheet int            // index of the source sheet whose rows are being written
	from  *layout.Layout // its layout
	keep  []int          // columns of the source that are written, from 0
	apart []layout.Issue // refused cells of rows that cannot come back
}

func (b *refusedBook) say(zh, en string) string { return pack.Text{ZH: zh, EN: en}.In(b.lang) }

// take writes a record if it or a cell of it was refused.
func (b *refusedBook) take(ctx context.Context, d *derive.Deriver, rec *fact.RecordRow) error {
	_, l, err := d.Of(ctx, rec)
	if err != nil {
		return err
	}
	reading, err := d.Reading(ctx, rec)
	if err != nil {
		return err
	}
	issues := reading.Refusals
	switch {
	case rec.Reason != "":
		reason, err := reasonText(rec.Reason, b.lang)
		if err != nil {
			return err
		}
		whole := layout.Issue{Scope: "row", Text: pack.Text{ZH: reason, EN: reason}}
		if reading.Refuse != nil {
			whole.Column, whole.Value = reading.Refuse.Column, reading.Refuse.Value
		}
		issues = []layout.Issue{whole}
	case len(issues) == 0:
		return nil
	case b.key != "" && reading.Value(b.key) == nil:
		b.apart = append(b.apart, issues[:min(len(issues), layout.Listed-len(b.apart))]...)
		return nil
	}
	if rec.Sheet != b.sheet {
		b.sheet, b.from = rec.Sheet, l
		if err := b.open(l); err != nil {
			return err
		}
	}
	return b.row(rec, issues)
}

// open starts the sheet of a source sheet.
func (b *refusedBook) open(l *layout.Layout) error {
	headers := l.Headers()
	b.keep = b.keep[:0]
	for i, h := range headers {
		if l.Refused == 0 || !sheet.IsAside(h) { // why the rows were refused before
			b.keep = append(b.keep, i)
		}
	}
	name := l.Sheet
	if name == "" {
		name = strings.TrimSuffix(b.of.File, filepath.Ext(b.of.File))
	}
	head := make([]any, 0, len(b.keep)+1)
	for _, i := range b.keep {
		head = append(head, headers[i])
	}
	head = append(head, sheet.Column{Head: b.say("拒绝原因", "reason for refusal"), Aside: true})
	b.any = true
	return b.Sheet(sheet.Sheet{Name: name, Notes: b.above(l), Head: head})
}

// above returns the rows above the headers: of which import the rows are, the titles of the source file, and a row with year and
// unit when they came from elsewhere, such as the file name.
func (b *refusedBook) above(l *layout.Layout) []string {
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
	notes := append([]string{sheet.Refused(b.lang, b.of.ID, b.of.SHA256)}, l.Title...)
	if len(said) > 0 {
		notes = append(notes, strings.Join(said, "  "))
	}
	return notes
}

// row writes a row with what is wrong with it.
func (b *refusedBook) row(rec *fact.RecordRow, issues []layout.Issue) error {
	cells, err := fact.DecodeCells(rec.Cells)
	if err != nil {
		return fmt.Errorf("registry: record %d: %w", rec.ID, err)
	}
	notes, reasons := map[int]string{}, make([]string, 0, len(issues))
	for i := range issues {
		x := &issues[i]
		says := x.Text.In(b.lang)
		for _, at := range b.cellsOf(x, cells) {
			notes[at] = strings.TrimPrefix(notes[at]+"\n"+says, "\n")
		}
		if x.Scope != "row" && x.Column != "" {
			says = b.say("“"+x.Column+"”："+says, x.Column+": "+says)
		}
		reasons = append(reasons, says)
	}
	out := make([]any, 0, len(cells)+1)
	for _, i := range b.keep {
		text := ""
		if i < len(cells) {
			text = string(cells[i])
		}
		if note, bad := notes[i]; bad {
			out = append(out, sheet.Doubt{Text: text, Note: note})
		} else {
			out = append(out, text)
		}
	}
	out = append(out, strings.Join(reasons, " "))
	if l := len(b.from.Headers()); len(cells) > l { // beyond the header: the row has come apart
		for _, c := range cells[l:] {
			out = append(out, string(c))
		}
	}
	return b.Row(out)
}

// cellsOf gives the columns, from 0, of the cells that an issue is about. A row that names nobody lacks its code and its name.
func (b *refusedBook) cellsOf(x *layout.Issue, cells [][]byte) (list []int) {
	at := -1
	for i := range b.from.Columns {
		c := &b.from.Columns[i]
		if c.Header != x.Column {
			continue
		}
		same := c.Index <= len(cells) && layout.Cut(strings.TrimSpace(string(cells[c.Index-1])), 60) == x.Value
		if at < 0 || same {
			at = c.Index - 1
		}
		if same {
			break
		}
	}
	if at >= 0 {
		list = append(list, at)
	}
	if x.Scope != "row" {
		return list
	}
	for i := range b.from.Columns {
		c := &b.from.Columns[i]
		if (c.Attr == b.reg.CodeAttr || c.Attr == b.reg.NameAttr) && c.Attr != "" && !slices.Contains(list, c.Index-1) {
			list = append(list, c.Index-1)
		}
	}
	return list
}

// close writes the cells that cannot come back with their rows, and ends the workbook.
func (b *refusedBook) close() error {
	if len(b.apart) > 0 {
		b.any = true
		if err := b.Sheet(sheet.Sheet{Name: b.say("请在原文件里改", "to mend in the file itself"), Head: []any{
			b.say("工作表", "sheet"), b.say("行", "row"), b.say("列", "column"), b.say("内容", "value"), b.say("原因", "reason"),
		}}); err != nil {
			return err
		}
		for _, i := range b.apart {
			if err := b.Row([]any{i.Sheet, sheet.Plain(i.Row), i.Column, i.Value, i.Text.In(b.lang)}); err != nil {
				return err
			}
		}
	}
	if !b.any {
		if err := b.Sheet(sheet.Sheet{Name: b.say("被拒的行", "refused rows"), Notes: []string{b.say("没有被拒的行或单元格。", "No row or cell was refused.")}}); err != nil {
			return err
		}
	}
	return b.Close()
}
