package profile

import (
	"context"
	"errors"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// EachProfile is Scan for any register. Gone subjects may be left out when all are asked for.
func (g *Profiles) EachProfile(ctx context.Context, register string, afterChange int64, fn func(*fact.Profile) error) (err error) {
	defer fault.At(&err, "profile.EachProfile(register %s, after change %d)", register, afterChange)
	return g.each(ctx, register, afterChange, many, fn)
}

// each gives the profiles of a register. When all are asked for and there are no more than few, the live ones are read one after
// the other.
func (g *Profiles) each(ctx context.Context, register string, afterChange int64, few int, fn func(*fact.Profile) error) error {
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return err
	}
	return g.rooms.Profiles().Read(ctx, func(r Reader) error {
		pass, err := g.base.Reader(ctx, r, reg, fn)
		if err != nil {
			return err
		}
		_, reread, err := r.Changes(ctx, register)
		if err != nil {
			return err
		}
		var ids []int64
		switch {
		case afterChange > 0 && afterChange >= reread:
			ids, err = r.Changed(ctx, register, afterChange)
		case few == 0:
			return r.EachProfile(ctx, register, pass)
		default: // by the index of names while they are few: reading all profiles would take as long as the largest register is
			err = r.EachName(ctx, register, false, func(subject int64, _ string) error {
				if ids = append(ids, subject); len(ids) > few {
					return errMany
				}
				return nil
			})
			if errors.Is(err, errMany) {
				return r.EachProfile(ctx, register, pass)
			}
			if err == nil && afterChange > 0 { // subjects that became inactive since
				var changed []int64
				changed, err = r.Changed(ctx, register, afterChange)
				ids = append(ids, changed...)
			}
			slices.Sort(ids)
			ids = slices.Compact(ids)
		}
		if err != nil {
			return err
		}
		return derive.EachOf(ctx, r, ids, pass)
	})
}

// many is from how many subjects on a register is read with all others and not one subject after the other.
const many = 50_000

var errMany = errors.New("profiles: enough were counted")

// MoreThan reports whether a register has more subjects than so many. It counts no further, so that it is quick whatever there is.
func (g *Profiles) MoreThan(ctx context.Context, register string, subjects int) (more bool, err error) {
	defer fault.At(&err, "profile.MoreThan(register %s)", register)
	if _, err := g.base.RegisterOf(register); err != nil {
		return false, err
	}
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		n := 0
		return r.EachName(ctx, register, false, func(int64, string) error {
			if n++; n > subjects {
				return errMany
			}
			return nil
		})
	})
	if errors.Is(err, errMany) {
		return true, nil
	}
	return false, err
}

// RegisterOf returns the id of the register that a subject is in; a fault with code NotFound when there is no such
// subject.
func (g *Profiles) RegisterOf(ctx context.Context, subject int64) (register string, err error) {
	defer fault.At(&err, "profile.RegisterOf(subject %d)", subject)
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		rows, err := r.Profiles(ctx, []int64{subject})
		if err == nil && len(rows) == 0 {
			err = derive.NoSubject(subject)
		}
		if err == nil {
			register = rows[0].Register
		}
		return err
	})
	return register, err
}
