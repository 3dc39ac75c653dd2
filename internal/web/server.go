// Package web serves the pages of Eyas: rendered on the server, the address being the whole state of a page,
// working without scripts and quicker with them. It reads the registry and the rules through their faces and
// decides nothing of its own.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/hook"
	"eyas/internal/job"
	"eyas/internal/pack"
	persons "eyas/internal/people"
	"eyas/internal/people/oidc"
	"eyas/internal/quality"
	"eyas/internal/registry/derive"
	registryid "eyas/internal/registry/identity"
	"eyas/internal/repeat"
	"eyas/internal/retention"
	"eyas/internal/rule"
	"eyas/internal/web/api"
	"eyas/internal/web/cases"
	"eyas/internal/web/connect"
	"eyas/internal/web/disclosed"
	"eyas/internal/web/door"
	"eyas/internal/web/entry"
	"eyas/internal/web/frame"
	"eyas/internal/web/held"
	"eyas/internal/web/help"
	"eyas/internal/web/identity"
	"eyas/internal/web/intake"
	"eyas/internal/web/jobs"
	"eyas/internal/web/lab"
	"eyas/internal/web/ladder"
	"eyas/internal/web/mandate"
	"eyas/internal/web/oplog"
	"eyas/internal/web/people"
	"eyas/internal/web/places"
	doubts "eyas/internal/web/quality"
	retained "eyas/internal/web/retention"
	"eyas/internal/web/roster"
	"eyas/internal/web/search"
	"eyas/internal/web/sharing"
	"eyas/internal/web/spool"
	"eyas/internal/web/subject"
	"eyas/internal/web/todo"
	"eyas/internal/web/verify"
)

// Base is a register in memory, and Registers all of them, as the frame knows them.
type (
	Base      = frame.Base
	Registers = frame.Registers
)

// Deps is what the pages stand on.
type Deps struct {
	// Known and Identities are what is known of subjects; the others may be nil: what they do is not offered.
	Known      Known
	Held       held.Held
	Identities Identities
	Imports    Imports
	Intake     Intake
	Entries    Entries
	Joins      Joins
	Linker     Linker
	Places     Places
	Registers  Registers
	Rules      rule.Face
	Pack       *pack.Pack
	Clock      func() time.Time
	Jobs       *job.Runner   // background work; nil: no imports
	Files      *file.Store   // originals of imports, and what is attached; nil: none are kept
	Uploads    *spool.Folder // files that wait to be imported
	Exports    *spool.Folder // long exports that jobs have written; nil: all are written at once
	Quality    doubts.Board  // doubted values; nil: not offered
	// Correct enters a value in the place of a doubted one; nil: corrections are not offered.
	Correct quality.Corrector
	// Demo fills the base with a demonstration city of so many enterprises; nil: not offered.
	Demo func(ctx context.Context, rows int, progress func(file string, p derive.Progress)) error
	// Results tells what came of imports; nil: their pages do not say it.
	Results intake.Results
	// Subjects is what pages ask about subjects of any register; nil: the registers' own pages are not offered.
	Subjects Subjects
	// OpLog is the operation log; nil: it has no pages.
	OpLog oplog.Log
	// Hosts are the names, besides those of this machine, by which browsers may ask; see admitted.
	Hosts    []string
	Version  string
	BaseName string // by which exports name the base they were made from; empty: not said
	Lang     string // language of a reader who asks for none; Chinese when empty
	Log      *slog.Logger
	Limits   frame.Limits
	// Actors and Who are those of the frame.
	Actors auth.Directory
	Who    func(*http.Request) (auth.Actor, error)
	// People are the persons of the base, or those that it may have; nil: Who tells who asks.
	People *persons.People
	// Disclosures keeps to whom data of subjects are disclosed; nil: nothing is unmasked, and nobody is told who looked.
	Disclosures Disclosures
	// Shares keeps consents and assignments; nil: there are none.
	Shares sharing.Shares
	// Repeats keeps the answers to writes of the API; nil: a request that is sent twice is carried out twice.
	Repeats *repeat.Answers
	// Desk lets programs act in cases; nil: there are none.
	Desk api.Cases
	// Mandates keeps who stands for subjects and what is entrusted to whom; nil: nobody does.
	Mandates mandate.Mandates
	// Cases lets people act in cases of matters; nil: there are none.
	Cases cases.Desk
	// Retention asks for erasures and works them off; nil: nothing is erased here.
	Retention *retention.Keeper
	// RewriteOwed reports whether the file of the base is to be written anew after an erasure; nil: never.
	RewriteOwed func(ctx context.Context) (bool, error)
	// Certificates tells anybody of a certificate whose token he has; nil: nothing is told.
	Certificates verify.Certificates
	// Hooks tell other systems what changes; nil: none can be made.
	Hooks *hook.Hooks
	// TLS says that browsers come by HTTPS through a proxy.
	TLS bool
	// Provider is a provider of identities by which people may sign in, too; nil: there is none.
	Provider *oidc.Provider

	second bool // these pages stand beside those of all classes, which do the work in the background
}

