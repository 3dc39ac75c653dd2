package room

import (
	"context"
	"slices"
	"time"

	"eyas/internal/store/base"
	"eyas/internal/store/row"
)

const (
	// lookEvery is how often a process looks whether registers changed, whatever it was told: a file may have been
	// replaced, a connection be lost without a word.
	lookEvery = 2 * time.Second
	// listenAgain is how long it waits before it connects anew for being told.
	listenAgain = time.Second
)

// Watch calls fn with the registers that were changed, by whichever process, until ctx ends; with nil, at first and when
// it cannot be told, any of them may have been. Changes that come while fn runs are told together.
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
