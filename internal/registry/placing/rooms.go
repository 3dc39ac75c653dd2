package placing

import (
	"context"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Reader reads what was said of words of addresses, and whose addresses have them.
type Reader interface {
	fact.PlaceReader
	derive.StoredReader
	fact.ProfileScanner
}

// Writer writes what is said of them.
type Writer interface {
	fact.PlaceReader
	fact.ChangedReader
	fact.CounterWriter
	// AddPlaceAnswer adds an answer; a phrase has one in force at most.
	AddPlaceAnswer(ctx context.Context, a *fact.PlaceAnswer) error
	UndoPlaceAnswer(ctx context.Context, id int64, at time.Time, by string) error
}

// Storage is the database as answers about places need it.
type Storage interface {
	// Places is what words of addresses mean.
	Places() fact.Room[Reader, Writer]
}
