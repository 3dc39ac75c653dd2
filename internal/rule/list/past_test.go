package list

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
)

// pastSource has one enterprise. As of a past moment, its name is the moment and the change counter.
type pastSource struct {
	*fakeSource
	builds  atomic.Int64
	running atomic.Int64
	entered chan struct{} // receives when the reading of a past begins; nil: no one is told
	leave   chan struct{} // a past is read to its end after a receive; nil: at once
}

func (s *pastSource) Horizon(context.Context) (profile.Horizon, error) {
	return profile.Horizon{Day: time.Date(2021, 2, 1, 0, 0, 0, 0, time.UTC), Last: time.Date(2021, 3, 1, 9, 0, 0, 0, time.UTC)}, nil
}

func (s *pastSource) EachAt(_ context.Context, _ string, m fact.Moment, fn func(*fact.Profile) error) error {
	s.builds.Add(1)
	defer s.running.Add(-1)
	if s.running.Add(1) > 1 {
		return errors.New("two are built at a time")
	}
	name := fmt.Sprintf("%s %s %d", m.HeldOn.Format("0102"), m.KnownOn.Format("0102"), s.change)
	if s.entered != nil {
		s.entered <- struct{}{}
	}
	if s.leave != nil {
		<-s.leave
	}
	return fn(&fact.Profile{Subject: 7, Name: name})
}

type pastRig struct {
	*testing.T
	*pastSource
	now   *Base
	room  *Room
	pasts *Pasts
}

func newPastRig(t *testing.T, budget int64) *pastRig {
	reg := testRegister
	src := &pastSource{fakeSource: &fakeSource{}}
	src.change = 5
	now := NewBase(Config{Pack: &pack.Pack{Registers: []*pack.Register{reg}, Zone: time.UTC}, Register: reg, Source: src})
	if err := now.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	room := NewRoom(t.Context(), budget)
	return &pastRig{t, src, now, room, NewPasts(room, now, src)}
}

func held(month, day int) fact.Moment {
	return fact.Moment{HeldOn: time.Date(2021, time.Month(month), day, 0, 0, 0, 0, time.UTC)}
}

func known(month, day int) fact.Moment {
	return fact.Moment{KnownOn: time.Date(2021, time.Month(month), day, 0, 0, 0, 0, time.UTC)}
}

func (r *pastRig) at(m fact.Moment) *Base {
	r.Helper()
	b, err := r.pasts.At(r.Context(), m)
	if err != nil {
		r.Fatal(err)
	}
	return b
}

// name asks for a moment until it is ready, and returns the name of its enterprise.
func (r *pastRig) name(m fact.Moment) string {
	r.Helper()
	for {
		b := r.at(m)
		table, err := b.Current(ctx)
		r.settle() // the room keeps it now
		if err == nil {
			return string(table.Names.At(0))
		}
	}
}

// settle waits until nothing is being built.
func (r *pastRig) settle() {
	for busy := true; busy; {
		<-r.room.turn
		r.room.turn <- struct{}{}
		r.room.mu.Lock()
		busy = false
		for _, x := range r.room.kept {
			busy = busy || x.building != nil && !x.building.failed
		}
		r.room.mu.Unlock()
	}
}

// A moment after which nothing is known is the present. Other moments have bases of their own.
func TestPasts(t *testing.T) {
	r := newPastRig(t, 1<<20)
	for _, m := range []fact.Moment{{}, held(2, 1), known(3, 1), {HeldOn: held(2, 1).HeldOn, KnownOn: known(3, 2).KnownOn}} {
		if r.at(m) != r.now {
			t.Errorf("%v is not the present", m)
		}
	}
	for range 2 { // each is built once
		for m, want := range map[fact.Moment]string{
			held(1, 31): "0131 0101 5", held(1, 30): "0130 0101 5", known(2, 28): "0101 0228 5",
			// A day of knowledge after the last change is the same as now.
			{HeldOn: held(1, 31).HeldOn, KnownOn: known(4, 1).KnownOn}: "0131 0101 5",
			// For a past day of knowledge, files that were undone later may count.
			{HeldOn: held(2, 2).HeldOn, KnownOn: known(2, 28).KnownOn}: "0202 0228 5",
		} {
			if got := r.name(m); got != want {
				t.Errorf("%v: %s, want %s", m, got, want)
			}
		}
	}
	if n := r.builds.Load(); n != 4 {
		t.Errorf("%d were built", n)
	}
}

