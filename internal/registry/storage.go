package registry

import (
	"context"
	"errors"
	"time"

	"eyas/internal/audit"
)

// Storage is the database as the registry needs it. Package store provides it on SQLite and on PostgreSQL.
type Storage interface {
	// Read runs fn on one consistent snapshot.
	Read(ctx context.Context, fn func(Reader) error) error
	// Write runs fn in one transaction that is written whole, when fn gives nil, or not at all. Only one
	// runs at a time, over all processes that have the database open; the others wait, and give a fault
	// with code fault.Conflict when it takes too long.
	Write(ctx context.Context, fn func(Writer) error) error
	// Together runs fn in one transaction like that of Write: every Read and Write with the context that fn is given
	// takes part in it. It is written whole, when fn and every Write in it give nil, or not at all. The context is for
	// one goroutine, and for nothing after fn has returned.
	Together(ctx context.Context, fn func(ctx context.Context) error) error
	// Begin opens a batch. Batches of a base run one after another, over all processes; while another one is open,
	// waiting is called from time to time. kind is for people who look into the base.
	Begin(ctx context.Context, kind string, waiting func()) (Batch, error)
}

// Batch is work that lands in short transactions and comes into force as a whole. Until then everybody else sees what
// was before, and writes meanwhile; what batch and others wrote about one subject is settled before it comes into
// force. A batch whose process ends is taken back by whoever opens the base or a batch next.
type Batch interface {
	// Chunk runs fn in a short transaction, in which what the batch wrote before can be read, and gives way to others.
	Chunk(ctx context.Context, fn func(BatchWriter) error) error
	// Read runs fn on one snapshot as the batch sees it.
	Read(ctx context.Context, fn func(Reader) error) error
	// Force runs fn in the last transaction, after which the batch is in force.
	Force(ctx context.Context, fn func(BatchWriter) error) error
	// Drop takes the batch back; after Force it does nothing.
	Drop(ctx context.Context) error
	// Bring lets an import that Force will store count in what the batch reads, and TakeBack lets one count no more.
	Bring(row *ImportRow)
	TakeBack(importID int64)
	// Used says which reserved id of a counter was used last; the others are given back if nobody has any after them.
	Used(c Counter, last int64)
}

// BatchWriter is a Writer of a batch. The change numbers of profiles that it is given do not count: all that a batch
// writes has one number, which it gets when it comes into force.
type BatchWriter interface {
	Writer
	// Reserve takes n ids, first to last. With after, the last id of an earlier call, they follow on it; first is 0
	// when somebody else has taken ids since.
	Reserve(ctx context.Context, c Counter, n, after int64) (first, last int64, err error)
	// Concerned takes, and forgets, up to limit subjects of which others wrote something since the batch began.
	Concerned(ctx context.Context, limit int) ([]int64, error)
	// Standing gives subjects as everybody else sees them, without those that only the batch knows.
	Standing(ctx context.Context, subjects []int64) ([]SubjectRow, error)
	// Discard takes away subjects that the batch made.
	Discard(ctx context.Context, subjects []int64) error
}

// ErrReplaced says that another database stands where the open one stood: nothing of it can be read or written any more.
var ErrReplaced = errors.New("the database was replaced")

