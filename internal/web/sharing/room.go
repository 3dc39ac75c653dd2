// Package sharing is the page on which a subject lets institutions see it and takes that back, and officers assign it to persons.
package sharing

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/sharing"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the page asks of others.
type Services struct {
	Known  Known
	Shares Shares // nil: there is no page
	// Receiver gives the name of a subject to which a consent was given; nil: it is called by its number.
	Receiver func(ctx context.Context, subject int64) string
	// Name gives the name of a person; nil: persons are called by their ids.
	Name func(ctx context.Context, person string) string
}

// Known gives what is known of subjects.
type Known interface {
	frame.Profiles
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
}

// Shares keeps consents and assignments; *sharing.Shares does.
type Shares interface {
	Give(ctx context.Context, k sharing.Kind, subject int64, a sharing.Ask) (*sharing.Share, error)
	End(ctx context.Context, subject, id int64) error
	List(ctx context.Context, k sharing.Kind, subject int64) ([]sharing.Share, error)
	Today() string
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{f, services}
	return frame.Room{
		Pages: pages,
		Texts: texts,
		Routes: func(t *frame.Routes) {
			t.Page("GET /s/{id}/shares", s.show)
			t.Page("POST /s/{id}/shares", s.give)
			t.Page("POST /s/{id}/shares/{share}/end", s.end)
		},
	}
}

// view is the page.
type view struct {
	frame.Crumbs
	To      string
	Today   string
	Parts   []part
	Problem string
}

// part is what one kind of share has on the page.
type part struct {
	Kind           sharing.Kind
	Whom           string // as it was written
	Purpose, Until string
	Rows           []row
}

// row is one share.
type row struct {
	Whom, Purpose, From, Until string
	Made, Ended                string // by whom and when
	Holds                      bool
	End                        string
}

// view is the page, with what was written into the form of a kind.
func (s *room) view(r *http.Request, k sharing.Kind, a sharing.Ask) (*view, int64, error) {
	if s.Shares == nil {
		return nil, 0, frame.ErrNoPage()
	}
	p, reg, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, 0, err
	}
	ask := s.Ask(r)
	to := ask.Link("/s/" + strconv.FormatInt(p.Subject, 10) + "/shares")
	v := &view{Crumbs: s.Crumbs(ask, p, reg), To: to, Today: s.Shares.Today()}
	for _, kind := range []sharing.Kind{sharing.Consent, sharing.Assignment} {
		list, err := s.Shares.List(r.Context(), kind, p.Subject)
		if fault.Of(err) == fault.Forbidden {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		part := part{Kind: kind}
		if kind == k {
			part.Whom, part.Purpose, part.Until = a.Code+a.Person, a.Purpose, a.Until
		}
		for i := range list {
			x := &list[i]
			line := row{Whom: s.whom(r.Context(), x), Purpose: x.Purpose, From: x.From, Until: x.Until, Made: s.person(r.Context(), x.MadeBy) + " " + s.When(x.Made), Holds: x.Holds(v.Today)}
			if !x.Ended.IsZero() {
				line.Ended = s.person(r.Context(), x.EndedBy) + " " + s.When(x.Ended)
			}
			if line.Holds {
				line.End = ask.Link("/s/" + strconv.FormatInt(p.Subject, 10) + "/shares/" + strconv.FormatInt(x.ID, 10) + "/end")
			}
			part.Rows = append(part.Rows, line)
		}
		v.Parts = append(v.Parts, part)
	}
	if v.Parts == nil {
		return nil, 0, s.Actors.Decide(auth.In(r.Context(), auth.Actor{ID: s.Actors.Acting(r.Context()).ID}), auth.Consent, auth.Resource{})
	}
	return v, p.Subject, nil
}

func (s *room) person(ctx context.Context, id string) string {
	if s.Name != nil {
		return s.Name(ctx, id)
	}
	return id
}

func (s *room) whom(ctx context.Context, x *sharing.Share) string {
	if x.Kind == sharing.Assignment {
		return s.person(ctx, x.Person)
	}
	if s.Receiver != nil {
		if name := s.Receiver(ctx, x.Receiver); name != "" {
			return name
		}
	}
	return strconv.FormatInt(x.Receiver, 10)
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.view(r, "", sharing.Ask{})
	if err != nil {
		return err
	}
	return s.Render(w, r, "shares", v)
}

func (s *room) give(w http.ResponseWriter, r *http.Request) error {
	kind := sharing.Kind(r.PostForm.Get("kind"))
	if kind != sharing.Consent && kind != sharing.Assignment {
		kind = sharing.Consent
	}
	a := sharing.Ask{Purpose: r.PostForm.Get("purpose"), Until: r.PostForm.Get("until")}
	if kind == sharing.Consent {
		a.Code = r.PostForm.Get("whom")
	} else {
		a.Person = r.PostForm.Get("whom")
	}
	v, subject, err := s.view(r, kind, a)
	if err != nil {
		return err
	}
	_, err = s.Shares.Give(r.Context(), kind, subject, a)
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid {
		v.Problem = f.In(s.LangOf(r))
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "shares", v)
		return nil
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.To, http.StatusSeeOther)
	return nil
}

func (s *room) end(w http.ResponseWriter, r *http.Request) error {
	v, subject, err := s.view(r, "", sharing.Ask{})
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("share"), 10, 64)
	if err != nil {
		return frame.ErrNoPage()
	}
	if err := s.Shares.End(r.Context(), subject, id); err != nil {
		return err
	}
	http.Redirect(w, r, v.To, http.StatusSeeOther)
	return nil
}
