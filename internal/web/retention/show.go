package retention

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/retention"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// view is the page of retention.
type view struct {
	Due     int    // cells that were due when they were last counted
	Counted string // when; empty: not since the last plan
	Today   bool   // they were counted today
	City    bool   // who looks sees the whole city, so that rules concern him
	Asks    bool   // who looks may ask
	Alone   bool   // nobody else can approve
	Owed    bool   // the file of the base is still to be written anew
	Rules   []ruleRow
	Plan    string // where what was counted is asked for; empty: nothing was
	Open    []planRow
	Done    []planRow
	Total   int
	Newer   string
	Older   string
	Holds   []holdRow
	Past    int // holds that are over
	Problem string
	Hold    holdForm
	Kinds   []choice
}

// ruleRow is a rule of retention in words.
type ruleRow struct {
	Name, About, From, Term, Basis string
	Status                         pack.Status
	Cells                          int
}

// planRow is a plan in a list.
type planRow struct {
	What, URL, State, Asked, By, Reason string
	Cells, Erased, Kept                 int
}

// holdRow is a legal hold.
type holdRow struct {
	What, URL, Reason, Until, By, End string
}

// holdForm is what was written into the form of a hold.
type holdForm struct{ Kind, Ref, Until, Reason string }

type choice struct {
	ID, Name string
	On       bool
}

func planPath(id int64) string { return home + "/" + strconv.FormatInt(id, 10) }

// called names a plan.
func (s *room) called(ctx context.Context, ask *address.Ask, p *retention.Plan) string {
	text := s.Words(ask.Lang)
	if p.Kind == retention.Rules {
		return text("retention.plan.rules", "day", p.Day)
	}
	name, _ := s.subject(ctx, ask, p.Subject)
	return text("retention.plan.request", "name", name)
}

// subject names a subject that who acts sees; otherwise it is its number.
func (s *room) subject(ctx context.Context, ask *address.Ask, id int64) (name, url string) {
	p, err := s.Known.Profile(ctx, id)
	if err != nil || p == nil {
		return fmt.Sprintf("#%d", id), ""
	}
	return firstOf(p.Name, p.Code, fmt.Sprintf("#%d", id)), ask.Link("/s/" + strconv.FormatInt(id, 10))
}

func firstOf(list ...string) string {
	for _, x := range list {
		if x != "" {
			return x
		}
	}
	return ""
}

// term writes a term.
func term(text func(string, ...any) string, t pack.Period) string {
	var parts []string
	for _, x := range []struct {
		key string
		n   int
	}{{"years", t.Years}, {"months", t.Months}, {"days", t.Days}} {
		if x.n > 0 {
			parts = append(parts, text("retention.term."+x.key, "n", x.n))
		}
	}
	return strings.Join(parts, " ")
}

func (s *room) rules(ask *address.Ask, tallies []retention.Tally) (list []ruleRow) {
	text := s.Words(ask.Lang)
	for _, r := range s.Pack.Retention {
		row := ruleRow{Name: r.Name.In(ask.Lang), Term: term(text, r.Term), Basis: r.Basis.In(ask.Lang), Status: r.Status}
		if r.From != pack.FromSubject {
			row.From = text("retention.from." + string(r.From))
		}
		var about, fields []string
		for _, id := range r.Registers {
			reg := s.Pack.Register(id)
			if reg == nil {
				continue
			}
			about = append(about, reg.Name.In(ask.Lang))
			for _, a := range reg.Attributes {
				if name := a.Name.In(ask.Lang); r.Covers(reg, a) && !contains(fields, name) {
					fields = append(fields, name)
				}
				if a.ID == r.Attribute {
					row.From = text("retention.from.subject", "name", a.Name.In(ask.Lang))
				}
			}
		}
		if len(fields) == 0 { // who looks may not see what it is about
			continue
		}
		and := text("frame.and")
		row.About = text("retention.about", "registers", strings.Join(about, and), "fields", strings.Join(fields, and))
		for _, t := range tallies {
			if t.Rule == r.ID {
				row.Cells += t.Cells
			}
		}
		list = append(list, row)
	}
	return list
}

