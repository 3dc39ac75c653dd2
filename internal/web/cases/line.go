package cases

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/matter"
	"eyas/internal/pack"
)

// sentence says where a case is and what comes next, in plain words: to who acts for the applicant only what he can act on.
func (x *reader) sentence() (where, next string) {
	c, text, lang := x.c, x.text, x.ask.Lang
	if e := x.t.End(c.End); e != nil {
		return text("cases.where.ended", "end", e.Name.In(lang), "day", c.Closed.In(x.Pack.Zone).Format("2006-01-02")), ""
	}
	if p := c.Suspended; p != nil {
		return text("cases.where.suspended", "day", string(p.On), "who", x.person(x.r, p.By), "note", p.Note), text("cases.next.suspended")
	}
	applies := x.applies()
	open := c.Open()
	for _, v := range open {
		if n := len(v.Asked); n > 0 && v.Asked[n-1].Supplied == "" {
			a := v.Asked[n-1]
			if applies {
				return text("cases.where.supply", "n", len(a.Remarks), "day", string(a.Due)), text("cases.next.supply")
			}
			return text("cases.where.asked", "n", len(a.Remarks), "day", string(a.Due)), text("cases.next.asked")
		}
	}
	if len(open) == 1 && x.t.Stage(open[0].Stage).Kind == pack.StageApply {
		switch by, note := x.returned(); {
		case by != "" && applies:
			return text("cases.where.returned", "who", by, "note", note), text("cases.next.returned")
		case by != "":
			return text("cases.where.back", "who", by, "note", note), text("cases.next.back")
		case applies:
			return text("cases.where.draft"), text("cases.next.draft")
		}
		return text("cases.where.begun"), ""
	}
	var names, who []string
	for _, v := range open {
		names = append(names, x.t.Stage(v.Stage).Name.In(lang))
		for _, w := range x.holders(v) {
			if !slices.Contains(who, w) {
				who = append(who, w)
			}
		}
	}
	and := text("frame.and")
	where = text("cases.where.at", "stages", strings.Join(names, and))
	if len(who) > 0 {
		where = text("cases.where.with", "stages", strings.Join(names, and), "who", strings.Join(who, and))
	}
	var then []string
	for _, v := range open {
		for _, n := range x.t.Stage(v.Stage).Then {
			for _, to := range n.To {
				if name := x.placeName(to); n.On == pack.OutcomePass && !slices.Contains(then, name) && !slices.Contains(names, name) {
					then = append(then, name)
				}
			}
		}
	}
	if len(then) > 0 {
		next = text("cases.next.then", "then", strings.Join(then, and))
	}
	if x.waits(open) {
		return where, text("cases.next.yours") + next
	}
	return where, text("cases.next.wait") + next
}

// waits reports whether a visit waits for who looks.
func (x *reader) waits(open []*matter.Visit) bool {
	if x.applies() {
		return slices.ContainsFunc(open, x.mine)
	}
	return slices.ContainsFunc(x.seen.May, func(l matter.Legal) bool {
		return l.Do == matter.ActPass || l.Do == matter.ActScore || l.Do == matter.ActAnswer
	})
}

// mine reports whether a visit waits for the applicant.
func (x *reader) mine(v *matter.Visit) bool {
	return slices.ContainsFunc(v.Seats, func(s *matter.Seat) bool { return s.State == matter.SeatOpen && s.Subject != 0 })
}

// returned is who returned the case to the applicant, and why; empty: nobody did since it was filed.
func (x *reader) returned() (by, note string) {
	for i := len(x.seen.Events) - 1; i >= 0; i-- {
		e := &x.seen.Events[i]
		switch e.Act.Do {
		case matter.ActReturn:
			return x.as(&e.Person), e.Act.Note
		case matter.ActReport:
			if e.Act.State == "returned" {
				return x.text("cases.outside"), e.Act.Note
			}
		case matter.ActPass:
			return "", ""
		}
	}
	return "", ""
}

// as is somebody as others read him: his organisation and role, and his name to those who do not act for the applicant.
func (x *reader) as(p *matter.Person) string {
	lang := x.ask.Lang
	switch {
	case p.ID == matter.TheClock:
		return x.text("cases.clock")
	case p.Subject != 0:
		return x.roleName(p.Role, lang)
	case p.Org != "":
		return x.orgName(p.Org, lang) + " " + x.person(x.r, p.ID)
	}
	return x.person(x.r, p.ID)
}

// holders are whom a visit waits for.
func (x *reader) holders(v *matter.Visit) (list []string) {
	for _, s := range v.Seats {
		if s.State == matter.SeatOpen {
			if w := x.seatName(s); !slices.Contains(list, w) {
				list = append(list, w)
			}
		}
	}
	return list
}

func (x *reader) seatName(s *matter.Seat) string {
	lang := x.ask.Lang
	switch {
	case s.Person != "":
		return x.person(x.r, s.Person)
	case s.Org != "":
		return x.holderName(s.Org, s.Role, lang)
	}
	return x.roleName(s.Role, lang)
}

