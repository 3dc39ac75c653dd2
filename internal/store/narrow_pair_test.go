package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/pgtest"
	"eyas/internal/store/verify"
)

// pair opens one base of PostgreSQL twice, with two subjects in it.
func pair(t *testing.T) (a, b *DB) {
	t.Helper()
	dsn := pgtest.URL(t)
	for _, db := range []**DB{&a, &b} {
		opened, err := Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { opened.Close() })
		*db = opened
	}
	err := in(a).Write(t.Context(), func(w tables) error {
		if _, err := w.Advance(t.Context(), fact.LastSubject, 2); err != nil {
			return err
		}
		_, err := w.Advance(t.Context(), fact.LastChange, 1)
		return errors.Join(err, w.AddProfiles(t.Context(), []fact.ProfileRow{profileNamed(1, "甲", 1), profileNamed(2, "乙", 1)}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func profileNamed(subject int64, name string, change int64) fact.ProfileRow {
	return fact.ProfileRow{Subject: subject, Register: "enterprise", Name: name, NameKey: name, Facts: []byte{1, 0}, Change: change}
}

// renamed gives a write that claims a subject, names it and logs; between is called in its middle.
func renamed(ctx context.Context, subject int64, name string, between func() error) func(tables) error {
	return func(w tables) error {
		if err := w.Claim(ctx, fact.ClaimSubject(subject)); err != nil {
			return err
		}
		if _, err := w.Profiles(ctx, []int64{subject}); err != nil {
			return err
		}
		if err := w.SetProfiles(ctx, []fact.ProfileRow{profileNamed(subject, name, 0)}); err != nil {
			return err
		}
		if _, err := w.Advance(ctx, fact.LastChange, 1); err != nil {
			return err
		}
		if err := w.Log(ctx, audit.Entry{At: time.Now(), Actor: "li", Action: "name", Subject: name}); err != nil {
			return err
		}
		return between()
	}
}

func goOn() error { return nil }

func agreeing(t *testing.T, db *DB) *verify.Verified {
	t.Helper()
	v, err := db.Verify(t.Context(), nil, nil)
	if err != nil || v.Found > 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	return v
}

// A write of one thing is done while that of another is in its middle. What has an order has that of the commits: numbers of
// change, and the entries of the log.
func TestWritesOfDifferentThingsDoNotQueue(t *testing.T) {
	a, b := pair(t)
	ctx := fact.Narrow(t.Context())
	before, err := b.VerifyAudit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	err = in(a).Write(ctx, renamed(ctx, 1, "丙", func() error {
		return in(b).Write(ctx, renamed(ctx, 2, "丁", func() error { // it would wait here for ever
			return in(a).Write(ctx, func(w tables) error { // in one process too
				return w.Log(ctx, audit.Entry{At: time.Now(), Actor: "li", Action: "try", Subject: "x"})
			})
		}))
	}))
	if err != nil {
		t.Fatal(err)
	}
	changes := map[int64]int64{}
	if err := in(b).Read(ctx, func(r tables) error {
		rows, err := r.Profiles(ctx, []int64{1, 2})
		for _, p := range rows {
			changes[p.Subject] = p.Change
		}
		return err
	}); err != nil || changes[2] != 2 || changes[1] != 3 {
		t.Errorf("changes %v, %v", changes, err)
	}
	var order []string
	if err := a.Audit(ctx, func(e audit.Entry) error {
		if e.Seq > before.Size {
			order = append(order, e.Subject)
		}
		return nil
	}); err != nil || len(order) != 3 || order[0] != "x" || order[1] != "丁" || order[2] != "丙" {
		t.Errorf("entries %v, %v", order, err)
	}
	agreeing(t, a)
}

// A write of the same thing waits, and so does one that claims goOn.
func TestWritesOfOneThingQueue(t *testing.T) {
	for name, second := range map[string]func(ctx context.Context, b *DB) error{
		"narrow": func(ctx context.Context, b *DB) error {
			return in(b).Write(fact.Narrow(ctx), renamed(ctx, 1, "丁", goOn))
		},
		"alone": func(ctx context.Context, b *DB) error { return in(b).Write(ctx, renamed(ctx, 1, "丁", goOn)) },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			ctx := fact.Narrow(t.Context())
			done := make(chan error, 1)
			err := in(a).Write(ctx, renamed(ctx, 1, "丙", func() error {
				go func() { done <- second(t.Context(), b) }()
				for waiting := 0; waiting == 0; { // until it does
					if err := a.room.Base.Read.QueryRow(`SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`).Scan(&waiting); err != nil {
						return err
					}
				}
				select {
				case err := <-done:
					t.Errorf("it did not wait: %v", err)
				default:
				}
				return nil
			}))
			if err = errors.Join(err, <-done); err != nil {
				t.Fatal(err)
			}
			if err := in(a).Read(ctx, func(r tables) error {
				rows, err := r.Profiles(ctx, []int64{1})
				if err == nil && (rows[0].Name != "丁" || rows[0].Change != 3 && name == "narrow") {
					t.Errorf("%+v", rows[0])
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// What depends on more than it has claimed is run again, alone, and once.
func TestWiderWritesAreRunAlone(t *testing.T) {
	a, b := pair(t)
	ctx := fact.Narrow(t.Context())
	for name, step := range map[string]func(w tables) error{
		"all":               func(w tables) error { return w.Claim(ctx) },
		"another statement": func(w tables) error { return w.Set(ctx, "a", "b") },
		"another counter":   func(w tables) error { _, err := w.Advance(ctx, fact.LastMerge, 1); return err },
		"another subject": func(w tables) error {
			return w.SetProfiles(ctx, []fact.ProfileRow{profileNamed(2, "戊", 2)})
		},
		"a code": func(w tables) error {
			_, err := w.SubjectsByCode(ctx, "enterprise", []string{"1"})
			return err
		},
		"a name": func(w tables) error {
			_, err := w.SubjectsByKey(ctx, "enterprise", []string{"甲"})
			return err
		},
		"an error that is swallowed": func(w tables) error { w.Set(ctx, "a", "b"); return nil },
	} {
		runs := 0
		if err := in(a).Write(ctx, func(w tables) error {
			runs++
			return errors.Join(w.Claim(ctx, fact.ClaimSubject(1)), step(w))
		}); err != nil || runs != 2 {
			t.Errorf("%s: %d runs, %v", name, runs, err)
		}
	}
	// What another has claimed already is not waited for when something is claimed: two could wait for one another.
	runs := 0
	b.room.Base.Dialect.LockPatience = `SET LOCAL lock_timeout = '50ms'` // it is run again while the other is in its middle
	err := in(a).Write(ctx, renamed(ctx, 1, "丙", func() error {
		if err := in(b).Write(ctx, func(w tables) error {
			runs++
			return errors.Join(w.Claim(ctx, fact.ClaimSubject(2)), w.Claim(ctx, fact.ClaimSubject(1)))
		}); runs != 1 || fault.Of(err) != fault.Conflict {
			t.Errorf("%d runs, %v", runs, err)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	agreeing(t, a)
}

// Ids of a write that does not come about are ids that nobody has, and the log agrees with the counters.
func TestIdsOfWritesThatFail(t *testing.T) {
	a, b := pair(t)
	ctx := fact.Narrow(t.Context())
	failed := errors.New("failed")
	err := in(a).Write(ctx, func(w tables) error {
		first, err := w.Advance(ctx, fact.LastSubject, 1)
		if err != nil {
			return err
		}
		agreeing(t, b) // under way
		if err := in(b).Write(ctx, func(w tables) error {
			second, err := w.Advance(ctx, fact.LastSubject, 1)
			if second != first+1 {
				t.Errorf("ids %d and %d", first, second)
			}
			return errors.Join(err, w.AddProfiles(ctx, []fact.ProfileRow{profileNamed(second, "戊", 0)}), w.SetProfiles(ctx, []fact.ProfileRow{profileNamed(second, "己", 0)}))
		}); err != nil {
			return err
		}
		agreeing(t, b)
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	agreeing(t, b)
	if err := in(b).Read(ctx, func(r tables) error {
		var n int64
		_, err := r.CounterRows.Tx.One(ctx, `SELECT COALESCE(SUM(last_id - first_id + 1), 0) FROM id_gap WHERE counter = ?`, []any{string(fact.LastSubject)}, &n)
		if n != 1 {
			t.Errorf("%d ids that nobody has", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.room.Base.Write.Exec(`DELETE FROM id_gap`); err != nil {
		t.Fatal(err)
	}
	if _, err := a.room.Base.Write.Exec(`UPDATE counter SET value = value + 1 WHERE name = 'subject'`); err != nil {
		t.Fatal(err)
	}
	if v, err := b.Verify(ctx, nil, nil); err != nil || v.Found != 1 || v.Problems[0].What != "counter.changed" {
		t.Errorf("a counter that was changed: %+v, %v", v, err)
	}
}
