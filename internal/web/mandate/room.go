// Package mandate is the pages on which the representative of a subject, such as an enterprise's 法定代表人, entrusts others with matters
// and ends that, an officer says who the representative is, and everybody sees and accepts what is entrusted to himself.
package mandate

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/mandate"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the pages ask of others.
type Services struct {
	Known    Known
	Mandates Mandates // nil: there are no pages
	// Subject gives the name of a subject whatever is seen of it; nil: it is called by its number.
	Subject func(ctx context.Context, subject int64) string
	// Name gives the name of a person; nil: persons are called by their ids.
	Name func(ctx context.Context, person string) string
}

// Known gives what is known of subjects.
type Known interface {
	frame.Profiles
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
}

// Mandates keeps who stands for subjects; *mandate.Mandates does.
type Mandates interface {
	Of(register string) *pack.Role
	OfSubject(ctx context.Context, subject int64) (*mandate.Standing, error)
	Mine(ctx context.Context) ([]mandate.Listed, error)
	Waiting(ctx context.Context) ([]mandate.Listed, error)
	Legal(ctx context.Context, a auth.Actor) (bool, error)
	Entrust(ctx context.Context, subject int64, a mandate.Ask) (*mandate.Mandate, error)
	Accept(ctx context.Context, id int64) error
	End(ctx context.Context, id int64) error
	Establish(ctx context.Context, subject, grant int64, document string) (*mandate.Position, error)
	Resign(ctx context.Context, subject, id int64) error
	Today() string
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{f, services}
	own := frame.Room{
		Timeless: []string{frame.MandatesPath},
		Whole:    []string{frame.MandatesPath},
		Pages:    pages,
		Texts:    texts,
		Rail:     []frame.Entry{{Key: "mandates", Path: frame.MandatesPath, Shown: func(ctx context.Context) bool { return s.Mandates != nil && s.NeedsMandate(ctx) }}},
		Routes: func(t *frame.Routes) {
			t.Page("GET /s/{id}/mandates", s.show)
			t.Page("POST /s/{id}/mandates", s.entrust)
			t.Page("POST /s/{id}/mandates/{mandate}/end", s.endOfSubject)
			t.Page("POST /s/{id}/representative", s.establish)
			t.Page("POST /s/{id}/representative/{at}/end", s.resign)
			t.Page("GET /mandates", s.mine)
			t.Page("POST /mandates/{mandate}/accept", s.accept)
			t.Page("POST /mandates/{mandate}/end", s.end)
		},
	}
	if s.Mandates != nil {
		own.Waits = []frame.Wait{{Key: "mandates", Path: frame.MandatesPath, Count: s.count, First: s.first, Whole: true}}
	}
	return own
}

// waiting are the mandates that wait for who acts; a fault for who is entrusted with nothing anywhere.
func (s *room) waiting(ctx context.Context) ([]mandate.Listed, error) {
	if !s.NeedsMandate(ctx) {
		return nil, fault.New(fault.Forbidden, "没有办事授权。", "There are no mandates.")
	}
	return s.Mandates.Waiting(ctx)
}

func (s *room) count(ctx context.Context, _ string) (int, error) {
	list, err := s.waiting(ctx)
	return len(list), err
}

func (s *room) first(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	list, err := s.waiting(ctx)
	for i := range list[:min(most, len(list))] {
		x := &list[i]
		w.List = append(w.List, frame.WaitingItem{Name: s.subjectName(ctx, x.Subject), Note: s.mattersOf(ctx, x.Subject, x.Matters, ask.Lang), URL: ask.Link(frame.MandatesPath)})
		w.Oldest = x.Made // the newest come first
	}
	return w, err
}

// person names a person, and the program or the machine's owner in words.
func (s *room) person(r *http.Request, id string) string {
	ctx := r.Context()
	switch {
	case id == auth.Self:
		return s.Words(s.LangOf(r))("log.program")
	case id == auth.Local:
		return s.WriterIn("", s.LangOf(r), "").Actor(id)
	case s.Name != nil:
		return s.Name(ctx, id)
	}
	return id
}

func (s *room) subjectName(ctx context.Context, id int64) string {
	if s.Subject != nil {
		if name := s.Subject(ctx, id); name != "" {
			return name
		}
	}
	return strconv.FormatInt(id, 10)
}

// role is the role with a mandate of a subject's register; nil: there is none.
func (s *room) role(ctx context.Context, subject int64) *pack.Role {
	register, err := s.Known.RegisterOf(auth.As(ctx, auth.Self), subject)
	if err != nil {
		return nil
	}
	return s.Mandates.Of(register)
}

// mattersOf names matters that were entrusted for a subject.
func (s *room) mattersOf(ctx context.Context, subject int64, ids []string, lang string) (text string) {
	role := s.role(ctx, subject)
	for i, id := range ids {
		if i > 0 {
			text += s.Words(lang)("frame.and")
		}
		name := id
		if role != nil {
			if t := role.Mandate.Matter(id); t != nil {
				name = t.Name.In(lang)
			}
		}
		text += name
	}
	return text
}

// said is the sentence of an error that a form shows beside its fields; empty: it is shown as a page.
func said(err error, lang string) string {
	var f *fault.Error
	if errors.As(err, &f) && (f.Code == fault.Invalid || f.Code == fault.Conflict) {
		return f.In(lang)
	}
	return ""
}

// number reads a number of an address.
func number(r *http.Request, name string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0, frame.ErrNoPage()
	}
	return id, nil
}
