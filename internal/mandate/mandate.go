// Package mandate keeps who may act for a subject, such as an enterprise: which person with an account is its representative (the
// 法定代表人), and what the representative has entrusted to others (办事授权), with an end day. What is entrusted gives nothing before its
// person has accepted it. Package auth asks here what a role with a mandate gives to its holder now.
//
// Whether the representative is still the one of the profile is decided at reading, from the base's own history: everything lapses
// when the profile has named somebody else at any moment since, and does not come back with the name.
package mandate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Basis says how it is known that a person is the representative.
type Basis string

// The values of Basis.
const (
	ByName     Basis = "name"     // the name of the account is that of the representative in the profile
	ByDocument Basis = "document" // an officer has seen a document
	ByOwner    Basis = "owner"    // the machine's owner says so, on generated data
)

// Position is that a person is the representative of a subject, under one grant.
type Position struct {
	ID       int64
	Subject  int64
	Person   string
	Grant    int64
	Basis    Basis
	Document string // what was shown
	name            // of the profile then, and his own, as digests
	Made     time.Time
	MadeBy   string
	Lapsed   time.Time // when it was found that the profile names somebody else; zero: it was not found
	Ended    time.Time // zero: not by anybody
	EndedBy  string
}

// Mandate is what a representative has entrusted to the holder of another grant, from one day to another.
type Mandate struct {
	ID          int64
	Subject     int64
	Position    int64 // of the representative who entrusted it
	Person      string
	Grant       int64
	Matters     []string // ids of the pack
	From, Until string   // first and last day
	Made        time.Time
	MadeBy      string
	Accepted    time.Time // zero: not yet
	Ended       time.Time // zero: not before its last day
	EndedBy     string
}

// Holder is a person with an account of a subject: with a grant that holds today.
type Holder struct {
	Grant  int64
	Person string
	Name   string // personal data
}

// Grant is what is asked of a grant of a role.
type Grant struct {
	ID      int64
	Person  string
	Role    auth.Role
	Subject int64
	Holds   bool // on the day that was asked for
	Decided time.Time
}

// Storage keeps positions and mandates in a base.
type Storage interface {
	ReadMandates(ctx context.Context, fn func(Reader) error) error
	// WriteMandates runs fn in a transaction of which the operation log proves what it wrote, or within the one that ctx carries.
	// Writers run one after another.
	WriteMandates(ctx context.Context, fn func(Writer) error) error
}

// Reader reads positions and mandates.
type Reader interface {
	// Grant finds a grant; nil: there is none.
	Grant(ctx context.Context, id int64, day string) (*Grant, error)
	// Holders are the persons with a role for a subject on a day, by grant, at most limit.
	Holders(ctx context.Context, role auth.Role, subject int64, day string, limit int) ([]Holder, error)
	// Position finds a position; nil: there is none.
	Position(ctx context.Context, id int64) (*Position, error)
	// Positions are those of a subject, the newest first, at most limit.
	Positions(ctx context.Context, subject int64, limit int) ([]Position, error)
	// PositionsOf are those of a grant that nobody has ended and that were not found lapsed.
	PositionsOf(ctx context.Context, grant int64) ([]Position, error)
	// Standing are all that nobody has ended and that were not found lapsed, by their numbers behind one, at most limit.
	Standing(ctx context.Context, after int64, limit int) ([]Position, error)
	// Mandate finds a mandate; nil: there is none.
	Mandate(ctx context.Context, id int64) (*Mandate, error)
	// Mandates are those of a subject, the newest first, at most limit; MandatesOf those of a person.
	Mandates(ctx context.Context, subject int64, limit int) ([]Mandate, error)
	MandatesOf(ctx context.Context, person string, limit int) ([]Mandate, error)
	// Open are the mandates of a grant that nobody has ended and whose last day is not before a day.
	Open(ctx context.Context, grant int64, day string) ([]Mandate, error)
}

// Writer writes positions and mandates.
type Writer interface {
	Reader
	AddPosition(ctx context.Context, p *Position) error
	// SetPosition writes that a position was found lapsed, or that it was ended.
	SetPosition(ctx context.Context, p *Position) error
	AddMandate(ctx context.Context, m *Mandate) error
	// SetMandate writes that a mandate was accepted, or ended.
	SetMandate(ctx context.Context, m *Mandate) error
	Log(ctx context.Context, e audit.Entry) error
}

// Config is what Mandates needs.
type Config struct {
	Pack    *pack.Pack
	Storage Storage
	Clock   func() time.Time
	// Actors decides who may write; nil: nothing is written, only asked.
	Actors auth.Directory
	// Lie says where a subject lies; see registry.Registry.Lie. It is asked for writes only.
	Lie func(ctx context.Context, subject int64, by string) (auth.Lie, error)
	// Now gives the value of the attribute that names the representative in a subject's profile (empty: not known), and the number of
	// the change by which the profile became so; see registry.Registry.ValueNow.
	Now func(ctx context.Context, subject int64, attr string) (name string, change int64, err error)
	// Since gives the values that it has had from a time until now, in their order; see registry.Registry.ValuesSince.
	Since func(ctx context.Context, subject int64, attr string, since time.Time) ([]string, error)
}

// Mandates are the positions and mandates of a base. It is safe for concurrent use.
type Mandates struct {
	Config
	mu    sync.Mutex
	known map[int64]verdict // by position
}