// order arranges the rooms: the left rail in groups, the doors of a phone, and the tabs of the room of data.
var order = frame.Order{
	Rail: []frame.RailGroup{
		{Key: "look", Entries: []string{"ladder"}},
		{Key: "enterprises", Entries: []string{"own", "enterprises", "registers"}},
		{Key: "do", Entries: []string{"todo", "cases"}},
		{Key: "study", Entries: []string{"lab"}},
		{Entries: []string{"mandates", "mydata", "import", "log", "people"}},
	},
	Bar:  []string{"own", "todo", "enterprises", "ladder", "mydata"},
	Tabs: []string{"import", "connect", "quality", "links", "held", "places", "merges", "retention"},
}

// ExportAge is how long a file that a job exported is kept.
const ExportAge = frame.ExportAge

// Handler answers the requests of the server's pages.
type Handler struct {
	http.Handler
	routes []string
}

// Routes are the patterns that are answered, such as "GET /s/{id}", in the order in which the rooms added them.
func (h *Handler) Routes() []string { return h.routes }

// New prepares all pages. A template that does not parse is an error here and not on a click.
func New(d Deps) (*Handler, error) {
	f, h, err := open(d)
	if err != nil {
		return nil, err
	}
	h.Handler = frame.WithoutCookies(h.Handler)
	if d.Who == nil && d.People == nil {
		return h, nil
	}
	c := &classes{deps: d, whole: shown{f, h}, of: map[string]shown{}}
	f.For = func(ctx context.Context) *frame.Frame {
		own, err := c.pages(ctx)
		if err != nil {
			return nil
		}
		return own.frame
	}
	return &Handler{frame.WithoutCookies(c), h.routes}, nil
}

// open furnishes a frame with all rooms.
func open(d Deps) (*frame.Frame, *Handler, error) {
	var head func(context.Context) (audit.Head, error)
	if d.OpLog != nil {
		head = d.OpLog.Head
	}
	var own *people.Door
	var in frame.Door
	if d.People != nil {
		own = &people.Door{People: d.People, TLS: d.TLS, Provider: d.Provider}
		in = own
	}
	f, err := frame.New(frame.Deps{
		Head: head, Door: in,
		Pack: d.Pack, Clock: d.Clock, Imports: d.Imports, Entries: d.Entries, Registers: d.Registers, Jobs: d.Jobs, Exports: d.Exports,
		TakesIn: d.Intake != nil && d.Jobs != nil && d.Uploads != nil, Hosts: d.Hosts, Version: d.Version, BaseName: d.BaseName, Lang: d.Lang, Log: d.Log, Limits: d.Limits, Actors: d.Actors, Who: d.Who, Second: d.second, Needs: needed, Disclosures: d.kept(),
	})
	if err != nil {
		return nil, nil, err
	}
	all := rooms(f, d)
	if own != nil {
		all = append(all, people.New(f, own, d.Hooks))
	}
	mux, routes, err := f.Open(order, all...)
	if err != nil {
		return nil, nil, err
	}
	return f, &Handler{door.Pace(door.Guard(f, once(mux)), f.Limits.Rest), routes}, nil
}

// once has requests that only read decide once who sees which subject.
func once(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			r = r.WithContext(auth.Once(r.Context()))
		}
		h.ServeHTTP(w, r)
	})
}

