package job

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

const (
	// keep and keepFor bound how many ended jobs are remembered, with their results.
	keep    = 1000
	keepFor = 7 * 24 * time.Hour
	// readers is how many jobs that don't write one process runs at once.
	readers = 2
	// lookEvery is how often a runner looks what other processes have done, and stores progress.
	lookEvery = time.Second
	// silence is after how long without a beat a process is suspected of being dead.
	silence = 10 * time.Second
	// begun is how often a job is begun whose processes die of it.
	begun = 3
	// startPatience is how long Start waits for somebody who writes.
	startPatience = 500 * time.Millisecond
)

// Config is what a runner stands on.
type Config struct {
	Storage Storage
	Clock   func() time.Time
	Log     *slog.Logger  // takes what only the operator should see
	Every   time.Duration // how often it looks by itself; 0: each second; below 0: only when Turn is called
	// Actors says who may see and stop whose work; nil: a base without accounts.
	Actors  auth.Directory
	Silence time.Duration // after how long without a beat a process is suspected of being dead; 0: ten seconds. All processes agree
}

// beatEvery is how often a process says of its jobs that they are alive.
func (c *Config) beatEvery() time.Duration { return c.Silence / 5 }

// doubt is how much longer a silent process has to speak once the base could be written to.
func (c *Config) doubt() time.Duration { return c.Silence / 2 }

// Runner runs jobs. Its methods may be called from many goroutines.
type Runner struct {
	Config
	owner  string
	ctx    context.Context // of the work; ended by Close
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup // running work
	wake   chan struct{}  // something is to be done at once
	stop   chan struct{}  // ends the loop
	looped chan struct{}  // closed when it has ended

	turn sync.Mutex // over rounds: one at a time

	mu      sync.Mutex
	kinds   map[string]Kind
	timers  []Timer
	own     map[string]*own
	dropped int             // how many of own were given up, because all of them is stored
	stops   map[string]bool // jobs of others that are to be cancelled, which could not be written yet
	seen    map[string]sighting
	pulse   chan struct{} // closed at every change that is noticed here
	closed  bool
	said    string // the last error that was logged
}

// own is a job that runs in this process, or of which not all is stored yet.
type own struct {
	row     Row
	err     error // of a failed job, as it came
	stored  bool  // there is a row of it
	version int   // of row; counts up
	saved   int   // the version that is stored
	lost    bool  // another process has taken it over
	cancel  context.CancelCauseFunc
}

// New makes a runner whose jobs are gone with the process, for tests.
func New(clock func() time.Time, log *slog.Logger) *Runner {
	return Open(Config{Storage: NewMemory(), Clock: clock, Log: log})
}

// Open makes a runner over stored jobs. It takes up what is due as soon as kinds are registered.
func Open(c Config) *Runner {
	r := &Runner{
		Config: c, owner: rand.Text(), wake: make(chan struct{}, 1), stop: make(chan struct{}), looped: make(chan struct{}),
		kinds: map[string]Kind{}, own: map[string]*own{}, stops: map[string]bool{}, seen: map[string]sighting{}, pulse: make(chan struct{}),
	}
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	r.Register(Kind{Name: "jobs.clear", Safe: true, Quiet: true, Write: false, Run: r.clear})
	r.Schedule(Timer{Name: "jobs.clear", Next: Every(time.Hour), Spec: Spec{Kind: "jobs.clear"}})
	if r.Actors == nil {
		r.Actors = auth.Accountless()
	}
	if r.Every == 0 {
		r.Every = lookEvery
	}
	if r.Silence == 0 {
		r.Silence = silence
	}
	go r.loop()
	return r
}

// Register makes a kind known, in place of one of the same name.
func (r *Runner) Register(kinds ...Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range kinds {
		r.kinds[k.Name] = k
	}
	r.nudge()
}

// nudge makes the loop look at once.
func (r *Runner) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// loop looks from time to time, and whenever there is something to do.
func (r *Runner) loop() {
	defer close(r.looped)
	var tick <-chan time.Time
	if r.Every > 0 {
		t := time.NewTicker(r.Every)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-r.stop:
			return
		case <-tick:
		case <-r.wake:
		}
		r.Turn(context.Background())
	}
}

// Turn looks once: it stores what has become of the jobs of this process, notices what others have done, and begins
// what is due.
func (r *Runner) Turn(ctx context.Context) {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.complain(r.look(ctx))
}

// complain logs an error once, however often it comes.
func (r *Runner) complain(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	r.mu.Lock()
	fresh := text != r.said
	r.said = text
	r.mu.Unlock()
	if fresh && err != nil {
		r.Log.Error("jobs cannot be looked after", "error", err)
	}
}

