package derive

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// What the rooms above have derived, numbered and logged within their own transactions. The context must carry the
// transaction: see fact.Room.Within.

// Numbered is Rules after every attribute and source of the pack was given a number.
func (g *Base) Numbered(ctx context.Context, reg *pack.Register) (n *Rules, err error) {
	defer fault.At(&err, "derive.Numbered(register %s)", reg.ID)
	err = g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { n, err = g.NumberedIn(ctx, w, reg); return err })
	return n, err
}

// Settle derives subjects, ascending, again, writes what came out differently and gives how many these are.
func (g *Base) Settle(ctx context.Context, reg *pack.Register, subjects []int64, what Progress, progress func(Progress)) (changed int, err error) {
	defer fault.At(&err, "derive.Settle(register %s, %d subjects)", reg.ID, len(subjects))
	err = g.rooms.Deriving().Write(ctx, func(w RoomWriter) error {
		changed, err = g.settle(ctx, w, reg, subjects, what, progress)
		return err
	})
	return changed, err
}

// Reconsider marks the subjects as changed that an open question relates to one of subjects, when one of these is in a
// whole list. It is called after links and questions were written.
func (g *Base) Reconsider(ctx context.Context, register string, subjects []int64) (err error) {
	defer fault.At(&err, "derive.Reconsider(register %s, %d subjects)", register, len(subjects))
	return g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { return g.reconsider(ctx, w, register, subjects) })
}

// RereadWhole makes readers read every profile of a register anew when an import that is the whole list of something comes
// or goes.
func (g *Base) RereadWhole(ctx context.Context, i *fact.ImportRow) (err error) {
	defer fault.At(&err, "derive.RereadWhole(import %d)", i.ID)
	return g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { return g.rereadWhole(ctx, w, i) })
}

// Log appends to the operation log. detail is written as JSON, with the pack by which profiles were derived.
func (g *Base) Log(ctx context.Context, actor, action, subject string, detail map[string]any) (err error) {
	defer fault.At(&err, "derive.Log(action %s)", action)
	return g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { return g.log(ctx, w, actor, action, subject, detail) })
}
