package mandate

import (
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/mandate"
	"eyas/internal/web/frame"
)

// view is the page of who stands for a subject.
type view struct {
	frame.Crumbs
	To, Sets   string // addresses of the forms
	Today      string
	Last       string // the last day that may be asked for
	Legal      *legal // nil: nobody is
	Was        string // why the last one is no more: a state; empty: there was none
	Known      bool   // the register names a representative
	Accounts   []account
	Rows       []row
	Holding    int // persons who may do something now
	Past       []legal
	Entrusts   bool // who looks is the representative
	Represents bool // who looks may say who is
	Agents     []account
	Matters    []matter
	Written    written
	Problem    string
}

// written is what was written into the forms.
type written struct {
	Grant           string
	Until, Document string
}

type legal struct {
	Person, ID, Since, By, Basis, Document string
	State, Ended                           string
	End                                    string // address of the form that ends it
}

// account is a person with an account of the subject.
type account struct {
	Grant      int64
	Person, ID string
	Legal      bool
	Named      bool // his name is that of the register
	Chosen     bool
}

type matter struct {
	ID, Name, Note string
	Chosen         bool
}

// row is one mandate.
type row struct {
	Person, Subject, Matters, From, Until string
	Made, Ended                           string // by whom and when
	State                                 mandate.State
	Live                                  bool
	End, Accept                           string
}

// row writes a mandate.
func (s *room) row(r *http.Request, x *mandate.Listed) row {
	ctx, lang := r.Context(), s.LangOf(r)
	line := row{Person: s.person(r, x.Person), Matters: s.mattersOf(ctx, x.Subject, x.Matters, lang), From: x.From, Until: x.Until, Made: s.person(r, x.MadeBy) + " " + s.When(x.Made),
		State: x.State, Live: x.State == mandate.Holds || x.State == mandate.Waiting}
	if !x.Ended.IsZero() {
		line.Ended = s.person(r, x.EndedBy) + " " + s.When(x.Ended)
	}
	return line
}

func (s *room) view(r *http.Request, f written, matters []string) (*view, int64, error) {
	if s.Mandates == nil {
		return nil, 0, frame.ErrNoPage()
	}
	p, reg, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, 0, err
	}
	ctx, ask := r.Context(), s.Ask(r)
	acts := s.Actors.Acting(ctx)
	if acts.Subject == p.Subject {
		ask.Own = frame.MandatesPath
	}
	role := s.Mandates.Of(reg.ID)
	if role == nil {
		return nil, 0, frame.ErrNoPage()
	}
	list, err := s.Mandates.OfSubject(ctx, p.Subject)
	if err != nil {
		return nil, 0, err
	}
	base := "/s/" + strconv.FormatInt(p.Subject, 10)
	v := &view{Crumbs: s.Crumbs(ask, p, reg), To: ask.Link(base + "/mandates"), Sets: ask.Link(base + "/representative"), Today: s.Mandates.Today(), Known: list.Known, Written: f,
		Represents: s.May(ctx, auth.Represent)}
	v.Last = s.Clock().In(s.Pack.Zone).AddDate(0, 0, role.Mandate.Days).Format("2006-01-02")
	if acts.Subject == p.Subject && acts.Grant != 0 {
		v.Entrusts = s.May(ctx, auth.Entrust)
	}
	now := list.Now()
	for i := range list.Positions {
		x := &list.Positions[i]
		one := legal{Person: s.person(r, x.Person), ID: x.Person, Since: s.When(x.Made), By: s.person(r, x.MadeBy), Basis: string(x.Basis), Document: x.Document, State: string(x.State)}
		switch {
		case !x.Ended.IsZero():
			one.Ended = s.person(r, x.EndedBy) + " " + s.When(x.Ended)
		case !x.Lapsed.IsZero():
			one.Ended = s.When(x.Lapsed)
		}
		if x == now {
			if v.Represents {
				one.End = ask.Link(base + "/representative/" + strconv.FormatInt(x.ID, 10) + "/end")
			}
			v.Legal = &one
			continue
		}
		v.Past = append(v.Past, one)
	}
	if v.Legal == nil && len(list.Positions) > 0 {
		v.Was = string(list.Positions[0].State)
	}
	for _, h := range list.Holders {
		a := account{Grant: h.Grant, Person: h.Name, ID: h.Person, Named: slices.Contains(list.Named, h.Grant), Chosen: strconv.FormatInt(h.Grant, 10) == f.Grant}
		a.Legal = slices.ContainsFunc(list.Positions, func(x mandate.Placed) bool { return x.State == mandate.Holds && x.Grant == h.Grant })
		if a.Person == "" {
			a.Person = h.Person
		}
		v.Accounts = append(v.Accounts, a)
		if !a.Legal && h.Grant != acts.Grant {
			v.Agents = append(v.Agents, a)
		}
	}
	if len(v.Agents) == 1 {
		v.Agents[0].Chosen = true
	}
	for _, t := range role.Mandate.Matters {
		v.Matters = append(v.Matters, matter{t.ID, t.Name.In(s.LangOf(r)), t.Note.In(s.LangOf(r)), slices.Contains(matters, t.ID)})
	}
	var holding []string
	for i := range list.Mandates {
		x := &list.Mandates[i]
		line := s.row(r, x)
		if line.Live && v.Entrusts {
			line.End = ask.Link(base + "/mandates/" + strconv.FormatInt(x.ID, 10) + "/end")
		}
		v.Rows = append(v.Rows, line)
		if x.State == mandate.Holds && !slices.Contains(holding, x.Person) {
			holding = append(holding, x.Person)
		}
	}
	v.Holding = len(holding)
	return v, p.Subject, nil
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.view(r, written{}, nil)
	if err != nil {
		return err
	}
	return s.Render(w, r, "mandates", v)
}

