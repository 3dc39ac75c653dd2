package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Done is what came of an act.
type Done struct {
	Case     *matter.Case
	Matter   *pack.MatterType
	Event    int  // its number
	Again    bool // it had been done before under the same key
	Problems []matter.Problem
	Verdict  *Verdict
}

// Begin begins a case of a subject. What the register knows is filled in; what form says counts more. The same key begins one case only.
func (d *Desk) Begin(ctx context.Context, id string, subject int64, form *matter.Form, key string) (done *Done, err error) {
	defer fault.At(&err, "desk.Begin(matter %s, subject %d)", id, subject)
	m, err := d.matterOf(id)
	if err != nil {
		return nil, err
	}
	ctx = auth.ForMatter(ctx, m.ID)
	p, err := d.person(ctx)
	if err != nil {
		return nil, err
	}
	if err := clean(form); err != nil {
		return nil, err
	}
	lies, err := d.Lie(ctx, subject, p.ID)
	if err != nil {
		return nil, err
	}
	if lies.Register != "" && lies.Register != m.Register {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("“%s”不是给这个库的主体办的。", m.Name.ZH), fmt.Sprintf("%s is not for subjects of this register", m.Name.EN))
	}
	if err := d.Actors.Decide(ctx, auth.File, auth.Resource{Lies: &lies}); err != nil {
		return nil, err
	}
	profile, err := d.Profile(ctx, subject)
	if err != nil {
		return nil, err
	}
	said, text, err := d.verdict(ctx, m, subject)
	if err != nil {
		return nil, err
	}
	filled := d.fill(m, profile, form)
	err = d.Storage.WriteCases(ctx, 0, func(w Writer) error {
		if key != "" {
			found, err := w.Begun(ctx, p.ID, key)
			if err != nil {
				return err
			}
			if found != 0 {
				done, err = d.again(ctx, w, m, found, profile, subject)
				return err
			}
		}
		world := d.world(ctx, w, m, time.Time{}, profile)
		world.Verdict = text
		e, err := matter.Begin(m, matter.Head{Subject: subject, Base: d.now().Year() - 1, Orgs: d.orgs(lies)}, p, matter.Act{Form: filled, Key: key}, world)
		if err != nil {
			return err
		}
		c, err := matter.Fold(&matter.Case{}, e)
		if err != nil {
			return err
		}
		r, err := d.row(m, c, world)
		if err != nil {
			return err
		}
		if err := w.AddCase(ctx, r); err != nil {
			return err
		}
		e.Change.Head.ID = c.ID // it has its number now
		if err := w.AddEvent(ctx, c.ID, &e); err != nil {
			return err
		}
		done = &Done{Case: c, Matter: m, Event: e.Seq, Verdict: said}
		if done.Problems, err = matter.Problems(m, c.Form, nil, world); err != nil {
			return err
		}
		return d.log(ctx, w, m, c, p, e)
	})
	return done, err
}

// again answers a second click with what the first one did.
func (d *Desk) again(ctx context.Context, r Reader, m *pack.MatterType, id int64, profile *fact.Profile, subject int64) (*Done, error) {
	row, err := r.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	if row == nil || row.Case.Matter != m.ID || row.Case.Subject != subject {
		return nil, fault.New(fault.Conflict, "这个键已用于另一个办件。请换一个键。", "this key was used for another case: choose another key")
	}
	done := &Done{Case: row.Case, Matter: m, Event: 1, Again: true}
	done.Problems, err = matter.Problems(m, row.Case.Form, nil, d.world(ctx, r, m, row.Case.Opened, profile))
	return done, err
}

// fill fills a form in with what the register knows.
func (d *Desk) fill(m *pack.MatterType, profile *fact.Profile, given *matter.Form) *matter.Form {
	f := &matter.Form{Values: map[string]string{}}
	if given != nil {
		f.Rows, f.Files = given.Rows, given.Files
	}
	base := d.now().Year() - 1
	for _, s := range m.Form.Sections {
		for _, x := range s.Fields {
			if !x.Bound || profile == nil {
				continue
			}
			year := 0
			if x.Attr.Yearly {
				year = base - x.Back
			}
			if known := profile.Fact(x.Attr.ID, year); known != nil && !known.Void {
				f.Values[x.ID] = written(x.Attr, known.Value)
			}
		}
	}
	if given != nil {
		for id, v := range given.Values {
			f.Values[id] = v
		}
	}
	return f
}

// written is a value as people write it in a form, so that it is read as the same value.
func written(a *pack.Attribute, v fact.Value) string {
	switch {
	case a.Kind == pack.Money:
		return strings.ReplaceAll(figure.Amount(int64(v.Num)), ",", "") + map[bool]string{true: "美元", false: "元"}[a.Unit == "usd"]
	case a.Kind.Numeric():
		return figure.Num(v.Num)
	case a.Kind == pack.Date:
		return figure.Day(float64(v.Int))
	case a.Kind == pack.Boolean:
		return map[bool]string{true: "是", false: "否"}[v.Int == 1]
	}
	return v.Str
}

