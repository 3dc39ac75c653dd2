// Package hook tells other systems what has changed: it sends signed messages to addresses that a person or a system has named, in the
// form of Standard Webhooks (standardwebhooks.com).
//
// A hook acts as a token of the API does: for one person, under one grant, within bounds. Whether something may be told is asked when it
// is sent. Messages have ids and the kind of change, never values. How far each hook has been told is kept as a mark in the log and in the
// change counters, so that what changed while no process ran, or while a hook was paused, is told later.
//
// Messages wait in rows of a table. Any process sends them, a few at a time for each hook, and holds no transaction while it waits for an
// answer. A message is sent at least once, under one id; the order of messages is not kept.
package hook

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
)

// State is how a hook stands.
type State string

// The states.
const (
	On     State = "on"
	Paused State = "paused" // by a person: what changes meanwhile is told later
	Off    State = "off"    // by the program, after lasting failure
	Ended  State = "ended"
)

// Hook is an address to which changes are told.
type Hook struct {
	ID      int64
	Person  string
	Grant   int64 // under which it acts; when that is over, nothing is sent
	Name    string
	URL     string
	Bounds  string // to which it is held within the grant; see auth.Bounds
	Events  []string
	Made    time.Time
	MadeBy  string
	State   State
	Since   time.Time // it is in this state
	SinceBy string
}

// DeliveryState is how a message stands.
type DeliveryState string

// The states of messages.
const (
	Waiting DeliveryState = "waiting"
	Done    DeliveryState = "done"
	Failed  DeliveryState = "failed" // after the last attempt
)

// Delivery is a message to a hook.
type Delivery struct {
	ID       int64
	Hook     int64
	Message  string // its id, which stays the same in all attempts
	Type     string
	At       time.Time
	Content  Content
	State    DeliveryState
	Tries    int       // since it was asked for
	Due      time.Time // of one that waits: not before
	Ended    time.Time // zero: it waits
	Attempts []Attempt // the newest first; only where a list asks for them
}

// Attempt is one attempt to deliver a message.
type Attempt struct {
	N       int
	At      time.Time
	Status  int // of the answer; 0: there was none
	Took    time.Duration
	Trouble Trouble // why there was no answer
	Answer  string  // the first bytes of the answer
}

// Trouble is why no answer came.
type Trouble string

// The troubles.
const (
	NoTrouble   Trouble = ""
	BadAddress  Trouble = "address" // the address is none that messages may be sent to
	NoName      Trouble = "name"    // the name of the host is not known
	NoReach     Trouble = "reach"   // nobody listens there
	BadTLS      Trouble = "tls"     // its certificate is not valid
	TooSlow     Trouble = "slow"    // it did not answer in time
	OtherReason Trouble = "other"
)

// People says who may make hooks and in what name they act; *people.People does.
type People interface {
	// MayHook refuses who may not make, change or end hooks of a person.
	MayHook(ctx context.Context, person string) error
	// Bind checks bounds within a grant that a person holds today, and returns its number. A grant of 0 means the only one of a role.
	Bind(ctx context.Context, person string, grant int64, role auth.Role, b auth.Bounds) (int64, error)
	// Under returns who acts for a person under a grant; a fault with code fault.Unauthorised when that gives nothing today.
	Under(ctx context.Context, person string, grant int64, bounds string) (auth.Actor, error)
}

// Registry says what has changed, and what of it the actor of a context sees; *registry.Registry does.
type Registry interface {
	// ChangedSince returns the subjects of a register that have changed since a value of its change counter, and that of now; whole
	// means that all of them may read differently. It asks for no rights.
	ChangedSince(ctx context.Context, register string, after int64) (subjects []int64, now int64, whole bool, err error)
	// SeenOf returns those of some subjects of a register that the actor sees.
	SeenOf(ctx context.Context, register string, subjects []int64) ([]int64, error)
	ImportByID(ctx context.Context, id int64) (*intake.Import, error)
	QuestionByID(ctx context.Context, id int64) (*identity.Question, error)
}

// Config is what hooks stand on.
type Config struct {
	Pack     *pack.Pack
	Storage  Storage
	People   People
	Registry Registry // nil: nothing is sent, as in a command
	Actors   auth.Directory
	// Case returns the matter of a case that the actor of a context sees; a fault with code fault.NotFound when he sees none. Nil: there are
	// no cases.
	Case  func(ctx context.Context, id int64) (matter string, err error)
	Clock func() time.Time
	Log   *slog.Logger
	// Allow are the addresses of closed networks to which messages may be sent, by http as well. Public addresses are reached by https,
	// others not at all.
	Allow   []netip.Prefix
	Every   time.Duration // how often it is looked what has changed; 0: every two seconds; below 0: only when Turn is called
	Timeout time.Duration // for one attempt; 0: 15 seconds
}

