// Package frame is what every room stands in. It reads a request once and tells who acts; it writes pages in the layout,
// sheets, downloads and refusals, as a page or as problem+json; it keeps forms from overwriting what their reader did not
// see; it shows work in the background; and it gives registers in memory as of the moment that is asked for. It knows no
// room: rooms say of themselves which routes, templates, texts and entries of the rail are theirs.
package frame

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/assets"
	"eyas/internal/web/city"
	"eyas/internal/web/locale"
	"eyas/internal/web/pageset"
	"eyas/internal/web/spool"
)

//go:embed pages
var pages embed.FS

// Deps is what the frame stands on.
type Deps struct {
	Pack    *pack.Pack
	Clock   func() time.Time
	Imports Marked  // says whether pages must be marked; nil: they never are
	Entries Guarded // writes upon what was seen
	// Registers gives the registers in memory; nil: there are none.
	Registers Registers
	Jobs      *job.Runner   // background work; nil: none
	Exports   *spool.Folder // long exports that jobs have written; nil: all are written at once
	// Head gives the newest head of the operation log, which papers and exports carry; nil: they do not.
	Head func(context.Context) (audit.Head, error)
	// Disclosures keeps to whom data of subjects are disclosed; nil: nobody does, and nothing is unmasked.
	Disclosures Disclosures
	TakesIn     bool     // files can be imported
	Hosts       []string // names, besides those of this machine, by which browsers may ask
	Version     string
	BaseName    string // by which exports name the base they were made from; empty: not said
	Lang        string // language of a reader who asks for none; Chinese when empty
	Log         *slog.Logger
	Limits      Limits
	// Actors decides who may do what; nil: a base without accounts.
	Actors auth.Directory
	// Who tells who asks. An error is answered instead of the page. nil: the operator of a base without accounts.
	Who func(*http.Request) (auth.Actor, error)
	// Door lets persons in, on a base that has people or may have them; it is asked instead of Who. nil: Who is.
	Door Door
	// Needs says by pattern which action a route is: who may not do it is refused. A route that changes something must be in
	// it; with the empty action its handler decides. nil: the handlers decide all.
	Needs map[string]auth.Action
	// Second says that these pages stand beside others, which run the work in the background and whose bounds hold for both:
	// see Beside.
	Second bool
}

// Limits bound what requests take; what is zero is as usual.
type Limits struct {
	Exports        int           // how many are written at the same time; each holds about a megabyte
	ExportsWaiting int           // how many more may wait for their turn,
	ExportPatience time.Duration // and how long
	ExportRows     int           // how many rows an export may have that is written at once; a longer one is a job
	Pages          int           // how many pages are made at the same time,
	PagesWaiting   int           // how many more may wait for their turn,
	PagePatience   time.Duration // and how long
	Rest           time.Duration // how long a request or an answer may stand still
	Counting       time.Duration // how long a page waits for the numbers beside its rooms after a write
}

// usual fills in what is zero.
func (l *Limits) usual() {
	l.Exports = cmp.Or(l.Exports, 4)
	l.ExportsWaiting = cmp.Or(l.ExportsWaiting, 256)
	l.ExportPatience = cmp.Or(l.ExportPatience, 60*time.Second)
	l.ExportRows = cmp.Or(l.ExportRows, 100_000)
	l.Pages = cmp.Or(l.Pages, 8*runtime.GOMAXPROCS(0))
	l.PagesWaiting = cmp.Or(l.PagesWaiting, 1024)
	l.PagePatience = cmp.Or(l.PagePatience, 500*time.Millisecond)
	l.Rest = cmp.Or(l.Rest, 30*time.Second)
	l.Counting = cmp.Or(l.Counting, 150*time.Millisecond)
}

// Marked says whether generated enterprises are in the base, so that every page and sheet is marked then; and lists what was
// imported, so that a page without enterprises can say why.
type Marked interface {
	Synthetic(ctx context.Context) (bool, error)
	Imports(ctx context.Context, w fact.Wanted, offset, limit int) (list []intake.Import, total int, err error)
}

// Guarded writes upon what somebody saw, or tells that it has changed since.
type Guarded interface {
	Upon(ctx context.Context, seen sight.Seen, write func(context.Context) error) error
}

// Registers gives a register in memory by its id as of a moment; list.Registers does. The error is a fault when there is no such
// register.
type Registers func(ctx context.Context, id string, m fact.Moment) (Base, error)

// Base is a register in memory with the verdicts of the recognitions that are about it; *list.Base is one.
type Base interface {
	// State tells how far loading is.
	State() list.State
	// Current gives the table as it is now; list.ErrLoading before there is one.
	Current(ctx context.Context) (*col.Table, error)
	// Outcomes gives all recognitions in force on a day, and the table whose rows they speak of; list.ErrLoading
	// before there is one. A register that no rule is about has none.
	Outcomes(ctx context.Context, date time.Time, assume []string) ([]*rule.Outcome, *col.Table, error)
	// Index answers lists over a table that Outcomes gave.
	Index(t *col.Table) *list.Index
}

