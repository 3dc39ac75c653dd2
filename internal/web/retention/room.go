// Package retention is the pages on which cells are erased for good: what is due by rules of retention, what a subject asks for, who
// asked, who approves, what was erased, and the legal holds under which nothing is.
package retention

import (
	"context"
	"embed"
	"errors"
	"net/http"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/retention"
	"eyas/internal/rule"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Known gives what is known of subjects.
type Known interface {
	frame.Profiles
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
}

// Finder finds subjects by code or name.
type Finder interface {
	FindIn(ctx context.Context, register, codeOrName string) ([]fact.Ref, error)
}

// Services are what the pages ask of others.
type Services struct {
	Known  Known
	Keeper *retention.Keeper // nil: there are no such pages
	Finder Finder
	Rules  rule.Face
	// Brought lists what others brought and who acts is asked about; nil: nothing is held.
	Brought func(ctx context.Context, offset, limit int) ([]identity.Brought, int, error)
	// Name gives the name of a person; nil: persons are called by their ids.
	Name func(ctx context.Context, person string) string
	// Owed reports whether the file of the base is to be written anew, so that nothing of what was erased is left in it; nil: never.
	Owed func(ctx context.Context) (bool, error)
}

const (
	home     = "/retention"
	donePage = 20 // plans of each page of what was done
	openMost = 100
	// The kinds of work in the background. Their names and arguments stand in stored jobs: a name keeps its meaning.
	kindCount = "retention.count"
	kindErase = "retention.erase"
)

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{f, services}
	own := frame.Room{
		Under:    map[string]string{home: "/import"},
		Timeless: []string{home},
		Whole:    []string{home},
		Pages:    pages,
		Texts:    texts,
		Routes: func(t *frame.Routes) {
			t.Page("GET /retention", s.show)
			t.Page("POST /retention/count", s.count)
			t.Page("POST /retention/holds", s.addHold)
			t.Page("POST /retention/holds/{hold}/end", s.endHold)
			t.Page("GET /retention/{id}", s.showPlan)
			t.Page("POST /retention/{id}", s.answer)
			t.Export("GET /retention/{id}/list.xlsx", s.export)
			t.Page("GET /s/{id}/erase", s.showRequest)
			t.Page("POST /s/{id}/erase", s.request)
		},
	}
	if s.Keeper != nil {
		own.Tabs = []frame.Tab{{Key: "retention", Path: home}}
		own.Waits = []frame.Wait{{Key: "retention", Path: home, Count: s.waiting, First: s.first, Whole: true}}
		own.Kinds = []frame.Kind{
			{Kind: job.Kind{Name: kindCount, Safe: true, Write: true, Run: job.Handle(s.runCount)}},
			{Kind: job.Kind{Name: kindErase, Safe: true, Write: true, Tries: 3, Run: job.Handle(s.runErase)}},
		}
	}
	return own
}

// countArgs and eraseArgs are the arguments of work.
type (
	countArgs struct{}
	eraseArgs struct {
		Plan int64 `json:"plan"`
	}
)

func (s *room) runCount(ctx context.Context, _ countArgs, report func(job.Progress)) (any, error) {
	_, err := s.Keeper.Count(ctx, retention.Wanted{}, func(rows, total int) {
		report(job.Progress{Stage: "reading", Rows: rows})
	})
	return nil, err
}

func (s *room) runErase(ctx context.Context, a eraseArgs, report func(job.Progress)) (any, error) {
	_, err := s.Keeper.Apply(ctx, a.Plan, func(rows, total int) {
		report(job.Progress{Stage: "erasing", Rows: rows, Bytes: int64(rows), TotalBytes: int64(total)})
	})
	if err != nil {
		return nil, err
	}
	s.Changed(ctx)
	return nil, nil
}

// open returns plans that wait for approval by who acts: those that others asked for.
func (s *room) open(ctx context.Context) ([]retention.Plan, error) {
	list, _, err := s.Keeper.Plans(ctx, []retention.State{retention.Open}, 0, openMost)
	if err != nil {
		return nil, err
	}
	if !s.May(ctx, auth.ApproveErasure) {
		return nil, nil
	}
	me := s.Actors.Acting(ctx).ID
	var others []retention.Plan
	for i := range list {
		if list[i].AskedBy != me {
			others = append(others, list[i])
		}
	}
	return others, nil
}

func (s *room) waiting(ctx context.Context, _ string) (int, error) {
	list, err := s.open(ctx)
	return len(list), err
}

func (s *room) first(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	list, err := s.open(ctx)
	for i := len(list) - 1; i >= 0; i-- {
		p := &list[i]
		if w.Oldest.IsZero() {
			w.Oldest = p.Asked
		}
		if len(w.List) < most {
			w.List = append(w.List, frame.WaitingItem{Name: s.called(ctx, ask, p), Note: p.Reason, URL: ask.Link(planPath(p.ID))})
		}
	}
	return w, err
}

// ready refuses who has nothing to do with erasures.
func (s *room) ready(r *http.Request) error {
	if s.Keeper == nil {
		return frame.ErrNoPage()
	}
	if s.May(r.Context(), auth.ApproveErasure) {
		return nil
	}
	return s.Actors.Decide(r.Context(), auth.AskErasure, auth.Resource{})
}

func (s *room) person(ctx context.Context, ask *address.Ask, id string) string {
	if id == auth.Local {
		return s.Words(ask.Lang)("frame.person")
	}
	if s.Name != nil {
		return s.Name(ctx, id)
	}
	return id
}

// start begins to erase what is approved. Whoever approved it may close the page.
func (s *room) start(w http.ResponseWriter, r *http.Request, p *retention.Plan) error {
	j, _, err := s.Jobs.Start(r.Context(), job.Spec{Kind: kindErase, Title: s.called(r.Context(), s.Ask(r), p), Back: planPath(p.ID), Key: "erase:" + planPath(p.ID), Args: eraseArgs{p.ID}})
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// count begins to count what is due.
func (s *room) count(w http.ResponseWriter, r *http.Request) error {
	if err := s.ready(r); err != nil {
		return err
	}
	if s.Jobs == nil {
		return frame.ErrNoPage()
	}
	if _, _, err := s.Keeper.LastCounted(r.Context()); err != nil { // who sees a part of the city is refused at once
		return err
	}
	ask := s.Ask(r)
	j, _, err := s.Jobs.Start(r.Context(), job.Spec{Kind: kindCount, Title: s.Words(ask.Lang)("retention.title"), Back: home, Key: "retention.count", Repeat: true, Args: countArgs{}})
	if err != nil {
		return err
	}
	http.Redirect(w, r, ask.Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// problem is what a form says of a fault of what was written; ok is false for every other error.
func (s *room) problem(r *http.Request, err error) (text string, ok bool) {
	if code := fault.Of(err); code != fault.Invalid && code != fault.Conflict {
		return "", false
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return "", false
	}
	return f.In(s.LangOf(r)), true
}
