package matter

import (
	"slices"
	"sort"

	"eyas/internal/pack"
)

// people changes who acts in a visit: transfer, delegate, add, remove.
func (d *decision) people(v *Visit, seat *Seat) error {
	to := d.act.To
	if to == "" || to == TheClock {
		return invalid("请写明是谁（to）。", "name the person (to)")
	}
	if d.act.Do == ActRemove {
		for _, s := range v.Seats {
			if s.Kind == SeatAdded && s.Person == to && s.State == SeatOpen {
				s.State, s.Note = SeatGone, d.act.Note
				return d.ended(v)
			}
		}
		return invalid("%s 不是加签待办的人。", "%s was not added, or has acted already", to)
	}
	if to == d.p.ID && d.act.Do != ActTransfer {
		return invalid("不能写自己。", "it cannot be yourself")
	}
	if why := excluded(d.t, d.c, to, v, &Seat{Kind: SeatAdded}); why != "" {
		return conflict("%s 与这件事有关，或办过应当分开的环节，不能办理。", "%s is concerned in this case, or acted in a stage that must be apart", to)
	}
	if d.act.Do == ActTransfer || d.act.Do == ActDelegate {
		if err := d.holder(to, seat); err != nil {
			return err
		}
	}
	switch d.act.Do {
	case ActTransfer:
		if seat.State == SeatWaiting { // the opinion is not waited for any more
			for _, s := range v.Seats {
				if s.Kind == SeatDelegated && s.For == seat.No && s.State == SeatOpen {
					s.State = SeatGone
				}
			}
		}
		seat.Person, seat.Note, seat.Empty, seat.State = to, d.act.Note, "", SeatOpen
		if seat.Kind == SeatMain { // who stood in for nobody is not needed any more
			for _, s := range v.Seats {
				if s.Kind == SeatClerk && s.For == seat.No && s.State == SeatOpen {
					s.State = SeatGone
				}
			}
		}
	case ActDelegate:
		seat.State = SeatWaiting
		v.Seats = append(v.Seats, &Seat{No: len(v.Seats) + 1, Kind: SeatDelegated, Person: to, For: seat.No, State: SeatOpen, Note: d.act.Note})
	case ActAdd:
		if slices.ContainsFunc(v.Seats, func(s *Seat) bool { return s.Kind == SeatAdded && s.Person == to && s.State != SeatGone }) {
			return conflict("%s 已经加签。", "%s has been added already", to)
		}
		v.Seats = append(v.Seats, &Seat{No: len(v.Seats) + 1, Kind: SeatAdded, Person: to, For: seat.No, State: SeatOpen, Note: d.act.Note})
	}
	return nil
}

// holder refuses a person who does not hold the role of a seat. A clerk's seat is given to who holds the role of the seat that it is for.
func (d *decision) holder(person string, seat *Seat) error {
	if d.w.Holders == nil || seat.Role == "" {
		return nil
	}
	list, err := d.w.Holders(seat.Role, seat.Org, seat.Subject)
	if err != nil {
		return err
	}
	if !slices.Contains(list, person) {
		return invalid("%s 在那里没有 %s 这个角色，不能接办。", "%s does not hold the role %s there", person, seat.Role)
	}
	return nil
}

// ended ends a visit in which everybody has acted but for who was removed.
func (d *decision) ended(v *Visit) error {
	if d.t.Stage(v.Stage).Review != nil || !d.complete(v) {
		return nil
	}
	return d.leave(v, pack.OutcomePass)
}

// score gives the points of a reviewer.
func (d *decision) score(v *Visit, seat *Seat) error {
	r := d.t.Stage(v.Stage).Review
	for _, i := range r.Items {
		x, given := d.act.Points[i.ID]
		if !given || !(x >= 0 && x <= i.Most) {
			return invalid("请给“%s”打分：0 到 %g。", "give points for %s: 0 to %g", i.Name, i.Most)
		}
	}
	if len(d.act.Points) != len(r.Items) {
		return invalid("有评分表以外的分数。", "there are points that the score sheet does not have")
	}
	seat.Points = d.act.Points
	d.done(v, seat, ActScore)
	return nil
}

