package fact

import (
	"time"

	"eyas/internal/pack"
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

// Named is the subject that a record names.
func (r *RecordRow) Named() int64 {
	if r.Origin != 0 {
		return r.Origin
	}
	return r.Subject
}

// OriginOf is what of an import decides whether its values win.
func OriginOf(p *pack.Pack, i *ImportRow) Origin {
	o := Origin{Source: p.Source(i.Source), Day: DayOf(i.At.In(p.Zone))}
	if i.AsOf != nil {
		o.Day, o.Dated = *i.AsOf, true
	}
	return o
}

// Landed are the numbers of rows that a batch has landed.
type Landed struct{ Merges, Questions []int64 }

// JoinRow says that the records of a subject count for another one; Into is 0 when they do not any more.
type JoinRow struct{ Subject, Into int64 }
