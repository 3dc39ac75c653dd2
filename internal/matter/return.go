package matter

import (
	"slices"

	"eyas/internal/pack"
)

// returns are the stages to which a visit may return the case: what the matter allows, as far as the case went through it. A stage of a
// branch beside is not among them.
func returns(t *pack.MatterType, c *Case, v *Visit) (list []string) {
	r := t.Stage(v.Stage).Return
	if r == nil {
		return nil
	}
	add := func(id string) {
		if id != v.Stage && !slices.Contains(list, id) && reachable(c, v, natural(c, v, id)) {
			list = append(list, id)
		}
	}
	if slices.Contains(r.To, pack.ReturnApplicant) {
		add(t.Stages[0].ID)
	}
	if slices.Contains(r.To, pack.ReturnPrevious) {
		if o := previous(t, c, v); o != nil {
			add(o.Stage)
		}
	}
	if slices.Contains(r.To, pack.ReturnAny) {
		for _, s := range t.Stages {
			add(s.ID)
		}
	}
	return list
}

// natural is the newest visit of a stage on the way to another visit that was not made by a return straight back: its path is the one on
// which the flow comes there. nil when the case did not come through the stage by a pass.
func natural(c *Case, v *Visit, stage string) (found *Visit) {
	seen := map[int]bool{}
	var walk func(id int)
	walk = func(id int) {
		o := c.Visit(id)
		if o == nil || seen[id] {
			return
		}
		seen[id] = true
		if o.Stage == stage && o.Back == 0 && o.Outcome == pack.OutcomePass && (found == nil || o.ID > found.ID) {
			found = o
		}
		walk(o.From)
		for _, a := range o.Joined {
			walk(a.From)
		}
	}
	walk(v.From)
	for _, a := range v.Joined {
		walk(a.From)
	}
	return found
}

// previous is the visit that led to one, without those that passed by a kept approval or the clock.
func previous(t *pack.MatterType, c *Case, v *Visit) *Visit {
	for o := c.Visit(v.From); o != nil; o = c.Visit(o.From) {
		if o.Carried == 0 && len(t.Stage(o.Stage).Who) > 0 {
			return o
		}
	}
	return nil
}

// reachable reports whether a visit may return to another one: not into a branch beside its own.
func reachable(c *Case, v, to *Visit) bool {
	if to == nil || to.ID == v.ID {
		return false
	}
	n := len(shared(v.Path, to.Path))
	return n == len(v.Path) || n == len(to.Path) || v.Path[n].Split != to.Path[n].Split
}

// back returns a case from a visit.
func (d *decision) back(v *Visit, stage string) error {
	s := d.t.Stage(v.Stage)
	to := natural(d.c, v, stage)
	v.Note, v.Remarks = d.act.Note, d.act.Remarks
	d.close(v, pack.OutcomeReturn, d.p.ID)
	if s.Return.Back {
		n, err := d.open(d.t.Stage(stage), v.Path, to.From)
		if err == nil {
			n.Back = v.ID
			d.reserve(n, to)
		}
		return err
	}
	// Step by step: what came after the stage counts no more, except in branches beside its own.
	region := shared(v.Path, to.Path)
	beside := func(path []Branch) bool {
		for k := len(region); k < len(to.Path); k++ {
			if len(path) > k && under(path, to.Path[:k]) && path[k].Split == to.Path[k].Split && path[k].At != to.Path[k].At {
				return true
			}
		}
		return false
	}
	for _, o := range d.c.Visits {
		if !under(o.Path, region) || beside(o.Path) || o.ID < to.ID {
			continue
		}
		switch {
		case o.Closed.IsZero():
			d.close(o, OutcomeCancelled, d.p.ID)
		case o.Outcome == pack.OutcomePass && o.Stage != stage && !o.Void && slices.Contains(s.Return.Keeps, o.Stage):
			o.Kept = true
		case o.Outcome == pack.OutcomePass:
			o.Void, o.Kept = true, false
		}
	}
	d.c.Arrived = slices.DeleteFunc(d.c.Arrived, func(a Arrival) bool {
		split := d.c.Visit(a.Split)
		return under(split.Path, region) && split.ID >= to.ID && !beside(split.Path)
	})
	for k := len(region); k < len(to.Path); k++ {
		d.c.Arrived = append(d.c.Arrived, others(d.c, to.Path[k])...)
	}
	n, err := d.open(d.t.Stage(stage), to.Path, to.From)
	if err == nil {
		n.Joined = to.Joined
		d.reserve(n, to)
	}
	return err
}

// others are the branches beside one that had met already: they need not come again.
func others(c *Case, b Branch) (list []Arrival) {
	for i := len(c.Visits) - 1; i >= 0; i-- {
		v := c.Visits[i]
		if !slices.ContainsFunc(v.Joined, func(a Arrival) bool { return a.Split == b.Split }) {
			continue
		}
		for _, a := range v.Joined {
			if a.At != b.At {
				list = append(list, a)
			}
		}
		return list
	}
	return nil
}

// goBack goes from a corrected visit straight back to the stage that returned it, and there first to who returned it.
func (d *decision) goBack(v *Visit) error {
	b := d.c.Visit(v.Back)
	n, err := d.open(d.t.Stage(b.Stage), b.Path, b.From)
	if err != nil {
		return err
	}
	n.Back, n.Joined = b.Back, b.Joined
	d.reserve(n, b)
	return nil
}

// reserve gives the seats of a visit to the persons who acted in them in an earlier visit of the stage, as long as they still hold the role.
func (d *decision) reserve(v, earlier *Visit) {
	if d.w.Holders == nil {
		return
	}
	for _, o := range earlier.Seats {
		if o.Kind != SeatMain || o.By == "" || o.By == TheClock {
			continue
		}
		for _, s := range v.Seats {
			if s.Kind != SeatMain || s.Person != "" || s.Role != o.Role || s.Org != o.Org || s.Subject != o.Subject || s.Subject != 0 {
				continue
			}
			if list, err := d.w.Holders(s.Role, s.Org, s.Subject); err == nil && slices.Contains(list, o.By) && excluded(d.t, d.c, o.By, v, s) == "" {
				s.Person = o.By
			}
			break
		}
	}
}
