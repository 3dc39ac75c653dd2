package store

import (
	"context"
	"sync"
	"testing"

	"eyas/internal/store/base"
)

// Many who read within what they read end: none of them waits for a turn that another one holds. A hundred persons at one base of a
// million held each other up for ever.
func TestReadsWithinReads(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		db, err := Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		var all, begun sync.WaitGroup
		const many = 8
		begun.Add(many)
		for range many {
			all.Go(func() {
				ctx := Asking(t.Context())
				err := db.room.Base.Reading(ctx, func(*base.Tx) error {
					begun.Done()
					begun.Wait() // all turns are taken
					return db.room.Base.Reading(ctx, func(*base.Tx) error {
						return db.room.Base.Reading(ctx, func(*base.Tx) error { return nil })
					})
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		ctx, end := context.WithCancel(Asking(t.Context()))
		end()
		if err := db.room.Base.Reading(ctx, func(*base.Tx) error { return nil }); err == nil {
			t.Error("who has gone reads")
		}
	})
}
