package auth

import (
	"testing"

	"eyas/internal/fault"
)

// The whole matrix, written out: a new action or role must be decided here, or it is forbidden.
func TestDecide(t *testing.T) {
	actions := []Action{See, Import, Undo, Remember, Place, Settle, "unheard of", ""}
	for _, c := range []struct {
		actor Actor
		may   []bool // in the order of actions
	}{
		{Actor{"local", Operator}, []bool{true, true, true, true, true, true, false, false}},
		{Actor{"wang", Reader}, []bool{true, false, false, false, false, false, false, false}},
		{Actor{"wang", ""}, []bool{false, false, false, false, false, false, false, false}},
		{Actor{"wang", "unheard of"}, []bool{false, false, false, false, false, false, false, false}},
		{Actor{"", Operator}, []bool{false, false, false, false, false, false, false, false}}, // nobody is not the operator
	} {
		for i, action := range actions {
			err := Decide(c.actor, action, Resource{Register: "enterprise"})
			if (err == nil) != c.may[i] {
				t.Errorf("%v %q: %v", c.actor, action, err)
			}
			if err != nil && fault.Of(err) != fault.Forbidden {
				t.Errorf("%v %q: code %s", c.actor, action, fault.Of(err))
			}
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