// mean is the mean of the sums of all score sheets, without the highest and lowest that do not count.
func mean(r *pack.Review, v *Visit) float64 {
	var sums []float64
	for _, s := range v.Seats {
		if s.Kind != SeatAdded || s.State != SeatDone {
			continue
		}
		sum := 0.0
		for _, i := range r.Items { // in the order of the sheet, so that sums are the same each time
			sum += s.Points[i.ID]
		}
		sums = append(sums, sum)
	}
	sort.Float64s(sums)
	sums = sums[r.Drop : len(sums)-r.Drop]
	total := 0.0
	for _, x := range sums {
		total += x
	}
	return total / float64(len(sums))
}

// report writes down what another system says, and moves the case by it.
func (d *decision) report(v *Visit, seat *Seat) error {
	s := d.t.Stage(v.Stage)
	i := slices.IndexFunc(s.Outside.States, func(o pack.OutsideState) bool { return o.Code == d.act.State })
	if i < 0 {
		return invalid("“%s”环节没有状态 %q。", "the stage %s has no state %q", s.Name, d.act.State)
	}
	if d.act.On == "" || d.act.On > d.w.Today() {
		return invalid("请写明这个状态的日期（on），不晚于今天。", "give the day of the state (on), today at the latest")
	}
	if dayOf(d.act.On.Time()) != d.act.On {
		return invalid("%q 不是日期；请写成 2021-03-31。", "%q is no date: write it like 2021-03-31", string(d.act.On))
	}
	v.Reported = append(v.Reported, Report{State: d.act.State, On: d.act.On, By: d.p.ID, Note: d.act.Note})
	switch s.Outside.States[i].Outcome {
	case pack.OutcomePass:
		if err := d.fields(v, true); err != nil {
			return err
		}
		d.done(v, seat, pack.OutcomePass)
		return d.leave(v, pack.OutcomePass)
	case pack.OutcomeRefuse:
		d.done(v, seat, pack.OutcomeRefuse)
		return d.leave(v, pack.OutcomeRefuse)
	case pack.OutcomeReturn:
		if s.Return == nil || natural(d.c, v, d.t.Stages[0].ID) == nil {
			return nil // it is corrected over there
		}
		d.done(v, seat, pack.OutcomeReturn)
		return d.back(v, d.t.Stages[0].ID)
	}
	return nil
}

// objection takes an objection, or the answer to one. The clock of the notice stands while one waits for an answer.
func (d *decision) objection(v *Visit) error {
	if d.act.Note == "" {
		return invalid("请写明内容（note）。", "say what (note)")
	}
	if d.act.Do == ActObject {
		d.c.Objections = append(d.c.Objections, Objection{No: len(d.c.Objections) + 1, Visit: v.ID, By: d.p.ID, On: d.w.Today(), Note: d.act.Note})
		return d.w.stop(&v.Clock, stopObjection)
	}
	open := 0
	var found *Objection
	for i := range d.c.Objections {
		if o := &d.c.Objections[i]; o.Visit == v.ID && o.Settled == "" {
			open++
			if o.No == d.act.Object || d.act.Object == 0 {
				found = o
			}
		}
	}
	if found == nil || d.act.Object == 0 && open > 1 {
		return invalid("请写明是第几号异议（objection）。", "name the objection by its number (objection)")
	}
	if d.act.Upheld && !d.t.Stage(v.Stage).Offers(pack.OutcomeRefuse) {
		return invalid("这个公示没有异议成立后的去处。", "this notice has no transition for an objection that is upheld")
	}
	found.Settled, found.Upheld, found.Answer = d.w.Today(), d.act.Upheld, d.act.Note
	if d.act.Upheld {
		return d.leave(v, pack.OutcomeRefuse)
	}
	if open > 1 {
		return nil
	}
	return d.w.start(&v.Clock, stopObjection)
}
