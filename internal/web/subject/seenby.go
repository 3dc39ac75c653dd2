package subject

import (
	"context"
	"net/http"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
)

// Jurisdiction says where a subject lies; registry.Registry does.
type Jurisdiction interface {
	LieSeen(ctx context.Context, subject int64) (auth.Lie, error)
	RegisterOf(ctx context.Context, subject int64) (string, error)
}

// seers tells who sees a thing that lies somewhere; auth.Rights does.
type seers interface {
	Seers(orgs pack.Orgs, register string, l auth.Lie, of []string) []auth.Seer
}

// seenByView says who sees a subject.
type seenByView struct {
	Name, URL string
	Lies      string // where it lies; empty: not known
	Rows      []seenByRow
}

type seenByRow struct{ Role, Orgs, Fields string }

// showSeenBy shows who sees a subject, by the same rights that decide.
func (s *room) showSeenBy(w http.ResponseWriter, r *http.Request) error {
	p, reg, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	rights, ok := s.Actors.(seers)
	if s.Jurisdiction == nil || !ok {
		return frame.ErrNoPage()
	}
	lies, err := s.Jurisdiction.LieSeen(r.Context(), p.Subject)
	if err != nil {
		return err
	}
	of := []string{reg.ID}
	if v := reg.Belongs(); v != nil && len(lies.Subjects) > 1 {
		of = append(of, v.To...)
	}
	ask := s.Ask(r)
	text := s.Words(ask.Lang)
	name := func(id string) string {
		if o := s.City.Org[id]; o != nil {
			return city.ShortName(o, ask.Lang)
		}
		return id
	}
	names := func(ids []string) string {
		list := make([]string, len(ids))
		for i, id := range ids {
			list[i] = name(id)
		}
		return strings.Join(list, text("error.why.and"))
	}
	v := &seenByView{Name: p.Name, URL: ask.Link(s.SubjectPath(reg.ID, p.Code, p.Subject)), Lies: names(lies.Orgs)}
	for _, x := range rights.Seers(s.Pack.Orgs, reg.ID, lies, of) {
		row := seenByRow{Role: x.Role.Name.In(ask.Lang), Orgs: names(x.Orgs)}
		switch {
		case x.Given:
			row.Orgs = text("seenby.given")
		case x.Orgs == nil:
			row.Orgs = text("seenby.self")
		}
		var fields []string
		for _, c := range x.Role.Fields {
			fields = append(fields, text("seenby.class."+string(c)))
		}
		row.Fields = strings.Join(fields, text("error.why.and"))
		v.Rows = append(v.Rows, row)
	}
	return s.Render(w, r, "seenby", v)
}