// Disclosures keeps to whom data of subjects are disclosed; disclosure.Ledger does.
type Disclosures interface {
	// Looked counts that the actor opened a page of a subject.
	Looked(ctx context.Context, subject int64)
	// Unmasked is what the actor sees unmasked of a subject now; nil: nothing.
	Unmasked(ctx context.Context, subject int64) (*disclosure.Unmasking, error)
	// Exported writes that the actor takes a file along; m are the subjects of a list.
	Exported(ctx context.Context, e disclosure.Export, m *disclosure.Members) error
}

// Frame is what every room stands in: it reads requests, and writes pages, sheets and refusals.
type Frame struct {
	Deps
	reader   *address.Reader
	catalogs map[string]*locale.Catalog
	pages    map[string]pageset.Set // by language
	City     *city.City             // as its main register sees it
	cities   map[string]*city.City  // by register
	plan     plan                   // of the rooms
	counts   counts                 // beside entries and tabs
	mux      *http.ServeMux         // of all routes
	shown    map[string]bool        // patterns of the routes that are pages

	// For gives the frame whose fields the actor of a context may see; nil: this one for all.
	For func(context.Context) *Frame
	// ByNumber answers a page whose address searches for an identity number; nil: nothing does.
	ByNumber func(w http.ResponseWriter, r *http.Request, number string) error

	exports         *turns
	opening         *turns         // of pages
	exportAddresses *http.ServeMux // what a job may be asked to write
}

// New prepares a frame without rooms.
func New(d Deps) (*Frame, error) {
	if d.Clock == nil || d.Pack == nil {
		return nil, fmt.Errorf("web: a clock and a pack are needed")
	}
	if d.Lang == "" {
		d.Lang = locale.Chinese
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	d.Limits.usual()
	if d.Actors == nil {
		d.Actors = auth.Accountless()
	}
	f := &Frame{Deps: d, City: city.New(d.Pack), cities: map[string]*city.City{}, exportAddresses: http.NewServeMux()}
	f.exports = newTurns(d.Limits.Exports, d.Limits.ExportsWaiting, d.Limits.ExportPatience, exportsBusy)
	f.opening = newTurns(d.Limits.Pages, d.Limits.PagesWaiting, d.Limits.PagePatience, pagesBusy)
	f.counts.clock, f.counts.log, f.counts.patience = d.Clock, d.Log, d.Limits.Counting
	f.counts.turns = make(chan struct{}, atOnce)
	f.reader = &address.Reader{Zone: d.Pack.Zone, Assumable: f.assumable, CheckScope: f.City.CheckScope, Clock: d.Clock, Lang: d.Lang}
	for _, r := range d.Pack.Registers {
		if f.cities[r.ID] = f.City; r != f.City.Register {
			f.cities[r.ID] = city.Of(d.Pack, r)
		}
	}
	return f, nil
}

// Beside has the frame share the bounds of another one: how many exports are written and how many pages are opened at a time.
func (f *Frame) Beside(other *Frame) { f.exports, f.opening = other.exports, other.opening }

// assumable finds an attribute of any register whose blanks may be assumed to be "no"; nil when there is none.
func (f *Frame) assumable(id string) *pack.Attribute {
	for _, r := range f.Pack.Registers {
		for _, a := range f.cities[r.ID].Assumable {
			if a.ID == id {
				return a
			}
		}
	}
	return nil
}

// Assumed names the assumptions of an address.
func (f *Frame) Assumed(ask *address.Ask) (names []pack.Text) {
	for _, id := range ask.Assume {
		if a := f.assumable(id); a != nil {
			names = append(names, a.Name)
		}
	}
	return names
}

// Room is a part of the pages: its routes, and what stands beside them.
type Room struct {
	Rail     []Entry           // its entries in the left rail
	Tabs     []Tab             // its tabs of the room of data
	Waits    []Wait            // what waits in it for a person
	Under    map[string]string // the path of the entry to which other pages belong, by the first step of their addresses
	Guests   map[string]string // the same of pages that keep the room they were entered from; a step that ends in "/" means the pages behind it
	Timeless []string          // first steps of addresses, or a step with all behind it as "/s/{id}/", whose pages show what is, whatever day of knowledge is asked for
	Whole    []string          // the same of pages that are about the whole city, whatever scope is asked for
	Coarse   []string          // the same of pages that know districts and no zones
	Pages    fs.FS             // templates: pages/NAME/*.html, and pages/parts/*.html for all of them; nil: none
	Texts    fs.FS             // messages: texts/LANGUAGE/*.json; nil: none
	Parts    fs.FS             // what several rooms share: templates pages/parts/*.html and messages texts/LANGUAGE/*.json; nil: nothing
	Funcs    func(*locale.Catalog) template.FuncMap
	Kinds    []Kind                // of work in the background
	Writes   []Writes              // what people do on its pages, and can take back
	Changed  func(context.Context) // is called when work in the background has changed the base
	Routes   func(*Routes)
}

// Kind is a kind of work in the background. After gives the page to go on to when it is done, and may fill in what the
// job's own page shows; nil: where the job was started from.
type Kind struct {
	job.Kind
	After func(ask *address.Ask, j job.Status, v *JobView) string
}

// Open furnishes the frame with its rooms, arranged as order says. A template that does not parse is an error here and not on a
// click. Routes are the patterns that the handler answers.
func (f *Frame) Open(order Order, rooms ...Room) (h http.Handler, routes []string, err error) {
	own := f.own()
	rooms = append(rooms, own)
	if f.plan, err = newPlan(order, rooms); err != nil {
		return nil, nil, err
	}
	var texts []fs.FS
	for _, room := range rooms {
		if room.Texts != nil {
			texts = append(texts, room.Texts)
		}
		if room.Parts != nil && !slices.Contains(texts, room.Parts) {
			texts = append(texts, room.Parts)
		}
	}
	if f.catalogs, err = locale.Load(texts...); err != nil {
		return nil, nil, err
	}
	var sources []pageset.Room
	for _, r := range rooms {
		sources = append(sources, pageset.Room{Pages: r.Pages, Parts: r.Parts, Funcs: r.Funcs})
	}
	if f.pages, err = pageset.Parse(f.catalogs, own.Pages, sources); err != nil {
		return nil, nil, err
	}
	t := &Routes{frame: f, mux: http.NewServeMux()}
	f.mux, f.shown = t.mux, map[string]bool{}
	for _, room := range rooms {
		if f.Jobs != nil && !f.Second {
			for _, k := range room.Kinds {
				f.Jobs.Register(k.Kind)
			}
		}
		room.Routes(t)
	}
	if len(t.unsaid) > 0 {
		return nil, nil, fmt.Errorf("web: nobody says which right these routes need (Deps.Needs): %q", t.unsaid)
	}
	return t.mux, t.list, nil
}

// own is the room that the frame itself is: exports that jobs write, and what answers wherever no room does.
func (f *Frame) own() Room {
	return Room{
		Pages: pages,
		Kinds: []Kind{{job.Kind{Name: kindExport, Safe: true, Run: job.Handle(f.runExport)}, f.afterExport}},
		Routes: func(t *Routes) {
			f.exportRoutes(t)
			t.form("POST /type", f.chooseType)
			t.Page("POST /undo/{kind}/{id}", f.takeBack)
			t.Add("GET "+assets.Prefix, assets.Handler())
			t.Add("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				fmt.Fprintln(w, "ok")
			}))
			t.Page("/", func(http.ResponseWriter, *http.Request) error { return ErrNoPage() })
		},
	}
}

