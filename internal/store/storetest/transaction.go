package storetest

import (
	"context"
	"errors"
	"testing"

	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

func allOrNothing(t *testing.T, db *store.DB) {
	err := in(db).Write(t.Context(), func(w tables) error {
		if _, err := w.Advance(t.Context(), fact.LastRecord, 7); err != nil {
			return err
		}
		if err := w.AddProfiles(t.Context(), []fact.ProfileRow{aProfile(1)}); err != nil {
			return err
		}
		return errStop
	})
	if !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	func() {
		defer func() { recover() }()
		in(db).Write(t.Context(), func(w tables) error {
			w.Advance(t.Context(), fact.LastRecord, 7)
			panic("in the middle")
		})
	}()
	read(t, db, func(ctx context.Context, r tables) error {
		n, err := r.Counter(ctx, fact.LastRecord)
		equal(t, "records after a failure", n, int64(0))
		if err != nil {
			return err
		}
		ps, err := r.Profiles(ctx, []int64{1})
		equal(t, "profiles after a failure", len(ps), 0)
		return err
	})
	write(t, db, func(ctx context.Context, w tables) error { // and the next may write
		_, err := w.Advance(ctx, fact.LastRecord, 1)
		return err
	})
}

// A reader sees the base as it was when it first looked, whatever is written meanwhile.
func snapshot(t *testing.T, db *store.DB) {
	read(t, db, func(ctx context.Context, r tables) error {
		before, err := r.Counter(ctx, fact.LastChange)
		if err != nil {
			return err
		}
		write(t, db, func(ctx context.Context, w tables) error {
			_, err := w.Advance(ctx, fact.LastChange, 1)
			return err
		})
		after, err := r.Counter(ctx, fact.LastChange)
		equal(t, "counter in one snapshot", after, before)
		return err
	})
	read(t, db, func(ctx context.Context, r tables) error {
		n, err := r.Counter(ctx, fact.LastChange)
		equal(t, "counter afterwards", n, int64(1))
		return err
	})
}

// Whoever writes sees what the writer before committed: no number is handed out twice.
func writersQueue(t *testing.T, db *store.DB) {
	const writers, times = 4, 25
	done := make(chan error)
	for range writers {
		go func() {
			for range times {
				err := in(db).Write(context.Background(), func(w tables) error {
					n, err := w.Counter(context.Background(), fact.LastSubject)
					if err != nil {
						return err
					}
					p := aProfile(n + 1)
					if err := w.AddProfiles(context.Background(), []fact.ProfileRow{p}); err != nil {
						return err
					}
					_, err = w.Advance(context.Background(), fact.LastSubject, 1)
					return err
				})
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	read(t, db, func(ctx context.Context, r tables) error {
		n, err := r.Counter(ctx, fact.LastSubject)
		equal(t, "subjects", n, int64(writers*times))
		return err
	})
}

func cancelled(t *testing.T, db *store.DB) {
	ctx, cancel := context.WithCancel(context.Background())
	err := in(db).Write(ctx, func(w tables) error {
		if _, err := w.Advance(ctx, fact.LastRecord, 1); err != nil {
			return err
		}
		cancel()
		_, err := w.Advance(ctx, fact.LastRecord, 1)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled transaction ended with %v", err)
	}
	if err := in(db).Write(ctx, func(tables) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled writer began: %v", err)
	}
	read(t, db, func(ctx context.Context, r tables) error {
		n, err := r.Counter(ctx, fact.LastRecord)
		equal(t, "records after cancelling", n, int64(0))
		return err
	})
}
