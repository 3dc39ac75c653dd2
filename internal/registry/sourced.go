package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Sourced gives every value of a subject's profile with its address, and what other records said of the same thing,
// the newest first: values that lost, and confirmations of the one that won.
func (g *Registry) Sourced(ctx context.Context, subject int64) ([]SourcedFact, error) {
	return g.SourcedAt(ctx, subject, Moment{})
}

// SourcedAt is Sourced as of a moment. A value that was declared wrong, with nothing better known, is a winner that is
// void.
func (g *Registry) SourcedAt(ctx context.Context, subject int64, m Moment) (list []SourcedFact, err error) {
	err = g.subjectAt(ctx, subject, m, func(d *deriver, old *ProfileRow, records []RecordRow) error {
		list, err = g.sourced(ctx, d, old.Subject, records, m)
		return err
	})
	return list, err
}

func (g *Registry) sourced(ctx context.Context, d *deriver, subject int64, records []RecordRow, m Moment) (list []SourcedFact, err error) {
	var said []Fact // in the order in which it was said
	byID := map[int64]*RecordRow{}
	for i := range records {
		byID[records[i].ID] = &records[i]
	}
	p, err := d.derive(ctx, records, func(_ *RecordRow, facts []Fact) { said = append(said, facts...) })
	if err != nil {
		return nil, err
	}
	lists, err := g.wholeLists(ctx, d.from, d.register, m)
	if err != nil {
		return nil, err
	}
	source := func(f Fact) (SourcedFact, error) {
		a, err := d.addressOf(ctx, byID[f.Record], &f)
		return SourcedFact{Fact: f, Source: a}, err
	}
	slices.SortStableFunc(said, compareFacts)
	for _, w := range d.codec.declare(subject, slices.Clone(p.facts), lists) {
		one, err := source(w)
		if err != nil {
			return nil, err
		}
		for len(said) > 0 && compareFacts(said[0], w) < 0 {
			said = said[1:]
		}
		n := 0
		for n < len(said) && compareFacts(said[n], w) == 0 {
			n++
		}
		for _, f := range slices.Backward(said[:n]) {
			if f.Record == w.Record && f.Cell == w.Cell && f.Origin.Weak == w.Origin.Weak {
				continue
			}
			loser, err := source(f)
			if err != nil {
				return nil, err
			}
			one.Losers = append(one.Losers, loser)
		}
		said = said[n:]
		list = append(list, one)
	}
	return list, nil
}

// addressOf says where a fact came from; r is its record, nil when it follows from a whole list.
func (d *deriver) addressOf(ctx context.Context, r *RecordRow, f *Fact) (Address, error) {
	if f.Whole != 0 {
		i, err := d.load(ctx, f.Whole)
		if err != nil {
			return Address{}, err
		}
		a := i.address()
		a.Whole = true
		return a, nil
	}
	if r == nil {
		return Address{}, fmt.Errorf("registry: a value names record %d, which is none of its subject's", f.Record)
	}
	return d.address(ctx, r, f.Cell)
}

// address is the address of an import as a whole.
func (i *derivedImport) address() Address {
	a := Address{Import: i.ID, File: i.File, Source: i.Source, Form: i.Form, Reason: i.Reason, Actor: i.Actor, At: i.At}
	if i.AsOf != nil {
		a.AsOf = dayTime(*i.AsOf).Format(time.DateOnly)
	}
	return a
}

// address says where the value of a cell came from; cell 0 is a declared "no".
func (d *deriver) address(ctx context.Context, r *RecordRow, cell int) (Address, error) {
	i, l, err := d.of(ctx, r)
	if err != nil {
		return Address{}, err
	}
	a := i.address()
	a.Sheet, a.Row, a.Record = l.Sheet, r.Row, r.ID
	if cell == 0 {
		return a, nil
	}
	cells, err := DecodeCells(r.Cells)
	if err != nil {
		return Address{}, fmt.Errorf("registry: record %d: %w", r.ID, err)
	}
	if cell <= len(cells) {
		a.Raw = string(cells[cell-1])
	}
	a.Column, a.Cell = l.header(cell), cellName(cell, r.Row)
	return a, nil
}

// header gives the header of a column, counted from 1.
func (l *Layout) header(column int) string {
	for i := range l.Columns {
		if l.Columns[i].Index == column {
			return l.Columns[i].Header
		}
	}
	return ""
}

// cellName names a cell as spreadsheets do: column 6 of row 12 is F12.
func cellName(column, row int) string {
	var letters []byte
	for ; column > 0; column = (column - 1) / 26 {
		letters = append(letters, byte('A'+(column-1)%26))
	}
	slices.Reverse(letters)
	return fmt.Sprintf("%s%d", letters, row)
}

// Record gives one source record as it came.
func (g *Registry) Record(ctx context.Context, id int64) (v *RecordView, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		row, err := r.Record(ctx, id)
		if err != nil {
			return err
		}
		if row == nil {
			return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的来源记录。", id), fmt.Sprintf("There is no source record number %d.", id))
		}
		i, err := wanted(ctx, r, row.Import)
		if err != nil {
			return err
		}
		view, err := i.view("")
		if err != nil {
			return err
		}
		layouts, err := i.layouts()
		if err != nil {
			return err
		}
		if row.Sheet < 0 || row.Sheet >= len(layouts) {
			return fmt.Errorf("registry: record %d names sheet %d of import %d, which has %d", id, row.Sheet, i.ID, len(layouts))
		}
		cells, err := DecodeCells(row.Cells)
		if err != nil {
			return fmt.Errorf("registry: record %d: %w", id, err)
		}
		l := layouts[row.Sheet]
		v = &RecordView{ID: id, Subject: row.Subject, Import: *view, Sheet: l.Sheet, Row: row.Row, Headers: l.headers()}
		for _, c := range cells {
			v.Cells = append(v.Cells, string(c))
		}
		for len(v.Cells) < len(v.Headers) {
			v.Cells = append(v.Cells, "")
		}
		v.Reason, err = reasonText(row.Reason, view.Options.Lang)
		return err
	})
	return v, err
}

// headers gives the headers of all columns, the first at index 0.
func (l *Layout) headers() []string {
	width := 0
	for i := range l.Columns {
		width = max(width, l.Columns[i].Index)
	}
	list := make([]string, width)
	for i := range l.Columns {
		list[l.Columns[i].Index-1] = l.Columns[i].Header
	}
	return list
}

// reasonText gives the stored reason of a refused row in a language.
func reasonText(stored, lang string) (string, error) {
	if stored == "" {
		return "", nil
	}
	var t pack.Text
	if err := json.Unmarshal([]byte(stored), &t); err != nil {
		return "", fmt.Errorf("registry: reason of a refused row: %w", err)
	}
	return t.In(lang), nil
}
