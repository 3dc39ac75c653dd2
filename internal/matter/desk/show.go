package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
)

// Seen is a case as a person sees it.
type Seen struct {
	Case   *matter.Case
	Matter *pack.MatterType
	Events []matter.Event
	May    []matter.Legal
	Due    matter.Day
	Known  bool
}

// Show returns a case with its record, and what the actor may do in it now.
func (d *Desk) Show(ctx context.Context, id int64) (seen *Seen, err error) {
	defer fault.At(&err, "desk.Show(case %d)", id)
	a := d.Actors.Acting(ctx)
	p := matter.Person{ID: a.ID, Role: string(a.Role), Org: a.Org, Subject: a.Subject, All: a.Role == auth.Operator}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		row, err := r.Case(ctx, id)
		if err != nil {
			return err
		}
		if row == nil || !d.sees(ctx, row, p) {
			return noCase(id)
		}
		m, err := d.matterOf(row.Case.Matter)
		if err != nil {
			return err
		}
		seen = &Seen{Case: row.Case, Matter: m, Due: row.Due, Known: row.DueKnown}
		if d.may(ctx, row, p, matter.Act{}) == nil && a.Viewer == "" {
			seen.May = matter.Acts(m, row.Case, p, matter.World{Now: d.now()}.Today())
		}
		seen.Events, err = r.Events(ctx, id, 0)
		return err
	})
	return seen, err
}

// MatterOf returns the matter of a case that the actor sees; a fault with code fault.NotFound when he sees none.
func (d *Desk) MatterOf(ctx context.Context, id int64) (matterID string, err error) {
	defer fault.At(&err, "desk.MatterOf(case %d)", id)
	a := d.Actors.Acting(ctx)
	p := matter.Person{ID: a.ID, Role: string(a.Role), Org: a.Org, Subject: a.Subject, All: a.Role == auth.Operator}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		row, err := r.Case(ctx, id)
		if err != nil {
			return err
		}
		if row == nil || !d.sees(ctx, row, p) {
			return noCase(id)
		}
		matterID = row.Case.Matter
		return nil
	})
	return matterID, err
}

// List lists cases that the actor sees, by their numbers.
func (d *Desk) List(ctx context.Context, w Wanted) (list []Listed, err error) {
	defer fault.At(&err, "desk.List(matter %s)", w.Matter)
	if b := auth.BoundsOf(ctx); b != nil && w.Matter == "" {
		w.Matter = b.Matter
	}
	ctx = auth.ForMatter(ctx, w.Matter)
	register := ""
	if w.Matter != "" {
		m, err := d.matterOf(w.Matter)
		if err != nil {
			return nil, err
		}
		register = m.Register
		if w.Stage != "" && m.Stage(w.Stage) == nil && m.End(w.Stage) == nil {
			return nil, fault.New(fault.NotFound, "事项“"+m.Name.ZH+"”没有环节或结局 "+w.Stage+"。", "the matter "+m.Name.EN+" has no stage or end "+w.Stage)
		}
	}
	if m := d.Pack.Matter(w.Matter); m != nil && m.End(w.Stage) != nil {
		w.Stage, w.End = "", w.Stage
	}
	scope, err := d.scope(ctx, register)
	if err != nil {
		return nil, err
	}
	if err := d.Actors.Decide(ctx, auth.See, auth.Resource{Register: register}); err != nil {
		return nil, err
	}
	registers, only, some := scope.Imports()
	w.All, w.Registers, w.Orgs, w.Subjects = some && only == "", registers, scope.Orgs(), scope.Subjects()
	if w.Limit <= 0 || w.Limit > 1000 {
		w.Limit = 100
	}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		list, err = r.List(ctx, w)
		return err
	})
	return list, err
}

// Earliest are the first of a list by their last day; those without one come last.
func Earliest(list []Waiting, limit int) []Waiting {
	slices.SortStableFunc(list, func(a, b Waiting) int {
		if (a.Due == "") != (b.Due == "") {
			return map[bool]int{true: 1, false: -1}[a.Due == ""]
		}
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Case, b.Case), cmp.Compare(a.Visit, b.Visit), cmp.Compare(a.Seat, b.Seat))
	})
	return list[:min(len(list), limit)]
}

// mostBounded is of how many things that wait for somebody a program that is held to a part of them finds its own.
const mostBounded = 5000

// Inbox lists what waits for the actor.
func (d *Desk) Inbox(ctx context.Context, limit int) (list []Waiting, err error) {
	defer fault.At(&err, "desk.Inbox")
	a := d.Actors.Acting(ctx)
	p := matter.Person{ID: a.ID, Role: string(a.Role), Org: a.Org, Subject: a.Subject, All: a.Role == auth.Operator}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		most := limit
		if auth.BoundsOf(ctx) != nil { // some of it may lie outside of them
			most = max(limit, mostBounded)
		}
		list, err = r.Inbox(ctx, p, most)
		return err
	})
	list = slices.DeleteFunc(list, func(w Waiting) bool { return !held(ctx, w.Matter, d.registerOf(w.Matter), w.Subject) })
	return list[:min(limit, len(list))], err
}

// registerOf is the register of which a matter's subjects are; empty: there is no such matter.
func (d *Desk) registerOf(id string) string {
	if m := d.Pack.Matter(id); m != nil {
		return m.Register
	}
	return ""
}

// Today is the day of the city.
func (d *Desk) Today() time.Time { return d.now() }

// Latest is the newest case of a subject that the actor sees; nil when there is none.
func (d *Desk) Latest(ctx context.Context, subject int64) (last *Listed, err error) {
	defer fault.At(&err, "desk.Latest(subject %d)", subject)
	list, err := d.List(ctx, Wanted{Subject: subject, Limit: 1000})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[len(list)-1], nil
}
