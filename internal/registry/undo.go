package registry

import (
	"context"
	"fmt"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/pack"
)

// Undo takes an import back, in one transaction: its records stay and count no more, and every subject that they
// named is derived again from what else is known of it. A subject of which nothing is left is gone. Undoing an
// import that has been undone does nothing.
func (g *Registry) Undo(ctx context.Context, actor string, importID int64, progress func(Progress)) error {
	may := func(register string) error {
		return auth.Decide(g.actors.Actor(actor), auth.Undo, auth.Resource{Register: register, ID: fmt.Sprint(importID)})
	}
	if err := may(""); err != nil {
		return err
	}
	large := false
	err := g.base.Read(ctx, func(r Reader) error {
		row, err := wanted(ctx, r, importID)
		large = err == nil && row.UndoneAt.IsZero() && row.Rows > batchRows
		return err
	})
	if err != nil {
		return err
	}
	if large {
		return g.inBulk(ctx, "undo", progress, func(ctx context.Context, b *bulk) error { return g.undoLarge(ctx, b, actor, importID, may, progress) })
	}
	return g.base.Write(ctx, func(w Writer) error {
		row, err := wanted(ctx, w, importID)
		if err != nil {
			return err
		}
		if err := may(row.Register); err != nil {
			return err
		}
		if !row.UndoneAt.IsZero() {
			return nil
		}
		if err := w.MarkUndone(ctx, importID, g.clock(), actor); err != nil {
			return err
		}
		reg, err := g.register(row.Register)
		if err != nil {
			return err
		}
		if _, err := g.numbered(ctx, w, reg); err != nil {
			return err
		}
		if err := g.rereadWhole(ctx, w, row); err != nil {
			return err
		}
		subjects, err := w.SubjectsOf(ctx, importID)
		if err != nil {
			return err
		}
		changed, err := g.settle(ctx, w, reg, subjects, Progress{Stage: "undoing"}, progress)
		if err != nil {
			return err
		}
		return g.logUndo(ctx, w, actor, row, len(subjects), changed)
	})
}

func (g *Registry) logUndo(ctx context.Context, w Writer, actor string, row *ImportRow, subjects, changed int) error {
	return g.log(ctx, w, actor, "undo", fmt.Sprintf("import/%d", row.ID), map[string]any{
		"register": row.Register, "file": row.File, "subjects": subjects, "changed": changed,
	})
}

// undoLarge takes an import of many records back as a batch.
func (g *Registry) undoLarge(ctx context.Context, b *bulk, actor string, importID int64, may func(string) error, progress func(Progress)) error {
	var row *ImportRow
	var subjects []int64
	err := b.Read(ctx, func(r Reader) (err error) {
		if row, err = wanted(ctx, r, importID); err != nil {
			return err
		}
		if err := may(row.Register); err != nil || !row.UndoneAt.IsZero() {
			return err
		}
		subjects, err = r.SubjectsOf(ctx, importID)
		return err
	})
	if err != nil || !row.UndoneAt.IsZero() {
		return err
	}
	reg, err := g.register(row.Register)
	if err != nil {
		return err
	}
	if _, err := g.ready(ctx, reg); err != nil {
		return err
	}
	b.TakeBack(importID)
	changed, err := b.settle(ctx, reg, subjects, Progress{Stage: "undoing"}, progress)
	if err != nil {
		return err
	}
	b.last = append(b.last, func(ctx context.Context, w BatchWriter) error {
		if err := w.MarkUndone(ctx, importID, g.clock(), actor); err != nil {
			return err
		}
		if err := g.rereadWhole(ctx, w, row); err != nil {
			return err
		}
		return g.logUndo(ctx, w, actor, row, len(subjects), changed)
	})
	return nil
}

// settle derives subjects, ascending, again and writes what came out differently.
func (g *Registry) settle(ctx context.Context, w Writer, reg *pack.Register, subjects []int64, what Progress, progress func(Progress)) (changed int, err error) {
	d, err := g.deriver(ctx, w, reg)
	if err != nil {
		return 0, err
	}
	change, err := w.Counter(ctx, LastChange)
	if err != nil {
		return 0, err
	}
	what.TotalRows = len(subjects)
	tell := g.teller(what, progress)
	done := 0
	for part := range slices.Chunk(subjects, batchRows) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		profiles, n, err := d.rederive(ctx, part)
		if err != nil {
			return 0, err
		}
		for i := range profiles {
			profiles[i].Change = change + 1
		}
		if err := w.SetProfiles(ctx, profiles); err != nil {
			return 0, err
		}
		if err := w.Concern(ctx, part); err != nil {
			return 0, err
		}
		if err := g.mootGone(ctx, w, profiles); err != nil {
			return 0, err
		}
		changed += n
		done += len(part)
		tell(done, 0, false)
	}
	if changed > 0 {
		if _, err := w.Advance(ctx, LastChange, 1); err != nil {
			return 0, err
		}
	}
	tell(done, 0, true)
	return changed, nil
}