// Start begins a job, or gives the one that Spec.Key already names; fresh tells which. While somebody else writes to
// the base for long, the job is kept in memory until it can be stored; one that only reads runs meanwhile. Who acts in ctx
// acts in the context of the work too.
func (r *Runner) Start(ctx context.Context, spec Spec) (status Status, fresh bool, err error) {
	row, err := r.rowOf(auth.Named(ctx), spec)
	if err != nil {
		return Status{}, false, err
	}
	r.turn.Lock()
	defer r.turn.Unlock()
	r.mu.Lock()
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return Status{}, false, ErrClosed
	}
	if found, ok := r.stands(spec.Key, spec.Repeat); ok { // without waiting for whoever writes
		return found, false, nil
	}
	d := &deed{want: &row, repeat: spec.Repeat}
	switch err := r.round(context.Background(), startPatience, d); {
	case errors.Is(err, ErrBusy):
		return r.startUnstored(row)
	case err != nil:
		return Status{}, false, fmt.Errorf("job: start %s: %w", spec.Kind, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.found != nil {
		return r.view(*d.found), false, nil
	}
	return r.view(row), true, nil
}

// Enqueue adds a job within the transaction that ctx carries: it is there when that is committed, and never otherwise.
// It gives the id, also of the job that Spec.Key already names.
func (r *Runner) Enqueue(ctx context.Context, spec Spec) (id string, fresh bool, err error) {
	defer fault.At(&err, "job.Enqueue(kind %s)", spec.Kind)
	row, err := r.rowOf(auth.Named(ctx), spec)
	if err != nil {
		return "", false, err
	}
	err = r.Storage.WriteJobs(ctx, time.Minute, func(w Writer) error {
		d := &deed{want: &row, repeat: spec.Repeat}
		if err := d.add(ctx, w); err != nil {
			return err
		}
		id, fresh = row.ID, d.found == nil
		if !fresh {
			id = d.found.ID
		}
		return nil
	})
	r.nudge()
	return id, fresh, err
}

// rowOf is the row of a job that is to be started.
func (r *Runner) rowOf(actor auth.Actor, spec Spec) (Row, error) {
	r.mu.Lock()
	kind, known := r.kinds[spec.Kind]
	r.mu.Unlock()
	if !known {
		return Row{}, fmt.Errorf("job: no kind %q is registered", spec.Kind)
	}
	args, err := json.Marshal(spec.Args)
	if err != nil {
		return Row{}, fmt.Errorf("job: arguments of %s: %w", spec.Kind, err)
	}
	args, texts, err := apart(args, spec.Beside)
	if err != nil {
		return Row{}, fmt.Errorf("job: arguments of %s: %w", spec.Kind, err)
	}
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return Row{}, fmt.Errorf("job: %w", err)
	}
	now := stored(r.Clock())
	row := Row{
		ID: hex.EncodeToString(b[:]), Kind: spec.Kind, Title: spec.Title, Back: spec.Back, Actor: actor.ID, Key: spec.Key, Args: args, Texts: texts,
		Write: kind.Write, State: Waiting, RunAt: now, Added: now, Updated: now,
	}
	if acting := actor.Text(); acting != actor.ID {
		row.Acting = acting
	}
	if spec.RunAt.After(now) {
		row.RunAt = stored(spec.RunAt)
	}
	return row, nil
}

// stored is a time as databases keep it.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// stands gives the job that stands in the place of one that is to be started with a key.
func (r *Runner) stands(key string, repeat bool) (Status, bool) {
	found, ok := r.newest(key)
	return found, ok && (!found.State.Final() || found.State == Done && !repeat)
}

// startUnstored keeps a job in memory while nothing can be stored.
func (r *Runner) startUnstored(row Row) (Status, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := &own{row: row, version: 1}
	r.own[row.ID] = o
	if !row.Write && !row.RunAt.After(r.Clock()) && r.reading() < readers {
		r.begin(&o.row)
		r.launch(o)
	}
	return r.view(o.row), true, nil
}

// reading is how many jobs that don't write run here. The lock is held.
func (r *Runner) reading() (n int) {
	for _, o := range r.own {
		if o.row.State == Running && !o.row.Write {
			n++
		}
	}
	return n
}

// Get gives a job by id, to those who may see it.
func (r *Runner) Get(ctx context.Context, id string) (Status, bool) {
	s, found := r.get(id)
	return r.shown(ctx, s, found)
}

