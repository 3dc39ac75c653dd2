package derive

import (
	"context"

	"eyas/internal/registry/fact"
)

// Storage is the database as deriving needs it.
type Storage interface {
	// Deriving is what subjects are derived from.
	Deriving() fact.Room[RoomReader, RoomWriter]
	// Begin opens a batch. Batches of a base run one after another, over all processes; while another one is open,
	// waiting is called from time to time. kind is for people who look into the base.
	Begin(ctx context.Context, kind string, waiting func()) (Batch, error)
}

// RoomReader reads what subjects are derived from.
type RoomReader interface {
	BlockReader
	fact.ListReader
	fact.CounterReader
	fact.ProfileScanner
}

// RoomWriter gives numbers to what the pack has, and writes what was derived anew.
type RoomWriter interface {
	settleWriter
	reconsiderWriter
	fact.LogWriter
}

// Batch is work that lands in short transactions and comes into force as a whole. Until then everybody else sees what
// was before, and writes meanwhile; what batch and others wrote about one subject is settled before it comes into
// force. A batch whose process ends is taken back by whoever opens the base or a batch next. The contexts that it gives
// carry its transactions: a room writes within them what is its own.
type Batch interface {
	// Chunk runs fn in a short transaction, in which what the batch wrote before can be read, and gives way to others.
	Chunk(ctx context.Context, fn func(ctx context.Context, w BatchWriter) error) error
	// Read runs fn on one snapshot as the batch sees it.
	Read(ctx context.Context, fn func(ctx context.Context) error) error
	// Force runs fn in the last transaction, after which the batch is in force.
	Force(ctx context.Context, fn func(ctx context.Context, w BatchWriter) error) error
	// Drop takes the batch back; after Force it does nothing.
	Drop(ctx context.Context) error
	// Bring lets an import that Force will store count in what the batch reads, and TakeBack lets one count no more.
	Bring(row *fact.ImportRow)
	TakeBack(importID int64)
	// Used says which reserved id of a counter was used last; the others are given back if nobody has any after them.
	Used(c fact.Counter, last int64)
}

// BatchWriter writes, in the transactions of a batch, what was derived. The change numbers of profiles that it is given do
// not count: all that a batch writes has one number, which it gets when it comes into force.
type BatchWriter interface {
	Reader
	fact.ProfileWriter
	mergeFollower
	fact.QuestionWriter
	fact.ChangeNoter
	// Enough reports that the chunk had better end: it has lasted as long as one may, or somebody waits for it.
	Enough() bool
	// Concerned takes, and forgets, up to limit subjects of which others wrote something since the batch began.
	Concerned(ctx context.Context, limit int) ([]int64, error)
}

// settleWriter is what deriving subjects anew writes.
type settleWriter interface {
	Reader
	fact.NumberWriter
	fact.CounterWriter
	fact.ChangeNoter
	fact.ProfileWriter
	fact.QuestionWriter
	// Concern says that something was written about subjects, were it nothing that changes their profiles. An open
	// batch derives them again.
	Concern(ctx context.Context, subjects []int64) error
}
