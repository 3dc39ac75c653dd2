package fact

import (
	"context"
	"time"

	"eyas/internal/audit"
)

// Each interface here is one kind of access to a transaction. The rooms combine those that their functions need.

// CounterReader reads counters.
type CounterReader interface {
	// Counter returns the value of a counter.
	Counter(ctx context.Context, c Counter) (int64, error)
}

// CounterWriter advances counters.
type CounterWriter interface {
	CounterReader
	// Advance adds n to a counter and returns the new value.
	Advance(ctx context.Context, c Counter, n int64) (int64, error)
}

// ChangeReader reads the change counters of registers.
type ChangeReader interface {
	CounterReader
	// Changes returns two values of the change counter: the value at the last write to a register, and the value since
	// which every profile of the register must be read again.
	Changes(ctx context.Context, register string) (change, reread int64, err error)
	// Mark returns the random mark of a value of the change counter. It is empty when the counter never had that value in
	// this base's history.
	Mark(ctx context.Context, change int64) (string, error)
}

// ChangeNoter records that a register was written.
type ChangeNoter interface {
	// NoteChange records that something in a register was written, even if no profile changed. whole means that every
	// profile must be read again. Methods that write imports and profiles record this themselves.
	NoteChange(ctx context.Context, register string, whole bool) error
}

// NumberReader reads the numbers of attributes and sources.
type NumberReader interface {
	// Attributes returns the numbers that stand for a register's attributes in stored profiles.
	Attributes(ctx context.Context, register string) (map[string]int, error)
	// Sources returns the numbers that stand for sources in stored profiles.
	Sources(ctx context.Context) (map[string]int, error)
	// NumbersMark returns a text that is another one whenever any of these numbers is. Reading it costs less than they do.
	NumbersMark(ctx context.Context) (string, error)
}

// NumberWriter assigns numbers to attributes and sources.
type NumberWriter interface {
	NumberReader
	CounterReader
	AddAttributes(ctx context.Context, register string, numbers map[string]int) error
	AddSources(ctx context.Context, numbers map[string]int) error
	Set(ctx context.Context, name, value string) error
}

// SettingReader reads the settings that the base keeps for itself.
type SettingReader interface {
	// Setting returns a setting of the base; empty when it was never set.
	Setting(ctx context.Context, name string) (string, error)
}

// ImportReader reads imports by id and by content.
type ImportReader interface {
	Import(ctx context.Context, id int64) (*ImportRow, error)
	// InForce returns the imports with this content that were not undone, without lists.
	InForce(ctx context.Context, register, sha256 string) ([]ImportRow, error)
}

// ImportFinder reads one import.
type ImportFinder interface {
	Import(ctx context.Context, id int64) (*ImportRow, error)
}

// ImportLister reads the newest imports.
type ImportLister interface {
	// LastImports returns for each register its newest import in force, now or just before a time, without layouts and
	// lists.
	LastImports(ctx context.Context, before time.Time) ([]RegisterImport, error)
}

// LayoutReader reads an import with its layouts.
type LayoutReader interface {
	// ImportLayouts does what Import does, without lists.
	ImportLayouts(ctx context.Context, id int64) (*ImportRow, error)
}

// ListReader reads closed-world lists (whole lists).
type ListReader interface {
	// Whole returns the imports in force that are a whole list. With all it also returns those that were in force at an
	// earlier time. Layouts and lists are left out.
	Whole(ctx context.Context, register string, all bool) ([]ImportRow, error)
	// Doubted returns the subjects that are candidates of an open question about records first to last.
	Doubted(ctx context.Context, register string, first, last int64) (map[int64]bool, error)
}

// DisputeReader reads which sources have records of which subjects.
type DisputeReader interface {
	// Spoken returns the imports in force of a register whose source is known, by id, without lists.
	Spoken(ctx context.Context, register string) ([]ImportRow, error)
	// EachAbout passes the subjects that records first to last count for.
	EachAbout(ctx context.Context, first, last int64, fn func(subject int64)) error
}

