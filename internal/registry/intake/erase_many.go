package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Erasable is some cells of one column of an import that are to be erased.
type Erasable struct {
	Import  int64
	Column  int     // from 0
	Records []int64 // ascending, of one sheet
	Subject int64   // only what counts for this subject; 0: for any, or for none
	// Held is asked in the transaction and reports of which subjects nothing may be erased now, 0 being what counts for none; nil: of none.
	Held   func(ctx context.Context) (func(subject int64) bool, error)
	Detail map[string]any // what the log says of it besides
}

// Blanked is what became of a Erasable.
type Blanked struct {
	Cells int // that were erased
	Held  int // that were left, because their subject is held or is another one now
	Gone  int // that were empty already
}

// EraseColumn erases cells of one column of an import for good, in one transaction, and derives their subjects again. A cell that is
// empty is passed over, so that it can be called again. also is called in the transaction with what was done. The records and the log
// stay proven. The caller has seen to it that another person approved this, and that the original file is dealt with.
func (g *Intake) EraseColumn(ctx context.Context, b Erasable, also func(ctx context.Context, done Blanked) error) (done Blanked, err error) {
	defer fault.At(&err, "intake.EraseColumn(import %d, column %d)", b.Import, b.Column)
	actor, err := g.base.May(ctx, auth.ApproveErasure, auth.Resource{})
	if err != nil {
		return done, err
	}
	err = g.rooms.Imports().Within(ctx, func(ctx context.Context, w Writer) error {
		done = Blanked{}
		i, err := derive.WantedImport(ctx, w, b.Import)
		if err != nil {
			return err
		}
		texts, err := textsOf(i)
		if err != nil {
			return err
		}
		held := func(int64) bool { return false }
		if b.Held != nil {
			if held, err = b.Held(ctx); err != nil {
				return err
			}
		}
		var subjects []int64
		var said []fact.Gone
		var first, last int64
		for _, id := range b.Records {
			row, err := w.Record(ctx, id)
			if err != nil {
				return err
			}
			if row == nil || row.Import != i.ID {
				continue
			}
			cells, err := fact.DecodeCells(row.Cells)
			if err != nil {
				return err
			}
			switch {
			case b.Column >= len(cells) || len(cells[b.Column]) == 0:
				done.Gone++
				continue
			case b.Subject != 0 && row.Subject != b.Subject, held(row.Subject):
				done.Held++
				continue
			}
			value := strings.TrimSpace(string(cells[b.Column]))
			if err := w.EraseCell(ctx, id, b.Column); err != nil {
				return err
			}
			said = append(said, g.saidOf(i, row, texts.attributeOf(row.Sheet, b.Column), value))
			texts.dropCell(row.Sheet, row.Row, texts.headerAt(row.Sheet, b.Column), &said[len(said)-1])
			if row.Subject != 0 {
				subjects = append(subjects, row.Subject)
			}
			if done.Cells++; first == 0 {
				first = id
			}
			last = id
		}
		if done.Cells > 0 {
			if err := texts.storeTexts(ctx, w); err != nil {
				return err
			}
			if err := eraseSaid(ctx, w, i.ID, said); err != nil {
				return err
			}
			if err := g.settleErased(ctx, i.Register, subjects); err != nil {
				return err
			}
			detail := map[string]any{"cells": done.Cells, "from": first, "to": last}
			for k, v := range b.Detail {
				detail[k] = v
			}
			if err := g.base.Log(ctx, actor, "erase", fmt.Sprintf("import/%d", i.ID), detail); err != nil {
				return err
			}
		}
		return also(ctx, done)
	})
	return done, err
}

// headerAt names a column as the lists of an import do.
func (t *importTexts) headerAt(sheet, at int) string {
	if sheet < 0 || sheet >= len(t.layouts) {
		return ""
	}
	if headers := t.layouts[sheet].Headers(); at < len(headers) {
		return headers[at]
	}
	return ""
}

// settleErased derives subjects again of which cells were erased.
func (g *Intake) settleErased(ctx context.Context, register string, subjects []int64) error {
	slices.Sort(subjects)
	if subjects = slices.Compact(subjects); len(subjects) == 0 {
		return nil
	}
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return err
	}
	if _, err := g.base.Numbered(ctx, reg); err != nil {
		return err
	}
	_, err = g.base.Settle(ctx, reg, subjects, derive.Progress{}, nil)
	return err
}
