// Package job runs long work in the background of one process: imports, previews, undoing. A job reports
// its progress, can be cancelled, and keeps its result until some time after its end, so that a person may
// leave the page and come back. Jobs that write run one after another; others run beside them.
package job

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// State is where a job stands.
type State string

// The states; the last three are final.
const (
	Waiting   State = "waiting" // for another job that writes
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Final reports whether the job has ended.
func (s State) Final() bool { return s == Done || s == Failed || s == Cancelled }

// Progress is what running work reports. Zero totals mean unknown.
type Progress struct {
	Stage       string // a word of the work's own, e.g. "reading"
	Rows        int
	Bytes       int64
	TotalBytes  int64
	Description string // what is worked on, when it changes on the way, e.g. a file name
}

// Work is the body of a job. It returns soon after ctx is cancelled, leaving nothing half-done. Its result is kept for some
// time after its end: it is a small value, and no pointer into what the work held.
type Work func(ctx context.Context, report func(Progress)) (result any, err error)

// Spec describes a job to be started.
type Spec struct {
	Kind  string // import, preview, undo, demo …
	Title string // what it works on, for people: a file name
	Back  string // path of the page that a person would return to; may be empty
	Write bool   // changes the base: waits for other such jobs
	// Key makes starting idempotent: while a job with the same key is open or done, Start gives that one
	// instead of a second. A failed or cancelled one may be started again. Empty: always a new job.
	Key    string
	Repeat bool // a done job with the key may be run again
	Run    Work
}

// Status is a job as seen at one moment.
type Status struct {
	ID                      string
	Kind, Title, Back       string
	Write                   bool
	State                   State
	Progress                Progress
	Added, Started, Updated time.Time
	Ended                   time.Time // zero while open
	Rate                    float64   // rows per second in the present stage; 0 when not known yet
	Elapsed                 time.Duration
	Remaining               time.Duration // of the present stage; meaningful when RemainingKnown
	RemainingKnown          bool
	Err                     error // of a failed job
	Result                  any   // of a done job
}

// Share gives the part of the present stage that is done, 0 to 1; 0 when it is not known.
func (s Status) Share() float64 {
	switch {
	case s.State == Done:
		return 1
	case s.Progress.TotalBytes <= 0:
		return 0
	}
	return min(1, float64(s.Progress.Bytes)/float64(s.Progress.TotalBytes))
}

// keep is how many ended jobs are remembered, with their results.
const keep = 64

// readers is how many jobs that don't write may run at once.
const readers = 2

// Runner runs jobs. Its methods may be called from many goroutines.
type Runner struct {
	clock  func() time.Time
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	read   chan struct{} // held by each running job that does not write

	mu     sync.Mutex
	jobs   map[string]*job
	order  []*job // oldest first
	keys   map[string]*job
	turn   chan struct{} // closed when the last job that writes has let go
	closed bool
}

type job struct {
	status     Status
	key        string
	stageAt    time.Time // when the present stage began
	stageRows  int       // rows and bytes that its first report gave
	stageBytes int64
	cancel     context.CancelFunc
	ended      chan struct{}
}

// New makes a runner; clock gives the time, log takes what only the operator should see.
func New(clock func() time.Time, log *slog.Logger) *Runner {
	ctx, cancel := context.WithCancel(context.Background())
	turn := make(chan struct{})
	close(turn)
	return &Runner{
		clock: clock, log: log, ctx: ctx, cancel: cancel, read: make(chan struct{}, readers), turn: turn,
		jobs: map[string]*job{}, keys: map[string]*job{},
	}
}

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("job: the program is shutting down")

// Start begins a job, or gives the one that Spec.Key already names; fresh tells which.
func (r *Runner) Start(spec Spec) (status Status, fresh bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return Status{}, false, ErrClosed
	}
	if j := r.keys[spec.Key]; spec.Key != "" && j != nil {
		if state := j.status.State; !state.Final() || state == Done && !spec.Repeat {
			return r.view(j), false, nil
		}
	}
	id, err := newID()
	if err != nil {
		return Status{}, false, err
	}
	ctx, cancel := context.WithCancel(r.ctx)
	now := r.clock()
	j := &job{
		key: spec.Key, cancel: cancel, ended: make(chan struct{}), stageAt: now,
		status: Status{ID: id, Kind: spec.Kind, Title: spec.Title, Back: spec.Back, Write: spec.Write, State: Waiting, Added: now, Updated: now},
	}
	r.jobs[id] = j
	r.order = append(r.order, j)
	if spec.Key != "" {
		r.keys[spec.Key] = j
	}
	r.forget()
	r.wg.Add(1)
	if spec.Write {
		before, after := r.turn, make(chan struct{})
		r.turn = after
		go r.runInTurn(ctx, j, before, after, spec.Run)
	} else {
		go r.runBeside(ctx, j, spec.Run)
	}
	return r.view(j), true, nil
}

