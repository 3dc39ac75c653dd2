package fact

import (
	"context"
	"time"

	"eyas/internal/audit"
)

// What functions of the rooms ask of a transaction, each by itself. A room puts together what its functions need.

// CounterReader reads counters.
type CounterReader interface {
	// Counter gives the value of a counter.
	Counter(ctx context.Context, c Counter) (int64, error)
}

// CounterWriter moves counters on.
type CounterWriter interface {
	CounterReader
	// Advance adds n to a counter and gives its new value.
	Advance(ctx context.Context, c Counter, n int64) (int64, error)
}

// ChangeReader reads when something of a register was last written.
type ChangeReader interface {
	CounterReader
	// Changes gives the value of the change counter when something of a register was last written, and that since which
	// every profile of it reads differently.
	Changes(ctx context.Context, register string) (change, reread int64, err error)
	// Mark gives the random mark of a value of the change counter; empty when the counter never had it in this history.
	Mark(ctx context.Context, change int64) (string, error)
}

// ChangeNoter notes that something of a register was written.
type ChangeNoter interface {
	// NoteChange says that something of a register was written, were it nothing that changes its profiles; whole, that
	// every profile of it reads differently from now on. Whoever writes imports and profiles says so anyway.
	NoteChange(ctx context.Context, register string, whole bool) error
}

// NumberReader reads the numbers of attributes and sources.
type NumberReader interface {
	// Attributes gives the numbers under which a register's attributes stand in stored profiles.
	Attributes(ctx context.Context, register string) (map[string]int, error)
	// Sources gives the numbers under which sources stand in stored profiles.
	Sources(ctx context.Context) (map[string]int, error)
}

// NumberWriter gives numbers to attributes and sources.
type NumberWriter interface {
	NumberReader
	CounterReader
	AddAttributes(ctx context.Context, register string, numbers map[string]int) error
	AddSources(ctx context.Context, numbers map[string]int) error
	Set(ctx context.Context, name, value string) error
}

// SettingReader reads what the base keeps of its own.
type SettingReader interface {
	// Setting gives a value of the base's own; empty when it was never set.
	Setting(ctx context.Context, name string) (string, error)
}

// ImportReader reads imports by id and by content.
type ImportReader interface {
	Import(ctx context.Context, id int64) (*ImportRow, error)
	// InForce finds the imports of a content that have not been undone, without lists.
	InForce(ctx context.Context, register, sha256 string) ([]ImportRow, error)
}

// ImportFinder reads one import.
type ImportFinder interface {
	Import(ctx context.Context, id int64) (*ImportRow, error)
}

// ImportLister reads the newest imports.
type ImportLister interface {
	// LastImports gives for each register its newest import in force, now or just before a time, without layouts and
	// lists.
	LastImports(ctx context.Context, before time.Time) ([]RegisterImport, error)
}

// LayoutReader reads an import with its layouts.
type LayoutReader interface {
	// ImportLayouts is Import without lists.
	ImportLayouts(ctx context.Context, id int64) (*ImportRow, error)
}

// ListReader reads whole lists.
type ListReader interface {
	// Whole gives the imports in force that are the whole list of something, and those that were in force at some
	// time when all is asked for; without layouts and lists.
	Whole(ctx context.Context, register string, all bool) ([]ImportRow, error)
	// Doubted gives the subjects of whom an open question asks whether they are one that records of a range are about.
	Doubted(ctx context.Context, register string, first, last int64) (map[int64]bool, error)
}

// DisputeReader reads which sources speak of whom.
type DisputeReader interface {
	// Spoken gives the imports of a register in force whose source was said, by id, without lists.
	Spoken(ctx context.Context, register string) ([]ImportRow, error)
	// EachAbout gives the subjects that a range of records counts for.
	EachAbout(ctx context.Context, first, last int64, fn func(subject int64)) error
}

// RecordReader reads one record.
type RecordReader interface {
	Record(ctx context.Context, id int64) (*RecordRow, error)
}

// LinkedReader reads the records of subjects that count.
type LinkedReader interface {
	// Linked gives the accepted records, of imports in force, that are linked to subjects, by subject and record.
	Linked(ctx context.Context, subjects []int64) ([]RecordRow, error)
}

// EverReader reads all records of subjects.
type EverReader interface {
	// LinkedEver is Linked without regard to whether imports are in force.
	LinkedEver(ctx context.Context, subjects []int64) ([]RecordRow, error)
}

// LinkScanner reads the records of a range of subjects.
type LinkScanner interface {
	// EachLinked is Linked, or LinkedEver, for the subjects from first to last, of all registers; the records of one come
	// in any order. How is ByPerson or empty; Row, Reason and Evidence are left out. The row is reused. It ends when fn
	// gives ErrEnough.
	EachLinked(ctx context.Context, first, last int64, ever bool, fn func(*RecordRow) error) error
}

// LinkWriter changes whom records are about.
type LinkWriter interface {
	// Attach makes the records that one of the origins names count for a subject.
	Attach(ctx context.Context, origins []int64, subject int64) error
	// SetLink changes what a record is linked to.
	SetLink(ctx context.Context, row LinkRow) error
}

// ProfileReader reads stored profiles.
type ProfileReader interface {
	// Profiles gives the profiles of subjects in ascending order; ids that do not exist are left out.
	Profiles(ctx context.Context, subjects []int64) ([]ProfileRow, error)
}

// ProfileScanner reads all stored profiles.
type ProfileScanner interface {
	// EachProfile gives a register's profiles, without a register those of all, by ascending subject. The row is reused.
	EachProfile(ctx context.Context, register string, fn func(*ProfileRow) error) error
}

