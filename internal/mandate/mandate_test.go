package mandate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/mandate"
	"eyas/internal/people"
)

// Who may do what for an enterprise, step by step.
func TestWhoMayWhat(t *testing.T) {
	databases(t, func(t *testing.T, c *city) {
		c.says(1, "张三")
		c.says(2, "李四")
		c.add("zhang", "张 三", "1")
		c.add("agent", "王五", "1")
		c.add("other", "李四", "2")
		table := func(when string, want map[string]string) {
			t.Helper()
			for id := range c.grants {
				var got []string
				for _, a := range []auth.Action{auth.See, auth.Export, auth.Trace, auth.Consent, auth.Entrust} {
					if c.may(id, a, c.grants[id].Subject) {
						got = append(got, string(a))
					}
					if c.may(id, a, 3-c.grants[id].Subject) {
						t.Errorf("%s: %s may %s for the other enterprise", when, id, a)
					}
				}
				if strings.Join(got, " ") != want[id] {
					t.Errorf("%s: %s may %v instead of %s", when, id, got, want[id])
				}
				_, err := c.people.Scope(c.as(id), "enterprise")
				if sees := err == nil; sees != slices.Contains(got, "see") {
					t.Errorf("%s: %s sees: %v", when, id, sees)
				}
			}
		}
		const all = "see export trace consent entrust"
		table("nobody was confirmed", nil)
		code := func(what string, err error, want fault.Code) {
			t.Helper()
			if fault.Of(err) != want {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err := c.m.Establish(c.officer(), 1, c.grants["agent"].ID, "")
		code("a name that is not the representative's", err, fault.Invalid)
		_, err = c.m.Establish(c.officer(), 1, c.grants["other"].ID, "")
		code("an account of another enterprise", err, fault.NotFound)
		_, err = c.m.Establish(auth.In(t.Context(), auth.Actor{ID: "li", Role: "district_officer", Org: "120101"}), 1, c.grants["zhang"].ID, "")
		code("an officer of another district", err, fault.Forbidden)
		_, err = c.m.Establish(c.as("zhang"), 1, c.grants["zhang"].ID, "")
		code("himself", err, fault.Forbidden)
		_, err = c.m.Entrust(c.as("zhang"), 1, mandate.Ask{Grant: c.grants["agent"].ID, Matters: []string{"data"}, Until: "2026-12-31"})
		code("before he is confirmed", err, fault.Forbidden)
		p, err := c.m.Establish(c.officer(), 1, c.grants["zhang"].ID, "")
		if err != nil || p.Basis != mandate.ByName {
			t.Fatal(p, err)
		}
		if again, err := c.m.Establish(c.officer(), 1, c.grants["zhang"].ID, ""); err != nil || again.ID != p.ID {
			t.Error("the second click:", again, err)
		}
		table("he was confirmed", map[string]string{"zhang": all})
		ask := mandate.Ask{Grant: c.grants["agent"].ID, Matters: []string{"consents", "data"}, Until: "2026-12-31"}
		x, err := c.m.Entrust(c.as("zhang"), 1, ask)
		if err != nil || !slices.Equal(x.Matters, []string{"data", "consents"}) {
			t.Fatal(x, err)
		}
		if again, err := c.m.Entrust(c.as("zhang"), 1, ask); err != nil || again.ID != x.ID {
			t.Error("the second click:", again, err)
		}
		for what, bad := range map[string]mandate.Ask{
			"yesterday": {Grant: ask.Grant, Matters: ask.Matters, Until: "2026-11-30"}, "too long": {Grant: ask.Grant, Matters: ask.Matters, Until: "2027-12-31"}, "no day": {Grant: ask.Grant, Matters: ask.Matters},
			"nothing": {Grant: ask.Grant, Until: ask.Until}, "no matter": {Grant: ask.Grant, Matters: []string{"all"}, Until: ask.Until},
			"himself": {Grant: c.grants["zhang"].ID, Matters: ask.Matters, Until: ask.Until}, "of the other": {Grant: c.grants["other"].ID, Matters: ask.Matters, Until: ask.Until},
		} {
			_, err := c.m.Entrust(c.as("zhang"), 1, bad)
			code(what, err, fault.Invalid)
		}
		table("before he accepted", map[string]string{"zhang": all})
		code("somebody else accepts", c.m.Accept(c.as("zhang"), x.ID), fault.NotFound)
		code("somebody else accepts", c.m.Accept(c.as("other"), x.ID), fault.NotFound)
		viewed := auth.In(t.Context(), auth.Actor{ID: "agent", Viewer: "sun"})
		code("who looks as he sees accepts", c.m.Accept(viewed, x.ID), fault.Forbidden)
		for range 2 {
			if err := c.m.Accept(c.as("agent"), x.ID); err != nil {
				t.Fatal(err)
			}
		}
		given := map[string]string{"zhang": all, "agent": "see export consent"}
		table("he accepted", given)
		_, err = c.m.Entrust(c.as("agent"), 1, mandate.Ask{Grant: c.grants["zhang"].ID, Matters: []string{"data"}, Until: "2026-12-31"})
		code("an agent entrusts", err, fault.Forbidden)
		deputy := auth.In(t.Context(), auth.Actor{ID: "deputy", Role: people.Enterprise, Subject: 1, Grant: c.grants["zhang"].ID})
		if c.people.Decide(deputy, auth.See, auth.Resource{}) == nil {
			t.Error("a deputy of the representative sees the enterprise")
		}
		c.now = time.Date(2026, 12, 31, 15, 59, 59, 0, time.UTC)
		table("on the last day", given)
		c.now = c.now.Add(time.Second)
		table("after the last day", map[string]string{"zhang": all})
		// Either ends it.
		for _, who := range []string{"zhang", "agent"} {
			ask.Until = "2027-06-30"
			if x, err = c.m.Entrust(c.as("zhang"), 1, ask); err != nil {
				t.Fatal(err)
			}
			if err := c.m.Accept(c.as("agent"), x.ID); err != nil {
				t.Fatal(err)
			}
			table("again", given)
			code("the other ends it", c.m.End(c.as("other"), x.ID), fault.NotFound)
			for range 2 {
				if err := c.m.End(c.as(who), x.ID); err != nil {
					t.Fatal(err)
				}
			}
			table("ended by "+who, map[string]string{"zhang": all})
			code("accept what was ended", c.m.Accept(c.as("agent"), x.ID), fault.Conflict)
		}
		// The representative changes, and comes back: what lapsed stays lapsed.
		if x, err = c.m.Entrust(c.as("zhang"), 1, ask); err != nil {
			t.Fatal(err)
		}
		if err := c.m.Accept(c.as("agent"), x.ID); err != nil {
			t.Fatal(err)
		}
		late, err := c.m.Entrust(c.as("zhang"), 1, mandate.Ask{Grant: c.grants["agent"].ID, Matters: []string{"traces"}, Until: "2027-06-30"})
		if err != nil {
			t.Fatal(err)
		}
		table("before the change", given)
		c.says(1, "赵六")
		c.says(1, "张三") // nobody asked in between
		table("after the change", nil)
		code("accept what has lapsed", c.m.Accept(c.as("agent"), late.ID), fault.Conflict)
		s, err := c.m.OfSubject(c.officer(), 1)
		if err != nil || s.Now() != nil || s.Positions[0].State != mandate.Lapsed || s.Mandates[0].State != mandate.Lapsed || s.Mandates[1].State != mandate.Lapsed {
			t.Errorf("%+v %v", s, err)
		}
		p, err = c.m.Establish(c.officer(), 1, c.grants["zhang"].ID, "营业执照副本")
		if err != nil || p.Basis != mandate.ByDocument {
			t.Fatal(p, err)
		}
		table("confirmed anew", map[string]string{"zhang": all})
		if s, err = c.m.OfSubject(c.officer(), 1); err != nil || s.Positions[1].Lapsed.IsZero() {
			t.Error("that it lapsed is not written down", err)
		}
		// The register learns of a new representative after his document was seen.
		c.add("zhao", "赵六", "1")
		if _, err = c.m.Establish(c.officer(), 1, c.grants["zhao"].ID, "变更登记通知书"); err != nil {
			t.Fatal(err)
		}
		table("the next one", map[string]string{"zhao": all})
		c.says(1, "赵六")
		table("the register follows", map[string]string{"zhao": all})
		c.says(1, "张三")
		table("and says something else", nil)
		c.verified()
	})
}

// Accounts from before there were mandates keep what they had until a day, or until the representative is confirmed.
func TestAccountsFromBefore(t *testing.T) {
	databases(t, func(t *testing.T, c *city) {
		c.says(1, "张三")
		c.now = time.Date(2026, 11, 29, 1, 0, 0, 0, time.UTC)
		c.add("old", "王五", "1")
		c.add("zhang", "张三", "2")
		c.now = time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)
		c.add("new", "赵六", "1")
		for _, day := range []struct {
			now time.Time
			old bool
		}{{c.now, true}, {time.Date(2027, 2, 28, 15, 0, 0, 0, time.UTC), true}, {time.Date(2027, 2, 28, 16, 0, 0, 0, time.UTC), false}} {
			c.now = day.now
			if c.may("old", auth.Consent, 1) != day.old || c.may("new", auth.See, 1) || c.may("old", auth.Entrust, 1) {
				t.Errorf("%v: %v %v", day.now, c.may("old", auth.Consent, 1), c.may("new", auth.See, 1))
			}
		}
		c.now = time.Date(2026, 12, 2, 1, 0, 0, 0, time.UTC)
		c.says(1, "赵六")
		if !c.may("old", auth.Consent, 1) {
			t.Error("it ends with a change of the profile, although nobody was confirmed")
		}
		if _, err := c.m.Establish(c.officer(), 1, c.grants["new"].ID, ""); err != nil {
			t.Fatal(err)
		}
		if c.may("old", auth.See, 1) || !c.may("zhang", auth.See, 2) {
			t.Error("the representative was confirmed")
		}
	})
}

// What package auth decides is what a slow reading of all rows with their dates says, whatever happened in which order.
func TestGivenAsTheRowsSay(t *testing.T) {
	databases(t, func(t *testing.T, c *city) {
		type position struct {
			id        int64
			subject   int64
			who       string
			grant     int64
			was, name string
			made      time.Time
			ended     bool
		}
		type given struct {
			id              int64
			position        int
			who             string
			grant           int64
			matters         []string
			until           string
			accepted, ended bool
		}
		var positions []position
		var all []given
		taken := map[int64]bool{}
		names := map[string]string{"a1": "张三", "b1": "李四", "d1": "张三", "e1": "王五"}
		for id, name := range names {
			c.add(id, name, map[bool]string{true: "1", false: "2"}[id < "d"])
		}
		stands := func(p *position) bool {
			if p.ended || taken[p.grant] {
				return false
			}
			allowed := []string{p.was, p.name} // only onward
			for _, s := range c.history[p.subject] {
				if !s.at.After(p.made) {
					continue
				}
				if !slices.Contains(allowed, s.name) {
					return false
				}
				if s.name == p.name {
					allowed = []string{p.name}
				}
			}
			return true
		}
		day := func() string { return c.now.In(c.people.Pack.Zone).Format(time.DateOnly) }
		matters := []string{"data", "consents", "traces"}
		gives := map[string][]auth.Action{"data": {auth.See, auth.Export}, "consents": {auth.See, auth.Consent}, "traces": {auth.See, auth.Trace}}
		runs := 0
		rapid.Check(t, func(t *rapid.T) {
			if runs++; runs > 60 { // the base keeps what each run did
				return
			}
			c.now = c.now.Add(time.Second)
			who := rapid.SampledFrom([]string{"a1", "b1", "d1", "e1"}).Draw(t, "who")
			g := c.grants[who]
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				c.now = c.now.AddDate(0, 0, rapid.IntRange(1, 40).Draw(t, "days"))
			case 1:
				c.says(int64(rapid.IntRange(1, 2).Draw(t, "of")), rapid.SampledFrom([]string{"", "张三", "李四", "王五"}).Draw(t, "name"))
			case 2:
				if err := c.people.Take(auth.In(c.t.Context(), auth.Actor{ID: "sun", Role: "security_admin", Org: "120000"}), g.ID, "试"); err != nil {
					t.Fatal(err)
				}
				taken[g.ID] = true
				c.add(who, names[who], map[int64]string{1: "1", 2: "2"}[g.Subject])
			case 3, 4, 5:
				was := ""
				if h := c.history[g.Subject]; len(h) > 0 {
					was = h[len(h)-1].name
				}
				p, err := c.m.Establish(c.officer(), g.Subject, g.ID, "文件")
				if err != nil {
					t.Fatal(err)
				}
				if slices.ContainsFunc(positions, func(o position) bool { return o.id == p.ID }) {
					break // he was
				}
				for i := range positions {
					if positions[i].subject == g.Subject {
						positions[i].ended = true
					}
				}
				positions = append(positions, position{p.ID, g.Subject, who, g.ID, was, names[who], p.Made, false})
			case 6, 7:
				legal := slices.IndexFunc(positions, func(p position) bool { return p.subject == g.Subject && stands(&p) })
				if legal < 0 || positions[legal].who == who {
					break
				}
				ask := mandate.Ask{Grant: g.ID, Matters: rapid.SliceOfNDistinct(rapid.SampledFrom(matters), 1, 2, rapid.ID[string]).Draw(t, "matters"), Until: c.now.AddDate(0, 0, rapid.IntRange(1, 60).Draw(t, "until")).Format(time.DateOnly)}
				x, err := c.m.Entrust(c.as(positions[legal].who), g.Subject, ask)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, given{x.ID, legal, who, g.ID, ask.Matters, ask.Until, false, false})
				if rapid.Bool().Draw(t, "accepts") {
					if err := c.m.Accept(c.as(who), x.ID); err != nil {
						t.Fatal(err)
					}
					all[len(all)-1].accepted = true
				}
			default:
				if len(all) == 0 {
					break
				}
				i := rapid.IntRange(0, len(all)-1).Draw(t, "end")
				if err := c.m.End(c.as(all[i].who), all[i].id); err != nil {
					t.Fatal(err)
				}
				all[i].ended = true
			}
			for id := range names {
				var want []auth.Action
				grant := c.grants[id].ID
				for i := range positions {
					if p := &positions[i]; p.who == id && p.grant == grant && stands(p) {
						want = append(want, auth.See, auth.Export, auth.Trace, auth.Consent, auth.Entrust)
					}
				}
				for i := range all {
					if x := &all[i]; x.who == id && x.grant == grant && x.accepted && !x.ended && x.until >= day() && stands(&positions[x.position]) {
						for _, m := range x.matters {
							want = append(want, gives[m]...)
						}
					}
				}
				for _, a := range []auth.Action{auth.See, auth.Export, auth.Trace, auth.Consent, auth.Entrust, auth.Enter} {
					if got := c.may(id, a, c.grants[id].Subject); got != slices.Contains(want, a) {
						t.Fatalf("%s may %s: %v, although the rows say %v\n%+v\n%+v\n%+v", id, a, got, want, positions, all, c.history)
					}
				}
			}
		})
		c.verified()
	})
}
