package people_test

import (
	"context"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/people"
)

func see(register string) auth.Bounds {
	return auth.Bounds{Actions: []auth.Action{auth.See}, Register: register}
}

// A token acts for its person under its grant, held to what it was made for, until it is revoked, expires, or its grant or account gives
// nothing any more. Only its digest is kept, and the log has it.
func TestAPITokens(t *testing.T) {
	for name, dsn := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := open(t, dsn).started(t)
			c.person(t, "wang")
			grant := c.give(t, "wang", "district_officer", "120110")
			wang := as(t, "wang", "district_officer", "120110")
			ask := people.APIAsk{Person: "wang", Grant: grant, Name: "年报系统", Bounds: see("enterprise"), Days: 30, PerMinute: 60}
			token, id, err := c.NewAPIToken(wang, ask)
			if err != nil || !strings.HasPrefix(token, "eyas_") || id == 0 {
				t.Fatal(token, id, err)
			}
			enter := func(token string) (auth.Actor, error) {
				a, _, err := c.EnterAPI(t.Context(), token, here)
				return a, err
			}
			a, err := enter(token)
			if want := (auth.Actor{ID: "wang", Role: "district_officer", Org: "120110", Grant: grant, From: here.Address, Bounds: "see:enterprise"}); err != nil || a != want {
				t.Errorf("%+v, %v", a, err)
			}
			if err := c.Decide(auth.In(t.Context(), a), auth.See, auth.Resource{Register: "person"}); err == nil {
				t.Error("a token held to enterprises sees persons")
			}
			if _, _, err := c.NewAPIToken(auth.In(t.Context(), a), ask); err == nil {
				t.Error("a token makes tokens")
			}
			list, err := c.APITokensOf(wang, "wang")
			if err != nil || len(list) != 1 || list[0].Used.IsZero() || list[0].UsedFrom != here.Address || strings.Contains(list[0].Key, token[5:]) {
				t.Errorf("%+v, %v", list, err)
			}
			for _, wrong := range []string{"", "eyas_", token[:20], token + "x", strings.ToLower(token), strings.TrimPrefix(token, "eyas_"), "eyas_" + strings.Repeat("A", 32), strings.Repeat("eyas_", 4000)} {
				if _, err := enter(wrong); fault.Of(err) != fault.Unauthorised {
					t.Errorf("%.40q: %v", wrong, err)
				}
			}
			refused := func(what string) {
				t.Helper()
				if _, err := enter(token); fault.Of(err) != fault.Unauthorised {
					t.Errorf("%s: %v", what, err)
				}
			}
			again := func(what string) {
				t.Helper()
				if _, err := enter(token); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			if err := c.Lock(sys(t), "wang"); err != nil {
				t.Fatal(err)
			}
			refused("of a locked account")
			if err := c.Unlock(sys(t), "wang"); err != nil {
				t.Fatal(err)
			}
			again("of an unlocked account")
			before := c.now
			c.now = c.now.AddDate(0, 0, 30)
			refused("expired")
			c.now = before
			again("before its end")
			if err := c.RevokeAPIToken(wang, "wang", id); err != nil {
				t.Fatal(err)
			}
			refused("revoked")
			token, _, err = c.NewAPIToken(wang, ask)
			if err != nil {
				t.Fatal(err)
			}
			again("a second one")
			if err := c.Take(sec(t), grant, ""); err != nil {
				t.Fatal(err)
			}
			refused("of a grant that was taken")
			if _, _, err := c.NewAPIToken(wang, ask); err == nil {
				t.Error("a token of a grant that was taken")
			}
			if report, err := c.db.Verify(t.Context(), nil, nil); err != nil || len(report.Problems) > 0 {
				t.Errorf("%+v %v", report, err)
			}
		})
	}
}

