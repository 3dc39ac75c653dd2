// Package search finds subjects of all registers, pages and commands: the page that answers while somebody types a name, the
// search page, and the list under the field of every page.
package search

import (
	"context"
	"embed"

	"eyas/internal/registry/fact"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

type room struct {
	*frame.Frame
	Known Numbered
}

// Numbered finds the subjects of an identity number, for who may see such numbers, and reads subjects.
type Numbered interface {
	WithNumber(ctx context.Context, number string) (map[string][]*fact.Profile, error)
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
	RegisterOf(ctx context.Context, subject int64) (string, error)
}

// New makes the room.
func New(f *frame.Frame, known Numbered) frame.Room {
	s := &room{f, known}
	f.ByNumber = s.byNumber
	return frame.Room{
		Under:    map[string]string{"/directory": "/enterprises"},
		Timeless: []string{"/search"},
		Pages:    pages,
		Texts:    texts,
		Routes:   s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /search", s.searchFind)
	t.Page("POST /search", s.posted)
	t.Page("GET /directory", s.showDirectory)
}
