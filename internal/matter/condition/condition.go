// Package condition compiles and answers the conditions of matters: the same language as rules, over the register with the form's own
// fields. What the form says counts more than the profile.
package condition

import (
	"fmt"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/expr"
	"eyas/internal/tri"
)

// Set holds the compiled conditions of all matters of a pack. It is safe for concurrent use.
type Set struct {
	matters map[string]map[string]*expr.Expression // by matter and text
}

// Check returns what is wrong with the conditions of a pack.
func Check(p *pack.Pack) pack.Errors {
	_, errs := compile(p)
	return errs
}

// Compile compiles the conditions of a pack. The error is a pack.Errors.
func Compile(p *pack.Pack) (_ *Set, err error) {
	s, errs := compile(p)
	if len(errs) > 0 {
		return nil, errs
	}
	return s, nil
}

func compile(p *pack.Pack) (*Set, pack.Errors) {
	s := &Set{matters: map[string]map[string]*expr.Expression{}}
	var errs pack.Errors
	for _, m := range p.Matters {
		l, err := expr.New(p, m.View, expr.Names{})
		if err != nil {
			errs = append(errs, &pack.Error{Pos: m.Pos, Text: err.Error()})
			continue
		}
		all := map[string]*expr.Expression{}
		s.matters[m.ID] = all
		each(m, func(text string, pos pack.Pos) {
			if text == "" || all[text] != nil {
				return
			}
			e, wrong := l.Compile(text, pos, expr.Truth)
			if len(wrong) > 0 {
				for _, x := range wrong { // matters with one form have its faults together
					if !slices.ContainsFunc(errs, func(o *pack.Error) bool { return o.Pos == x.Pos && o.Text == x.Text }) {
						errs = append(errs, x)
					}
				}
				return
			}
			all[text] = e
		})
	}
	return s, errs
}

// each passes the conditions of a matter.
func each(m *pack.MatterType, fn func(text string, pos pack.Pos)) {
	for _, s := range m.Form.Sections {
		for _, x := range s.Fields {
			fn(x.When, x.WhenPos)
		}
	}
	for _, a := range m.Form.Attachments {
		fn(a.When, a.WhenPos)
		fn(a.Trusted, a.TrustPos)
	}
	for _, k := range m.Form.Checks {
		fn(k.When, k.Pos)
	}
	for _, s := range m.Stages {
		for _, n := range s.Then {
			fn(n.When, n.Pos)
		}
	}
}

// Any reports whether a matter has conditions.
func (s *Set) Any(matter string) bool { return len(s.matters[matter]) > 0 }

// Over answers the conditions of a matter for a subject: as matter.World asks them. profile may be nil. The base year of yearly values is
// the year before day, the day on which the case was begun.
func (s *Set) Over(m *pack.MatterType, profile *fact.Profile, day time.Time) func(when string, pos pack.Pos, f matter.Form) (tri.Bool, []string, error) {
	return func(when string, pos pack.Pos, f matter.Form) (_ tri.Bool, misses []string, err error) {
		defer fault.At(&err, "condition.Over(matter %s, %s)", m.ID, pos)
		e := s.matters[m.ID][when]
		if e == nil {
			return tri.Unknown, nil, fmt.Errorf("the condition %q is not compiled", when)
		}
		t, err := table(m, profile, day.Year()-1, f)
		if err != nil {
			return tri.Unknown, nil, err
		}
		v, err := e.Value(t, 0, expr.On{Date: day})
		if err != nil {
			return tri.Unknown, nil, err
		}
		if v.Truth == tri.Unknown {
			misses = missing(m, e, t, day.Year()-1)
		}
		return v.Truth, misses, nil
	}
}

// table is a table of one row: the profile, with what the form says in its place.
func table(m *pack.MatterType, profile *fact.Profile, base int, f matter.Form) (*col.Table, error) {
	b := col.NewBuilder(m.View)
	if profile == nil {
		profile = &fact.Profile{Subject: 1}
	}
	if err := b.Add(profile); err != nil {
		return nil, err
	}
	t := b.Table(0)
	fields := []*pack.Field{}
	for _, s := range m.Form.Sections {
		fields = append(fields, s.Fields...)
	}
	for _, s := range m.Stages {
		fields = append(fields, s.Fields...)
	}
	for _, x := range fields {
		text, given := f.Values[x.ID]
		if x.Rows != nil || !given {
			continue
		}
		year := 0
		if x.Attr.Yearly {
			year = base - x.Back
		}
		rule.Put(t, x.Attr, year, text) // what cannot be read is not known; the form's problems say so
	}
	return t, nil
}

// missing names what a condition reads and is not there.
func missing(m *pack.MatterType, e *expr.Expression, t *col.Table, base int) (names []string) {
	for _, r := range e.Reads() {
		k := r.Key(base)
		a := m.View.Attribute(k.Attr)
		if a == nil || t.Nums[k] != nil || t.Dates[k] != nil || t.Bools[k] != nil || t.Dicts[k] != nil || t.Texts[k] != nil {
			continue
		}
		name := a.Name.ZH
		if k.Year != 0 {
			name = fmt.Sprintf("%s（%d）", name, k.Year)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