// Act does something in a case. The same key does it once. Who has seen an older state than the one that the act concerns is told what
// has changed, and nothing is done.
func (d *Desk) Act(ctx context.Context, id int64, a matter.Act) (done *Done, err error) {
	defer fault.At(&err, "desk.Act(case %d, %s)", id, a.Do)
	p, err := d.person(ctx)
	if err != nil {
		return nil, err
	}
	if err := clean(a); err != nil {
		return nil, err
	}
	m, subject, err := d.about(ctx, id, p, a)
	if err != nil {
		return nil, err
	}
	ctx = auth.ForMatter(ctx, m.ID)
	profile, err := d.known(ctx, m, subject)
	if err != nil {
		return nil, err
	}
	var said *Verdict
	var text json.RawMessage
	if a.Do == matter.ActPass || a.Do == matter.ActRefuse {
		if said, text, err = d.verdict(auth.As(ctx, auth.Self), m, subject); err != nil {
			return nil, err
		}
	}
	err = d.Storage.WriteCases(ctx, id, func(w Writer) error {
		row, err := w.Case(ctx, id)
		if err != nil {
			return err
		}
		if row == nil {
			return noCase(id)
		}
		if err := d.may(ctx, row, p, a); err != nil {
			return err
		}
		if seq, err := row.Case.Again(a, p); err != nil || seq != 0 {
			done = &Done{Case: row.Case, Matter: m, Event: seq, Again: true}
			return err
		}
		if err := d.unseen(ctx, w, row.Case, a); err != nil {
			return err
		}
		world := d.world(ctx, w, m, row.Case.Opened, profile)
		c, err := d.ticked(ctx, w, m, row.Case, world)
		if err != nil {
			return err
		}
		world.Verdict = text
		e, err := matter.Decide(m, c, p, a, world)
		if err != nil {
			return err
		}
		if c, err = d.write(ctx, w, m, c, world, e); err != nil {
			return err
		}
		done = &Done{Case: c, Matter: m, Event: e.Seq, Verdict: said}
		if c.Filed == "" {
			if done.Problems, err = matter.Problems(m, c.Form, nil, world); err != nil {
				return err
			}
		}
		return d.log(ctx, w, m, c, p, e)
	})
	return done, err
}

// about is the matter and the subject of a case in which a person may act at all.
func (d *Desk) about(ctx context.Context, id int64, p matter.Person, a matter.Act) (m *pack.MatterType, subject int64, err error) {
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		row, err := r.Case(ctx, id)
		if err != nil {
			return err
		}
		if row == nil {
			return noCase(id)
		}
		if err := d.may(ctx, row, p, a); err != nil {
			return err
		}
		subject = row.Case.Subject
		m, err = d.matterOf(row.Case.Matter)
		return err
	})
	return m, subject, err
}

// may refuses who may not act in a case at all. In which stage he may what, the engine says.
func (d *Desk) may(ctx context.Context, row *Row, p matter.Person, a matter.Act) error {
	ctx = auth.ForMatter(ctx, row.Case.Matter)
	if !d.sees(ctx, row, p) {
		return noCase(row.Case.ID)
	}
	action := auth.Handle
	if p.Subject != 0 && p.Subject == row.Case.Subject {
		action = auth.File
	}
	if a.Do == matter.ActObject {
		action = auth.See
	}
	return d.Actors.Decide(ctx, action, auth.Resource{})
}

// sees reports whether a person sees a case: it lies in his scope, he has or had a seat in it, or was sent a copy.
func (d *Desk) sees(ctx context.Context, row *Row, p matter.Person) bool {
	ctx = auth.ForMatter(ctx, row.Case.Matter)
	if !held(ctx, row.Case.Matter, row.Register, row.Case.Subject) {
		return false
	}
	if p.All {
		return true
	}
	for _, v := range row.Case.Visits {
		for _, s := range v.Seats {
			if s.Subject != 0 {
				continue // of the applicant: who acts for it sees it by that, and no longer
			}
			if s.By == p.ID || s.Person == p.ID && s.State != matter.SeatGone {
				return true
			}
		}
	}
	for _, id := range row.Case.Copies {
		if id == p.ID {
			return true
		}
	}
	scope, err := d.scope(ctx, row.Register)
	if err != nil {
		return false
	}
	var orgs []string
	for _, o := range []string{row.District, row.Park} {
		if o != "" {
			orgs = append(orgs, o)
		}
	}
	return scope.Holds(auth.Lie{Register: row.Register, Orgs: orgs, Subjects: []int64{row.Case.Subject}})
}

