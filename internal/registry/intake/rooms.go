package intake

import (
	"context"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
)

// Reader reads what came in.
type Reader interface {
	targetReader
	fact.ImportReader
	fact.ImportLister
	fact.MeaningReader
	derive.Reader
	fact.RecordReader
	// Imports lists imports from the newest on, without layouts and lists, and their whole number.
	Imports(ctx context.Context, offset, limit int) ([]fact.ImportRow, int, error)
	// Synthetic reports whether an import of generated rows is in force.
	Synthetic(ctx context.Context) (bool, error)
	// SubjectsOf gives the subjects that an import's records are linked to, ascending.
	SubjectsOf(ctx context.Context, importID int64) ([]int64, error)
	// EachRecord gives an import's records in order: the refused ones, or those that were accepted. The row is reused.
	EachRecord(ctx context.Context, importID int64, refused bool, fn func(*fact.RecordRow) error) error
}

// Writer takes in rows, by file or by hand, and takes them back.
type Writer interface {
	// Claim says, in a narrow write (see Narrow), that what it does depends on things, before it looks at them. Others that
	// claim one of them wait. Without things it claims all. Every other write has all claimed.
	Claim(ctx context.Context, things ...string) error
	targetReader
	targetWriter
	fact.CounterWriter
	fact.ImportReader
	fact.PastReader
	// SubjectsOf gives the subjects that an import's records are linked to, ascending.
	SubjectsOf(ctx context.Context, importID int64) ([]int64, error)
	AddImport(ctx context.Context, row *fact.ImportRow) error
	MarkUndone(ctx context.Context, importID int64, at time.Time, by string) error
	Remember(ctx context.Context, actor, register string, at time.Time, mapping map[string]string) error
}

// LandingWriter lands the rows of a file within a batch.
type LandingWriter interface {
	derive.Reader
	targetReader
	targetWriter
	fact.Reserver
	fact.CounterWriter
	// Standing gives subjects as everybody else sees them, without those that only the batch knows.
	Standing(ctx context.Context, subjects []int64) ([]fact.SubjectRow, error)
	// Discard takes away subjects that the batch made.
	Discard(ctx context.Context, subjects []int64) error
	// SetLink changes what a record is linked to.
	SetLink(ctx context.Context, row fact.LinkRow) error
}

// Storage is the database as what comes in needs it.
type Storage interface {
	// Imports is what came in, and how more comes in.
	Imports() fact.Room[Reader, Writer]
	// Landing is how rows come in within a batch. It is written with the contexts of a batch only.
	Landing() fact.Room[LandingWriter, LandingWriter]
}

// targetReader and targetWriter are what taking in rows reads and writes.
type targetReader interface {
	identity.ResolverReader
	fact.ProfileReader
}

type targetWriter interface {
	fact.ProfileReader
	fact.ProfileWriter
	// AddRecords writes rows as they came; Subject is not written, see AddLinks.
	AddRecords(ctx context.Context, rows []fact.RecordRow) error
	AddLinks(ctx context.Context, rows []fact.LinkRow) error
	// AddBlock writes what proves records that were added in the same transaction; blocks come by ascending records.
	AddBlock(ctx context.Context, b *fact.BlockRow) error
	// AddMentions writes whom records of a register name.
	AddMentions(ctx context.Context, register string, rows []fact.MentionRow) error
}

// importAdder stores an import.
type importAdder interface {
	AddImport(ctx context.Context, row *fact.ImportRow) error
}

// lookWriter is what looking into a file writes, in a preview onto an overlay.
type lookWriter interface {
	fact.NumberWriter
	targetReader
	targetWriter
}
