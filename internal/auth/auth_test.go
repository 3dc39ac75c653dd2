package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/packs"
)

// all are the actions, written out: a new one must be decided in the table below.
var all = []Action{See, Export, Import, Undo, Remember, Place, Settle, Link, Enter, Derive, Stop, Unmask, Erase, AskErasure, ApproveErasure, Study, Trace, Contacts, Consent, Assign, Entrust, Represent, Account, Grant, Propose, LookAs, Log, File, Handle, Hook}

// What each role may do, written out: a role or an action that is new must be decided here.
func TestRoles(t *testing.T) {
	r := tianjin(t)
	roles := map[Role]string{
		"system_admin": "account", "security_admin": "grant", "audit_admin": "log",
		"bureau":            "see export import undo remember place settle link enter derive stop study unmask contacts assign represent ask_erasure approve_erasure handle",
		"bureau_admin":      "see export propose look_as represent approve_erasure handle",
		"district_officer":  "see export import undo settle link enter study unmask contacts assign represent ask_erasure handle",
		"district_reviewer": "see export settle study unmask approve_erasure handle",
		"district_admin":    "see export propose look_as represent handle",
		"park":              "see export settle enter handle",
		"enterprise":        "see export trace consent entrust file", "carrier": "see export trace consent",
		"expert": "see handle", "bank": "see", "commissioner": "see", "auditor": "see export log trace", "public": "see",
		Reader: "", Operator: "", Program: "see export", // the first two only for persons without accounts
	}
	for _, role := range r.Roles() {
		if _, ok := roles[role]; !ok {
			t.Errorf("the role %s is not decided here", role)
		}
	}
	for role, may := range roles {
		a := Actor{ID: "wang", Role: role, Org: "120110", Subject: 7}
		if role == Program {
			a = Actor{ID: Self}
		}
		for _, action := range append(all, "unheard of", "") {
			err := r.Decide(In(t.Context(), a), action, Resource{Register: "enterprise"})
			if want := slices.Contains(strings.Fields(may), string(action)); (err == nil) != want {
				t.Errorf("%s %q: %v", role, action, err)
			}
			if err != nil && fault.Of(err) != fault.Forbidden {
				t.Errorf("%s %q: code %s", role, action, fault.Of(err))
			}
			a := a
			a.Viewer = "li"
			if err := r.Decide(In(t.Context(), a), action, Resource{}); err == nil && writes[action] {
				t.Errorf("who looks as %s may %s", role, action)
			}
		}
	}
	for action := range words {
		if !slices.Contains(all, action) {
			t.Errorf("%s is not decided here", action)
		}
	}
	for action := range writes {
		if words[action] == "" {
			t.Errorf("action %q has no words", action)
		}
	}
}

// Who acts in a context, and what he may see: in a base without accounts its operator, where nobody is named; in another
// nobody.
func TestActing(t *testing.T) {
	accounts := Fixed(map[string]Role{"wang": Reader, "li": Operator})
	for _, c := range []struct {
		name    string
		in      Directory
		as      []string // named one after another; none: nobody is
		want    Actor
		refused bool
	}{
		{"nobody is named", Accountless(), nil, Actor{ID: Local, Role: Operator}, false},
		{"somebody who is not known", Accountless(), []string{"wang"}, Actor{ID: "wang"}, true},
		{"the program", Accountless(), []string{Self}, Actor{ID: Self, Role: Program}, false},
		{"the empty name", Accountless(), []string{""}, Actor{}, true},
		{"nobody among accounts", accounts, nil, Actor{}, true},
		{"the empty name", accounts, []string{""}, Actor{}, true},
		{"the local operator among accounts", accounts, []string{Local}, Actor{ID: Local}, true},
		{"a reader", accounts, []string{"wang"}, Actor{ID: "wang", Role: Reader}, false},
		{"the one named last", accounts, []string{"wang", "li"}, Actor{ID: "li", Role: Operator}, false},
		{"nobody in a city", tianjin(t), nil, Actor{}, true},
		{"the local operator in a city", tianjin(t), []string{Local}, Actor{ID: Local}, true},
	} {
		ctx := t.Context()
		for _, id := range c.as {
			ctx = As(ctx, id)
		}
		if got := c.in.Acting(ctx); got != c.want {
			t.Errorf("%s: %+v acts, want %+v", c.name, got, c.want)
		}
		scope, err := c.in.Scope(ctx, "enterprise")
		if refused := fault.Of(err) == fault.Forbidden; refused != c.refused || scope.Whole() == refused {
			t.Errorf("%s: sees %+v, %v", c.name, scope, err)
		}
	}
}

