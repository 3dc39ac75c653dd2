package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/fault"
)

// process is a runner that looks only when the test says so.
func process(t testing.TB, m *Memory, c *clock) *Runner {
	r := Open(Config{Storage: &line{Memory: m}, Clock: c.now, Log: slog.New(slog.DiscardHandler), Every: -1})
	t.Cleanup(func() { r.Close(context.Background()) })
	return r
}

func newClock() *clock { return &clock{at: time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC)} }

// stored is the row of a job as it lies in the table.
func (m *Memory) stored(id string) (Row, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[id]
	return r, ok
}

// line is a process's connection to the table.
type line struct {
	*Memory
	cut atomic.Bool
}

func (l *line) ReadJobs(ctx context.Context, fn func(Reader) error) error {
	if l.cut.Load() {
		return errors.New("cut")
	}
	return l.Memory.ReadJobs(ctx, fn)
}

func (l *line) WriteJobs(ctx context.Context, patience time.Duration, fn func(Writer) error) error {
	if l.cut.Load() {
		return errors.New("cut")
	}
	return l.Memory.WriteJobs(ctx, patience, fn)
}

// kill makes a runner as if its process had died: nothing of it reaches the table any more.
func kill(r *Runner) {
	r.Storage.(*line).cut.Store(true)
	r.cancel(errors.New("killed"))
}

// idle waits until no work runs here.
func idle(r *Runner) {
	for {
		r.mu.Lock()
		pulse, running := r.pulse, false
		for _, o := range r.own {
			running = running || o.row.State == Running
		}
		r.mu.Unlock()
		if !running {
			return
		}
		<-pulse
	}
}

