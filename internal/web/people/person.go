package people

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/web/frame"
)

// grantRow is a grant as pages show it.
type grantRow struct {
	ID                 int64
	Person, Name       string
	From, Until, State string
	By, When           string
	Reason             string
	Settle, Take, Look bool
	Mandate            bool // who holds it does only what the representative of its subject entrusts to him
}

func (s *room) grantRow(r *http.Request, g *people.Grant) grantRow {
	row := grantRow{ID: g.ID, Person: g.Person, Name: s.grantName(g, s.LangOf(r)), From: g.From, Until: g.Until, State: string(g.State), By: s.actor(g.DecidedBy, s.LangOf(r)), When: s.day(g.DecidedAt), Reason: g.Reason}
	switch g.State {
	case people.Proposed:
		row.By, row.When = s.actor(g.ProposedBy, s.LangOf(r)), s.day(g.ProposedAt)
	case people.Taken:
		row.By, row.When = s.actor(g.TakenBy, s.LangOf(r)), s.day(g.TakenAt)
	}
	ctx := r.Context()
	row.Mandate = s.People.NeedsMandate(g.Role) && s.People.Legal != nil
	row.Settle = s.People.Settles(ctx, g)
	row.Take = g.State == people.Given && g.Person != auth.Of(ctx) && s.may(ctx, auth.Grant)
	row.Look = s.People.Lookable(ctx, g)
	return row
}

// newView is the page that makes an account, or asks for one.
type newView struct {
	Asks bool // who looks proposes
	Made *madeLink
}

func (s *room) showNew(w http.ResponseWriter, r *http.Request) error {
	if err := s.peopled(r); err != nil {
		return err
	}
	m := s.mayOf(r.Context())
	if !m.Account && !m.Propose {
		return s.People.Decide(r.Context(), auth.Account, auth.Resource{})
	}
	return s.Render(w, r, "newperson", &newView{Asks: !m.Account})
}

func (s *room) make(w http.ResponseWriter, r *http.Request) error {
	if err := s.peopled(r); err != nil {
		return err
	}
	f := r.PostForm
	if f.Get("system") != "" {
		id := strings.ToLower(strings.TrimSpace(f.Get("id")))
		if err := s.People.MakeSystem(r.Context(), id, strings.TrimSpace(f.Get("name"))); err != nil {
			return err
		}
		http.Redirect(w, r, "/people/"+id, http.StatusSeeOther)
		return nil
	}
	who := people.Person{ID: f.Get("id"), Name: strings.TrimSpace(f.Get("name")), Phone: strings.TrimSpace(f.Get("phone")), Mail: strings.TrimSpace(f.Get("mail"))}
	link, err := s.People.Make(r.Context(), who)
	if err != nil {
		return err
	}
	id := strings.ToLower(strings.TrimSpace(who.ID))
	if link == "" {
		http.Redirect(w, r, "/people/"+id, http.StatusSeeOther)
		return nil
	}
	return s.Render(w, r, "newperson", &newView{Made: &madeLink{ID: id, Name: who.Name, URL: s.linkURL(r, link)}})
}

// personView is the page of a person.
type personView struct {
	*people.Seen
	StateText string
	MadeOn    string
	MadeWho   string
	Grants    []grantRow
	Stands    []deputyRow
	May       may
	Self      bool
	Roles     []frame.Option
	Orgs      []frame.Option
	Today     string
	Link      *madeLink
	Handed    []handed
}

type deputyRow struct {
	Person, Deputy, From, Until string
	Ended                       bool
}

type handed struct {
	Of string
	N  int
}

func (s *room) showPerson(w http.ResponseWriter, r *http.Request) error {
	if err := s.peopled(r); err != nil {
		return err
	}
	v, err := s.personView(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, "person", v)
}

func (s *room) personView(r *http.Request) (*personView, error) {
	p, err := s.People.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	lang := s.LangOf(r)
	v := &personView{Seen: p, StateText: s.Words(lang)("people.state." + string(p.State)), MadeOn: s.day(p.Made), MadeWho: s.actor(p.MadeBy, lang), May: s.mayOf(r.Context()), Self: p.ID == auth.Of(r.Context()),
		Today: s.day(s.Clock())}
	for i := range p.Grants {
		v.Grants = append(v.Grants, s.grantRow(r, &p.Grants[i]))
	}
	for _, d := range p.Deputies {
		v.Stands = append(v.Stands, deputyRow{d.Person, d.Deputy, d.From, d.Until, !d.Ended.IsZero()})
	}
	if v.May.Grant || v.May.Propose {
		for _, role := range s.Pack.Roles {
			if v.May.Grant || role.Rows != "none" {
				v.Roles = append(v.Roles, frame.Option{Value: role.ID, Label: role.Name.In(lang)})
			}
		}
		own := auth.Named(r.Context()).Org
		for _, o := range s.Pack.Orgs {
			if v.May.Grant || s.Pack.Orgs.Within(o.ID, own) {
				v.Orgs = append(v.Orgs, frame.Option{Value: o.ID, Label: o.Name.In(lang)})
			}
		}
	}
	return v, nil
}

