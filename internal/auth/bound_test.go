package auth

import (
	"context"
	"testing"

	"eyas/internal/fault"
)

// What a token is held to narrows what its role gives, and never widens it: decisions, scopes of each register and of all.
func TestBoundsNarrow(t *testing.T) {
	where := map[int64]Lie{7: {Register: "enterprise", Orgs: []string{"120110"}, Subjects: []int64{7}}, 8: {Register: "enterprise", Orgs: []string{"120111"}, Subjects: []int64{8}},
		9: {Register: "person", Orgs: []string{"120110"}, Subjects: []int64{9, 7}}, 5: {Register: "enterprise", Subjects: []int64{7}}}
	r := tianjin(t).WithLies(func(_ context.Context, subject int64, _ string) (Lie, error) {
		l, ok := where[subject]
		if !ok {
			return l, fault.New(fault.NotFound, "没有。", "None.")
		}
		return l, nil
	})
	for _, c := range []struct {
		name         string
		role         Role
		org, bounds  string
		may, mayNot  []string // action register id
		sees, hidden []int64
		whole        string // registers of which the scope is whole
	}{
		{"a city's token for all", "bureau", "120000", "see", []string{"see enterprise ", "see  "}, []string{"enter enterprise 7", "import enterprise "}, []int64{7, 8, 9}, nil, "enterprise"},
		{"one that may enter may see", "bureau", "120000", "enter:enterprise", []string{"see enterprise ", "enter enterprise 7"}, []string{"see person ", "enter person 9", "import enterprise "}, []int64{7, 8}, []int64{9}, "enterprise"},
		{"a subject", "bureau", "120000", "enter,see:enterprise#7", []string{"see enterprise ", "enter enterprise 7", "enter enterprise "}, []string{"enter enterprise 8", "enter enterprise 0", "see person "}, []int64{7}, []int64{8, 9}, ""},
		{"a subject with what belongs to it", "bureau", "120000", "see#7", []string{"see enterprise ", "see person "}, []string{"enter enterprise 7"}, []int64{7, 9}, []int64{8}, ""},
		{"a subject of another district", "district_officer", "120110", "see#8", nil, nil, nil, []int64{7, 8, 9}, ""},
		{"a subject that was merged into another", "bureau", "120000", "see#5", nil, nil, nil, []int64{7, 8}, ""},
		{"no subject", "bureau", "120000", "see#4", nil, nil, nil, []int64{7, 8}, ""},
		{"a district's register", "district_officer", "120110", "see:person", []string{"see person "}, []string{"see enterprise ", "enter person 9"}, []int64{9}, []int64{7, 8}, ""},
		{"what the role may not", "expert", "", "enter,see", nil, []string{"enter enterprise 7"}, nil, []int64{7}, ""},
		{"a text that is none", "bureau", "120000", "nonsense", nil, []string{"see  ", "enter enterprise 7"}, nil, []int64{7, 8, 9}, ""},
	} {
		ctx := In(t.Context(), Actor{ID: "wang", Role: c.role, Org: c.org, Bounds: c.bounds})
		ask := func(text string) error {
			var words [3]string
			n := 0
			for _, x := range text {
				if x == ' ' {
					n++
					continue
				}
				words[n] += string(x)
			}
			return r.Decide(ctx, Action(words[0]), Resource{Register: words[1], ID: words[2]})
		}
		for _, x := range c.may {
			if err := ask(x); err != nil {
				t.Errorf("%s may not %q: %v", c.name, x, err)
			}
		}
		for _, x := range c.mayNot {
			if ask(x) == nil {
				t.Errorf("%s may %q", c.name, x)
			}
		}
		all, _ := r.Scope(ctx, "")
		if all.Whole() != (c.bounds == "see") {
			t.Errorf("%s: whole is %v", c.name, all.Whole())
		}
		for _, id := range c.sees {
			of, err := r.Scope(ctx, where[id].Register)
			if err != nil || !all.Holds(where[id]) || !of.Holds(where[id]) {
				t.Errorf("%s does not see %d: %+v %+v", c.name, id, all, of)
			}
		}
		for _, id := range c.hidden {
			of, err := r.Scope(ctx, where[id].Register)
			if all.Holds(where[id]) || err == nil && of.Holds(where[id]) {
				t.Errorf("%s sees %d: %+v %+v", c.name, id, all, of)
			}
		}
		if c.whole != "" {
			if s, err := r.Scope(ctx, c.whole); err != nil || !s.Whole() {
				t.Errorf("%s: of %s not all: %+v %v", c.name, c.whole, s, err)
			}
		}
	}
}

// Bounds in one text, and back.
func TestBoundsText(t *testing.T) {
	for _, text := range []string{"see", "enter,see:enterprise", "see#12", "import,see:person", "enter:enterprise#9223372036854775807"} {
		b, err := ParseBounds(text)
		if err != nil || b.Text() != text {
			t.Errorf("%q became %q, %v", text, b.Text(), err)
		}
	}
	for _, text := range []string{"", "see:", "see#", "see#0", "see#-1", "see#x", "fly", "see,fly", ":enterprise", "see #1", "see,"} {
		if b, err := ParseBounds(text); err == nil || fault.Of(err) != fault.Invalid {
			t.Errorf("%q is read as %+v, %v", text, b, err)
		}
	}
}