// Reader reads from one snapshot. Methods that look for one thing give nil when there is none. A function that is
// called row by row must not use the Reader: a connection carries one query at a time.
type Reader interface {
	// Counter gives the value of a counter.
	Counter(ctx context.Context, c Counter) (int64, error)
	// Mark gives the random mark of a value of the change counter; empty when the counter never had it in this history.
	Mark(ctx context.Context, change int64) (string, error)
	// Attributes gives the numbers under which a register's attributes stand in stored profiles.
	Attributes(ctx context.Context, register string) (map[string]int, error)

	// Imports lists imports from the newest on, without layouts and lists, and their whole number.
	Imports(ctx context.Context, offset, limit int) ([]ImportRow, int, error)
	Import(ctx context.Context, id int64) (*ImportRow, error)
	// ImportLayouts is Import without lists.
	ImportLayouts(ctx context.Context, id int64) (*ImportRow, error)
	// InForce finds the imports of a content that have not been undone, without lists.
	InForce(ctx context.Context, register, sha256 string) ([]ImportRow, error)
	// Synthetic reports whether an import of generated rows is in force.
	Synthetic(ctx context.Context) (bool, error)

	// Whole gives the imports in force that are the whole list of something, and those that were in force at some
	// time when all is asked for; without layouts and lists.
	Whole(ctx context.Context, register string, all bool) ([]ImportRow, error)
	// Spoken gives the imports of a register in force whose source was said, by id, without lists.
	Spoken(ctx context.Context, register string) ([]ImportRow, error)
	// Doubted gives the subjects of whom an open question asks whether they are one that records of a range are about.
	Doubted(ctx context.Context, register string, first, last int64) (map[int64]bool, error)
	// Horizon gives the latest day that an import in force speaks of (zero: none says one), and the time of the last
	// event: an import, an undoing, a merge, a moved record.
	Horizon(ctx context.Context) (day time.Time, last time.Time, err error)

	// EachCode gives the code of every subject that has one, of gone ones too, in no particular order.
	EachCode(ctx context.Context, register string, fn func(subject int64, code string) error) error
	// EachName gives the name key of every live subject, or of every gone one that was known by its name only.
	EachName(ctx context.Context, register string, gone bool, fn func(subject int64, nameKey string) error) error
	SubjectsByCode(ctx context.Context, register string, codes []string) ([]SubjectRow, error)
	// SubjectsByKey gives live subjects, and gone ones that were known by their name only.
	SubjectsByKey(ctx context.Context, register string, nameKeys []string) ([]SubjectRow, error)
	// Search finds live subjects whose normalised name contains part, in the order of names.
	Search(ctx context.Context, register, part string, limit int) ([]ProfileRow, error)

	// Profiles gives the profiles of subjects in ascending order; ids that do not exist are left out.
	Profiles(ctx context.Context, subjects []int64) ([]ProfileRow, error)
	// EachProfile gives a register's profiles by ascending subject. The row is reused.
	EachProfile(ctx context.Context, register string, fn func(*ProfileRow) error) error
	// EachProfileBetween is EachProfile for the subjects from first to last.
	EachProfileBetween(ctx context.Context, register string, first, last int64, fn func(*ProfileRow) error) error
	// Changed gives the subjects whose profile changed after a value of the change counter, ascending.
	Changed(ctx context.Context, register string, after int64) ([]int64, error)

	Record(ctx context.Context, id int64) (*RecordRow, error)
	// Linked gives the accepted records, of imports in force, that are linked to subjects, by subject and record.
	Linked(ctx context.Context, subjects []int64) ([]RecordRow, error)
	// LinkedEver is Linked without regard to whether imports are in force.
	LinkedEver(ctx context.Context, subjects []int64) ([]RecordRow, error)
	// EachLinked is Linked, or LinkedEver, for the subjects from first to last, of all registers; the records of one come
	// in any order. How is ByPerson or empty; Row, Reason and Evidence are left out. The row is reused.
	EachLinked(ctx context.Context, first, last int64, ever bool, fn func(*RecordRow) error) error
	// Beside opens up to n more Readers on the same snapshot, so that several goroutines read at the same time; fewer,
	// or none, when it cannot. Whoever calls it calls close afterwards.
	Beside(ctx context.Context, n int) (others []Reader, close func(), err error)
	// Next gives the next subjects of a register after one, ascending, gone ones too.
	Next(ctx context.Context, register string, after int64, limit int) ([]int64, error)
	// SubjectsOf gives the subjects that an import's records are linked to, ascending.
	SubjectsOf(ctx context.Context, importID int64) ([]int64, error)
	// EachAbout gives the subjects that a range of records counts for.
	EachAbout(ctx context.Context, first, last int64, fn func(subject int64)) error
	// EachRecord gives an import's records in order: the refused ones, or those that were accepted. The row is reused.
	EachRecord(ctx context.Context, importID int64, refused bool, fn func(*RecordRow) error) error

	// Mentions gives the live subjects of a register whose records, of imports in force, name another through a
	// relation: by its code, or by its name where they have no code or it has none (code empty). By subject, a page, and
	// how many there are. With a time, the imports are those that were in force just before it, and the subjects those
	// that the rows themselves name, whatever they were merged into.
	Mentions(ctx context.Context, register, relation, code, nameKey string, before time.Time, offset, limit int) ([]Mention, int, error)
	// LastImports gives for each register its newest import in force, now or just before a time, without layouts and
	// lists.
	LastImports(ctx context.Context, before time.Time) ([]RegisterImport, error)

	// Remembered gives what people said that headers mean in files of a register.
	Remembered(ctx context.Context, register string) (map[string]string, error)
	// PlaceAnswers gives what people said of words of addresses, the newest first, those taken back too.
	PlaceAnswers(ctx context.Context) ([]PlaceAnswer, error)

	// Sources gives the numbers under which sources stand in stored profiles.
	Sources(ctx context.Context) (map[string]int, error)
	// Setting gives a value of the base's own; empty when it was never set.
	Setting(ctx context.Context, name string) (string, error)

	// Merged gives, of a register's subjects whose records count for another, that other one and their own name.
	Merged(ctx context.Context, register string) ([]MergedRow, error)
	// MergedOf is Merged for some subjects, and MergedNamed for those among the merged ones that have some names.
	MergedOf(ctx context.Context, subjects []int64) ([]MergedRow, error)
	MergedNamed(ctx context.Context, register string, nameKeys []string) ([]MergedRow, error)
	// MergesOf gives all merges, undone ones too, that subjects took part in, by id; when no subject is given, those of
	// the whole register.
	MergesOf(ctx context.Context, register string, subjects []int64) ([]MergeRow, error)
	Merge(ctx context.Context, id int64) (*MergeRow, error)
	// Merges lists a register's merges, the newest first, and their whole number.
	Merges(ctx context.Context, register string, which MergeState, offset, limit int) ([]MergeRow, int, error)
	// RelinksOf gives all moves, undone ones too, of records from or to subjects, by id; when no subject is given, all.
	RelinksOf(ctx context.Context, subjects []int64) ([]RelinkRow, error)
	Relink(ctx context.Context, id int64) (*RelinkRow, error)

	// Questions lists questions in a state, the weightiest first, and their whole number.
	Questions(ctx context.Context, register string, state QuestionState, offset, limit int) ([]QuestionRow, int, error)
	Question(ctx context.Context, id int64) (*QuestionRow, error)
	// QuestionsOf gives the questions about subjects, from either side; when no subject is given, all of a register.
	QuestionsOf(ctx context.Context, register string, subjects []int64) ([]QuestionRow, error)
}