// placeName names a stage or an end.
func (x *reader) placeName(id string) string {
	if g := x.t.Stage(id); g != nil {
		return g.Name.In(x.ask.Lang)
	}
	if e := x.t.End(id); e != nil {
		return x.text("cases.ended", "end", e.Name.In(x.ask.Lang))
	}
	return id
}

// chips are the states of a case.
func (x *reader) chips() (list []chip) {
	c, text := x.c, x.text
	if e := x.t.End(c.End); e != nil {
		class := map[pack.EndMeaning]string{pack.EndGranted: "met", pack.EndRefused: "unmet"}[e.Means]
		return append(list, chip{text("cases.ended", "end", e.Name.In(x.ask.Lang)), class})
	}
	if c.Suspended != nil {
		list = append(list, chip{text("cases.chip.suspended"), "near"})
	}
	if c.Filed == "" {
		list = append(list, chip{text("cases.chip.draft"), ""})
	}
	for _, v := range c.Open() {
		if v.Clock.Stands() {
			list = append(list, chip{text("cases.chip.stands"), "near"})
		}
		for _, s := range v.Seats {
			if s.State == matter.SeatOpen && s.Empty != "" {
				list = append(list, chip{text("cases.chip.empty." + s.Empty), "unmet"})
			}
		}
	}
	for _, p := range c.Promises {
		switch {
		case p.Broken:
			list = append(list, chip{text("cases.chip.broken"), "unmet"})
		case p.Kept == "":
			list = append(list, chip{text("cases.chip.promised", "day", string(p.Until)), "near"})
		}
	}
	return list
}

// stageMark is a stage in the picture of the way.
type stageMark struct {
	Name, State      string // done, now, void, later, skipped
	Beside           bool   // it runs beside others
	Who, When        string
	Due              due
	Times            int // how often the case was in it
	Says             string
	Returned, Issued bool
}

// line is the way of a case through the stages of its matter.
func (x *reader) line() (list []stageMark) {
	beside := map[string]bool{}
	for _, g := range x.t.Stages {
		for _, n := range g.Then {
			if len(n.To) > 1 {
				for _, to := range n.To {
					beside[to] = true
				}
			}
		}
	}
	for _, g := range x.t.Stages {
		m := stageMark{Name: g.Name.In(x.ask.Lang), State: "later", Beside: beside[g.ID]}
		var last *matter.Visit
		for _, v := range x.c.Visits {
			if v.Stage == g.ID {
				m.Times++
				last = v
			}
		}
		switch {
		case last == nil:
			if x.c.End != "" {
				m.State = "skipped"
			}
			for _, w := range g.Who {
				m.Who = x.roleName(w.Role, x.ask.Lang)
			}
		case last.Closed.IsZero():
			m.State, m.When, m.Who = "now", last.Opened.In(x.Pack.Zone).Format("2006-01-02"), strings.Join(x.holders(last), x.text("frame.and"))
			if !last.Clock.Stands() && x.c.Suspended == nil {
				m.Due = x.dueOn(string(last.Clock.Due))
			}
		default:
			m.State, m.When, m.Who = "done", last.Closed.In(x.Pack.Zone).Format("2006-01-02"), x.person(x.r, last.By)
			if last.Void || last.Outcome == matter.OutcomeCancelled {
				m.State = "void"
			}
			m.Says = x.outcome(last)
			m.Returned = last.Outcome == pack.OutcomeReturn || last.Outcome == pack.OutcomeRefuse
		}
		list = append(list, m)
	}
	return list
}

// outcome is how a visit ended, in a word.
func (x *reader) outcome(v *matter.Visit) string { return x.outcomeOf(v.Stage, v.Outcome) }

// outcomeOf is an outcome in a stage: the form of an application is not passed but filed.
func (x *reader) outcomeOf(stage, id string) string {
	if id == pack.OutcomePass && x.t.Stage(stage).Kind == pack.StageApply {
		return x.text("cases.did.file")
	}
	switch id {
	case pack.OutcomePass, pack.OutcomeRefuse, pack.OutcomeReturn, matter.OutcomeCancelled, matter.OutcomeWithdrawn:
		return x.text("cases.outcome." + id)
	}
	return id
}

