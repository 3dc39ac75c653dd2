package derive

import (
	"context"

	"eyas/internal/registry/fact"
)

// Each interface here is what one operation needs of a transaction. It combines interfaces of package fact.

// Reader is what deriving subjects from their records needs.
type Reader interface {
	fact.NumberReader
	fact.LayoutReader
	fact.LinkedReader
	fact.ProfileReader
	fact.SubjectReader
	fact.PlaceReader
}

// StoredReader is what reading stored profiles needs.
type StoredReader interface {
	fact.NumberReader
	fact.ListReader
	fact.ProfileReader
}

// BlocksReader is what deriving a whole register as of a moment needs.
type BlocksReader interface {
	BlockReader
	fact.ListReader
	fact.PastReader
	fact.CounterReader
	// Beside opens up to n more readers on the same snapshot, so that several goroutines can read at the same time. It
	// may open fewer, or none. The caller must call close.
	Beside(ctx context.Context, n int) (others []BlockReader, close func(), err error)
}

// BlockReader reads a range of subjects; see ProfileBlocks.
type BlockReader interface {
	Reader
	fact.EverReader
	fact.LinkScanner
	fact.BlockScanner
}

// markWriter gives unchanged profiles a new change number.
type markWriter interface {
	fact.ProfileReader
	fact.ProfileWriter
	fact.CounterWriter
}

// reconsiderWriter is what Reconsider needs.
type reconsiderWriter interface {
	fact.ListReader
	fact.LinkedReader
	fact.QuestionReader
	markWriter
}

// mergeFollower is what followMerges needs.
type mergeFollower interface {
	fact.MergeFinder
	// Attach lets the records whose rows name one of the origins count for a subject.
	Attach(ctx context.Context, origins []int64, subject int64) error
}

// mootWriter marks questions about inactive subjects as moot.
type mootWriter interface {
	fact.ProfileReader
	fact.QuestionWriter
}

// addressReader is what Addressed needs.
type addressReader interface {
	fact.NumberReader
	fact.ProfileScanner
}

// foreseeReader is what Foreseen needs.
type foreseeReader interface {
	fact.NumberReader
	fact.CounterReader
}
