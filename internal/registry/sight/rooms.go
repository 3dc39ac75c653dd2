package sight

import (
	"context"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Storage is the database as sights are compared with it.
type Storage interface {
	// Sights reads what somebody saw, and claims it.
	Sights() fact.Room[Reader, Writer]
	fact.Unit
}

// Reader reads what somebody saw, as it is.
type Reader interface {
	derive.StoredReader
	fact.MergeFinder
	fact.RecordReader
	fact.QuestionFinder
	fact.PlaceReader
	fact.MeaningReader
}

// Writer claims what somebody saw.
type Writer interface {
	// Claim says, in a narrow write (see fact.Narrow), that what it does depends on things, before it looks at them. Others that
	// claim one of them wait. Without things it claims all. Every other write has all claimed.
	Claim(ctx context.Context, things ...string) error
}