func contains(list []string, x string) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func (s *room) planRow(ctx context.Context, ask *address.Ask, p *retention.Plan) planRow {
	return planRow{What: s.called(ctx, ask, p), URL: ask.Link(planPath(p.ID)), State: string(p.State), Asked: s.When(p.Asked), By: s.person(ctx, ask, p.AskedBy), Reason: p.Reason,
		Cells: p.Cells, Erased: p.Erased, Kept: p.Kept}
}

// view is the page, with what was written into the form of a hold.
func (s *room) view(r *http.Request, form holdForm) (*view, error) {
	if err := s.ready(r); err != nil {
		return nil, err
	}
	ctx, ask := r.Context(), s.Ask(r)
	text := s.Words(ask.Lang)
	v := &view{Asks: s.May(ctx, auth.AskErasure), Alone: s.Keeper.Alone(ctx), Hold: form}
	counted, parts, err := s.Keeper.LastCounted(ctx)
	if v.City = fault.Of(err) != fault.Forbidden; err != nil && v.City {
		return nil, err
	}
	if counted != nil {
		v.Due, v.Counted, v.Today = counted.Cells, s.When(counted.Asked), counted.Day == s.Keeper.Today().Format(time.DateOnly)
		if counted.Cells > 0 && v.Today && v.Asks {
			v.Plan = ask.Link(planPath(counted.ID))
		}
	}
	v.Rules = s.rules(ask, s.Keeper.Tallies(parts))
	open, _, err := s.Keeper.Plans(ctx, []retention.State{retention.Open, retention.Approved}, 0, openMost)
	if err != nil {
		return nil, err
	}
	for i := range open {
		v.Open = append(v.Open, s.planRow(ctx, ask, &open[i]))
	}
	at, _ := strconv.Atoi(r.URL.Query().Get("from"))
	at = max(0, min(at, 1<<20))
	done, total, err := s.Keeper.Plans(ctx, []retention.State{retention.Done, retention.Refused, retention.Withdrawn}, at, donePage)
	if err != nil {
		return nil, err
	}
	for i := range done {
		v.Done = append(v.Done, s.planRow(ctx, ask, &done[i]))
	}
	if v.Total = total; at > 0 {
		v.Newer = ask.Link(home, "from", strconv.Itoa(max(0, at-donePage)))
	}
	if at+donePage < total {
		v.Older = ask.Link(home, "from", strconv.Itoa(at+donePage))
	}
	if s.Owed != nil && total > 0 {
		if v.Owed, err = s.Owed(ctx); err != nil {
			return nil, err
		}
	}
	for _, kind := range []retention.HoldKind{retention.OfSubject, retention.OfImport, retention.OfRegister} {
		if kind == retention.OfSubject || v.City {
			v.Kinds = append(v.Kinds, choice{string(kind), text("retention.hold." + string(kind)), string(kind) == form.Kind})
		}
	}
	return v, s.holds(ctx, ask, v)
}

func (s *room) holds(ctx context.Context, ask *address.Ask, v *view) error {
	list, err := s.Keeper.Holds(ctx, true)
	if err != nil {
		return err
	}
	today := s.Keeper.Today().Format(time.DateOnly)
	for i := range list {
		h := &list[i]
		if !h.Lasts(today) {
			v.Past++
			continue
		}
		x := s.holdRow(ctx, ask, h)
		if v.Asks {
			x.End = ask.Link(home + "/holds/" + strconv.FormatInt(h.ID, 10) + "/end")
		}
		v.Holds = append(v.Holds, x)
	}
	return nil
}

