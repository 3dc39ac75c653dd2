// Package disclosed is the pages that say to whom data were disclosed: who looked at a subject, changed it and took it along; and
// the form by which the personal data of a list are taken along unmasked.
package disclosed

import (
	"context"
	"embed"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/profile"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the pages ask of others.
type Services struct {
	Known  Known
	Pairs  Pairs
	Ledger Ledger // nil: there are no pages
	Shares bool   // there is a page of consents
	Log    Log    // nil: who changed a subject is not shown
	// Name gives the name of a person; nil: persons are called by their ids.
	Name func(ctx context.Context, person string) string
}

// Known gives what is known of subjects.
type Known interface {
	frame.Profiles
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
	LinkedRecords(ctx context.Context, subject int64) ([]profile.LinkedRecord, error)
}

// Pairs gives the merges and questions of a subject.
type Pairs interface {
	MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error)
	QuestionsOf(ctx context.Context, subject int64) ([]identity.Question, error)
}

// Ledger keeps to whom data of subjects are disclosed; disclosure.Ledger does.
type Ledger interface {
	Contacts(ctx context.Context, a disclosure.Ask, list string, rows int) (*disclosure.Ask, error)
	Looks(ctx context.Context, subjects []int64, offset, limit int) ([]disclosure.Look, int, error)
	Exports(ctx context.Context, subjects []int64, before int64, limit int) ([]disclosure.Export, bool, error)
}

// Log is the operation log.
type Log interface {
	Entries(ctx context.Context, w audit.Wanted, offset, limit int) ([]audit.Entry, int, error)
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{f, services}
	return frame.Room{
		Rail: []frame.Entry{{Key: "mydata", Path: "/my-data", Shown: func(ctx context.Context) bool {
			return s.Ledger != nil && s.Actors.Acting(ctx).Subject != 0 && s.Actors.Decide(ctx, auth.Trace, auth.Resource{}) == nil
		}}},
		Timeless: []string{"/my-data"},
		Whole:    []string{"/my-data"},
		Pages:    pages,
		Texts:    texts,
		Routes: func(t *frame.Routes) {
			t.Page("GET /my-data", s.own)
			t.Page("GET /s/{id}/disclosed", s.show)
			t.Page("GET /registers/{id}/contacts", s.showContacts)
			t.Page("POST /registers/{id}/contacts", s.contacts)
		},
	}
}
