package people_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/auth"
	"eyas/internal/people"
)

// Grants, their ends and deputies over time, against a plain model that knows for each day what each person holds: what the model
// forbids is refused, and on each day everybody acts in what the model says.
func TestGrantsOverTime(t *testing.T) {
	c, top := sqlite(t).started(t), t
	roles := []auth.Role{"system_admin", "audit_admin", "bureau", "bureau_admin", "auditor"}
	apart := func(a, b auth.Role) bool {
		r := c.Role(a)
		return slices.Contains(r.Apart, string(b)) || slices.Contains(c.Role(b).Apart, string(a))
	}
	day := func(n int) string { return morning.AddDate(0, 0, n).Format(time.DateOnly) }
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		c.now = morning
		type grant struct {
			id          int64
			who         string
			role        auth.Role
			from, until int
		}
		type stand struct {
			who, deputy string
			from, until int
		}
		var grants []grant
		var stands []stand
		names := []string{fmt.Sprintf("a%d", round), fmt.Sprintf("b%d", round)}
		for _, id := range names {
			if _, err := c.Make(sys(top), people.Person{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
		held := func(who string, n int, with []grant, by []stand) (list []auth.Role) {
			for _, g := range with {
				for _, holder := range append([]stand{{g.who, g.who, 0, 99}}, by...) {
					if holder.who == g.who && holder.deputy == who && g.from <= n && n <= g.until && holder.from <= n && n <= holder.until {
						list = append(list, g.role)
					}
				}
			}
			return list
		}
		fine := func(with []grant, by []stand) bool {
			for _, who := range names {
				for n := range 8 {
					list := held(who, n, with, by)
					for i := range list {
						for j := range i {
							if apart(list[i], list[j]) {
								return false
							}
						}
					}
				}
			}
			return true
		}
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			who := rapid.SampledFrom(names).Draw(t, "who")
			from := rapid.IntRange(0, 6).Draw(t, "from")
			until := rapid.IntRange(from, 7).Draw(t, "until")
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0, 1:
				g := grant{0, who, rapid.SampledFrom(roles).Draw(t, "role"), from, until}
				twice := slices.ContainsFunc(grants, func(o grant) bool { return o.who == who && o.role == g.role && o.from <= until && from <= o.until })
				may := fine(append(slices.Clone(grants), g), stands) && !twice
				id, err := c.Give(sec(top), people.GrantAsk{Person: who, Role: g.role, Org: "120000", From: day(from), Until: day(until)})
				if (err == nil) != may {
					t.Fatalf("%+v beside %+v, %+v: %v, the model says %v", g, grants, stands, err, may)
				}
				if g.id = id; err == nil {
					grants = append(grants, g)
				}
			case 2:
				deputy := names[0]
				if who == deputy {
					deputy = names[1]
				}
				s := stand{who, deputy, from, until}
				may := fine(grants, append(slices.Clone(stands), s))
				err := c.StandIn(sec(top), who, deputy, day(from), day(until))
				if (err == nil) != may {
					t.Fatalf("%+v beside %+v, %+v: %v, the model says %v", s, grants, stands, err, may)
				}
				if err == nil {
					stands = append(stands, s)
				}
			case 3:
				if len(grants) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(grants)-1).Draw(t, "taken")
				if err := c.Take(sec(top), grants[i].id, ""); err != nil {
					t.Fatal(err)
				}
				grants = slices.Delete(grants, i, i+1)
			}
		}
		for _, who := range names {
			token, err := c.Token(sys(top), who)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 8 {
				c.now = morning.AddDate(0, 0, n)
				for _, role := range roles {
					a, err := c.ByToken(top.Context(), who+"@"+string(role), token)
					holds := slices.Contains(held(who, n, grants, stands), role)
					if (err != nil || a.Role == role) != holds { // several of one role are an error that asks for which
						t.Fatalf("%s on day %d as %s: %+v, %v, the model says %v", who, n, role, a, err, holds)
					}
				}
			}
		}
	})
	if v, err := c.db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}
