// Package basetest gives tests bases on SQLite that have all their tables already, since making them costs more than most tests.
package basetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"eyas/internal/store"
)

// Path returns the path of an empty base that belongs to the test alone.
func Path(t testing.TB) string {
	t.Helper()
	whole, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "base.db")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// empty is the file of a base without rows, made once in a process.
var empty = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "eyas-empty-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "base.db")
	db, err := store.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
