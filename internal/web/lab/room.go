// Package lab is the policy lab: move a rule's numbers and see who enters and who leaves.
package lab

import (
	"embed"

	"eyas/internal/auth"
	"eyas/internal/rule"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the lab asks of others.
type Services struct {
	Rules rule.Face
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{Frame: f, Services: services}
	return frame.Room{
		Rail:   []frame.Entry{{Key: "lab", Path: "/lab", Needs: auth.Study}},
		Pages:  pages,
		Texts:  texts,
		Parts:  grid.Parts,
		Routes: s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /lab", s.showLab)
	t.Data("GET /lab/what-if", s.answerWhatIf)
	t.Page("GET /lab/curve", s.showCurve)
	t.Page("GET /lab/list", s.listWhatIf)
	t.Export("GET /lab/list.xlsx", s.exportWhatIf)
}
