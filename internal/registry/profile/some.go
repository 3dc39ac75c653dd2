package profile

import (
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// EachOf passes the current profiles of some subjects of any registers, with the register of each, to fn. Ids that do not exist
// are left out. The profile is reused. The ids are put in ascending order.
func (g *Profiles) EachOf(ctx context.Context, ids []int64, fn func(reg *pack.Register, p *fact.Profile) error) (err error) {
	defer fault.At(&err, "profile.EachOf(%d subjects)", len(ids))
	slices.Sort(ids)
	ids = slices.Compact(ids)
	readers := map[string]func(*fact.ProfileRow) error{}
	return g.rooms.Profiles().Read(ctx, func(r Reader) error {
		return derive.EachOf(ctx, r, ids, func(row *fact.ProfileRow) error {
			read := readers[row.Register]
			if read == nil {
				reg, err := g.base.RegisterOf(row.Register)
				if err != nil {
					return err
				}
				if read, err = g.base.Reader(ctx, r, reg, func(p *fact.Profile) error { return fn(reg, p) }); err != nil {
					return err
				}
				readers[row.Register] = read
			}
			return read(row)
		})
	})
}
