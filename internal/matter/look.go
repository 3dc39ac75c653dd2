package matter

import (
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/tri"
)

// MayBegin reports whether a person may begin a case of a subject that lies in some organisations.
func MayBegin(t *pack.MatterType, subject int64, orgs map[pack.Relative]string, p Person) bool {
	return applies(t, &Case{Head: Head{Subject: subject, Orgs: orgs}}, p)
}

// Applies reports whether a person acts for the applicant of a case.
func Applies(t *pack.MatterType, c *Case, p Person) bool { return applies(t, c, p) }

// With is a form with the values of another one in their place, as an act with it leaves the form; by may be nil.
func With(f Form, by *Form) Form {
	if by == nil {
		return f
	}
	next := copied(&f)
	next.Values = replaced(next.Values, by.Values, func(v string) bool { return v == "" })
	next.Rows = replaced(next.Rows, by.Rows, func(v []map[string]string) bool { return len(v) == 0 })
	next.Files = replaced(next.Files, by.Files, func(v []File) bool { return len(v) == 0 })
	return *next
}

// AsksFor says of each field and attachment with a condition whether it is asked for. What is not known is not asked for.
func AsksFor(t *pack.MatterType, f Form, w World) (asked map[string]bool, err error) {
	defer fault.At(&err, "matter.AsksFor(matter %s)", t.ID)
	asked = map[string]bool{}
	ask := func(id, when string, pos pack.Pos) error {
		if when == "" || w.Holds == nil {
			return nil
		}
		is, _, err := w.Holds(when, pos, f)
		asked[id] = is == tri.True
		return err
	}
	for _, s := range t.Form.Sections {
		for _, x := range s.Fields {
			if err := ask(x.ID, x.When, x.WhenPos); err != nil {
				return nil, err
			}
		}
	}
	for _, a := range t.Form.Attachments {
		if err := ask(a.ID, a.When, a.WhenPos); err != nil {
			return nil, err
		}
	}
	return asked, nil
}

// Asks reports whether a visit waits for what the applicant was asked for, and the day for it is not over: nobody else has anything to do
// in it then.
func (v *Visit) Asks() bool {
	a := v.asked()
	return a != nil && !a.Late
}

// Standing are the remarks about fields that wait for an answer: those of the newest request for more, and of a return to the applicant
// that has not been filed again.
func (c *Case) Standing() (list []Remark) {
	for _, v := range c.Open() {
		if a := v.asked(); a != nil {
			list = append(list, a.Remarks...)
		}
	}
	if len(c.Visits) == 0 {
		return list
	}
	for _, v := range c.Open() {
		from := c.Visit(v.Back)
		if from == nil {
			from = c.Visit(c.returnedBy(v))
		}
		if from != nil && v.Stage == c.Visits[0].Stage {
			list = append(list, from.Remarks...)
		}
	}
	return list
}

// returnedBy is the visit that returned the case to a visit; 0: none did.
func (c *Case) returnedBy(v *Visit) int {
	at := slices.IndexFunc(c.Visits, func(o *Visit) bool { return o.ID == v.ID })
	for i := at - 1; i >= 0; i-- {
		if o := c.Visits[i]; o.Outcome == pack.OutcomeReturn {
			return o.ID
		}
	}
	return 0
}