// newID is random, so that an address of an earlier process never shows another job.
func newID() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("job: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// runInTurn runs a job that writes once before is closed, and then closes after: writers go one by one, in the
// order in which they came. One that is cancelled while it waits ends at once and only passes the turn on.
func (r *Runner) runInTurn(ctx context.Context, j *job, before <-chan struct{}, after chan<- struct{}, work Work) {
	defer r.wg.Done()
	defer close(after)
	select {
	case <-before:
		r.run(ctx, j, work)
	case <-ctx.Done():
		r.end(j, nil, ctx.Err())
		<-before
	}
}

func (r *Runner) runBeside(ctx context.Context, j *job, work Work) {
	defer r.wg.Done()
	select {
	case r.read <- struct{}{}:
		defer func() { <-r.read }()
		r.run(ctx, j, work)
	case <-ctx.Done():
		r.end(j, nil, ctx.Err())
	}
}

func (r *Runner) run(ctx context.Context, j *job, work Work) {
	if err := ctx.Err(); err != nil {
		r.end(j, nil, err)
		return
	}
	r.mu.Lock()
	now := r.clock()
	j.status.State, j.status.Started, j.status.Updated, j.stageAt = Running, now, now, now
	r.mu.Unlock()
	result, err := r.guard(ctx, j, work)
	r.end(j, result, err)
}

// guard turns a panic of the work into a failed job: the rest of the program goes on.
func (r *Runner) guard(ctx context.Context, j *job, work Work) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("job panicked", "kind", j.status.Kind, "panic", p, "stack", string(debug.Stack()))
			result, err = nil, fmt.Errorf("job: panic: %v", p)
		}
	}()
	return work(ctx, func(p Progress) { r.report(j, p) })
}

func (r *Runner) report(j *job, p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock()
	if p.Stage != j.status.Progress.Stage { // rates are those of the present stage, from its first report on
		j.stageAt, j.stageRows, j.stageBytes = now, p.Rows, p.Bytes
	}
	j.status.Progress, j.status.Updated = p, now
}

func (r *Runner) end(j *job, result any, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j.status.Ended = r.clock()
	switch {
	case err == nil:
		// Work that finished although it was cancelled is done: its result stands.
		j.status.State, j.status.Result = Done, result
	case errors.Is(err, context.Canceled):
		j.status.State = Cancelled
	default:
		j.status.State, j.status.Err = Failed, err
	}
	j.cancel() // of a job that waited; then nothing that the work held hangs on it
	j.cancel = func() {}
	close(j.ended)
}

// Get gives a job by id.
func (r *Runner) Get(id string) (Status, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.jobs[id]
	if j == nil {
		return Status{}, false
	}
	return r.view(j), true
}

// Find gives the job that a key names.
func (r *Runner) Find(key string) (Status, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.keys[key]
	if j == nil || key == "" {
		return Status{}, false
	}
	return r.view(j), true
}

// List gives all jobs that are remembered, newest first.
func (r *Runner) List() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Status, 0, len(r.order))
	for i := len(r.order) - 1; i >= 0; i-- {
		all = append(all, r.view(r.order[i]))
	}
	return all
}

// Open gives the jobs that have not ended, oldest first.
func (r *Runner) Open() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	var open []Status
	for _, j := range r.order {
		if !j.status.State.Final() {
			open = append(open, r.view(j))
		}
	}
	return open
}

// Cancel asks a job to stop; the job ends when its work has cleaned up. It reports whether the job exists.
func (r *Runner) Cancel(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.jobs[id]
	if j != nil {
		j.cancel()
	}
	return j != nil
}

// Wait returns the job once it has ended, or as it is when ctx ends first.
func (r *Runner) Wait(ctx context.Context, id string) (Status, bool) {
	r.mu.Lock()
	j := r.jobs[id]
	r.mu.Unlock()
	if j == nil {
		return Status{}, false
	}
	select {
	case <-j.ended:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.view(j), true
}

// Close cancels every job and waits until all have cleaned up, or until ctx ends.
func (r *Runner) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	idle := make(chan struct{})
	go func() { r.wg.Wait(); close(idle) }()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("job: still running: %w", ctx.Err())
	}
}

// view computes what follows from the time. The lock is held.
func (r *Runner) view(j *job) Status {
	s := j.status
	now := r.clock()
	if s.State.Final() {
		now = s.Ended
	}
	if !s.Started.IsZero() {
		s.Elapsed = now.Sub(s.Started)
	}
	if s.State != Running {
		return s
	}
	p := s.Progress
	if spent := s.Updated.Sub(j.stageAt); spent > 0 {
		s.Rate = float64(p.Rows-j.stageRows) / spent.Seconds()
		if done := p.Bytes - j.stageBytes; done > 0 && p.TotalBytes >= p.Bytes {
			left := float64(spent) * float64(p.TotalBytes-p.Bytes) / float64(done)
			s.Remaining, s.RemainingKnown = max(0, time.Duration(left)-now.Sub(s.Updated)), true
		}
	}
	return s
}

// forget drops the oldest ended jobs beyond keep. The lock is held.
func (r *Runner) forget() {
	ended := 0
	for _, j := range r.order {
		if j.status.State.Final() {
			ended++
		}
	}
	kept := r.order[:0]
	for _, j := range r.order {
		if ended > keep && j.status.State.Final() {
			ended--
			delete(r.jobs, j.status.ID)
			if r.keys[j.key] == j {
				delete(r.keys, j.key)
			}
			continue
		}
		kept = append(kept, j)
	}
	clear(r.order[len(kept):])
	r.order = kept
}
