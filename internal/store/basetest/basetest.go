// Package basetest gives tests bases that have all their tables already, since making them costs more than most tests.
package basetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"eyas/internal/store"
	"eyas/internal/store/pgtest"
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

// Server returns the address of an empty base on PostgreSQL that belongs to the test alone. It begins with pgtest.Start.
func Server(t testing.TB) string {
	t.Helper()
	pgtest.Start(t)
	whole, err := emptyServer()
	if err != nil {
		t.Fatal(err)
	}
	dsn, drop, err := pgtest.Copy(whole)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return dsn
}

// emptyServer is the address of a base without rows, made once in a process.
var emptyServer = sync.OnceValues(func() (string, error) {
	dsn, _, err := pgtest.New()
	if err != nil {
		return "", err
	}
	db, err := store.Open(context.Background(), dsn)
	if err != nil {
		return "", err
	}
	return dsn, db.Close()
})

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
