package profile

import (
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Addresses returns the addresses of facts, in the same order. It uses only Record and Cell of a fact. A fact implied by
// a whole list has no address.
func (g *Profiles) Addresses(ctx context.Context, register string, facts []fact.Fact) (_ []fact.Address, err error) {
	defer fault.At(&err, "profile.Addresses(register %s, %d facts)", register, len(facts))
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	list := make([]fact.Address, len(facts))
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		d, err := g.base.Deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		order := make([]int, len(facts)) // sorted by record, so that each record is read once
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return int(facts[a].Record - facts[b].Record) })
		var row *fact.RecordRow
		for _, i := range order {
			f := &facts[i]
			if f.Record == 0 { // implied by a whole list
				continue
			}
			if row == nil || row.ID != f.Record {
				if row, err = r.Record(ctx, f.Record); err != nil {
					return err
				}
				if row == nil {
					return derive.MissingRecord(f.Record)
				}
			}
			if list[i], err = d.Address(ctx, row, f.Cell); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}
