package profile

import (
	"context"
	"slices"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// EachProfile is Scan for any register; of others than the first, gone subjects are left out when all are asked for.
func (g *Profiles) EachProfile(ctx context.Context, register string, afterChange int64, fn func(*fact.Profile) error) error {
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
		case reg == g.base.Main():
			return r.EachProfile(ctx, register, pass)
		default: // by the index of names: reading all profiles would take as long as the largest register is
			err = r.EachName(ctx, register, false, func(subject int64, _ string) error {
				ids = append(ids, subject)
				return nil
			})
			if err == nil && afterChange > 0 { // those that are gone since
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

// RegisterOf gives the register that a subject is in; a fault when there is no such subject.
func (g *Profiles) RegisterOf(ctx context.Context, subject int64) (register string, err error) {
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
