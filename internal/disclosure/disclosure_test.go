package disclosure_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// books is a ledger with a clock that tests turn.
type books struct {
	*disclosure.Ledger
	db   *store.DB
	now  time.Time
	full bool // nothing can be counted
}

// WriteDisclosures fails while the base is full.
func (b *books) WriteDisclosures(ctx context.Context, fn func(disclosure.Counter) error) error {
	if b.full {
		return errFull
	}
	return b.db.WriteDisclosures(ctx, fn)
}

func (b *books) ReadDisclosures(ctx context.Context, fn func(disclosure.Reader) error) error {
	return b.db.ReadDisclosures(ctx, fn)
}

func (b *books) WriteUnmasking(ctx context.Context, fn func(disclosure.Writer) error) error {
	return b.db.WriteUnmasking(ctx, fn)
}

var errFull = errors.New("the disk is full")

// open opens a ledger of a base in which all subjects lie in one district.
func open(t testing.TB, dsn string) *books {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	rights, err := auth.New(p)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	b := &books{db: db, now: time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)}
	b.Ledger = disclosure.New(disclosure.Config{Pack: p, Storage: b, Clock: func() time.Time { return b.now }, Actors: rights,
		Lie: func(_ context.Context, subject int64, _ string) (auth.Lie, error) {
			return auth.Lie{Orgs: []string{"120110"}, Subjects: []int64{subject}}, nil
		}})
	return b
}

func both(t *testing.T, test func(t *testing.T, b *books)) {
	for name, dsn := range map[string]func() string{"sqlite": func() string { return basetest.Path(t) }, "postgres": func() string { return basetest.Server(t) }} {
		t.Run(name, func(t *testing.T) { test(t, open(t, dsn())) })
	}
}

func officer(t testing.TB, id, org string) context.Context {
	return auth.In(t.Context(), auth.Actor{ID: id, Role: "district_officer", Org: org, Session: "s-" + id})
}

func auditor(t testing.TB) context.Context {
	return auth.In(t.Context(), auth.Actor{ID: "aud", Role: "auditor", Org: "120000"})
}

// Looks are counted by person, role, organisation and day, and none is lost: not when the base cannot be written for a while, and
// not at the end.
func TestLooksAreCounted(t *testing.T) {
	both(t, func(t *testing.T, b *books) {
		li, zhao := officer(t, "li", "120110"), officer(t, "zhao", "120110")
		for range 3 {
			b.Looked(li, 7)
		}
		b.Looked(zhao, 7)
		b.Looked(auth.In(t.Context(), auth.Actor{ID: "e", Role: "enterprise", Subject: 7}), 7) // its own
		b.Looked(auth.As(t.Context(), auth.Self), 7)
		b.Looked(auth.In(t.Context(), auth.Actor{ID: "ke", Role: "commissioner", Subject: 9}), 8) // acts for a subject, and looks at another
		b.full = true
		if err := b.Flush(t.Context()); !errors.Is(err, errFull) {
			t.Error(err)
		}
		b.Looked(li, 7)
		b.full = false
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(24 * time.Hour)
		b.Looked(li, 7)
		b.Looked(li, 8)
		b.now = b.now.Add(-24 * time.Hour)
		b.Looked(li, 7)
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, total, err := b.Looks(auditor(t), []int64{7}, 0, 10)
		if err != nil || total != 3 {
			t.Fatal(list, total, err)
		}
		for i, want := range []string{"2026-12-01 li 1", "2026-11-30 li 5", "2026-11-30 zhao 1"} {
			if got := fmt.Sprint(list[i].Day, " ", list[i].Person, " ", list[i].Times); got != want || list[i].Org != "120110" || list[i].What != disclosure.Page {
				t.Errorf("%d is %q (%+v) instead of %q", i, got, list[i], want)
			}
		}
		if page, total, err := b.Looks(auditor(t), []int64{7, 8}, 3, 10); err != nil || total != 5 || len(page) != 2 {
			t.Error(page, total, err)
		}
	})
}

