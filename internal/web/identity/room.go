// Package identity is the pages on which people say who is who: the queue of pairs, merges, the records of a subject, and
// single records that are moved from one subject to another.
package identity

import (
	"context"
	"embed"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what these pages ask of others.
type Services struct {
	Known      Known
	Identities Identities // nil: none of this is offered
	Joins      Joins
}

// Known gives what is known of subjects and their records.
type Known interface {
	frame.Profiles
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
	Sourced(ctx context.Context, subject int64) ([]fact.SourcedFact, error)
	LinkedRecords(ctx context.Context, subject int64) ([]profile.LinkedRecord, error)
	Record(ctx context.Context, id int64) (*intake.RecordView, error)
	FindIn(ctx context.Context, register, codeOrName string) ([]fact.Ref, error)
	Root(ctx context.Context, subject int64) (int64, error)
}

// Identities gives merges, moved records and questions.
type Identities interface {
	Merges(ctx context.Context, register string, which fact.MergeState, w fact.Wanted, offset, limit int) ([]identity.Joined, int, error)
	MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error)
	Moves(ctx context.Context, subject int64) ([]identity.Move, error)
	Questions(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted, offset, limit int) ([]identity.Question, int, error)
	QuestionByID(ctx context.Context, id int64) (*identity.Question, error)
	QuestionsOf(ctx context.Context, subject int64) ([]identity.Question, error)
}

// Joins says which subjects and records are the same.
type Joins interface {
	Merge(ctx context.Context, from, into int64, reason string) (id int64, err error)
	Unmerge(ctx context.Context, id int64) error
	Relink(ctx context.Context, record, subject int64, reason string) (id int64, err error)
	UndoRelink(ctx context.Context, id int64) error
	Answer(ctx context.Context, id int64, answer fact.QuestionState, reason string) error
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
		Under:    map[string]string{"/links": "/import", "/merges": "/import"},
		Guests:   map[string]string{"/records": "/enterprises"},
		Timeless: []string{"/links", "/merges", "/records", "/s/{id}/"},
		Whole:    []string{"/links", "/merges"},
		Pages:    pages,
		Texts:    texts,
		Parts:    grid.Parts,
		Writes:   s.writes(),
		Routes:   s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /links", s.showLinks)
	t.Export("GET /links.xlsx", s.exportLinks)
	t.Page("POST /links/{id}", s.answerLink)
	t.Page("POST /links/{id}/undo", s.undoLink)
	t.Page("GET /merges", s.showMerges)
	t.Export("GET /merges.xlsx", s.exportMerges)
	t.Page("POST /merges/{id}/undo", s.undoMerge)
	t.Page("GET /s/{id}/records", s.showRecords)
	t.Page("POST /s/{id}/merge", s.mergeSubjects)
	t.Page("GET /records/{id}", s.recordSource)
	t.Page("GET /records/{id}/move", s.askMove)
	t.Page("POST /records/{id}/move", s.moveRecord)
	t.Page("POST /moves/{id}/undo", s.undoMove)
}
