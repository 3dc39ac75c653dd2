package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// clock is moved by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newRunner(t testing.TB) (*Runner, *clock) {
	c := &clock{at: time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC)}
	r := New(c.now, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { r.Close(context.Background()) })
	return r, c
}

// body is work without arguments.
type body func(ctx context.Context, report func(Progress)) (any, error)

// kinds counts the kinds of tests.
var kinds atomic.Int64

// kind registers a kind of its own for a body.
func kind(r *Runner, write bool, run body) string {
	name := fmt.Sprint("test", kinds.Add(1))
	r.Register(Kind{Name: name, Write: write, Safe: true, Run: func(ctx context.Context, _ json.RawMessage, report func(Progress)) (any, error) {
		return run(ctx, report)
	}})
	return name
}

func start(t testing.TB, r *Runner, spec Spec) Status {
	t.Helper()
	s, _, err := r.Start(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wait(t testing.TB, r *Runner, id string) Status {
	t.Helper()
	s, ok := r.Wait(context.Background(), id)
	if !ok {
		t.Fatalf("job %s is not known", id)
	}
	return s
}

func TestProgressGivesRateAndRemainingTime(t *testing.T) {
	r, c := newRunner(t)
	reported, goOn := make(chan bool), make(chan bool)
	s := start(t, r, Spec{Title: "a.csv", Kind: kind(r, true, func(ctx context.Context, report func(Progress)) (any, error) {
		report(Progress{Stage: "reading", Rows: 100, Bytes: 1000, TotalBytes: 9000})
		c.add(2 * time.Second)
		report(Progress{Stage: "reading", Rows: 1100, Bytes: 3000, TotalBytes: 9000})
		reported <- true
		<-goOn
		c.add(time.Second)
		report(Progress{Stage: "writing", Rows: 0})
		reported <- true
		<-goOn
		return 42, nil
	})})
	<-reported
	got, _ := r.Get(context.Background(), s.ID)
	if got.State != Running || got.Rate != 500 || !got.RemainingKnown || got.Remaining != 6*time.Second || got.Share() != 1.0/3 {
		t.Errorf("after two reports: %+v", got)
	}
	goOn <- true
	<-reported
	if got, _ = r.Get(context.Background(), s.ID); got.Rate != 0 || got.RemainingKnown || got.Elapsed != 3*time.Second {
		t.Errorf("a new stage starts its own rate: %+v", got)
	}
	goOn <- true
	got = wait(t, r, s.ID)
	if got.State != Done || string(got.Result) != "42" || got.Share() != 1 || got.Ended.IsZero() {
		t.Errorf("at the end: %+v", got)
	}
	c.add(time.Hour)
	if later, _ := r.Get(context.Background(), s.ID); later.Elapsed != got.Elapsed {
		t.Errorf("the time of an ended job goes on: %v, then %v", got.Elapsed, later.Elapsed)
	}
}

// Who starts a job acts in its work; a timer's acts for the program.
func TestWorkActsForWhoStarted(t *testing.T) {
	r, c := newRunner(t)
	name := kind(r, true, func(ctx context.Context, _ func(Progress)) (any, error) { return auth.Of(ctx), nil })
	for _, id := range []string{"wang", "local"} {
		s, _, err := r.Start(auth.As(t.Context(), id), Spec{Kind: name})
		if err != nil {
			t.Fatal(err)
		}
		if got := wait(t, r, s.ID); string(got.Result) != `"`+id+`"` {
			t.Errorf("the work of %s is done by %s", id, got.Result)
		}
	}
	r.Schedule(Timer{Name: "tick", Next: Every(time.Hour), Spec: Spec{Kind: name}})
	for range 2 { // sets the timer, and lets it go off
		r.Turn(t.Context())
		c.add(2 * time.Hour)
	}
	s, ok := r.Find(context.Background(), "timer:tick") // the newest: a round between the two may have begun one too
	if !ok {
		t.Fatal("the timer has not gone off")
	}
	if s = wait(t, r, s.ID); string(s.Result) != `"`+auth.Self+`"` {
		t.Errorf("the work of a timer is done by %s", s.Result)
	}
}

func TestKeyStartsOnce(t *testing.T) {
	r, _ := newRunner(t)
	goOn, fail := make(chan bool), true
	spec := Spec{Key: "import:1", Kind: kind(r, false, func(ctx context.Context, _ func(Progress)) (any, error) {
		<-goOn
		if fail {
			return nil, errors.New("disk full")
		}
		return "ok", nil
	})}
	first, fresh, _ := r.Start(context.Background(), spec)
	second, again, _ := r.Start(context.Background(), spec)
	if !fresh || again || first.ID != second.ID {
		t.Fatalf("a second click made a second job: %v %v", first.ID, second.ID)
	}
	goOn <- true
	if s := wait(t, r, first.ID); s.State != Failed || s.Err == nil {
		t.Fatalf("%+v", s)
	}
	fail = false
	third, fresh, _ := r.Start(context.Background(), spec)
	if !fresh || third.ID == first.ID {
		t.Fatal("a failed job could not be started again")
	}
	goOn <- true
	wait(t, r, third.ID)
	fourth, fresh, _ := r.Start(context.Background(), spec)
	if fresh || fourth.ID != third.ID {
		t.Fatal("a done job was started again")
	}
	spec.Repeat = true
	if fifth, fresh, _ := r.Start(context.Background(), spec); !fresh {
		t.Error("a done job that may be repeated was not")
	} else {
		goOn <- true
		wait(t, r, fifth.ID)
		third = fifth
	}
	if found, ok := r.Find(context.Background(), "import:1"); !ok || found.ID != third.ID {
		t.Errorf("Find: %v %v", found.ID, ok)
	}
}

func TestCancel(t *testing.T) {
	r, _ := newRunner(t)
	running, cleaned := make(chan bool), false
	waits := kind(r, true, func(ctx context.Context, _ func(Progress)) (any, error) {
		running <- true
		<-ctx.Done()
		cleaned = true
		return nil, ctx.Err()
	})
	first := start(t, r, Spec{Kind: waits})
	<-running
	second := start(t, r, Spec{Kind: waits}) // waits behind the first
	if s, _ := r.Get(context.Background(), second.ID); s.State != Waiting {
		t.Errorf("second: %v", s.State)
	}
	r.cancelAny(second.ID)
	if s := wait(t, r, second.ID); s.State != Cancelled || !s.Started.IsZero() {
		t.Errorf("a waiting job that is cancelled never starts: %+v", s)
	}
	r.cancelAny(first.ID)
	if s := wait(t, r, first.ID); s.State != Cancelled || !cleaned {
		t.Errorf("first: %+v", s)
	}
	if r.cancelAny("none") {
		t.Error("an unknown job was cancelled")
	}
}

func TestCloseWaitsForTheWork(t *testing.T) {
	r, _ := newRunner(t)
	running, cleaned := make(chan bool), false
	start(t, r, Spec{Kind: kind(r, false, func(ctx context.Context, _ func(Progress)) (any, error) {
		running <- true
		<-ctx.Done()
		cleaned = true
		return nil, ctx.Err()
	})})
	<-running
	if err := r.Close(context.Background()); err != nil || !cleaned {
		t.Errorf("%v, cleaned %v", err, cleaned)
	}
	if _, _, err := r.Start(context.Background(), Spec{Kind: "jobs.clear"}); !errors.Is(err, ErrClosed) {
		t.Errorf("Start after Close: %v", err)
	}
}

func TestPanicFailsTheJobOnly(t *testing.T) {
	r, _ := newRunner(t)
	s := start(t, r, Spec{Kind: kind(r, false, func(context.Context, func(Progress)) (any, error) { panic("boom") })})
	if s := wait(t, r, s.ID); s.State != Failed {
		t.Errorf("%+v", s)
	}
	s = start(t, r, Spec{Kind: kind(r, false, func(context.Context, func(Progress)) (any, error) { return 1, nil })})
	if s := wait(t, r, s.ID); s.State != Done {
		t.Errorf("after a panic: %+v", s)
	}
}

func TestEndedJobsAreForgotten(t *testing.T) {
	r, c := newRunner(t)
	for range listed + 10 {
		s := start(t, r, Spec{Key: "k", Kind: kind(r, false, func(context.Context, func(Progress)) (any, error) { return nil, errors.New("no") })})
		wait(t, r, s.ID)
	}
	c.add(keepFor / 2)
	wait(t, r, start(t, r, Spec{Kind: "jobs.clear"}).ID)
	if n := len(r.List(context.Background())); n != listed {
		t.Errorf("%d jobs are listed", n)
	}
	c.add(keepFor)
	for range 2 { // the second clears away the first
		wait(t, r, start(t, r, Spec{Kind: "jobs.clear"}).ID)
	}
	if n := len(r.List(context.Background())); n > listed/10 { // the timer of the runner itself adds some
		t.Errorf("%d jobs are kept", n)
	}
	if _, ok := r.Find(context.Background(), "k"); ok {
		t.Error("a job that ended long ago is still found")
	}
}

// Whatever is started and cancelled, at most one writing job runs at a time, every job ends, in a state that
// fits what happened, and writing jobs start in the order in which they came.
func TestOneWriterAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New(time.Now, slog.New(slog.DiscardHandler))
		defer r.Close(context.Background())
		var mu sync.Mutex
		writing, reading, worst, worstRead := 0, 0, 0, 0
		var ids []string
		var ran []int
		cancelled := map[string]bool{}
		for n := range rapid.IntRange(1, 12).Draw(t, "jobs") {
			write := rapid.Bool().Draw(t, "write")
			s, _, err := r.Start(context.Background(), Spec{Kind: kind(r, write, func(ctx context.Context, report func(Progress)) (any, error) {
				mu.Lock()
				if write {
					writing++
					worst = max(worst, writing)
					ran = append(ran, n)
				} else {
					reading++
					worstRead = max(worstRead, reading)
				}
				mu.Unlock()
				report(Progress{Stage: "x", Rows: 1})
				mu.Lock()
				defer mu.Unlock()
				if write {
					writing--
				} else {
					reading--
				}
				return nil, ctx.Err()
			})})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, s.ID)
			if rapid.Bool().Draw(t, "cancel") {
				id := rapid.SampledFrom(ids).Draw(t, "which")
				r.cancelAny(id)
				cancelled[id] = true
			}
		}
		for _, id := range ids {
			s, _ := r.Wait(context.Background(), id)
			if s.State != Done && !(s.State == Cancelled && cancelled[id]) {
				t.Fatalf("job ended as %v, cancelled %v", s.State, cancelled[id])
			}
		}
		if worst > 1 || worstRead > readers {
			t.Fatalf("%d writing, %d reading at once", worst, worstRead)
		}
		if !slices.IsSorted(ran) {
			t.Fatalf("writers ran in the order %v", ran)
		}
		if open := r.Open(context.Background()); len(open) != 0 {
			t.Fatalf("%d jobs stay open", len(open))
		}
	})
}