// What is unmasked is proven by the log, ends, and is ended by what is unmasked next.
func TestUnmask(t *testing.T) {
	both(t, func(t *testing.T, b *books) {
		defer b.Close(t.Context())
		li := officer(t, "li", "120110")
		ask := disclosure.Ask{Register: "enterprise", Fields: []string{"phone", "contact", "phone"}, Purpose: "case", Reason: "核对申报书的联系人"}
		if _, err := b.Unmask(officer(t, "wu", "120111"), 7, ask); err == nil {
			t.Error("an officer of another district is shown it")
		}
		u, err := b.Unmask(li, 7, ask)
		if err != nil || !slices.Equal(u.Fields, []string{"contact", "phone"}) || u.Ends.Sub(b.now) != 15*time.Minute {
			t.Fatal(u, err)
		}
		ask.Fields = []string{"phone"}
		if _, err := b.Unmask(li, 7, ask); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Unmasked(li, 7); err != nil || got == nil || !slices.Equal(got.Fields, []string{"phone"}) {
			t.Error(got, err)
		}
		b.now = b.now.Add(15 * time.Minute)
		if got, err := b.Unmasked(li, 7); err != nil || got != nil {
			t.Error("it is over:", got, err)
		}
		if list, n, err := b.Looks(auditor(t), []int64{7}, 0, 10); err != nil || n != 1 || list[0].Times != 2 || list[0].What != disclosure.Unmask || list[0].Purpose != "case" {
			t.Error(list, n, err)
		}
		v, err := b.db.Verify(t.Context(), nil, nil)
		if err != nil || len(v.Problems) != 0 {
			t.Error(v, err)
		}
	})
}

// Which files contained a subject is answered as by a list of all subjects of each.
func TestExportsContain(t *testing.T) {
	both(t, func(t *testing.T, b *books) {
		defer b.Close(t.Context())
		li, n := officer(t, "li", "120110"), 0
		var all []map[int64]bool
		rapid.Check(t, func(t *rapid.T) {
			if n++; n > 12 { // each draws some; the base keeps them all
				return
			}
			var m disclosure.Members
			has := map[int64]bool{}
			from := rapid.Int64Range(1, 200_000).Draw(t, "from")
			for id := from; id < from+rapid.Int64Range(0, 70_000).Draw(t, "run"); id++ {
				m.Add(id)
				has[id] = true
			}
			for _, id := range rapid.SliceOfN(rapid.Int64Range(1, 300_000), 0, 20).Draw(t, "some") {
				m.Add(id)
				has[id] = true
			}
			if m.Len() != len(has) {
				t.Fatalf("%d members of %d", m.Len(), len(has))
			}
			if err := b.Exported(li, disclosure.Export{What: "/enterprises.xlsx"}, &m); err != nil {
				t.Fatal(err)
			}
			if len(has) > 0 {
				all = append(all, has)
			}
		})
		if err := b.Exported(li, disclosure.Export{What: "/s/9/history.xlsx", Subject: 9}, nil); err != nil {
			t.Fatal(err)
		}
		all = append(all, map[int64]bool{9: true})
		for id := int64(1); id < 300_000; id += 9_973 {
			want := 0
			for _, has := range all {
				if has[id] {
					want++
				}
			}
			got := 0
			for before, more := int64(0), true; more; {
				var page []disclosure.Export
				var err error
				if page, more, err = b.Exports(auditor(t), []int64{id}, before, 2); err != nil {
					t.Fatal(err)
				}
				for _, e := range page {
					if before != 0 && e.ID >= before {
						t.Fatalf("%d comes after %d", e.ID, before)
					}
					before = e.ID
				}
				got += len(page)
			}
			if got != want {
				t.Errorf("subject %d is in %d files, found in %d", id, want, got)
			}
		}
		if list, _, err := b.Exports(auditor(t), []int64{9}, 0, 1); err != nil || len(list) != 1 || list[0].Subject != 9 || list[0].Person != "li" {
			t.Error(list, err)
		}
	})
}
