package matter

import (
	"slices"
	"sort"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// mostEvents is how many events a case may have. One that comes to it is not a case any more, but a mistake.
const mostEvents = 5000

// Begin begins a case of a subject, as a draft in the first stage. head says which: its number, subject, base year and organisations.
func Begin(t *pack.MatterType, head Head, p Person, a Act, w World) (_ Event, err error) {
	defer fault.At(&err, "matter.Begin(matter %s, subject %d)", t.ID, head.Subject)
	c := &Case{}
	after := &Case{Head: head}
	after.Matter, after.Version, after.Opened = t.ID, t.Version, w.Now
	d := &decision{t: t, c: after, p: p, act: a, w: w}
	if !p.All && !applies(t, after, p) {
		return Event{}, forbidden("“%s”由申请人自己的人发起，你没有权限。", "a case of %s is begun by somebody who acts for the applicant; you lack the right", t.Name)
	}
	if err := d.fill(a.Form); err != nil {
		return Event{}, err
	}
	if _, err := d.open(t.Stages[0], nil, 0); err != nil {
		return Event{}, err
	}
	d.applicant()
	digest := a.digest(p)
	a.Do, a.Form = ActNew, nil
	return Event{Seq: 1, At: w.Now, Person: p, Act: a, Digest: digest, Form: after.FormNo, Verdict: w.Verdict, Change: changed(c, after)}, nil
}

// Decide checks an act of a person against a case, and returns the event that records it. It changes nothing. The error is a sentence: why
// it cannot be done, or what is missing.
func Decide(t *pack.MatterType, c *Case, p Person, a Act, w World) (_ Event, err error) {
	defer fault.At(&err, "matter.Decide(case %d, %s)", c.ID, a.Do)
	if t.ID != c.Matter || t.Version != c.Version {
		return Event{}, conflict("办件按“%s”第 %d 版办理，现在是第 %d 版。", "the case follows version %[2]d of %[1]s, not version %[3]d", t.Name, c.Version, t.Version)
	}
	if c.Seq >= mostEvents {
		return Event{}, conflict("办件的办理记录已有 %d 条，不再增加。请作废后重新发起。", "the case has %d records, and gets no more: begin it anew", c.Seq)
	}
	d := &decision{t: t, c: copied(c), p: p, act: a, w: w}
	v, seat, err := d.find(c)
	if err != nil {
		return Event{}, err
	}
	if v != nil {
		d.act.Visit = v.ID
	}
	if err := d.do(v, seat); err != nil {
		return Event{}, err
	}
	if err := d.staff(); err != nil {
		return Event{}, err
	}
	kept := d.act
	kept.Form = nil // it is in the change
	return Event{Seq: c.Seq + 1, At: w.Now, Person: p, Act: kept, Digest: a.digest(p), Form: d.c.FormNo, Verdict: w.Verdict, Change: changed(c, d.c)}, nil
}

// find finds the visit and the seat in which the act is done, in the copy of the case.
func (d *decision) find(c *Case) (*Visit, *Seat, error) {
	today := d.w.Today()
	if d.p.ID == TheClock {
		due, err := Tick(d.t, c, d.w)
		if err != nil {
			return nil, nil, err
		}
		if due == nil || due.Do != d.act.Do || due.Visit != d.act.Visit {
			return nil, nil, conflict("时钟现在没有这件事要做。", "the clock has nothing like that to do now")
		}
		return d.c.Visit(due.Visit), nil, nil
	}
	if slices.Contains(ofCase, d.act.Do) {
		_, err := legal(d.t, d.c, d.p, d.act.Do, nil, today)
		return nil, nil, err
	}
	if !slices.Contains(ofVisit, d.act.Do) {
		return nil, nil, invalid("没有 %q 这种办理。", "there is no act %q", d.act.Do)
	}
	if d.act.Visit != 0 {
		v := d.c.Visit(d.act.Visit)
		if v == nil {
			return nil, nil, invalid("办件没有第 %d 个环节。", "the case has no visit %d", d.act.Visit)
		}
		seat, err := legal(d.t, d.c, d.p, d.act.Do, v, today)
		return v, seat, err
	}
	var found *Visit
	var in *Seat
	var first error
	for _, v := range d.c.Open() {
		seat, err := legal(d.t, d.c, d.p, d.act.Do, v, today)
		switch {
		case err != nil && (first == nil || fault.Of(first) == fault.Forbidden):
			first = err
		case err != nil:
		case found != nil:
			return nil, nil, invalid("有几个环节都可以这样办，请写明 visit。", "this can be done in several stages: name the visit")
		default:
			found, in = v, seat
		}
	}
	if found == nil {
		if first == nil {
			_, first = legal(d.t, d.c, d.p, d.act.Do, nil, today)
		}
		return nil, nil, first
	}
	return found, in, nil
}

// Changed reports whether events since one that a person has seen concern what he is about to do: the visit that he acts in, or the case
// as a whole.
func Changed(a Act, since []Event) bool {
	return slices.ContainsFunc(since, func(e Event) bool {
		if e.Act.Do == ActUrge || e.Act.Do == ActCopy || e.Act.Do == ActWarn || e.Act.Do == ActLate {
			return false
		}
		return a.Visit == 0 || e.Act.Visit == 0 || e.Change.Form != nil || slices.ContainsFunc(e.Change.Visits, func(v *Visit) bool { return v.ID == a.Visit })
	})
}

// do does the act in the copy of the case.
func (d *decision) do(v *Visit, seat *Seat) error {
	if d.p.ID == TheClock {
		return d.tick(v)
	}
	switch d.act.Do {
	case ActSave:
		d.applicant()
		return d.fill(d.act.Form)
	case ActPass:
		return d.pass(v, seat)
	case ActRefuse:
		if d.act.Note == "" {
			return invalid("请写明不予通过的理由（note）。", "say why it is refused (note)")
		}
		if err := d.fields(v, false); err != nil {
			return err
		}
		d.done(v, seat, pack.OutcomeRefuse)
		v.Remarks = d.act.Remarks
		return d.leave(v, pack.OutcomeRefuse)
	case ActReturn:
		return d.returned(v, seat)
	case ActSupplement:
		return d.supplement(v)
	case ActSupply:
		return d.supply(v, seat)
	case ActTransfer, ActDelegate, ActAdd, ActRemove:
		return d.people(v, seat)
	case ActAnswer:
		if d.act.Note == "" {
			return invalid("请写明意见（note）。", "give an opinion (note)")
		}
		d.done(v, seat, ActAnswer)
		v.Seat(seat.For).State = SeatOpen
	case ActScore:
		return d.score(v, seat)
	case ActReport:
		return d.report(v, seat)
	case ActObject, ActSettle:
		return d.objection(v)
	case ActUrge:
		v.Urged = append(v.Urged, Urge{By: d.p.ID, On: d.w.Today(), Note: d.act.Note})
	case ActFulfil:
		return d.fulfil()
	case ActWithdraw:
		for _, o := range d.c.Open() {
			d.close(o, OutcomeWithdrawn, d.p.ID)
		}
		d.applicant()
		d.finish(d.t.EndThat(pack.EndWithdrawn).ID)
	case ActVoid, ActSuspend:
		if d.act.Note == "" {
			return invalid("请写明理由（note）。", "say why (note)")
		}
		if d.act.Do == ActVoid {
			for i := range d.c.Issued {
				if x := &d.c.Issued[i]; x.Standing() {
					x.Revoked, x.Why = x.On, d.act.Note
				}
			}
			d.finish(d.t.EndThat(pack.EndVoid).ID)
			return nil
		}
		d.c.Suspended = &Stop{By: d.p.ID, On: d.w.Today(), Note: d.act.Note}
		for _, o := range d.c.Open() {
			if err := d.w.stop(&o.Clock, stopSuspend); err != nil {
				return err
			}
		}
	case ActRevoke:
		return d.revoke()
	case ActResume:
		d.c.Suspended = nil
		for _, o := range d.c.Open() {
			if err := d.w.start(&o.Clock, stopSuspend); err != nil {
				return err
			}
		}
	case ActCopy:
		if d.act.To == "" {
			return invalid("请写明抄送给谁（to）。", "say to whom (to)")
		}
		if !slices.Contains(d.c.Copies, d.act.To) {
			d.c.Copies = append(d.c.Copies, d.act.To)
			sort.Strings(d.c.Copies)
		}
	}
	return nil
}

// applicant writes down that the person acted for the applicant.
func (d *decision) applicant() {
	if !slices.Contains(d.c.Applicants, d.p.ID) {
		d.c.Applicants = append(d.c.Applicants, d.p.ID)
	}
}

// done writes down that who holds a seat has acted.
func (d *decision) done(v *Visit, seat *Seat, outcome string) {
	seat.State, seat.Outcome, seat.By, seat.At, seat.Note = SeatDone, outcome, d.p.ID, d.w.Now, d.act.Note
	if seat.Kind == SeatClerk {
		o := v.Seat(seat.For)
		o.State, o.Outcome, o.By, o.At, o.Note = SeatDone, outcome, d.p.ID, d.w.Now, d.act.Note
	}
}

// pass passes a seat, and the visit with the last one that is needed.
func (d *decision) pass(v *Visit, seat *Seat) error {
	s := d.t.Stage(v.Stage)
	outcome := pack.OutcomePass
	switch {
	case s.Kind == pack.StageApply:
		if err := d.file(); err != nil {
			return err
		}
	case s.Review != nil:
		score := mean(s.Review, v)
		v.Score = &score
		if score < s.Review.Pass {
			outcome = pack.OutcomeRefuse
		}
	}
	if err := d.number(s); err != nil {
		return err
	}
	if err := d.fields(v, true); err != nil {
		return err
	}
	d.done(v, seat, outcome)
	if !d.complete(v) {
		return nil
	}
	if s.Kind == pack.StageIssue && d.t.Issues != "" {
		if err := d.issue(v); err != nil {
			return err
		}
	}
	return d.leave(v, outcome)
}

// returned returns the case.
func (d *decision) returned(v *Visit, seat *Seat) error {
	to := returns(d.t, d.c, v)
	stage := d.act.To
	switch stage {
	case "", pack.ReturnApplicant:
		stage = d.t.Stages[0].ID
	case pack.ReturnPrevious:
		if o := previous(d.t, d.c, v); o != nil {
			stage = o.Stage
		}
	}
	if !slices.Contains(to, stage) {
		return invalid("不能退回到 %q；可以退回到 %v。", "it cannot be returned to %q; it can be returned to %v", d.act.To, to)
	}
	if d.act.Note == "" && len(d.act.Remarks) == 0 {
		return invalid("请写明退回的理由（note），或逐项写明（remarks）。", "say why it is returned (note), or what is wrong with which field (remarks)")
	}
	if err := d.remarks(); err != nil {
		return err
	}
	d.done(v, seat, pack.OutcomeReturn)
	return d.back(v, stage)
}

// supplement asks the applicant for more. The clock stands until he has given it.
func (d *decision) supplement(v *Visit) error {
	if len(d.act.Remarks) == 0 {
		return invalid("请逐项写明要补正什么（remarks）。", "say what is asked for with which field (remarks)")
	}
	if err := d.remarks(); err != nil {
		return err
	}
	due, known, err := d.w.last(d.w.Today(), *d.t.Stage(v.Stage).Supplement)
	if err != nil {
		return err
	}
	v.Asked = append(v.Asked, Supplement{By: d.p.ID, On: d.w.Today(), Due: due, Known: known, Remarks: d.act.Remarks})
	for _, w := range d.t.Stages[0].Who {
		seat := seatOf(d.c, w)
		seat.No, seat.Kind = len(v.Seats)+1, SeatSupply
		v.Seats = append(v.Seats, seat)
	}
	return d.w.stop(&v.Clock, stopSupplement)
}

// supply gives what was asked for.
func (d *decision) supply(v *Visit, seat *Seat) error {
	if d.act.Form == nil {
		return invalid("请给出补正后的表单（form）。", "give the form with what was asked for (form)")
	}
	if err := d.fill(d.act.Form); err != nil {
		return err
	}
	if err := d.whole(nil); err != nil {
		return err
	}
	d.applicant()
	d.done(v, seat, ActSupply)
	for _, s := range v.Seats {
		if s.Kind == SeatSupply && s.State == SeatOpen {
			s.State = SeatGone
		}
	}
	v.asked().Supplied = d.w.Today()
	return d.w.start(&v.Clock, stopSupplement)
}
