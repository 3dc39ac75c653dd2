package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/store/rekey"
	"eyas/internal/store/veil"
	"eyas/internal/vault"
)

// A replacement of the key that is stopped after it sealed what stood in clear owes that the file is written anew: the next process still
// knows, and afterwards nothing of it is left in the file.
func TestStoppedRotationOwesARewrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "base.db")
	opened := func() *DB {
		db, err := Open(t.Context(), path, Keys(filepath.Join(dir, "keys"), ""))
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := opened()
	importText(t, db, "企业名称,2020年销售收入（元）,备注\n甲公司,1,无\n")
	const number = "11010519491231002X"
	if _, err := db.room.Base.Write.ExecContext(veil.Raw(t.Context()), `INSERT INTO setting (name, value) VALUES ('older', ?)`, "an older program wrote "+number); err != nil {
		t.Fatal(err)
	}
	owed := func() bool {
		yes, err := db.RewriteOwed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if owed() {
		t.Fatal("it is owed before")
	}
	stop, e := errors.New("stopped"), audit.Entry{At: time.Now(), Actor: "local", Action: "keys.rotate", Subject: "base"}
	_, err := db.Rekey(t.Context(), vault.AES, e, func(d rekey.Done) error {
		if d.Clear > 0 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = opened()
	defer func() { db.Close() }()
	if !owed() {
		t.Error("the next process does not know")
	}
	if _, err := db.Rekey(t.Context(), vault.AES, e, nil); err != nil || !owed() {
		t.Error(owed(), err)
	}
	if done, err := db.Rewrite(t.Context()); !done || err != nil || owed() {
		t.Error(done, owed(), err)
	}
	files, err := filepath.Glob(path + "*")
	for _, f := range files {
		text, e := os.ReadFile(f)
		if err = errors.Join(err, e); strings.Contains(string(text), number) {
			t.Errorf("%s holds the number", filepath.Base(f))
		}
	}
	if err != nil {
		t.Error(err)
	}
}
