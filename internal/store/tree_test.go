package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/store/pgtest"
	"eyas/internal/store/row"

	"github.com/transparency-dev/merkle/proof"
)

func logged(t *testing.T, db *DB, n int) {
	t.Helper()
	for i := range n {
		if err := in(db).Write(t.Context(), func(w tables) error {
			return w.Log(t.Context(), audit.Entry{At: time.Now(), Actor: "li", Action: "try", Subject: fmt.Sprint(i)})
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// eachHash runs a test on both databases and with both hashes.
func eachHash(t *testing.T, test func(t *testing.T, dsn string, h audit.Hash)) {
	for _, h := range []audit.Hash{audit.SHA256, audit.SM3} {
		t.Run("SQLite/"+string(h), func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "base.db"), h) })
		t.Run("Postgres/"+string(h), func(t *testing.T) { test(t, pgtest.URL(t), h) })
	}
}

// A log is sealed by the hash with which the base was made, and proves its entries and earlier heads.
func TestLogIsSealed(t *testing.T) {
	eachHash(t, func(t *testing.T, dsn string, h audit.Hash) {
		ctx := t.Context()
		open := func(options ...Option) *DB {
			t.Helper()
			db, err := Open(ctx, dsn, options...)
			if err != nil {
				t.Fatal(err)
			}
			return db
		}
		db := open(Sealed(h))
		logged(t, db, 7)
		if err := db.Seal(ctx); err != nil {
			t.Fatal(err)
		}
		early, err := db.VerifyAudit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		logged(t, db, 6)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open() // whoever says nothing goes on as it was
		defer db.Close()
		v, err := db.Verify(ctx, nil, nil)
		if err != nil || v.Found != 0 || v.Unsealed != 0 || v.Head.Size != 13 || db.Hash() != h {
			t.Fatalf("%s: %+v, %v", db.Hash(), v, err)
		}
		root := func(h audit.Head) []byte { b, _ := hex.DecodeString(h.Root); return b }
		for seq := int64(1); seq <= 13; seq++ {
			leaf, head, hashes, err := db.ProveEntry(ctx, seq)
			if err != nil || head != v.Head || proof.VerifyInclusion(h, uint64(seq-1), uint64(head.Size), leaf, hashes, root(head)) != nil {
				t.Errorf("entry %d is not proven by %v: %v", seq, head, err)
			}
		}
		head, hashes, err := db.ProveHead(ctx, early.Size)
		if err != nil || proof.VerifyConsistency(h, uint64(early.Size), uint64(head.Size), hashes, root(early), root(head)) != nil {
			t.Errorf("%v is not proven by %v: %v", early, head, err)
		}
		for _, noted := range []struct {
			point audit.Point
			has   bool
		}{{early.Point(), true}, {audit.Point{Hash: early.Root}, true}, {v.Head.Point(), true}, {audit.Point{Seq: 8, Hash: early.Root}, false}, {audit.Point{}, false}} {
			if _, has, err := db.VerifyAuditOf(ctx, noted.point); err != nil || has != noted.has {
				t.Errorf("the log has %s: %v, %v", noted.point, has, err)
			}
		}
		other := audit.SM3
		if h == other {
			other = audit.SHA256
		}
		if _, err := Open(ctx, dsn, Sealed(other)); fault.Of(err) != fault.Conflict || !strings.Contains(err.Error(), h.String()) {
			t.Errorf("opened with %s: %v", other, err)
		}
	})
}

// What was committed and not sealed, because the process was killed, is counted, and sealed by whoever comes next; what was
// done to it meanwhile is found by its own hash.
func TestUnsealedIsCounted(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		use(t, dsn, mustMigrations(t), func(db *DB) {
			logged(t, db, 9)
			if err := db.Seal(ctx); err != nil {
				t.Fatal(err)
			}
			unseal := func() {
				for _, text := range []string{`DELETE FROM tree_head`, `DELETE FROM tree_node`} {
					if _, err := db.room.Base.Write.Exec(text); err != nil {
						t.Fatal(err)
					}
				}
			}
			unseal()
			v, err := db.Verify(ctx, nil, nil)
			if err != nil || v.Found != 0 || v.Unsealed != 9 || v.Head.Size != 9 {
				t.Fatalf("%+v, %v", v, err)
			}
			if err := db.Seal(ctx); err != nil {
				t.Fatal(err)
			}
			if after, err := db.Verify(ctx, nil, nil); err != nil || after.Found != 0 || after.Unsealed != 0 || after.Head != v.Head {
				t.Fatalf("%+v, %v", after, err)
			}
			// The sealer goes no further than to a gap, and nobody is kept from writing.
			unseal()
			if _, err := db.room.Base.Write.Exec(`DELETE FROM audit_entry WHERE seq = 6`); err != nil {
				t.Fatal(err)
			}
			logged(t, db, 2)
			if err := db.Seal(ctx); err != nil {
				t.Fatal(err)
			}
			if v, err = db.Verify(ctx, nil, nil); err != nil || v.Unsealed != 5 || v.Broken != 7 || v.Fit != 5 || v.Found != 1 {
				t.Fatalf("with a gap: %+v, %v", v, err)
			}
		})
	})
}

