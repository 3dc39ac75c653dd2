// Package search finds subjects of all registers, pages and commands: the page that answers while somebody types a name, the
// search page, and the list under the field of every page.
package search

import (
	"embed"

	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

type room struct {
	*frame.Frame
}

// New makes the room.
func New(f *frame.Frame) frame.Room {
	s := &room{f}
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
	t.Page("GET /directory", s.showDirectory)
}
