// Package quality keeps the findings about the values of registers. It searches changed subjects, lists findings, and
// records decisions of people. Package judge decides which values are doubtful.
package quality

import (
	"context"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
)

// State is the state of a finding.
type State string

// The states. Only the program sets Mended.
const (
	Open      State = "open"
	Assigned  State = "assigned"  // an office or a person must correct the value
	Asked     State = "asked"     // the enterprise was asked
	Mended    State = "mended"    // the value is no longer found
	Dismissed State = "dismissed" // a person found it right; it comes back when the value changes
)

// States lists all states.
var States = []State{Open, Assigned, Asked, Mended, Dismissed}

// Key identifies a finding.
type Key struct {
	Subject   int64
	Rule      string
	Attribute string
	Year      int // 0 if the attribute is not yearly
}

// Row is a stored finding.
type Row struct {
	Key
	Register, Code, Name, District string
	Value                          string   // as judge.Text writes it; "" for a missing value
	Offer                          *Offered // nil for none
	Because                        pack.Text
	Import, Record                 int64
	Cell                           string // such as "F12"
	FoundAt                        time.Time
	ResolvedAt                     time.Time // zero if it is still found
	State                          State
	Assignee                       string // an office or a person
	Reason                         string // of the last decision: why the value is right, what was asked, or what to do
	ChangedAt                      time.Time
	ChangedBy                      string
}

// Offered is a stored offer.
type Offered struct {
	Value  string  `json:"value,omitempty"` // as judge.Text writes it
	Factor float64 `json:"factor,omitempty"`
	Void   bool    `json:"void,omitempty"`
}

// Slim is what is kept in memory of an open finding, to count and order findings. The rest is read for the findings of a page.
type Slim struct {
	Key
	District string
	Import   int64
	State    State
	Assignee string
	FoundAt  time.Time
}

// Filter selects findings. A nil list or zero value does not restrict. An empty list that is not nil fits nothing.
type Filter struct {
	Register  string
	Text      string // part of the subject's name, or its whole code
	Rules     []string
	Imports   []int64
	Districts []string // org ids; "" for subjects without a district
	States    []State
	Assignees []string
	Subjects  []int64
	Keys      []Key     // these findings only
	From, To  time.Time // found at or after From and before To
	Sort      string    // rule, name or found; Board.Listed also sorts by severity, the default
	Desc      bool
}

// Tally is the number of open findings with these properties in common.
type Tally struct {
	Rule, District string
	Import         int64
	State          State
	Assignee       string
	N              int
}

// Pass is the last search of a register.
type Pass struct {
	Register    string
	Change      int64  // change counter that the search covers
	Fingerprint string // fingerprint of the pack
	At          time.Time
	Aged        []Aged
}

// Storage is what the board needs of the database. Package store implements it.
type Storage interface {
	Read(ctx context.Context, fn func(Reader) error) error
	Write(ctx context.Context, fn func(Writer) error) error
	// Together runs fn in one transaction. The context of fn carries it, also to the registry.
	Together(ctx context.Context, fn func(ctx context.Context) error) error
}

// scoped is a Storage that checks whether the actor may read. Who sees a part of the registers reads only through a method of
// Board that leaves out what he does not see (see passed).
type scoped struct {
	Storage
	actors auth.Directory
}

func (s scoped) Read(ctx context.Context, fn func(Reader) error) error {
	scope, err := s.actors.Scope(ctx, "")
	if err != nil {
		return err
	}
	if !scope.Whole() && ctx.Value(passedKey{}) == nil {
		return s.actors.Decide(ctx, "see all", auth.Resource{})
	}
	return s.Storage.Read(ctx, fn)
}

// passedKey is the key of a context in which the caller leaves out what the actor does not see.
type passedKey struct{}

func passed(ctx context.Context) context.Context { return context.WithValue(ctx, passedKey{}, true) }

// Reader reads findings from one snapshot.
type Reader interface {
	Pass(ctx context.Context, register string) (*Pass, error) // nil if it was never searched
	Finding(ctx context.Context, k Key) (*Row, error)         // nil if there is none
	// FindingsOf returns all findings of subjects, including resolved ones.
	FindingsOf(ctx context.Context, subjects []int64) ([]Row, error)
	// FoundSubjects calls fn for every subject of a register that has a finding, including resolved ones.
	FoundSubjects(ctx context.Context, register string, fn func(subject int64)) error
	// Findings returns open findings offset…offset+limit−1 that fit f, in the order of f.
	Findings(ctx context.Context, f Filter, offset, limit int) ([]Row, error)
	// CountFindings returns the number of open findings that fit f, by rule.
	CountFindings(ctx context.Context, f Filter) (map[string]int, error)
	// Changed calls fn for every finding of a register that was written after a number (see Slim), with whether it is open now. It
	// returns the number up to which these are all; −1 is before the first.
	Changed(ctx context.Context, register string, after int64, fn func(f Slim, open bool)) (last int64, err error)
	// Committed reports whether all that is read here has been committed: what is not may be taken back.
	Committed() bool
}

// Writer reads and writes in one transaction.
type Writer interface {
	Reader
	SetFindings(ctx context.Context, rows []Row) error // inserts or replaces
	SetPass(ctx context.Context, p Pass) error
	Log(ctx context.Context, e audit.Entry) error
}

// Corrections is the id of the source with the values that people entered in place of doubted ones.
const Corrections = intake.Corrections
