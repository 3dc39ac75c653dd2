// Package desk keeps cases in a base, and lets people act in them: it finds who may, gives the engine what it must know, and writes the
// event, the state and the log in one transaction.
package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/calendar"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/condition"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// Row is a case as it is stored, with what it is found by.
type Row struct {
	Case           *matter.Case
	Register       string
	District, Park string
	Stages         []string // of open visits, each once
	Due            matter.Day
	DueKnown       bool
	Wake           matter.Day // first day on which the clock has something to do; empty: none
}

// Listed is a line of a list of cases.
type Listed struct {
	ID       int64
	Matter   string
	Subject  int64
	Stages   []string
	End      string
	Due      matter.Day
	DueKnown bool
	Opened   time.Time
}

// Wanted says which cases are listed. What is empty is not asked for.
type Wanted struct {
	Matter, Stage, Org string // a stage goes with its matter
	End                string
	Subject            int64
	After              int64 // id of the last one of the page before
	Limit              int
	Registers          []string // of whose subjects; nil: of all
	// Which of them the actor may see: all, or those of organisations and subjects.
	All      bool
	Orgs     []string
	Subjects []int64
}

// Waiting is something that waits for a person.
type Waiting struct {
	Case    int64
	Visit   int
	Seat    int
	Matter  string
	Stage   string
	Subject int64
	Due     matter.Day
}

// Storage keeps cases in a base.
type Storage interface {
	ReadCases(ctx context.Context, fn func(Reader) error) error
	// WriteCases runs fn in a transaction of which the operation log proves what it wrote, or within the one that ctx carries.
	// Writers of one case run one after another; id is 0 for those who begin one.
	WriteCases(ctx context.Context, id int64, fn func(Writer) error) error
}

// Reader reads cases.
type Reader interface {
	// Case finds a case; nil: there is none.
	Case(ctx context.Context, id int64) (*Row, error)
	// Events are those of a case behind one, in their order.
	Events(ctx context.Context, id int64, after int) ([]matter.Event, error)
	// Begun finds the case that a person began under a key; 0: none.
	Begun(ctx context.Context, person, key string) (int64, error)
	// List lists cases by their numbers.
	List(ctx context.Context, w Wanted) ([]Listed, error)
	// Inbox lists what waits for a person in a role, what is due first before the rest.
	Inbox(ctx context.Context, p matter.Person, limit int) ([]Waiting, error)
	// Waking are the cases in which the clock has something to do on a day, at most limit.
	Waking(ctx context.Context, day matter.Day, limit int) ([]int64, error)
	// Question finds a question; nil: there is none.
	Question(ctx context.Context, id int64) (*Question, error)
	// Questions lists those of a matter behind one, in their order.
	Questions(ctx context.Context, matter string, open bool, after int64, limit int) ([]Question, error)
	// Numbered is the case that issued a certificate with a number, if it was not taken back; 0: none.
	Numbered(ctx context.Context, kind, number string) (int64, error)
	// Certified finds a certificate by its token; nil: there is none.
	Certified(ctx context.Context, token string) (*Certificate, error)
	// Certificates are those that a case issued, in their order.
	Certificates(ctx context.Context, id int64) ([]Certificate, error)
	// Boxed lists cases of a box, and CountBoxed says how many there are.
	Boxed(ctx context.Context, p Picked, offset, limit int) ([]Boxed, error)
	CountBoxed(ctx context.Context, p Picked) (int, error)
	// Holders are the persons who hold a role for an organisation or a subject on a day.
	Holders(ctx context.Context, role, org string, subject int64, day matter.Day) ([]string, error)
}

