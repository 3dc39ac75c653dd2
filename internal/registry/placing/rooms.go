package placing

import (
	"context"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Reader reads answers about phrases, and the profiles whose addresses contain them.
type Reader interface {
	fact.PlaceReader
	derive.StoredReader
	fact.ProfileScanner
}

// Writer writes answers about phrases.
type Writer interface {
	fact.PlaceReader
	fact.ChangedReader
	fact.CounterWriter
	// AddPlaceAnswer adds an answer. A phrase has at most one answer in force.
	AddPlaceAnswer(ctx context.Context, a *fact.PlaceAnswer) error
	UndoPlaceAnswer(ctx context.Context, id int64, at time.Time, by string) error
}

// Storage is the database as this room needs it.
type Storage interface {
	// Places opens transactions over answers about phrases in addresses.
	Places() fact.Room[Reader, Writer]
}