// rooms are all rooms of the pages.
func rooms(f *frame.Frame, d Deps) []frame.Room {
	return []frame.Room{
		ladder.New(f),
		roster.New(f, roster.Services{Subjects: d.Subjects}),
		subject.New(f, subject.Services{Known: d.Known, Subjects: d.Subjects, Identities: d.Identities, Entries: d.Entries, Rules: d.Rules, Quality: d.Quality, Jurisdiction: d.jurisdiction(), Ledger: d.Disclosures, Shares: d.Shares != nil, Mandates: d.Mandates, Erases: d.Retention != nil, Cases: d.casesOf()}),
		sharing.New(f, sharing.Services{Known: d.Known, Shares: d.Shares, Receiver: d.subjectName(), Name: d.personName()}),
		mandate.New(f, mandate.Services{Known: d.Known, Mandates: d.Mandates, Subject: d.subjectName(), Name: d.personName()}),
		disclosed.New(f, disclosed.Services{Known: d.Known, Pairs: d.Identities, Ledger: d.Disclosures, Shares: d.Shares != nil, Log: d.OpLog, Name: d.personName()}),
		entry.New(f, entry.Services{Known: d.Known, Subjects: d.Subjects, Imports: d.Imports, Intake: d.Intake, Entries: d.Entries}),
		search.New(f, d.Known),
		lab.New(f, lab.Services{Rules: d.Rules}),
		intake.New(f, intake.Services{Imports: d.Imports, Intake: d.Intake, Entries: d.Entries, Linker: d.Linker, Uploads: d.Uploads, Files: d.Files, Ledger: d.Disclosures, Demo: d.Demo, Results: d.Results, Doubts: d.Quality, Originals: d.originals()}),
		doubts.New(f, doubts.Services{Quality: d.Quality, Imports: d.Imports, Known: d.Known, Correct: d.Correct, Rules: d.Rules}),
		connect.New(f, connect.Services{Known: d.Known, Ledger: d.Disclosures}),
		jobs.New(f),
		places.New(f, places.Services{Places: d.Places}),
		todo.New(f),
		verify.New(f, verify.Services{Certificates: d.Certificates, TLS: d.TLS}),
		cases.New(f, cases.Services{Desk: d.Cases, Known: d.Known, Files: d.Files, Subject: d.subjectName(), Name: d.personName()}),
		help.New(f),
		oplog.New(f, oplog.Services{Log: d.OpLog, Known: d.Known, Pairs: d.Identities, Results: d.Results}),
		held.New(f, held.Services{Held: d.Held, Name: d.personName()}),
		retained.New(f, retained.Services{Known: d.Known, Finder: d.Known, Keeper: d.Retention, Rules: d.Rules, Name: d.personName(), Owed: d.RewriteOwed, Brought: d.asked()}),
		identity.New(f, identity.Services{Known: d.Known, Identities: d.Identities, Joins: d.Joins}),
		api.Room(f, api.Services{Known: d.Known, Identities: d.Identities, Joins: d.Joins, Imports: d.Imports, Intake: d.Intake, Entries: d.Entries, Rules: d.Rules, Quality: d.Quality, Uploads: d.Uploads, Repeats: d.Repeats, Cases: d.Desk, Hooks: d.Hooks}),
	}
}

// kept is what keeps disclosures for the frame; nil: nobody does.
func (d Deps) kept() frame.Disclosures {
	if d.Disclosures == nil {
		return nil
	}
	return d.Disclosures
}

// asked lists what others brought, for who is asked about it; nil: nothing is held.
func (d Deps) asked() func(context.Context, int, int) ([]registryid.Brought, int, error) {
	if d.Held == nil {
		return nil
	}
	return d.Held.Asked
}

// originals tells what became of the originals of imports; nil: nothing has.
func (d Deps) originals() intake.Originals {
	if d.Retention == nil {
		return nil
	}
	return d.Retention
}

// casesOf counts the cases of a subject; nil: there are none.
func (d Deps) casesOf() func(context.Context, int64) (int, error) {
	if d.Cases == nil {
		return nil
	}
	return func(ctx context.Context, subject int64) (int, error) {
		_, n, err := d.Cases.Of(ctx, subject, 0)
		if fault.Of(err) == fault.Forbidden {
			return 0, nil
		}
		return n, err
	}
}

// personName gives the names of persons; nil: the base has none.
func (d Deps) personName() func(context.Context, string) string {
	if d.People == nil {
		return nil
	}
	return d.People.NameOf
}

// subjectName gives the names of subjects whatever is seen of them: of those to whom a consent was given.
func (d Deps) subjectName() func(context.Context, int64) string {
	if d.Known == nil {
		return nil
	}
	return func(ctx context.Context, subject int64) string {
		p, err := d.Known.Profile(auth.As(ctx, auth.Self), subject)
		if err != nil {
			return ""
		}
		return p.Name
	}
}
