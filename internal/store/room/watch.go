package room

import (
	"context"
	"slices"
	"time"

	"eyas/internal/store/base"
	"eyas/internal/store/row"
)

const (
	// lookEvery is how often a process checks whether registers changed, even without a notification: a file may have
	// been replaced, or a connection may have been lost unnoticed.
	lookEvery = 2 * time.Second
	// listenAgain is how long a process waits before it connects again for notifications.
	listenAgain = time.Second
)

// Watch calls fn with the registers that any process changed, until ctx ends. It calls fn with nil at first, and when
// notifications may have been missed: any register may have changed then. Changes that come while fn runs are passed
// together.
func (db *DB) Watch(ctx context.Context, fn func(ctx context.Context, registers []string)) {
	woken := make(chan struct{}, 1)
	wake := func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}
	deaf := make(chan struct{})
	go func() {
		defer close(deaf)
		for ctx.Err() == nil {
			db.Base.Listen(ctx, wake)
			base.Pause(ctx, listenAgain)
		}
	}()
	defer func() { <-deaf }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var known map[string]int64
	for {
		var now map[string]int64
		err := db.Base.Noticed(base.Ended(ctx, db.Snapshot(ctx, func(t *row.Tx) (err error) { now, err = t.AllChanges(ctx); return err })))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil || known == nil:
			fn(ctx, nil)
		default:
			var changed []string
			for register, change := range now {
				if known[register] != change {
					changed = append(changed, register)
				}
			}
			if slices.Sort(changed); len(changed) > 0 {
				fn(ctx, changed)
			}
		}
		known = now
		select {
		case <-woken:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