// shown lets a job through that who acts in ctx may see.
func (r *Runner) shown(ctx context.Context, s Status, found bool) (Status, bool) {
	if !found || !r.Actors.Sees(ctx, s.Actor) {
		return Status{}, false
	}
	return s, true
}

func (r *Runner) get(id string) (Status, bool) {
	r.mu.Lock()
	if o := r.own[id]; o != nil {
		defer r.mu.Unlock()
		return r.viewOwn(o), true
	}
	r.mu.Unlock()
	return r.given(func(s Reader) (*Row, error) { return s.Job(context.Background(), id) })
}

// given is what is said of a row that is read.
func (r *Runner) given(read func(Reader) (*Row, error)) (Status, bool) {
	var row *Row
	err := r.steady(func(s Reader) (err error) {
		row, err = read(s)
		return err
	})
	defer r.mu.Unlock()
	if err != nil || row == nil {
		return Status{}, false
	}
	if o := r.own[row.ID]; o != nil {
		return r.viewOwn(o), true
	}
	return r.view(*row), true
}

// steady reads from the table while nothing that this process knows better is given up, and returns with the lock held:
// what is known here and what was read make one picture.
func (r *Runner) steady(read func(Reader) error) error {
	for {
		r.mu.Lock()
		before := r.dropped
		r.mu.Unlock()
		err := r.Storage.ReadJobs(context.Background(), read)
		if err != nil {
			r.complain(err)
		}
		r.mu.Lock()
		if err != nil || before == r.dropped {
			return err
		}
		r.mu.Unlock()
	}
}

// Find gives the newest job that a key names, to those who may see it.
func (r *Runner) Find(ctx context.Context, key string) (Status, bool) {
	s, found := r.newest(key)
	return r.shown(ctx, s, found)
}

func (r *Runner) newest(key string) (Status, bool) {
	if key == "" {
		return Status{}, false
	}
	r.mu.Lock()
	for _, o := range r.own {
		if !o.stored && o.row.Key == key {
			defer r.mu.Unlock()
			return r.viewOwn(o), true
		}
	}
	r.mu.Unlock()
	return r.given(func(s Reader) (*Row, error) { return s.NewestJob(context.Background(), key) })
}

// listed is how many jobs List gives at most.
const listed = 100

// List gives the newest jobs that who acts in ctx may see, newest first.
func (r *Runner) List(ctx context.Context) []Status {
	all := r.gather(ctx, func(s Reader) ([]Row, error) { return s.Jobs(context.Background(), listed) })
	slices.Reverse(all)
	return all
}

// Open gives the jobs that run or wait for their turn and that who acts in ctx may see, oldest first, without those of
// quiet kinds.
func (r *Runner) Open(ctx context.Context) []Status {
	now := r.Clock()
	all := r.gather(ctx, func(s Reader) ([]Row, error) { return s.OpenJobs(context.Background(), now) })
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(all, func(s Status) bool { return s.State.Final() || s.RunAt.After(now) || r.kinds[s.Kind].Quiet })
}

// Kinds are the names of the kinds of work that are registered, sorted.
func (r *Runner) Kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.kinds))
}

// gather gives stored jobs as they are now, and those that are not stored yet, oldest first.
func (r *Runner) gather(ctx context.Context, read func(Reader) ([]Row, error)) []Status {
	var rows []Row
	_ = r.steady(func(s Reader) (err error) { // complained of there
		rows, err = read(s)
		return err
	})
	defer r.mu.Unlock()
	var all []Status
	there := map[string]bool{}
	for _, row := range rows {
		there[row.ID] = true
		if o := r.own[row.ID]; o != nil {
			all = append(all, r.viewOwn(o))
		} else {
			all = append(all, r.view(row))
		}
	}
	for id, o := range r.own {
		if !o.stored && !there[id] {
			all = append(all, r.viewOwn(o))
		}
	}
	all = slices.DeleteFunc(all, func(s Status) bool { return !r.Actors.Sees(ctx, s.Actor) })
	slices.SortStableFunc(all, func(a, b Status) int { return a.Added.Compare(b.Added) })
	return all
}

// Cancel asks a job to stop, in whatever process it runs; the job ends when its work has cleaned up. Who acts in ctx may
// stop what is done for him, and what is done for others when he may stop work; fault.Forbidden else. It reports whether
// there is such a job that he may see.
func (r *Runner) Cancel(ctx context.Context, id string) (_ bool, err error) {
	defer fault.At(&err, "job.Cancel(job %s)", id)
	status, ok := r.Get(ctx, id)
	if !ok {
		return false, nil
	}
	if status.Actor != r.Actors.Acting(ctx).ID {
		if err := r.Actors.Decide(ctx, auth.Stop, auth.Resource{ID: id}); err != nil {
			return true, err
		}
	}
	return r.cancelAny(id), nil
}

