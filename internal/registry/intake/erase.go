package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// Erased is what an erasure did.
type Erased struct {
	Record  int64
	Column  string // header of the column, or its letter
	Subject int64  // derived again; 0: the record counts for none
	Import  int64
	SHA256  string // of the original file, which still has the value
	Again   bool   // the cell was erased before: nothing was done
}

// Erase blanks one cell of a source record for good, and derives its subject again. column is a header of the record's sheet,
// or the letter of a column. The record and the log stay proven. The original file of the import still has the value: the
// caller deletes it. Reason is required. Of a cell that was erased before, it says so: the caller may have to finish.
func (g *Intake) Erase(ctx context.Context, record int64, column, reason string) (done *Erased, err error) {
	defer fault.At(&err, "intake.Erase(record %d)", record)
	if _, err := g.base.May(ctx, auth.Erase, auth.Resource{ID: fmt.Sprint(record)}); err != nil {
		return nil, err // before anything tells whether there is such a record
	}
	if strings.TrimSpace(reason) == "" {
		return nil, fault.New(fault.Invalid, "抹除要写明理由。", "An erasure needs a reason.")
	}
	err = g.rooms.Imports().Within(ctx, func(ctx context.Context, w Writer) error {
		row, err := w.Record(ctx, record)
		if err != nil {
			return err
		}
		if row == nil {
			return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的来源记录。", record), fmt.Sprintf("There is no source record number %d.", record))
		}
		i, err := derive.WantedImport(ctx, w, row.Import)
		if err != nil {
			return err
		}
		actor, err := g.base.May(ctx, auth.Erase, auth.Resource{Register: i.Register, ID: fmt.Sprint(record)})
		if err != nil {
			return err
		}
		at, name, value, err := columnOf(i, row, column)
		if fault.Of(err) == fault.NotFound && at >= 0 {
			if again, e := w.ErasedBefore(ctx, record, at); again || e != nil {
				done = &Erased{record, name, row.Subject, i.ID, i.SHA256, true}
				return e
			}
		}
		if err != nil {
			return err
		}
		if err := w.EraseCell(ctx, record, at); err != nil {
			return err
		}
		said, err := g.eraseTexts(ctx, w, i, row, at, name, value)
		if err != nil {
			return err
		}
		if err := eraseSaid(ctx, w, i.ID, []fact.Gone{said}); err != nil {
			return err
		}
		done = &Erased{record, name, row.Subject, i.ID, i.SHA256, false}
		if row.Subject != 0 {
			reg, err := g.base.RegisterOf(i.Register)
			if err != nil {
				return err
			}
			if _, err := g.base.Numbered(ctx, reg); err != nil {
				return err
			}
			if _, err := g.base.Settle(ctx, reg, []int64{row.Subject}, derive.Progress{}, nil); err != nil {
				return err
			}
		}
		return g.base.Log(ctx, actor, "erase", fmt.Sprintf("record/%d", record), map[string]any{"subject": row.Subject, "column": name, "reason": audit.Beside(reason)})
	})
	return done, err
}

// eraseTexts takes an erased cell out of the texts of its import, and returns it for those who delete what was said of it elsewhere.
func (g *Intake) eraseTexts(ctx context.Context, w Writer, i *fact.ImportRow, row *fact.RecordRow, at int, column, value string) (said fact.Gone, err error) {
	t, err := textsOf(i)
	if err != nil {
		return said, err
	}
	said = g.saidOf(i, row, t.attributeOf(row.Sheet, at), value)
	t.dropCell(row.Sheet, row.Row, column, &said)
	return said, t.storeTexts(ctx, w)
}

