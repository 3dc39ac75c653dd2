package people

import (
	"context"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
)

// Storage keeps people in a base.
type Storage interface {
	// ReadPeople runs fn on one snapshot, or in the transaction that ctx carries.
	ReadPeople(ctx context.Context, fn func(Reader) error) error
	// WritePeople runs fn in a transaction of which the operation log proves what it wrote. Writers run one after another.
	// The context that fn gets carries the transaction.
	WritePeople(ctx context.Context, fn func(context.Context, Writer) error) error
	// WriteAside runs fn in a short transaction that does not wait for long writes, and that the log does not prove: attempts,
	// and when a session was used.
	WriteAside(ctx context.Context, fn func(Aside) error) error
}

// Reader reads people.
type Reader interface {
	AnyPerson(ctx context.Context) (bool, error)
	// Person finds a person; nil: there is none.
	Person(ctx context.Context, id string) (*Person, error)
	// Persons lists persons, and counts all that fit.
	Persons(ctx context.Context, w Wanted, offset, limit int) (list []Person, total int, err error)
	// Beside adds to persons what stands beside their accounts: grants, whether there is a second factor, the last use.
	Beside(ctx context.Context, list []Seen) error
	// Entering reads all that decides who acts under the key of a session, in one statement, two more while he
	// sees the pages as somebody else; nil: there is no such session.
	// Of grants it has those that hold on a day.
	Entering(ctx context.Context, key, day string) (*Entering, error)
	// Passwords gives the stored forms of the newest passwords, the newest first.
	Passwords(ctx context.Context, person string) ([]Password, error)
	// Secret gives a sealed secret; nil: there is none.
	Secret(ctx context.Context, person, kind string) ([]byte, error)
	Grants(ctx context.Context, person string) ([]Grant, error)
	// Grant finds a grant; nil: there is none.
	Grant(ctx context.Context, id int64) (*Grant, error)
	Proposals(ctx context.Context) ([]Grant, error)
	// Deputies gives who stands in for a person, and for whom he does.
	Deputies(ctx context.Context, person string) ([]Deputy, error)
	// Session finds a session by its key; nil: there is none.
	Session(ctx context.Context, key string) (*Session, error)
	// Sessions gives the sessions of a person that are not ended, the newest first.
	Sessions(ctx context.Context, person string) ([]Session, error)
	// Link finds a link by its key; nil: there is none.
	Link(ctx context.Context, key string) (*Link, error)
	// Login gives the person whom a provider of identities knows by a subject; empty: nobody.
	Login(ctx context.Context, issuer, subject string) (person string, err error)
	// HasLogin reports whether a provider knows a person.
	HasLogin(ctx context.Context, person string) (bool, error)
	// Token finds a token by its key; nil: there is none.
	Token(ctx context.Context, key string) (*Token, error)
	// APITokens gives the tokens of the API of a person with their last use, the newest first.
	APITokens(ctx context.Context, person string) ([]APIToken, error)
	// APIEntering reads all that decides who acts under the key of a token of the API, in one statement; nil: there is no such token.
	APIEntering(ctx context.Context, key string) (*APIEntering, error)
}

// Wanted narrows and orders a list of persons. The zero value wants all, by id.
type Wanted struct {
	States   []State     // any of these; none: all
	Text     string      // part of id or name
	Roles    []auth.Role // any of these is held on Day or later
	Orgs     []string    // … for any of these organisations
	Day      string
	Second   *bool     // has a second factor, or has none; nil: both
	From, To time.Time // account made from … until before; zero: no bound
	Demo     bool      // demonstration accounts only
	// Near narrows to those of whom the actor may know: accounts that he made, and such with a grant for one of his
	// organisations or for a subject. Nil: all.
	Near *Near
	By   string // "name", "state" or "made"; empty: by id
	Desc bool
}

// Near is whose accounts somebody may know who is no administrator.
type Near struct {
	By   string
	Orgs []string
}

// Entering is what decides who acts under a session.
type Entering struct {
	Session  Session
	Person   Person
	Password *Password // the newest, without its stored form; nil: none
	Second   bool      // a second factor is set up
	Grants   []Grant   // own ones, then those of persons for whom he stands in
	Viewed   *Person   // as whom he sees the pages; nil: as himself
	View     *Grant    // … under which grant; nil: there is none
}