// answer sends who sent a form back to a page, or shows it again with what he wrote.
func (s *room) answer(w http.ResponseWriter, r *http.Request, v *view, err error) error {
	if v.Problem = said(err, s.LangOf(r)); v.Problem != "" {
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "mandates", v)
		return nil
	}
	if err != nil {
		return err
	}
	s.Recount(r.Context())
	http.Redirect(w, r, v.To, http.StatusSeeOther)
	return nil
}

func (s *room) entrust(w http.ResponseWriter, r *http.Request) error {
	f := written{Grant: r.PostForm.Get("grant"), Until: r.PostForm.Get("until")}
	v, subject, err := s.view(r, f, r.PostForm["matter"])
	if err != nil {
		return err
	}
	grant, _ := strconv.ParseInt(f.Grant, 10, 64)
	_, err = s.Mandates.Entrust(r.Context(), subject, mandate.Ask{Grant: grant, Matters: r.PostForm["matter"], Until: f.Until})
	return s.answer(w, r, v, err)
}

func (s *room) establish(w http.ResponseWriter, r *http.Request) error {
	f := written{Grant: r.PostForm.Get("grant"), Document: r.PostForm.Get("document")}
	v, subject, err := s.view(r, f, nil)
	if err != nil {
		return err
	}
	grant, _ := strconv.ParseInt(f.Grant, 10, 64)
	_, err = s.Mandates.Establish(r.Context(), subject, grant, f.Document)
	return s.answer(w, r, v, err)
}

func (s *room) resign(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "at")
	if err != nil {
		return err
	}
	v, subject, err := s.view(r, written{}, nil)
	if err != nil {
		return err
	}
	return s.answer(w, r, v, s.Mandates.Resign(r.Context(), subject, id))
}

func (s *room) endOfSubject(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "mandate")
	if err != nil {
		return err
	}
	v, _, err := s.view(r, written{}, nil)
	if err != nil {
		return err
	}
	return s.answer(w, r, v, s.Mandates.End(r.Context(), id))
}
