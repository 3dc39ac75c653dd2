package auth

import (
	"context"
	"sync"

	"eyas/internal/fault"
)

type onceKey struct{}

// decided keeps what was found out, for the time of one request.
type decided struct {
	mu   sync.Mutex
	kept map[any]any
}

// sighting is the key of whether an actor sees a subject.
type sighting struct {
	actor   Actor
	subject int64
}

// Once returns the context of a request that only reads: whether an actor sees a subject is decided once in it, however many
// parts of a page ask. A request that writes must not use it, since a write may change what is seen.
func Once(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, &decided{kept: map[any]any{}})
}

// Held reports whether the actor of ctx sees a subject, as decide says. In the context of Once it is decided once for an actor and
// a subject. An error is not kept.
func Held(ctx context.Context, subject int64, decide func() (bool, error)) (_ bool, err error) {
	defer fault.At(&err, "auth.Held(subject %d)", subject)
	return Kept(ctx, sighting{Named(ctx), subject}, decide)
}

// Kept returns what get returns. In the context of Once it is got once for a key, which is of a type of the caller's package and
// names the actor where it depends on him; what is got must not be changed. An error is not kept.
func Kept[T any](ctx context.Context, key any, get func() (T, error)) (T, error) {
	d, _ := ctx.Value(onceKey{}).(*decided)
	if d == nil {
		return get()
	}
	d.mu.Lock()
	kept, known := d.kept[key]
	d.mu.Unlock()
	if known {
		return kept.(T), nil
	}
	got, err := get()
	if err == nil {
		d.mu.Lock()
		d.kept[key] = got
		d.mu.Unlock()
	}
	return got, err
}

// Remembers reports whether ctx is that of Once.
func Remembers(ctx context.Context) bool { return ctx.Value(onceKey{}) != nil }