// RecordReader reads one record.
type RecordReader interface {
	Record(ctx context.Context, id int64) (*RecordRow, error)
}

// LinkedReader reads the records of subjects that are in force.
type LinkedReader interface {
	// Linked returns the accepted records of imports in force that count for subjects, ordered by subject and record.
	Linked(ctx context.Context, subjects []int64) ([]RecordRow, error)
}

// EverReader reads all records of subjects.
type EverReader interface {
	// LinkedEver does what Linked does, also for undone imports.
	LinkedEver(ctx context.Context, subjects []int64) ([]RecordRow, error)
}

// LinkScanner reads the records of a range of subjects.
type LinkScanner interface {
	// EachLinked passes what Linked returns (with ever: what LinkedEver returns) for subjects first to last of all
	// registers. The records of one subject come in any order. How is ByPerson or empty; Row, Reason and Evidence are
	// left out. The row is reused. fn ends the reading with ErrEnough.
	EachLinked(ctx context.Context, first, last int64, ever bool, fn func(*RecordRow) error) error
}

// LinkWriter changes the subjects that records count for.
type LinkWriter interface {
	// Attach lets the records whose rows name one of the origins count for a subject.
	Attach(ctx context.Context, origins []int64, subject int64) error
	// SetLink changes the link of a record.
	SetLink(ctx context.Context, row LinkRow) error
}

// ProfileReader reads stored profiles.
type ProfileReader interface {
	// Profiles returns the profiles of subjects in ascending order. Ids that do not exist are left out.
	Profiles(ctx context.Context, subjects []int64) ([]ProfileRow, error)
}

// ProfileScanner reads all stored profiles.
type ProfileScanner interface {
	// EachProfile passes the profiles of a register by ascending subject; with an empty register, those of all registers.
	// The row is reused.
	EachProfile(ctx context.Context, register string, fn func(*ProfileRow) error) error
}

// BlockScanner reads the stored profiles of a range of subjects.
type BlockScanner interface {
	// EachProfileBetween does what EachProfile does for subjects first to last. fn ends the reading with ErrEnough.
	EachProfileBetween(ctx context.Context, register string, first, last int64, fn func(*ProfileRow) error) error
}

// ChangedReader finds the subjects whose profile changed.
type ChangedReader interface {
	// Changed returns the subjects whose profile changed after a value of the change counter, ascending.
	Changed(ctx context.Context, register string, after int64) ([]int64, error)
}

// ProfileAdder writes new profiles.
type ProfileAdder interface {
	AddProfiles(ctx context.Context, rows []ProfileRow) error
}

// ProfileWriter writes profiles.
type ProfileWriter interface {
	ProfileAdder
	// SetProfiles overwrites existing profiles.
	SetProfiles(ctx context.Context, rows []ProfileRow) error
}

// SubjectReader finds subjects by code and by name.
type SubjectReader interface {
	SubjectsByCode(ctx context.Context, register string, codes []string) ([]SubjectRow, error)
	// SubjectsByKey returns the subjects with one of the name keys: active ones, and inactive ones that were known by
	// name only.
	SubjectsByKey(ctx context.Context, register string, nameKeys []string) ([]SubjectRow, error)
}

// CodeReader reads all codes.
type CodeReader interface {
	// EachCode passes the code of every subject that has one, also of inactive subjects, in no particular order.
	EachCode(ctx context.Context, register string, fn func(subject int64, code string) error) error
}

// NameReader reads all names.
type NameReader interface {
	// EachName passes the name key of every active subject; with gone, of every inactive subject that was known by name
	// only.
	EachName(ctx context.Context, register string, gone bool, fn func(subject int64, nameKey string) error) error
}

