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
	fact.QuestionReader
	fact.QuestionFinder
	fact.MeaningReader
	fact.PlaceReader
	// Merges lists a register's merges, the newest first, and their whole number.
	Merges(ctx context.Context, register string, which fact.MergeState, offset, limit int) ([]fact.MergeRow, int, error)
	// Questions lists questions in a state, the weightiest first, and their whole number.
	Questions(ctx context.Context, register string, state fact.QuestionState, offset, limit int) ([]fact.QuestionRow, int, error)
	// Search finds live subjects whose normalised name contains part, in the order of names.
	Search(ctx context.Context, register, part string, limit int) ([]fact.ProfileRow, error)
}

// Writer merges and parts subjects, and answers questions about them.
type Writer interface {
	fact.ProfileReader
	fact.ProfileAdder
	fact.CounterWriter
	fact.RecordReader
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
	// SetQuestions does for many what SetQuestion does for one.
	SetQuestions(ctx context.Context, rows []*fact.QuestionRow) error
	// QuestionStates gives the questions of a register with their two subjects and their state only, in no order.
	QuestionStates(ctx context.Context, register string, fn func(fact.QuestionRow)) error
}

// JoiningWriter lands merges within a batch.
type JoiningWriter interface {
	fact.Reserver
	// Join lands for whom the records of subjects count when the batch is in force; what is said last holds.
	Join(ctx context.Context, joins []fact.JoinRow) error
	// AttachJoined, in the last transaction, lets the records of the joined subjects count so.
	AttachJoined(ctx context.Context) error
	// LandMerges lands merges under numbers that the batch has reserved: nobody sees them before ShowLanded.
	LandMerges(ctx context.Context, rows []fact.MergeRow) error
	// LandQuestions does so with questions.
	LandQuestions(ctx context.Context, rows []fact.QuestionRow) error
	// ShowLanded, in the last transaction, takes some of what was landed away and shows the rest.
	ShowLanded(ctx context.Context, without fact.Landed) error
}

// Storage is the database as identities need it.
type Storage interface {
	// Identities is who is the same as whom.
	Identities() fact.Room[Reader, Writer]
	// Joining is how subjects are merged within a batch. It is written with the contexts of a batch only.
	Joining() fact.Room[JoiningWriter, JoiningWriter]
	fact.Unit
}
