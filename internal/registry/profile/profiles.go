// Package profile reads profiles: of one subject or of all, now and as of any moment, with the record and cell of each
// value.
package profile

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Profiles reads the profiles of a base, now and as of other moments.
type Profiles struct {
	base  *derive.Base
	rooms Storage
}

// New returns the profiles of a base.
func New(base *derive.Base, rooms Storage) *Profiles { return &Profiles{base, rooms} }

// Profile returns the current profile of a subject; a fault with code NotFound when there is no such subject.
func (g *Profiles) Profile(ctx context.Context, subject int64) (_ *fact.Profile, err error) {
	defer fault.At(&err, "profile.Profile(subject %d)", subject)
	return g.ProfileAt(ctx, subject, fact.Moment{})
}

// Scan gives the profiles of the pack's main register that changed after a value of the change counter, gone ones
// too, by subject. The profile is used again for the next: whoever keeps it copies its facts. Texts may be kept.
func (g *Profiles) Scan(ctx context.Context, afterChange int64, fn func(*fact.Profile) error) (err error) {
	defer fault.At(&err, "profile.Scan(after change %d)", afterChange)
	return g.each(ctx, g.base.Pack.Main().ID, afterChange, 0, fn)
}

// Change returns the change counter. It grows with every transaction that changes a profile.
func (g *Profiles) Change(ctx context.Context) (n int64, err error) {
	defer fault.At(&err, "profile.Change")
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		n, err = r.Counter(ctx, fact.LastChange)
		return err
	})
	return n, err
}

// ChangeOf returns the value of the change counter at the last write to a register.
func (g *Profiles) ChangeOf(ctx context.Context, register string) (n int64, err error) {
	defer fault.At(&err, "profile.ChangeOf(register %s)", register)
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		n, _, err = r.Changes(ctx, register)
		return err
	})
	return n, err
}

// Version identifies a state of a register in the history of one base. The zero Version belongs to no history.
type Version struct {
	Change int64
	Mark   string // the random mark of that change, which no other history has
}

// Since returns the current version of a register. own reports whether an earlier version belongs to its past. If not,
// the base was restored or replaced meanwhile, and nothing that was derived from the earlier version may be used. Writes
// to other registers do not change the version.
func (g *Profiles) Since(ctx context.Context, register string, earlier Version) (now Version, own bool, err error) {
	defer fault.At(&err, "profile.Since(register %s)", register)
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		if now.Change, _, err = r.Changes(ctx, register); err != nil {
			return err
		}
		if now.Mark, err = r.Mark(ctx, now.Change); err != nil {
			return err
		}
		mark := now.Mark
		if earlier.Change != now.Change {
			mark, err = r.Mark(ctx, earlier.Change)
		}
		own = mark != "" && mark == earlier.Mark
		return err
	})
	return now, own, err
}
