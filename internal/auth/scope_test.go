package auth

import (
	"testing"

	"eyas/internal/fault"
)

// Who acts in a context, and what he may see: in a base without accounts its operator, where nobody is named; in another
// nobody.
func TestActing(t *testing.T) {
	accounts := Directory{"wang": Reader, "li": Operator}
	for _, c := range []struct {
		name    string
		in      Directory
		as      []string // named one after another; none: nobody is
		want    Actor
		refused bool
	}{
		{"nobody is named", Accountless(), nil, Actor{Local, Operator}, false},
		{"the empty name", Accountless(), []string{""}, Actor{}, true},
		{"somebody who is not known", Accountless(), []string{"wang"}, Actor{"wang", ""}, true},
		{"the program", Accountless(), []string{Self}, Actor{Self, Program}, false},
		{"nobody among accounts", accounts, nil, Actor{}, true},
		{"the local operator among accounts", accounts, []string{Local}, Actor{Local, ""}, true},
		{"a reader", accounts, []string{"wang"}, Actor{"wang", Reader}, false},
		{"the one named last", accounts, []string{"wang", "li"}, Actor{"li", Operator}, false},
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
	if err := Decide(Accountless().Acting(As(t.Context(), Self)), Enter, Resource{}); fault.Of(err) != fault.Forbidden {
		t.Errorf("the program may enter values: %v", err)
	}
}
