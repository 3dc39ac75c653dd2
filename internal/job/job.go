// Package job runs work in the background: imports, previews, retractions, timers. A job is a row in a table: a named
// kind, its arguments as data, its state, progress and result. It outlives the page that started it and the process that
// runs it. When the process of a job ends early, another process or the next start runs the job again, if its kind allows
// that. Jobs that write run one after another over all processes of a base; others run beside them.
package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eyas/internal/fault"
)

// State is the state of a job.
type State string

// The states; the last three are final.
const (
	Waiting   State = "waiting" // for its time, or for another job that writes
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Final reports whether the job has ended.
func (s State) Final() bool { return s == Done || s == Failed || s == Cancelled }

// Progress is what running work reports. Zero totals mean unknown.
type Progress struct {
	Stage       string `json:"stage,omitempty"` // a word of the work's own, e.g. "reading"
	Rows        int    `json:"rows,omitempty"`
	Bytes       int64  `json:"bytes,omitempty"`
	TotalBytes  int64  `json:"total_bytes,omitempty"`
	Description string `json:"description,omitempty"` // what is worked on, when it changes on the way, e.g. a file name
}

// Work is the function of a job. It must return soon after ctx is cancelled and leave nothing half-done. The result is
// stored as JSON in the job's row, so it must be small.
type Work func(ctx context.Context, args json.RawMessage, report func(Progress)) (result any, err error)

// Handle turns a function with typed arguments into Work.
func Handle[A any](run func(ctx context.Context, args A, report func(Progress)) (any, error)) Work {
	return func(ctx context.Context, raw json.RawMessage, report func(Progress)) (any, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, fmt.Errorf("job: arguments %T: %w", args, err)
		}
		return run(ctx, args, report)
	}
}

// Kind is a kind of job. A process runs only the kinds that it has registered.
type Kind struct {
	Name  string
	Write bool // changes the base: one such job runs at a time
	Safe  bool // a run that broke off may be repeated: what it has done already changes nothing the second time
	Quiet bool // is not shown among the work under way
	Tries int  // how often it is run when it fails by an error that is no fault; 0 is once
	Run   Work
}

// Spec describes a job to be started.
type Spec struct {
	Kind  string
	Args  any    // kept as JSON; ids and settings, no personal data but in the fields that Beside names
	Title string // what it works on, for people: a file name
	Back  string // path of the page that a person would return to; may be empty
	// Key makes starting idempotent: while a job with the same key is open or done, Start returns that one instead of a
	// new job. After a failed or cancelled one, a new job may be started. Empty: always a new job.
	Key string
	// Beside lists the text fields of Args (then a JSON object) that may identify a person. They are stored beside the
	// arguments, which contain salted digests of them. The work gets the complete arguments.
	Beside []string
	Repeat bool      // a done job with the key may be run again
	RunAt  time.Time // not before; zero: at once
}

// Status is a job as seen at one moment.
type Status struct {
	ID                             string
	Kind, Title, Back              string
	Actor                          string // for whom it is done; empty: nobody was named
	Args                           json.RawMessage
	Write                          bool
	State                          State
	Progress                       Progress
	Attempt                        int // how often it was begun
	RunAt, Added, Started, Updated time.Time
	Ended                          time.Time // zero while open
	Rate                           float64   // rows per second in the present stage; 0 when not known yet
	Elapsed                        time.Duration
	Remaining                      time.Duration // of the present stage; meaningful when RemainingKnown
	RemainingKnown                 bool
	Err                            error           // of a failed job: a *fault.Error
	Result                         json.RawMessage // of a done job
}

// Share returns the completed part of the current stage, from 0 to 1; 0 when it is unknown.
func (s Status) Share() float64 {
	switch {
	case s.State == Done:
		return 1
	case s.Progress.TotalBytes <= 0:
		return 0
	}
	return min(1, float64(s.Progress.Bytes)/float64(s.Progress.TotalBytes))
}

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("job: the program is shutting down")

// errLost ends the work of a job after its lease expired and another process took it over.
var errLost = errors.New("job: another process has taken the job over")

// died is what a job says that was broken off and cannot be repeated.
func died() *fault.Error {
	return fault.New(fault.Conflict, "运行这项工作的程序中途停止了，而这项工作不能自动重做。请检查结果后再决定是否重新开始。",
		"The program stopped while it ran this work, and the work cannot be repeated automatically. Check what it has done before you start it again.")
}

// diedOften returns the fault of a job whose process ended in each of its runs.
func diedOften() *fault.Error {
	return fault.New(fault.Conflict, "这项工作每次运行时程序都中途停止了，已不再重试。请联系管理员查看日志。",
		"The program stopped each time it ran this work, so it is not tried again. Ask the administrator to look at the log.")
}

// unknownKind returns the fault of a job of a kind that no program knows.
func unknownKind() *fault.Error {
	return fault.New(fault.Conflict, "现在的程序不认识这种后台工作，可能是由另一个版本开始的。请重新开始。",
		"This program does not know this kind of work; another version may have started it. Start it again.")
}

// faultOf returns the fault that a row stores for an error. Other errors are only logged, because they may contain
// anything.
func faultOf(err error) *fault.Error {
	var f *fault.Error
	if errors.As(err, &f) {
		return &fault.Error{Code: f.Code, ZH: f.ZH, EN: f.EN}
	}
	return fault.New(fault.Internal, "程序内部出错，详情在日志中。", "The program failed. The reason is in the log.")
}