// Writer is a Reader that also writes, inside one transaction.
type Writer interface {
	Reader
	// Advance adds n to a counter and gives its new value.
	Advance(ctx context.Context, c Counter, n int64) (int64, error)
	AddAttributes(ctx context.Context, register string, numbers map[string]int) error
	AddImport(ctx context.Context, row *ImportRow) error
	MarkUndone(ctx context.Context, importID int64, at time.Time, by string) error
	AddRecords(ctx context.Context, rows []RecordRow) error // Subject is not written; see AddLinks
	AddLinks(ctx context.Context, rows []LinkRow) error
	// AddBlock writes what proves records that were added in the same transaction; blocks come by ascending records.
	AddBlock(ctx context.Context, b *BlockRow) error
	// AddMentions writes whom records of a register name.
	AddMentions(ctx context.Context, register string, rows []MentionRow) error
	AddProfiles(ctx context.Context, rows []ProfileRow) error
	// SetProfiles writes profiles that exist already.
	SetProfiles(ctx context.Context, rows []ProfileRow) error
	// Concern says that something was written about subjects, were it nothing that changes their profiles. An open
	// batch derives them again.
	Concern(ctx context.Context, subjects []int64) error
	Remember(ctx context.Context, actor, register string, at time.Time, mapping map[string]string) error
	// AddPlaceAnswer adds an answer; a phrase has one in force at most.
	AddPlaceAnswer(ctx context.Context, a *PlaceAnswer) error
	UndoPlaceAnswer(ctx context.Context, id int64, at time.Time, by string) error
	AddSources(ctx context.Context, numbers map[string]int) error
	Set(ctx context.Context, name, value string) error
	SetCounter(ctx context.Context, c Counter, value int64) error
	AddMerges(ctx context.Context, rows []MergeRow) error
	MarkMergeUndone(ctx context.Context, id int64, at time.Time, by string) error
	AddRelink(ctx context.Context, row *RelinkRow) error
	MarkRelinkUndone(ctx context.Context, id int64, at time.Time, by string) error
	// Attach makes the records that one of the origins names count for a subject.
	Attach(ctx context.Context, origins []int64, subject int64) error
	// SetLink changes what a record is linked to.
	SetLink(ctx context.Context, row LinkRow) error
	AddQuestions(ctx context.Context, rows []QuestionRow) error
	// SetQuestion writes a question's weight, evidence, state and decision.
	SetQuestion(ctx context.Context, row *QuestionRow) error
	// Log appends to the audit chain; sequence number and hashes are filled in.
	Log(ctx context.Context, e audit.Entry) error
}

// Counter names a number that only grows.
type Counter string

// The counters. Ids are handed out without gaps inside a transaction, so that an import's records are one range.
const (
	LastImport  Counter = "import"
	LastRecord  Counter = "record"
	LastSubject Counter = "subject"
	LastChange  Counter = "change" // grows with every transaction that changes a profile
	LastAnswer  Counter = "place_answer"
	LastMerge   Counter = "merge"
	LastRelink  Counter = "relink"
	LastAsked   Counter = "question"
	Reread      Counter = "reread" // value of the change counter since which every profile reads differently
)

