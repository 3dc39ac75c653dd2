package derive

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// These methods work within the transaction of the caller. Their context must carry it: see fact.Room.Within.

// Numbered assigns numbers to all attributes and sources that have none yet, and returns the rules of the register.
func (g *Base) Numbered(ctx context.Context, reg *pack.Register) (n *Rules, err error) {
	defer fault.At(&err, "derive.Numbered(register %s)", reg.ID)
	err = g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { n, err = g.NumberedIn(ctx, w, reg); return err })
	return n, err
}

// Settle derives subjects, which must be ascending, again and writes the profiles that changed. changed is their number.
func (g *Base) Settle(ctx context.Context, reg *pack.Register, subjects []int64, what Progress, progress func(Progress)) (changed int, err error) {
	defer fault.At(&err, "derive.Settle(register %s, %d subjects)", reg.ID, len(subjects))
	settle := func() error {
		return g.rooms.Deriving().Write(ctx, func(w RoomWriter) error {
			changed, err = g.settle(ctx, w, reg, subjects, what, progress)
			return err
		})
	}
	if watch := watchOf(ctx); watch != nil {
		err = watch(ctx, reg, subjects, func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }, settle)
	} else {
		err = settle()
	}
	return changed, err
}

// Reconsider marks subjects as changed when an open question connects them with one of subjects and that one is in a
// whole list. Call it after links and questions were written.
func (g *Base) Reconsider(ctx context.Context, register string, subjects []int64) (err error) {
	defer fault.At(&err, "derive.Reconsider(register %s, %d subjects)", register, len(subjects))
	return g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { return g.reconsider(ctx, w, register, subjects) })
}

// RereadWhole makes readers read every profile of a register again when an import with a whole list comes into force or
// is undone.
func (g *Base) RereadWhole(ctx context.Context, i *fact.ImportRow) (err error) {
	defer fault.At(&err, "derive.RereadWhole(import %d)", i.ID)
	return g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { return g.rereadWhole(ctx, w, i) })
}

// Log appends an entry to the operation log. detail is written as JSON, with the mark of the pack that profiles are
// derived with.
func (g *Base) Log(ctx context.Context, actor, action, subject string, detail map[string]any) (err error) {
	defer fault.At(&err, "derive.Log(action %s)", action)
	return g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { return g.log(ctx, w, actor, action, subject, detail) })
}
