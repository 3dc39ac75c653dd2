package people_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/people"
	"eyas/internal/store/pgtest"
)

// What is read in one statement about who acts is what the single reads of it say: of somebody with several roles, of one who
// stands in for him, and of one who sees the pages as he does.
func TestEnteringIsWhatItsPartsSay(t *testing.T) {
	for name, dsn := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := open(t, dsn).started(t)
			for _, id := range []string{"chief", "wang", "zhao"} {
				c.person(t, id)
			}
			c.give(t, "chief", "district_admin", "120110")
			c.give(t, "wang", "district_officer", "120110")
			c.give(t, "wang", "park", "teda")
			over := c.give(t, "wang", "district_officer", "120111")
			if err := c.Take(sec(t), over, ""); err != nil {
				t.Fatal(err)
			}
			if err := c.StandIn(sec(t), "wang", "zhao", "2026-12-01", "2026-12-03"); err != nil {
				t.Fatal(err)
			}
			roles := func(token string) (list []string) {
				t.Helper()
				e, err := c.Enter(t.Context(), token, here)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range e.Grants {
					list = append(list, g.Person+" "+string(g.Role)+" "+g.Org)
				}
				return list
			}
			own := []string{"wang district_officer 120110", "wang park teda"}
			if got := roles(c.signIn(t, "wang")); !slices.Equal(got, own) {
				t.Errorf("wang acts as %q", got)
			}
			if got := roles(c.signIn(t, "zhao")); got != nil {
				t.Errorf("before the first day zhao acts as %q", got)
			}
			c.now = c.now.AddDate(0, 0, 1)
			token := c.signIn(t, "zhao")
			if got := roles(token); !slices.Equal(got, own) {
				t.Errorf("as deputy zhao acts as %q", got)
			}
			c.now = c.now.AddDate(0, 0, 3)
			if got := roles(c.signIn(t, "zhao")); got != nil {
				t.Errorf("after the last day zhao acts as %q", got)
			}

			chief := c.signIn(t, "chief")
			e, err := c.Enter(t.Context(), chief, here)
			if err != nil {
				t.Fatal(err)
			}
			as := auth.In(t.Context(), e.Actor)
			list, _, err := c.List(as, people.Wanted{Text: "wang"}, 0, 10)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			looking, err := c.SeeAs(as, chief, list[0].Grants[0].ID, "他看不到导入")
			if err != nil {
				t.Fatal(err)
			}
			if e, err = c.Enter(t.Context(), looking, here); err != nil || e.Viewed == nil || e.Viewed.ID != "wang" || e.Actor.Role != "district_officer" || e.Actor.Viewer != "chief" || e.Person.ID != "chief" {
				t.Errorf("looking: %+v, %v", e, err)
			}
			if err := c.Take(sec(t), list[0].Grants[0].ID, ""); err != nil {
				t.Fatal(err)
			}
			if e, err := c.Enter(t.Context(), looking, here); err == nil && e.Actor.Role != "" {
				t.Errorf("after the grant was taken the looker acts as %s", e.Actor.Role)
			}
		})
	}
}

