package storetest

import (
	"context"
	"errors"
	"testing"

	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

// What is written together is written whole or not at all, and sees what its earlier parts wrote.
func together(t *testing.T, db *store.DB) {
	add := func(ctx context.Context, id int64) error {
		return in(db).Write(ctx, func(w tables) error { return w.AddProfiles(ctx, []fact.ProfileRow{aProfile(id)}) })
	}
	profiles := func(ctx context.Context) (n int) {
		err := in(db).Read(ctx, func(r tables) error {
			list, err := r.Profiles(ctx, []int64{1, 2, 3, 4})
			n = len(list)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	var kept context.Context
	err := db.Together(t.Context(), func(ctx context.Context) error {
		kept = ctx
		if err := add(ctx, 1); err != nil {
			return err
		}
		equal(t, "its own profiles", profiles(ctx), 1)
		equal(t, "profiles that others see", profiles(t.Context()), 0)
		err := db.Findings().Write(ctx, func(w quality.Writer) error {
			return w.SetPass(ctx, quality.Pass{Register: "enterprise", At: at})
		})
		if err != nil {
			return err
		}
		return db.Together(ctx, func(ctx context.Context) error { return add(ctx, 2) }) // one within another is the same one
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "profiles", profiles(t.Context()), 2)
	if err := add(kept, 3); err == nil {
		t.Error("what has ended can be joined")
	}

	for name, second := range map[string]func(ctx context.Context) error{
		"the second part fails": func(ctx context.Context) error {
			return in(db).Write(ctx, func(tables) error { return errStop })
		},
		"nothing is made of its error": func(ctx context.Context) error {
			in(db).Write(ctx, func(tables) error { return errStop })
			return nil
		},
		"nor of its panic": func(ctx context.Context) error {
			defer func() { recover() }()
			return in(db).Write(ctx, func(tables) error { panic("in the middle") })
		},
		"the whole fails": func(context.Context) error { return errStop },
	} {
		err := db.Together(t.Context(), func(ctx context.Context) error {
			if err := add(ctx, 4); err != nil {
				return err
			}
			return second(ctx)
		})
		if err == nil || name != "nor of its panic" && !errors.Is(err, errStop) {
			t.Errorf("%s: %v", name, err)
		}
		equal(t, "profiles when "+name, profiles(t.Context()), 2)
	}
	if err := add(t.Context(), 4); err != nil { // the next one is not held up
		t.Error(err)
	}
}
