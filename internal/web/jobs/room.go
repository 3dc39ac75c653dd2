// Package jobs is the pages of work in the background: how far it is, what came of it, and how to stop it.
package jobs

import (
	"embed"

	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
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
		Guests:   map[string]string{"/jobs": "/import"},
		Timeless: []string{"/jobs"},
		Pages:    pages,
		Texts:    texts,
		Under:    map[string]string{"/jobs": "/import"},
		Parts:    grid.Parts,
		Routes:   s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /jobs", s.showJobs)
	t.Export("GET /jobs.xlsx", s.exportJobs)
	t.Page("GET /jobs/{id}", s.showJob)
	t.Data("GET /jobs/{id}/status", s.answerJob)
	t.Page("POST /jobs/{id}/cancel", s.cancelJob)
}
