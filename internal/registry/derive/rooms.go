package derive

import (
	"context"

	"eyas/internal/registry/fact"
)

// Storage is the database as deriving needs it.
type Storage interface {
	// Deriving reads and writes what subjects are derived from.
	Deriving() fact.Room[RoomReader, RoomWriter]
	// Begin opens a batch. Batches of a base run one after another, over all processes. While another one is open, Begin
	// waits and calls waiting from time to time. kind says what the batch does, for people who look into the database.
	Begin(ctx context.Context, kind string, waiting func()) (Batch, error)
}

// RoomReader reads what subjects are derived from.
type RoomReader interface {
	BlockReader
	fact.ListReader
	fact.CounterReader
	fact.ProfileScanner
}

// RoomWriter assigns numbers to attributes and sources, and writes derived profiles.
type RoomWriter interface {
	settleWriter
	reconsiderWriter
	fact.LogWriter
}

// Batch is a long write that lands in short transactions (chunks) and comes into force as a whole. Until then others see
// the state before it, and can write. Subjects that both the batch and others wrote are settled before it comes into
// force. When the process of a batch ends early, the next one to open the base or to begin a batch takes the batch back.
// The contexts that a batch passes on carry its transactions: rooms write with them.
type Batch interface {
	// Chunk runs fn in a short transaction that sees what the batch wrote before. Between chunks other writers get their
	// turn.
	Chunk(ctx context.Context, fn func(ctx context.Context, w BatchWriter) error) error
	// Read runs fn on one snapshot, as the batch sees it.
	Read(ctx context.Context, fn func(ctx context.Context) error) error
	// Force runs fn in the last transaction. After it the batch is in force.
	Force(ctx context.Context, fn func(ctx context.Context, w BatchWriter) error) error
	// Drop takes the batch back; after Force it does nothing.
	Drop(ctx context.Context) error
	// Bring lets an import that Force will store count in what the batch reads. TakeBack lets an import no longer count
	// there.
	Bring(row *fact.ImportRow)
	TakeBack(importID int64)
	// Used tells the last id that was used of those that were reserved last of a counter; the id before them when none was.
	// Ids after it are given back, unless another writer has taken ids after them.
	Used(c fact.Counter, last int64)
}

// BatchWriter writes derived profiles in the transactions of a batch. The change numbers in the profiles are ignored:
// everything that a batch writes gets one number when the batch comes into force.
type BatchWriter interface {
	Reader
	fact.ProfileWriter
	mergeFollower
	fact.QuestionWriter
	fact.ChangeNoter
	// Enough reports that the chunk should end: it has run as long as one may, or another writer is waiting.
	Enough() bool
	// Concerned returns and forgets up to limit subjects that other writers changed since the batch began.
	Concerned(ctx context.Context, limit int) ([]int64, error)
}

// settleWriter is what deriving subjects again needs.
type settleWriter interface {
	Reader
	fact.NumberWriter
	fact.CounterWriter
	fact.ChangeNoter
	fact.ProfileWriter
	fact.QuestionWriter
	// Concern records that something about subjects was written, even if their profiles did not change. An open batch
	// then derives them again.
	Concern(ctx context.Context, subjects []int64) error
}
