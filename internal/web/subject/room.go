// Package subject is the pages of one subject: what is known of it and from where, where it stands, and whom it names.
package subject

import (
	"context"
	"embed"
	"html/template"

	"eyas/internal/pack"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
	"eyas/internal/rule"
	"eyas/internal/web/frame"
	"eyas/internal/web/locale"
	"eyas/internal/web/markup"
	"eyas/internal/web/origin"
	"eyas/internal/web/standing"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Mandates says for subjects of which register there are mandates: of those with a role.
type Mandates interface {
	Of(register string) *pack.Role
}

// Services are what the pages of a subject ask of others.
type Services struct {
	Known      Known
	Subjects   Subjects // nil: only enterprises have pages
	Identities Merges
	Entries    Entries
	Rules      rule.Face
	// Jurisdiction says where subjects lie; nil: who sees a subject is not shown.
	Jurisdiction Jurisdiction
	Quality      Doubts   // what is doubted; nil: nothing is marked
	Shares       bool     // there is a page of consents and assignments
	Mandates     Mandates // nil: there is no page of who stands for a subject
	Erases       bool     // there is a page on which data of a subject are erased
	// Cases counts the cases of a subject that who looks sees; nil: subjects have no cases.
	Cases  func(ctx context.Context, subject int64) (int, error)
	Ledger Ledger // shows personal data unmasked; nil: nothing is
}

// Known gives what is known of subjects.
type Known interface {
	frame.Profiles
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
	Sourced(ctx context.Context, subject int64) ([]fact.SourcedFact, error)
	DossierAt(ctx context.Context, subject int64, m fact.Moment) (*dossier.Dossier, error)
	History(ctx context.Context, subject int64) ([]profile.SaidFact, error)
	Find(ctx context.Context, codeOrName string) ([]fact.Ref, error)
	Root(ctx context.Context, subject int64) (int64, error)
}

// Subjects answers what pages ask about the subjects of any register.
type Subjects interface {
	RegisterOf(ctx context.Context, subject int64) (string, error)
	Names(ctx context.Context, subject int64, register string, m fact.Moment) ([]dossier.Related, error)
	NamedBy(ctx context.Context, subject int64, v *pack.Relation, m fact.Moment, offset, limit int) ([]dossier.Naming, int, error)
}

// Merges gives the merges of a subject.
type Merges interface {
	MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error)
}

// Entries takes in what people enter.
type Entries interface {
	Enter(ctx context.Context, e intake.Entry) (importID, subject int64, err error)
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{Frame: f, Services: services}
	return frame.Room{
		Rail:     []frame.Entry{{Key: "own", Path: frame.OwnPath, Single: true}},
		Guests:   map[string]string{"/s": "/registers", "/enterprises/": "/enterprises"},
		Timeless: []string{"/s/{id}/"},
		Pages:    pages,
		Texts:    texts,
		Parts:    standing.Parts,
		Funcs: func(c *locale.Catalog) template.FuncMap {
			return template.FuncMap{
				"facts": func(rows []factRow) (template.HTML, error) {
					return markup.Write(c, func(p *markup.Pieces) { putFacts(p, rows) })
				},
				"yearly": func(rows []yearlyRow) (template.HTML, error) {
					return markup.Write(c, func(p *markup.Pieces) { putYearly(p, rows) })
				},
				"score": func(rows []standing.Item) (template.HTML, error) {
					return markup.Write(c, func(p *markup.Pieces) { standing.PutScore(p, rows) })
				},
				"origin": func(s origin.Source) (template.HTML, error) {
					return markup.Write(c, func(p *markup.Pieces) { putOrigin(p, &s) })
				},
				"origins": func(rows []originRow) (template.HTML, error) {
					return markup.Write(c, func(p *markup.Pieces) { putOrigins(p, rows) })
				},
				"stands": func(s standing.Sentence) (template.HTML, error) {
					return markup.Write(c, func(p *markup.Pieces) { standing.PutSentence(p, s) })
				},
				"doubt": func(d *standing.Doubt) (template.HTML, error) {
					return markup.Write(c, func(p *markup.Pieces) { standing.PutDoubt(p, d, false) })
				},
				"circled": func(i int) string { return standing.Circled(i + 1) },
				"criteria": func(rows []standing.Criterion) (template.HTML, error) {
					return markup.Write(c, func(p *markup.Pieces) { standing.PutCriteria(p, rows) })
				},
			}
		},
		Routes: s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /enterprises/{key}", s.enterpriseView)
	t.Page("GET /s/{id}", s.subject)
	t.Page("GET "+frame.OwnPath, s.own)
	t.Page("POST /s/{id}/meant", s.subjectMeant)
	t.Page("GET /s/{id}/history", s.showHistory)
	t.Export("GET /s/{id}/history.xlsx", s.exportHistory)
	t.Page("GET /s/{id}/seen-by", s.showSeenBy)
	t.Page("GET /s/{id}/unmask", s.showUnmask)
	t.Page("POST /s/{id}/unmask", s.startUnmask)
	t.Page("POST /s/{id}/unmask/end", s.endUnmask)
}
