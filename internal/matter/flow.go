package matter

import (
	"fmt"
	"maps"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/tri"
)

// decision is an act while it is decided. It changes a copy of the case.
type decision struct {
	t      *pack.MatterType
	c      *Case
	p      Person
	act    Act
	w      World
	opened int // visits that this act has opened
}

// mostOpened is how many visits one act may open. A matter whose kept approvals lead in a circle comes to it.
const mostOpened = 100

// leave ends a visit with an outcome, and goes on from it.
func (d *decision) leave(v *Visit, outcome string) error {
	d.close(v, outcome, d.p.ID)
	if v.Back != 0 && outcome == pack.OutcomePass {
		return d.goBack(v)
	}
	for _, n := range d.t.Stage(v.Stage).Then {
		if n.On != outcome {
			continue
		}
		holds, err := d.holds(n.When, n.Pos)
		if err != nil {
			return err
		}
		if holds {
			return d.route(v, n.To)
		}
	}
	return fmt.Errorf("matter.leave(matter %s, stage %s): no transition for %s", d.t.ID, v.Stage, outcome)
}

// holds says whether the condition of a transition holds. What is not known must be known first.
func (d *decision) holds(when string, pos pack.Pos) (bool, error) {
	if when == "" {
		return true, nil
	}
	if d.w.Holds == nil {
		return false, fmt.Errorf("matter.holds(matter %s): nobody answers conditions", d.t.ID)
	}
	is, misses, err := d.w.Holds(when, pos, d.known())
	if err != nil {
		return false, err
	}
	if is == tri.Unknown {
		return false, conflict("下一步取决于尚缺的数据：%s。请先补齐。", "what follows depends on values that are missing: %s", fmt.Sprint(misses))
	}
	return is == tri.True, nil
}

// known is the form with what was filled in in stages, of each field what was filled in last. What a return made void does not count.
func (d *decision) known() Form {
	f := d.c.Form
	f.Values = maps.Clone(f.Values)
	if f.Values == nil {
		f.Values = map[string]string{}
	}
	for _, v := range d.c.Visits {
		if v.Void || v.Outcome == OutcomeCancelled {
			continue
		}
		for id, text := range v.Fields {
			if d.t.Form.Field(id) == nil {
				f.Values[id] = text
			}
		}
	}
	return f
}

// close closes a visit; seats in it that are still open are not needed any more.
func (d *decision) close(v *Visit, outcome, by string) {
	v.Closed, v.Outcome, v.By = d.w.Now, outcome, by
	for _, s := range v.Seats {
		if s.State == SeatOpen || s.State == SeatWaiting {
			s.State = SeatGone
		}
	}
}

// route goes from a visit to stages or to an end.
func (d *decision) route(v *Visit, to []string) error {
	if len(to) == 1 {
		if end := d.t.End(to[0]); end != nil {
			d.finish(end.ID)
			return nil
		}
		return d.enter(to[0], v.Path, v.ID)
	}
	for i, id := range to {
		if err := d.enter(id, append(slices.Clone(v.Path), Branch{Split: v.ID, At: i, Of: len(to)}), v.ID); err != nil {
			return err
		}
		if d.c.End != "" {
			return nil
		}
	}
	return nil
}

// finish ends the case.
func (d *decision) finish(end string) {
	for _, v := range d.c.Open() {
		d.close(v, OutcomeCancelled, d.p.ID)
	}
	d.c.Arrived, d.c.Suspended = nil, nil
	d.c.End, d.c.Closed = end, d.w.Now
}

// enter comes to a stage on a path. Where branches meet it waits for the others.
func (d *decision) enter(stage string, path []Branch, from int) error {
	s := d.t.Stage(stage)
	var joined []Arrival
	if n := len(path); s.Join && n > 0 {
		own := path[n-1]
		d.c.Arrived = append(d.c.Arrived, Arrival{Stage: stage, Split: own.Split, At: own.At, From: from})
		for _, a := range d.c.Arrived {
			if a.Split == own.Split {
				joined = append(joined, a)
			}
		}
		if len(joined) < own.Of {
			return nil
		}
		d.c.Arrived = slices.DeleteFunc(d.c.Arrived, func(a Arrival) bool { return a.Split == own.Split })
		path = path[:n-1]
	}
	if kept := d.kept(stage); kept != nil {
		v := d.visit(s, path, from)
		v.Joined, v.Carried, v.Clock = joined, kept.ID, Clock{Known: true}
		v.Note = kept.Note
		kept.Kept = false
		if d.opened > mostOpened {
			return fmt.Errorf("matter.enter(matter %s): kept approvals lead in a circle", d.t.ID)
		}
		err := d.leave(v, pack.OutcomePass)
		v.By = kept.By // whose approval it is
		return err
	}
	v, err := d.open(s, path, from)
	if err == nil {
		v.Joined = joined
	}
	return err
}

