package base

import (
	"context"
	"sync/atomic"
)

// asker is one who reads: a connection of a browser, with the counts behind its pages. Of the snapshots that he has open at a time only
// the first waits for a turn. A snapshot within another one never waits: it would wait for those who hold all turns and wait themselves.
// In a context without an asker, as of a command or of work in the background, every snapshot waits.
type asker struct{ open atomic.Int64 }

type askerKey struct{}

// Asking returns the context of a new asker.
func Asking(ctx context.Context) context.Context {
	return context.WithValue(ctx, askerKey{}, new(asker))
}

// turn waits until a snapshot may begin. The function that it returns ends the turn.
func (db *DB) turn(ctx context.Context) (end func(), err error) {
	a, _ := ctx.Value(askerKey{}).(*asker)
	if a != nil && a.open.Add(1) > 1 {
		return func() { a.open.Add(-1) }, nil
	}
	select {
	case db.turns <- struct{}{}:
	case <-ctx.Done():
		if a != nil {
			a.open.Add(-1)
		}
		return nil, ctx.Err()
	}
	return func() {
		<-db.turns
		if a != nil {
			a.open.Add(-1)
		}
	}, nil
}
