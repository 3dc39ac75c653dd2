package web

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// relations are whom a subject names, and who names it.
type relations struct {
	Names   []relatedLine
	NamedBy []namingGroup
}

type relatedLine struct {
	Relation    string
	Text        string // as it is written
	Found       []subjectLink
	From, Until string
	State       string // of the relation on the day: now, ended, ahead; earlier where the profile says so no more
	Record      string
	Choose      *choice // where several are found; nil: none can be chosen
}

// choice is the form by which a person says which of several is meant.
type choice struct {
	URL, Relation string
	Saw           Field // what is known of the subject that names them
	Can           bool  // the relation has a code to remember it by
}

type subjectLink struct {
	Name, URL string
	Code      string
	Subject   int64
}

// namingGroup is one relation from the other side.
type namingGroup struct {
	Key   string // of the address
	Name  string
	Of    string // the register that they are in
	Total int
	Lines []namingLine
	Pager pager
}

type namingLine struct {
	subjectLink
	From, Until string
	State       string
	Record      string
}

// rowsPerRelation is how many of those that name a subject are shown at a time.
const rowsPerRelation = 20

// relate finds a subject's relations both ways. The address turns the pages of one of them: rel=REGISTER.RELATION, page.
func (s *Server) relate(r *http.Request, ask *Ask, w writer, p *registry.Profile, reg *pack.Register) (v relations, err error) {
	if s.Subjects == nil {
		return v, nil
	}
	names, err := s.Subjects.Names(r.Context(), p.Subject, reg.ID, ask.Moment())
	if err != nil {
		return v, err
	}
	for _, n := range names {
		line := relatedLine{Relation: n.Relation.Name.In(w.lang), Text: n.Name, From: dayText(n.From), Until: dayText(n.Until), State: stateOn(ask, n.Current, n.From, n.Until)}
		if line.Text == "" {
			line.Text = n.Code
		}
		if n.Record != 0 {
			line.Record = ask.Link("/records/" + strconv.FormatInt(n.Record, 10))
		}
		for _, ref := range n.Found {
			register, err := s.Subjects.RegisterOf(r.Context(), ref.Subject)
			if err != nil {
				return v, err
			}
			line.Found = append(line.Found, subjectLink{cmp.Or(ref.Name, ref.Code), ask.Link(s.subjectPath(register, ref.Code, ref.Subject)), ref.Code, ref.Subject})
		}
		if len(line.Found) > 1 && n.Current && ask.Known.IsZero() {
			line.Choose = &choice{URL: ask.Link("/s/" + strconv.FormatInt(p.Subject, 10) + "/meant"), Relation: n.Relation.ID, Saw: sawID(registry.SawSubject(p.Subject), p.Change), Can: choosable(n.Relation, n.Name)}
		}
		v.Names = append(v.Names, line)
	}
	for _, x := range s.Pack.RelationsTo(reg.ID) {
		g, err := s.namedBy(r, ask, w, p.Subject, x)
		if err != nil {
			return v, err
		}
		if g.Total > 0 {
			v.NamedBy = append(v.NamedBy, g)
		}
	}
	return v, nil
}

func (s *Server) namedBy(r *http.Request, ask *Ask, w writer, subject int64, x *pack.Relation) (namingGroup, error) {
	from := s.Pack.Register(x.From)
	g := namingGroup{Key: x.From + "." + x.ID, Name: x.Back.In(w.lang), Of: from.Name.In(w.lang)}
	page := 1
	if r.URL.Query().Get("rel") == g.Key {
		page = ask.Page
	}
	list, total, err := s.Subjects.NamedBy(r.Context(), subject, x, ask.Moment(), (page-1)*rowsPerRelation, rowsPerRelation)
	if err != nil {
		return g, err
	}
	g.Total = total
	for _, n := range list {
		line := namingLine{subjectLink: subjectLink{cmp.Or(n.Name, n.Code), ask.Link(s.subjectPath(n.Register, n.Code, n.Subject)), n.Code, n.Subject},
			From: dayText(n.From), Until: dayText(n.Until), State: stateOn(ask, n.Current, n.From, n.Until)}
		if n.Record != 0 {
			line.Record = ask.Link("/records/" + strconv.FormatInt(n.Record, 10))
		}
		g.Lines = append(g.Lines, line)
	}
	at := func(n int) string { return ask.With("rel", g.Key, "page", strconv.Itoa(n)) + "#" + g.Key }
	g.Pager = pager{Page: page, Total: total, Pages: max(1, (total+rowsPerRelation-1)/rowsPerRelation),
		From: min((page-1)*rowsPerRelation+1, total), To: min(page*rowsPerRelation, total)}
	if page > 1 {
		g.Pager.First, g.Pager.Before = at(1), at(page-1)
	}
	if page < g.Pager.Pages {
		g.Pager.Next, g.Pager.Last = at(page+1), at(g.Pager.Pages)
	}
	return g, nil
}

// stateOn says how a relation stands on the day of an address.
func stateOn(ask *Ask, current bool, from, until *int64) string {
	on := ask.Date.Unix() / 86400
	switch {
	case until != nil && *until < on:
		return "ended"
	case !current:
		return "earlier"
	case from != nil && *from > on:
		return "ahead"
	}
	return "now"
}

// dayText writes a day as addresses do; empty where it is not said.
func dayText(d *int64) string {
	if d == nil {
		return ""
	}
	return formatDay(time.Unix(*d*86400, 0).UTC())
}
