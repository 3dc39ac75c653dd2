package auth

import (
	"context"
	"sync"

	"eyas/internal/fault"
)

type onceKey struct{}

// decided keeps which subjects actors see, for the time of one request.
type decided struct {
	mu   sync.Mutex
	held map[sighting]bool
}

type sighting struct {
	actor   Actor
	subject int64
}

// Once returns the context of a request that only reads: whether an actor sees a subject is decided once in it, however many
// parts of a page ask. A request that writes must not use it, since a write may change what is seen.
func Once(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, &decided{held: map[sighting]bool{}})
}

// Held reports whether the actor of ctx sees a subject, as decide says. In the context of Once it is decided once for an actor and
// a subject. An error is not kept.
func Held(ctx context.Context, subject int64, decide func() (bool, error)) (_ bool, err error) {
	defer fault.At(&err, "auth.Held(subject %d)", subject)
	d, _ := ctx.Value(onceKey{}).(*decided)
	if d == nil {
		return decide()
	}
	key := sighting{Named(ctx), subject}
	d.mu.Lock()
	held, known := d.held[key]
	d.mu.Unlock()
	if known {
		return held, nil
	}
	held, err = decide()
	if err == nil {
		d.mu.Lock()
		d.held[key] = held
		d.mu.Unlock()
	}
	return held, err
}

// Remembers reports whether ctx is that of Once.
func Remembers(ctx context.Context) bool { return ctx.Value(onceKey{}) != nil }
