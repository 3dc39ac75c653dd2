package store

import (
	"fmt"
	"testing"
	"time"

	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/store/migrations"
	"eyas/internal/store/pgtest"
)

// The inbox of an officer, and a page of a list, among 100,000 open cases of sixteen districts.
func BenchmarkCases(b *testing.B) {
	all, err := migrations.All()
	if err != nil {
		b.Fatal(err)
	}
	for name, dsn := range map[string]func() string{"SQLite": func() string { return b.TempDir() + "/base.db" }, "PostgreSQL": func() string { return pgtest.URL(b) }} {
		b.Run(name, func(b *testing.B) {
			db, err := open(b.Context(), dsn(), all)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			stages := []string{"check", "national", "number"}
			now := time.Date(2021, 3, 1, 2, 0, 0, 0, time.UTC)
			err = db.WriteCases(b.Context(), 0, func(w desk.Writer) error {
				for i := range 100_000 {
					org := fmt.Sprintf("1201%02d", 1+i%16)
					stage := stages[i/16%3]
					due := matter.Day(now.AddDate(0, 0, i/48%40).Format(time.DateOnly))
					c := &matter.Case{Head: matter.Head{Matter: "tsme", Version: 1, Subject: int64(i + 1), Opened: now}, Seq: 2}
					c.Visits = []*matter.Visit{{ID: 1, Stage: "apply", Closed: now, Outcome: "pass"}, {ID: 2, Stage: stage, Clock: matter.Clock{Due: due, Known: true},
						Seats: []*matter.Seat{{No: 1, Kind: matter.SeatMain, Role: "district_officer", Org: org, State: matter.SeatOpen}}}}
					if err := w.AddCase(b.Context(), &desk.Row{Case: c, Register: "enterprise", District: org, Stages: []string{stage}, Due: due, DueKnown: true, Wake: due}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := db.room.Base.Write.Exec(`ANALYZE`); err != nil { // as the server does by itself
				b.Fatal(err)
			}
			officer := matter.Person{ID: "li", Role: "district_officer", Org: "120110"}
			reading := func(b *testing.B, fn func(r desk.Reader) (int, error)) {
				for b.Loop() {
					err := db.ReadCases(b.Context(), func(r desk.Reader) error {
						n, err := fn(r)
						if err == nil && n != 50 {
							err = fmt.Errorf("%d lines", n)
						}
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.Run("inbox", func(b *testing.B) {
				reading(b, func(r desk.Reader) (int, error) {
					list, err := r.Inbox(b.Context(), officer, 50)
					return len(list), err
				})
			})
			for name, p := range map[string]desk.Picked{ // a page with how many there are, as pages show it
				"box-waiting":  {Box: desk.BoxWaiting, Person: officer},
				"box-late":     {Box: desk.BoxWaiting, Person: officer, Due: []string{desk.DueLate}, Today: "2021-03-20"},
				"box-district": {Box: desk.BoxAll, Person: officer, Seen: []desk.Seeing{{Register: "enterprise", Orgs: []string{"120110"}}}},
				"box-city":     {Box: desk.BoxAll, Person: matter.Person{ID: "wang", Role: "bureau", Org: "120000"}, Seen: []desk.Seeing{{Register: "enterprise", All: true}}},
				"box-by-day":   {Box: desk.BoxAll, Person: matter.Person{ID: "wang", Role: "bureau", Org: "120000"}, Seen: []desk.Seeing{{Register: "enterprise", All: true}}, By: "due"},
			} {
				b.Run(name, func(b *testing.B) {
					reading(b, func(r desk.Reader) (int, error) {
						n, err := r.CountBoxed(b.Context(), p)
						if err != nil || n < 50 {
							return n, err
						}
						list, err := r.Boxed(b.Context(), p, 0, 50)
						return len(list), err
					})
				})
			}
			for name, w := range map[string]desk.Wanted{
				"list-of-a-stage":    {Matter: "tsme", Stage: "number", All: true, Limit: 50},
				"list-of-a-district": {Matter: "tsme", Stage: "check", Orgs: []string{"120110"}, Limit: 50},
				"last-page":          {Matter: "tsme", Stage: "check", Orgs: []string{"120110"}, After: 96_000, Limit: 50},
				"waking":             {},
			} {
				b.Run(name, func(b *testing.B) {
					reading(b, func(r desk.Reader) (int, error) {
						if name == "waking" {
							list, err := r.Waking(b.Context(), "2021-03-05", 50)
							return len(list), err
						}
						list, err := r.List(b.Context(), w)
						return len(list), err
					})
				})
			}
		})
	}
}
