package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/pgtest"
	"eyas/internal/store/seal"
)

// filled is a base with records, links and profiles of a register and a few of another.
func filled(t *testing.T, dsn string, n int) *DB {
	t.Helper()
	db, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	err = in(db).Write(t.Context(), func(w tables) error {
		ctx := t.Context()
		var records []fact.RecordRow
		var links []fact.LinkRow
		var profiles []fact.ProfileRow
		for i := range int64(n) {
			records = append(records, fact.RecordRow{ID: i + 1, Import: 1, Row: int(i + 2), Cells: fmt.Append(nil, "\x02\x05cells ", i)})
			links = append(links, fact.LinkRow{Record: i + 1, Subject: i + 1, How: fact.ByCode, Evidence: fmt.Sprint(i)})
			register := "enterprise"
			if i%10 == 0 {
				register = "carrier"
			}
			profiles = append(profiles, fact.ProfileRow{Subject: i + 1, Register: register, Code: fmt.Sprintf("C%06d", i), Name: fmt.Sprint("企业", i), NameKey: fmt.Sprint("企业", i),
				Facts: append([]byte{2, 0}, strings.Repeat("facts", 20)...), Change: 1})
		}
		i := &fact.ImportRow{ID: 1, Register: "enterprise", FirstRecord: 1, LastRecord: int64(n), Rows: n, Accepted: n, Layouts: "[]", Lists: "{}", Options: "{}"}
		for c, n := range map[fact.Counter]int64{fact.LastImport: 1, fact.LastRecord: int64(n), fact.LastSubject: int64(n), fact.LastChange: 1} {
			if _, err := w.Advance(ctx, c, n); err != nil {
				return err
			}
		}
		return errors.Join(w.AddImport(ctx, i), w.AddRecords(ctx, records), w.AddLinks(ctx, links), w.AddProfiles(ctx, profiles), w.Log(ctx, audit.Entry{Action: "import"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func sound(t *testing.T, db *DB) {
	t.Helper()
	problems, err := db.Check(t.Context(), nil)
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v: %v", err, problems)
	}
	if err := db.Quick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Every row that is changed behind the program's back is an error for whoever reads it, and found by Check; then nothing
// can be written.
func TestRowsThatWereChanged(t *testing.T) {
	for name, c := range map[string]struct {
		change string
		kind   string // of the first problem of Check
		read   func(context.Context, tables) error
	}{
		"code":     {`UPDATE profile SET code = 'X' WHERE subject_id = 7`, "row", profile7},
		"name":     {`UPDATE profile SET name = 'X' WHERE subject_id = 7`, "row", profile7},
		"gone":     {`UPDATE profile SET gone = 1 WHERE subject_id = 7`, "row", allProfiles},
		"register": {`UPDATE profile SET register = 3 - register WHERE subject_id = 7`, "row", allProfiles},
		"change":   {`UPDATE profile SET change = 0 WHERE subject_id = 7`, "row", allProfiles},
		"missing":  {`DELETE FROM profile WHERE subject_id = 7`, "subjects", allProfiles},
		"cells":    {`UPDATE record SET sheet = 1 WHERE id = 7`, "row", linked7},
		"refused":  {`UPDATE record SET reason = 'X' WHERE id = 7`, "row", linked7},
		"record":   {`DELETE FROM record WHERE id = 7`, "records", nil},
		"link":     {`DELETE FROM link WHERE record_id = 7`, "linked", nil},
		"linked":   {`UPDATE link SET subject_id = 8 WHERE record_id = 7`, "row", linked8},
		"origin":   {`UPDATE link SET origin = 9 WHERE record_id = 7`, "row", linked7},
		"how":      {`UPDATE link SET how = 'person' WHERE record_id = 7`, "row", linked7},
		"links":    {`UPDATE link SET subject_id = 70000, seal = NULL WHERE record_id = 7`, "links", nil},
		"accepted": {`UPDATE import SET accepted = accepted + 1`, "row", allImports},
		"layouts":  {`UPDATE import SET layouts = '[ ]'`, "row", import1},
		"range":    {`UPDATE import SET last_record = 5, seal = NULL`, "records of imports", nil},
		"numbers":  {`UPDATE import SET accepted = accepted + 1, seal = NULL`, "rows of imports", nil},
		"counter":  {`UPDATE counter SET value = value + 1 WHERE name = 'record'`, "records", nil},
		"history":  {`UPDATE counter SET value = value + 1 WHERE name = 'change'`, "history", nil},
	} {
		t.Run(name, func(t *testing.T) {
			test := func(t *testing.T, dsn string) {
				db := filled(t, dsn, 50)
				sound(t, db)
				if _, err := db.room.Base.Write.Exec(c.change); err != nil {
					t.Fatal(err)
				}
				if c.read != nil {
					if err := in(db).Read(t.Context(), func(r tables) error { return c.read(t.Context(), r) }); fault.Of(err) != fault.Internal || !errors.Is(err, seal.ErrBroken) {
						t.Errorf("read: %v", err)
					}
				}
				problems, err := db.Check(t.Context(), nil)
				if err != nil || len(problems) == 0 || problems[0].Kind != c.kind || problems[0].Text.ZH == "" || problems[0].Text.EN == "" {
					t.Errorf("%v: %v", err, problems)
				}
				refuses(t, db)
			}
			test(t, filepath.Join(t.TempDir(), "base.db"))
			if name == "code" || name == "missing" || name == "links" { // one of each part
				t.Run("Postgres", func(t *testing.T) { test(t, pgtest.URL(t)) })
			}
		})
	}
}

func profile7(ctx context.Context, r tables) error {
	_, err := r.Profiles(ctx, []int64{7})
	return err
}

func allProfiles(ctx context.Context, r tables) error {
	return r.EachProfile(ctx, "enterprise", func(*fact.ProfileRow) error { return nil })
}

func linked7(ctx context.Context, r tables) error {
	_, err := r.LinkedEver(ctx, []int64{7})
	return err
}

func linked8(ctx context.Context, r tables) error {
	_, err := r.LinkedEver(ctx, []int64{8})
	return err
}

func allImports(ctx context.Context, r tables) error {
	_, _, err := r.Imports(ctx, fact.Wanted{}, 0, 10)
	return err
}

func import1(ctx context.Context, r tables) error {
	_, err := r.Import(ctx, 1)
	return err
}

func refuses(t *testing.T, db *DB) {
	t.Helper()
	written := false
	err := in(db).Write(t.Context(), func(tables) error { written = true; return nil })
	var f *fault.Error
	if written || !errors.As(err, &f) || !strings.Contains(f.ZH, "eyas restore") || !strings.Contains(f.EN, "eyas restore") {
		t.Errorf("written into a damaged base: %v, %v", written, err)
	}
}

// Damage that one process found is known to the next, until the file is another or was found whole.
func TestDamageIsNoted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "base.db")
	db := filled(t, path, 50)
	if _, err := db.room.Base.Write.Exec(`UPDATE profile SET name = 'X' WHERE subject_id = 7`); err != nil {
		t.Fatal(err)
	}
	if problems, err := db.Check(t.Context(), nil); err != nil || len(problems) != 1 {
		t.Fatalf("%v %v", problems, err)
	}
	db.Close()
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Fatal(err)
	}
	use(t, path, mustMigrations(t), func(db *DB) {
		refuses(t, db) // though a quick check would find nothing
		if _, err := db.room.Base.Write.Exec(`UPDATE profile SET name = '企业6' WHERE subject_id = 7`); err != nil {
			t.Fatal(err)
		}
		refuses(t, db) // this process met the damage
	})
	use(t, path, mustMigrations(t), func(db *DB) {
		if err := in(db).Write(t.Context(), func(tables) error { return nil }); err != nil {
			t.Errorf("a base that is whole: %v", err)
		}
		if _, err := os.Stat(path + ".damaged"); err == nil {
			t.Error("the note stays")
		}
	})
}

// Rows that an older program wrote have no checksum and are read.
func TestRowsWithoutASeal(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		db := filled(t, dsn, 5)
		for _, text := range []string{`UPDATE profile SET facts = ? WHERE subject_id = 2`, `UPDATE record SET cells = ? WHERE id = 2`} {
			if _, err := db.room.Base.Write.Exec(db.room.Base.Dialect.SQL(text), []byte{2, 0}); err != nil {
				t.Fatal(err)
			}
		}
		sound(t, db)
		err := in(db).Read(t.Context(), func(r tables) error {
			p, err := r.Profiles(t.Context(), []int64{1, 2})
			if err == nil && (len(p) != 2 || string(p[1].Facts) != "\x02\x00" || !strings.HasPrefix(string(p[0].Facts), "\x02\x00facts")) {
				t.Errorf("%v", p)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A file that was put in the place of an open one is neither read nor written.
func TestReplacedFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "base.db")
	db := filled(t, path, 5)
	filled(t, filepath.Join(dir, "other.db"), 6).Close()
	if err := os.Rename(filepath.Join(dir, "other.db"), path); err != nil {
		t.Fatal(err)
	}
	err := in(db).Write(t.Context(), func(tables) error { t.Error("written"); return nil })
	if !errors.Is(err, fact.ErrReplaced) || fault.Of(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
	err = in(db).Read(t.Context(), func(tables) error { t.Error("read"); return nil })
	if !errors.Is(err, fact.ErrReplaced) {
		t.Errorf("%v", err)
	}
}

// Two histories of one base have different marks from where they part, whatever their counters say.
func TestMarksOfHistories(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		db := filled(t, dsn, 5)
		mark := func(change int64) (mark string) {
			if err := in(db).Read(t.Context(), func(r tables) (err error) { mark, err = r.Mark(t.Context(), change); return err }); err != nil {
				t.Fatal(err)
			}
			return mark
		}
		advance := func() {
			err := in(db).Write(t.Context(), func(w tables) error { _, err := w.Advance(t.Context(), fact.LastChange, 1); return err })
			if err != nil {
				t.Fatal(err)
			}
		}
		first := mark(1)
		advance()
		second := mark(2)
		if mark(0) == "" || first == "" || second == "" || first == second || mark(3) != "" {
			t.Errorf("%q %q %q %q", mark(0), first, second, mark(3))
		}
		// The backup is put back, and the next change is another one.
		if _, err := db.room.Base.Write.Exec(`UPDATE counter SET value = 1 WHERE name = 'change'`); err != nil {
			t.Fatal(err)
		}
		advance()
		if mark(1) != first || mark(2) == second {
			t.Errorf("%q %q", mark(1), mark(2))
		}
		// A renewed base has another identity, and its newest change another mark.
		base, before := db.Base(), mark(2)
		if err := db.Renew(t.Context(), audit.Entry{Action: "renew"}); err != nil {
			t.Fatal(err)
		}
		if db.Base() == base || mark(2) == before || mark(1) != first {
			t.Errorf("%s %q %q", db.Base(), mark(2), mark(1))
		}
		if v, err := db.Verify(t.Context(), nil, nil); err != nil || v.Broken != 0 || v.Last.Action != "renew" {
			t.Errorf("%v %v", v, err)
		}
	})
}
