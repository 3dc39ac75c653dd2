// Package people keeps who works in the base: accounts, passwords and second factors, what each was granted and until when,
// who stands in for whom, sessions, one-time links and tokens of commands. It says who acts in a request or a command;
// package auth says what he may do then.
//
// A base without persons has one operator, who may do everything. It becomes a base with people when the first person is
// made, and stays one.
package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/vault"
)

// State is how an account stands.
type State string

// The states of an account.
const (
	Asked   State = "asked"   // somebody asked for it; the system administrator has not made it yet
	Invited State = "invited" // made; its person has not chosen a password yet
	Active  State = "active"
	Locked  State = "locked" // by an administrator
	Left    State = "left"   // for good: its grants and sessions are ended
)

// Person is an account.
type Person struct {
	ID          string
	Name        string // personal data, as phone and mail are
	Phone, Mail string
	State       State
	Demo        bool // of the demonstration city: works on a synthetic base only
	System      bool // the account of a system, which acts by tokens of the API: nobody signs in by it
	Made        time.Time
	MadeBy      string
	Successor   string // who took over what a person who left had to do
}

// GrantState is how a grant stands.
type GrantState string

// The states of a grant.
const (
	Proposed GrantState = "proposed"
	Given    GrantState = "given"
	Refused  GrantState = "refused"
	Taken    GrantState = "taken"
)

// Grant is a role of a person for an organisation or a subject, for some days. A grant is never deleted.
type Grant struct {
	ID         int64
	Person     string
	Role       auth.Role
	Org        string // for which; empty: for a subject, or for none
	Subject    int64  // for which; 0: for an organisation
	Code       string // of the subject, as it was asked for
	From       string // first day, such as 2026-11-30
	Until      string // last day; empty: no end
	State      GrantState
	Reason     string
	ProposedBy string
	ProposedAt time.Time
	DecidedBy  string // who gave or refused it
	DecidedAt  time.Time
	TakenBy    string
	TakenAt    time.Time
}

// Holds reports whether a grant is in force on a day.
func (g *Grant) Holds(day string) bool {
	return g.State == Given && g.From <= day && (g.Until == "" || day <= g.Until)
}

// overlaps reports whether two grants may be in force on one day.
func (g *Grant) overlaps(o *Grant) bool {
	return (g.Until == "" || o.From <= g.Until) && (o.Until == "" || g.From <= o.Until)
}

// Deputy is a person who stands in for another for some days, with all that the other was granted.
type Deputy struct {
	ID             int64
	Person, Deputy string // Deputy stands in for Person
	From, Until    string // first and last day
	Made           time.Time
	MadeBy         string
	Ended          time.Time // zero: not before its last day
}

// holds reports whether a deputy stands in on a day.
func (d *Deputy) holds(day string) bool { return d.Ended.IsZero() && d.From <= day && day <= d.Until }

// Seen is a person as the pages show him.
type Seen struct {
	Person
	Grants   []Grant
	Deputies []Deputy
	Second   bool
	Last     time.Time // use of an account, as sessions tell that are kept; zero: none
}

// Session is a browser in which a person has signed in. Key is the SHA-256 of its token, which stands nowhere but in the cookie.
type Session struct {
	Key       string
	Person    string
	Grant     int64  // acted under; 0: none yet
	Half      bool   // the password was right; the second factor is still asked for
	Login     string // name of the provider by which it began; empty: by a password
	Factor    bool   // that provider checked a second factor
	View      string // person as whom the pages are seen; empty: as oneself
	ViewGrant int64  // … in which of his grants
	Made      time.Time
	Seen      time.Time
	From      string // network address
	Browser   string
	Ended     time.Time
}

// ID names a session on pages. It says nothing of the token.
func (s *Session) ID() string { return s.Key[:12] }

// LinkKind is what a one-time link is for.
type LinkKind string

// The kinds of links.
const (
	Start    LinkKind = "start"    // makes the three administrators of a base
	Invite   LinkKind = "invite"   // chooses the first password
	Recovery LinkKind = "recovery" // chooses a new one, and takes the second factor off
)

// Link is a one-time link. Key is the SHA-256 of its token.
type Link struct {
	Key     string
	Kind    LinkKind
	Person  string
	Made    time.Time
	MadeBy  string
	Expires time.Time
	Used    time.Time
}

// Token is that of a person's commands.
type Token struct {
	Key    string
	Person string
	Made   time.Time
	MadeBy string
	Ended  time.Time
}

// APIToken lets a program act through the API for a person, or for a system, under one grant. Key is the SHA-256 of the token, which
// is kept nowhere.
type APIToken struct {
	ID        int64
	Key       string
	Person    string
	Grant     int64  // under which it acts; when that is over, the token gives nothing
	Name      string // what it is for
	Bounds    string // to which it is held within the grant; see auth.Bounds
	PerMinute int    // how many requests it may make in a minute
	Made      time.Time
	MadeBy    string
	Expires   time.Time
	Ended     time.Time // zero: not revoked
	EndedBy   string
	Used      time.Time // last use, to about a minute; zero: never
	UsedFrom  string    // network address
}

// Holds reports whether a token may be used at a time, as far as it says itself.
func (t *APIToken) Holds(now time.Time) bool { return t.Ended.IsZero() && now.Before(t.Expires) }

// APIEntering is what decides who acts under a token of the API.
type APIEntering struct {
	Token  APIToken
	Person Person
	Grant  Grant
}

