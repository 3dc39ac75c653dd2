package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/migrations"
	"eyas/internal/store/pgtest"
)

// later is a schema as a later program may have it.
func later(t *testing.T) []migrations.Migration {
	t.Helper()
	list, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	next := len(list) + 1
	return append(list,
		migrations.Migration{Version: next, Name: "note", Text: "ALTER TABLE profile ADD COLUMN note TEXT NOT NULL DEFAULT '';\nUPDATE profile SET note = 'old';\n"},
		migrations.Migration{Version: next + 1, Name: "visit", Text: "CREATE TABLE visit (id {key}, body {blob}) {strict};\n"})
}

func databases(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "base.db")) })
	t.Run("Postgres", func(t *testing.T) { test(t, pgtest.URL(t)) })
}

func use(t *testing.T, dsn string, list []migrations.Migration, fn func(db *DB)) {
	t.Helper()
	db, err := open(t.Context(), dsn, list)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fn(db)
}

// A base that an older program made is brought up to date with all that it holds.
func TestMigrateOlder(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		all := later(t)
		older := all[:len(all)-2]
		var base string
		use(t, dsn, older, func(db *DB) {
			base = db.Base()
			err := in(db).Write(t.Context(), func(w tables) error {
				return w.AddProfiles(t.Context(), []fact.ProfileRow{{Subject: 1, Register: "enterprise", Name: "甲", NameKey: "甲", Facts: []byte{1, 0}}})
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		for range 2 { // the second time nothing is left to do
			use(t, dsn, all, func(db *DB) {
				if db.Base() != base {
					t.Errorf("the base became another: %s, was %s", db.Base(), base)
				}
				var name, note string
				if err := db.room.Base.Read.QueryRow(`SELECT name, note FROM profile WHERE subject_id = 1`).Scan(&name, &note); err != nil {
					t.Fatal(err)
				}
				if name != "甲" || note != "old" {
					t.Errorf("profile after migration: %s, %s", name, note)
				}
				var n int
				if err := db.room.Base.Read.QueryRow(`SELECT COUNT(*) FROM migration`).Scan(&n); err != nil || n != len(all) {
					t.Errorf("%d migrations are recorded, %v", n, err)
				}
			})
		}
		// And now an older program must leave it alone.
		_, err := open(t.Context(), dsn, older)
		if fault.Of(err) != fault.Conflict || !strings.Contains(err.Error(), "newer") {
			t.Errorf("an older program opened it: %v", err)
		}
	})
}

// A migration that fails half-way leaves the version before it, and works once it is mended.
func TestMigrateFails(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		all := later(t)
		broken := append([]migrations.Migration{}, all...)
		broken[len(broken)-2].Text += "SELECT no_such_column FROM profile;\n"
		if _, err := open(t.Context(), dsn, broken); err == nil || !strings.Contains(err.Error(), "no_such_column") {
			t.Fatalf("opened: %v", err)
		}
		use(t, dsn, all, func(db *DB) {
			if _, err := db.room.Base.Write.Exec(`INSERT INTO visit (id) VALUES (1)`); err != nil {
				t.Error(err)
			}
		})
	})
}

// Programs that open a new base at the same time make it once.
func TestMigrateTogether(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		all := later(t)
		done := make(chan error)
		bases := make(chan string, 4)
		for range cap(bases) {
			go func() {
				db, err := open(context.Background(), dsn, all)
				if err == nil {
					bases <- db.Base()
					err = db.Close()
				}
				done <- err
			}()
		}
		for range cap(bases) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		close(bases)
		first := <-bases
		for b := range bases {
			if b != first {
				t.Error("two identities of one base")
			}
		}
	})
}

func TestOpenFaults(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE something (id INTEGER)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	for _, c := range []struct{ dsn, says string }{
		{"", "No database was given"},
		{filepath.Join(dir, "nowhere", "base.db"), "does not exist"},
		{dir, "is a folder"},
		{filepath.Join(file("plain", "x"), "base.db"), "is not a folder"},
		{file("table.csv", "企业名称,销售收入\n"), "is not a database file"},
		{file("short", "SQLite"), "is not a database file"},
		{file("torn.db", "SQLite format 3\x00 and then nothing that is one"+strings.Repeat("x", 9000)), "cannot be opened"},
		{foreign, "another program's"},
		{"postgres://%zz", "database URL is invalid"},
		{"postgres://u:secret@127.0.0.1:1/none?connect_timeout=2", "cannot be reached"},
	} {
		_, err := Open(t.Context(), c.dsn)
		var f *fault.Error
		if !errors.As(err, &f) {
			t.Errorf("%q: %v", c.dsn, err)
			continue
		}
		if f.Code != fault.Invalid || !strings.Contains(f.EN, c.says) || f.ZH == "" {
			t.Errorf("%q: %s %q %q", c.dsn, f.Code, f.EN, f.ZH)
		}
		if strings.Contains(f.EN+f.ZH, "secret") {
			t.Errorf("%q: the password is shown: %s", c.dsn, f.EN)
		}
	}
	// What is not a base was not touched.
	if text, err := os.ReadFile(filepath.Join(dir, "table.csv")); err != nil || string(text) != "企业名称,销售收入\n" {
		t.Errorf("a file that is no database is now %q, %v", text, err)
	}
}

// Names that mean something in a URL.
func TestOpenOddPaths(t *testing.T) {
	for _, name := range []string{"with space.db", "a?b#c%20d.db", "底库：一.db", "x&_pragma=y.db"} {
		path := filepath.Join(t.TempDir(), name)
		db, err := Open(t.Context(), path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		db.Close()
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s lies elsewhere: %v", name, err)
		}
	}
}

// A reader opens a base while another program writes to it.
func TestOpenWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "base.db")
	use(t, path, mustMigrations(t), func(db *DB) {
		err := in(db).Write(t.Context(), func(w tables) error {
			if _, err := w.Advance(t.Context(), fact.LastChange, 1); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			other, err := Open(ctx, path)
			if err != nil {
				return err
			}
			defer other.Close()
			return in(other).Read(ctx, func(r tables) error {
				n, err := r.Counter(ctx, fact.LastChange)
				if n != 0 {
					t.Errorf("sees %d before it was committed", n)
				}
				return err
			})
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func mustMigrations(t *testing.T) []migrations.Migration {
	t.Helper()
	list, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// What people said of headers before meanings were kept by register was said of enterprises.
func TestMigrateMeanings(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		all, err := migrations.All()
		if err != nil {
			t.Fatal(err)
		}
		use(t, dsn, all[:6], func(db *DB) {
			if _, err := db.room.Base.Write.Exec(`INSERT INTO mapping (header, target, actor, at) VALUES ('研发经费', 'rd_expense@2020', 'local', 1)`); err != nil {
				t.Fatal(err)
			}
		})
		use(t, dsn, all, func(db *DB) {
			err := in(db).Read(t.Context(), func(r tables) error {
				of, err := r.Remembered(t.Context(), "enterprise")
				if err != nil || len(of) != 1 || of["研发经费"] != "rd_expense@2020" {
					t.Errorf("remembered %v, %v", of, err)
				}
				of, err = r.Remembered(t.Context(), "carrier")
				if len(of) != 0 {
					t.Errorf("remembered of carriers: %v", of)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	})
}
