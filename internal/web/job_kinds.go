package web

import (
	"context"
	"encoding/json"

	"eyas/internal/job"
	"eyas/internal/registry"
)

// The kinds of work that pages start. Their names and arguments stand in stored jobs: a name keeps its meaning.
const (
	kindPreview = "preview"
	kindImport  = "import"
	kindUndo    = "undo"
	kindLink    = "link"
	kindQuality = "quality"
	kindDemo    = "demo"
	kindExport  = "export"
)

// previewArgs name an upload and how it is to be read.
type previewArgs struct {
	Upload  string           `json:"upload"`
	Options registry.Options `json:"options"`
}

type importArgs struct {
	Upload   string           `json:"upload"`
	Options  registry.Options `json:"options"`
	Remember bool             `json:"remember"` // what the headers mean, for files to come
	Seen     registry.Seen    `json:"seen"`     // what was remembered of them when that was decided
	Actor    string           `json:"actor"`
}

type undoArgs struct {
	Import int64  `json:"import"`
	Actor  string `json:"actor"`
}

type linkArgs struct {
	Register string `json:"register"`
	Actor    string `json:"actor"`
}

type demoArgs struct {
	Rows int `json:"rows"`
}

// registerKinds tells the runner what the pages start. Most of it may be run again after its process died: an import
// of the same file, taking back what is taken back, and a search over what has been searched change nothing. The
// demonstration city is several imports, into an empty base only.
func (s *Server) registerKinds() {
	if s.Jobs == nil {
		return
	}
	s.Jobs.Register(
		job.Kind{Name: kindPreview, Safe: true, Run: job.Handle(s.runPreview)},
		job.Kind{Name: kindImport, Safe: true, Write: true, Run: job.Handle(s.runImport)},
		job.Kind{Name: kindUndo, Safe: true, Write: true, Run: job.Handle(s.runUndo)},
		job.Kind{Name: kindLink, Safe: true, Write: true, Run: job.Handle(s.runLinkage)},
		job.Kind{Name: kindQuality, Safe: true, Write: true, Run: s.runSearch},
		job.Kind{Name: kindDemo, Write: true, Run: job.Handle(s.runDemo)},
		job.Kind{Name: kindExport, Safe: true, Run: job.Handle(s.runExport)},
	)
}

func (s *Server) runPreview(ctx context.Context, a previewArgs, report func(job.Progress)) (any, error) {
	u, err := s.Uploads.Get(a.Upload)
	if err != nil {
		return nil, err
	}
	source, err := s.source(ctx, u)
	if err != nil {
		return nil, err
	}
	p, err := s.Registry.Preview(ctx, source, a.Options, progressReport(report))
	if err != nil {
		return nil, err
	}
	u.Options = a.Options
	return nil, s.Uploads.PutPreview(ctx, u.ID, previewKey(u), p)
}

// runImport imports an upload, which becomes the original of the import. An upload that is gone because an earlier run
// of the job got so far is done; where that run died just before, the file changes nothing and is kept all the same.
func (s *Server) runImport(ctx context.Context, a importArgs, report func(job.Progress)) (any, error) {
	u, err := s.Uploads.Get(a.Upload)
	if err != nil {
		if id, ok, e := s.Uploads.Kept(ctx, a.Upload); ok || e != nil {
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
	done, id, err := s.Registry.Import(ctx, a.Actor, source, a.Options, progressReport(report))
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
		s.startLinkage(a.Options.Register)
		s.searchAfter()
	}
	return imported{Rows: done.Rows, ID: id}, nil
}

// rememberHeaders remembers what the headers of a file mean, upon what was seen of them. An earlier run of the job may have
// done so.
func (s *Server) rememberHeaders(ctx context.Context, a importArgs) error {
	if !a.Remember || len(a.Options.Map) == 0 {
		return nil
	}
	now, err := s.Registry.Remembered(ctx, a.Options.Register)
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
	return s.Registry.Upon(ctx, a.Seen, func(ctx context.Context) error {
		return s.Registry.Remember(ctx, a.Actor, a.Options.Register, a.Options.Map)
	})
}

func (s *Server) runUndo(ctx context.Context, a undoArgs, report func(job.Progress)) (any, error) {
	if err := s.Registry.Undo(ctx, a.Actor, a.Import, progressReport(report)); err != nil {
		return nil, err
	}
	s.searchAfter()
	return nil, nil
}

func (s *Server) runLinkage(ctx context.Context, a linkArgs, report func(job.Progress)) (any, error) {
	if _, err := s.Registry.Link(ctx, a.Actor, a.Register, progressReport(report)); err != nil {
		return nil, err
	}
	s.searchAfter()
	return nil, nil
}

func (s *Server) runSearch(ctx context.Context, _ json.RawMessage, report func(job.Progress)) (any, error) {
	if s.Quality == nil {
		return nil, errNoQuality()
	}
	_, err := s.Quality.Refresh(ctx, func(n int) { report(job.Progress{Stage: "judging", Rows: n}) })
	return nil, err
}

func (s *Server) runDemo(ctx context.Context, a demoArgs, report func(job.Progress)) (any, error) {
	if s.Demo == nil {
		return nil, errNoDemo()
	}
	err := s.Demo(ctx, a.Rows, func(file string, p registry.Progress) {
		report(job.Progress{Stage: p.Stage, Rows: p.Rows, Bytes: p.Bytes, TotalBytes: p.TotalBytes, Description: file})
	})
	if err == nil {
		s.searchAfter()
	}
	return nil, err
}

// imported is the result of an import job. Results of jobs are small values: they are kept for some time, and what an
// import did stands in the base.
type imported struct {
	Rows int   `json:"rows"`
	ID   int64 `json:"id"` // 0: nothing was written
}