// Who may see and stop whose work. Roles that see a part of a register come with accounts.
func TestWhoseWork(t *testing.T) {
	m, c := NewMemory(), newClock()
	r := process(t, m, c)
	r.Actors = auth.Fixed(map[string]auth.Role{"li": auth.Operator, "wang": auth.Reader, "zhao": auth.Reader})
	running, _ := stuck(r, "work", false)
	s, _, err := r.Start(auth.As(t.Context(), "wang"), Spec{Kind: "work", Key: "k"})
	if err != nil || s.Actor != "wang" {
		t.Fatalf("%+v, %v", s, err)
	}
	<-running
	for who, want := range map[string]struct {
		sees    bool
		refused fault.Code
	}{"zhao": {true, fault.Forbidden}, "nobody": {}, "": {}} {
		ctx := auth.As(t.Context(), who)
		_, got := r.Get(ctx, s.ID)
		_, found := r.Find(ctx, "k")
		waited, cancel := context.WithCancel(ctx)
		cancel()
		_, waits := r.Wait(waited, s.ID)
		if got != want.sees || found != want.sees || waits != want.sees || (len(r.List(ctx)) > 0) != want.sees || (len(r.Open(ctx)) > 0) != want.sees {
			t.Errorf("%q: get %v, find %v, wait %v, list %d, open %d", who, got, found, waits, len(r.List(ctx)), len(r.Open(ctx)))
		}
		if there, err := r.Cancel(ctx, s.ID); there != want.sees || err != nil && fault.Of(err) != want.refused || err == nil && want.sees {
			t.Errorf("%q stops it: %v, %v", who, there, err)
		}
	}
	stopped := func(id string) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.own[id] == nil || r.own[id].row.Stop
	}
	if stopped(s.ID) {
		t.Error("it was stopped by somebody who may not")
	}
	ended := func(id string) State {
		got, _ := r.Wait(auth.As(t.Context(), "li"), id)
		return got.State
	}
	if _, err := r.Cancel(auth.As(t.Context(), "wang"), s.ID); err != nil || ended(s.ID) != Cancelled {
		t.Errorf("whose it is stops it: %v", err)
	}
	again, _, err := r.Start(auth.As(t.Context(), "wang"), Spec{Kind: "work"})
	if err != nil {
		t.Fatal(err)
	}
	r.Turn(t.Context())
	<-running
	if _, err := r.Cancel(auth.As(t.Context(), "li"), again.ID); err != nil || ended(again.ID) != Cancelled {
		t.Errorf("an operator stops it: %v", err)
	}
}