// Changed tells the rooms that work in the background has changed the base.
func (f *Frame) Changed(ctx context.Context) {
	f.counts.outdate("")
	for _, changed := range f.plan.changed {
		changed(ctx)
	}
}

// BaseOf gives the main register in memory as of the moment that an address asks for.
func (f *Frame) BaseOf(ctx context.Context, ask *address.Ask) (Base, error) {
	_, base, err := f.InMemory(ctx, f.City.Register.ID, ask.Moment())
	return base, err
}

// InMemory gives a register with its columns in memory as of a moment.
func (f *Frame) InMemory(ctx context.Context, id string, m fact.Moment) (*pack.Register, Base, error) {
	reg := f.Pack.Register(id)
	if reg == nil {
		return nil, nil, fault.New(fault.NotFound, "没有名为“"+id+"”的库。请从库的列表中选择。", "There is no register “"+id+"”. Choose one from the list of registers.")
	}
	if f.Registers == nil {
		return nil, nil, fault.New(fault.NotFound, reg.Name.ZH+"没有列表。", "The register of "+reg.Name.EN+" has no list.")
	}
	base, err := f.Registers(ctx, id, m)
	return reg, base, err
}

// RowsOf are the rows of a register's table in the part of the city that an address is about; nil for all of them.
func (f *Frame) RowsOf(ask *address.Ask, register string, t *col.Table) col.Bitmap {
	return f.CityOf(register).RowsOf(t, ask.Scope)
}

// Counted are the rows that an address counts: of its part of the city, and of subjects that there were on its day (see
// pack.Register.BeginsAttr); nil for all. The result is shared and must not be changed.
func (f *Frame) Counted(ask *address.Ask, register string, t *col.Table) col.Bitmap {
	return city.Both(f.RowsOf(ask, register, t), t.Begun(kernel.Days(ask.Date)))
}
