package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
	"eyas/internal/store"
)

// beside: readers beside one see its snapshot or are not given, whoever writes meanwhile; and they are given back.
func beside(t *testing.T, db *store.DB) {
	touch := func(id int64) {
		write(t, db, func(ctx context.Context, w tables) error {
			if _, err := w.Advance(ctx, fact.LastSubject, 1); err != nil {
				return err
			}
			return w.AddProfiles(ctx, []fact.ProfileRow{{Subject: id, Register: "enterprise", Name: fmt.Sprint(id), NameKey: fmt.Sprint(id), Facts: []byte{2, 0}, Change: 1}})
		})
	}
	reading := func(fn func(ctx context.Context, r profile.Reader) error) {
		t.Helper()
		if err := db.Profiles().Read(t.Context(), func(r profile.Reader) error { return fn(t.Context(), r) }); err != nil {
			t.Fatal(err)
		}
	}
	count := func(ctx context.Context, r derive.BlockReader) (n int) {
		if err := r.EachProfileBetween(ctx, "enterprise", 1, 1000, func(*fact.ProfileRow) error { n++; return nil }); err != nil {
			t.Error(err)
		}
		return n
	}
	touch(1)
	given := 0
	for round := range 50 { // more often than there are connections
		reading(func(ctx context.Context, r profile.Reader) error {
			seen := count(ctx, r)
			if round%2 == 1 {
				touch(int64(round + 2))
			}
			others, done, err := r.Beside(ctx, 1)
			defer done()
			if err != nil {
				return err
			}
			given += len(others)
			if round%2 == 0 {
				equal(t, "readers when nobody writes", len(others), 1)
			}
			touch(int64(round + 100))
			var all sync.WaitGroup
			for _, o := range append(others, r) {
				all.Go(func() {
					if n := count(ctx, o); n != seen {
						t.Errorf("one sees %d profiles, the other %d", seen, n)
					}
				})
			}
			all.Wait()
			return nil
		})
	}
	if given < 25 {
		t.Errorf("%d readers were given", given)
	}
	// There is an end to them.
	reading(func(ctx context.Context, r profile.Reader) error {
		others, done, err := r.Beside(ctx, 1000)
		equal(t, "a bounded number of readers", len(others) > 0 && len(others) < 1000, true)
		more, doneToo, errToo := r.Beside(ctx, 1)
		equal(t, "readers when all are taken", len(more), 0)
		done()
		doneToo()
		if err == nil {
			err = errToo
		}
		return err
	})
	if err := db.Together(t.Context(), func(ctx context.Context) error {
		return db.Profiles().Read(ctx, func(r profile.Reader) error {
			others, done, err := r.Beside(ctx, 1)
			defer done()
			equal(t, "readers beside a writer", len(others), 0)
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
}

// between: profiles and records of a range of subjects.
func between(t *testing.T, db *store.DB) {
	write(t, db, func(ctx context.Context, w tables) error {
		var profiles []fact.ProfileRow
		for id := int64(1); id <= 9; id++ {
			register := "enterprise"
			if id == 5 {
				register = "carrier"
			}
			profiles = append(profiles, fact.ProfileRow{Subject: id, Register: register, Code: fmt.Sprint("C", id), Name: fmt.Sprint("N", id), NameKey: fmt.Sprint("n", id),
				Facts: []byte{2, 0, byte(id)}, Gone: id == 6, Change: id})
		}
		if err := w.AddProfiles(ctx, profiles); err != nil {
			return err
		}
		if err := w.AddImport(ctx, &fact.ImportRow{ID: 1, Register: "enterprise", File: "a", SHA256: "a", At: at, FirstRecord: 1, LastRecord: 6, Options: "{}", Layouts: "[1]", Lists: "[2]"}); err != nil {
			return err
		}
		var records []fact.RecordRow
		for id := int64(1); id <= 6; id++ {
			records = append(records, fact.RecordRow{ID: id, Import: 1, Sheet: int(id % 2), Row: int(id), Cells: []byte{1, 1, byte(id)}})
		}
		if err := w.AddRecords(ctx, records); err != nil {
			return err
		}
		return w.AddLinks(ctx, []fact.LinkRow{{Record: 1, Subject: 4, How: fact.ByCode, Evidence: "C4"}, {Record: 2, Subject: 3, How: fact.ByName}, {Record: 3, Subject: 5, How: fact.ByCode},
			{Record: 4, Subject: 3, RowSubject: 2, How: fact.ByPerson}, {Record: 5, Subject: 9, How: fact.ByCode}, {Record: 6, Subject: 4, How: fact.ByAdopted}})
	})
	write(t, db, func(ctx context.Context, w tables) error { return w.MarkUndone(ctx, 1, at, "local") })
	read(t, db, func(ctx context.Context, r tables) error {
		var got []string
		if err := r.EachProfileBetween(ctx, "enterprise", 3, 6, func(p *fact.ProfileRow) error {
			got = append(got, fmt.Sprintf("%d %s %s %s %s %v %v %d", p.Subject, p.Register, p.Code, p.Name, p.NameKey, p.Facts, p.Gone, p.Change))
			return nil
		}); err != nil {
			return err
		}
		equal(t, "profiles", got, []string{"3 enterprise C3 N3 n3 [2 0 3] false 3", "4 enterprise C4 N4 n4 [2 0 4] false 4", "6 enterprise C6 N6 n6 [2 0 6] true 6"})
		got = nil
		if err := r.EachProfileBetween(ctx, "", 3, 9, func(p *fact.ProfileRow) error {
			if got = append(got, fmt.Sprintf("%d %s", p.Subject, p.Register)); p.Subject == 5 {
				return fact.ErrEnough
			}
			return nil
		}); err != nil {
			return err
		}
		equal(t, "profiles of all registers, until it was enough", len(got), 3)
		n := 0
		if err := r.EachLinked(ctx, 3, 8, true, func(x *fact.RecordRow) error { n++; return fact.ErrEnough }); err != nil || n != 1 {
			t.Errorf("%d records until one was enough: %v", n, err)
		}
		got = nil
		if err := r.EachLinked(ctx, 3, 8, true, func(x *fact.RecordRow) error {
			got = append(got, fmt.Sprintf("%d of %d: import %d sheet %d cells %v origin %d %s", x.ID, x.Subject, x.Import, x.Sheet, x.Cells, x.RowSubject, x.How))
			return nil
		}); err != nil {
			return err
		}
		slices.Sort(got[:2]) // those of one subject come in any order
		slices.Sort(got[2:4])
		equal(t, "records", got, []string{"2 of 3: import 1 sheet 0 cells [1 1 2] origin 0 ", "4 of 3: import 1 sheet 0 cells [1 1 4] origin 2 person",
			"1 of 4: import 1 sheet 1 cells [1 1 1] origin 0 ", "6 of 4: import 1 sheet 0 cells [1 1 6] origin 0 ", "3 of 5: import 1 sheet 1 cells [1 1 3] origin 0 "})
		if err := r.EachLinked(ctx, 3, 8, false, func(x *fact.RecordRow) error {
			return fmt.Errorf("record %d is of an import that was undone", x.ID)
		}); err != nil {
			return err
		}
		i, err := r.ImportLayouts(ctx, 1)
		if err == nil {
			equal(t, "an import without lists", i.File+i.Layouts+i.Lists, "a[1]")
			equal(t, "was undone", i.UndoneAt.Equal(at), true)
			i, err = r.ImportLayouts(ctx, 2)
			equal(t, "no import", i, (*fact.ImportRow)(nil))
		}
		return err
	})
}