// Entries that were sealed and are gone leave their numbers unused.
func TestSealedNumbersAreNotGivenAgain(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		use(t, dsn, mustMigrations(t), func(db *DB) {
			logged(t, db, 4)
			if err := db.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := db.room.Base.Write.Exec(`DELETE FROM audit_entry WHERE seq > 2`); err != nil {
				t.Fatal(err)
			}
			logged(t, db, 1)
			if err := db.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
			v, err := db.Verify(t.Context(), nil, nil)
			if err != nil || v.Broken != 5 || v.Fit != 2 || v.Last.Seq != 5 || v.Problems[0].What != "log.changed" {
				t.Errorf("%+v, %v", v, err)
			}
		})
	})
}

// On PostgreSQL a process seals what it wrote without being asked.
func TestLogIsSealedSoon(t *testing.T) {
	use(t, pgtest.URL(t), mustMigrations(t), func(db *DB) {
		logged(t, db, 3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for {
			n, err := db.Unsealed(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				return
			}
		}
	})
}

// What an entry costs its writer: one transaction that logs, and nothing else.
func BenchmarkLogged(b *testing.B) {
	for name, dsn := range map[string]func() string{"SQLite": func() string { return filepath.Join(b.TempDir(), "base.db") }, "Postgres": func() string { return pgtest.URL(b) }} {
		b.Run(name, func(b *testing.B) {
			db, err := Open(b.Context(), dsn())
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			for b.Loop() {
				if err := in(db).Write(b.Context(), func(w tables) error {
					return w.Log(b.Context(), audit.Entry{At: time.Now(), Actor: "li", Action: "try", Subject: "x"})
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A million entries that are not sealed.
func BenchmarkSeal(b *testing.B) {
	for name, dsn := range map[string]func() string{"SQLite": func() string { return filepath.Join(b.TempDir(), "base.db") }, "Postgres": func() string { return pgtest.URL(b) }} {
		for _, h := range []audit.Hash{audit.SHA256, audit.SM3} {
			b.Run(name+"/"+string(h), func(b *testing.B) {
				db, err := Open(b.Context(), dsn(), Sealed(h))
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				const n = 1_000_000
				if err := db.room.Alone(b.Context(), true, func(ctx context.Context, t *row.Tx) error {
					return t.Insert(ctx, `INSERT INTO audit_entry (seq, at, actor, action, subject, detail, prev_hash, hash)`, ``, 8, n, func(args []any, i int) []any {
						e := audit.Entry{At: time.UnixMilli(int64(i)), Actor: "li", Action: "enter", Subject: fmt.Sprintf("subject/%d", i), Detail: `{"import":1,"form":"更正","source":"correction","proof":{"rows":1}}`}.Numbered(int64(i+1), h)
						return append(args, e.Seq, e.At.UnixMilli(), e.Actor, e.Action, e.Subject, e.Detail, e.Prev, e.Hash)
					})
				}); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					for _, text := range []string{`DELETE FROM tree_head`, `DELETE FROM tree_node`} {
						if _, err := db.room.Base.Write.Exec(text); err != nil {
							b.Fatal(err)
						}
					}
					if err := db.Seal(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				start := time.Now()
				if head, err := db.VerifyAudit(b.Context()); err != nil || head.Size != n {
					b.Fatalf("%v %v", head, err)
				}
				b.ReportMetric(time.Since(start).Seconds(), "s/verify")
			})
		}
	}
}

// A text that lies beside an entry is given with it, is erased for good, and what stays is still proven.
func TestTextsBesideTheLog(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		use(t, dsn, mustMigrations(t), func(db *DB) {
			log := func(detail map[string]any, also func(*row.Tx) error) {
				t.Helper()
				err := in(db).Write(ctx, func(w tables) error {
					e, err := audit.Entry{At: time.Now(), Actor: "li", Action: "try", Subject: "x"}.WithDetail(detail)
					if err == nil {
						err = also(w.LogRows.Tx)
					}
					if err != nil {
						return err
					}
					return w.Log(ctx, e)
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			nothing := func(*row.Tx) error { return nil }
			log(map[string]any{"n": 1, "reason": audit.Beside("张三来电说明"), "file": audit.Beside("13800000000.xlsx"), "none": audit.Beside("")}, nothing)
			if err := db.Seal(ctx); err != nil {
				t.Fatal(err)
			}
			read := func() (e audit.Entry) {
				t.Helper()
				if err := db.Audit(ctx, func(x audit.Entry) error {
					if x.Seq == 1 {
						e = x
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				return e
			}
			e := read()
			if len(e.Texts) != 2 || e.Texts["reason"] != "张三来电说明" || strings.Contains(e.Detail, "张三") || !strings.Contains(e.Detail, `"n":1`) {
				t.Fatalf("%+v", e)
			}
			before, err := db.VerifyAudit(ctx)
			if err != nil {
				t.Fatal(err)
			}
			log(map[string]any{"entry": 1, "name": "reason"}, func(w *row.Tx) error { return w.Forget(ctx, 1, "reason") })
			if e = read(); len(e.Texts) != 1 || e.Texts["file"] != "13800000000.xlsx" {
				t.Fatalf("after the erasing: %+v", e)
			}
			for _, table := range []string{"audit_text", "audit_entry", "proof"} {
				if holds(t, db, table, "张三") {
					t.Errorf("%s still has the text", table)
				}
			}
			point := before.Point()
			if v, err := db.Verify(ctx, &point, nil); err != nil || v.Found != 0 {
				t.Errorf("after the erasing: %+v, %v", v, err)
			}
			if err := in(db).Write(ctx, func(w tables) error { return w.LogRows.Forget(ctx, 1, "other") }); err == nil {
				t.Error("a text that is not there was erased")
			}
		})
	})
}
