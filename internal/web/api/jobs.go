package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/job"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
	"eyas/internal/web/spool"
)

// Jobs are the newest work in the background that the token sees, newest first.
type Jobs struct {
	Jobs []Job `json:"jobs"`
}

// Job is work in the background.
type Job struct {
	ID     string     `json:"job"`
	Kind   string     `json:"kind"`
	Title  string     `json:"title"` // what it works on: a file name
	Actor  string     `json:"actor"`
	State  string     `json:"state"` // waiting, running, done, failed, cancelled
	Stage  string     `json:"stage,omitempty"`
	Rows   int        `json:"rows"`
	Share  float64    `json:"share"` // of the present stage that is done, from 0 to 1
	Added  time.Time  `json:"added_at"`
	Ended  *time.Time `json:"ended_at"` // null: it has not ended
	Reason string     `json:"reason,omitempty"`
}

func errNoJob() error {
	return fault.New(fault.NotFound, "没有这项后台工作，或令牌看不到它。", "There is no such work, or the token does not see it.")
}

// seesWork reports whether a token sees work in the background: one that is held to a register or a subject does not, since it is not
// known of all work what it is about.
func (s *room) seesWork(ctx context.Context) bool {
	b := auth.BoundsOf(ctx)
	return s.Jobs != nil && (b == nil || b.Register == "" && b.Subject == 0)
}

func (s *room) callJobs(r *http.Request) (*answered, error) {
	if err := s.sees(r.Context()); err != nil {
		return nil, err
	}
	out := Jobs{Jobs: []Job{}}
	if s.seesWork(r.Context()) {
		for _, j := range s.Jobs.List(r.Context()) {
			out.Jobs = append(out.Jobs, s.jobPlain(r, &j))
		}
	}
	return &answered{value: out}, nil
}

func (s *room) callJob(r *http.Request) (*answered, error) {
	if err := s.sees(r.Context()); err != nil {
		return nil, err
	}
	if !s.seesWork(r.Context()) {
		return nil, errNoJob()
	}
	j, ok := s.Jobs.Get(r.Context(), r.PathValue("job"))
	if !ok {
		return nil, errNoJob()
	}
	return &answered{value: s.jobPlain(r, &j)}, nil
}

func (s *room) jobPlain(r *http.Request, j *job.Status) Job {
	x := Job{ID: j.ID, Kind: j.Kind, Title: figure.Masked(j.Title), Actor: j.Actor, State: string(j.State), Stage: j.Progress.Stage, Rows: j.Progress.Rows, Share: j.Share(), Added: j.Added.UTC()}
	if !j.Ended.IsZero() {
		at := j.Ended.UTC()
		x.Ended = &at
	}
	var f *fault.Error
	if errors.As(j.Err, &f) {
		x.Reason = figure.Masked(f.In(s.LangOf(r)))
	}
	return x
}

// ImportUndone is what came of taking an import back, or would.
type ImportUndone struct {
	DryRun bool              `json:"dry_run"`
	Import answer.ImportLine `json:"import"`
}

// callUndo takes an import back by the work that pages start, and waits for it. One that was taken back before stays as it is.
func (s *room) callUndo(r *http.Request) (*answered, error) {
	if err := s.sees(r.Context()); err != nil {
		return nil, err
	}
	id, bad := readID(r.PathValue("import"))
	if bad {
		return nil, errNoImport()
	}
	imp, err := s.Imports.ImportByID(r.Context(), id)
	if err != nil {
		return nil, as(err, errNoImport())
	}
	if err := s.Actors.Decide(r.Context(), auth.Undo, auth.Resource{Register: imp.Register, ID: fmt.Sprint(id)}); err != nil {
		return nil, err
	}
	if s.Jobs == nil {
		return nil, errNoCall()
	}
	dry, key, err := readWrite(r)
	if err != nil {
		return nil, err
	}
	line := func(imp *intake.Import) ImportUndone {
		return ImportUndone{dry, answer.NewImports([]intake.Import{*imp}, 1).Imports[0]}
	}
	if dry {
		return &answered{value: line(imp)}, nil
	}
	return s.once(r, key, nil, nil, func(ctx context.Context, keep keeper) (*answered, error) {
		if imp.UndoneAt.IsZero() {
			if err := s.undone(ctx, imp); err != nil {
				return nil, err
			}
		}
		now, err := s.Imports.ImportByID(ctx, id)
		if err != nil {
			return nil, as(err, errNoImport())
		}
		a := &answered{value: line(now)}
		return a, keep(ctx, a)
	})
}

func (s *room) undone(ctx context.Context, imp *intake.Import) error {
	j, _, err := s.Jobs.Start(ctx, job.Spec{Kind: spool.UndoKind, Title: imp.File, Back: address.ImportPath(imp.ID), Key: fmt.Sprintf("undo:%d", imp.ID), Args: spool.UndoArgs{Import: imp.ID}})
	if err != nil {
		return err
	}
	j, ok := s.Jobs.Wait(ctx, j.ID)
	switch {
	case !ok || !j.State.Final():
		return fault.New(fault.Unavailable, "撤销还没有做完，会继续做下去。结果请稍后在 /api/v1/imports 里看。", "It is not taken back yet, and goes on. See what came of it in /api/v1/imports later.")
	case j.State == job.Cancelled:
		return fault.New(fault.Conflict, "撤销被取消，没有改动。", "It was cancelled, and nothing was changed.")
	}
	return j.Err
}
