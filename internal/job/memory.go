package job

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Memory is a Storage that forgets everything with its process, for tests. Several runners may share one.
type Memory struct {
	// Busy says that somebody else is writing.
	Busy atomic.Bool

	mu     sync.Mutex
	last   int64
	rows   map[string]Row
	timers map[string]time.Time
}

var _ Storage = (*Memory)(nil)

// NewMemory makes an empty one.
func NewMemory() *Memory { return &Memory{rows: map[string]Row{}, timers: map[string]time.Time{}} }

// ReadJobs is Storage's.
func (m *Memory) ReadJobs(_ context.Context, fn func(Reader) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fn(memoryTables{m})
}

// WriteJobs is Storage's. It does not wait.
func (m *Memory) WriteJobs(_ context.Context, _ time.Duration, fn func(Writer) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Busy.Load() {
		return ErrBusy
	}
	last, rows, timers := m.last, maps.Clone(m.rows), maps.Clone(m.timers)
	err := fn(memoryTables{m})
	if err != nil {
		m.last, m.rows, m.timers = last, rows, timers
	}
	return err
}

type memoryTables struct{ *Memory }

func (m memoryTables) Job(_ context.Context, id string) (*Row, error) {
	if r, ok := m.rows[id]; ok {
		return &r, nil
	}
	return nil, nil
}

func (m memoryTables) all() []Row {
	return slices.SortedFunc(maps.Values(m.rows), func(a, b Row) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID)) })
}

func (m memoryTables) NewestJob(_ context.Context, key string) (*Row, error) {
	all := m.all()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Key == key {
			return &all[i], nil
		}
	}
	return nil, nil
}

func (m memoryTables) OpenJobs(_ context.Context, now time.Time) ([]Row, error) {
	return slices.DeleteFunc(m.all(), func(r Row) bool {
		return r.State.Final() || r.State == Waiting && r.RunAt.After(now)
	}), nil
}

func (m memoryTables) Jobs(_ context.Context, limit int) ([]Row, error) {
	all := m.all()
	slices.Reverse(all)
	return all[:min(limit, len(all))], nil
}

func (m memoryTables) Timers(context.Context) (map[string]time.Time, error) {
	return maps.Clone(m.timers), nil
}

func (m memoryTables) AddJob(_ context.Context, r *Row) error {
	m.last++
	r.Seq = m.last
	m.rows[r.ID] = *r
	return nil
}

func (m memoryTables) SetJob(_ context.Context, r *Row) error {
	m.rows[r.ID] = *r
	return nil
}

func (m memoryTables) DropJobs(_ context.Context, before time.Time, keep int) (n int, err error) {
	all := m.all()
	for i := len(all) - 1; i >= 0; i-- {
		r := all[i]
		if !r.State.Final() {
			continue
		}
		if keep--; keep < 0 || r.Ended.Before(before) {
			delete(m.rows, r.ID)
			n++
		}
	}
	return n, nil
}

func (m memoryTables) SetTimer(_ context.Context, name string, next time.Time) error {
	m.timers[name] = next
	return nil
}
