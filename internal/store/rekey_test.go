package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/internal/store/rekey"
	"eyas/internal/vault"
	"eyas/packs"
)

// victimKeys is the key file of a process that replaces a key until it is killed.
const victimKeys = "EYAS_TEST_STORE_VICTIM_KEYS"

func rotation() audit.Entry {
	return audit.Entry{At: time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC), Actor: "local", Action: "keys.rotate", Subject: "base"}
}

// rotating replaces the key of a base and says a line after every transaction.
func rotating(ctx context.Context, db *store.DB) error {
	db.Confide([]string{"person"})
	_, err := db.Rekey(ctx, vault.SM4, rotation(), func(rekey.Done) error {
		_, err := fmt.Println("carried")
		return err
	})
	return err
}

// A replacement of the key is killed in its middle, again and again, while somebody writes; the next one goes on. Nothing
// is lost, and at the end the keys before can be deleted.
func TestKilledRotation(t *testing.T) {
	bothBases(t, killRotation)
}

func killRotation(t *testing.T, dsn string) {
	const persons = 700
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	keys := filepath.Join(t.TempDir(), "keys")
	t.Setenv(victimKeys, keys)
	opened := func() (*store.DB, *registry.Registry) {
		db, err := store.Open(t.Context(), dsn, store.Keys(keys, ""))
		if err != nil {
			t.Fatal(err)
		}
		p, err := packs.Default()
		if err != nil {
			t.Fatal(err)
		}
		db.Confide([]string{"person"})
		return db, registry.New(p, db, func() time.Time { return time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) })
	}
	db, svc := opened()
	bring := func(from, to int) {
		t.Helper()
		var text strings.Builder
		text.WriteString("人员编号,姓名,人员类别,工作单位,身份证号\n")
		for i := from; i < to; i++ {
			fmt.Fprintf(&text, "RY-%d,张%d,评审专家,海河示例大学,%s\n", i, i, validNumber(i))
		}
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := svc.Import(t.Context(), layout.Source{Name: "a.csv", Path: path}, layout.Options{Register: "person"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	bring(0, persons)
	all := persons
	for range kills(2) {
		killed(t, dsn, "rotate", "carried", random.IntN(60))
		bring(all, all+1) // by whichever key is named now
		all++
		db.Close()
		db, svc = opened()
		if v, err := db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) > 0 {
			t.Fatalf("after a kill: %v %v", v, err)
		}
	}
	done, err := db.Rekey(t.Context(), vault.SM4, rotation(), nil)
	if err != nil || done.Clear != 0 {
		t.Fatal(done, err)
	}
	held, err := db.Vault().Keys()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range held {
		if k.ID == done.Key {
			continue
		}
		if err := db.DropKey(t.Context(), k.ID, rotation()); err != nil {
			t.Errorf("the base needs a key from before: %v", err)
		}
	}
	if err := db.DropKey(t.Context(), done.Key, rotation()); err == nil {
		t.Error("the key in use is deleted")
	}
	db.Close()
	db, svc = opened()
	defer db.Close()
	n := 0
	err = svc.EachProfile(t.Context(), "person", 0, func(p *fact.Profile) error {
		for _, f := range p.Facts {
			if f.Attr.ID == "id_number" && vault.IsNumber(f.Value.Str) {
				n++
			}
		}
		return nil
	})
	if v, e := db.Verify(t.Context(), nil, nil); err != nil || e != nil || len(v.Problems) > 0 || n != all {
		t.Errorf("%d of %d numbers are read by the new key: %v %v %v", n, all, err, e, v)
	}
}

// validNumber is the nth identity number of a day.
func validNumber(n int) string {
	text := fmt.Sprintf("12010119900307%03d", n)
	for _, c := range "0123456789X" {
		if vault.IsNumber(text + string(c)) {
			return text + string(c)
		}
	}
	panic("no check character fits")
}

// Two replacements of the key at the same moment end with one key, by which everything is sealed.
func TestRotationsTogether(t *testing.T) {
	bothBases(t, func(t *testing.T, dsn string) {
		keys := filepath.Join(t.TempDir(), "keys")
		var list []*store.DB
		for range 2 {
			db, err := store.Open(t.Context(), dsn, store.Keys(keys, ""))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			list = append(list, db)
		}
		for n := range 40 {
			if err := list[0].AddPiece(t.Context(), fmt.Sprint(n), 0, []byte("x"), false, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		ended := make(chan error)
		for _, db := range list {
			go func() {
				_, err := db.Rekey(t.Context(), vault.SM4, rotation(), nil)
				ended <- err
			}()
		}
		for range list {
			if err := <-ended; err != nil && fault.Of(err) != fault.Conflict {
				t.Error(err)
			}
		}
		needed, err := list[0].CipherKeys(t.Context())
		if err == nil && len(needed) > 1 { // one has stopped for the other: the next one finishes
			if _, err = list[0].Rekey(t.Context(), vault.SM4, rotation(), nil); err == nil {
				needed, err = list[0].CipherKeys(t.Context())
			}
		}
		if err != nil || len(needed) != 1 {
			t.Fatal(needed, err)
		}
		held, err := list[0].Vault().Keys()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range held {
			if k.ID != needed[0] {
				if err := list[0].DropKey(t.Context(), k.ID, rotation()); err != nil {
					t.Error(err)
				}
			}
		}
		err = list[0].ReadFiles(t.Context(), func(r file.Reader) error {
			raw, _, ok, err := r.Piece(t.Context(), "7", 0)
			if string(raw) != "x" {
				t.Errorf("a piece is %q, %v", raw, ok)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// All files of the shared folder are sealed by the new key, whatever else lies in the folder, and what a server stores
// meanwhile stays; before that, the old key is said to be needed.
func TestRotationOfFolder(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "base.db"))
	folder := t.TempDir()
	s, err := file.Open(file.Config{Vault: db.Vault(), Storage: db, Folder: folder, Copies: t.TempDir(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var sums []string
	for n := range 3 {
		l, err := s.Put(t.Context(), strings.NewReader(strings.Repeat(fmt.Sprint(n), 100_000)), file.Link{Scope: file.Scope{Kind: "case", ID: "1"}, Name: "x", Actor: "local"})
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, l.SHA256)
	}
	arriving := filepath.Join(folder, "arriving.file.new")
	for _, path := range []string{filepath.Join(folder, "0 notes.txt"), arriving} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old, err := db.Vault().Ready("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Rekey(t.Context(), vault.SM4, rotation(), nil); err != nil {
		t.Fatal(err)
	}
	if needed, err := s.SealedBy(t.Context(), old); err != nil || !needed {
		t.Errorf("files are sealed by the old key, and it is not needed: %v", err)
	}
	if n, err := s.Rekey(t.Context()); err != nil || n != 3 {
		t.Errorf("%d files are carried over: %v", n, err)
	}
	if needed, err := s.SealedBy(t.Context(), old); err != nil || needed {
		t.Errorf("the old key is still needed: %v", err)
	}
	if err := db.Vault().Drop(old); err != nil {
		t.Fatal(err)
	}
	for n, sum := range sums {
		path, err := s.Local(t.Context(), sum)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := vault.ReadFile(path, s); err != nil || len(b) != 100_000 || b[0] != byte('0'+n) {
			t.Errorf("file %d has %d bytes: %v", n, len(b), err)
		}
	}
	if _, err := os.Stat(arriving); err != nil {
		t.Error("what a server is storing is gone:", err)
	}
	alone, err := file.Open(file.Config{Vault: db.Vault(), Storage: db, Copies: t.TempDir(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alone.SealedBy(t.Context(), old); fault.Of(err) != fault.Conflict {
		t.Errorf("the folder is not given, and that is no fault: %v", err)
	}
}

// A key is deleted after the log says so: where the log cannot be written, the key stays.
func TestAKeyIsNotDroppedUnsaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "base.db")
	db := open(t, path)
	old, err := db.Vault().SealKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Rekey(t.Context(), vault.AES, rotation(), nil); err != nil {
		t.Fatal(err)
	}
	has := func() bool {
		list, err := db.Vault().Keys()
		return err == nil && slices.ContainsFunc(list, func(k vault.Key) bool { return k.ID == old })
	}
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, step := range []struct {
		text  string
		drops bool
	}{
		{`CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`, false},
		{`DROP TRIGGER full`, true},
	} {
		if _, err := raw.Exec(step.text); err != nil {
			t.Fatal(err)
		}
		if err := db.DropKey(t.Context(), old, rotation()); (err == nil) != step.drops || has() == step.drops {
			t.Errorf("after %s: %v, the key is there: %v", step.text, err, has())
		}
	}
}

// Two bases share a key file. Each seals its files by its own key, whichever is newer; where the file is gone, nothing is sealed and
// no key is made.
func TestFilesAreSealedByTheKeyOfTheirBase(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	bases := t.TempDir()
	at := func(name string) (*store.DB, *file.Store, string) {
		db, err := store.Open(t.Context(), filepath.Join(bases, name), store.Keys(keys, ""))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		folder := t.TempDir()
		s, err := file.Open(file.Config{Vault: db.Vault(), Storage: db, Folder: folder, Copies: t.TempDir(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return db, s, folder
	}
	put := func(s *file.Store, text string) error {
		_, err := s.Put(t.Context(), strings.NewReader(text), file.Link{Scope: file.Scope{Kind: "case", ID: "1"}, Name: "x", Actor: "local"})
		return err
	}
	a, first, folder := at("a.db")
	b, second, _ := at("b.db")
	for n, s := range []*file.Store{first, second} {
		if err := put(s, fmt.Sprint("before ", n)); err != nil {
			t.Fatal(err)
		}
	}
	own, err := a.Vault().SealKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Rekey(t.Context(), vault.AES, rotation(), nil); err != nil {
		t.Fatal(err)
	}
	if n, err := second.Rekey(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d files were carried over: %v", n, err)
	}
	newest, err := a.Vault().Ready("")
	if err != nil || newest == own {
		t.Fatalf("the newest key of the file is still %s: the test shows nothing (%v)", newest, err)
	}
	if err := put(first, "after"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d files: %v", len(entries), err)
	}
	for _, e := range entries {
		if by, err := vault.KeyOfFile(filepath.Join(folder, e.Name())); by != own || err != nil {
			t.Errorf("a file is sealed by %s, and the key of its base is %s (%v)", by, own, err)
		}
	}
	if err := os.Remove(keys); err != nil {
		t.Fatal(err)
	}
	third, again, _ := at("a.db")
	if err := put(again, "without keys"); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("a file was sealed without the key of the base: %v", err)
	}
	if _, err := third.Vault().SealKey(t.Context()); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("a base without its key says %v", err)
	}
	if _, err := os.Stat(keys); err == nil {
		t.Error("a key file was made for a base that has a key")
	}
}
