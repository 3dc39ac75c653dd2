package store

import (
	"context"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/mandate"
	"eyas/internal/people"
	"eyas/internal/store/migrations"
	"eyas/packs"
)

// onlyFirm is the one enterprise of a base.
type onlyFirm struct{}

func (onlyFirm) SubjectByCode(context.Context, []string, string) (*people.Subject, error) {
	return &people.Subject{ID: 1, Register: "enterprise", Code: "X"}, nil
}

func (f onlyFirm) SubjectByID(ctx context.Context, _ int64) (*people.Subject, error) {
	return f.SubjectByCode(ctx, nil, "")
}

// An account of an enterprise that an older program made keeps what it had after the upgrade, until the day of the pack; the log
// still proves it.
func TestMandatesOfOlderBase(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	all, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	const before = 29 // migrations of the program without mandates
	databases(t, func(t *testing.T, dsn string) {
		now := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		use(t, dsn, all[:before], func(db *DB) {
			alter := func(change string) {
				t.Helper()
				if _, err := db.room.Base.Write.Exec(`ALTER TABLE person ` + change); err != nil {
					t.Fatal(err)
				}
			}
			alter(`ADD COLUMN system INTEGER`) // the program that writes here is not as old as the base
			defer alter(`DROP COLUMN system`)
			old, err := people.New(people.Config{Pack: p, Storage: db, Clock: clock, Subjects: onlyFirm{}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := old.Seed(auth.As(t.Context(), auth.Local), people.Person{ID: "wang", Name: "王五"}, people.GrantAsk{Role: people.Enterprise, Code: "X"}, ""); err != nil {
				t.Fatal(err)
			}
		})
		use(t, dsn, all, func(db *DB) {
			m := mandate.New(mandate.Config{Pack: p, Storage: db, Clock: clock})
			for _, x := range []struct {
				now  time.Time
				want int
			}{{time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC), 5}, {time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC), 0}} {
				now = x.now
				given, err := m.Given(t.Context(), auth.Actor{ID: "wang", Role: people.Enterprise, Subject: 1, Grant: 1})
				if err != nil || len(given) != x.want {
					t.Errorf("%v: %v, %v", now, given, err)
				}
			}
			if v, err := db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) != 0 {
				t.Error(v, err)
			}
		})
	})
}
