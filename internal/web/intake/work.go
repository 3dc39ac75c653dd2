package intake

import (
	"context"
	"encoding/json"

	"eyas/internal/job"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/layout"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

// The kinds of work that pages start. Their names and arguments stand in stored jobs: a name keeps its meaning.
const (
	kindPreview = "preview"
	kindImport  = spool.ImportKind
	kindUndo    = spool.UndoKind
	kindLink    = "link"
	kindDemo    = "demo"
)

// previewArgs name an upload and how it is to be read.
type previewArgs struct {
	Upload  string         `json:"upload"`
	Options layout.Options `json:"options"`
}

type importArgs = spool.ImportArgs

type undoArgs = spool.UndoArgs

type linkArgs struct {
	Register string `json:"register"`
}

type demoArgs struct {
	Rows int `json:"rows"`
}

func (s *room) runPreview(ctx context.Context, a previewArgs, report func(job.Progress)) (any, error) {
	u, err := s.Uploads.Get(a.Upload)
	if err != nil {
		return nil, err
	}
	source, err := s.source(ctx, u)
	if err != nil {
		return nil, err
	}
	p, err := s.Intake.Preview(ctx, source, a.Options, progressReport(report))
	if err != nil {
		return nil, err
	}
	u.Options = a.Options
	return nil, s.Uploads.PutPreview(ctx, u.ID, previewKey(u), p)
}

// runImport imports an upload, which becomes the original of the import. An upload that is gone because an earlier run
// of the job got so far is done; where that run died just before, the file changes nothing and is kept all the same.
func (s *room) runImport(ctx context.Context, a importArgs, report func(job.Progress)) (any, error) {
	u, err := s.Uploads.Get(a.Upload)
	if err != nil {
		if id, ok, e := s.Uploads.Kept(ctx, a.Upload); ok || e != nil {
			if e == nil {
				s.followImport(ctx, a.Options.Register)
			}
			return imported{ID: id}, e
		}
		return nil, err
	}
	defer s.Uploads.Hold(u.ID)()
	if err := s.rememberHeaders(ctx, a); err != nil {
		return nil, err
	}
	source, err := s.source(ctx, u)
	if err != nil {
		return nil, err
	}
	before, err := s.results().standing(ctx, a.Options.Register)
	if err != nil { // who rose is told beside the import and decides nothing
		s.Log.Error("who meets what before an import", "register", a.Options.Register, "error", err)
	}
	done, id, err := s.Intake.Import(ctx, source, a.Options, progressReport(report))
	if err != nil {
		return nil, err
	}
	settled := context.WithoutCancel(ctx) // the import is in force
	if id == 0 {
		err = s.Uploads.Remove(u.ID)
	} else {
		err = s.Uploads.Keep(settled, u.ID, id)
	}
	if err != nil {
		s.Log.Error("upload stays", "id", u.ID, "error", err)
	}
	if id != 0 {
		if err := s.results().keepMoved(settled, id, a.Options.Register, before); err != nil {
			s.Log.Error("who meets what after an import", "import", id, "error", err)
		}
	}
	s.followImport(ctx, a.Options.Register)
	return imported{Rows: done.Rows, ID: id}, nil
}

// followImport starts what follows an import. It does so too where the file was in force already: an earlier run of the
// job may have died before it came to that, and doing it once more changes nothing.
func (s *room) followImport(ctx context.Context, register string) {
	s.startLinkage(ctx, register)
	s.Changed(ctx)
}

// rememberHeaders remembers what the headers of a file mean, upon what was seen of them. An earlier run of the job may have
// done so.
func (s *room) rememberHeaders(ctx context.Context, a importArgs) error {
	if !a.Remember || len(a.Options.Map) == 0 {
		return nil
	}
	now, err := s.Intake.Remembered(ctx, a.Options.Register)
	if err != nil {
		return err
	}
	done := true
	for header, means := range a.Options.Map {
		done = done && now[header] == means
	}
	if done {
		return nil
	}
	return s.Entries.Upon(ctx, a.Seen, func(ctx context.Context) error {
		return s.Intake.Remember(ctx, a.Options.Register, a.Options.Map)
	})
}

func (s *room) runUndo(ctx context.Context, a undoArgs, report func(job.Progress)) (any, error) {
	if err := s.Intake.Undo(ctx, a.Import, progressReport(report)); err != nil {
		return nil, err
	}
	s.Changed(ctx)
	return nil, nil
}

// startLinkage looks, in the background, whom the subjects are that an import has made known by name only. While such
// a pass waits for its turn, another import needs none of its own. Who sees a part of the registers starts none: it would be refused.
func (s *room) startLinkage(ctx context.Context, register string) {
	reg := s.Register(register)
	if s.Linker == nil || s.Jobs == nil || reg == nil || reg.CodeAttr == "" {
		return
	}
	if scope, err := s.Actors.Scope(ctx, ""); err != nil || !scope.Whole() {
		return
	}
	_, _, err := s.Jobs.Start(ctx, job.Spec{
		Kind: kindLink, Title: reg.Name.In(s.Lang), Back: "/links", Key: "link:" + reg.ID, Repeat: true, Args: linkArgs{reg.ID},
	})
	if err != nil {
		s.Log.Error("linkage was not started", "register", reg.ID, "error", err)
	}
}

func (s *room) runLinkage(ctx context.Context, a linkArgs, report func(job.Progress)) (any, error) {
	if _, err := s.Linker.Link(ctx, a.Register, progressReport(report)); err != nil {
		return nil, err
	}
	s.Changed(ctx)
	return nil, nil
}

func (s *room) runDemo(ctx context.Context, a demoArgs, report func(job.Progress)) (any, error) {
	if s.Demo == nil {
		return nil, errNoDemo()
	}
	// What the first page of the city waits for is part of the work: who meets what.
	const files, all = 95, 100
	err := s.Demo(ctx, a.Rows, func(file string, p derive.Progress) {
		report(job.Progress{Stage: p.Stage, Rows: p.Rows, Bytes: p.Bytes * files, TotalBytes: p.TotalBytes * all, Description: file})
	})
	if err != nil {
		return nil, err
	}
	report(job.Progress{Stage: "deriving", Bytes: files, TotalBytes: all})
	if _, err := s.results().standing(ctx, s.City.Register.ID); err != nil {
		s.Log.Error("who meets what in the demonstration city", "error", err)
	}
	s.Changed(ctx)
	return nil, nil
}

// imported is the result of an import job.
type imported = spool.Imported

// afterImport is the page to go on to after an import; empty when there was nothing to write, which the job's own says.
func (s *room) afterImport(ask *address.Ask, j job.Status, v *frame.JobView) string {
	var result imported
	if err := json.Unmarshal(j.Result, &result); err != nil {
		s.Log.Error("result of an import", "job", j.ID, "error", err)
		return ask.Link("/import")
	}
	if result.ID != 0 {
		return ask.Link(address.ImportPath(result.ID))
	}
	v.Report = &result
	return ""
}

// progressReport carries a registry's progress to a job.
func progressReport(report func(job.Progress)) func(derive.Progress) {
	return func(p derive.Progress) {
		if p.TotalBytes == 0 && p.TotalRows > 0 { // of subjects
			p.Bytes, p.TotalBytes = int64(p.Rows), int64(p.TotalRows)
		}
		report(job.Progress{Stage: p.Stage, Rows: p.Rows, Bytes: p.Bytes, TotalBytes: p.TotalBytes})
	}
}