// onPerson answers a form about a person with his page: again, or with what the form gave once.
func (s *room) onPerson(do func(*http.Request, string, *personView) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.peopled(r); err != nil {
			return err
		}
		var once personView
		id := r.PathValue("id")
		if err := do(r, id, &once); err != nil {
			return err
		}
		if once.Link == nil && once.Handed == nil {
			http.Redirect(w, r, s.Ask(r).Link("/people/"+id), http.StatusSeeOther)
			return nil
		}
		v, err := s.personView(r)
		if err != nil {
			return err
		}
		v.Link, v.Handed = once.Link, once.Handed
		return s.Render(w, r, "person", v)
	}
}

func (s *room) confirm(r *http.Request, id string, v *personView) error {
	link, err := s.People.Confirm(r.Context(), id)
	if link != "" {
		v.Link = &madeLink{ID: id, URL: s.linkURL(r, link)}
	}
	return err
}

func (s *room) lock(r *http.Request, id string, _ *personView) error {
	return s.People.Lock(r.Context(), id)
}

func (s *room) unlock(r *http.Request, id string, _ *personView) error {
	return s.People.Unlock(r.Context(), id)
}

func (s *room) recover(r *http.Request, id string, v *personView) error {
	link, err := s.People.Recover(r.Context(), id)
	v.Link = &madeLink{ID: id, URL: s.linkURL(r, link)}
	return err
}

func (s *room) leave(r *http.Request, id string, v *personView) error {
	n, err := s.People.Leave(r.Context(), id, strings.TrimSpace(r.PostForm.Get("successor")))
	v.Handed = []handed{}
	for _, h := range s.People.Hands {
		v.Handed = append(v.Handed, handed{h.Of, n[h.Of]})
	}
	return err
}

func (s *room) grant(r *http.Request, id string, _ *personView) (err error) {
	f := r.PostForm
	ask := people.GrantAsk{Person: id, Role: auth.Role(f.Get("role")), Org: f.Get("org"), Code: strings.TrimSpace(f.Get("code")), From: f.Get("from"), Until: f.Get("until"), Reason: f.Get("reason")}
	if role := s.People.Role(ask.Role); role != nil && len(role.For) > 0 {
		ask.Org = "" // of a role for a subject, which has a code
	} else {
		ask.Code = ""
	}
	if s.may(r.Context(), auth.Grant) {
		_, err = s.People.Give(r.Context(), ask)
	} else {
		_, err = s.People.Propose(r.Context(), ask)
	}
	return err
}

func (s *room) deputy(r *http.Request, id string, _ *personView) error {
	f := r.PostForm
	return s.People.StandIn(r.Context(), id, strings.TrimSpace(f.Get("deputy")), f.Get("from"), f.Get("until"))
}

func (s *room) settle(w http.ResponseWriter, r *http.Request) error {
	id, err := grantID(r)
	if err != nil {
		return err
	}
	f := r.PostForm
	how := people.Settlement{Approve: f.Get("do") == "approve", Reason: f.Get("reason"), Legal: f.Get("legal") != "", Document: f.Get("document")}
	if err := s.People.SettleBy(r.Context(), id, how); err != nil {
		return err
	}
	http.Redirect(w, r, "/people", http.StatusSeeOther)
	return nil
}

func (s *room) take(w http.ResponseWriter, r *http.Request) error {
	id, err := grantID(r)
	if err != nil {
		return err
	}
	if err := s.People.Take(r.Context(), id, r.PostForm.Get("reason")); err != nil {
		return err
	}
	http.Redirect(w, r, "/people/"+url.PathEscape(r.PostForm.Get("person")), http.StatusSeeOther)
	return nil
}

func grantID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("grant"), 10, 64)
	if err != nil {
		return 0, errNoGrant()
	}
	return id, nil
}

func errNoGrant() error {
	return fault.New(fault.NotFound, "没有这项授权。", "There is no such grant.")
}