// stuck registers work that runs until it is cancelled or let go.
func stuck(r *Runner, name string, safe bool) (running chan string, let chan bool) {
	running, let = make(chan string, 10), make(chan bool, 10)
	r.Register(Kind{Name: name, Write: true, Safe: safe, Run: func(ctx context.Context, args json.RawMessage, _ func(Progress)) (any, error) {
		running <- string(args)
		select {
		case <-let:
			return "ended", nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}})
	return running, let
}

// silent lets so much time pass, looked at by a runner, that a silent process is taken for dead.
func silent(r *Runner, c *clock) {
	ctx := context.Background()
	r.Turn(ctx)
	c.add(r.Silence)
	r.Turn(ctx)
	c.add(r.doubt())
	r.Turn(ctx)
}

func TestTakenOverFromTheDead(t *testing.T) {
	for _, safe := range []bool{true, false} {
		t.Run(fmt.Sprint("safe ", safe), func(t *testing.T) {
			m, c := NewMemory(), newClock()
			a, b := process(t, m, c), process(t, m, c)
			running, _ := stuck(a, "work", safe)
			s := start(t, a, Spec{Kind: "work", Args: map[string]int{"import": 7}})
			<-running
			again, let := stuck(b, "work", safe)
			b.Turn(t.Context())
			if got, ok := b.Get(context.Background(), s.ID); !ok || got.State != Running {
				t.Fatalf("seen from elsewhere: %+v", got)
			}
			kill(a)
			silent(b, c)
			if !safe {
				got := wait(t, b, s.ID)
				var f *fault.Error
				if got.State != Failed || !errors.As(got.Err, &f) || f.ZH == "" || f.EN == "" {
					t.Errorf("%+v", got)
				}
				return
			}
			if args := <-again; args != `{"import":7}` {
				t.Errorf("run again with %s", args)
			}
			let <- true
			if got := wait(t, b, s.ID); got.State != Done || got.Attempt != 2 || string(got.Result) != `"ended"` {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A process whose import holds the base's only write lock cannot say that it is alive; that alone makes nobody take its
// job over, nor does the moment after it let go.
func TestSilentBecauseItWrites(t *testing.T) {
	m, c := NewMemory(), newClock()
	a, b := process(t, m, c), process(t, m, c)
	running, let := stuck(a, "work", true)
	again, _ := stuck(b, "work", true)
	s := start(t, a, Spec{Kind: "work"})
	<-running
	b.Turn(t.Context())
	m.Busy.Store(true)
	for range 60 {
		c.add(time.Second)
		a.Turn(t.Context())
		b.Turn(t.Context())
	}
	m.Busy.Store(false)
	b.Turn(t.Context()) // before a can speak
	c.add(time.Second)
	b.Turn(t.Context())
	a.Turn(t.Context())
	c.add(b.doubt())
	b.Turn(t.Context())
	select {
	case <-again:
		t.Fatal("a job whose process lives was taken over")
	default:
	}
	let <- true
	if got := wait(t, a, s.ID); got.State != Done || got.Attempt != 1 {
		t.Errorf("%+v", got)
	}
}

// Who was taken for dead, and was not, leaves the job to its new owner.
func TestLateOwnerLosesTheJob(t *testing.T) {
	m, c := NewMemory(), newClock()
	a, b := process(t, m, c), process(t, m, c)
	running, _ := stuck(a, "work", true)
	again, let := stuck(b, "work", true)
	s := start(t, a, Spec{Kind: "work"})
	<-running
	silent(b, c)
	<-again
	a.Turn(t.Context()) // learns of it, and its work is cancelled
	idle(a)
	a.Turn(t.Context())
	let <- true
	if got := wait(t, b, s.ID); got.State != Done || got.Attempt != 2 {
		t.Errorf("%+v", got)
	}
	b.Turn(t.Context())
	if got := wait(t, a, s.ID); got.State != Done {
		t.Errorf("as the first owner sees it: %+v", got)
	}
}

func TestGivesUpWhatKillsItsProcess(t *testing.T) {
	m, c := NewMemory(), newClock()
	var s Status
	for i := range begun + 1 {
		r := process(t, m, c)
		running, _ := stuck(r, "work", true)
		if i == 0 {
			s = start(t, r, Spec{Kind: "work"})
		} else {
			silent(r, c)
		}
		if i == begun {
			if got := wait(t, r, s.ID); got.State != Failed || got.Attempt != begun {
				t.Errorf("%+v", got)
			}
			return
		}
		<-running
		kill(r)
	}
}

func TestCancelElsewhere(t *testing.T) {
	m, c := NewMemory(), newClock()
	a, b := process(t, m, c), process(t, m, c)
	running, _ := stuck(a, "work", true)
	first, second := start(t, a, Spec{Kind: "work"}), start(t, a, Spec{Kind: "work"})
	<-running
	if !b.cancelAny(second.ID) || wait(t, b, second.ID).State != Cancelled {
		t.Error("a job that waits is not cancelled by another process")
	}
	m.Busy.Store(true)
	b.cancelAny(first.ID) // cannot be written yet
	a.Turn(t.Context())
	m.Busy.Store(false)
	b.Turn(t.Context())
	a.Turn(t.Context())
	if got := wait(t, a, first.ID); got.State != Cancelled {
		t.Errorf("%+v", got)
	}
}

// A process that ends in order gives its jobs back; the next one takes them up at once. A job that may not be repeated
// has failed.
func TestCloseGivesJobsBack(t *testing.T) {
	m, c := NewMemory(), newClock()
	once := process(t, m, c)
	running, _ := stuck(once, "once", false)
	s := start(t, once, Spec{Kind: "once"})
	<-running
	if err := once.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, _ := once.Get(context.Background(), s.ID); got.State != Failed || fault.Of(got.Err) != fault.Conflict {
		t.Errorf("%+v", got)
	}
	a := process(t, m, c)
	running, _ = stuck(a, "work", true)
	s = start(t, a, Spec{Kind: "work"})
	<-running
	if err := a.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	b := process(t, m, c)
	if got, _ := b.Get(context.Background(), s.ID); got.State != Waiting {
		t.Fatalf("%+v", got)
	}
	again, let := stuck(b, "work", true)
	b.Turn(t.Context())
	<-again
	let <- true
	if got := wait(t, b, s.ID); got.State != Done || got.Attempt != 1 {
		t.Errorf("%+v", got)
	}
}

// While the base cannot be written to, what only reads runs all the same, and what writes is not forgotten.
func TestStartWhileTheBaseIsBusy(t *testing.T) {
	m, c := NewMemory(), newClock()
	r := process(t, m, c)
	m.Busy.Store(true)
	read := Spec{Key: "preview", Kind: kind(r, false, func(context.Context, func(Progress)) (any, error) { return 1, nil })}
	write := Spec{Key: "import", Kind: kind(r, true, func(context.Context, func(Progress)) (any, error) { return 2, nil })}
	first, second := start(t, r, read), start(t, r, write)
	if same := start(t, r, write); same.ID != second.ID {
		t.Error("a second click made a second job")
	}
	if got := wait(t, r, first.ID); got.State != Done {
		t.Errorf("what reads: %+v", got)
	}
	r.Turn(t.Context())
	if got, ok := r.Get(context.Background(), second.ID); !ok || got.State != Waiting {
		t.Errorf("what writes: %+v", got)
	}
	m.Busy.Store(false)
	r.Turn(t.Context())
	if got := wait(t, r, second.ID); got.State != Done || string(got.Result) != "2" {
		t.Errorf("what writes, then: %+v", got)
	}
	r.Turn(t.Context())
	for id, want := range map[string]string{first.ID: "1", second.ID: "2"} {
		if row, _ := m.stored(id); string(row.Result) != want || row.State != Done {
			t.Errorf("stored: %+v", row)
		}
	}
}

func TestTriedAgain(t *testing.T) {
	m, c := NewMemory(), newClock()
	r := process(t, m, c)
	runs := make(chan int, 10)
	n := 0
	r.Register(Kind{Name: "send", Tries: 3, Run: func(context.Context, json.RawMessage, func(Progress)) (any, error) {
		n++
		runs <- n
		if n < 3 {
			return nil, errors.New("the line is down")
		}
		return nil, fault.New(fault.Invalid, "不收。", "Refused.")
	}})
	s := start(t, r, Spec{Kind: "send"})
	for i := range 3 {
		<-runs
		idle(r)
		r.Turn(t.Context())
		if got, _ := r.Get(context.Background(), s.ID); i < 2 && (got.State != Waiting || !got.RunAt.After(c.now())) {
			t.Fatalf("after run %d: %+v", i+1, got)
		}
		c.add(backoff(i + 1))
		r.Turn(t.Context())
	}
	got := wait(t, r, s.ID)
	if fault.Of(got.Err) != fault.Invalid || got.Attempt != 3 {
		t.Errorf("%+v", got)
	}
}

func TestRunAt(t *testing.T) {
	m, c := NewMemory(), newClock()
	r := process(t, m, c)
	ran := make(chan bool, 1)
	s := start(t, r, Spec{RunAt: c.now().Add(time.Hour), Kind: kind(r, false, func(context.Context, func(Progress)) (any, error) { ran <- true; return nil, nil })})
	r.Turn(t.Context())
	if len(r.Open(context.Background())) != 0 || s.State != Waiting {
		t.Error("a job that waits for its time is shown as work under way")
	}
	c.add(time.Hour)
	r.Turn(t.Context())
	<-ran
}

// A timer goes off once for all processes, also for the times that passed while none ran.
func TestTimers(t *testing.T) {
	m, c := NewMemory(), newClock()
	var mu sync.Mutex
	rang := 0
	one := func() *Runner {
		r := process(t, m, c)
		r.Register(Kind{Name: "night", Run: func(context.Context, json.RawMessage, func(Progress)) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			rang++
			return nil, nil
		}})
		r.Schedule(Timer{Name: "night", Next: Daily(2, 30, time.UTC), Spec: Spec{Kind: "night"}})
		return r
	}
	a, b := one(), one()
	look := func() int {
		for range 3 {
			a.Turn(t.Context())
			b.Turn(t.Context())
			idle(a)
			idle(b)
		}
		mu.Lock()
		defer mu.Unlock()
		return rang
	}
	for _, step := range []struct {
		hours time.Duration
		want  int
	}{{0, 0}, {17, 0}, {1, 1}, {1, 1}, {24, 2}, {24 * 10, 3}, {23, 4}} {
		c.add(step.hours * time.Hour)
		if n := look(); n != step.want {
			t.Fatalf("at %v it rang %d times, want %d", c.now(), n, step.want)
		}
	}
}

func TestDaily(t *testing.T) {
	zone := time.FixedZone("city", 8*3600)
	next := Daily(2, 0, zone)
	for after, want := range map[string]string{
		"2021-03-31T01:59:59+08:00": "2021-03-31T02:00:00+08:00",
		"2021-03-31T02:00:00+08:00": "2021-04-01T02:00:00+08:00",
		"2021-03-30T20:00:00Z":      "2021-04-01T02:00:00+08:00",
		"2021-12-31T23:00:00+08:00": "2022-01-01T02:00:00+08:00",
	} {
		at, err := time.Parse(time.RFC3339, after)
		if err != nil {
			t.Fatal(err)
		}
		if got := next(at).In(zone).Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", after, got, want)
		}
	}
}

// Whatever happens to three processes (work ends, fails, is cancelled; the base is busy; processes end or die), no two
// runs that write overlap, no work runs twice at once, no job is lost, and at the end each is in a final state that fits.
func TestProcessesShareTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, c := NewMemory(), newClock()
		w := &world{cancelled: map[string]bool{}}
		live := []*Runner{}
		open := func() {
			r := Open(Config{Storage: m, Clock: c.now, Log: slog.New(slog.DiscardHandler), Every: -1})
			w.register(r)
			live = append(live, r)
		}
		open()
		var ids []string
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			r := live[rapid.IntRange(0, 2).Draw(t, "process")%len(live)]
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2:
				s, fresh, err := r.Start(context.Background(), Spec{Kind: rapid.SampledFrom([]string{"read", "write"}).Draw(t, "kind"), Key: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "key"), Repeat: true})
				if err != nil {
					t.Fatal(err)
				}
				if fresh {
					ids = append(ids, s.ID)
				}
			case 3:
				if len(ids) > 0 {
					id := rapid.SampledFrom(ids).Draw(t, "job")
					if r.cancelAny(id) {
						w.cancelled[id] = true
					}
				}
			case 4:
				m.Busy.Store(!m.Busy.Load())
			case 5:
				if len(live) < 3 {
					open()
				}
			case 6:
				if len(live) > 1 && !m.Busy.Load() { // in order: nothing stays behind
					if err := r.Close(context.Background()); err != nil {
						t.Fatal(err)
					}
					live = without(live, r)
				}
			default:
				c.add(time.Duration(rapid.IntRange(0, 9000).Draw(t, "ms")) * time.Millisecond)
				r.Turn(context.Background())
			}
		}
		m.Busy.Store(false)
		for range 2 * (len(ids) + 1) {
			for _, r := range live {
				c.add(time.Second)
				idle(r)
				r.Turn(context.Background())
			}
		}
		for _, id := range ids {
			row, ok := m.stored(id)
			if !ok {
				t.Fatalf("job %s is lost", id)
			}
			if row.State != Done && row.State != Cancelled {
				t.Fatalf("job %s ends as %s", id, row.State)
			}
			if row.State == Cancelled && !w.cancelled[id] && row.Key != "" {
				t.Fatalf("job %s was cancelled by nobody", id)
			}
		}
		if w.worst > 1 {
			t.Fatalf("%d jobs wrote at once", w.worst)
		}
		for _, r := range live {
			if err := r.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// world is what the work of all processes sees.
type world struct {
	mu             sync.Mutex
	writing, worst int
	cancelled      map[string]bool
}

func (w *world) register(r *Runner) {
	r.Register(Kind{Name: "read", Safe: true, Run: func(ctx context.Context, _ json.RawMessage, report func(Progress)) (any, error) {
		report(Progress{Stage: "reading", Rows: 1})
		return 1, nil
	}}, Kind{Name: "write", Safe: true, Write: true, Run: func(ctx context.Context, _ json.RawMessage, report func(Progress)) (any, error) {
		w.mu.Lock()
		w.writing++
		w.worst = max(w.worst, w.writing)
		w.mu.Unlock()
		report(Progress{Stage: "writing", Rows: 1})
		w.mu.Lock()
		defer w.mu.Unlock()
		w.writing--
		return 2, ctx.Err()
	}})
}

func without(list []*Runner, r *Runner) (rest []*Runner) {
	for _, x := range list {
		if x != r {
			rest = append(rest, x)
		}
	}
	return rest
}
