package people

import (
	"context"
	"time"

	"eyas/internal/audit"
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
	// Persons lists persons by id; state and text narrow them when they are not empty.
	Persons(ctx context.Context, w Wanted, offset, limit int) (list []Person, total int, err error)
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
	// Token finds a token by its key; nil: there is none.
	Token(ctx context.Context, key string) (*Token, error)
}

// Wanted narrows a list of persons.
type Wanted struct {
	State State  // empty: all
	Text  string // part of id or name
	IDs   []string
	Demo  bool // demonstration accounts only
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
	TouchSession(ctx context.Context, key string, at time.Time) error
}