func (s *room) holdRow(ctx context.Context, ask *address.Ask, h *retention.Hold) holdRow {
	x := holdRow{Reason: h.Reason, Until: h.Until, By: s.person(ctx, ask, h.MadeBy)}
	switch h.Kind {
	case retention.OfSubject:
		x.What, x.URL = s.subject(ctx, ask, h.Ref)
	case retention.OfImport:
		x.What, x.URL = s.Words(ask.Lang)("retention.hold.import")+fmt.Sprintf(" %d", h.Ref), ask.Link(address.ImportPath(h.Ref))
	default:
		if reg := s.Pack.Register(h.Register); reg != nil {
			x.What, x.URL = reg.Name.In(ask.Lang), ask.Link(s.RegisterPath(reg))
		}
	}
	return x
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	v, err := s.view(r, holdForm{Kind: string(retention.OfSubject)})
	if err != nil {
		return err
	}
	return s.Render(w, r, "retention", v)
}

// addHold makes a legal hold.
func (s *room) addHold(w http.ResponseWriter, r *http.Request) error {
	if err := s.ready(r); err != nil {
		return err
	}
	form := holdForm{r.PostForm.Get("kind"), strings.TrimSpace(r.PostForm.Get("ref")), r.PostForm.Get("until"), r.PostForm.Get("reason")}
	h, err := s.held(r, form)
	if err == nil {
		h.Until, h.Reason = form.Until, form.Reason
		_, err = s.Keeper.AddHold(r.Context(), h)
	}
	return s.after(w, r, form, err)
}

// held finds what a hold is of: a register by its id, an import by its number, a subject by its number, code or name.
func (s *room) held(r *http.Request, f holdForm) (h retention.Hold, err error) {
	none := fault.New(fault.Invalid, "没有找到要保全的对象。请写主体的代码或全称、导入的编号，或库的名称。", "What is to be held was not found. Give the code or full name of a subject, the number of an import, or the name of a register.")
	switch h.Kind = retention.HoldKind(f.Kind); h.Kind {
	case retention.OfRegister:
		for _, reg := range s.Pack.Registers {
			if f.Ref == reg.ID || f.Ref == reg.Name.ZH || strings.EqualFold(f.Ref, reg.Name.EN) {
				h.Register = reg.ID
			}
		}
		if h.Register == "" {
			err = none
		}
	case retention.OfImport:
		if h.Ref, err = strconv.ParseInt(f.Ref, 10, 64); err != nil {
			err = none
		}
	case retention.OfSubject:
		var found []int64
		for _, reg := range s.Pack.Registers {
			list, err := s.Finder.FindIn(r.Context(), reg.ID, f.Ref)
			if err != nil && fault.Of(err) != fault.NotFound && fault.Of(err) != fault.Forbidden {
				return h, err
			}
			for _, x := range list {
				if x.Code == f.Ref || x.Name == f.Ref {
					found = append(found, x.Subject)
				}
			}
		}
		switch len(found) {
		case 0:
			err = none
		case 1:
			h.Ref = found[0]
		default:
			err = fault.New(fault.Invalid, "有几个主体叫这个名称。请写代码。", "Several subjects have this name. Give the code.")
		}
	default:
		err = none
	}
	if f.Ref == "" {
		err = none
	}
	return h, err
}

// endHold ends a legal hold early.
func (s *room) endHold(w http.ResponseWriter, r *http.Request) error {
	if err := s.ready(r); err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("hold"), 10, 64)
	if err != nil {
		return frame.ErrNoPage()
	}
	return s.after(w, r, holdForm{Kind: string(retention.OfSubject)}, s.Keeper.EndHold(r.Context(), id, r.PostForm.Get("reason")))
}

// after goes back to the page, or shows it with what was wrong.
func (s *room) after(w http.ResponseWriter, r *http.Request, form holdForm, err error) error {
	if err == nil {
		http.Redirect(w, r, s.Ask(r).Link(home)+"#holds", http.StatusSeeOther)
		return nil
	}
	said, ok := s.problem(r, err)
	if !ok {
		return err
	}
	v, err := s.view(r, form)
	if err != nil {
		return err
	}
	v.Problem = said
	s.RenderStatus(w, r, http.StatusUnprocessableEntity, "retention", v)
	return nil
}