// How long sessions and links last.
const (
	idle     = 30 * time.Minute // GB/T 22239-2019 8.1.4.1 b: signed out when nothing is done
	absolute = 12 * time.Hour   // however much is done
	halfTime = 5 * time.Minute  // to give the second factor
	linkTime = 72 * time.Hour
	// touchEvery is how often it is written that a session was used.
	touchEvery = time.Minute
)

// Config is what People needs.
type Config struct {
	Pack    *pack.Pack
	Storage Storage
	Clock   func() time.Time
	// Subjects finds those for whom roles are granted; nil: roles are granted for organisations only.
	Subjects Subjects
	// Synthetic reports whether nothing but generated data is in the base; nil: it never is. Demonstration accounts work only then.
	Synthetic func(context.Context) (bool, error)
	// Shares gives the subjects of roles whose rows are given one by one; nil: none are given.
	Shares auth.Shares
	// Lies says where subjects lie to which tokens of the API are held; nil: such tokens see nothing.
	Lies auth.Lies
	// Mandates gives what is entrusted to whom in roles that need a mandate; nil: nothing is.
	Mandates auth.Mandates
	// Legal says, in the transaction of the context, that the holder of a grant is the representative of its subject: by his name or
	// the document that was shown; with owner, because the machine's owner says so. nil: nobody can be.
	Legal func(ctx context.Context, subject, grant int64, document string, owner bool) error
	// Hands are what is handed over when somebody leaves.
	Hands []Handover
}

// Subjects finds subjects of registers.
type Subjects interface {
	// SubjectByCode finds a subject by its code in one of some registers; nil: there is none.
	SubjectByCode(ctx context.Context, registers []string, code string) (*Subject, error)
	// SubjectByID finds a subject by its number; nil: there is none.
	SubjectByID(ctx context.Context, id int64) (*Subject, error)
}

// Subject is somebody for whom a role is granted, such as an enterprise.
type Subject struct {
	ID         int64
	Register   string
	Code, Name string
	Orgs       []string // districts, zones and parks in which it lies
}

// Handover hands open work of a person to another, in the transaction of the context, and says how many things it was.
type Handover struct {
	Of   string // what is handed over: findings, jobs, uploads
	Hand func(ctx context.Context, from, to string) (int, error)
}

// People are the persons of a base. It is safe for concurrent use.
type People struct {
	Config
	rights *auth.Rights
	alone  *auth.Rights
	some   known         // the base has people
	slots  chan struct{} // for hashing, which takes 19 MiB each
	roles  map[auth.Role]*pack.Role
	apart  map[auth.Role]map[auth.Role]bool
	words  []string // of the field and its organisations, as a password may not be made of them
}

// New opens the people of a base.
func New(c Config) (_ *People, err error) {
	defer fault.At(&err, "people.New(pack %s)", c.Pack.ID)
	p := &People{Config: c, alone: auth.Accountless(), slots: make(chan struct{}, 4), roles: map[auth.Role]*pack.Role{}, apart: map[auth.Role]map[auth.Role]bool{}}
	if p.rights, err = auth.New(c.Pack); err != nil {
		return nil, err
	}
	p.rights.WithShares(c.Shares).WithMandates(c.Mandates).WithLies(c.Lies)
	for _, r := range c.Pack.Roles {
		p.roles[auth.Role(r.ID)] = r
	}
	part := func(a, b string) {
		if p.apart[auth.Role(a)] == nil {
			p.apart[auth.Role(a)] = map[auth.Role]bool{}
		}
		p.apart[auth.Role(a)][auth.Role(b)] = true
	}
	for _, r := range c.Pack.Roles {
		for _, o := range r.Apart {
			part(r.ID, o)
			part(o, r.ID)
		}
	}
	p.words = fieldWords(c.Pack)
	return p, nil
}

// today is the day in the city.
func (p *People) today() string { return p.Clock().In(p.zone()).Format(time.DateOnly) }

func (p *People) zone() *time.Location {
	if p.Pack.Zone != nil {
		return p.Pack.Zone
	}
	return time.UTC
}

// newToken makes a token that nobody can guess, and the key under which it is stored.
func newToken() (token, key string) {
	token = rand.Text() + rand.Text()[:6] // 160 bits
	return token, keyOf(token)
}

func keyOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// idForm is what the id of a person looks like.
var idForm = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

// readID reads the id of a new person.
func readID(text string) (string, error) {
	id := strings.ToLower(strings.TrimSpace(text))
	if !idForm.MatchString(id) || id == auth.Local || id == auth.Self {
		return "", fault.New(fault.Invalid, "账号由 2 到 32 个小写字母、数字、点或横线组成，以字母开头，且不能是 local、eyas。",
			"An account's id is 2 to 32 small letters, digits, dots or dashes, begins with a letter, and is neither local nor eyas.")
	}
	if vault.Holds(id) { // it would stand in clear wherever the person acts
		return "", fault.New(fault.Invalid, "账号里不能有身份证号：账号会出现在日志和页面上。请换一个。",
			"An account's id cannot contain an identity number, because it stands in the log and on pages. Choose another one.")
	}
	return id, nil
}

// entry is an entry of the log about a person or a grant.
func (p *People) entry(ctx context.Context, action, subject string, detail map[string]any) (audit.Entry, error) {
	return p.entryOf(auth.Of(ctx), action, subject, detail)
}

func (p *People) entryOf(actor, action, subject string, detail map[string]any) (audit.Entry, error) {
	return audit.Entry{At: p.Clock(), Actor: actor, Action: action, Subject: subject}.WithDetail(detail)
}

// errNoPerson is answered for an account that there is not.
func errNoPerson() error {
	return fault.New(fault.NotFound, "没有这个账号。请从人员列表中选择。", "There is no such account. Choose one from the list of people.")
}
