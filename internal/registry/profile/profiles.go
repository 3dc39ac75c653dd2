// Package profile answers what is known: of one subject or of all, now and as of any moment, with where each value came from.
package profile

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Profiles answers what is known, now and at other moments.
type Profiles struct {
	base  *derive.Base
	rooms Storage
}

// New gives what is known in a base.
func New(base *derive.Base, rooms Storage) *Profiles { return &Profiles{base, rooms} }

// Profile gives what is known of a subject.
func (g *Profiles) Profile(ctx context.Context, subject int64) (_ *fact.Profile, err error) {
	defer fault.At(&err, "profile.Profile(subject %d)", subject)
	return g.ProfileAt(ctx, subject, fact.Moment{})
}

// Scan gives the profiles of the pack's main register that changed after a value of the change counter, gone ones
// too, by subject. The profile is used again for the next: whoever keeps it copies its facts. Texts may be kept.
func (g *Profiles) Scan(ctx context.Context, afterChange int64, fn func(*fact.Profile) error) error {
	return g.each(ctx, g.base.Pack.Main().ID, afterChange, 0, fn)
}

// Change gives the change counter: it grows with every transaction that changes a profile.
func (g *Profiles) Change(ctx context.Context) (n int64, err error) {
	defer fault.At(&err, "profile.Change")
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		n, err = r.Counter(ctx, fact.LastChange)
		return err
	})
	return n, err
}

// ChangeOf gives the value that the change counter had when something of a register was last written.
func (g *Profiles) ChangeOf(ctx context.Context, register string) (n int64, err error) {
	defer fault.At(&err, "profile.ChangeOf(register %s)", register)
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		n, _, err = r.Changes(ctx, register)
		return err
	})
	return n, err
}

// Version says which state of a register, in which history, something was derived from. The zero Version belongs to no history.
type Version struct {
	Change int64
	Mark   string // of that change; random, so that no other history has it
}

// Since gives the version of a register now, and reports whether an earlier one belongs to its past: if not, the base was
// restored or replaced meanwhile, and nothing that was derived from it then may be used. What is written in other
// registers leaves the version as it is.
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
