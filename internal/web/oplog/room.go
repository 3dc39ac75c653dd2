// Package oplog is the pages of the operation log: its entries as a list, each entry with what it changed and how it is
// sealed, and proofs to take along.
package oplog

import (
	"context"
	"embed"
	"net/http"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/told"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the pages ask of others.
type Services struct {
	Log     Log // nil: there are no pages
	Known   Known
	Pairs   Pairs
	Results Results // nil: entries do not say what was changed from what to what
}

// Log is the operation log; *store.DB has it.
type Log interface {
	Entries(ctx context.Context, w audit.Wanted, offset, limit int) ([]audit.Entry, int, error)
	Entry(ctx context.Context, seq int64) (audit.Entry, bool, error)
	Evidence(ctx context.Context, seq, size int64) (*audit.Evidence, error)
	EvidenceBetween(ctx context.Context, size int64) (*audit.Evidence, error)
	Head(ctx context.Context) (audit.Head, error)
	Hash() audit.Hash
}

// Known gives what is known of subjects.
type Known interface {
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
	RegisterOf(ctx context.Context, subject int64) (string, error)
	Find(ctx context.Context, codeOrName string) ([]fact.Ref, error)
	LinkedRecords(ctx context.Context, subject int64) ([]profile.LinkedRecord, error)
}

// Pairs gives the merges and questions of a subject.
type Pairs interface {
	MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error)
	QuestionsOf(ctx context.Context, subject int64) ([]identity.Question, error)
}

// Results tells what came of imports.
type Results interface {
	Changes(ctx context.Context, importID, from int64, brought bool, limit int) (list []intake.Altered, next int64, err error)
}

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{f, services}
	x := frame.Room{
		Timeless: []string{"/log"},
		Whole:    []string{"/log"},
		Pages:    pages,
		Texts:    texts,
		Parts:    grid.Parts,
		Routes:   s.routes,
	}
	if services.Log != nil {
		x.Rail = []frame.Entry{{Key: "log", Path: "/log", Needs: auth.Log}}
	}
	return x
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /log", s.showLog)
	t.Export("GET /log.xlsx", s.exportLog)
	t.Page("GET /log/heads", s.heads)
	t.Page("GET /log/{seq}", s.showEntry)
	t.Page("GET /log/{seq}/proof", s.proof)
}

// ready refuses who may not read the log.
func (s *room) ready(r *http.Request) error {
	if s.Log == nil {
		return fault.New(fault.NotFound, "这个程序启动时没有打开操作日志。", "This program was started without the operation log.")
	}
	return s.Actors.Decide(r.Context(), auth.Log, auth.Resource{})
}

// sees reports whether who asks sees all subjects, so that their names and values may be shown beside the log.
func (s *room) sees(ctx context.Context) bool {
	scope, err := s.Actors.Scope(ctx, "")
	return err == nil && scope.Whole()
}

// names gives the names of subjects to those who see all of them.
type names struct {
	*room
	ask  *address.Ask
	kept map[int64][2]string
}

// Name implements told.Names.
func (n *names) Name(ctx context.Context, subject int64) (name, url string) {
	if kept, ok := n.kept[subject]; ok {
		return kept[0], kept[1]
	}
	register, err := n.Known.RegisterOf(ctx, subject)
	if err == nil {
		if p, err := n.Known.Profile(ctx, subject); err == nil {
			if name = p.Name; name == "" {
				name = p.Code
			}
			url = n.ask.Link(n.SubjectPath(register, p.Code, p.Subject))
		}
	}
	n.kept[subject] = [2]string{name, url}
	return name, url
}

// writer writes entries for a request.
func (s *room) writer(r *http.Request) told.Writer {
	w := told.Writer{Frame: s.Frame, Ask: s.Ask(r), Words: s.WriterOf(r, "")}
	if s.Known != nil && s.sees(r.Context()) {
		w.Names = &names{s, w.Ask, map[int64][2]string{}}
	}
	return w
}
