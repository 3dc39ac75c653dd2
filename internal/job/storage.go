package job

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"eyas/internal/fault"
)

// ErrBusy says that nothing could be written now, because somebody else is writing. What was to be written is tried
// again later.
var ErrBusy = errors.New("job: the base is being written to")

// Row is a job as it is stored.
type Row struct {
	ID                string // random, so that an address of one base never shows a job of another
	Seq               int64  // place in the queue; two may share one
	Kind, Title, Back string
	Actor             string // for whom it is done
	Acting            string // in which role, and so on: auth.Actor.Text; empty: Actor says all
	Key               string
	Args              json.RawMessage
	Texts             map[string]string // that lie beside the arguments, by field
	Write             bool
	State             State
	Mark              Mark
	Result            json.RawMessage // nil: none
	Fault             *fault.Error    // of a failed job
	Owner             string          // the process that runs it, a random text; empty: none
	Attempt           int             // how often it was begun
	Stop              bool            // somebody wants it cancelled
	RunAt, Added      time.Time
	Started, Updated  time.Time // zero: not yet
	Ended             time.Time // zero while open
	Beat              time.Time // when its process last said that it is alive
}

// Mark is how far a job has come, with where its present stage began, from which rates are counted.
type Mark struct {
	Progress
	StageAt    time.Time `json:"stage_at"`
	StageRows  int       `json:"stage_rows,omitempty"`
	StageBytes int64     `json:"stage_bytes,omitempty"`
}

// Reader reads one snapshot of the table.
type Reader interface {
	// Job gives a job; nil when there is none.
	Job(ctx context.Context, id string) (*Row, error)
	// NewestJob gives the last job that was added with a key; nil when there is none.
	NewestJob(ctx context.Context, key string) (*Row, error)
	// OpenJobs gives the jobs that run, and those that wait and whose time has come, in the order of the queue.
	OpenJobs(ctx context.Context, now time.Time) ([]Row, error)
	// Jobs gives the newest jobs, newest first.
	Jobs(ctx context.Context, limit int) ([]Row, error)
	// Timers gives when each timer goes off next, by name.
	Timers(ctx context.Context) (map[string]time.Time, error)
}

// Writer writes to the table. Only one Writer is at work at a time, over all processes.
type Writer interface {
	Reader
	// AddJob adds a job at the end of the queue and sets its Seq.
	AddJob(ctx context.Context, r *Row) error
	// SetJob stores a job anew: all but ID, Seq, Kind, Title, Back, Actor, Acting, Key, Args, Write and Added.
	SetJob(ctx context.Context, r *Row) error
	// DropJobs deletes jobs that ended before a time, and of the others that ended all but the newest keep.
	DropJobs(ctx context.Context, before time.Time, keep int) (int, error)
	// SetTimer says when a timer goes off next.
	SetTimer(ctx context.Context, name string, next time.Time) error
}

// Storage keeps jobs.
type Storage interface {
	ReadJobs(ctx context.Context, fn func(Reader) error) error
	// WriteJobs runs fn in one transaction, which it may run again from the start. It gives ErrBusy when it could not
	// begin within patience.
	WriteJobs(ctx context.Context, patience time.Duration, fn func(Writer) error) error
}