// No account has a role that no pack defines, whatever a context says.
func TestNoAccountIsTheOperator(t *testing.T) {
	for _, role := range []Role{Operator, Reader, Program} {
		ctx := In(t.Context(), Actor{ID: "wang", Role: role, Org: "120000"})
		for _, a := range all {
			if err := tianjin(t).Decide(ctx, a, Resource{}); err == nil {
				t.Errorf("wang may %s as %s", a, role)
			}
		}
	}
}

// An actor in one line, and back.
func TestActorText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Actor{ID: rapid.StringMatching(`[a-z0-9]{1,12}`).Draw(t, "id"), Role: Role(rapid.SampledFrom([]string{"", "bureau", "park"}).Draw(t, "role")),
			Org: rapid.SampledFrom([]string{"", "120110"}).Draw(t, "org"), Subject: rapid.Int64Range(0, 3).Draw(t, "subject"), From: rapid.String().Draw(t, "from")}
		if !validUTF8(a.From) {
			return
		}
		if got := ParseActor(a.Text()); got != a {
			t.Errorf("%+v became %+v", a, got)
		}
	})
}

func validUTF8(s string) bool { return strings.ToValidUTF8(s, "") == s }

func TestScopeHolds(t *testing.T) {
	r := tianjin(t)
	as := func(role Role, org string, subject int64) context.Context {
		return In(t.Context(), Actor{ID: "wang", Role: role, Org: org, Subject: subject})
	}
	dongli, teda, huayuan := Lie{Orgs: []string{"120110"}}, Lie{Orgs: []string{"120116", "teda"}}, Lie{Orgs: []string{"120104", "nidz", "huayuan"}}
	nowhere, mine, seven := Lie{}, Lie{By: "wang"}, Lie{Orgs: []string{"120110"}, Subjects: []int64{7, 12}}
	for _, c := range []struct {
		name string
		ctx  context.Context
		lies Lie
		want bool
	}{
		{"the city sees a district", as("bureau", "120000", 0), dongli, true},
		{"the city sees what lies nowhere", as("bureau", "120000", 0), nowhere, true},
		{"a district sees itself", as("district_officer", "120110", 0), dongli, true},
		{"a district does not see another", as("district_officer", "120111", 0), dongli, false},
		{"a district sees its zones", as("district_officer", "120116", 0), teda, true},
		{"a zone does not see its district", as("park", "teda", 0), Lie{Orgs: []string{"120116"}}, false},
		{"a zone sees its park", as("park", "nidz", 0), huayuan, true},
		{"a park across districts is seen through each", as("district_officer", "120104", 0), huayuan, true},
		{"nobody but the city sees what lies nowhere", as("district_officer", "120110", 0), nowhere, false},
		{"who brought it does", as("district_officer", "120110", 0), mine, true},
		{"not once it is known to lie elsewhere", as("district_officer", "120110", 0), Lie{Orgs: []string{"120111"}, By: "wang"}, false},
		{"an enterprise sees itself", as("enterprise", "", 7), seven, true},
		{"what belongs to it too", as("enterprise", "", 12), seven, true},
		{"and no other", as("enterprise", "", 8), seven, false},
		{"not by what it brought", as("enterprise", "", 8), mine, false},
		{"an enterprise account without an enterprise", as("enterprise", "", 0), Lie{Subjects: []int64{0}}, false},
		{"an officer without an organisation", as("district_officer", "", 0), Lie{Orgs: []string{""}}, false},
		{"an organisation that there is not", as("district_officer", "999", 0), Lie{Orgs: []string{"999"}}, false},
		{"an administrator sees nothing", as("system_admin", "120000", 0), dongli, false},
		{"the public sees nothing that is not published", as("public", "120000", 0), dongli, false},
	} {
		scope, err := r.Scope(c.ctx, "enterprise")
		if (err == nil && scope.Holds(c.lies)) != c.want {
			t.Errorf("%s: %v (%+v, %v)", c.name, !c.want, scope, err)
		}
		if scope.Empty() != (err != nil) {
			t.Errorf("%s: an empty scope without a refusal, or the other way: %+v, %v", c.name, scope, err)
		}
		if err := r.Decide(c.ctx, See, Resource{Register: "enterprise", Lies: &c.lies}); (err == nil) != c.want {
			t.Errorf("%s: decided %v", c.name, err)
		}
	}
}

// The classes of fields that each role sees.
func TestShows(t *testing.T) {
	r := tianjin(t)
	for _, c := range []struct {
		role  Role
		class pack.Class
		want  bool
	}{
		{"bureau", pack.Identity, true}, {"district_reviewer", pack.Identity, false}, {"district_reviewer", pack.Private, true},
		{"park", pack.Private, false}, {"park", pack.Working, true}, {"public", pack.Working, false}, {"public", pack.Open, true},
		{"system_admin", pack.Open, false}, {"", pack.Open, false},
	} {
		if got := r.Shows(In(t.Context(), Actor{ID: "wang", Role: c.role, Org: "120000"}), c.class); got != c.want {
			t.Errorf("%s sees %s: %v", c.role, c.class, got)
		}
	}
}