// Hooks are those of a base. It is safe for concurrent use.
type Hooks struct {
	Config
	owner  string // this process
	client *http.Client
	slots  chan struct{} // one for each message that is being sent
	woken  chan struct{}

	mu      sync.Mutex
	working map[int64]int // workers by hook
	wg      sync.WaitGroup
	closed  bool
	swept   time.Time
	said    string // the last trouble that the log was told
}

// Storage keeps hooks in a base.
type Storage interface {
	// ReadHooks runs fn on one snapshot, or in the transaction that ctx carries.
	ReadHooks(ctx context.Context, fn func(Reader) error) error
	// WriteHooks runs fn in a transaction of which the operation log proves what it wrote.
	WriteHooks(ctx context.Context, fn func(context.Context, Writer) error) error
	// WriteMessages runs fn in a short transaction that the log does not prove. It may run fn again from the start.
	WriteMessages(ctx context.Context, fn func(Messages) error) error
}

// News is how far the base has come.
type News struct {
	Log     int64            // the last entry of the operation log
	Changes map[string]int64 // the change counters of registers
}

// Noticed is a thing that entries of the log are about.
type Noticed struct {
	Kind string // "import", "undo", "question" or "case"
	ID   int64
}

// Reader reads hooks and messages.
type Reader interface {
	// Hook finds a hook; nil: there is none.
	Hook(ctx context.Context, id int64) (*Hook, error)
	// Hooks gives the hooks of a person that are not ended, the newest first; an empty person: of all.
	Hooks(ctx context.Context, person string) ([]Hook, error)
	// Secrets gives the secrets of a hook that hold at a time, the newest first.
	Secrets(ctx context.Context, hook int64, now time.Time) ([][]byte, error)
	// News tells how far the base has come.
	News(ctx context.Context) (News, error)
	// Marks tells how far a hook has been told.
	Marks(ctx context.Context, hook int64) (News, error)
	// Noticed gives imports, retractions and questions of entries of the log after one number up to another, each once.
	Noticed(ctx context.Context, after, last int64) ([]Noticed, error)
	// Deliveries gives messages of a hook with their attempts, the newest first: of any of some states, or all; and how many there are.
	Deliveries(ctx context.Context, hook int64, states []DeliveryState, offset, limit int) (list []Delivery, total int, err error)
	// Delivery finds a message of a hook; nil: there is none.
	Delivery(ctx context.Context, hook, id int64) (*Delivery, error)
	// Count counts the messages of a hook by state.
	Count(ctx context.Context, hook int64) (map[DeliveryState]int, error)
	// Due gives the hooks that have messages that are due and that nobody is sending.
	Due(ctx context.Context, now time.Time) ([]int64, error)
	// Received tells whether a message of a hook was received after a time.
	Received(ctx context.Context, hook int64, since time.Time) (bool, error)
}

// Writer writes hooks.
type Writer interface {
	Reader
	Messages
	// AddHook stores a hook and gives it its number.
	AddHook(ctx context.Context, h *Hook) error
	// SetState says how a hook stands.
	SetState(ctx context.Context, id int64, s State, at time.Time, by string) error
	// AddSecret stores a new secret of a hook. Earlier ones end at a time.
	AddSecret(ctx context.Context, hook int64, secret []byte, until time.Time) error
	Log(ctx context.Context, e audit.Entry) error
}

// Messages writes messages.
type Messages interface {
	// Tell adds messages and moves a mark from one value to another. It does nothing and returns false when the mark is another one by
	// now: another process was quicker.
	Tell(ctx context.Context, hook int64, what string, from, to int64, list []Delivery) (bool, error)
	// Claim marks messages of a hook that are due as being sent by a process until a time, and returns them.
	Claim(ctx context.Context, hook int64, owner string, now, until time.Time, limit int) ([]Delivery, error)
	// Attempted stores an attempt and how the message stands after it. It changes nothing of a message that another process has taken
	// over.
	Attempted(ctx context.Context, d *Delivery, owner string, a Attempt) error
	// Put gives a message back that was not sent, to be due at a time.
	Put(ctx context.Context, d *Delivery, owner string, due time.Time) error
	// Drop deletes a message that may not be told any more.
	Drop(ctx context.Context, d *Delivery, owner string) error
	// Again has messages of a hook sent again: one, or all that failed and were made at or after a time. It tells how many they are.
	Again(ctx context.Context, hook, id int64, since, now time.Time) (int, error)
	// Sweep deletes messages that ended before a time.
	Sweep(ctx context.Context, before time.Time) error
}
