package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"eyas/internal/store"
)

// A base whose program was killed while it wrote the log back is whole: its head is new, and its last pages lie in the log.
// Without the log it was cut.
func TestKilledWhileWritingBack(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "base.db")
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // all is in the file
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", "file:"+path+"?_pragma=wal_autocheckpoint(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	raw.SetMaxOpenConns(1)
	if _, err := raw.Exec(`INSERT INTO meaning (register, header, target, actor, at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
		SELECT 'enterprise', 'header ' || i, hex(zeroblob(100)), 'local', 1 FROM n`); err != nil {
		t.Fatal(err)
	}
	var head []byte
	if err := raw.QueryRow(`SELECT data FROM sqlite_dbpage WHERE pgno = 1`).Scan(&head); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	copy(file, head)
	for _, whole := range []bool{true, false} {
		to := filepath.Join(t.TempDir(), "copy.db")
		if err := os.WriteFile(to, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if whole {
			if err := os.WriteFile(to+"-wal", log, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		db, err := store.Open(context.Background(), to)
		if err == nil {
			err = db.Quick(t.Context())
			db.Close()
		}
		if (err == nil) != whole {
			t.Errorf("with the log %v: %v", whole, err)
		}
	}
}
