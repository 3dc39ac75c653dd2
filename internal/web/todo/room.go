// Package todo is the page of all that waits for a person: what the other rooms say of themselves, each with its number, the
// oldest, the first few, and the page where it is dealt with.
package todo

import (
	"context"
	"embed"
	"errors"
	"net/http"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// mostNamed is how many things of a kind the page names.
const mostNamed = 5

type room struct {
	*frame.Frame
}

// New makes the room.
func New(f *frame.Frame) frame.Room {
	s := &room{f}
	return frame.Room{
		Rail:     []frame.Entry{{Key: "todo", Path: "/todo", Waits: true, Shown: func(ctx context.Context) bool { return s.SeesAny(ctx) || s.NeedsMandate(ctx) }}},
		Timeless: []string{"/todo"},
		Pages:    pages,
		Texts:    texts,
		Routes:   func(t *frame.Routes) { t.Page("GET /todo", s.show) },
	}
}

// view is the page.
type view struct {
	Total int
	Parts []part
	Still bool // some are still being counted
}

// part is one kind of thing that waits.
type part struct {
	Key     string
	N       int
	Counted bool
	Whole   bool // it is not narrowed to the scope of the address
	Oldest  string
	List    []frame.WaitingItem
	More    int
	URL     string
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	v := &view{}
	waits, counts := s.Waits(r.Context(), ask.Scope)
	for i, wait := range waits {
		p := part{Key: wait.Key, N: counts[i], Counted: counts[i] >= 0, Whole: wait.Whole && ask.Scope != "", URL: ask.Link(wait.Path)}
		switch {
		case !p.Counted:
			v.Still = true
		case p.N == 0:
			continue
		default:
			if err := s.name(r, ask, wait, &p); err != nil {
				return err
			}
			v.Total += p.N
		}
		v.Parts = append(v.Parts, p)
	}
	return s.Render(w, r, "todo", v)
}

// name names the first few of a kind. What somebody may not see is not named.
func (s *room) name(r *http.Request, ask *address.Ask, wait frame.Wait, p *part) error {
	waiting, err := wait.First(r.Context(), ask, mostNamed)
	var said *fault.Error
	if errors.As(err, &said) && said.Code == fault.Forbidden {
		return nil
	}
	if err != nil {
		return err
	}
	named := 0
	for _, x := range waiting.List {
		named += max(1, x.N)
	}
	p.List, p.More = waiting.List, max(0, p.N-named)
	if !waiting.Oldest.IsZero() {
		p.Oldest = figure.Date(waiting.Oldest.In(s.Pack.Zone))
	}
	return nil
}
