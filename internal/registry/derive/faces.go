package derive

import (
	"context"

	"eyas/internal/registry/fact"
)

// What deriving asks of a transaction, put together of what the rows of package fact are read and written by.

// Reader is what deriving subjects from their records reads.
type Reader interface {
	fact.NumberReader
	fact.LayoutReader
	fact.LinkedReader
	fact.ProfileReader
	fact.SubjectReader
	fact.PlaceReader
}

// StoredReader is what reading profiles as they are stored reads.
type StoredReader interface {
	fact.NumberReader
	fact.ListReader
	fact.ProfileReader
}

// BlocksReader is what deriving a whole register as of a moment reads.
type BlocksReader interface {
	BlockReader
	fact.ListReader
	fact.PastReader
	fact.CounterReader
	// Beside opens up to n more readers on the same snapshot, so that several goroutines read at the same time; fewer,
	// or none, when it cannot. Whoever calls it calls close afterwards.
	Beside(ctx context.Context, n int) (others []BlockReader, close func(), err error)
}

// BlockReader reads a range of subjects; see ProfileBlocks.
type BlockReader interface {
	Reader
	fact.EverReader
	fact.LinkScanner
	fact.BlockScanner
}

// markWriter gives profiles that stay as they are another number.
type markWriter interface {
	fact.ProfileReader
	fact.ProfileWriter
	fact.CounterWriter
}

// reconsiderWriter is what becomes of whole lists when questions are answered.
type reconsiderWriter interface {
	fact.ListReader
	fact.LinkedReader
	fact.QuestionReader
	markWriter
}

// mergeFollower is what letting links follow merges reads and writes.
type mergeFollower interface {
	fact.MergeFinder
	// Attach makes the records that one of the origins names count for a subject.
	Attach(ctx context.Context, origins []int64, subject int64) error
}

// mootWriter lets go of questions about subjects that are gone.
type mootWriter interface {
	fact.ProfileReader
	fact.QuestionWriter
}

// addressReader is what looking for addresses with some words reads.
type addressReader interface {
	fact.NumberReader
	fact.ProfileScanner
}

// foreseeReader is what foreseeing numbers reads.
type foreseeReader interface {
	fact.NumberReader
	fact.CounterReader
}