// Writer writes cases.
type Writer interface {
	Reader
	// AddCase gives a case its number and writes it.
	AddCase(ctx context.Context, r *Row) error
	SetCase(ctx context.Context, r *Row) error
	AddEvent(ctx context.Context, id int64, e *matter.Event) error
	// Carrying is a context in which other rooms join the transaction.
	Carrying(ctx context.Context) context.Context
	AddCertificate(ctx context.Context, x Certificate) error
	// EndCertificate says that one does not hold from a day on, or never did.
	EndCertificate(ctx context.Context, id int64, no int, revoked matter.Day, never bool) error
	// AddList gives a list its number and writes it.
	AddList(ctx context.Context, l *List) error
	// Ask keeps a question and gives it its number, unless it was asked before: then it gets the number of that one.
	Ask(ctx context.Context, q *Question) error
	// Settle answers the open questions about some cases.
	Settle(ctx context.Context, matter string, cases []int64, at time.Time, person string) error
	SetAnswer(ctx context.Context, q *Question) error
	// Next counts a series of numbers, from 1.
	Next(ctx context.Context, series string) (int64, error)
	Log(ctx context.Context, e audit.Entry) error
}

// Config is what a Desk needs.
type Config struct {
	Pack       *pack.Pack
	Conditions *condition.Set
	Storage    Storage
	Clock      func() time.Time
	Actors     auth.Directory
	// Lie says where a subject lies; see registry.Registry.Lie.
	Lie func(ctx context.Context, subject int64, by string) (auth.Lie, error)
	// Profile is what is known about a subject.
	Profile func(ctx context.Context, subject int64) (*fact.Profile, error)
	// Listed reads a list of another system, Seen says which subjects the actor sees, and Root whom the records of a subject count for
	// after merges; see registry.Registry. They are needed for Compare only.
	Listed func(ctx context.Context, src layout.Source, opt layout.Options) ([]intake.ListedRow, error)
	Seen   func(ctx context.Context, register string) (func(subject int64) bool, error)
	Root   func(ctx context.Context, subject int64) (int64, error)
	// Connected are the subjects with which one was ever connected by a merge, and itself; see registry.Registry. nil: none was.
	Connected func(ctx context.Context, subject int64) ([]int64, error)
	// ByCode is the subject with a code; 0: there is none. It is needed for CheckNumber only.
	ByCode func(ctx context.Context, code string) (int64, error)
	// Attest writes a record of a thing of a subject into the register, within the transaction that ctx carries; see
	// registry.Registry.Attest. nil: what would have to stand there is refused.
	Attest func(ctx context.Context, e intake.Entry) (int64, error)
	// Verdict is what a rule says about a subject on a day; nil: nothing is said.
	Verdict func(ctx context.Context, subject int64, rule string, day time.Time) (*Verdict, error)
}

// Verdict is what a rule said when something was done.
type Verdict struct {
	Rule    string `json:"rule"`
	Law     string `json:"law,omitempty"` // number of the document
	Status  string `json:"status,omitempty"`
	Verdict string `json:"verdict"` // met, unmet or unknown
	On      string `json:"on"`
}

// Desk lets people act in cases. It is safe for concurrent use.
type Desk struct {
	Config
	calendar *calendar.Calendar
}

// New opens the cases of a base.
func New(c Config) *Desk { return &Desk{Config: c, calendar: calendar.New(c.Pack.Calendar)} }

// now is the time in the city.
func (d *Desk) now() time.Time {
	zone := d.Pack.Zone
	if zone == nil {
		zone = time.UTC
	}
	return d.Clock().In(zone)
}

// person is who acts in a context.
func (d *Desk) person(ctx context.Context) (matter.Person, error) {
	a := d.Actors.Acting(ctx)
	if a.Viewer != "" {
		return matter.Person{}, fault.New(fault.Forbidden, "以他人身份查看时不能办理，没有权限。", "Who looks as another person sees it may do nothing.")
	}
	return matter.Person{ID: a.ID, Role: string(a.Role), Org: a.Org, Subject: a.Subject, All: a.Role == auth.Operator}, nil
}