// The list narrows, orders and pages in the database; who proposes sees his own organisation's people only.
func TestListOfPeople(t *testing.T) {
	for name, dsn := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := open(t, dsn).started(t)
			for i, id := range []string{"anna", "bob", "carl"} {
				c.now = morning.AddDate(0, 0, i)
				c.person(t, id)
			}
			c.give(t, "anna", "district_officer", "120110")
			c.give(t, "bob", "district_officer", "120111")
			if _, err := c.Give(sec(t), people.GrantAsk{Person: "carl", Role: "enterprise", Code: haitai}); err != nil {
				t.Fatal(err)
			}
			c.signIn(t, "bob")
			if err := c.Lock(sys(t), "carl"); err != nil {
				t.Fatal(err)
			}
			yes := true
			ids := func(ctx context.Context, w people.Wanted, offset, limit int) (list []string, total int) {
				t.Helper()
				got, total, err := c.List(ctx, w, offset, limit)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range got {
					list = append(list, p.ID)
				}
				return list, total
			}
			for what, x := range map[string]struct {
				ctx  context.Context
				w    people.Wanted
				want []string
			}{
				"all":                     {sys(t), people.Wanted{}, []string{"anna", "aud", "bob", "carl", "sec", "sys"}},
				"the newest first":        {sys(t), people.Wanted{By: "made", Desc: true, Text: "a", States: []people.State{people.Active, people.Locked}}, []string{"carl", "anna"}},
				"officers":                {sys(t), people.Wanted{Roles: []auth.Role{"district_officer"}}, []string{"anna", "bob"}},
				"of an organisation":      {sys(t), people.Wanted{Orgs: []string{"120111"}}, []string{"bob"}},
				"locked":                  {sys(t), people.Wanted{States: []people.State{people.Locked}}, []string{"carl"}},
				"with a second factor":    {sys(t), people.Wanted{Second: &yes}, nil},
				"made on a day":           {sys(t), people.Wanted{From: morning.AddDate(0, 0, 1), To: morning.AddDate(0, 0, 2)}, []string{"bob"}},
				"whom Dongli knows":       {as(t, "chief", "district_admin", "120110"), people.Wanted{}, []string{"anna"}},
				"whom Binhai knows":       {as(t, "chief", "district_admin", "120116"), people.Wanted{}, []string{"carl"}},
				"whom the bureau knows":   {as(t, "chief", "bureau_admin", "120000"), people.Wanted{States: []people.State{people.Active}}, []string{"anna", "bob"}},
				"a wildcard is no letter": {sys(t), people.Wanted{Text: "%"}, nil},
			} {
				if got, total := ids(x.ctx, x.w, 0, 50); !slices.Equal(got, x.want) || total != len(x.want) {
					t.Errorf("%s: %q of %d, want %q", what, got, total, x.want)
				}
			}
			if got, total := ids(sys(t), people.Wanted{}, 2, 2); !slices.Equal(got, []string{"bob", "carl"}) || total != 6 {
				t.Errorf("the second page: %q of %d", got, total)
			}
			list, _, err := c.List(sys(t), people.Wanted{Text: "bob"}, 0, 1)
			if err != nil || len(list) != 1 || !list[0].Last.Equal(c.now) || len(list[0].Grants) != 1 {
				t.Errorf("beside bob: %+v, %v", list, err)
			}
		})
	}
}

// separately reads who acts as a request once did: by a statement for each thing.
func separately(ctx context.Context, r people.Reader, key string) error {
	s, err := r.Session(ctx, key)
	if err != nil {
		return err
	}
	who, err := r.Person(ctx, s.Person)
	if err != nil {
		return err
	}
	if _, err := r.Grants(ctx, who.ID); err != nil {
		return err
	}
	if _, err := r.Deputies(ctx, who.ID); err != nil {
		return err
	}
	if _, err := r.Passwords(ctx, who.ID); err != nil {
		return err
	}
	_, err = r.Secret(ctx, who.ID, people.SecondKind)
	return err
}

// BenchmarkEnter reads who acts 500 times in one statement and as often by a statement for each thing, in turns, and prints
// how many times as long the latter takes.
func BenchmarkEnter(b *testing.B) {
	for name, dsn := range map[string]string{"SQLite": b.TempDir() + "/enter.db", "PostgreSQL": pgtest.URL(b)} {
		b.Run(name, func(b *testing.B) {
			c := open(b, dsn).started(b)
			for i := range 20 {
				c.person(b, fmt.Sprintf("p%d", i))
				c.give(b, fmt.Sprintf("p%d", i), "district_officer", "120110")
			}
			key := people.KeyOf(c.signIn(b, "p7"))
			var one, each time.Duration
			for b.Loop() {
				for range 500 {
					begun := time.Now()
					if err := c.db.ReadPeople(b.Context(), func(r people.Reader) error {
						_, err := r.Entering(b.Context(), key, "2026-11-30")
						return err
					}); err != nil {
						b.Fatal(err)
					}
					between := time.Now()
					if err := c.db.ReadPeople(b.Context(), func(r people.Reader) error { return separately(b.Context(), r, key) }); err != nil {
						b.Fatal(err)
					}
					one, each = one+between.Sub(begun), each+time.Since(between)
				}
			}
			b.ReportMetric(float64(each)/float64(one), "separately/one")
			b.ReportMetric(float64(one.Microseconds())/float64(500*b.N), "us/one")
		})
	}
}
