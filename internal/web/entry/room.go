// Package entry is the pages on which people enter and change what is known: the form of a subject, the correction of one
// value, the subjects that another one names; and taking all of that back.
package entry

import (
	"context"
	"embed"

	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what these pages ask of others.
type Services struct {
	Known    Known
	Subjects Subjects // nil: nothing can be entered
	Imports  Imports
	Intake   Undoer
	Entries  Entries
}

// Known gives what is known of subjects.
type Known interface {
	frame.Profiles
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
	Sourced(ctx context.Context, subject int64) ([]fact.SourcedFact, error)
	History(ctx context.Context, subject int64) ([]profile.SaidFact, error)
	FindIn(ctx context.Context, register, codeOrName string) ([]fact.Ref, error)
	Record(ctx context.Context, id int64) (*intake.RecordView, error)
	Root(ctx context.Context, subject int64) (int64, error)
}

// Subjects answers what pages ask about the subjects of any register.
type Subjects interface {
	RegisterOf(ctx context.Context, subject int64) (string, error)
	Names(ctx context.Context, subject int64, register string, m fact.Moment) ([]dossier.Related, error)
	NamedBy(ctx context.Context, subject int64, v *pack.Relation, m fact.Moment, offset, limit int) ([]dossier.Naming, int, error)
}

// Imports gives what came in.
type Imports interface {
	ImportByID(ctx context.Context, id int64) (*intake.Import, error)
}

// Undoer takes back what was entered.
type Undoer interface {
	Undo(ctx context.Context, importID int64, progress func(derive.Progress)) error
}

// Entries takes in what people enter.
type Entries interface {
	Enter(ctx context.Context, e intake.Entry) (importID, subject int64, err error)
	Readable(ctx context.Context, e intake.Entry) error
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{Frame: f, Services: services}
	return frame.Room{
		Under:    map[string]string{"/s": "/registers"},
		Timeless: []string{"/s/{id}/"},
		Pages:    pages,
		Texts:    texts,
		Writes:   []frame.Writes{{Kind: frame.EntryKind, Look: s.lookEntry, Take: s.takeEntry}},
		Routes:   s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /registers/{id}/new", s.subjectForm)
	t.Page("POST /registers/{id}/new", s.subjectEnter)
	t.Page("GET /s/{id}/edit", s.subjectForm)
	t.Page("POST /s/{id}/edit", s.subjectEnter)
	t.Page("GET /s/{id}/correct", s.askCorrection)
	t.Page("POST /s/{id}/correct", s.enterCorrection)
	t.Page("POST /s/{id}/entries/{import}/undo", s.undoEntry)
	t.Page("GET /s/{id}/relate", s.askRelate)
	t.Page("POST /s/{id}/relate", s.enterRelate)
	t.Data("GET /registers/{id}/propose", s.propose)
}