// scope is the part of a register whose cases the actor sees, whatever he has to do with them. Who consented to be seen by a bank has shown
// it a profile; cases and drafts were not meant.
func (d *Desk) scope(ctx context.Context, register string) (auth.Scope, error) {
	s, err := d.Actors.Scope(ctx, register)
	if role := d.Pack.Role(string(d.Actors.Acting(ctx).Role)); err == nil && role != nil && role.Rows == pack.RowsConsented {
		return auth.Scope{}, nil
	}
	return s, err
}

// world is what the engine must know for a case: within the transaction of r.
func (d *Desk) world(ctx context.Context, r Reader, m *pack.MatterType, opened time.Time, profile *fact.Profile) matter.World {
	now := d.now()
	w := matter.World{Now: now, Calendar: d.calendar}
	if writer, writes := r.(Writer); writes {
		w.Next = func(series string) (int64, error) { return writer.Next(ctx, series) }
		w.Taken = func(certificate, number string) (bool, error) {
			id, err := r.Numbered(ctx, certificate, number)
			return id != 0, err
		}
	}
	if d.Actors.Acting(ctx).Role != auth.Operator {
		w.Holders = func(role, org string, subject int64) ([]string, error) {
			return r.Holders(ctx, role, org, subject, w.Today())
		}
	}
	if d.Conditions != nil {
		if opened.IsZero() {
			opened = now
		}
		w.Holds = d.Conditions.Over(m, profile, opened.In(now.Location()))
	}
	return w
}

// verdict is what the rule of a matter says now, for the record.
func (d *Desk) verdict(ctx context.Context, m *pack.MatterType, subject int64) (*Verdict, json.RawMessage, error) {
	if m.Rule == "" || d.Verdict == nil {
		return nil, nil, nil
	}
	y, mo, day := d.now().Date()
	v, err := d.Config.Verdict(ctx, subject, m.Rule, time.Date(y, mo, day, 0, 0, 0, 0, time.UTC))
	if err != nil || v == nil {
		return nil, nil, err
	}
	text, err := json.Marshal(v)
	return v, text, err
}

// matterOf is the matter of a case.
func (d *Desk) matterOf(id string) (*pack.MatterType, error) {
	m := d.Pack.Matter(id)
	if m == nil {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("城市包里没有事项 %s。", id), fmt.Sprintf("the pack has no matter %s", id))
	}
	return m, nil
}

// known is what the conditions of a matter read about a subject: its profile; nil where there are no conditions. It is read before a write
// begins.
func (d *Desk) known(ctx context.Context, m *pack.MatterType, subject int64) (*fact.Profile, error) {
	if d.Conditions == nil || !d.Conditions.Any(m.ID) {
		return nil, nil
	}
	return d.Profile(auth.As(ctx, auth.Self), subject)
}

func noCase(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有第 %d 号办件，或它不归你看。", id), fmt.Sprintf("there is no case %d, or it is not yours to see", id))
}

// orgs are the organisations of a case by their relation to the subject.
func (d *Desk) orgs(l auth.Lie) map[pack.Relative]string {
	orgs := map[pack.Relative]string{}
	if c := d.Pack.Orgs.City(); c != nil {
		orgs[pack.OfCity] = c.ID
	}
	for _, o := range d.Pack.Orgs {
		if !slices.Contains(l.Orgs, o.ID) {
			continue
		}
		at := pack.OfDistrict
		if o.Kind == "park" {
			at = pack.OfPark
		}
		if orgs[at] == "" {
			orgs[at] = o.ID
		}
	}
	return orgs
}

// row makes what a case is found by.
func (d *Desk) row(m *pack.MatterType, c *matter.Case, w matter.World) (*Row, error) {
	r := &Row{Case: c, Register: m.Register, District: c.Orgs[pack.OfDistrict], Park: c.Orgs[pack.OfPark]}
	for _, v := range c.Open() {
		if !slices.Contains(r.Stages, v.Stage) {
			r.Stages = append(r.Stages, v.Stage)
		}
	}
	r.Due, r.DueKnown = c.Due()
	wake, err := matter.Wakes(m, c, w)
	r.Wake = wake
	return r, err
}
