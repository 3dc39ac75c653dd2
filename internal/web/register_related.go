package web

import (
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
	Record      string
}

type subjectLink struct{ Name, URL string }

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
	Code        string
	From, Until string
	Record      string
	Earlier     bool
}

// rowsPerRelation is how many of those that name a subject are shown at a time.
const rowsPerRelation = 20

// relate finds a subject's relations both ways. The address turns the pages of one of them: rel=REGISTER.RELATION, page.
func (s *Server) relate(r *http.Request, ask *Ask, w writer, p *registry.Profile, reg *pack.Register) (v relations, err error) {
	if s.Subjects == nil {
		return v, nil
	}
	names, err := s.Subjects.Names(r.Context(), p, reg.ID)
	if err != nil {
		return v, err
	}
	for _, n := range names {
		line := relatedLine{Relation: n.Relation.Name.In(w.lang), Text: n.Name, From: dayText(n.From), Until: dayText(n.Until)}
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
			line.Found = append(line.Found, subjectLink{ref.Name, ask.Link(s.subjectPath(register, ref.Code, ref.Subject))})
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
	if q := r.URL.Query(); q.Get("rel") == g.Key {
		if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 {
			page = n
		}
	}
	list, total, err := s.Subjects.NamedBy(r.Context(), subject, x, (page-1)*rowsPerRelation, rowsPerRelation)
	if err != nil {
		return g, err
	}
	g.Total = total
	for _, n := range list {
		line := namingLine{subjectLink: subjectLink{n.Name, ask.Link(s.subjectPath(n.Register, n.Code, n.Subject))}, Code: n.Code,
			From: dayText(n.From), Until: dayText(n.Until), Earlier: !n.Current}
		if line.Name == "" {
			line.Name = n.Code
		}
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

// dayText writes a day as addresses do; empty where it is not said.
func dayText(d *int64) string {
	if d == nil {
		return ""
	}
	return formatDay(time.Unix(*d*86400, 0).UTC())
}