// eraseSaid deletes what was said about erased cells of an import, also as the reason of other entries by hand about their subjects.
func eraseSaid(ctx context.Context, w Writer, importID int64, cells []fact.Gone) error {
	if err := w.EraseSaid(ctx, importID, cells); err != nil {
		return err
	}
	var subjects []int64
	for i := range cells {
		if s := cells[i].Subject; s != 0 && !slices.Contains(subjects, s) {
			subjects = append(subjects, s)
		}
	}
	entries, err := w.EntriesOf(ctx, subjects)
	if err != nil {
		return err
	}
	for _, id := range entries {
		i, err := derive.WantedImport(ctx, w, id)
		if err != nil {
			return err
		}
		was := i.Reason
		for n := range cells {
			i.Reason = cells[n].Without(i.Reason, fact.ErasedWords)
		}
		if i.Reason != was {
			if err := w.SetTexts(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// saidOf is an erased cell of a record.
func (g *Intake) saidOf(i *fact.ImportRow, row *fact.RecordRow, attribute, value string) fact.Gone {
	s := fact.Gone{Record: row.ID, Subject: row.Subject, Attribute: attribute, Value: value}
	if reg := g.base.Pack.Register(i.Register); reg != nil {
		a := reg.Attribute(attribute)
		s.Personal = a != nil && a.Personal
	}
	return s
}

// importTexts are the texts of an import out of which erased cells are taken.
type importTexts struct {
	of      *fact.ImportRow
	layouts []*layout.Layout
	lists   storedLists
	changed bool // the lists
	reason  bool // the reason has changed
}

func textsOf(i *fact.ImportRow) (t *importTexts, err error) {
	t = &importTexts{of: i}
	if t.layouts, err = layout.Stored(i); err != nil {
		return nil, err
	}
	if i.Lists == "" || i.Lists == "{}" {
		return t, nil
	}
	if err := json.Unmarshal([]byte(i.Lists), &t.lists); err != nil {
		return nil, fmt.Errorf("registry: lists of an import: %w", err)
	}
	return t, nil
}

// attributeOf is what a column, counted from 0, was read as; empty: as nothing.
func (t *importTexts) attributeOf(sheet, at int) string {
	if sheet < 0 || sheet >= len(t.layouts) {
		return ""
	}
	for _, c := range t.layouts[sheet].Columns {
		if c.Index == at+1 {
			return c.Attr
		}
	}
	return ""
}

// dropCell takes a cell out of the reason of an entry and out of the lists of refused and doubtful cells: its value, its readings, and the
// value where a sentence repeats it. What is said of the whole row has other cells, too, so all of them go.
func (t *importTexts) dropCell(sheet, row int, column string, said *fact.Gone) {
	value, name := said.Value, ""
	if reason := said.Without(t.of.Reason, fact.ErasedWords); reason != t.of.Reason {
		t.of.Reason, t.reason = reason, true
	}
	if sheet >= 0 && sheet < len(t.layouts) {
		name = t.layouts[sheet].Sheet
	}
	for _, list := range [][]storedIssue{t.lists.Refusals, t.lists.Warnings} {
		for n := range list {
			s := &list[n]
			if s.Row != row || s.Sheet != "" && s.Sheet != name || s.Column != column && s.Scope != "row" && (value == "" || !strings.Contains(s.Value, value)) {
				continue
			}
			t.changed = true
			if s.Value, s.Readings = "", nil; value == "" {
				continue
			}
			s.Text.ZH, s.Text.EN = strings.ReplaceAll(s.Text.ZH, value, fact.ErasedWords), strings.ReplaceAll(s.Text.EN, value, "(erased)")
		}
	}
}

// storeTexts writes the texts where they changed. An import of an older program has cells of a preview in its layouts, which are left out.
func (t *importTexts) storeTexts(ctx context.Context, w Writer) error {
	text, err := layout.Text(t.layouts)
	if err != nil {
		return err
	}
	lists := t.of.Lists
	if t.changed {
		b, err := json.Marshal(t.lists)
		if err != nil {
			return err
		}
		lists = string(b)
	}
	if text == t.of.Layouts && lists == t.of.Lists && !t.reason {
		return nil
	}
	t.of.Layouts, t.of.Lists = text, lists
	return w.SetTexts(ctx, t.of)
}

// columnOf finds a column of a record that has a value, by its header or its letter. Of a column without a value it is an error, and
// says where the column is.
func columnOf(i *fact.ImportRow, row *fact.RecordRow, column string) (at int, name, value string, err error) {
	layouts, err := layout.Stored(i)
	if err != nil {
		return 0, "", "", err
	}
	cells, err := fact.DecodeCells(row.Cells)
	if err != nil {
		return 0, "", "", err
	}
	var headers []string
	if row.Sheet >= 0 && row.Sheet < len(layouts) {
		headers = layouts[row.Sheet].Headers()
	}
	if at = slices.Index(headers, column); at < 0 {
		at = letterColumn(column)
	}
	if name = column; at >= 0 && at < len(headers) && headers[at] != "" {
		name = headers[at]
	}
	if at < 0 || at >= len(cells) || len(cells[at]) == 0 {
		return at, name, "", fault.New(fault.NotFound, fmt.Sprintf("来源记录 %d 的“%s”列没有内容，或没有这一列。请写列名，或像 C 这样的列字母。", row.ID, column),
			fmt.Sprintf("Source record %d has nothing in the column “%s”, or no such column. Give a header, or a letter such as C.", row.ID, column))
	}
	return at, name, strings.TrimSpace(string(cells[at])), nil
}

// letterColumn is a column as spreadsheets name it, from 0; -1: it is none.
func letterColumn(s string) int {
	n := 0
	for _, r := range strings.ToUpper(s) {
		if r < 'A' || r > 'Z' || n > 1<<20 {
			return -1
		}
		n = 26*n + int(r-'A') + 1
	}
	return n - 1
}
