// Package search finds enterprises: the directory, the search page and the palette of every page.
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
		Rail:     []frame.Entry{{Key: "directory", Path: "/directory"}},
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
