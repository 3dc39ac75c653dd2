package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Sourced gives every value of a subject's profile with its address, and what other records said of the same thing,
// the newest first: values that lost, and confirmations of the one that won.
func (g *Registry) Sourced(ctx context.Context, subject int64) (list []SourcedFact, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		rows, err := r.Profiles(ctx, []int64{subject})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return noSubject(subject)
		}
		reg, err := g.register(rows[0].Register)
		if err != nil {
			return err
		}
		d, err := g.deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		records, err := r.Linked(ctx, []int64{subject})
		if err != nil {
			return err
		}
		list, err = d.sourced(ctx, records)
		return err
	})
	return list, err
}

func (d *deriver) sourced(ctx context.Context, records []RecordRow) (list []SourcedFact, err error) {
	var said []SourcedFact // in the order in which it was said
	for i := range records {
		r := &records[i]
		reading, err := d.read(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, f := range reading.Facts {
			a, err := d.address(ctx, r, f.Cell)
			if err != nil {
				return nil, err
			}
			said = append(said, SourcedFact{Fact: f, Source: a})
		}
	}
	slices.SortStableFunc(said, func(a, b SourcedFact) int { return compareFacts(a.Fact, b.Fact) })
	for len(said) > 0 {
		n := 1
		for n < len(said) && compareFacts(said[n].Fact, said[0].Fact) == 0 {
			n++
		}
		winner := 0
		for i := 1; i < n; i++ {
			if !d.codec.same(&said[winner].Fact, &said[i].Fact) {
				winner = i
			}
		}
		one := said[winner]
		for i := n - 1; i >= 0; i-- {
			if i != winner {
				one.Losers = append(one.Losers, said[i])
			}
		}
		list = append(list, one)
		said = said[n:]
	}
	return list, nil
}

// address says where the value of a cell came from; cell 0 is a declared "no".
func (d *deriver) address(ctx context.Context, r *RecordRow, cell int) (Address, error) {
	i, l, err := d.of(ctx, r)
	if err != nil {
		return Address{}, err
	}
	a := Address{Import: i.ID, File: i.File, Sheet: l.Sheet, Row: r.Row, Actor: i.Actor, At: i.At, Record: r.ID}
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
