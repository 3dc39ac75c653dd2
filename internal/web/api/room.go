// Package api answers programs: JSON over the same services, in the same scope and as masked as the pages. Every call says of itself what
// it takes and gives (call.go); the documents of the API and its page are made of that.
package api

import (
	"context"
	"embed"

	"eyas/internal/auth"
	"eyas/internal/hook"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
	"eyas/internal/repeat"
	"eyas/internal/rule"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

// Services are what the calls ask of others. What is nil is answered as not being there.
type Services struct {
	Known      Known
	Identities Identities
	Joins      Joins
	Imports    Imports
	Intake     Intake
	Entries    Entries
	Rules      rule.Face
	Quality    Quality
	Uploads    *spool.Folder
	Repeats    *repeat.Answers
	Cases      Cases
	Hooks      *hook.Hooks
}

// Known gives what is known of subjects.
type Known interface {
	frame.Profiles
	SourcedAt(ctx context.Context, subject int64, m fact.Moment) ([]fact.SourcedFact, error)
	LinkedRecords(ctx context.Context, subject int64) ([]profile.LinkedRecord, error)
	FindIn(ctx context.Context, register, codeOrName string) ([]fact.Ref, error)
}

// Identities gives the merges of a subject, and the questions whether subjects are the same.
type Identities interface {
	Questions(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted, offset, limit int) ([]identity.Question, int, error)
	QuestionByID(ctx context.Context, id int64) (*identity.Question, error)
	MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error)
}

// Joins answers questions.
type Joins interface {
	Answer(ctx context.Context, id int64, answer fact.QuestionState, reason string) error
}

// Imports gives what came in.
type Imports interface {
	Imports(ctx context.Context, w fact.Wanted, offset, limit int) (list []intake.Import, total int, err error)
	ImportByID(ctx context.Context, id int64) (*intake.Import, error)
}

// Intake says what files would change.
type Intake interface {
	Preview(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.Preview, error)
}

// Entries takes in what is entered, upon what was seen.
type Entries interface {
	Enter(ctx context.Context, e intake.Entry) (importID, subject int64, err error)
	Upon(ctx context.Context, seen sight.Seen, write func(context.Context) error) error
}

// Quality gives doubted values.
type Quality interface {
	Listed(ctx context.Context, f quality.Filter, offset, limit int) (list []quality.Row, total int, err error)
}

// Cases lets people act in cases of matters.
type Cases interface {
	Begin(ctx context.Context, matter string, subject int64, form *matter.Form, key string) (*desk.Done, error)
	Act(ctx context.Context, id int64, a matter.Act) (*desk.Done, error)
	Show(ctx context.Context, id int64) (*desk.Seen, error)
	List(ctx context.Context, w desk.Wanted) ([]desk.Listed, error)
	Inbox(ctx context.Context, limit int) ([]desk.Waiting, error)
}

type room struct {
	*frame.Frame
	Services
	calls []*call
	docs  documents
}

// sees refuses who sees no subject at all.
func (s *room) sees(ctx context.Context) error {
	_, err := s.Actors.Scope(ctx, "")
	return err
}

// registerOf finds a register that who asks may see something of; what he may not is answered as what there is not.
func (s *room) registerOf(ctx context.Context, id string) (*pack.Register, error) {
	reg := s.Pack.Register(id)
	if reg == nil || s.Actors.Decide(ctx, auth.See, auth.Resource{Register: id}) != nil {
		if err := s.sees(ctx); err != nil {
			return nil, err
		}
		return nil, errNoRegister()
	}
	return reg, nil
}

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// DocsPath is the page that documents the API.
const DocsPath = "/api"
