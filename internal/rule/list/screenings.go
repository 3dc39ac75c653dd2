package list

import (
	"context"
	"errors"
	"slices"
	"sync"

	"eyas/internal/rule"
)

// keptScreenings is the number of screenings that are kept for one table. One takes about 25 MB for a million
// enterprises.
const keptScreenings = 4

// screenings keeps the last screenings of one table.
type screenings struct {
	mu   sync.Mutex
	kept []*screening // the last one was used last
}

// screening is a screening that is done or under way.
type screening struct {
	key      string
	done     chan struct{}
	outcomes []*rule.Outcome
	err      error
}

var errAbandoned = errors.New("screening: abandoned by a fault")

// get returns a kept screening, waits for one under way, or computes it. A failed one is not kept.
func (s *screenings) get(ctx context.Context, key string, compute func() ([]*rule.Outcome, error)) ([]*rule.Outcome, error) {
	s.mu.Lock()
	i := slices.IndexFunc(s.kept, func(k *screening) bool { return k.key == key })
	if i >= 0 {
		k := s.kept[i]
		s.kept = append(slices.Delete(s.kept, i, i+1), k)
		s.mu.Unlock()
		select {
		case <-k.done:
			return k.outcomes, k.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	k := &screening{key: key, done: make(chan struct{}), err: errAbandoned}
	if len(s.kept) == keptScreenings {
		s.kept = slices.Delete(s.kept, 0, 1)
	}
	s.kept = append(s.kept, k)
	s.mu.Unlock()

	defer func() { // also when compute panics, so that waiting calls return
		close(k.done)
		if k.err != nil {
			s.mu.Lock()
			s.kept = slices.DeleteFunc(s.kept, func(o *screening) bool { return o == k })
			s.mu.Unlock()
		}
	}()
	k.outcomes, k.err = compute()
	return k.outcomes, k.err
}