// held reports whether a case lies within what the program that acts is held to, whoever has a seat in it. The context is that of its
// matter.
func held(ctx context.Context, matter, register string, subject int64) bool {
	b := auth.BoundsOf(ctx)
	return b == nil || (b.Matter == "" || b.Matter == matter) && (b.Register == "" || b.Register == register) && (b.Subject == 0 || b.Subject == subject)
}

// unseen refuses an act on what has changed since the person saw it, and says what has.
func (d *Desk) unseen(ctx context.Context, r Reader, c *matter.Case, a matter.Act) error {
	if a.Seen == 0 || a.Seen >= c.Seq {
		return nil
	}
	since, err := r.Events(ctx, c.ID, a.Seen)
	if err != nil || !matter.Changed(a, since) {
		return err
	}
	var list []string
	for _, e := range since {
		list = append(list, fmt.Sprintf("%s %s %s", e.At.In(d.now().Location()).Format("2006-01-02 15:04"), e.Person.ID, e.Act.Do))
	}
	return fault.New(fault.Conflict, fmt.Sprintf("你看过之后，办件已有变化：%s。没有办理，请看过后再办。", strings.Join(list, "；")),
		fmt.Sprintf("the case has changed since you saw it: %s. Nothing was done: look at it again.", strings.Join(list, "; ")))
}

// ticked lets the clock do first what it has to do, so that nobody acts before it.
func (d *Desk) ticked(ctx context.Context, w Writer, m *pack.MatterType, c *matter.Case, world matter.World) (*matter.Case, error) {
	clock := matter.Person{ID: matter.TheClock}
	world.Verdict = nil
	for {
		a, err := matter.Tick(m, c, world)
		if err != nil || a == nil {
			return c, err
		}
		e, err := matter.Decide(m, c, clock, *a, world)
		if err != nil {
			return nil, err
		}
		if c, err = d.write(ctx, w, m, c, world, e); err != nil {
			return nil, err
		}
		if err := d.log(ctx, w, m, c, clock, e); err != nil {
			return nil, err
		}
	}
}

// write writes an event, and the state that it makes.
func (d *Desk) write(ctx context.Context, w Writer, m *pack.MatterType, c *matter.Case, world matter.World, e matter.Event) (*matter.Case, error) {
	next, err := matter.Fold(c, e)
	if err != nil {
		return nil, err
	}
	r, err := d.row(m, next, world)
	if err != nil {
		return nil, err
	}
	if err := w.SetCase(ctx, r); err != nil {
		return nil, err
	}
	if err := w.AddEvent(ctx, c.ID, &e); err != nil {
		return nil, err
	}
	return next, d.follow(ctx, w, m, c, next, e)
}

// log writes the entry of the log. What people wrote is not in it; it is in the event, which the log proves.
func (d *Desk) log(ctx context.Context, w Writer, m *pack.MatterType, c *matter.Case, p matter.Person, e matter.Event) error {
	detail := map[string]any{"matter": m.ID, "event": e.Seq, "subject": c.Subject}
	if e.Act.Visit != 0 {
		detail["stage"] = c.Visit(e.Act.Visit).Stage
	}
	if c.End != "" {
		detail["end"] = c.End
	}
	entry, err := audit.Entry{At: e.At, Actor: p.ID, Action: "case-" + e.Act.Do, Subject: fmt.Sprintf("case/%d", c.ID)}.WithDetail(detail)
	if err != nil {
		return err
	}
	return w.Log(ctx, entry)
}

// Tick lets the clock act in the cases in which it has something to do today, at most limit; it returns in how many it did.
func (d *Desk) Tick(ctx context.Context, limit int) (n int, err error) {
	defer fault.At(&err, "desk.Tick")
	var ids []int64
	today := matter.World{Now: d.now()}.Today()
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		ids, err = r.Waking(ctx, today, limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		m, subject, err := d.waking(ctx, id)
		if err != nil {
			return n, err
		}
		profile, err := d.known(ctx, m, subject)
		if err != nil {
			return n, err
		}
		err = d.Storage.WriteCases(ctx, id, func(w Writer) error {
			row, err := w.Case(ctx, id)
			if err != nil || row == nil {
				return err
			}
			world := d.world(ctx, w, m, row.Case.Opened, profile)
			c, err := d.ticked(ctx, w, m, row.Case, world)
			if err == nil && c.Seq > row.Case.Seq {
				n++
			}
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// waking is the matter and the subject of a case.
func (d *Desk) waking(ctx context.Context, id int64) (m *pack.MatterType, subject int64, err error) {
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		row, err := r.Case(ctx, id)
		if err != nil {
			return err
		}
		if row == nil {
			return noCase(id)
		}
		subject = row.Case.Subject
		m, err = d.matterOf(row.Case.Matter)
		return err
	})
	return m, subject, err
}
