// Package registry turns files into subjects: every row of every import is kept as a source record,
// records are linked to subjects, and the profile of a subject is derived from its records with the
// source of each value. It declares the storage it needs; package store provides it.
package registry

import (
	"context"
	"io"
	"time"

	"eyas/internal/pack"
)

// Value is one typed value. Which field counts follows from the attribute's kind:
// Num for integer, decimal and money (whole fen), Int for date (days since 1970-01-01) and boolean (1 yes, 0 no),
// Str for code, text and list.
type Value struct {
	Num float64
	Int int64
	Str string
}

// Fact is one winning value of a profile with its address.
type Fact struct {
	Attr   *pack.Attribute
	Year   int // 0 for attributes that are not yearly
	Value  Value
	Record int64 // source record
	Cell   int   // column in the source row, from 1; 0: a declared "no" of a complete list
	Origin Origin
	Void   bool  // a person declared it wrong, and nothing better is known: it counts as unknown
	Whole  int64 // the import that is the whole list of this, and does not have the subject; Record is 0 then
}

// Origin is what of a record decides whether its values win.
type Origin struct {
	Source *pack.Source // nil: not said
	Day    int32        // days since 1970-01-01: the day that its file speaks of, else the day on which it came
	Dated  bool         // the file said the day
	Weak   Weakness
}

// Weakness says that a value is worth less than any that is not weak.
type Weakness uint8

// From the strongest on.
const (
	Said     Weakness = iota
	Borrowed          // the name in a record that came to the subject by a merge or by a person's word
	Inferred          // follows from another value of the record, as a district from an address
)

// Profile is what is known of a subject: the winning value per attribute and year, sorted by attribute index and year.
type Profile struct {
	Subject int64
	Code    string // identity code; empty when known by name only
	Name    string
	Facts   []Fact
	Gone    bool  // every import that named the subject has been undone
	Change  int64 // change counter at the last derivation
}

// Fact finds a value; nil when unknown.
func (p *Profile) Fact(attr string, year int) *Fact {
	for i := range p.Facts {
		if p.Facts[i].Year == year && p.Facts[i].Attr.ID == attr {
			return &p.Facts[i]
		}
	}
	return nil
}

// Address says where a value came from, for people and for scripts.
type Address struct {
	Import int64     `json:"import"`
	File   string    `json:"file"`
	Sheet  string    `json:"sheet,omitempty"`
	Row    int       `json:"row"`              // as a spreadsheet numbers it, from 1
	Column string    `json:"column,omitempty"` // header text; empty for a declared "no"
	Cell   string    `json:"cell,omitempty"`   // e.g. "F12"
	Raw    string    `json:"raw,omitempty"`    // the cell as it came
	Source string    `json:"source,omitempty"` // id of the source of the pack
	AsOf   string    `json:"as_of,omitempty"`  // the day that the file speaks of
	Form   string    `json:"form,omitempty"`   // what form it was entered in; File is empty then
	Reason string    `json:"reason,omitempty"` // why it was entered
	Whole  bool      `json:"whole,omitempty"`  // the file is the whole list, and the subject is not in it
	Actor  string    `json:"actor"`
	At     time.Time `json:"at"`
	Record int64     `json:"record"`
}

// SourcedFact is a fact with its address and the values that lost against it, newest first.
type SourcedFact struct {
	Fact
	Source Address
	Losers []SourcedFact
}

// Source is a file to import.
type Source struct {
	Name string // file name without folder
	Path string // where it lies
}

// Options say how files are understood.
type Options struct {
	Register  string            // register id, e.g. "enterprise"
	Year      int               // year of yearly columns that say none; 0: unknown
	Map       map[string]string // header → "attribute" or "attribute@year"; "-" keeps the column unused
	Complete  []string          // boolean attributes for which a blank of this file (or a column it does not have) is a "no"
	Source    string            // id of the source of the pack that the file is from; empty: not said
	AsOf      string            // the day that the file speaks of, such as 2021-03-31; empty: not said, it speaks of all days
	Absent    []string          // yes/no attributes of which the file is the whole list: who is not in it has a "no"; those of the source when nil
	Partial   bool              // the file is not the whole list that files of its source are
	Lang      string            // language of the reasons in reports: "zh-CN" (default) or "en"
	Synthetic bool              // the rows were made by the demonstration generator
	First     bool              `json:"-"` // the base must have no records yet, not even undone ones
}

