package identity

import (
	"context"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Reader reads merges, moved records and questions.
type Reader interface {
	derive.StoredReader
	fact.ProfileScanner
	fact.SubjectReader
	fact.MergedReader
	fact.PastReader
	HeldReader
	fact.QuestionReader
	fact.QuestionFinder
	fact.MeaningReader
	fact.PlaceReader
	// Merges returns one page of a register's merges, the newest first, and their total number.
	Merges(ctx context.Context, register string, which fact.MergeState, w fact.Wanted, offset, limit int) ([]fact.MergeRow, int, error)
	// MergePairs returns all merges that Merges would, in its order, only with their subjects.
	MergePairs(ctx context.Context, register string, which fact.MergeState, w fact.Wanted) ([]fact.Pair, error)
	// MergeMark returns a mark of the merges of a register: as long as it is the same, so are its merges, their subjects and what
	// is undone. lasting is false within a transaction that writes: what it shows may still be taken back.
	MergeMark(ctx context.Context, register string) (mark fact.MergeMark, lasting bool, err error)
	// Followed returns, by id, merges in force that linkage made at a time or later of subjects which records first to last name:
	// at most limit of them, with ids above after; and the number of all.
	Followed(ctx context.Context, register string, first, last int64, since time.Time, after int64, limit int) ([]fact.MergeRow, int, error)
	// AskedAbout returns the ids of open questions about subjects that records first to last name, the likeliest first, and the
	// number of all.
	AskedAbout(ctx context.Context, register string, first, last int64, limit int) ([]int64, int, error)
	Merge(ctx context.Context, id int64) (*fact.MergeRow, error)
	Relink(ctx context.Context, id int64) (*fact.RelinkRow, error)
	fact.ImportFinder
	fact.LinkedReader
	// Questions returns one page of the questions in a state, the highest weight first, and their total number.
	Questions(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted, offset, limit int) ([]fact.QuestionRow, int, error)
	// QuestionPairs returns all questions that Questions would, in its order, only with their subjects.
	QuestionPairs(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted) ([]fact.Pair, error)
	// Search returns active subjects whose normalised name contains part, ordered by name.
	Search(ctx context.Context, register, part string, limit int) ([]fact.ProfileRow, error)
}

// Writer merges and separates subjects, and answers questions about them.
type Writer interface {
	heldFinder
	HeldReader
	fact.ProfileWriter
	// SetHeldAnswer writes an answer in the place of an earlier one.
	SetHeldAnswer(ctx context.Context, a *fact.HeldAnswer) error
	fact.CounterWriter
	fact.RecordReader
	fact.EverReader
	fact.ImportFinder
	fact.LinkWriter
	fact.PastReader
	fact.QuestionFinder
	fact.QuestionWriter
	Merge(ctx context.Context, id int64) (*fact.MergeRow, error)
	Relink(ctx context.Context, id int64) (*fact.RelinkRow, error)
	AddMerges(ctx context.Context, rows []fact.MergeRow) error
	MarkMergeUndone(ctx context.Context, id int64, at time.Time, by string) error
	AddRelink(ctx context.Context, row *fact.RelinkRow) error
	MarkRelinkUndone(ctx context.Context, id int64, at time.Time, by string) error
	AddQuestions(ctx context.Context, rows []fact.QuestionRow) error
	// SetQuestions does what SetQuestion does, for many questions.
	SetQuestions(ctx context.Context, rows []*fact.QuestionRow) error
	// QuestionStates passes the questions of a register in no particular order, only with their two subjects and their
	// state.
	QuestionStates(ctx context.Context, register string, fn func(fact.QuestionRow)) error
}

// JoiningWriter lands merges within a batch.
type JoiningWriter interface {
	fact.Reserver
	// Join lands which subjects the records count for when the batch is in force. A later call for the same subject
	// replaces the earlier one.
	Join(ctx context.Context, joins []fact.JoinRow) error
	// AttachJoined puts the landed joins in force. Call it in the last transaction.
	AttachJoined(ctx context.Context) error
	// LandMerges lands merges under ids that the batch has reserved. They stay hidden until ShowLanded.
	LandMerges(ctx context.Context, rows []fact.MergeRow) error
	// LandQuestions lands questions in the same way.
	LandQuestions(ctx context.Context, rows []fact.QuestionRow) error
	// ShowLanded removes some of the landed rows and shows the rest. Call it in the last transaction.
	ShowLanded(ctx context.Context, without fact.Landed) error
}

// Storage is the database as this room needs it.
type Storage interface {
	// Identities opens transactions over merges, moves and questions.
	Identities() fact.Room[Reader, Writer]
	// Joining opens transactions that land merges within a batch. Use it only with the contexts of a batch.
	Joining() fact.Room[JoiningWriter, JoiningWriter]
	fact.Unit
}
