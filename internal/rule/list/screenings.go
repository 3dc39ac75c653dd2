package list

import (
	"context"
	"errors"
	"slices"
	"sync"

	"eyas/internal/rule"
)

// keptScreenings is how many screenings of one table are kept. A screening of a million enterprises takes some
// 25 MB.
const keptScreenings = 4

// screenings keeps the last screenings of one table.
type screenings struct {
	mu   sync.Mutex
	kept []*screening // the last used last
}

// screening is one that is computed, or is being computed.
type screening struct {
	key      string
	done     chan struct{}
	outcomes []*rule.Outcome
	err      error
}

var errAbandoned = errors.New("screening: abandoned by a fault")

// get gives a screening, computed by this call, by another that is under way, or earlier. One that failed is not
// kept.
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

	defer func() { // also when compute panics: those who wait must not wait for ever
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