// Issue is a refused row or cell, or a warning. Sheet is empty for CSV; Row counts from 1 as a spreadsheet does; Column is the header.
type Issue struct {
	Scope  string    `json:"scope"` // row or cell
	Sheet  string    `json:"sheet"`
	Row    int       `json:"row"`
	Column string    `json:"column"`
	Value  string    `json:"value"`
	Reason string    `json:"reason"` // Text in the language asked for
	Text   pack.Text `json:"-"`      // what is wrong and what to do
}

// FileReport is what became of one file. Rows = Accepted + Unchanged + Refused.
type FileReport struct {
	File      string   `json:"file"`
	Rows      int      `json:"rows"`
	Accepted  int      `json:"accepted"`
	Unchanged int      `json:"unchanged"`
	Refused   int      `json:"refused"`
	Refusals  []Issue  `json:"refusals"`
	Warnings  []Issue  `json:"warnings"`
	Unmapped  []string `json:"unmapped"`
	// RefusalCount and WarningCount are the true numbers where the lists above were cut to bound memory.
	RefusalCount int   `json:"refusal_count"`
	WarningCount int   `json:"warning_count"`
	Import       int64 `json:"import,omitempty"` // id of the import; 0 when nothing was written
}

// Column is how one column of a sheet was understood.
type Column struct {
	Sheet  string `json:"sheet"`
	Index  int    `json:"index"` // from 1
	Header string `json:"header"`
	Attr   string `json:"attr"` // empty: kept but unused
	Year   int    `json:"year"`
	Unit   string `json:"unit"` // 元, 万元, 亿元, 美元 …; empty for none
	How    string `json:"how"`  // id, name, alias, map, remembered, year, duplicate, noyear, none
	// Spare says that the column names the subject in rows in which the preferred column of names is blank.
	Spare bool `json:"spare,omitempty"`
	// Void says that what the cells hold is declared wrong, with nothing better known.
	Void    bool     `json:"void,omitempty"`
	Samples []string `json:"samples"` // as they came
	Read    []string `json:"read"`    // as they are understood
}

// Preview is what an import would do, before anything is written.
type Preview struct {
	Report  FileReport
	Sheets  []SheetPreview
	New     int // subjects that would be created
	Updated int // subjects that would change
}

// SheetPreview says how one sheet was understood.
type SheetPreview struct {
	Sheet      string
	HeaderRow  int // last row of the header, from 1
	HeaderRows int
	Title      []string // rows above the header
	Unit       string   // from the title rows
	Year       int      // from title, sheet or file name
	Columns    []Column
	Sample     [][]string // first data rows as they came
}

// Progress is reported while a file is read.
type Progress struct {
	Stage             string // waiting, reading, writing, undoing, deriving, linking
	Rows              int    // rows read, or subjects derived again
	TotalRows         int    // 0: unknown
	Bytes, TotalBytes int64
	Elapsed           time.Duration
}

// Import is one import on record.
type Import struct {
	ID        int64
	Register  string
	File      string
	SHA256    string
	Size      int64
	Actor     string
	At        time.Time
	UndoneAt  time.Time // zero: in force
	UndoneBy  string
	Options   Options
	Synthetic bool       // made by the demonstration generator
	Source    string     // id of the source of the pack; empty: not said
	AsOf      time.Time  // the day that it speaks of; zero: not said
	Form      string     // what form it was entered in; empty for files
	Reason    string     // why it was entered
	Report    FileReport // lists cut
}

// RecordView is one source record as it came.
type RecordView struct {
	ID      int64
	Subject int64
	Import  Import
	Sheet   string
	Row     int
	Headers []string
	Cells   []string
	Reason  string // why it was refused; empty when it was accepted
}

// Ref names a subject.
type Ref struct {
	Subject int64  `json:"subject"`
	Code    string `json:"code"`
	Name    string `json:"name"`
}

