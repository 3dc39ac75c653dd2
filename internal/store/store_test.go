package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"eyas/internal/store"
	"eyas/internal/store/pgtest"
	"eyas/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(enterBase) != "" {
		os.Exit(enterer())
	}
	pgtest.Main(m)
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, filepath.Join(t.TempDir(), "base.db")) })
}

func TestPostgres(t *testing.T) {
	pgtest.URL(t) // skips here, once
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, pgtest.URL(t)) })
}

func open(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
