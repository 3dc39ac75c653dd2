package auth

import (
	"fmt"
	"slices"
	"testing"

	"eyas/internal/pack"
	"eyas/packs"
)

// Who sees a thing is whom the scopes let see it, for every role and organisation; a refusal names who may.
func TestSeersAreTheScopes(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	r := tianjin(t)
	for _, l := range []Lie{{Orgs: []string{"120110"}}, {Orgs: []string{"120116", "teda"}}, {Orgs: []string{"huayuan"}}, {}} {
		seers := map[string][]string{}
		for _, s := range r.Seers(p.Orgs, "enterprise", l, []string{"enterprise"}) {
			seers[s.Role.ID] = s.Orgs
		}
		for _, role := range p.Roles {
			if role.Rows != pack.RowsOrg {
				continue
			}
			for _, o := range p.Orgs {
				if !slices.Contains(role.Orgs, o.Kind) {
					continue
				}
				scope, err := r.Scope(In(t.Context(), Actor{ID: "wang", Role: Role(role.ID), Org: o.ID}), "enterprise")
				if want := err == nil && scope.Holds(l); slices.Contains(seers[role.ID], o.ID) != want {
					t.Errorf("%v: %s of %s sees it: %v", l.Orgs, role.ID, o.ID, want)
				}
			}
		}
		if _, own := seers["enterprise"]; !own {
			t.Error("an enterprise is not said to see itself")
		}
		if _, carrier := seers["carrier"]; carrier {
			t.Error("a carrier is said to see an enterprise")
		}
	}
	why := r.Why(RefusedIn(fmt.Errorf("wrapped: %w", r.Decide(In(t.Context(), Actor{ID: "wang", Role: "public"}), Enter, Resource{}))))
	if len(why.May) != 3 || why.Own == nil || why.Own.ID != "public" || len(why.Granted) != 1 || why.Granted[0].ID != "security_admin" {
		t.Errorf("%+v", why)
	}
}
