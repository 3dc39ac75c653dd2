package cases

import (
	"net/http"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/matter/desk"
	"eyas/internal/web/frame"
)

// startView is the page on which a case is begun.
type startView struct {
	frame.Crumbs
	Matter, Basis, Note string
	Verdict, State      string
	To, Key, ID         string
	Subject             int64
	Running             string
	Fields              int
	Papers              []string
	Stages              []string
	Begins              bool
}

// begun is a matter that a subject could begin.
type begun struct {
	ID, Name, Note string
	Verdict        string // met, unmet, unknown or empty
	Rule           string
	URL            string // where it is begun; empty: who looks may not
	Running        string // the page of a case that runs
}

// ofView is the page of the cases of a subject.
type ofView struct {
	frame.Crumbs
	Total  int
	Cases  []caseLine
	All    string
	Starts []begun
}

type caseLine struct {
	No                        int64
	Matter, Stage, Opened, Of string
	URL                       string
	Due                       due
	Ended                     bool
}

// mostOf is how many cases the page of a subject names.
const mostOf = 30

// ofSubject shows the cases of a subject, and what it could begin.
func (s *room) ofSubject(w http.ResponseWriter, r *http.Request) error {
	p, reg, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	ask, lang := s.Ask(r), s.LangOf(r)
	v := &ofView{Crumbs: s.Crumbs(ask, p, reg)}
	list, total, err := s.Desk.Of(r.Context(), p.Subject, mostOf)
	if err != nil {
		return err
	}
	v.Total = total
	for i := range list {
		x := &list[i]
		v.Cases = append(v.Cases, caseLine{No: x.ID, Matter: s.matterName(x.Matter, lang), Stage: s.stages(&x.Listed, lang), Opened: s.When(x.Opened), URL: ask.Link(casePath(x.ID)), Due: s.due(&x.Listed), Ended: x.End != ""})
	}
	starts, err := s.Desk.Startables(r.Context(), reg.ID, p.Subject)
	if err != nil {
		return err
	}
	for _, x := range starts {
		m := s.Pack.Matter(x.ID)
		b := begun{ID: x.ID, Name: m.Name.In(lang), Note: m.Note.In(lang)}
		if x.Verdict != nil {
			b.Verdict, b.Rule = x.Verdict.Verdict, s.ruleNameIn(x.Verdict.Rule, lang)
		}
		if x.Running != 0 {
			b.Running = ask.Link(casePath(x.Running))
		}
		if x.Begins {
			b.URL = ask.Link(path+"/new", "matter", x.ID, "subject", strconv.FormatInt(p.Subject, 10))
		}
		v.Starts = append(v.Starts, b)
	}
	return s.Render(w, r, "casesof", v)
}

// start reads which matter a page is to begin for whom; what cannot be begun is a fault.
func (s *room) start(r *http.Request, id, subject string) (*desk.Startable, int64, error) {
	n, err := strconv.ParseInt(subject, 10, 64)
	m := s.Pack.Matter(id)
	if err != nil || m == nil || s.Known == nil {
		return nil, 0, fault.New(fault.NotFound, "没有这个事项或主体。请从企业的“办件”页发起。", "There is no such matter or subject: begin it from the cases of an enterprise.")
	}
	if _, err := s.Known.RegisterOf(r.Context(), n); err != nil {
		return nil, 0, err
	}
	list, err := s.Desk.Startables(r.Context(), m.Register, n)
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		if list[i].ID == id {
			return &list[i], n, nil
		}
	}
	return nil, 0, frame.ErrNoPage()
}

// showNew shows what a matter asks for, what its rule says today, and the button that begins it.
func (s *room) showNew(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if own := s.OwnSubject(r.Context()); q.Get("matter") == "" && own != 0 {
		http.Redirect(w, r, s.Ask(r).Link("/s/"+strconv.FormatInt(own, 10)+"/cases"), http.StatusSeeOther)
		return nil
	}
	x, subject, err := s.start(r, q.Get("matter"), q.Get("subject"))
	if err != nil {
		return err
	}
	v, err := s.startView(r, x, subject)
	if err != nil {
		return err
	}
	return s.Render(w, r, "casenew", v)
}

func (s *room) startView(r *http.Request, x *desk.Startable, subject int64) (*startView, error) {
	ask := s.Ask(r)
	m := s.Pack.Matter(x.ID)
	r.SetPathValue("id", strconv.FormatInt(subject, 10))
	p, reg, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, err
	}
	v := &startView{Crumbs: s.Crumbs(ask, p, reg), Matter: m.Name.In(ask.Lang), Basis: m.Basis.In(ask.Lang), Note: m.Note.In(ask.Lang), To: ask.Link(path + "/new"), Key: file.NewID(), ID: m.ID, Subject: subject, Begins: x.Begins}
	if x.Verdict != nil {
		v.Verdict, v.State = s.ruleNameIn(x.Verdict.Rule, ask.Lang), x.Verdict.Verdict
	}
	if x.Running != 0 {
		v.Running = ask.Link(casePath(x.Running))
	}
	for _, g := range m.Form.Sections {
		v.Fields += len(g.Fields)
	}
	for _, a := range m.Form.Attachments {
		name := a.Name.In(ask.Lang)
		if a.When != "" {
			name = s.Words(ask.Lang)("cases.paper.maybe", "name", name)
		}
		v.Papers = append(v.Papers, name)
	}
	for _, g := range m.Stages {
		v.Stages = append(v.Stages, g.Name.In(ask.Lang))
	}
	return v, nil
}

// begin begins a case and goes on to its form. A second click comes to the same case.
func (s *room) begin(w http.ResponseWriter, r *http.Request) error {
	x, subject, err := s.start(r, r.PostForm.Get("matter"), r.PostForm.Get("subject"))
	if err != nil {
		return err
	}
	done, err := s.Desk.Begin(r.Context(), x.ID, subject, nil, r.PostForm.Get("key"))
	if err != nil {
		return err
	}
	s.Recount(r.Context())
	ask := s.Ask(r)
	http.Redirect(w, r, ask.Link(casePath(done.Case.ID)+"/form"), http.StatusSeeOther)
	return nil
}