// Service is the face of the registry that commands and pages use. Actor is who acts ("local" for the one
// operator of a base without accounts); every write passes one auth decision and lands in the audit chain.
// Errors carry a code of package fault and a sentence for the user's language.
type Service interface {
	Preview(ctx context.Context, src Source, opt Options, progress func(Progress)) (*Preview, error)
	Import(ctx context.Context, actor string, src Source, opt Options, progress func(Progress)) (*FileReport, int64, error) // also the import id (0: nothing written)
	// Together makes one of the imports that fn does with the context that it is given: none of them stays when one fails, or
	// when the process ends before the last. fn may be run again.
	Together(ctx context.Context, progress func(Progress), fn func(ctx context.Context) error) error
	Undo(ctx context.Context, actor string, importID int64, progress func(Progress)) error
	Imports(ctx context.Context, offset, limit int) (list []Import, total int, err error)
	ImportByID(ctx context.Context, id int64) (*Import, error)
	Refused(ctx context.Context, importID int64, w io.Writer) error // XLSX: the rows as they came, the reason in the last column
	Profile(ctx context.Context, subject int64) (*Profile, error)
	Sourced(ctx context.Context, subject int64) ([]SourcedFact, error)               // every winning value with source and losers
	Addresses(ctx context.Context, register string, facts []Fact) ([]Address, error) // where values came from, in the same order
	Record(ctx context.Context, id int64) (*RecordView, error)
	Find(ctx context.Context, codeOrName string) ([]Ref, error)                 // exact code, exact normalised name, else names containing the text (at most 20)
	Scan(ctx context.Context, afterChange int64, fn func(*Profile) error) error // profiles changed after a counter, by subject id; gone ones too; the profile is used again for the next
	Change(ctx context.Context) (int64, error)
	Since(ctx context.Context, earlier Version) (now Version, own bool, err error) // the version now, and whether an earlier one is in its past
	Remembered(ctx context.Context, register string) (map[string]string, error)    // header → attribute[@year] chosen by people before
	Remember(ctx context.Context, actor, register string, mapping map[string]string) error
	PlaceQuestions(ctx context.Context) (*PlaceQuestions, error)                      // addresses whose district a person has to say
	PlaceAnswers(ctx context.Context) ([]PlaceAnswer, error)                          // the newest first, those taken back too
	AnswerPlace(ctx context.Context, actor, phrase, org string) (id int64, err error) // org: a district, or place.Elsewhere (of package place)
	UndoPlaceAnswer(ctx context.Context, actor string, id int64) error
	Upon(ctx context.Context, seen Seen, write func(context.Context) error) error // write and the check of what was seen, in one transaction
	Synthetic(ctx context.Context) (bool, error)                                  // whether any synthetic import is in force
	Horizons
	Identities

	EachProfile(ctx context.Context, register string, afterChange int64, fn func(*Profile) error) error // Scan for any register
	Disputed(ctx context.Context, register string, attributes []string, afterChange int64) (subjects []int64, err error)
	EachSaidOf(ctx context.Context, register string, subjects []int64, attributes []string, fn func(p *Profile, said []Fact) error) error
	History(ctx context.Context, subject int64) ([]SaidFact, error)
	Enter(ctx context.Context, actor string, e Entry) (importID, subject int64, err error)
	Outdated(ctx context.Context) (bool, error)
	Rederive(ctx context.Context, actor string, progress func(Progress)) (changed int, err error)
}

// Horizons answer what held on a day, and what was known on a day.
type Horizons interface {
	ProfileAt(ctx context.Context, subject int64, m Moment) (*Profile, error)
	SourcedAt(ctx context.Context, subject int64, m Moment) ([]SourcedFact, error)
	EachAt(ctx context.Context, register string, m Moment, fn func(*Profile) error) error
	Horizon(ctx context.Context) (Horizon, error)
	Settled(ctx context.Context, m Moment) (bool, error) // whether a moment asks for the base as it is now
}

// Identities say which records and subjects are the same. What is written can be taken back.
type Identities interface {
	FindIn(ctx context.Context, register, codeOrName string) ([]Ref, error) // Find in any register
	RegisterOf(ctx context.Context, subject int64) (string, error)
	Root(ctx context.Context, subject int64) (int64, error)
	LinkedRecords(ctx context.Context, subject int64) ([]LinkedRecord, error)
	Merge(ctx context.Context, actor string, from, into int64, reason string) (id int64, err error)
	Unmerge(ctx context.Context, actor string, id int64) error
	Relink(ctx context.Context, actor string, record, subject int64, reason string) (id int64, err error)
	UndoRelink(ctx context.Context, actor string, id int64) error
	Merges(ctx context.Context, register string, which MergeState, offset, limit int) ([]Joined, int, error)
	MergesOf(ctx context.Context, subject int64) ([]Joined, error)
	Moves(ctx context.Context, subject int64) ([]Move, error)
	Questions(ctx context.Context, register string, state QuestionState, offset, limit int) ([]Question, int, error)
	QuestionByID(ctx context.Context, id int64) (*Question, error)
	QuestionsOf(ctx context.Context, subject int64) ([]Question, error)
	Answer(ctx context.Context, actor string, id int64, answer QuestionState, reason string) error
	Link(ctx context.Context, actor, register string, progress func(Progress)) (*Linkage, error)
}
