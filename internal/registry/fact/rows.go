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
	Source       string // id of a source of the pack; empty: not given
	AsOf         *int32 // valid time: the day that it speaks of, since 1970-01-01; nil: not given
	Whole        string // attributes that it is a whole (closed-world) list of, separated by commas
	Form         string // the form, when it was entered by hand
	Reason       string // why it was entered
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

// RecordRow is one row of a file with its cells unchanged.
type RecordRow struct {
	ID         int64
	Import     int64
	Sheet      int    // index into the import's layouts
	Row        int    // as a spreadsheet numbers it
	Cells      []byte // by EncodeCells
	Reason     string // JSON of a pack.Text when the row was refused, else empty
	Subject    int64  // the subject that it counts for; 0 when the row was refused
	RowSubject int64  // the subject that the row itself names, when that one was merged into Subject; 0: the same
	How        How    // how it was linked
	// Evidence is what was compared; Linked leaves it out.
	Evidence string
	// Confidential is set by who adds a record to a register that can hold the highest class of personal data.
	Confidential bool
}

// LinkRow says which subject a record counts for, and how that is known.
type LinkRow struct {
	Record, Subject int64
	RowSubject      int64 // as in RecordRow
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

// How says how a record was linked to its subject.
type How string

// The ways of linking; see identity.Resolver.
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
	Held     Held // not empty: it is kept apart from the subjects of its register
}

// SubjectRow holds what the resolver needs to decide which subject a row is about. Code and NameKey are as they are stored; see Unheld.
type SubjectRow struct {
	Subject int64
	Code    string
	NameKey string
	Gone    bool
}

// MergedRow is a subject that was merged: its records count for another subject.
type MergedRow struct {
	Subject, Into int64 // Into may itself be merged into another
	NameKey       string
}

// MergeRow is a merge of two subjects.
type MergeRow struct {
	ID         int64
	Register   string
	From, Into int64
	At         time.Time
	Actor      string
	How        string // "person", or the evidence by which linkage decided
	Evidence   string // JSON of Evidence
	Reason     string
	UndoneAt   time.Time // zero: stands
	UndoneBy   string
}

// MergeMark tells one state of the merges of a register from another: merges are numbered as they are made, and none is undone twice.
type MergeMark struct{ Last, Undone int64 }

// MergeState chooses among merges; empty chooses all.
type MergeState string

// The choices; MergeState("") chooses all.
const (
	Standing MergeState = "standing"
	Undone   MergeState = "undone"
)

// RelinkRow is a move: a person decided that a record counts for another subject.
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

// QuestionState is the state of a question.
type QuestionState string

// The states. A question is moot (superseded) when linkage would no longer ask it.
const (
	Open      QuestionState = "open"
	Later     QuestionState = "later"
	Same      QuestionState = "same"
	Different QuestionState = "different"
	Moot      QuestionState = "moot"
)

// QuestionRow is a candidate pair: it asks whether a subject is the same as a candidate.
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
	Merge              int64 // the merge that the answer "same" made
}

// Named returns the subject that the row itself names.
func (r *RecordRow) Named() int64 {
	if r.RowSubject != 0 {
		return r.RowSubject
	}
	return r.Subject
}

// OriginOf returns the origin that an import gives to its values; it decides whether they win.
func OriginOf(p *pack.Pack, i *ImportRow) Origin {
	o := Origin{Source: p.Source(i.Source), Day: DayOf(i.At.In(p.Zone))}
	if i.AsOf != nil {
		o.Day, o.Dated = *i.AsOf, true
	}
	return o
}

// Landed holds the ids of the rows that a batch has landed.
type Landed struct{ Merges, Questions []int64 }

// JoinRow says that the records of a subject count for another one from now on; Into is 0 when they count for the subject
// itself again.
type JoinRow struct{ Subject, Into int64 }
