package frame

import (
	"context"
	"sync"
	"time"
)

// turns lets a few do something at a time. Others wait, up to a number and for a while.
type turns struct {
	slots    chan struct{}
	queue    chan struct{} // of those who wait
	patience time.Duration
	busy     func() error // what those are told who would wait too long
}

func newTurns(at, waiting int, patience time.Duration, busy func() error) *turns {
	return &turns{slots: make(chan struct{}, at), queue: make(chan struct{}, waiting), patience: patience, busy: busy}
}

// take waits for a turn; leave ends it. Leaving twice is leaving once.
func (q *turns) take(ctx context.Context) (leave func(), err error) {
	leave = sync.OnceFunc(func() { <-q.slots })
	select {
	case q.slots <- struct{}{}:
		return leave, nil
	default:
	}
	select {
	case q.queue <- struct{}{}:
		defer func() { <-q.queue }()
	default:
		return nil, q.busy()
	}
	late := time.NewTimer(q.patience)
	defer late.Stop()
	select {
	case q.slots <- struct{}{}:
		return leave, nil
	case <-late.C:
		return nil, q.busy()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