// BlockScanner reads the stored profiles of a range of subjects.
type BlockScanner interface {
	// EachProfileBetween is EachProfile for the subjects from first to last; without a register, of all. It ends when fn
	// gives ErrEnough.
	EachProfileBetween(ctx context.Context, register string, first, last int64, fn func(*ProfileRow) error) error
}

// ChangedReader reads whose profile changed.
type ChangedReader interface {
	// Changed gives the subjects whose profile changed after a value of the change counter, ascending.
	Changed(ctx context.Context, register string, after int64) ([]int64, error)
}

// ProfileAdder writes new profiles.
type ProfileAdder interface {
	AddProfiles(ctx context.Context, rows []ProfileRow) error
}

// ProfileWriter writes profiles.
type ProfileWriter interface {
	ProfileAdder
	// SetProfiles writes profiles that exist already.
	SetProfiles(ctx context.Context, rows []ProfileRow) error
}

// SubjectReader finds subjects by code and by name.
type SubjectReader interface {
	SubjectsByCode(ctx context.Context, register string, codes []string) ([]SubjectRow, error)
	// SubjectsByKey gives live subjects, and gone ones that were known by their name only.
	SubjectsByKey(ctx context.Context, register string, nameKeys []string) ([]SubjectRow, error)
}

// CodeReader reads all codes.
type CodeReader interface {
	// EachCode gives the code of every subject that has one, of gone ones too, in no particular order.
	EachCode(ctx context.Context, register string, fn func(subject int64, code string) error) error
}

// NameReader reads all names.
type NameReader interface {
	// EachName gives the name key of every live subject, or of every gone one that was known by its name only.
	EachName(ctx context.Context, register string, gone bool, fn func(subject int64, nameKey string) error) error
}

// MergedReader reads where merged subjects are now.
type MergedReader interface {
	// Merged gives, of a register's subjects whose records count for another, that other one and their own name.
	Merged(ctx context.Context, register string) ([]MergedRow, error)
	// MergedOf is Merged for some subjects, and MergedNamed for those among the merged ones that have some names.
	MergedOf(ctx context.Context, subjects []int64) ([]MergedRow, error)
	MergedNamed(ctx context.Context, register string, nameKeys []string) ([]MergedRow, error)
}

// MergeFinder reads the merges of subjects.
type MergeFinder interface {
	// MergesOf gives all merges, undone ones too, that subjects took part in, by id; when no subject is given, those of
	// the whole register.
	MergesOf(ctx context.Context, register string, subjects []int64) ([]MergeRow, error)
}

// PastReader reads the merges and moves of subjects.
type PastReader interface {
	MergeFinder
	// RelinksOf gives all moves, undone ones too, of records from or to subjects, by id; when no subject is given, all.
	RelinksOf(ctx context.Context, subjects []int64) ([]RelinkRow, error)
}

// QuestionReader reads the questions about subjects.
type QuestionReader interface {
	// QuestionsOf gives the questions about subjects, from either side; when no subject is given, all of a register.
	QuestionsOf(ctx context.Context, register string, subjects []int64) ([]QuestionRow, error)
}

// QuestionFinder reads one question.
type QuestionFinder interface {
	Question(ctx context.Context, id int64) (*QuestionRow, error)
}

// QuestionWriter changes questions.
type QuestionWriter interface {
	QuestionReader
	// SetQuestion writes a question's weight, evidence, state and decision.
	SetQuestion(ctx context.Context, row *QuestionRow) error
}

// MentionReader reads who names whom.
type MentionReader interface {
	// Mentions gives the live subjects of a register whose records, of imports in force, name another through a
	// relation: by its code, or by its name where they have no code or it has none (code empty). By subject, a page, and
	// how many there are. With a time, the imports are those that were in force just before it, and the subjects those
	// that the rows themselves name, whatever they were merged into.
	Mentions(ctx context.Context, register, relation, code, nameKey string, before time.Time, offset, limit int) ([]Mention, int, error)
	// MentionedThrough gives the relations, by register, through which records of imports in force name another; see
	// Mentions.
	MentionedThrough(ctx context.Context, code, nameKey string) (map[string][]string, error)
}

// PlaceReader reads answers about places.
type PlaceReader interface {
	// PlaceAnswers gives what people said of words of addresses, the newest first, those taken back too.
	PlaceAnswers(ctx context.Context) ([]PlaceAnswer, error)
}

// MeaningReader reads what headers mean.
type MeaningReader interface {
	// Remembered gives what people said that headers mean in files of a register.
	Remembered(ctx context.Context, register string) (map[string]string, error)
}

// LogWriter writes the operation log.
type LogWriter interface {
	// Log appends to the operation log; sequence number and hashes are filled in.
	Log(ctx context.Context, e audit.Entry) error
}

// Reserver takes ids within a batch.
type Reserver interface {
	// Enough reports that the chunk had better end: it has lasted as long as one may, or somebody waits for it.
	Enough() bool
	// Reserve takes n ids, first to last. With after, the last id of an earlier call, they follow on it; first is 0
	// when somebody else has taken ids since.
	Reserve(ctx context.Context, c Counter, n, after int64) (first, last int64, err error)
}

// Unit makes one of several writes.
type Unit interface {
	// Together runs fn in one transaction: every Read and Write of a room with the context that fn is given takes part in
	// it. It is written whole, when fn and every Write in it give nil, or not at all. The context is for one goroutine, and
	// for nothing after fn has returned. With a context of Narrow some run beside one another.
	Together(ctx context.Context, fn func(ctx context.Context) error) error
}
