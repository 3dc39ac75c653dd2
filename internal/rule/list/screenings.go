package list

import (
	"context"
	"errors"
	"slices"
	"sync"

	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// keptScreenings is the number of screenings that are kept for one table. One takes about 25 MB for a million
// enterprises.
const keptScreenings = 4

// screenings keeps the last screenings of one table.
type screenings struct {
	mu   sync.Mutex
	kept []*screening // the last one was used last
	// earlier are those of older tables of the register that were not computed anew yet: only what differs is.
	earlier []*screening
}

// screening is a screening that is done or under way.
type screening struct {
	key      string
	table    *col.Table
	done     chan struct{}
	outcomes []*rule.Outcome
	err      error
}

var errAbandoned = errors.New("screening: abandoned by a fault")

// handed returns what a newer table begins with: the newest screening of each key.
func (s *screenings) handed() []*screening {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.earlier)
	for _, k := range s.kept {
		select {
		case <-k.done:
			list = append(slices.DeleteFunc(list, func(e *screening) bool { return e.key == k.key }), k)
		default: // under way
		}
	}
	return slices.Clip(list[max(0, len(list)-keptScreenings):])
}

// get returns a kept screening, waits for one under way, or computes it. compute gets that of an older table where there is one. A
// failed one is not kept.
func (s *screenings) get(ctx context.Context, key string, t *col.Table, compute func(before *screening) ([]*rule.Outcome, error)) ([]*rule.Outcome, error) {
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
	k := &screening{key: key, table: t, done: make(chan struct{}), err: errAbandoned}
	var before *screening
	if i := slices.IndexFunc(s.earlier, func(e *screening) bool { return e.key == key }); i >= 0 {
		before = s.earlier[i]
	}
	if len(s.kept) == keptScreenings {
		s.kept = slices.Delete(s.kept, 0, 1)
	}
	s.kept = append(s.kept, k)
	s.mu.Unlock()

	defer func() { // also when compute panics, so that waiting calls return
		close(k.done)
		s.mu.Lock()
		defer s.mu.Unlock()
		if k.err != nil {
			s.kept = slices.DeleteFunc(s.kept, func(o *screening) bool { return o == k })
		} else {
			s.earlier = slices.DeleteFunc(s.earlier, func(o *screening) bool { return o == before })
		}
	}()
	k.outcomes, k.err = compute(before)
	return k.outcomes, k.err
}