// kept is the newest approval of a stage that survived a return and was not carried over since; nil when there is none.
func (d *decision) kept(stage string) *Visit {
	for i := len(d.c.Visits) - 1; i >= 0; i-- {
		if v := d.c.Visits[i]; v.Stage == stage && v.Kept {
			return v
		}
	}
	return nil
}

// visit adds a visit without seats and clock.
func (d *decision) visit(s *pack.Stage, path []Branch, from int) *Visit {
	d.opened++
	v := &Visit{ID: len(d.c.Visits) + 1, Stage: s.ID, Path: slices.Clone(path), From: from, Opened: d.w.Now, Clock: Clock{Known: true}}
	d.c.Visits = append(d.c.Visits, v)
	return v
}

// open opens a visit of a stage: with its own clock, and the seats of those who must act.
func (d *decision) open(s *pack.Stage, path []Branch, from int) (*Visit, error) {
	v := d.visit(s, path, from)
	v.Clock.Limit = s.Limit
	if !s.Limit.None() {
		due, known, err := d.w.last(d.w.Today(), s.Limit)
		if err != nil {
			return nil, err
		}
		v.Clock.Due, v.Clock.Known = due, known
	}
	for _, w := range s.Who {
		seat := seatOf(d.c, w)
		seat.No = len(v.Seats) + 1
		v.Seats = append(v.Seats, seat)
	}
	return v, nil
}

// staff gives the clerk a seat in place of those that nobody can take, in every open visit: a case never passes by itself.
func (d *decision) staff() error {
	for _, v := range d.c.Open() {
		list, err := d.vacant(v)
		if err != nil {
			return err
		}
		for _, x := range list {
			clerk := seatOf(d.c, d.t.Clerk)
			clerk.No, clerk.Kind, clerk.For = len(v.Seats)+1, SeatClerk, x.seat.No
			x.seat.Empty = x.why
			v.Seats = append(v.Seats, clerk)
		}
	}
	return nil
}

// vacancy is a seat that nobody can take, and why.
type vacancy struct {
	seat *Seat
	why  string
}

// vacant finds the seats of a visit that nobody can take and for which the clerk has no seat yet. In a stage in which one decides, one
// seat with somebody is enough.
func (d *decision) vacant(v *Visit) (list []vacancy, err error) {
	s := d.t.Stage(v.Stage)
	if d.w.Holders == nil || s.Kind == pack.StageApply {
		return nil, nil
	}
	for _, x := range v.Seats {
		if x.Kind != SeatMain || x.State != SeatOpen {
			continue
		}
		if slices.ContainsFunc(v.Seats, func(o *Seat) bool { return o.Kind == SeatClerk && o.For == x.No && o.State == SeatOpen }) {
			if !s.All {
				return nil, nil // one is enough
			}
			continue
		}
		why, err := d.empty(v, x)
		if err != nil {
			return nil, err
		}
		if why != "" {
			list = append(list, vacancy{x, why})
		} else if !s.All {
			return nil, nil
		}
	}
	if !s.All && len(list) > 1 {
		list = list[:1]
	}
	return list, nil
}

// empty says why nobody can take a seat: nobody, own or apart; empty when somebody can.
func (d *decision) empty(v *Visit, s *Seat) (string, error) {
	holders := []string{s.Person}
	if s.Person == "" {
		if s.Org == "" && s.Subject == 0 {
			return "nobody", nil
		}
		list, err := d.w.Holders(s.Role, s.Org, s.Subject)
		if err != nil {
			return "", err
		}
		holders = list
	}
	why := "nobody"
	for _, h := range holders {
		x := excluded(d.t, d.c, h, v, s)
		if x == "" {
			return "", nil
		}
		why = x
	}
	return why, nil
}

// complete reports whether all who must act in a visit have acted.
func (d *decision) complete(v *Visit) bool {
	all, done, open := d.t.Stage(v.Stage).All, false, false
	for _, s := range v.Seats {
		switch {
		case s.Kind == SeatAdded && (s.State == SeatOpen || s.State == SeatWaiting):
			return false
		case s.Kind == SeatMain && s.State == SeatDone:
			done = true
		case s.Kind == SeatMain && s.State != SeatGone:
			open = true
		}
	}
	return done && (!all || !open)
}
