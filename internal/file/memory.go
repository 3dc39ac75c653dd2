package file

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"eyas/internal/audit"
)

// Memory is a Storage in the memory of the process. For tests.
type Memory struct {
	mu     sync.Mutex
	bodies map[string]Body
	links  map[string]Link
	begun  map[string]time.Time
	pieces map[string][]memoryPiece
	Logged []audit.Entry
}

type memoryPiece struct {
	raw    []byte
	packed bool
}

var _ Storage = (*Memory)(nil)

// NewMemory makes an empty one.
func NewMemory() *Memory {
	return &Memory{bodies: map[string]Body{}, links: map[string]Link{}, begun: map[string]time.Time{}, pieces: map[string][]memoryPiece{}}
}

// ReadFiles implements Storage.
func (m *Memory) ReadFiles(_ context.Context, fn func(Reader) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fn(memoryTables{m})
}

// WriteFiles implements Storage.
func (m *Memory) WriteFiles(_ context.Context, _ bool, fn func(Writer) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	bodies, links, logged := maps.Clone(m.bodies), maps.Clone(m.links), m.Logged
	err := fn(memoryTables{m})
	if err != nil {
		m.bodies, m.links, m.Logged = bodies, links, logged
	}
	return err
}

// AddPiece implements Storage.
func (m *Memory) AddPiece(ctx context.Context, body string, _ int, raw []byte, packed bool, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	m.begun[body] = at
	m.pieces[body] = append(m.pieces[body], memoryPiece{bytes.Clone(raw), packed})
	return nil
}

// DropPieces implements Storage.
func (m *Memory) DropPieces(_ context.Context, body string, _ int) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.pieces[body])
	delete(m.pieces, body)
	delete(m.begun, body)
	return n, nil
}

type memoryTables struct{ *Memory }

func (m memoryTables) Body(_ context.Context, sha256 string) (*Body, error) {
	if b, ok := m.bodies[sha256]; ok {
		return &b, nil
	}
	return nil, nil
}

func (m memoryTables) Bodies(context.Context) ([]Body, error) {
	return slices.SortedFunc(maps.Values(m.bodies), func(a, b Body) int { return cmp.Compare(a.SHA256, b.SHA256) }), nil
}

func (m memoryTables) Piece(_ context.Context, body string, n int) (raw []byte, packed, ok bool, err error) {
	if list := m.pieces[body]; n < len(list) {
		return list[n].raw, list[n].packed, true, nil
	}
	return nil, false, false, nil
}

func (m memoryTables) FileLink(_ context.Context, id string) (*Link, error) {
	if l, ok := m.links[id]; ok {
		return &l, nil
	}
	return nil, nil
}

func (m memoryTables) FileLinks(_ context.Context, scope Scope) (list []Link, err error) {
	for _, l := range m.links {
		if l.Scope.Kind == scope.Kind && (scope.ID == "" || l.Scope.ID == scope.ID) {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b Link) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

func (m memoryTables) Named(_ context.Context, sha256 string) (bool, error) {
	for _, l := range m.links {
		if l.SHA256 == sha256 {
			return true, nil
		}
	}
	return false, nil
}

func (m memoryTables) Unnamed(ctx context.Context, before time.Time) (list []Body, err error) {
	for _, b := range m.bodies {
		if named, _ := m.Named(ctx, b.SHA256); !named && b.At.Before(before) {
			list = append(list, b)
		}
	}
	return list, nil
}

func (m memoryTables) Loose(_ context.Context, before time.Time, limit int) (list []string, err error) {
	kept := map[string]bool{}
	for _, b := range m.bodies {
		kept[b.ID] = true
	}
	for id, at := range m.begun {
		if !kept[id] && at.Before(before) && len(list) < limit {
			list = append(list, id)
		}
	}
	return list, nil
}

func (m memoryTables) AddBody(_ context.Context, b Body) error {
	m.bodies[b.SHA256] = b
	return nil
}

func (m memoryTables) DropBody(_ context.Context, sha256 string) error {
	delete(m.bodies, sha256)
	return nil
}

func (m memoryTables) SetFileLink(_ context.Context, l Link) error {
	m.links[l.ID] = l
	return nil
}

func (m memoryTables) DropFileLink(_ context.Context, id string) error {
	delete(m.links, id)
	return nil
}

func (m memoryTables) Log(_ context.Context, e audit.Entry) error {
	m.Logged = append(m.Logged, e)
	return nil
}
