package frame

import (
	"context"
	"errors"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/job"
	"eyas/internal/web/address"
)

// JobView is a job in words; the same fields go to the page and, as JSON, to its script.
type JobView struct {
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

	Report any           `json:"-"` // of an import that had nothing to write
	File   *exportedFile `json:"-"` // of an export
}

// named are the kinds of work whose title is one of the program's own words, as it was written in the language of who began it: a text, or
// empty for the name of a register.
var named = map[string]string{"link": "", "demo": "job.demo", "quality": "quality.title", "retention.count": "retention.title"}

// JobTitle is the title of a job in a language. Names of files stay as they are.
func (f *Frame) JobTitle(lang string, j *job.Status) string {
	key, own := named[j.Kind]
	switch {
	case !own:
		return j.Title
	case key != "":
		return f.Words(lang)(key)
	}
	for _, reg := range f.Pack.Registers {
		if j.Title == reg.Name.ZH || j.Title == reg.Name.EN {
			return reg.Name.In(lang)
		}
	}
	return j.Title
}

// JobView puts a job into the reader's words.
func (f *Frame) JobView(ask *address.Ask, j job.Status) *JobView {
	text := f.Words(ask.Lang)
	v := &JobView{ID: j.ID, Kind: j.Kind, Title: f.JobTitle(ask.Lang, &j), State: j.State, Final: j.State.Final(), Share: j.Share(), Back: j.Back}
	v.Known = j.Progress.TotalBytes > 0 || v.Final
	switch j.State {
	case job.Waiting:
		v.Line = text("job.waiting")
	case job.Running:
		v.Line = f.jobLine(ask.Lang, j)
	case job.Cancelled:
		v.Line = text("job.cancelled")
	case job.Failed:
		v.Line = text("job.failed")
		v.Error = f.sentence(ask.Lang, j.Err)
	case job.Done:
		v.Line = text("job.done", "time", f.duration(ask.Lang, j.Elapsed))
		v.Next = j.Back
		if after := f.plan.kinds[j.Kind].After; after != nil {
			v.Next = after(ask, j, v)
		}
	}
	if v.Next == "" && v.Final {
		v.Next = ask.Link("/jobs/" + j.ID)
	}
	return v
}

// sentence is what of an error a person is told. The runner has logged what is no fault.
func (f *Frame) sentence(lang string, err error) string {
	var said *fault.Error
	if errors.As(err, &said) && said.Code != fault.Internal {
		return said.In(lang)
	}
	return f.Words(lang)("error.internal")
}

// jobLine says how far running work has come: 正在读取 · 12,345 行 · 每秒 45,000 行 · 约剩 12 秒.
func (f *Frame) jobLine(lang string, j job.Status) string {
	text := f.Words(lang)
	line := text("job.stage.start")
	switch j.Progress.Stage {
	case "reading", "writing", "undoing", "generating", "deriving", "judging", "linking", "exporting", "waiting":
		line = text("job.stage." + j.Progress.Stage)
	}
	if j.Progress.Description != "" {
		line += " " + j.Progress.Description
	}
	if j.Progress.Rows > 0 {
		line += " · " + text("job.rows", "n", figure.Num(j.Progress.Rows))
	}
	if j.Rate >= 1 {
		line += " · " + text("job.rate", "n", figure.Num(int(j.Rate)))
	}
	if j.RemainingKnown && j.Elapsed > time.Second {
		line += " · " + text("job.remaining", "time", f.duration(lang, j.Remaining))
	}
	return line
}

// duration writes a length of time in words, in whole seconds.
func (f *Frame) duration(lang string, d time.Duration) string {
	text := f.Words(lang)
	switch seconds := int(d.Round(time.Second).Seconds()); {
	case seconds < 1:
		return text("job.time.moment")
	case seconds < 60:
		return text("job.time.seconds", "n", seconds)
	default:
		return text("job.time.minutes", "m", seconds/60, "s", seconds%60)
	}
}

// openJobs is the work that runs now, for the mark in the top bar.
func (f *Frame) openJobs(ctx context.Context, ask *address.Ask) []*JobView {
	if f.Jobs == nil {
		return nil
	}
	var out []*JobView
	for _, j := range f.Jobs.Open(ctx) {
		out = append(out, f.JobView(ask, j))
	}
	return out
}