// Flow is a sign-in at a provider that was begun. State is what the provider sends back.
type Flow struct {
	Nonce, Verifier string
	Back            string // where the browser goes afterwards
	Made            time.Time
}

// Password is a password as it is stored.
type Password struct {
	Hash   string // argon2id with its parameters
	At     time.Time
	Forced bool // must be changed at the next sign-in
}

// Writer writes people.
type Writer interface {
	Reader
	Aside
	AddPerson(ctx context.Context, p *Person) error
	SetPerson(ctx context.Context, p *Person) error
	AddPassword(ctx context.Context, person string, p Password) error
	// SetPassword replaces the newest stored form: a rehash.
	SetPassword(ctx context.Context, person string, p Password) error
	// SetSecret stores a sealed secret; nil takes it away.
	SetSecret(ctx context.Context, person, kind string, sealed []byte) error
	AddGrant(ctx context.Context, g *Grant) error
	SetGrant(ctx context.Context, g *Grant) error
	AddDeputy(ctx context.Context, d *Deputy) error
	EndDeputy(ctx context.Context, id int64, at time.Time) error
	AddSession(ctx context.Context, s *Session) error
	EndSession(ctx context.Context, key string, at time.Time) error
	// EndSessions ends those of a person, and those in which somebody sees the pages as he does; but the one with a key.
	EndSessions(ctx context.Context, person, but string, at time.Time) error
	AddLink(ctx context.Context, l *Link) error
	UseLink(ctx context.Context, key string, at time.Time) error
	// EndLinks ends the unused links of a person.
	EndLinks(ctx context.Context, person string, at time.Time) error
	AddToken(ctx context.Context, t *Token) error
	EndTokens(ctx context.Context, person string, at time.Time) error
	// AddAPIToken stores a token of the API, and gives it its number.
	AddAPIToken(ctx context.Context, t *APIToken) error
	EndAPIToken(ctx context.Context, id int64, at time.Time, by string) error
	AddLogin(ctx context.Context, issuer, subject, person string, at time.Time) error
	// TakeFailures gives the count of failed attempts of an account and address, and begins it anew.
	TakeFailures(ctx context.Context, f Failure, at time.Time) (Failure, error)
	Log(ctx context.Context, e audit.Entry) error
}

// Aside writes what the log does not prove.
type Aside interface {
	// LockedUntil is when an account or address may try again; zero: now.
	LockedUntil(ctx context.Context, key string) (time.Time, error)
	// Attempts counts the failed attempts since a time.
	Attempts(ctx context.Context, key string, since time.Time) (int, error)
	AddAttempt(ctx context.Context, key string, at time.Time) error
	// ForgetAttempts forgets those of a key, and all that are older than a time.
	ForgetAttempts(ctx context.Context, key string, before time.Time) error
	Lock(ctx context.Context, key string, until time.Time) error
	// Flows counts the sign-ins at a provider that were begun since a time, and forgets those that are older.
	Flows(ctx context.Context, since time.Time) (int, error)
	AddFlow(ctx context.Context, key string, f *Flow) error
	// TakeFlow gives a sign-in that was begun, and forgets it; nil: there is none.
	TakeFlow(ctx context.Context, key string) (*Flow, error)
	// FailureKnown reports whether failed attempts of an account and address are counted already, and of how many others the log
	// was told since a time.
	FailureKnown(ctx context.Context, f Failure, since time.Time) (known bool, others int, err error)
	// CountFailure counts one more failed attempt, and gives the count.
	CountFailure(ctx context.Context, f Failure) (Failure, error)
	// Failures gives the counts of which the log was told before a time, at most 500.
	Failures(ctx context.Context, told time.Time) ([]Failure, error)
	// ForgetFailures forgets empty counts of which the log was told before a time.
	ForgetFailures(ctx context.Context, told time.Time) error
	TouchSession(ctx context.Context, key string, at time.Time) error
	TouchAPIToken(ctx context.Context, id int64, at time.Time, address string) error
}
