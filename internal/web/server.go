// Package web serves the pages of Eyas: rendered on the server, the address being the whole state of a page,
// working without scripts and quicker with them. It reads the registry and the rules through their faces and
// decides nothing of its own.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/assets"
	"eyas/internal/web/locale"
	"eyas/internal/web/spool"
)

// Base is the register in memory with its verdicts; *list.Base is one.
type Base interface {
	// State tells how far loading is.
	State() list.State
	// Current gives the table as it is now; list.ErrLoading before there is one.
	Current() (*col.Table, error)
	// Outcomes gives all recognitions in force on a day, and the table whose rows they speak of; list.ErrLoading
	// before there is one.
	Outcomes(ctx context.Context, date time.Time, assume []string) ([]*rule.Outcome, *col.Table, error)
	// Index answers lists over a table that Outcomes gave.
	Index(t *col.Table) *list.Index
}

// Deps is what the pages stand on.
type Deps struct {
	Registry registry.Service
	Base     Base
	// Past gives the register as of another moment than now; nil: not offered. It says list.ErrLoading until it is ready.
	Past    func(context.Context, registry.Moment) (Base, error)
	Rules   rule.Face
	Pack    *pack.Pack
	Clock   func() time.Time
	Jobs    *job.Runner   // background work; nil: no imports
	Uploads *spool.Folder // files that wait to be imported
	Exports *spool.Folder // long exports that jobs have written; nil: all are written at once
	Quality Quality       // doubted values; nil: not offered
	// Correct enters a value in the place of a doubted one; nil: corrections are not offered.
	Correct quality.Corrector
	// Demo fills the base with a demonstration city of so many enterprises; nil: not offered.
	Demo func(ctx context.Context, rows int, progress func(file string, p registry.Progress)) error
	// PastOf is Past for a register of Shelves; nil: not offered.
	PastOf func(ctx context.Context, register string, m registry.Moment) (Shelf, error)
	// Shelves are the registers besides the first in memory, by id, and Subjects what pages ask about any of them; nil:
	// the first register is all there is.
	Shelves  map[string]Shelf
	Subjects Subjects
	// Hosts are the names, besides those of this machine, by which browsers may ask; see admitted.
	Hosts   []string
	Version string
	Lang    string // language of a reader who asks for none; Chinese when empty
	Log     *slog.Logger
}

// Server answers requests for pages.
type Server struct {
	Deps
	catalogs map[string]*locale.Catalog
	pages    map[string]pageSet // by language
	city     *city
	cities   map[string]*city // by register

	exports         *exportQueue
	exportAddresses *http.ServeMux // what a job may be asked to write
	rest            time.Duration  // see paceRest
}

// base gives the register in memory as of the moment that an address asks for.
func (s *Server) base(ctx context.Context, ask *Ask) (Base, error) {
	if m := ask.Moment(); s.Past != nil && !m.Latest() {
		return s.Past(ctx, m)
	}
	return s.Base, nil
}

// New prepares all pages. A template that does not parse is an error here and not on a click.
func New(d Deps) (*Handler, error) {
	s, err := newServer(d)
	if err != nil {
		return nil, err
	}
	return s.handler(), nil
}

func newServer(d Deps) (*Server, error) {
	if d.Clock == nil || d.Pack == nil {
		return nil, fmt.Errorf("web: a clock and a pack are needed")
	}
	if d.Lang == "" {
		d.Lang = locale.Chinese
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	s := &Server{Deps: d, city: newCity(d.Pack), cities: map[string]*city{}, exports: newExportQueue(), exportAddresses: http.NewServeMux(), rest: paceRest}
	for i, r := range d.Pack.Registers {
		if s.cities[r.ID] = s.city; i > 0 {
			s.cities[r.ID] = newCityOf(d.Pack, r)
		}
	}
	var err error
	if s.catalogs, err = locale.Load(); err != nil {
		return nil, err
	}
	if s.pages, err = parsePages(s.catalogs); err != nil {
		return nil, err
	}
	return s, nil
}

// rooms add their routes; each stands in a file of its own.
var rooms = []func(*Server, *routes){
	(*Server).ladderRoutes,
	(*Server).enterpriseRoutes,
	(*Server).subjectRoutes,
	(*Server).registerRoutes,
	(*Server).searchRoutes,
	(*Server).directoryRoutes,
	(*Server).labRoutes,
	(*Server).importRoutes,
	(*Server).qualityRoutes,
	(*Server).jobRoutes,
	(*Server).placeAnswerRoutes,
	(*Server).linksRoutes,
	(*Server).mergesRoutes,
	(*Server).historyRoutes,
	(*Server).exportRoutes,
}

func (s *Server) handler() *Handler {
	t := &routes{server: s, mux: http.NewServeMux()}
	for _, add := range rooms {
		add(s, t)
	}
	t.add("GET "+assets.Prefix, assets.Handler())
	t.add("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "ok")
	}))
	t.page("/", func(http.ResponseWriter, *http.Request) error { return errNoPage() })
	return &Handler{s.pace(s.guard(t.mux)), t.list}
}
