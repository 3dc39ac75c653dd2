package auth

import (
	"slices"
	"testing"

	"eyas/internal/fault"
)

// The whole matrix, written out: a new action or role must be decided here, or it is forbidden.
func TestDecide(t *testing.T) {
	all := []Action{
		See, Import, Undo, Remember, Place, Settle, Link, Enter, Derive, Stop,
	}
	for _, c := range []struct {
		actor Actor
		may   []Action
	}{
		{Actor{"local", Operator}, all},
		{Actor{"wang", Reader}, []Action{See}},
		{Actor{Self, Program}, []Action{See}},
		{Actor{"wang", ""}, nil},
		{Actor{"wang", "unheard of"}, nil},
		{Actor{"", Operator}, nil}, // nobody is not the operator
	} {
		for _, action := range append(all, "unheard of", "") {
			err := Decide(c.actor, action, Resource{Register: "enterprise"})
			if (err == nil) != slices.Contains(c.may, action) {
				t.Errorf("%v %q: %v", c.actor, action, err)
			}
			if err != nil && fault.Of(err) != fault.Forbidden {
				t.Errorf("%v %q: code %s", c.actor, action, fault.Of(err))
			}
		}
	}
	for action := range words {
		if !slices.Contains(all, action) {
			t.Errorf("%s is not decided here", action)
		}
	}
}

func TestEveryActionHasWords(t *testing.T) {
	for _, actions := range matrix {
		for a := range actions {
			if words[a] == "" {
				t.Errorf("action %q has no Chinese words", a)
			}
		}
	}
}

func TestAccountless(t *testing.T) {
	d := Accountless()
	if err := Decide(d.Actor(Local), Import, Resource{}); err != nil {
		t.Error(err)
	}
	if err := Decide(d.Actor("somebody"), See, Resource{}); err == nil {
		t.Error("an unknown actor may see")
	}
}
