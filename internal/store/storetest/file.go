package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/store"
	"eyas/internal/vault"
)

// fileStore is a store whose clock the test moves.
func fileStore(t *testing.T, db *store.DB, folder string, now *time.Time) *file.Store {
	t.Helper()
	s, err := file.Open(file.Config{Vault: db.Vault(), Storage: db, Folder: folder, Copies: t.TempDir(), Clock: func() time.Time { return *now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// contents are what files are made of: none, text that packs, noise of some pieces that does not.
func contents() [][]byte {
	noise := make([]byte, 2_500_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return [][]byte{{}, []byte("企业名称\n甲公司\n"), bytes.Repeat([]byte("企业名称,营业收入\n"), 100_000), noise, noise[:1<<20]}
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// files: what is put comes back byte for byte, is stored once, and goes when nothing names it.
func files(t *testing.T, db *store.DB) {
	for _, folder := range []string{"", filepath.Join(t.TempDir(), "shared")} {
		now := at
		s := fileStore(t, db, folder, &now)
		ctx := t.Context()
		for i, want := range contents() {
			first, err := s.Put(ctx, iotest.OneByteReader(bytes.NewReader(want[:min(len(want), 1000)])), file.Link{Name: "a.csv", Scope: file.Scope{Kind: file.Upload}})
			if err != nil {
				t.Fatal(err)
			}
			one, err := s.Put(ctx, bytes.NewReader(want), file.Link{Name: "年报.XLSX", Scope: file.Scope{Kind: "case", ID: "7"}, Actor: "local", Note: json.RawMessage(`{"a":1}`)})
			if err != nil {
				t.Fatal(err)
			}
			two, err := s.Put(ctx, bytes.NewReader(want), file.Link{Name: "b", Scope: file.Scope{Kind: file.Upload, ID: "8"}})
			if err != nil {
				t.Fatal(err)
			}
			if one.SHA256 != sum(want) || two.SHA256 != one.SHA256 || one.Size != int64(len(want)) || !strings.Contains(one.Type, "spreadsheet") {
				t.Errorf("content %d: %+v", i, one)
			}
			got, err := s.Link(ctx, one.ID)
			equal(t, "link", got, &one)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second from the copy
				path, err := s.Local(ctx, one.SHA256)
				if err != nil {
					t.Fatal(err)
				}
				if b, err := vault.ReadFile(path, s); err != nil || !bytes.Equal(b, want) {
					t.Errorf("content %d comes back with %d bytes: %v", i, len(b), err)
				}
			}
			for n, l := range []file.Link{first, one, two} {
				if err := s.Detach(ctx, l.ID, "local"); err != nil {
					t.Fatal(err)
				}
				has, err := s.Has(ctx, sum(want))
				if err != nil || has != (n < 2) {
					t.Errorf("content %d after %d links are dropped: kept %v, %v", i, n+1, has, err)
				}
			}
			if _, err := s.Local(ctx, one.SHA256); fault.Of(err) != fault.NotFound {
				t.Errorf("what nothing names is given: %v", err)
			}
		}
	}
	var logged []audit.Entry
	if err := db.Audit(t.Context(), func(e audit.Entry) error { logged = append(logged, e); return nil }); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range logged {
		if e.Action == "file" && e.Subject == "case/7" && strings.Contains(e.Detail, sum(contents()[1])) {
			n++
		}
	}
	if n == 0 {
		t.Errorf("what a case keeps is not in the log: %+v", logged)
	}
}

// filesDamaged: bytes that are not those that were stored are a sentence, and no bytes.
func filesDamaged(t *testing.T, db *store.DB) {
	now := at
	folder := t.TempDir()
	want := contents()[3]
	shared, base := fileStore(t, db, folder, &now), fileStore(t, db, "", &now)
	in, err := shared.Put(t.Context(), bytes.NewReader(want), file.Link{Name: "a", Scope: file.Scope{Kind: "case", ID: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := base.Local(t.Context(), in.SHA256); fault.Of(err) != fault.Conflict {
		t.Errorf("a file of the folder, without the folder: %v", err)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.file"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v %v", names, err)
	}
	if _, err := shared.Local(t.Context(), in.SHA256); err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(want)
	bad[len(bad)/2] ^= 1
	if err := os.WriteFile(names[0], bad, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*file.Store{shared, fileStore(t, db, folder, &now)} {
		var f *fault.Error
		if _, err := s.Local(t.Context(), in.SHA256); !errors.As(err, &f) || !strings.Contains(f.ZH, "损坏") {
			t.Errorf("damaged bytes are given: %v", err)
		}
	}
	found := 0
	if n, err := shared.Check(t.Context(), func(file.Body, error) { found++ }); n != 1 || found != 1 || err != nil {
		t.Errorf("check: %d files, %d damaged: %v", n, found, err)
	}
	if err := os.Remove(names[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := shared.Local(t.Context(), in.SHA256); fault.Of(err) != fault.Conflict {
		t.Errorf("missing bytes: %v", err)
	}
}

// filesInterrupted: of a put that did not end nothing is to be seen, and what it stored is swept.
func filesInterrupted(t *testing.T, db *store.DB) {
	now := at
	folder := t.TempDir()
	torn := errors.New("torn")
	for _, s := range []*file.Store{fileStore(t, db, "", &now), fileStore(t, db, folder, &now)} {
		r := io.MultiReader(bytes.NewReader(contents()[3]), iotest.ErrReader(torn))
		if _, err := s.Put(t.Context(), r, file.Link{Name: "a", Scope: file.Scope{Kind: file.Upload}}); !errors.Is(err, torn) {
			t.Fatal(err)
		}
	}
	// A process that dies leaves pieces, or a file, that nothing names.
	if err := db.AddPiece(t.Context(), "left", 0, []byte("x"), false, now); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(folder, "LEFT.file")
	if err := os.WriteFile(left, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	// An import names its file although no link does.
	imported, dropped := []byte("imported"), []byte("dropped")
	base := fileStore(t, db, "", &now)
	for _, b := range [][]byte{imported, dropped} {
		l, err := base.Put(t.Context(), bytes.NewReader(b), file.Link{Name: "a", Scope: file.Scope{Kind: file.Upload}})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.WriteFiles(t.Context(), true, func(w file.Writer) error { return w.DropFileLink(t.Context(), l.ID) }); err != nil {
			t.Fatal(err)
		}
	}
	write(t, db, func(ctx context.Context, w tables) error {
		row := anImport(1)
		row.SHA256 = sum(imported)
		return w.AddImport(ctx, row)
	})
	loose := func() (n int) {
		err := db.ReadFiles(t.Context(), func(r file.Reader) error {
			list, err := r.Loose(t.Context(), now.Add(time.Hour), 10)
			n = len(list)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := loose(); n != 1 {
		t.Errorf("%d bodies are loose, want that of the dead process", n)
	}
	for _, step := range []struct {
		after time.Duration
		loose int
	}{{0, 1}, {48 * time.Hour, 0}} {
		now = now.Add(step.after)
		if step.after > 0 {
			old := now.Add(-48 * time.Hour)
			if err := os.Chtimes(left, old, old); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range []*file.Store{base, fileStore(t, db, folder, &now)} {
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		_, err := os.Stat(left)
		if n := loose(); n != step.loose || (err == nil) != (step.loose == 1) {
			t.Errorf("after %v: %d loose, %v", step.after, n, err)
		}
		has, err := base.Has(t.Context(), sum(dropped))
		if err != nil || has != (step.loose == 1) {
			t.Errorf("after %v what nothing names is kept: %v, %v", step.after, has, err)
		}
	}
	if path, err := base.Local(t.Context(), sum(imported)); err != nil {
		t.Errorf("the original of an import: %v", err)
	} else if b, _ := vault.ReadFile(path, base); !bytes.Equal(b, imported) {
		t.Errorf("the original of an import is %q", b)
	}
}
