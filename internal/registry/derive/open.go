package derive

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// Open opens a file for reading, with the confirmed meanings of headers and the answers about places.
func (g *Base) Open(ctx context.Context, r OpenReader, reg *pack.Register, src layout.Source, opt layout.Options) (_ *layout.Reader, err error) {
	defer fault.At(&err, "derive.Open(register %s, file %s)", reg.ID, src.Name)
	remembered, err := r.Remembered(ctx, reg.ID)
	if err != nil {
		return nil, err
	}
	resolver, err := g.Places(ctx, r)
	if err != nil {
		return nil, err
	}
	return layout.Open(g.Pack, reg, src, opt, remembered, resolver, g.Clock())
}

// OpenReader is what Open needs.
type OpenReader interface {
	fact.MeaningReader
	fact.PlaceReader
}