// Two scopes have one key only when they hold the same.
func TestScopeKeys(t *testing.T) {
	r := tianjin(t)
	keys := map[string]Actor{}
	for _, a := range []Actor{
		{ID: "a", Role: "bureau", Org: "120000"}, {ID: "a", Role: "district_officer", Org: "120110"}, {ID: "a", Role: "district_officer", Org: "120111"},
		{ID: "b", Role: "district_officer", Org: "120111"}, {ID: "a", Role: "enterprise", Subject: 1}, {ID: "a", Role: "enterprise", Subject: 11}, {ID: "a", Role: "park", Org: "huayuan"},
	} {
		s, err := r.Scope(In(t.Context(), a), "enterprise")
		if other, ok := keys[s.Key()]; ok || err != nil {
			t.Errorf("%+v and %+v have the key %q, %v", a, other, s.Key(), err)
		}
		keys[s.Key()] = a
	}
}

func BenchmarkDecide(b *testing.B) {
	r := tianjin(b)
	ctx := In(b.Context(), Actor{ID: "wang", Role: "district_officer", Org: "120116"})
	lies := Lie{Orgs: []string{"120116", "teda"}}
	for b.Loop() {
		if r.Decide(ctx, Enter, Resource{Register: "enterprise", Lies: &lies}) != nil {
			b.Fatal("refused")
		}
	}
}

func tianjin(t testing.TB) *Rights {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return r.WithMandates(func(context.Context, Actor) ([]Action, error) { return all, nil })
}

// In a role with a mandate nobody does more than is entrusted to him, nor more than the role may; other roles need none.
func TestEntrusted(t *testing.T) {
	own := Actor{ID: "wang", Role: "enterprise", Subject: 7}
	asked := 0
	for _, c := range []struct {
		given []Action
		want  string
	}{
		{nil, ""}, {[]Action{See}, "see"}, {[]Action{See, Consent}, "see consent"}, {[]Action{Trace}, "trace"}, {[]Action{See, Enter, Unmask}, "see"}, {all, "see export trace consent entrust file"},
	} {
		r := tianjin(t).WithMandates(func(_ context.Context, a Actor) ([]Action, error) {
			asked++
			if a != own {
				t.Errorf("asked of %+v", a)
			}
			return c.given, nil
		})
		for _, action := range all {
			err := r.Decide(In(t.Context(), own), action, Resource{Lies: &Lie{Subjects: []int64{7}}})
			if want := slices.Contains(strings.Fields(c.want), string(action)); (err == nil) != want {
				t.Errorf("%v: %s: %v", c.given, action, err)
			}
			if x := RefusedIn(err); x != nil && x.Mandate != strings.Contains(" see export trace consent entrust file ", " "+string(action)+" ") {
				t.Errorf("%v: %s: the refusal says %+v", c.given, action, x)
			}
		}
		s, err := r.Scope(In(t.Context(), own), "enterprise")
		if sees := err == nil && s.Holds(Lie{Subjects: []int64{7}}); sees != slices.Contains(c.given, See) {
			t.Errorf("%v: sees %v, %v", c.given, sees, err)
		}
		if err := r.Decide(In(t.Context(), Actor{ID: "b", Role: "bureau", Org: "120000"}), See, Resource{}); err != nil {
			t.Error(err)
		}
		// A request that only reads asks once.
		before, once := asked, Once(In(t.Context(), own))
		for range 3 {
			r.Decide(once, See, Resource{})
			r.Decide(once, Export, Resource{})
		}
		if asked != before+1 {
			t.Errorf("asked %d times", asked-before)
		}
	}
	none := tianjin(t).WithMandates(nil)
	if none.Decide(In(t.Context(), own), See, Resource{}) == nil {
		t.Error("without anybody who knows what is entrusted, everything is")
	}
	broken := errors.New("no base")
	if err := none.WithMandates(func(context.Context, Actor) ([]Action, error) { return all, broken }).Decide(In(t.Context(), own), See, Resource{}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// A pack whose roles do what nobody can do, or have an id of the program's own, gives no rights.
func TestCheck(t *testing.T) {
	p := &pack.Pack{Roles: []*pack.Role{{ID: "office", May: []string{"see", "fly"}, Pos: pack.Pos{File: "roles.yaml", Line: 3}}, {ID: "operator"}}}
	wrong := Check(p)
	if len(wrong) != 2 || !strings.Contains(wrong[0].Error(), `roles.yaml:3:0: there is no action "fly" (role office)`) || !strings.Contains(wrong[1].Text, "operator") {
		t.Error(wrong)
	}
	if r, err := New(p); err == nil || r != nil {
		t.Error("rights of a wrong pack")
	}
}
