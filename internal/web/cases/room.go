// Package cases is the pages of cases (办件): the boxes of a person, the page of a case with what may be done in it, its form with its
// papers, and, on a subject, what it could begin.
package cases

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"eyas/internal/auth"
	"eyas/internal/file"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/locale"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Desk lets people act in cases; *desk.Desk does.
type Desk interface {
	Opens(ctx context.Context) error
	Page(ctx context.Context, p desk.Picked, offset, limit int) ([]desk.Boxed, int, error)
	CountBox(ctx context.Context, p desk.Picked) (int, error)
	Of(ctx context.Context, subject int64, limit int) ([]desk.Boxed, int, error)
	Show(ctx context.Context, id int64) (*desk.Seen, error)
	Check(ctx context.Context, id int64, changes *matter.Form, promised []string) (*desk.Checked, error)
	Candidates(ctx context.Context, seen *desk.Seen, do string, visit int) ([]desk.Candidate, error)
	Startables(ctx context.Context, register string, subject int64) ([]desk.Startable, error)
	Begin(ctx context.Context, matter string, subject int64, form *matter.Form, key string) (*desk.Done, error)
	Act(ctx context.Context, id int64, a matter.Act) (*desk.Done, error)
	Today() time.Time
}

// Services are what the pages ask of others.
type Services struct {
	Desk  Desk // nil: there are no such pages
	Known frame.Profiles
	Files *file.Store // papers of cases; nil: none can be attached
	// Subject gives the name of a subject whatever is seen of it: who sees a case reads whose it is.
	Subject func(ctx context.Context, subject int64) string
	// Name gives the name of a person; nil: persons are called by their ids.
	Name func(ctx context.Context, person string) string
}

const (
	path     = "/cases"
	pageRows = 50
	kind     = "case" // of what is written here, and of the files that are kept
)

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{f, services}
	own := frame.Room{
		Timeless: []string{path},
		Pages:    pages,
		Texts:    texts,
		Parts:    grid.Parts,
		Writes:   []frame.Writes{{Kind: kind, Look: s.lookAt, Take: s.takeBack}},
		Funcs: func(*locale.Catalog) template.FuncMap {
			return template.FuncMap{"inc": func(i int) int { return i + 1 }}
		},
		Routes: func(t *frame.Routes) {
			t.Page("GET /cases", s.there(s.list))
			t.Export("GET /cases.xlsx", s.export)
			t.Page("GET /cases/new", s.there(s.showNew))
			t.Page("POST /cases/new", s.there(s.begin))
			t.Page("GET /cases/{id}", s.there(s.show))
			t.Page("POST /cases/{id}/act", s.there(s.act))
			t.Page("GET /cases/{id}/form", s.there(s.showForm))
			t.Page("POST /cases/{id}/form", s.there(s.takeForm))
			t.Page("POST /cases/{id}/papers", s.there(s.takePaper))
			t.Page("POST /cases/{id}/papers/drop", s.there(s.dropPaper))
			t.Page("GET /cases/{id}/files/{hash}", s.there(s.fetch))
			t.Page("GET /s/{id}/cases", s.there(s.ofSubject))
		},
	}
	if s.Desk != nil {
		own.Rail = []frame.Entry{{Key: "cases", Path: path, Wait: "cases", Shown: func(ctx context.Context) bool {
			return s.May(ctx, auth.Handle) || s.May(ctx, auth.File) || s.May(ctx, auth.Log) && s.SeesAny(ctx)
		}}}
		own.Waits = []frame.Wait{{Key: "cases", Path: path, Count: s.count, First: s.first}}
	}
	return own
}

// there answers that there is no page where there are no cases.
func (s *room) there(h func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if s.Desk == nil {
			return frame.ErrNoPage()
		}
		return h(w, r)
	}
}

func casePath(id int64) string { return path + "/" + strconv.FormatInt(id, 10) }

// number reads the number of a case in an address.
func number(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, frame.ErrNoPage()
	}
	return id, nil
}

func (s *room) count(ctx context.Context, scope string) (int, error) {
	return s.Desk.CountBox(ctx, desk.Picked{Box: desk.BoxWaiting, Orgs: s.orgsIn(scope)})
}

func (s *room) first(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	list, _, err := s.Desk.Page(ctx, desk.Picked{Box: desk.BoxWaiting, Orgs: s.orgsIn(ask.Scope)}, 0, most)
	text := s.Words(ask.Lang)
	for i := range list {
		x := &list[i]
		note := s.matterName(x.Matter, ask.Lang) + " · " + s.stages(&x.Listed, ask.Lang)
		if d := s.due(&x.Listed); d.Day != "" {
			note += " · " + text("cases.due."+d.State, "day", d.Day, "n", d.Days)
		}
		w.List = append(w.List, frame.WaitingItem{Name: s.subjectName(ctx, x.Subject), Note: note, URL: ask.Link(casePath(x.ID))})
	}
	return w, err
}

// orgsIn are the organisations of a scope; nil: the whole city.
func (s *room) orgsIn(scope string) []string {
	if scope == "" {
		return nil
	}
	if o := s.City.Org[scope]; o != nil && o.IsZone() {
		return []string{scope}
	}
	return append([]string{"-"}, s.City.DistrictsOf(scope)...) // "-": of none
}

func (s *room) subjectName(ctx context.Context, id int64) string {
	if s.Subject != nil {
		if name := s.Subject(ctx, id); name != "" {
			return name
		}
	}
	return strconv.FormatInt(id, 10)
}

// person names who acted: the clock and the owner of the machine in words.
func (s *room) person(r *http.Request, id string) string {
	lang := s.LangOf(r)
	switch {
	case id == "":
		return ""
	case id == matter.TheClock:
		return s.Words(lang)("cases.clock")
	case id == auth.Local:
		return s.WriterIn("", lang, "").Actor(id)
	case s.Name != nil:
		return s.Name(r.Context(), id)
	}
	return id
}

func (s *room) matterName(id, lang string) string {
	if m := s.Pack.Matter(id); m != nil {
		return m.Name.In(lang)
	}
	return id
}

func (s *room) orgName(id, lang string) string {
	if o := s.Pack.Orgs.ByID(id); o != nil {
		return o.Name.In(lang)
	}
	return id
}

// holderName names a role of an organisation.
func (s *room) holderName(org, role, lang string) string {
	if org == "" {
		return s.roleName(role, lang)
	}
	return s.Words(lang)("cases.holder", "org", s.orgName(org, lang), "role", s.roleName(role, lang))
}

func (s *room) roleName(id, lang string) string {
	if role := s.Pack.Role(id); role != nil {
		return role.Name.In(lang)
	}
	return id
}