// Two people look at two days while others write. Both get theirs, neither stops the other, and repeated requests build
// once.
func TestPastsOfTwoPeople(t *testing.T) {
	r := newPastRig(t, 1<<20)
	r.entered, r.leave = make(chan struct{}), make(chan struct{})
	a, b := r.at(held(1, 1)), r.at(held(1, 2))
	<-r.entered
	for range 10 {
		r.change++
		if r.at(held(1, 1)) != a || r.at(held(1, 2)) != b {
			t.Fatal("a question began a build anew")
		}
	}
	r.leave <- struct{}{}
	<-r.entered
	if r.builds.Load() != 2 {
		t.Errorf("%d builds", r.builds.Load())
	}
	r.leave <- struct{}{}
	r.entered, r.leave = nil, nil
	r.settle()
	for _, x := range []*Base{a, b} {
		if _, err := x.Current(ctx); err != nil {
			t.Error(err)
		}
	}
}

// What was known on a past day does not change. What held on a day can change; the old answer stays until the new one
// is ready.
func TestPastsAfterAWrite(t *testing.T) {
	r := newPastRig(t, 1<<20)
	r.name(held(1, 31))
	r.name(known(2, 28))
	r.change = 6
	if got := r.name(known(2, 28)); got != "0101 0228 5" || r.builds.Load() != 2 {
		t.Errorf("%s after %d builds", got, r.builds.Load())
	}
	if got := r.name(held(1, 31)); got != "0131 0101 5" {
		t.Errorf("the old one is not given on: %s", got)
	}
	r.settle()
	if got := r.name(held(1, 31)); got != "0131 0101 6" || r.builds.Load() != 3 {
		t.Errorf("%s after %d builds", got, r.builds.Load())
	}

	// A base of another history has other pasts, and never shows those of the former one.
	r.history = "other"
	for m, want := range map[fact.Moment]string{held(1, 31): "0131 0101 6", known(2, 28): "0101 0228 6"} {
		before := r.builds.Load()
		if table, err := r.at(m).Current(ctx); !errors.Is(err, ErrLoading) && (err != nil || string(table.Names.At(0)) != want) {
			t.Errorf("%v: the past of another history: %v", m, err)
		}
		if got := r.name(m); got != want || r.builds.Load() != before+1 {
			t.Errorf("%s after %d builds", got, r.builds.Load()-before)
		}
	}
}

// Above the budget, the least recently used past is dropped. One that is larger than the budget is still returned.
func TestPastsWithinTheBudget(t *testing.T) {
	size := func() int64 {
		r := newPastRig(t, 1<<20)
		r.name(held(1, 1))
		return r.room.kept[0].ready.size
	}()
	r := newPastRig(t, 2*size)
	for _, day := range []int{1, 2, 1, 3} {
		r.name(held(1, day))
	}
	built := func(days ...int) {
		t.Helper()
		for _, day := range days {
			r.name(held(1, day))
		}
	}
	n := r.builds.Load()
	built(1, 3)
	if r.builds.Load() != n {
		t.Error("what was asked for lately is gone")
	}
	built(2)
	if r.builds.Load() != n+1 || len(r.room.kept) != 2 {
		t.Errorf("what was asked for long ago is still there: %d are kept", len(r.room.kept))
	}
	small := newPastRig(t, 1)
	for _, day := range []int{1, 2, 1} {
		small.name(held(1, day))
	}
	if len(small.room.kept) != 1 {
		t.Errorf("%d are kept", len(small.room.kept))
	}
}

// A failed build is reported once, and the next request tries again.
func TestPastThatFails(t *testing.T) {
	r := newPastRig(t, 1<<20)
	r.running.Add(1) // as if another were built
	b := r.at(held(1, 1))
	r.settle()
	if r.at(held(1, 1)) != b || b.State().Err == nil {
		t.Errorf("%v", b.State())
	}
	r.running.Add(-1)
	if got := r.name(held(1, 1)); got != "0101 0101 5" {
		t.Error(got)
	}
}

func TestPastsThatWait(t *testing.T) {
	r := newPastRig(t, 1<<20)
	<-r.room.turn
	for i := range maxWaiting {
		r.at(held(1, i+1))
	}
	if _, err := r.pasts.At(t.Context(), held(1, 30)); !errors.Is(err, errWaiting) {
		t.Errorf("%v", err)
	}
	r.at(held(1, 1)) // a past that waits may be asked for again
	r.room.turn <- struct{}{}
	r.settle()
}
