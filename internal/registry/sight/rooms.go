package sight

import (
	"context"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Storage is the database as this room needs it.
type Storage interface {
	// Sights opens transactions that compare marks with the current state and claim what was compared.
	Sights() fact.Room[Reader, Writer]
	fact.Unit
}

// Reader reads the current state of what a person saw.
type Reader interface {
	derive.StoredReader
	fact.MergeFinder
	fact.RecordReader
	fact.QuestionFinder
	fact.PlaceReader
	fact.MeaningReader
}

// Writer claims what a person saw.
type Writer interface {
	// Claim declares, in a narrow write (see fact.Narrow), the things that the write depends on. Call it before reading
	// them. Other writes that claim one of them wait. Without things it claims everything. A write that is not narrow has
	// claimed everything.
	Claim(ctx context.Context, things ...string) error
}
