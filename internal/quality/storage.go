// Package quality keeps what the rules of the pack doubt about the values of registers: it searches what has changed, lists it,
// and records what people decide. Package judge says what is doubtful.
package quality

import (
	"context"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
)

// State is what has become of a finding.
type State string

// The states. Mended is the program's own word: the value is no longer found.
const (
	Open      State = "open"
	Assigned  State = "assigned"  // somebody is to mend it
	Asked     State = "asked"     // the enterprise was asked
	Mended    State = "mended"    // no longer found
	Dismissed State = "dismissed" // found to be right, for a reason; comes back when the value changes
)

// States are all of them.
var States = []State{Open, Assigned, Asked, Mended, Dismissed}

// Key tells findings apart.
type Key struct {
	Subject   int64
	Rule      string
	Attribute string
	Year      int // 0 for attributes that are not yearly
}

// Row is a finding as it is kept.
type Row struct {
	Key
	Register, Code, Name, District string
	Value                          string   // as scripts read it, see Text
	Offer                          *Offered // nil for none
	Because                        pack.Text
	Import, Record                 int64
	Cell                           string // e.g. "F12"
	FoundAt                        time.Time
	ResolvedAt                     time.Time // zero: still found
	State                          State
	Assignee                       string // office or person
	Reason                         string // of the last decision: why it is right, what was asked, what is to be done
	ChangedAt                      time.Time
	ChangedBy                      string
}

// Offered is an offer as it is kept.
type Offered struct {
	Value  string  `json:"value,omitempty"` // as scripts read it
	Factor float64 `json:"factor,omitempty"`
	Void   bool    `json:"void,omitempty"`
}

// Filter limits a list. A nil list and a zero value ask for nothing; an empty list asks for no value, so that nothing fits. Kinds
// of rules are named by their rules.
type Filter struct {
	Register  string
	Text      string // part of the name of the subject, or its whole code
	Rules     []string
	Imports   []int64
	Districts []string // ids of orgs; "" for subjects without one
	States    []State
	Assignees []string
	Subjects  []int64
	Keys      []Key     // these findings only
	From, To  time.Time // found at or after From and before To
	Sort      string    // rule, name, found; a Board also sorts by severity, its default
	Desc      bool
}

// Tally is a number of open findings that agree in all this.
type Tally struct {
	Rule, District string
	Import         int64
	State          State
	Assignee       string
	N              int
}

// Pass says how far a register has been searched.
type Pass struct {
	Register    string
	Change      int64  // value of the change counter that is taken in
	Fingerprint string // of the pack
	At          time.Time
	Aged        []Aged
}

// Storage is the database as the board needs it. Package store provides it.
type Storage interface {
	Read(ctx context.Context, fn func(Reader) error) error
	Write(ctx context.Context, fn func(Writer) error) error
	// Together makes one transaction of all that fn does with the context that it is given, here and in the registry.
	Together(ctx context.Context, fn func(ctx context.Context) error) error
}

// scoped is a Storage of which who acts reads what he may see.
type scoped struct {
	Storage
	actors auth.Directory
}

func (s scoped) Read(ctx context.Context, fn func(Reader) error) error {
	if _, err := s.actors.Scope(ctx, ""); err != nil {
		return err
	}
	return s.Storage.Read(ctx, fn)
}

// Reader reads findings from one snapshot.
type Reader interface {
	Pass(ctx context.Context, register string) (*Pass, error) // nil when it was never searched
	Finding(ctx context.Context, k Key) (*Row, error)         // nil when there is none
	// FindingsOf gives all findings of subjects, resolved ones too.
	FindingsOf(ctx context.Context, subjects []int64) ([]Row, error)
	// FoundSubjects gives every subject of a register that has a finding, resolved ones too.
	FoundSubjects(ctx context.Context, register string, fn func(subject int64)) error
	// Findings lists open findings from offset on, at most limit of them.
	Findings(ctx context.Context, f Filter, offset, limit int) ([]Row, error)
	// CountFindings counts open findings by their rules.
	CountFindings(ctx context.Context, f Filter) (map[string]int, error)
	Tallies(ctx context.Context, register string) ([]Tally, error)
}

// Writer also writes, in one transaction.
type Writer interface {
	Reader
	SetFindings(ctx context.Context, rows []Row) error // adds and replaces
	SetPass(ctx context.Context, p Pass) error
	Log(ctx context.Context, e audit.Entry) error
}

// Corrections is the source of the pack that holds what people entered in the place of doubted values.
const Corrections = intake.Corrections
