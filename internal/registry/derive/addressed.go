package derive

import (
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// Addressed returns, by register and ascending, the subjects whose address contains one of some phrases. It reads all
// profiles once.
func (g *Base) Addressed(ctx context.Context, r addressReader, phrases []string) (_ map[*pack.Register][]int64, err error) {
	defer fault.At(&err, "derive.Addressed(%d phrases)", len(phrases))
	seekers := map[string]*addressSeeker{}
	for _, reg := range g.Pack.Registers {
		if reg.Attribute(layout.AddressAttr) == nil {
			continue
		}
		n, err := g.rulesOf(ctx, r, reg)
		if err != nil {
			return nil, err
		}
		seekers[reg.ID] = &addressSeeker{rules: n, phrases: phrases}
	}
	if err := r.EachProfile(ctx, "", func(row *fact.ProfileRow) error {
		s := seekers[row.Register]
		if s == nil {
			return nil
		}
		s.subject = row.Subject
		if err := s.rules.Values(row.Facts, s); err != nil {
			return BadProfile(row.Subject, err)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	found := map[*pack.Register][]int64{}
	for _, s := range seekers {
		found[s.rules.Register] = slices.Compact(s.found)
	}
	return found, nil
}
