package registry

import (
	"context"
	"slices"
)

// Addresses says where the values of facts came from, in the same order. Only Record and Cell of a fact count; what
// follows from not being in a whole list has no address.
func (g *Registry) Addresses(ctx context.Context, register string, facts []Fact) ([]Address, error) {
	reg, err := g.register(register)
	if err != nil {
		return nil, err
	}
	list := make([]Address, len(facts))
	err = g.base.Read(ctx, func(r Reader) error {
		d, err := g.deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		order := make([]int, len(facts)) // by record, so that each is read once
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return int(facts[a].Record - facts[b].Record) })
		var row *RecordRow
		for _, i := range order {
			f := &facts[i]
			if f.Record == 0 { // a whole list that does not have the subject
				continue
			}
			if row == nil || row.ID != f.Record {
				if row, err = r.Record(ctx, f.Record); err != nil {
					return err
				}
				if row == nil {
					return missingRecord(f.Record)
				}
			}
			if list[i], err = d.address(ctx, row, f.Cell); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}