// visit writes one time in a stage.
func (x *reader) visit(at *matter.Visit) visit {
	day := func(t interface{ IsZero() bool }, text string) string {
		if t.IsZero() {
			return ""
		}
		return text
	}
	g := x.t.Stage(at.Stage)
	v := visit{Name: g.Name.In(x.ask.Lang), Begun: x.When(at.Opened), Due: string(at.Clock.Due), Ended: day(at.Closed, x.When(at.Closed)), Outcome: x.outcome(at), By: x.person(x.r, at.By), Note: at.Note,
		Late: at.Clock.Late, Void: at.Void, Open: at.Closed.IsZero()}
	for _, s := range at.Seats {
		one := seat{Who: x.seatName(s), State: x.text("cases.seat." + s.State), Note: s.Note}
		if s.By != "" {
			one.Who = x.person(x.r, s.By)
			one.State = x.outcomeOf(at.Stage, s.Outcome)
			if s.Outcome == matter.ActScore || s.Outcome == matter.ActAnswer || s.Outcome == matter.ActSupply {
				one.State = x.text("cases.did." + s.Outcome)
			}
		}
		if s.Kind != matter.SeatMain {
			one.Who += x.text("cases.seat.kind." + s.Kind)
		}
		v.Seats = append(v.Seats, one)
	}
	for _, k := range at.Remarks {
		v.Remarks = append(v.Remarks, remark{x.fieldName(k.Field), k.Text})
	}
	for _, a := range at.Asked {
		for _, k := range a.Remarks {
			v.Remarks = append(v.Remarks, remark{x.fieldName(k.Field), k.Text})
		}
	}
	for _, o := range at.Reported {
		v.Reported = append(v.Reported, strings.TrimSpace(string(o.On)+" "+x.stateName(o.State)+" "+o.Note))
	}
	for _, f := range g.Fields {
		if value := at.Fields[f.ID]; value != "" {
			v.Fields = append(v.Fields, line{Label: f.Attr.Name.In(x.ask.Lang), Value: x.shown(f, value)})
		}
	}
	if at.Score != nil {
		v.Score = figure.Decimal(*at.Score, 2)
	}
	return v
}

// stateName names a state of another system.
func (x *reader) stateName(code string) string {
	for _, l := range x.Pack.Codes {
		if l.ID != "outside_state" {
			continue
		}
		for _, item := range l.Items {
			if item.Code == code {
				return item.Name.In(x.ask.Lang)
			}
		}
	}
	return code
}

// record is what was done, the newest first.
func (x *reader) record() (list []event) {
	form := matter.Form{}
	for i := range x.seen.Events {
		e := &x.seen.Events[i]
		v := event{When: x.When(e.At), Who: x.person(x.r, e.Person.ID), Did: did(x.text, x.t, x.c, e), Note: e.Act.Note, Verdict: x.verdict(e.Verdict)}
		if e.Person.ID != matter.TheClock {
			v.As = x.holderName(e.Person.Org, e.Person.Role, x.ask.Lang)
		}
		if at := x.c.Visit(e.Act.Visit); at != nil {
			v.Stage = x.t.Stage(at.Stage).Name.In(x.ask.Lang)
		}
		if e.Act.To != "" {
			v.Note = strings.TrimSpace(x.toName(e.Act.To) + " " + v.Note)
		}
		if e.Change.Form != nil {
			v.Changed = x.changed(form, *e.Change.Form)
			form = *e.Change.Form
		}
		list = append(list, v)
	}
	slices.Reverse(list)
	return list
}

// did says in words what an event did.
func did(text func(string, ...any) string, t *pack.MatterType, c *matter.Case, e *matter.Event) string {
	if v := c.Visit(e.Act.Visit); v != nil && e.Act.Do == matter.ActPass && t.Stage(v.Stage).Kind == pack.StageApply {
		return text("cases.did.file")
	}
	return text("cases.did." + e.Act.Do)
}

// toName names to whom or where an act went.
func (x *reader) toName(to string) string {
	switch to {
	case pack.ReturnApplicant, pack.ReturnPrevious:
		return "→ " + x.text("cases.to."+to)
	}
	if x.t.Stage(to) != nil {
		return "→ " + x.placeName(to)
	}
	return "→ " + x.person(x.r, to)
}

// changed says which fields of a form were changed, with what they were.
func (x *reader) changed(before, after matter.Form) (list []string) {
	for _, g := range x.t.Form.Sections {
		for _, f := range g.Fields {
			seen, _ := x.sees(f.Attr)
			was, is := x.shown(f, before.Values[f.ID]), x.shown(f, after.Values[f.ID])
			switch {
			case !seen:
			case f.Rows != nil:
				if n, m := len(before.Rows[f.ID]), len(after.Rows[f.ID]); n != m || differ(before.Rows[f.ID], after.Rows[f.ID]) {
					list = append(list, x.text("cases.changed.rows", "name", x.label(f), "was", n, "is", m))
				}
			case before.Values[f.ID] == after.Values[f.ID]:
			case was == "":
				list = append(list, x.text("cases.changed.new", "name", x.label(f), "is", is))
			case is == "":
				list = append(list, x.text("cases.changed.gone", "name", x.label(f), "was", was))
			default:
				list = append(list, x.text("cases.changed.to", "name", x.label(f), "was", was, "is", is))
			}
		}
	}
	for _, a := range x.t.Form.Attachments {
		if differ(before.Files[a.ID], after.Files[a.ID]) {
			list = append(list, x.text("cases.changed.files", "name", a.Name.In(x.ask.Lang), "n", strconv.Itoa(len(after.Files[a.ID]))))
		}
	}
	return list
}

// differ reports whether two values are written differently as JSON.
func differ(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 != nil || err2 != nil || string(x) != string(y)
}
