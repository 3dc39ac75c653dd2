package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
)

// An entry says as what its actor acted, sealed with it, and its address can be erased; an entry of somebody else within the
// same request says nothing of it.
func TestEntriesSayAsWhat(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		use(t, dsn, mustMigrations(t), func(db *DB) {
			ctx := auth.In(t.Context(), auth.Actor{ID: "li", Role: "district_officer", Org: "120110", Viewer: "zhao", From: "10.0.0.7"})
			if err := in(db).Write(ctx, func(w tables) error {
				for _, actor := range []string{"li", "linkage"} {
					e, err := audit.Entry{At: time.Now(), Actor: actor, Action: "merge", Subject: "subject/7"}.WithDetail(map[string]any{"from": 3, "reason": audit.Beside("同名")})
					if err != nil {
						return err
					}
					if err := w.Log(ctx, e); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			want := audit.Who{Role: "district_officer", Org: "120110", Viewer: "zhao", From: "10.0.0.7"}
			first, found, err := db.Entry(t.Context(), 1)
			if err != nil || !found || first.As() != want || first.Texts["reason"] != "同名" {
				t.Fatalf("%+v, %v, %v", first, found, err)
			}
			if second, _, _ := db.Entry(t.Context(), 2); second.As() != (audit.Who{}) {
				t.Errorf("what another did: %+v", second)
			}
			if strings.Contains(first.Detail, "10.0.0.7") {
				t.Errorf("the address stands in the entry: %s", first.Detail)
			}
			if said := problems(t, db); len(said) > 0 {
				t.Error(said)
			}
			if err := in(db).Write(t.Context(), func(w tables) error { return w.CounterRows.Tx.Forget(t.Context(), 1, "as.from") }); err != nil {
				t.Fatal(err)
			}
			if said := problems(t, db); len(said) > 0 {
				t.Error(said)
			}
			want.From = ""
			if first, _, _ = db.Entry(t.Context(), 1); first.As() != want {
				t.Errorf("after the address was erased: %+v", first.As())
			}
		})
	})
}

// A list of entries has those that fit, the newest first, page by page, and counts them.
func TestListOfEntries(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		use(t, dsn, mustMigrations(t), func(db *DB) {
			day := time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC)
			people := []auth.Actor{{ID: "wang", Org: "120110", Role: "park"}, {ID: "li", Org: "120116", Role: "park"}, {ID: "LI_2"}}
			var all []audit.Entry
			for i := range 40 {
				a := people[i%3]
				subject := []string{fmt.Sprintf("subject/%d", i%4), fmt.Sprintf("finding/%d.unit_slip.sales.2020", i%4), "base"}[i%3]
				all = append(all, audit.Entry{At: day.AddDate(0, 0, i/4), Actor: a.ID, Action: []string{"enter", "merge"}[i%2], Subject: subject, Who: audit.Who{Org: a.Org}})
				if err := in(db).Write(t.Context(), func(w tables) error {
					return w.Log(auth.In(context.Background(), a), all[i])
				}); err != nil {
					t.Fatal(err)
				}
			}
			for name, c := range map[string]struct {
				w    audit.Wanted
				fits func(i int, e *audit.Entry) bool
			}{
				"all":       {audit.Wanted{}, func(int, *audit.Entry) bool { return true }},
				"up to one": {audit.Wanted{Until: 17}, func(i int, _ *audit.Entry) bool { return i < 17 }},
				"an actor":  {audit.Wanted{Actors: []string{"wang"}}, func(_ int, e *audit.Entry) bool { return e.Actor == "wang" }},
				"a part":    {audit.Wanted{Actor: "li_"}, func(_ int, e *audit.Entry) bool { return e.Actor == "LI_2" }},
				"either":    {audit.Wanted{Actor: "LI", Actors: []string{"wang"}}, func(int, *audit.Entry) bool { return true }},
				"an action": {audit.Wanted{Actions: []string{"merge"}}, func(_ int, e *audit.Entry) bool { return e.Action == "merge" }},
				"a kind":    {audit.Wanted{Kinds: []string{"finding", "base"}}, func(_ int, e *audit.Entry) bool { return !strings.HasPrefix(e.Subject, "subject/") }},
				"an org":    {audit.Wanted{Orgs: []string{"120116"}}, func(_ int, e *audit.Entry) bool { return e.Actor == "li" }},
				"a thing": {audit.Wanted{Subjects: []string{"subject/1"}, Begins: []string{"finding/1."}}, func(_ int, e *audit.Entry) bool {
					return e.Subject == "subject/1" || strings.HasPrefix(e.Subject, "finding/1.")
				}},
				"days":         {audit.Wanted{From: day.AddDate(0, 0, 2), To: day.AddDate(0, 0, 4)}, func(i int, _ *audit.Entry) bool { return i >= 8 && i < 16 }},
				"picked":       {audit.Wanted{Chosen: []int64{3, 9, 99}}, func(i int, _ *audit.Entry) bool { return i == 2 || i == 8 }},
				"all together": {audit.Wanted{Actions: []string{"enter"}, Orgs: []string{"120110"}, Until: 20}, func(i int, e *audit.Entry) bool { return i < 20 && e.Action == "enter" && e.Actor == "wang" }},
			} {
				var want []int64
				for i := range all {
					if c.fits(i, &all[i]) {
						want = append(want, int64(i+1))
					}
				}
				slices.Reverse(want)
				var got []int64
				for len(got) < len(want) {
					list, total, err := db.Entries(t.Context(), c.w, len(got), 7)
					if err != nil || total != len(want) || len(list) == 0 {
						t.Fatalf("%s: %d of %d, %v", name, len(list), total, err)
					}
					for _, e := range list {
						got = append(got, e.Seq)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", name, got, want)
				}
			}
		})
	})
}