// cancelAny is Cancel for those who may.
func (r *Runner) cancelAny(id string) bool {
	if r.cancelOwn(id) {
		return true
	}
	status, ok := r.get(id)
	if !ok || status.State.Final() {
		return ok
	}
	r.turn.Lock()
	defer r.turn.Unlock()
	if r.cancelOwn(id) { // it was begun here meanwhile
		return true
	}
	r.mu.Lock()
	r.stops[id] = true
	r.mu.Unlock()
	if err := r.round(context.Background(), startPatience, &deed{}); err != nil && !errors.Is(err, ErrBusy) {
		r.complain(err)
	}
	return true
}

// cancelOwn cancels a job of this process.
func (r *Runner) cancelOwn(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.own[id]
	switch {
	case o == nil:
		return false
	case o.row.State == Running:
		o.row.Stop = true
		o.version++
		o.cancel(context.Canceled)
	case o.row.State == Waiting:
		o.row.State, o.row.Ended = Cancelled, stored(r.Clock())
		o.version++
		r.changed()
	}
	r.nudge()
	return true
}

// drop gives up a job of which the table knows all. The lock is held.
func (r *Runner) drop(id string) {
	delete(r.own, id)
	r.dropped++
}

// changed tells those who wait that something has changed. The lock is held.
func (r *Runner) changed() {
	close(r.pulse)
	r.pulse = make(chan struct{})
}

// Wait returns the job, to those who may see it, once it has ended, or as it is when ctx ends first.
func (r *Runner) Wait(ctx context.Context, id string) (Status, bool) {
	for {
		r.mu.Lock()
		pulse := r.pulse
		r.mu.Unlock()
		status, ok := r.Get(ctx, id)
		if !ok || status.State.Final() {
			return status, ok
		}
		select {
		case <-pulse:
		case <-ctx.Done():
			return status, true
		}
	}
}

// Close stops the work of this process and waits until all has cleaned up and is stored, or until ctx ends. What was
// under way waits then for another process or the next start.
func (r *Runner) Close(ctx context.Context) error {
	r.turn.Lock() // a round that is under way may still begin work; a later one begins none
	r.mu.Lock()
	again := r.closed
	r.closed = true
	r.mu.Unlock()
	r.turn.Unlock()
	r.cancel(ErrClosed)
	idle := make(chan struct{})
	go func() { r.wg.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
		return fmt.Errorf("job: still running: %w", ctx.Err())
	}
	if again {
		return nil
	}
	close(r.stop)
	<-r.looped
	r.turn.Lock()
	defer r.turn.Unlock()
	if err := r.round(ctx, startPatience, &deed{}); err != nil && !errors.Is(err, ErrBusy) {
		return fmt.Errorf("job: store what has become of the jobs: %w", err)
	}
	return nil
}

// viewOwn is view of a job of this process, with its error as it came. The lock is held.
func (r *Runner) viewOwn(o *own) Status {
	s := r.view(o.row)
	if s.State == Failed && o.err != nil {
		s.Err = o.err
	}
	return s
}

// view is a row with what follows from the time.
func (r *Runner) view(row Row) Status {
	s := Status{
		ID: row.ID, Kind: row.Kind, Title: row.Title, Back: row.Back, Actor: row.Actor, Args: row.Args, Write: row.Write, State: row.State,
		Progress: row.Mark.Progress, Attempt: row.Attempt, RunAt: row.RunAt, Added: row.Added, Started: row.Started,
		Updated: row.Updated, Ended: row.Ended, Result: row.Result,
	}
	if row.State == Failed && row.Fault != nil {
		s.Err = row.Fault
	}
	now := r.Clock()
	if s.State.Final() {
		now = s.Ended
	}
	if !s.Started.IsZero() {
		s.Elapsed = now.Sub(s.Started)
	}
	if s.State != Running {
		return s
	}
	p := row.Mark
	if spent := s.Updated.Sub(p.StageAt); spent > 0 {
		s.Rate = float64(p.Rows-p.StageRows) / spent.Seconds()
		if done := p.Bytes - p.StageBytes; done > 0 && p.TotalBytes >= p.Bytes {
			left := float64(spent) * float64(p.TotalBytes-p.Bytes) / float64(done)
			s.Remaining, s.RemainingKnown = max(0, time.Duration(left)-now.Sub(s.Updated)), true
		}
	}
	return s
}
