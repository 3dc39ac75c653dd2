package mandate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Ask is what a representative entrusts.
type Ask struct {
	Grant   int64    // of who is entrusted
	Matters []string // ids of the pack
	Until   string   // last day
}

// Entrust entrusts the holder of another grant of the actor's subject with matters, from today on. It gives nothing before he accepts
// it. Only the representative may, who holds his position now.
func (m *Mandates) Entrust(ctx context.Context, subject int64, a Ask) (x *Mandate, err error) {
	defer fault.At(&err, "mandate.Entrust(subject %d)", subject)
	if err := m.may(ctx, auth.Entrust, subject); err != nil {
		return nil, err
	}
	role, err := m.roleOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	x = &Mandate{Subject: subject, Grant: a.Grant, From: m.Today(), Until: clean(a.Until), Made: m.Clock(), MadeBy: m.acting(ctx)}
	if x.Matters, err = mattersOf(role.Mandate, a.Matters); err != nil {
		return nil, err
	}
	day, bad := time.Parse(time.DateOnly, x.Until)
	first, _ := time.Parse(time.DateOnly, x.From)
	if bad != nil || x.Until < x.From || day.Sub(first) > time.Duration(role.Mandate.Days)*24*time.Hour {
		last := first.AddDate(0, 0, role.Mandate.Days).Format(time.DateOnly)
		return nil, fault.New(fault.Invalid, fmt.Sprintf("请写明最后一天：今天或以后，最晚 %s。", last), fmt.Sprintf("Give the last day: today or later, %s at the latest.", last))
	}
	mine := m.Actors.Acting(ctx).Grant
	lapsed, err := m.lapsedNow(ctx, role, subject)
	if err != nil {
		return nil, err
	}
	err = m.Storage.WriteMandates(ctx, func(w Writer) error {
		positions, err := w.PositionsOf(ctx, mine)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(positions, func(p Position) bool { return p.Subject == subject && !slices.Contains(lapsed, p.ID) })
		if mine == 0 || at < 0 {
			return fault.New(fault.Forbidden, "只有法定代表人本人能委托他人办事。", "Only the legal representative himself entrusts others.")
		}
		x.Position = positions[at].ID
		holders, err := w.Holders(ctx, auth.Role(role.ID), subject, x.From, mostHolders)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(holders, func(h Holder) bool { return h.Grant == x.Grant })
		if i < 0 || x.Grant == mine {
			return fault.New(fault.Invalid, "请选择一位有本企业账号的经办人。", "Choose an agent who has an account of the enterprise.")
		}
		x.Person = holders[i].Person
		open, err := w.Open(ctx, x.Grant, x.From)
		if err != nil {
			return err
		}
		for j := range open {
			if o := &open[j]; o.Position == x.Position && o.Until == x.Until && slices.Equal(o.Matters, x.Matters) { // the second click
				x = o
				return nil
			}
		}
		if err := w.AddMandate(ctx, x); err != nil {
			return err
		}
		return m.log(ctx, w, x.MadeBy, "entrust", subject, map[string]any{"mandate": x.ID, "person": x.Person, "matters": strings.Join(x.Matters, ","), "until": x.Until})
	})
	return x, err
}

// mattersOf are chosen matters in the order of the pack.
func mattersOf(of *pack.Mandate, chosen []string) (list []string, err error) {
	for _, t := range of.Matters {
		if slices.Contains(chosen, t.ID) {
			list = append(list, t.ID)
		}
	}
	if len(list) == 0 || slices.ContainsFunc(chosen, func(id string) bool { return of.Matter(id) == nil }) {
		return nil, fault.New(fault.Invalid, "请勾选委托办理的事项，至少一项。", "Choose at least one matter.")
	}
	return list, nil
}

// change changes a mandate of which the actor is the person, or which is of the position that he holds.
func (m *Mandates) change(ctx context.Context, id int64, fn func(w Writer, x *Mandate, own bool) error) error {
	a := m.Actors.Acting(ctx)
	if a.Viewer != "" {
		return errLooking()
	}
	return m.Storage.WriteMandates(ctx, func(w Writer) error {
		x, err := w.Mandate(ctx, id)
		if err != nil {
			return err
		}
		if x == nil || a.ID == "" {
			return errNone()
		}
		own := x.Person == a.ID
		if !own {
			p, err := w.Position(ctx, x.Position)
			if err != nil {
				return err
			}
			given := p != nil && p.Person == a.ID && p.Grant == a.Grant
			// Another representative of the subject ends what the one before him entrusted.
			if !given && (a.Subject != x.Subject || m.Actors.Decide(ctx, auth.Entrust, auth.Resource{}) != nil) {
				return errNone()
			}
		}
		return fn(w, x, own)
	})
}

// Accept accepts a mandate; its person does. It does nothing when he has accepted it before.
func (m *Mandates) Accept(ctx context.Context, id int64) (err error) {
	defer fault.At(&err, "mandate.Accept(mandate %d)", id)
	var x *Mandate
	if err := m.Storage.ReadMandates(ctx, func(r Reader) error {
		x, err = r.Mandate(ctx, id)
		return err
	}); err != nil || x == nil {
		return orNone(err)
	}
	state, err := m.stateOf(ctx, x)
	if err != nil {
		return err
	}
	return m.change(ctx, id, func(w Writer, x *Mandate, own bool) error {
		switch {
		case !own:
			return errNone()
		case !x.Accepted.IsZero() && x.Ended.IsZero():
			return nil
		case !x.Ended.IsZero() || state != Waiting:
			return fault.New(fault.Conflict, "这项委托已经结束、到期或失效，不能再接受。请法定代表人重新委托。", "This mandate has ended, is over or has lapsed, and cannot be accepted. The legal representative entrusts you again.")
		}
		x.Accepted = m.Clock()
		if err := w.SetMandate(ctx, x); err != nil {
			return err
		}
		return m.log(ctx, w, m.acting(ctx), "accept", x.Subject, map[string]any{"mandate": x.ID, "person": x.Person, "matters": strings.Join(x.Matters, ","), "until": x.Until})
	})
}

func orNone(err error) error {
	if err != nil {
		return err
	}
	return errNone()
}

// End ends a mandate now: who entrusted it does, or its person, who declines it where he has not accepted it. It does nothing when it
// was ended before.
func (m *Mandates) End(ctx context.Context, id int64) (err error) {
	defer fault.At(&err, "mandate.End(mandate %d)", id)
	return m.change(ctx, id, func(w Writer, x *Mandate, own bool) error {
		if !x.Ended.IsZero() {
			return nil
		}
		x.Ended, x.EndedBy = m.Clock(), m.acting(ctx)
		if err := w.SetMandate(ctx, x); err != nil {
			return err
		}
		action := "mandate-end"
		if own && x.Accepted.IsZero() {
			action = "decline"
		}
		return m.log(ctx, w, x.EndedBy, action, x.Subject, map[string]any{"mandate": x.ID, "person": x.Person})
	})
}