// What a token may be made for, and by whom.
func TestAPITokensAreBounded(t *testing.T) {
	c := sqlite(t).started(t)
	for _, id := range []string{"wang", "li"} {
		c.person(t, id)
	}
	grant, other := c.give(t, "wang", "district_officer", "120110"), c.give(t, "li", "district_officer", "120111")
	wang := as(t, "wang", "district_officer", "120110")
	good := people.APIAsk{Person: "wang", Grant: grant, Name: "取数", Bounds: see(""), Days: 90, PerMinute: 300}
	for what, change := range map[string]func(*people.APIAsk){
		"no name":                 func(a *people.APIAsk) { a.Name = "  " },
		"a long name":             func(a *people.APIAsk) { a.Name = strings.Repeat("长", 81) },
		"no days":                 func(a *people.APIAsk) { a.Days = 0 },
		"for ever":                func(a *people.APIAsk) { a.Days = 4000 },
		"no rate":                 func(a *people.APIAsk) { a.PerMinute = 0 },
		"the grant of another":    func(a *people.APIAsk) { a.Grant = other },
		"no such grant":           func(a *people.APIAsk) { a.Grant = 99999 },
		"no action":               func(a *people.APIAsk) { a.Bounds.Actions = nil },
		"an action of no call":    func(a *people.APIAsk) { a.Bounds.Actions = []auth.Action{auth.Unmask} },
		"no register":             func(a *people.APIAsk) { a.Bounds.Register = "nosuch" },
		"a subject and an import": func(a *people.APIAsk) { a.Bounds = auth.Bounds{Actions: []auth.Action{auth.Import}, Subject: 7} },
		"another person":          func(a *people.APIAsk) { a.Person, a.Grant = "li", other },
		"nobody":                  func(a *people.APIAsk) { a.Person = "nobody" },
	} {
		a := good
		change(&a)
		if _, _, err := c.NewAPIToken(wang, a); err == nil || fault.Of(err) == fault.Internal {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := c.NewAPIToken(sys(t), good); fault.Of(err) != fault.Forbidden {
		t.Errorf("an administrator makes a token of a person: %v", err)
	}
	if _, err := c.APITokensOf(wang, "li"); fault.Of(err) != fault.Forbidden {
		t.Errorf("wang sees the tokens of li: %v", err)
	}
	if _, err := c.APITokensOf(wang, "nobody"); fault.Of(err) != fault.Forbidden {
		t.Errorf("wang learns that there is nobody: %v", err)
	}
	looking := auth.In(t.Context(), auth.Actor{ID: "wang", Role: "district_officer", Org: "120110", Viewer: "chief"})
	if _, _, err := c.NewAPIToken(looking, good); err == nil {
		t.Error("who looks as wang makes a token of his")
	}
}

// A system has an account that nobody signs in by. Its tokens are made by the system administrator, and what it may do is granted to it.
func TestSystems(t *testing.T) {
	c := sqlite(t).started(t)
	if err := c.MakeSystem(sec(t), "report-system", "年报系统"); fault.Of(err) != fault.Forbidden {
		t.Errorf("who grants roles makes accounts: %v", err)
	}
	if err := c.MakeSystem(sys(t), "report-system", "年报系统"); err != nil {
		t.Fatal(err)
	}
	grant := c.give(t, "report-system", "bureau", "120000")
	token, id, err := c.NewAPIToken(sys(t), people.APIAsk{Person: "report-system", Grant: grant, Name: "取名单", Bounds: see(""), Days: 90, PerMinute: 60})
	if err != nil {
		t.Fatal(err)
	}
	enter := func() error {
		_, _, err := c.EnterAPI(context.Background(), token, here)
		return err
	}
	if err := enter(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recover(sys(t), "report-system"); fault.Of(err) != fault.Conflict {
		t.Errorf("a system gets a link: %v", err)
	}
	if _, err := c.Token(sys(t), "report-system"); fault.Of(err) != fault.Conflict {
		t.Errorf("a system gets a token of commands: %v", err)
	}
	if _, _, err := c.SignIn(t.Context(), "report-system", "", here, ""); err == nil {
		t.Error("somebody signs in as a system")
	}
	if _, err := c.Leave(sys(t), "report-system", "aud"); err != nil {
		t.Fatal(err)
	}
	if enter() == nil {
		t.Error("the token of a system that has left")
	}
	list, err := c.APITokensOf(sys(t), "report-system")
	if err != nil || len(list) != 1 || list[0].ID != id || list[0].Ended.IsZero() || list[0].EndedBy != "sys" {
		t.Errorf("%+v %v", list, err)
	}
}