// MergedReader reads which subjects merged subjects count for.
type MergedReader interface {
	// Merged returns the subjects of a register that were merged into another one, with that other subject and their own
	// name.
	Merged(ctx context.Context, register string) ([]MergedRow, error)
	// MergedOf does what Merged does for some subjects; MergedNamed does it for the merged subjects that have one of some
	// name keys.
	MergedOf(ctx context.Context, subjects []int64) ([]MergedRow, error)
	MergedNamed(ctx context.Context, register string, nameKeys []string) ([]MergedRow, error)
}

// MergeFinder reads the merges of subjects.
type MergeFinder interface {
	// MergesOf returns all merges that subjects took part in, also undone ones, by id. Without subjects it returns those
	// of the whole register.
	MergesOf(ctx context.Context, register string, subjects []int64) ([]MergeRow, error)
}

// PastReader reads the merges and moves of subjects.
type PastReader interface {
	MergeFinder
	// RelinksOf returns all moves of records from or to subjects, also undone ones, by id. Without subjects it returns
	// all moves.
	RelinksOf(ctx context.Context, subjects []int64) ([]RelinkRow, error)
}

// QuestionReader reads the questions about subjects.
type QuestionReader interface {
	// QuestionsOf returns the questions in which a subject is the subject or the candidate. Without subjects it returns
	// all questions of the register.
	QuestionsOf(ctx context.Context, register string, subjects []int64) ([]QuestionRow, error)
}

// QuestionFinder reads one question.
type QuestionFinder interface {
	Question(ctx context.Context, id int64) (*QuestionRow, error)
}

// QuestionWriter changes questions.
type QuestionWriter interface {
	QuestionReader
	// SetQuestion overwrites the weight, evidence, state and decision of a question.
	SetQuestion(ctx context.Context, row *QuestionRow) error
}

// MentionReader reads which subjects name which others.
type MentionReader interface {
	// Mentions returns one page of the active subjects of a register whose records in force name another subject through
	// a relation, by subject, and their total number. A record names it by its code; by its name where the record or the
	// subject has no code (code empty). With before, the imports in force just before that time count, and the subjects
	// are those that the rows themselves name, whatever they were merged into.
	Mentions(ctx context.Context, register, relation, code, nameKey string, before time.Time, offset, limit int) ([]Mention, int, error)
	// MentionedThrough returns the relations, by register, through which records in force name another subject; see
	// Mentions.
	MentionedThrough(ctx context.Context, code, nameKey string) (map[string][]string, error)
}

// PlaceReader reads answers about places.
type PlaceReader interface {
	// PlaceAnswers returns all answers about phrases in addresses, the newest first, also those that were taken back.
	PlaceAnswers(ctx context.Context) ([]PlaceAnswer, error)
}

// MeaningReader reads the meanings of headers that people confirmed.
type MeaningReader interface {
	// Remembered returns the confirmed meanings of headers in files of a register: header → attribute.
	Remembered(ctx context.Context, register string) (map[string]string, error)
}

// LogWriter writes the operation log.
type LogWriter interface {
	// Log appends an entry to the operation log. The sequence number and hashes are filled in.
	Log(ctx context.Context, e audit.Entry) error
}

// Reserver reserves ids within a batch.
type Reserver interface {
	// Enough reports that the chunk should end: it has run as long as one may, or another writer is waiting.
	Enough() bool
	// Reserve reserves n ids, first to last. With after, the last id of an earlier call, the ids follow directly on it;
	// first is 0 when another writer took ids in between.
	Reserve(ctx context.Context, c Counter, n, after int64) (first, last int64, err error)
}

// Unit combines several writes into one transaction.
type Unit interface {
	// Together runs fn in one transaction. Every read and write of a room with the context that fn gets takes part in it.
	// Everything is written when fn and every write in it return nil; otherwise nothing is. The context is for one
	// goroutine and must not be used after fn has returned. With a context from Narrow, several may run side by side.
	Together(ctx context.Context, fn func(ctx context.Context) error) error
}
