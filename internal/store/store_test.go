package store_test

import (
	"testing"

	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/internal/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, basetest.Path(t)) })
}

func TestPostgres(t *testing.T) {
	pgtest.Start(t) // skips here, once
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, basetest.Server(t)) })
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
