package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/store/dialect"
)

// Whoever opened a base is told which registers others have changed: those, and no others.
func TestWatch(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		here, err := Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer here.Close()
		there, err := Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer there.Close()
		ctx, cancel := context.WithCancel(t.Context())
		told, ended := make(chan []string), make(chan struct{})
		go func() {
			defer close(ended)
			here.Watch(ctx, func(ctx context.Context, registers []string) {
				select {
				case told <- registers:
				case <-ctx.Done():
				}
			})
		}()
		next := func() []string {
			t.Helper()
			select {
			case registers := <-told:
				return registers
			case <-time.After(time.Minute):
				t.Fatal("nothing is told")
				return nil
			}
		}
		if got := next(); got != nil {
			t.Errorf("at first %v are told, not all", got)
		}
		put := func(w tables, register string) error {
			change, err := w.Advance(ctx, fact.LastChange, 1)
			if err != nil {
				return err
			}
			id, err := w.Advance(ctx, fact.LastSubject, 1)
			if err != nil {
				return err
			}
			name := fmt.Sprint("企业", id)
			return w.AddProfiles(ctx, []fact.ProfileRow{{Subject: id, Register: register, Name: name, NameKey: name, Change: change}})
		}
		var own []string
		there.AfterWrite(func(_ context.Context, registers []string) { own = registers })
		longest := time.Duration(0)
		for i := range 20 {
			want := []string{[]string{"carrier", "enterprise", "person"}[i%3]}
			own = nil
			begun := time.Now()
			if err := in(there).Write(ctx, func(w tables) error { return put(w, want[0]) }); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(own, want) {
				t.Errorf("the process itself is told %v, want %v", own, want)
			}
			if got := next(); !slices.Equal(got, want) {
				t.Errorf("%v are told, want %v", got, want)
			}
			longest = max(longest, time.Since(begun))
		}
		t.Logf("told after %s at the latest", longest)
		// What takes several steps is told once, and a batch when it is in force.
		if err := there.Together(ctx, func(ctx context.Context) error {
			for _, register := range []string{"enterprise", "carrier"} {
				if err := in(there).Write(ctx, func(w tables) error { return put(w, register) }); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := next(); !slices.Equal(got, []string{"carrier", "enterprise"}) {
			t.Errorf("%v are told of two writes in one", got)
		}
		b, err := there.Begin(ctx, "test", nil)
		if err != nil {
			t.Fatal(err)
		}
		own = nil
		if err := b.Chunk(ctx, func(ctx context.Context, _ derive.BatchWriter) error {
			return there.Landing().Write(ctx, func(w intake.LandingWriter) error {
				first, _, err := w.Reserve(ctx, fact.LastSubject, 1, 0)
				if err != nil {
					return err
				}
				return w.AddProfiles(ctx, []fact.ProfileRow{{Subject: first, Register: "person", Name: "甲", NameKey: "甲"}})
			})
		}); err != nil {
			t.Fatal(err)
		}
		changes := func(db *DB, register string) (change int64) {
			if err := in(db).Read(ctx, func(r tables) (err error) { change, _, err = r.Changes(ctx, register); return err }); err != nil {
				t.Fatal(err)
			}
			return change
		}
		before, other := changes(here, "person"), changes(here, "enterprise")
		if err := in(there).Write(ctx, func(w tables) error { return put(w, "carrier") }); err != nil {
			t.Fatal(err)
		}
		if got := next(); !slices.Equal(got, []string{"carrier"}) {
			t.Errorf("while a batch is open %v are told", got)
		}
		if changes(here, "person") != before {
			t.Error("a batch that is not in force has changed its register")
		}
		if err := b.Force(ctx, func(context.Context, derive.BatchWriter) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if got := next(); !slices.Equal(got, []string{"person"}) || !slices.Equal(own, got) {
			t.Errorf("of a batch %v are told, in its own process %v", got, own)
		}
		if changes(here, "person") <= changes(here, "carrier") || changes(here, "enterprise") != other {
			t.Error("the batch is not the last change of its register, and of no other")
		}
		cancel()
		<-ended
	})
}

// A connection on which nothing can be heard any more is made anew, and what was written meanwhile is told.
func TestWatchConnectsAgain(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		db, err := Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if !db.room.Base.Dialect.Dollar {
			t.Skip("a file needs no connection")
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		woken := make(chan struct{}, 100)
		ended := make(chan error)
		for range 2 {
			go func() { ended <- db.room.Base.Listen(ctx, func() { woken <- struct{}{} }) }()
			<-woken // it listens
			if _, err := db.room.Base.Write.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN `+dialect.Channel+`'`); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err == nil || ctx.Err() != nil {
				t.Errorf("a lost connection ends with %v", err)
			}
		}
	})
}
