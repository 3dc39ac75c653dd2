// Package quality is the board of doubted values: what is doubted and why, the page of one value, the letter that asks
// about it, what is old, and what people decide.
package quality

import (
	"context"
	"embed"

	"eyas/internal/job"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/rule"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the board asks of others.
type Services struct {
	Quality Board // nil: none of this is offered
	Imports Imports
	Known   Known
	// Correct enters a value in the place of a doubted one; nil: corrections are not offered.
	Correct quality.Corrector
	Rules   rule.Face
}

// Imports gives what came in.
type Imports interface {
	ImportByID(ctx context.Context, id int64) (*intake.Import, error)
	Imports(ctx context.Context, w fact.Wanted, offset, limit int) ([]intake.Import, int, error)
}

// Known gives what is known of subjects.
type Known interface {
	Sourced(ctx context.Context, subject int64) ([]fact.SourcedFact, error)
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
		Under:    map[string]string{"/quality": "/import"},
		Timeless: []string{"/quality"},
		Coarse:   []string{"/quality"},
		Pages:    pages,
		Texts:    texts,
		Parts:    grid.Parts,
		Kinds:    []frame.Kind{{Kind: job.Kind{Name: kindQuality, Safe: true, Write: true, Run: s.runSearch}}},
		Writes:   []frame.Writes{{Kind: findingKind, Look: s.lookFinding, Take: s.takeFinding}},
		Changed:  s.searchAfter,
		Routes:   s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /quality", s.showQuality)
	t.Export("GET /quality.xlsx", s.exportQuality)
	t.Page("POST /quality", s.decideQuality)
	t.Page("POST /quality/search", s.searchQuality)
	t.Page("GET /quality/old", s.showOld)
	t.Export("GET /quality/old.xlsx", s.exportOld)
	t.Page("GET /quality/{key}", s.showFinding)
	t.Page("GET /quality/{key}/letter", s.showLetter)
}
