package intake

import (
	"context"
	"fmt"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Undo takes an import back: its records stay and count no more, and every subject that they named is derived again from what
// else is known of it. A subject of which nothing is left is gone. The merges that linkage made because of the import alone are
// undone before, each by itself; the rest is one transaction. Undoing an import that has been undone does nothing.
func (g *Intake) Undo(ctx context.Context, importID int64, progress func(derive.Progress)) (err error) {
	defer fault.At(&err, "intake.Undo(import %d)", importID)
	may := func(register string) (actor string, err error) {
		return g.base.May(ctx, auth.Undo, auth.Resource{Register: register, ID: fmt.Sprint(importID)})
	}
	actor, err := may("")
	if err != nil {
		return err
	}
	large := false
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		row, err := derive.WantedImport(ctx, r, importID)
		if err == nil && OfCase(row.Form) {
			return fault.New(fault.Conflict, "这条记录由办件写入，不能单独撤销。请在办件里撤销证书，或作废办件。", "A case wrote this record, and it cannot be undone by itself. Revoke the certificate in the case, or declare the case void.")
		}
		large = err == nil && row.UndoneAt.IsZero() && row.Rows > fact.BatchRows
		return err
	})
	if err != nil {
		return err
	}
	if err := g.merges.TakeBack(ctx, actor, importID, progress); err != nil {
		return err
	}
	if large {
		return g.base.InBulk(ctx, "undo", progress, func(ctx context.Context, b *derive.Bulk) error {
			return g.undoLarge(ctx, b, actor, importID, may, progress)
		})
	}
	return g.rooms.Imports().Within(ctx, func(ctx context.Context, w Writer) error {
		row, err := derive.WantedImport(ctx, w, importID)
		if err != nil {
			return err
		}
		if _, err := may(row.Register); err != nil {
			return err
		}
		if !row.UndoneAt.IsZero() {
			return nil
		}
		if err := w.MarkUndone(ctx, importID, g.base.Clock(), actor); err != nil {
			return err
		}
		reg, err := g.base.RegisterOf(row.Register)
		if err != nil {
			return err
		}
		if _, err := g.base.Numbered(ctx, reg); err != nil {
			return err
		}
		if err := g.base.RereadWhole(ctx, row); err != nil {
			return err
		}
		subjects, err := w.SubjectsOf(ctx, importID)
		if err != nil {
			return err
		}
		changed, err := g.base.Settle(ctx, reg, subjects, derive.Progress{Stage: "undoing"}, progress)
		if err != nil {
			return err
		}
		return g.logUndo(ctx, actor, row, len(subjects), changed)
	})
}

func (g *Intake) logUndo(ctx context.Context, actor string, row *fact.ImportRow, subjects, changed int) error {
	return g.base.Log(ctx, actor, "undo", fmt.Sprintf("import/%d", row.ID), map[string]any{
		"register": row.Register, "file": audit.Beside(row.File), "subjects": subjects, "changed": changed,
	})
}

// undoLarge takes an import of many records back as a batch.
func (g *Intake) undoLarge(ctx context.Context, b *derive.Bulk, actor string, importID int64, may func(string) (string, error), progress func(derive.Progress)) error {
	var row *fact.ImportRow
	var subjects []int64
	err := derive.ReadIn(ctx, b, g.rooms.Imports(), func(r Reader) (err error) {
		if row, err = derive.WantedImport(ctx, r, importID); err != nil {
			return err
		}
		if _, err := may(row.Register); err != nil || !row.UndoneAt.IsZero() {
			return err
		}
		subjects, err = r.SubjectsOf(ctx, importID)
		return err
	})
	if err != nil || !row.UndoneAt.IsZero() {
		return err
	}
	reg, err := g.base.RegisterOf(row.Register)
	if err != nil {
		return err
	}
	if _, err := g.base.Ready(ctx, reg); err != nil {
		return err
	}
	b.TakeBack(importID)
	changed, err := b.Settle(ctx, reg, subjects, derive.Progress{Stage: "undoing"}, progress)
	if err != nil {
		return err
	}
	b.AtLast(func(ctx context.Context) error {
		return g.rooms.Imports().Within(ctx, func(ctx context.Context, w Writer) error {
			if err := w.MarkUndone(ctx, importID, g.base.Clock(), actor); err != nil {
				return err
			}
			if err := g.base.RereadWhole(ctx, row); err != nil {
				return err
			}
			return g.logUndo(ctx, actor, row, len(subjects), changed)
		})
	})
	return nil
}