// ImportRow is an import as it is stored. JSON texts are the registry's own.
type ImportRow struct {
	ID           int64
	Register     string
	File         string
	SHA256       string // of the file's bytes, hexadecimal
	Size         int64  // bytes
	Actor        string
	At           time.Time
	UndoneAt     time.Time // zero: in force
	UndoneBy     string
	Synthetic    bool
	Source       string // id of a source of the pack; empty: not said
	AsOf         *int32 // day that it speaks of, since 1970-01-01; nil: not said
	Whole        string // attributes of which it is the whole list, divided by commas
	Form         string // of what was entered by hand: what form it was
	Reason       string // and why
	FirstRecord  int64  // the import's records are FirstRecord … LastRecord
	LastRecord   int64
	Rows         int
	Accepted     int
	Unchanged    int
	Refused      int
	RefusalCount int
	WarningCount int
	Options      string // JSON of Options
	Layouts      string // JSON of []*Layout, in the order of sheets
	Lists        string // JSON of the report's lists
}

// RecordRow is one row of a file as it came.
type RecordRow struct {
	ID      int64
	Import  int64
	Sheet   int    // index into the import's layouts
	Row     int    // as a spreadsheet numbers it
	Cells   []byte // by EncodeCells
	Reason  string // JSON of a pack.Text when the row was refused, else empty
	Subject int64  // the subject that it counts for; 0 for refused rows
	Origin  int64  // the subject that the row itself names, where it was merged into that one; 0: the same
	How     How    // by what it was linked
	// Evidence is what was compared; Linked leaves it out.
	Evidence string
}

// LinkRow says that a record is about a subject, and how that is known.
type LinkRow struct {
	Record, Subject int64
	Origin          int64 // as in RecordRow
	How             How
	Evidence        string // what was compared: the code, or the normalised name
}

// Mention is a subject that names another, and the newest record in which it does.
type Mention struct {
	Subject, Record int64
	From, Until     *int64
}

// RegisterImport is the newest import of a register, and how many are in force.
type RegisterImport struct {
	ImportRow
	Count int
}

// How says by what a record was linked to its subject.
type How string

// The ways of linking; see resolver.
const (
	ByCode    How = "code"    // the subject has this code
	ByName    How = "name"    // the row has no usable code; the subject has exactly this name
	ByAdopted How = "adopted" // the row's code was new, and exactly one subject, without a code, had its name
	ByPerson  How = "person"  // a person said so, or entered it on the subject's own page
)

// ProfileRow is a profile as it is stored.
type ProfileRow struct {
	Subject  int64
	Register string
	Code     string
	Name     string
	NameKey  string
	Facts    []byte // by the codec of facts
	Gone     bool
	Change   int64
}

// SubjectRow is what identity is decided on.
type SubjectRow struct {
	Subject int64
	Code    string
	NameKey string
	Gone    bool
}

// MergedRow is a subject whose records count for another.
type MergedRow struct {
	Subject, Into int64 // Into may itself be merged into another
	NameKey       string
}

// MergeRow says that a subject turned out to be another one.
type MergeRow struct {
	ID         int64
	Register   string
	From, Into int64
	At         time.Time
	Actor      string
	How        string // person, or what linkage went by
	Evidence   string // JSON of Evidence
	Reason     string
	UndoneAt   time.Time // zero: stands
	UndoneBy   string
}

// MergeState chooses among merges; empty chooses all.
type MergeState string

// What can be chosen.
const (
	Standing MergeState = "standing"
	Undone   MergeState = "undone"
)

// RelinkRow says that a person moved a record to another subject.
type RelinkRow struct {
	ID, Record int64
	From, Into int64 // origins
	FromHow    How
	At         time.Time
	Actor      string
	Reason     string
	UndoneAt   time.Time
	UndoneBy   string
}

// QuestionState is where a question stands.
type QuestionState string

// The states. A question that linkage would not ask any more is moot.
const (
	Open      QuestionState = "open"
	Later     QuestionState = "later"
	Same      QuestionState = "same"
	Different QuestionState = "different"
	Moot      QuestionState = "moot"
)

// QuestionRow asks whether a subject is the same as a candidate.
type QuestionRow struct {
	ID                 int64
	Register           string
	Subject, Candidate int64
	Weight             int64  // thousandths of a bit
	Evidence           string // JSON of Evidence
	RaisedAt           time.Time
	State              QuestionState
	DecidedAt          time.Time
	DecidedBy          string
	Reason             string
	Merge              int64 // the merge that a yes made
}
