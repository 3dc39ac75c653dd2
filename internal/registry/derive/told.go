package derive

import (
	"context"
	"fmt"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// Sourced derives a subject from its records and returns every value with its address and the values that lost. The facts
// of p are those of the profile, without the ones that follow from whole lists. They are valid until the deriver is used
// again.
func (d *Deriver) Sourced(ctx context.Context, subject int64, records []fact.RecordRow, lists map[int][]WholeList) (list []fact.SourcedFact, p Derived, err error) {
	defer fault.At(&err, "derive.Sourced(subject %d, %d records)", subject, len(records))
	var said []fact.Fact // in the order of the records
	byID := make(map[int64]*sourceRow, len(records))
	for i := range records {
		byID[records[i].ID] = &sourceRow{RecordRow: &records[i]}
	}
	if p, err = d.derive(ctx, records, func(_ *fact.RecordRow, facts []fact.Fact) { said = append(said, facts...) }); err != nil {
		return nil, p, err
	}
	source := func(f fact.Fact) (fact.SourcedFact, error) {
		a, err := d.addressOf(ctx, byID[f.Record], &f)
		return fact.SourcedFact{Fact: f, Source: a}, err
	}
	slices.SortStableFunc(said, fact.Compare)
	winners := d.Rules.declare(subject, slices.Clone(p.facts), lists)
	list = make([]fact.SourcedFact, 0, len(winners))
	for _, w := range winners {
		one, err := source(w)
		if err != nil {
			return nil, p, err
		}
		for len(said) > 0 && fact.Compare(said[0], w) < 0 {
			said = said[1:]
		}
		n := 0
		for n < len(said) && fact.Compare(said[n], w) == 0 {
			n++
		}
		for _, f := range slices.Backward(said[:n]) {
			if f.Record == w.Record && f.Cell == w.Cell && f.Origin.Weak == w.Origin.Weak {
				continue
			}
			loser, err := source(f)
			if err != nil {
				return nil, p, err
			}
			one.Losers = append(one.Losers, loser)
		}
		said = said[n:]
		list = append(list, one)
	}
	return list, p, nil
}

// sourceRow is a record of which several cells are needed.
type sourceRow struct {
	*fact.RecordRow
	cells [][]byte // nil until one is asked for
}

// addressOf returns the address of a fact. r is its record; nil when the fact follows from a whole list.
func (d *Deriver) addressOf(ctx context.Context, r *sourceRow, f *fact.Fact) (fact.Address, error) {
	if f.Whole != 0 {
		i, err := d.Load(ctx, f.Whole)
		if err != nil {
			return fact.Address{}, err
		}
		a := i.address()
		a.Whole = true
		return a, nil
	}
	if r == nil {
		return fact.Address{}, fmt.Errorf("registry: a value names record %d, which is none of its subject's", f.Record)
	}
	return d.addressIn(ctx, r, f.Cell)
}

// address returns the address of the import as a whole.
func (i *Import) address() fact.Address {
	a := fact.Address{Import: i.ID, File: i.File, Source: i.Source, Form: i.Form, Reason: i.Reason, Actor: i.Actor, At: i.At}
	if i.AsOf != nil {
		a.AsOf = fact.TimeOf(*i.AsOf).Format(time.DateOnly)
	}
	return a
}

// Address returns the address of a cell of a record. Cell 0 stands for the "no" that a whole list implies.
func (d *Deriver) Address(ctx context.Context, r *fact.RecordRow, cell int) (_ fact.Address, err error) {
	defer fault.At(&err, "derive.Address(record %d, cell %d)", r.ID, cell)
	return d.addressIn(ctx, &sourceRow{RecordRow: r}, cell)
}

func (d *Deriver) addressIn(ctx context.Context, r *sourceRow, cell int) (fact.Address, error) {
	i, l, err := d.Of(ctx, r.RecordRow)
	if err != nil {
		return fact.Address{}, err
	}
	a := i.address()
	a.Sheet, a.Row, a.Record = l.Sheet, r.Row, r.ID
	if cell == 0 {
		return a, nil
	}
	if r.cells == nil {
		if r.cells, err = fact.DecodeCells(r.Cells); err != nil {
			return fact.Address{}, fmt.Errorf("registry: record %d: %w", r.ID, err)
		}
	}
	if cell <= len(r.cells) {
		a.Raw = string(r.cells[cell-1])
	}
	a.Column, a.Cell = l.Header(cell), layout.CellName(cell, r.Row)
	return a, nil
}

// Said appends to list the facts that records state about their subject. It does not choose winners.
func (d *Deriver) Said(ctx context.Context, records []fact.RecordRow, list []fact.Fact) (_ []fact.Fact, err error) {
	defer fault.At(&err, "derive.Said(%d records)", len(records))
	var things itemSet
	for i := range records {
		r := &records[i]
		from, err := d.Load(ctx, r.Import)
		if err != nil {
			return list, err
		}
		reading, err := d.Reading(ctx, r)
		if err != nil {
			return list, err
		}
		items := from.source != nil && from.source.Items != nil
		if items {
			if things == nil {
				things = itemSet{}
			}
			things.add(from.source, r.ID, reading.Facts, d.Rules.held)
		}
		list = append(list, d.Rules.Own(reading.Facts, items, d.borrowed(r, from))...)
	}
	if things != nil {
		list = append(list, things.facts(d.Rules)...)
	}
	return list, nil
}
