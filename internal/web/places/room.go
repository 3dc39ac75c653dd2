// Package places is the page of addresses whose district the pack cannot tell: people say which they mean.
package places

import (
	"context"
	"embed"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/sight"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the page asks of others.
type Services struct {
	Places Places // nil: not offered
}

// Places asks what words of addresses mean, and keeps the answers.
type Places interface {
	PlaceQuestions(ctx context.Context) (*placing.PlaceQuestions, error)
	PlaceAnswers(ctx context.Context) ([]fact.PlaceAnswer, error)
	AnswerPlace(ctx context.Context, phrase, org string, seen sight.Seen) (id int64, err error)
	UndoPlaceAnswer(ctx context.Context, id int64) error
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{Frame: f, Services: services}
	return frame.Room{
		Tabs:     s.tabs(),
		Waits:    s.waits(),
		Under:    map[string]string{"/places": "/import"},
		Timeless: []string{"/places"},
		Whole:    []string{"/places"},
		Pages:    pages,
		Texts:    texts,
		Writes:   []frame.Writes{{Kind: placeKind, Look: s.lookPlace, Take: s.takePlace}},
		Routes:   s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /places", s.showPlaces)
	t.Page("POST /places", s.answerPlace)
	t.Page("POST /places/{id}/undo", s.undoPlace)
}
