// Package drive goes through a matter as one person who is everybody, to tell before it is offered that it can be done at all.
package drive

import (
	"fmt"
	"strings"
	"time"

	"eyas/internal/calendar"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/tri"
)

// mostSteps is how many steps a case needs at most to be driven through.
const mostSteps = 300

// Through drives a case of a matter through the way on which everything is passed, as one person who is everybody, and returns the stages
// that it went through and its end. A condition holds when its stage is left for the first time, and not again: so cycles end. It tells
// that a matter can be done at all: its form can be filed, its stages be passed, and its clock ends what only a clock ends.
func Through(t *pack.MatterType, cal *calendar.Calendar, from time.Time) (stages []string, end string, err error) {
	defer fault.At(&err, "drive.Through(matter %s)", t.ID)
	all := matter.Person{ID: "pack-test", All: true}
	now, count := from, int64(0)
	asked := map[string]bool{}
	world := func() matter.World {
		return matter.World{Now: now, Calendar: cal, Next: func(string) (int64, error) { count++; return count, nil }, Holds: func(when string, pos pack.Pos, _ matter.Form) (tri.Bool, []string, error) {
			for _, k := range t.Form.Checks {
				if k.When == when {
					return tri.True, nil, nil
				}
			}
			first := !asked[pos.String()]
			asked[pos.String()] = true
			if first {
				return tri.True, nil, nil
			}
			return tri.False, nil, nil
		}}
	}
	form := sample(t)
	e, err := matter.Begin(t, matter.Head{ID: 1, Subject: 1, Base: from.Year() - 1, Orgs: map[pack.Relative]string{pack.OfCity: "city", pack.OfDistrict: "district", pack.OfPark: "park"}}, all, matter.Act{Form: &form}, world())
	if err != nil {
		return nil, "", err
	}
	c, err := matter.Fold(&matter.Case{}, e)
	for step := 0; err == nil && c.End == "" && step < mostSteps; step++ {
		var a *matter.Act
		who := all
		if a = next(t, c); a == nil { // only the clock goes on
			due, _ := c.Due()
			if due == "" {
				return stages, "", fmt.Errorf("nobody can go on in the stage %s, and no clock runs", c.Open()[0].Stage)
			}
			if day := due.Time().AddDate(0, 0, 1); day.After(now) {
				now = time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, from.Location())
			}
			if a, err = matter.Tick(t, c, world()); err != nil {
				return stages, "", err
			}
			if a == nil {
				return stages, "", fmt.Errorf("the clock does nothing in the stage %s on %s", c.Open()[0].Stage, now.Format(time.DateOnly))
			}
			who = matter.Person{ID: matter.TheClock}
		}
		if e, err = matter.Decide(t, c, who, *a, world()); err != nil {
			return stages, "", err
		}
		c, err = matter.Fold(c, e)
	}
	if err != nil {
		return nil, "", err
	}
	for _, v := range c.Visits {
		stages = append(stages, v.Stage)
	}
	if c.End == "" {
		return stages, "", fmt.Errorf("it has not ended after %d steps", mostSteps)
	}
	return stages, c.End, nil
}

// next is an act that brings a case nearer to its end; nil: only the clock can.
func next(t *pack.MatterType, c *matter.Case) *matter.Act {
	for _, v := range c.Open() {
		s := t.Stage(v.Stage)
		opened := matter.Day(v.Opened.Format(time.DateOnly))
		a := &matter.Act{Do: matter.ActPass, Visit: v.ID, Fields: map[string]string{}}
		for _, x := range s.Fields {
			a.Fields[x.ID] = sampleOf(x.Attr)
		}
		switch {
		case s.Kind == pack.StagePublic || s.Kind == pack.StageExpiry:
			continue
		case s.Outside != nil:
			a.Do = matter.ActReport
			for _, o := range s.Outside.States {
				if o.Outcome == pack.OutcomePass {
					a.State, a.On = o.Code, opened
				}
			}
			if a.State == "" {
				continue
			}
		case s.Review != nil:
			open := false
			for _, x := range v.Seats {
				open = open || x.Kind == matter.SeatAdded && x.State == matter.SeatOpen
			}
			switch {
			case open:
				a = &matter.Act{Do: matter.ActScore, Visit: v.ID, Points: map[string]float64{}}
				for _, i := range s.Review.Items {
					a.Points[i.ID] = i.Most
				}
			case v.Sheets() < s.Review.Quorum:
				a = &matter.Act{Do: matter.ActAdd, Visit: v.ID, To: fmt.Sprint("reviewer", v.Sheets())}
			}
		case s.Kind == pack.StageIssue:
			a.Fields[matter.FieldIssuedOn] = string(opened)
			delete(a.Fields, matter.FieldUntil)
			if s.Number != nil && s.Number.Pattern != nil {
				a.Fields[matter.FieldNumber] = numberLike(s.Number)
			}
		}
		return a
	}
	return nil
}

// numberLike is a number that a rule takes: of the usual lengths with the usual beginnings.
func numberLike(r *pack.NumberRule) string {
	for _, begin := range []string{"", "GR", "GF", "KJ", "TJ"} {
		for n := 1; n <= 24; n++ {
			if text := begin + strings.Repeat("1", n); r.Pattern.MatchString(text) {
				return text
			}
		}
	}
	return "1"
}

// sample is a form in which nothing is missing.
func sample(t *pack.MatterType) matter.Form {
	f := matter.Form{Values: map[string]string{}, Rows: map[string][]map[string]string{}, Files: map[string][]matter.File{}}
	for _, s := range t.Form.Sections {
		for _, x := range s.Fields {
			if x.Rows == nil {
				f.Values[x.ID] = sampleOf(x.Attr)
				continue
			}
			for range max(1, x.Rows.Least) {
				row := map[string]string{}
				for _, y := range x.Rows.Fields {
					row[y.ID] = sampleOf(y.Attr)
				}
				f.Rows[x.ID] = append(f.Rows[x.ID], row)
			}
		}
	}
	for _, a := range t.Form.Attachments {
		f.Files[a.ID] = []matter.File{{Name: "sample." + a.Types[0]}}
	}
	return f
}

func sampleOf(a *pack.Attribute) string {
	switch a.Kind {
	case pack.Integer, pack.Decimal:
		return "100"
	case pack.Money:
		return "1万元"
	case pack.Date:
		return "2020-03-02"
	case pack.Boolean:
		return "是"
	}
	return "1"
}
