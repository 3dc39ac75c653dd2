package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/registry"
)

// jobRoutes adds the pages of work in the background.
func (s *Server) jobRoutes(t *routes) {
	t.page("GET /jobs/{id}", s.showJob)
	t.data("GET /jobs/{id}/status", s.answerJob)
	t.page("POST /jobs/{id}/cancel", s.cancelJob)
}

// jobView is a job in words; the same fields go to the page and, as JSON, to its script.
type jobView struct {
	ID    string    `json:"id"`
	Kind  string    `json:"kind"` // preview, import, undo, demo, export
	Title string    `json:"title"`
	State job.State `json:"state"`
	Final bool      `json:"final"`
	Share float64   `json:"share"` // of the present stage, 0 to 1
	Known bool      `json:"known"` // Share means something
	Line  string    `json:"line"`  // stage, rows, rate, remaining time
	Next  string    `json:"next"`  // page to go on to; empty while open
	Error string    `json:"error"`
	Back  string    `json:"back"`

	Report *imported     `json:"-"` // of an import that had nothing to write
	File   *exportedFile `json:"-"` // of an export
}

func errNoJob() error {
	return fault.New(fault.NotFound, "没有这项后台工作：它可能早已结束，记录已清理。已完成的导入见“数据”页。",
		"There is no such work: it may have ended long ago and been cleared away. Finished imports are on the page “Data”.")
}

// jobView puts a job into the reader's words.
func (s *Server) jobView(ask *Ask, j job.Status) *jobView {
	text := s.words(ask.Lang)
	v := &jobView{ID: j.ID, Kind: j.Kind, Title: j.Title, State: j.State, Final: j.State.Final(), Share: j.Share(), Back: j.Back}
	v.Known = j.Progress.TotalBytes > 0 || v.Final
	switch j.State {
	case job.Waiting:
		v.Line = text("job.waiting")
	case job.Running:
		v.Line = s.jobLine(ask.Lang, j)
	case job.Cancelled:
		v.Line = text("job.cancelled")
	case job.Failed:
		v.Line = text("job.failed")
		v.Error = s.sentence(ask.Lang, j.Err)
	case job.Done:
		v.Line = text("job.done", "time", s.duration(ask.Lang, j.Elapsed))
		v.Next = j.Back
		switch j.Kind {
		case kindImport:
			v.Next = s.afterImport(ask, j, v)
		case kindExport:
			v.Next = s.afterExport(ask, j, v)
		}
	}
	if v.Next == "" && v.Final {
		v.Next = ask.Link("/jobs/" + j.ID)
	}
	return v
}

// afterImport is the page to go on to after an import; empty when there was nothing to write, which the job's own says.
func (s *Server) afterImport(ask *Ask, j job.Status, v *jobView) string {
	var result imported
	if err := json.Unmarshal(j.Result, &result); err != nil {
		s.Log.Error("result of an import", "job", j.ID, "error", err)
		return ask.Link("/import")
	}
	if result.ID != 0 {
		return ask.Link(recordPath(result.ID))
	}
	v.Report = &result
	return ""
}

// sentence is what of an error a person is told. The runner has logged what is no fault.
func (s *Server) sentence(lang string, err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Code != fault.Internal {
		return f.In(lang)
	}
	return s.words(lang)("error.internal")
}

// jobLine says how far running work has come: 正在读取 · 12,345 行 · 每秒 45,000 行 · 约剩 12 秒.
func (s *Server) jobLine(lang string, j job.Status) string {
	text := s.words(lang)
	line := text("job.stage.start")
	switch j.Progress.Stage {
	case "reading", "writing", "undoing", "generating", "deriving", "judging", "linking", "exporting", "waiting":
		line = text("job.stage." + j.Progress.Stage)
	}
	if j.Progress.Description != "" {
		line += " " + j.Progress.Description
	}
	if j.Progress.Rows > 0 {
		line += " · " + text("job.rows", "n", num(j.Progress.Rows))
	}
	if j.Rate >= 1 {
		line += " · " + text("job.rate", "n", num(int(j.Rate)))
	}
	if j.RemainingKnown && j.Elapsed > time.Second {
		line += " · " + text("job.remaining", "time", s.duration(lang, j.Remaining))
	}
	return line
}

// duration writes a length of time in words, in whole seconds.
func (s *Server) duration(lang string, d time.Duration) string {
	text := s.words(lang)
	switch seconds := int(d.Round(time.Second).Seconds()); {
	case seconds < 1:
		return text("job.time.moment")
	case seconds < 60:
		return text("job.time.seconds", "n", seconds)
	default:
		return text("job.time.minutes", "m", seconds/60, "s", seconds%60)
	}
}

func (s *Server) findJob(r *http.Request) (job.Status, error) {
	if s.Jobs != nil {
		if j, ok := s.Jobs.Get(r.PathValue("id")); ok {
			return j, nil
		}
	}
	return job.Status{}, errNoJob()
}

func (s *Server) showJob(w http.ResponseWriter, r *http.Request) error {
	j, err := s.findJob(r)
	if err != nil {
		return err
	}
	ask := s.ask(r)
	v := s.jobView(ask, j)
	if v.Next != "" && v.Next != ask.Link("/jobs/"+j.ID) {
		http.Redirect(w, r, v.Next, http.StatusSeeOther)
		return nil
	}
	return s.render(w, r, "job", v)
}

func (s *Server) answerJob(w http.ResponseWriter, r *http.Request) error {
	j, err := s.findJob(r)
	if err != nil {
		return err
	}
	return writeJSON(w, s.jobView(s.ask(r), j))
}

// cancelJob asks the work to stop and shows the job until it has.
func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) error {
	j, err := s.findJob(r)
	if err != nil {
		return err
	}
	s.Jobs.Cancel(j.ID)
	http.Redirect(w, r, s.ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// openJobs is the work that runs now, for the mark in the top bar.
func (s *Server) openJobs(ask *Ask) []*jobView {
	if s.Jobs == nil {
		return nil
	}
	var out []*jobView
	for _, j := range s.Jobs.Open() {
		out = append(out, s.jobView(ask, j))
	}
	return out
}

// progressReport carries a registry's progress to a job.
func progressReport(report func(job.Progress)) func(registry.Progress) {
	return func(p registry.Progress) {
		report(job.Progress{Stage: p.Stage, Rows: p.Rows, Bytes: p.Bytes, TotalBytes: p.TotalBytes})
	}
}
