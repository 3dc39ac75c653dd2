package intake

import (
	"context"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
)

// Reader reads imports and their records.
type Reader interface {
	targetReader
	fact.ImportReader
	fact.ImportLister
	fact.MeaningReader
	derive.Reader
	fact.PastReader
	fact.EverReader
	fact.RecordReader
	// Imports returns one page of imports, the newest first, without layouts and lists, and their total number.
	Imports(ctx context.Context, w fact.Wanted, offset, limit int) ([]fact.ImportRow, int, error)
	// Synthetic reports whether an import of generated rows is in force.
	Synthetic(ctx context.Context) (bool, error)
	// SubjectsOf returns the subjects that an import's records count for, ascending.
	SubjectsOf(ctx context.Context, importID int64) ([]int64, error)
	// Sealed reports whether a record of an import is sealed: it has personal data of the highest class, or the register has.
	Sealed(ctx context.Context, importID int64) (bool, error)
	// Brought returns those of some subjects, ascending, of which a person brought a record that is in force.
	Brought(ctx context.Context, actor string, subjects []int64) ([]int64, error)
	// LinksAfter returns records first to last, at most limit of them, with the subject that each counts for.
	LinksAfter(ctx context.Context, first, last int64, limit int) ([]fact.LinkRow, error)
	// EachRecord passes the records of an import in order: the refused ones, or all of them. The row is reused.
	EachRecord(ctx context.Context, importID int64, refused bool, fn func(*fact.RecordRow) error) error
	// KeptImports returns imports into a register and entries by hand behind an import, in force or undone, in the order of their
	// numbers and with their layouts.
	KeptImports(ctx context.Context, register string, after int64, limit int) ([]fact.ImportRow, error)
	// ImportsWith returns the imports of a file, by its content.
	ImportsWith(ctx context.Context, sha256 string) ([]int64, error)
	// EachErased passes the records first to last of which cells were erased, with these, counted from 0.
	EachErased(ctx context.Context, first, last int64, fn func(sheet, row int, cells []int) error) error
}

// Writer stores and undoes imports and entries by hand.
type Writer interface {
	// Claim declares, in a narrow write (see fact.Narrow), the things that the write depends on. Call it before reading
	// them. Other writes that claim one of them wait. Without things it claims everything. A write that is not narrow has
	// claimed everything.
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
	fact.RecordReader
	// EraseCell deletes the value of a cell for good; column counts from 0.
	EraseCell(ctx context.Context, record int64, column int) error
	// ErasedBefore reports whether a cell was erased before; column counts from 0.
	ErasedBefore(ctx context.Context, record int64, column int) (bool, error)
	// EraseSaid deletes what findings, notes and reasons say of erased cells of an import.
	EraseSaid(ctx context.Context, importID int64, cells []fact.Gone) error
	// EntriesOf returns the entries by hand that have a reason and of which records count for subjects.
	EntriesOf(ctx context.Context, subjects []int64) ([]int64, error)
	// SetTexts replaces the layouts and lists of an import, and the reason of an entry by hand.
	SetTexts(ctx context.Context, i *fact.ImportRow) error
}

// LandingWriter lands the rows of a file within a batch.
type LandingWriter interface {
	derive.Reader
	targetReader
	targetWriter
	fact.Reserver
	fact.CounterWriter
	// Standing returns subjects as other readers see them, without those that only the batch knows.
	Standing(ctx context.Context, subjects []int64) ([]fact.SubjectRow, error)
	// Discard removes subjects that the batch made.
	Discard(ctx context.Context, subjects []int64) error
	// SetLink changes what a record is linked to.
	SetLink(ctx context.Context, row fact.LinkRow) error
}

// Storage is the database as this room needs it.
type Storage interface {
	// Imports opens transactions over imports.
	Imports() fact.Room[Reader, Writer]
	// Landing opens transactions that land rows within a batch. Use it only with the contexts of a batch.
	Landing() fact.Room[LandingWriter, LandingWriter]
}

// targetReader and targetWriter are what storing rows needs.
type targetReader interface {
	identity.ResolverReader
	fact.ProfileReader
}

type targetWriter interface {
	fact.ProfileReader
	fact.ProfileWriter
	// AddRecords writes source records. It does not write Subject, see AddLinks.
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
