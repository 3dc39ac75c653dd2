package matter

import (
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Why a clock stands.
const (
	stopSupplement = "supplement"
	stopSuspend    = "suspend"
	stopObjection  = "objection"
)

// last is the last day of a limit that begins on a day, and whether it is certain.
func (w World) last(from Day, limit pack.Limit) (due Day, known bool, err error) {
	d := from.Time()
	switch {
	case limit.WorkingDays > 0:
		return w.later(from, limit.WorkingDays)
	case limit.Days > 0:
		return dayOf(d.AddDate(0, 0, limit.Days)), true, nil
	case limit.Months > 0:
		return dayOf(pack.Period{Months: limit.Months}.After(d)), true, nil
	}
	return "", true, nil
}

// later is the n-th working day after a day; before it, when n is negative.
func (w World) later(from Day, n int) (Day, bool, error) {
	d, err := w.Calendar.Add(from.Time(), n)
	if err != nil {
		return "", false, err
	}
	return dayOf(d.Date), d.Known(), nil
}

// left is how many days of a clock are left: working days where the limit is in working days, days of the calendar otherwise.
func (w World) left(k *Clock, today Day) (int, error) {
	if k.Limit.WorkingDays > 0 {
		n, err := w.Calendar.Between(today.Time(), k.Due.Time())
		return n.Days, err
	}
	return int(k.Due.Time().Sub(today.Time()) / (24 * time.Hour)), nil
}

// stop stops a clock for a reason. It may stand for several.
func (w World) stop(k *Clock, reason string) (err error) {
	if !k.Stands() && k.Due != "" {
		if k.Left, err = w.left(k, w.Today()); err != nil {
			return err
		}
	}
	if !slices.Contains(k.Stops, reason) {
		k.Stops = append(k.Stops, reason)
	}
	return nil
}

// start takes a reason away; with the last one the clock goes on with the days that were left.
func (w World) start(k *Clock, reason string) (err error) {
	if !slices.Contains(k.Stops, reason) {
		return nil
	}
	k.Stops = slices.DeleteFunc(k.Stops, func(r string) bool { return r == reason })
	if k.Stands() || k.Due == "" {
		return nil
	}
	if k.Limit.WorkingDays > 0 {
		k.Due, k.Known, err = w.later(w.Today(), k.Left)
	} else {
		k.Due = dayOf(w.Today().Time().AddDate(0, 0, k.Left))
	}
	k.Left = 0
	return err
}

// Tick is what the clock does next in a case: nil when it does nothing today. Decide takes it as an act of Person{ID: TheClock}.
func Tick(t *pack.MatterType, c *Case, w World) (_ *Act, err error) {
	defer fault.At(&err, "matter.Tick(case %d)", c.ID)
	if !c.Running() || c.Suspended != nil {
		return nil, nil
	}
	today := w.Today()
	for _, v := range c.Open() {
		s, k := t.Stage(v.Stage), &v.Clock
		if a := v.asked(); a != nil && !a.Late && today > a.Due {
			return &Act{Do: ActLate, Visit: v.ID}, nil
		}
		if vacant, err := (&decision{t: t, c: c, w: w}).vacant(v); err != nil {
			return nil, err
		} else if len(vacant) > 0 {
			return &Act{Do: ActVacant, Visit: v.ID}, nil
		}
		if k.Due == "" || k.Stands() {
			continue
		}
		switch {
		case today > k.Due && s.WhenDue != "wait":
			return &Act{Do: ActLapse, Visit: v.ID}, nil
		case today > k.Due && !k.Late:
			return &Act{Do: ActLate, Visit: v.ID}, nil
		case s.Warn > 0 && !k.Warned && today <= k.Due:
			from, _, err := w.later(k.Due, -s.Warn)
			if err != nil {
				return nil, err
			}
			if today >= from {
				return &Act{Do: ActWarn, Visit: v.ID}, nil
			}
		}
	}
	if slices.ContainsFunc(c.Promises, func(p Promise) bool { return p.overdue(today) }) {
		return &Act{Do: ActBreak}, nil
	}
	return nil, nil
}

func (p *Promise) overdue(today Day) bool { return p.Kept == "" && !p.Broken && today > p.Until }

// Wakes is the first day on which Tick has something to do; empty: none is known.
func Wakes(t *pack.MatterType, c *Case, w World) (first Day, err error) {
	defer fault.At(&err, "matter.Wakes(case %d)", c.ID)
	if !c.Running() || c.Suspended != nil {
		return "", nil
	}
	at := func(d Day) {
		if d != "" && (first == "" || d < first) {
			first = d
		}
	}
	after := func(d Day) Day { return dayOf(d.Time().AddDate(0, 0, 1)) }
	for _, v := range c.Open() {
		s, k := t.Stage(v.Stage), &v.Clock
		if a := v.asked(); a != nil && !a.Late {
			at(after(a.Due))
		}
		if k.Due == "" || k.Stands() {
			continue
		}
		if s.WhenDue != "wait" || !k.Late {
			at(after(k.Due))
		}
		if s.Warn > 0 && !k.Warned {
			from, _, err := w.later(k.Due, -s.Warn)
			if err != nil {
				return "", err
			}
			at(from)
		}
	}
	for i := range c.Promises {
		if p := &c.Promises[i]; p.Kept == "" && !p.Broken {
			at(after(p.Until))
		}
	}
	return first, nil
}

// Due is the earliest last day of a case's open visits whose clock goes, and whether it is certain; empty: none.
func (c *Case) Due() (due Day, known bool) {
	known = true
	for _, v := range c.Open() {
		if k := &v.Clock; k.Due != "" && !k.Stands() && c.Suspended == nil && (due == "" || k.Due < due) {
			due, known = k.Due, k.Known
		}
	}
	return due, known
}

// tick does what the clock does.
func (d *decision) tick(v *Visit) error {
	today := d.w.Today()
	switch d.act.Do {
	case ActBreak:
		for i := range d.c.Promises {
			if p := &d.c.Promises[i]; p.overdue(today) {
				p.Broken = true
			}
		}
	case ActWarn:
		v.Clock.Warned = true
	case ActLate:
		if a := v.asked(); a != nil && today > a.Due {
			a.Late = true
		} else {
			v.Clock.Late = true
		}
	case ActLapse:
		v.Clock.Late = true
		return d.leave(v, d.t.Stage(v.Stage).WhenDue)
	}
	return nil
}