// New opens the mandates of a base.
func New(c Config) *Mandates { return &Mandates{Config: c, known: map[int64]verdict{}} }

// The most rows that are listed or looked through. A subject has few accounts.
const (
	mostListed  = 200
	mostHolders = 100
)

// Today is the day by which mandates hold.
func (m *Mandates) Today() string {
	zone := m.Pack.Zone
	if zone == nil {
		zone = time.UTC
	}
	return m.Clock().In(zone).Format(time.DateOnly)
}

// dayOf is the day of a time in the city.
func (m *Mandates) dayOf(t time.Time) string {
	if m.Pack.Zone != nil {
		t = t.In(m.Pack.Zone)
	}
	return t.Format(time.DateOnly)
}

// roleFor is the role with a mandate that is granted for subjects of a register; nil: there is none.
func (m *Mandates) roleFor(register string) *pack.Role {
	for _, r := range m.Pack.Roles {
		if r.Mandate != nil && slices.Contains(r.For, register) {
			return r
		}
	}
	return nil
}

// Of is the role whose holders need a mandate for subjects of a register; nil: none do.
func (m *Mandates) Of(register string) *pack.Role { return m.roleFor(register) }

// Given are the actions that an actor may do now in a role with a mandate, for package auth: all of the role as the representative
// of its subject, and as anybody else those of the matters that he has accepted. It gives nothing to deputies: a representative
// entrusts them himself.
func (m *Mandates) Given(ctx context.Context, a auth.Actor) (list []auth.Action, err error) {
	defer fault.At(&err, "mandate.Given(grant %d)", a.Grant)
	role := m.Pack.Role(string(a.Role))
	if role == nil || role.Mandate == nil || a.Grant == 0 {
		return nil, nil
	}
	today := m.Today()
	var grant *Grant
	var own, theirs, all []Position
	var open []Mandate
	err = m.Storage.ReadMandates(ctx, func(r Reader) error {
		if grant, err = r.Grant(ctx, a.Grant, today); err != nil || grant == nil {
			return err
		}
		own, err = r.PositionsOf(ctx, a.Grant)
		return err
	})
	if err != nil || grant == nil || !grant.Holds || grant.Person != a.ID || grant.Subject != a.Subject || grant.Role != a.Role {
		return nil, err
	}
	for i := range own {
		steady, err := m.steady(ctx, role.Mandate, &own[i])
		if err != nil {
			return nil, err
		}
		if steady {
			return actions(role.May, ""), nil
		}
	}
	before := m.dayOf(grant.Decided) < role.Mandate.From && today <= role.Mandate.Kept
	err = m.Storage.ReadMandates(ctx, func(r Reader) error {
		if before {
			if all, err = r.Positions(ctx, grant.Subject, 1); err != nil {
				return err
			}
		}
		if open, err = r.Open(ctx, a.Grant, today); err != nil {
			return err
		}
		asked := map[int64]bool{}
		for i := range open {
			if x := &open[i]; !x.Accepted.IsZero() && x.From <= today && !asked[x.Position] {
				asked[x.Position] = true
				p, err := standing(ctx, r, x.Position, today)
				if err != nil {
					return err
				}
				theirs = append(theirs, p...)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if before && len(all) == 0 {
		return actions(role.May, auth.Entrust), nil // he had all before there were mandates, and nobody could entrust him yet
	}
	for i := range open {
		x := &open[i]
		at := slices.IndexFunc(theirs, func(p Position) bool { return p.ID == x.Position })
		if x.Accepted.IsZero() || x.From > today || at < 0 {
			continue
		}
		steady, err := m.steady(ctx, role.Mandate, &theirs[at])
		if err != nil {
			return nil, err
		}
		if !steady {
			continue
		}
		for _, id := range x.Matters {
			if t := role.Mandate.Matter(id); t != nil {
				list = append(list, actions(t.May, "")...)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

func actions(ids []string, but auth.Action) (list []auth.Action) {
	for _, id := range ids {
		if auth.Action(id) != but {
			list = append(list, auth.Action(id))
		}
	}
	return list
}

// standing is a position that nobody has ended and whose person still has his grant; none otherwise. Whether it lapsed is asked apart.
func standing(ctx context.Context, r Reader, id int64, day string) ([]Position, error) {
	p, err := r.Position(ctx, id)
	if err != nil || p == nil || !p.Ended.IsZero() || !p.Lapsed.IsZero() {
		return nil, err
	}
	g, err := r.Grant(ctx, p.Grant, day)
	if err != nil || g == nil || !g.Holds {
		return nil, err
	}
	return []Position{*p}, nil
}

// entryOf is an entry of the log about a subject.
func (m *Mandates) entryOf(actor, action string, subject int64, detail map[string]any) (audit.Entry, error) {
	return audit.Entry{At: m.Clock(), Actor: actor, Action: action, Subject: fmt.Sprintf("subject/%d", subject)}.WithDetail(detail)
}

// may refuses who may not do an action to a subject.
func (m *Mandates) may(ctx context.Context, action auth.Action, subject int64) error {
	lies, err := m.Lie(ctx, subject, m.Actors.Acting(ctx).ID)
	if err != nil {
		return err
	}
	return m.Actors.Decide(ctx, action, auth.Resource{Lies: &lies})
}

// clean is a text as somebody wrote it, without blanks around it.
func clean(text string) string { return strings.TrimSpace(text) }
