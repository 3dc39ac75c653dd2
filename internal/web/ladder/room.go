// Package ladder is the room of the first page: the base as a funnel per recognition, by district, and its sheet.
package ladder

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
		Rail:   []frame.Entry{{Key: "ladder", Path: "/", Lists: true}},
		Pages:  pages,
		Texts:  texts,
		Routes: s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /{$}", s.ladderView)
	t.Export("GET /ladder.xlsx", s.ladderExport)
}
