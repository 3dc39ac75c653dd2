// Package disclosure keeps to whom data of subjects were disclosed: which personal data of one subject somebody sees unmasked,
// for which purpose and until when; who opened the pages of a subject, for which organisation and on which day; and which files
// contained it. A subject may ask for all that.
//
// Package auth says who may unmask and who may ask. Unmasking is written and logged before anything is shown. Looks are counted
// in memory and written every few seconds, outside the requests. What a file contained is written before the file is whole.
package disclosure

import (
	"context"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Who is a person in the role and for the organisation in which he acted.
type Who struct {
	Person string
	Role   auth.Role
	Org    string // id; empty: for none
}

// What is how somebody looked.
type What string

// The ways of looking.
const (
	Page   What = "page"   // opened a page of the subject
	Unmask What = "unmask" // saw personal data of it unmasked
)

// Look is that somebody looked at a subject on a day.
type Look struct {
	Who
	Subject int64
	Day     string // in the city's zone, such as 2026-11-30
	What    What
	Purpose string // id of a pack.Purpose; empty for pages
	Times   int    // how often on that day
}

// Unmasking is that a person sees personal data of one subject unmasked.
type Unmasking struct {
	ID int64
	Who
	Session  string // in which they are shown; in no other
	Subject  int64
	Register string
	Fields   []string // ids of attributes
	Purpose  string   // id of a pack.Purpose
	Began    time.Time
	Ends     time.Time
	Ended    time.Time // zero: not before Ends
}

// Export is a file that somebody took along.
type Export struct {
	ID int64
	Who
	At       time.Time
	What     string   // path of the address that gives the file, such as /enterprises.xlsx
	Purpose  string   // id of a pack.Purpose, of a file with unmasked personal data; empty: of none
	Fields   []string // ids of the attributes that are unmasked in it
	Subject  int64    // that the file is about; 0: it is a list
	Subjects int      // how many are in the list
}

// Storage keeps disclosures in a base.
type Storage interface {
	// ReadDisclosures runs fn on one snapshot.
	ReadDisclosures(ctx context.Context, fn func(Reader) error) error
	// WriteUnmasking runs fn in a transaction of which the operation log proves what it wrote.
	WriteUnmasking(ctx context.Context, fn func(Writer) error) error
	// WriteDisclosures runs fn in a short transaction that the log does not prove and that does not wait for long writes.
	WriteDisclosures(ctx context.Context, fn func(Counter) error) error
}

// Reader reads disclosures.
type Reader interface {
	// Unmasked is the newest unmasking of a subject for a person in a session that is not over at a time; nil: there is none.
	Unmasked(ctx context.Context, subject int64, person, session string, at time.Time) (*Unmasking, error)
	// Looks are those at some subjects, the newest day first.
	Looks(ctx context.Context, subjects []int64, offset, limit int) (list []Look, total int, err error)
	// Exports are the files that contained one of some subjects, the newest first. more: there are others after them. before: only
	// files with a smaller number; 0: all.
	Exports(ctx context.Context, subjects []int64, before int64, limit int) (list []Export, more bool, err error)
}

// Counter writes what is counted.
type Counter interface {
	// AddLooks adds to the looks of the same person, role, organisation, day, subject and purpose.
	AddLooks(ctx context.Context, list []Look) error
	// AddExport adds a file, and says its number. The list's subjects are in m; nil: none.
	AddExport(ctx context.Context, e *Export, m *Members) error
}

// Writer writes unmasking.
type Writer interface {
	Counter
	AddUnmasking(ctx context.Context, u *Unmasking) error
	// EndUnmaskings ends those of a subject for a person in a session that are not over.
	EndUnmaskings(ctx context.Context, subject int64, person, session string, at time.Time) (ended int, err error)
	Log(ctx context.Context, e audit.Entry) error
}

// Config is what a Ledger needs.
type Config struct {
	Pack    *pack.Pack
	Storage Storage
	Clock   func() time.Time
	Actors  auth.Directory
	// Lie says where a subject lies; see registry.Registry.Lie.
	Lie func(ctx context.Context, subject int64, by string) (auth.Lie, error)
	// Failed is told what could not be written outside a request; nil: nobody is.
	Failed func(error)
}

// Ledger keeps disclosures. It is safe for concurrent use.
type Ledger struct {
	Config
	looks looks
	ended chan struct{}
	done  chan struct{}
}

// New opens a ledger. It writes looks every few seconds until Close.
func New(c Config) *Ledger {
	l := &Ledger{Config: c, ended: make(chan struct{}), done: make(chan struct{})}
	l.looks.of = map[Look]int{}
	go l.writeLooks()
	return l
}

// who is the actor of a context; the person himself when he looks as another one sees it.
func (l *Ledger) who(ctx context.Context) (Who, auth.Actor) {
	a := l.Actors.Acting(ctx)
	w := Who{a.ID, a.Role, a.Org}
	if a.Viewer != "" {
		w.Person = a.Viewer
	}
	return w, a
}

// day is the day in the city.
func (l *Ledger) day() string { return l.Clock().In(l.zone()).Format(time.DateOnly) }

func (l *Ledger) zone() *time.Location {
	if l.Pack.Zone != nil {
		return l.Pack.Zone
	}
	return time.UTC
}

// Looks are those at some subjects, which are one: itself and those that were merged into it. Who may trace asks for it.
func (l *Ledger) Looks(ctx context.Context, subjects []int64, offset, limit int) (list []Look, total int, err error) {
	defer fault.At(&err, "disclosure.Looks(subjects %v)", subjects)
	if err := l.traces(ctx, subjects); err != nil {
		return nil, 0, err
	}
	err = l.Storage.ReadDisclosures(ctx, func(r Reader) (err error) {
		list, total, err = r.Looks(ctx, subjects, offset, limit)
		return err
	})
	return list, total, err
}

// Exports are the files that contained a subject; see Reader.Exports. Who may trace asks for it.
func (l *Ledger) Exports(ctx context.Context, subjects []int64, before int64, limit int) (list []Export, more bool, err error) {
	defer fault.At(&err, "disclosure.Exports(subjects %v)", subjects)
	if err := l.traces(ctx, subjects); err != nil {
		return nil, false, err
	}
	err = l.Storage.ReadDisclosures(ctx, func(r Reader) (err error) {
		list, more, err = r.Exports(ctx, subjects, before, limit)
		return err
	})
	return list, more, err
}

// traces refuses who may not see to whom the data of a subject were disclosed. The first of the subjects is the one that the
// others were merged into.
func (l *Ledger) traces(ctx context.Context, subjects []int64) error {
	if len(subjects) == 0 {
		return fault.New(fault.Invalid, "没有写明主体。", "No subject is named.")
	}
	_, a := l.who(ctx)
	lies, err := l.Lie(ctx, subjects[0], a.ID)
	if err != nil {
		return err
	}
	return l.Actors.Decide(ctx, auth.Trace, auth.Resource{Lies: &lies})
}
