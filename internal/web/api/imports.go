package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

// largestFile bounds a file that is sent to the API, in bytes. Larger ones are imported by the command.
const largestFile = 64 << 20

// ImportList is a page of the imports on record, the newest first.
type ImportList struct {
	answer.Imports
	Next *string `json:"next"` // cursor of the next page; null: this is the last
}

// callImports lists what was imported, as eyas imports --json does.
func (s *room) callImports(r *http.Request) (*answered, error) {
	if err := s.sees(r.Context()); err != nil {
		return nil, err
	}
	at, limit, err := readPage(r)
	if err != nil {
		return nil, err
	}
	var w fact.Wanted
	if id := r.URL.Query().Get("register"); id != "" {
		reg, err := s.registerOf(r.Context(), id)
		if err != nil {
			return nil, err
		}
		w.Registers = []string{reg.ID}
	}
	if at == nil {
		at = &cursor{}
	}
	var page []intake.Import
	total, offset, more := 0, at.Skipped, false
	for !more { // what came since stands before the place, so that it has only moved back
		list, n, err := s.Imports.Imports(r.Context(), w, offset, limit+1)
		if err != nil {
			return nil, err
		}
		total = n
		for i := range list {
			switch {
			case at.ID != 0 && list[i].ID >= at.ID:
				offset++
			case len(page) == limit:
				more = true
			default:
				page, offset = append(page, list[i]), offset+1
			}
		}
		if len(list) <= limit {
			break
		}
	}
	out := ImportList{Imports: answer.NewImports(page, total)}
	if more {
		out.Next = (&cursor{ID: page[len(page)-1].ID, Skipped: offset}).text(r)
	}
	return &answered{value: out}, nil
}

// ImportRecord is one import on record, with what was refused and doubted.
type ImportRecord struct {
	answer.ImportLine
	Register string             `json:"register"`
	Report   *intake.FileReport `json:"report"`
}

func (s *room) callImport(r *http.Request) (*answered, error) {
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
	return &answered{value: ImportRecord{answer.NewImports([]intake.Import{*imp}, 1).Imports[0], imp.Register, s.report(imp)}}, nil
}

// report is that of an import, with personal data masked.
func (s *room) report(imp *intake.Import) *intake.FileReport {
	r := imp.Report
	r.File, r.Import = imp.File, imp.ID
	maskReport(s.Pack.Register(imp.Register), &r)
	return &r
}

func maskReport(reg *pack.Register, r *intake.FileReport) {
	answer.Fill(r)
	for _, list := range [][]layout.Issue{r.Refusals, r.Warnings} {
		for i := range list {
			x := &list[i]
			x.Value = figure.Masked(x.Value)
			if a := attributeOf(reg, x.Column); a != nil && a.Personal {
				x.Value = figure.Mask(x.Value)
			}
			for j := range x.Readings {
				x.Readings[j] = figure.Masked(x.Readings[j])
			}
			x.Reason = figure.Masked(x.Reason)
		}
	}
}

// attributeOf finds the attribute that a header names; nil: none.
func attributeOf(reg *pack.Register, header string) *pack.Attribute {
	if reg == nil {
		return nil
	}
	for _, a := range reg.Attributes {
		if header == a.ID || strings.Contains(header, a.Name.ZH) || strings.EqualFold(header, a.Name.EN) {
			return a
		}
	}
	return nil
}

// ImportDone is what came of a file, or would.
type ImportDone struct {
	DryRun bool `json:"dry_run"`
	answer.Imported
	New     int `json:"new"`     // subjects that the file would create; only with dry_run
	Updated int `json:"updated"` // subjects that it would change; only with dry_run
}

// callFile imports a file, or says what it would change.
func (s *room) callFile(r *http.Request) (*answered, error) {
	reg, err := s.registerOf(r.Context(), r.PathValue("register"))
	if err != nil {
		return nil, err
	}
	if err := s.Actors.Decide(r.Context(), auth.Import, auth.Resource{Register: reg.ID}); err != nil {
		return nil, err
	}
	if s.Uploads == nil || s.Jobs == nil {
		return nil, frame.ErrNoImports()
	}
	dry, key, err := readWrite(r)
	if err != nil {
		return nil, err
	}
	opt, name, err := s.readOptions(r, reg)
	if err != nil {
		return nil, err
	}
	if r.ContentLength > largestFile {
		return nil, errLarge()
	}
	u, err := s.Uploads.Put(r.Context(), name, http.MaxBytesReader(nil, r.Body, largestFile), opt)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, errLarge()
		}
		return nil, err
	}
	if dry {
		defer s.drop(u)
		return s.tried(r, reg, u, opt)
	}
	return s.once(r, key, []byte(u.SHA256), func(bool) { s.drop(u) }, func(ctx context.Context, keep keeper) (*answered, error) {
		report, err := s.imported(ctx, u, opt)
		if err != nil {
			return nil, err
		}
		maskReport(reg, report)
		a := &answered{status: http.StatusCreated, value: ImportDone{Imported: answer.NewImported([]*intake.FileReport{report})}}
		if report.Import == 0 {
			a.status = http.StatusOK
		}
		return a, keep(ctx, a)
	})
}

// drop forgets an upload that is not imported.
func (s *room) drop(u spool.Upload) {
	if err := s.Uploads.Remove(u.ID); err != nil {
		s.Log.Error("upload stays", "id", u.ID, "error", err)
	}
}

// tried says what a file would change.
func (s *room) tried(r *http.Request, reg *pack.Register, u spool.Upload, opt layout.Options) (*answered, error) {
	path, err := s.Uploads.Local(r.Context(), u)
	if err != nil {
		return nil, err
	}
	p, err := s.Intake.Preview(r.Context(), layout.Source{Name: u.Name, Path: path, Keys: s.Uploads, Kept: true}, opt, nil)
	if err != nil {
		return nil, err
	}
	maskReport(reg, &p.Report)
	return &answered{value: ImportDone{DryRun: true, Imported: answer.NewImported([]*intake.FileReport{&p.Report}), New: p.New, Updated: p.Updated}}, nil
}

// imported imports an upload by the work that pages start, and waits for it. A client that goes away does not end it.
func (s *room) imported(ctx context.Context, u spool.Upload, opt layout.Options) (*intake.FileReport, error) {
	j, _, err := s.Jobs.Start(ctx, job.Spec{Kind: spool.ImportKind, Title: u.Name, Back: "/import", Key: "import:" + u.ID, Args: spool.ImportArgs{Upload: u.ID, Options: opt}})
	if err != nil {
		return nil, err
	}
	j, ok := s.Jobs.Wait(ctx, j.ID)
	switch {
	case !ok || !j.State.Final():
		return nil, fault.New(fault.Unavailable, "导入还没有做完，会继续做下去。结果请稍后在 /api/v1/imports 里看。", "The import is not done yet and goes on. See what came of it in /api/v1/imports later.")
	case j.State == job.Cancelled:
		return nil, fault.New(fault.Conflict, "导入被取消，没有写入。", "The import was cancelled, and nothing was written.")
	case j.Err != nil:
		return nil, j.Err
	}
	var done spool.Imported
	if err := json.Unmarshal(j.Result, &done); err != nil {
		return nil, fmt.Errorf("result of job %s: %w", j.ID, err)
	}
	if done.ID == 0 { // the file is in force already
		return &intake.FileReport{File: u.Name, Rows: done.Rows, Unchanged: done.Rows}, nil
	}
	imp, err := s.Imports.ImportByID(ctx, done.ID)
	if err != nil {
		return nil, err
	}
	report := imp.Report
	report.File, report.Import = imp.File, imp.ID
	return &report, nil
}

// readOptions reads how a file is to be read, as the options of eyas import say it.
func (s *room) readOptions(r *http.Request, reg *pack.Register) (opt layout.Options, name string, err error) {
	q := r.URL.Query()
	opt = layout.Options{Register: reg.ID, Source: q.Get("source"), AsOf: q.Get("as_of"), Complete: q["complete"], Absent: q["absent"], Lang: s.LangOf(r)}
	if name = strings.TrimSpace(q.Get("name")); name == "" {
		return opt, "", address.Mistake(fault.New(fault.Invalid, "请用 name 给出文件名，如 2020年报.xlsx。", "Give the name of the file by name, such as annual-2020.xlsx."), "name")
	}
	if opt.Partial, err = readBool(r, "partial"); err != nil {
		return opt, "", err
	}
	if text := q.Get("year"); text != "" {
		if opt.Year, err = strconv.Atoi(text); err != nil || opt.Year < 1949 || opt.Year > 2100 {
			return opt, "", address.Mistake(fault.New(fault.Invalid, "year 是四位年份，如 2020。", "year is a year such as 2020."), "year")
		}
	}
	if t, err := time.Parse(time.DateOnly, opt.AsOf); opt.AsOf != "" && (err != nil || t.Year() < 1950 || t.After(s.Clock().AddDate(0, 0, 1))) {
		return opt, "", address.Mistake(fault.New(fault.Invalid, "as_of 写成 2021-03-31 这样，且不在今天之后。", "as_of is written like 2021-03-31 and is not after today."), "as_of")
	}
	if opt.Map, err = pairs(q["map"], "map"); err != nil {
		return opt, "", err
	}
	if opt.Units, err = pairs(q["unit"], "unit"); err != nil {
		return opt, "", err
	}
	_, opt, err = layout.Checked(s.Pack, opt)
	return opt, name, err
}

// pairs reads what is written as HEADER=VALUE. A header may have an equals sign of its own.
func pairs(list []string, name string) (map[string]string, error) {
	if list == nil {
		return nil, nil
	}
	all := map[string]string{}
	for _, text := range list {
		i := strings.LastIndexByte(text, '=')
		if i < 0 || i == len(text)-1 || i == 0 && name == "map" {
			return nil, address.Mistake(fault.New(fault.Invalid, name+" 的写法是 表头=值。", name+" is written HEADER=VALUE."), name)
		}
		all[text[:i]] = text[i+1:]
	}
	return all, nil
}

func errLarge() error {
	return fault.New(fault.TooLarge, "文件太大：接口最多收 "+figure.Size(largestFile)+"。更大的文件请用命令 eyas import 导入。", "The file is too large: the API takes at most "+figure.Size(largestFile)+". Import larger ones by the command eyas import.")
}

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
	x := Job{ID: j.ID, Kind: j.Kind, Title: figure.Masked(s.JobTitle(s.LangOf(r), j)), Actor: j.Actor, State: string(j.State), Stage: j.Progress.Stage, Rows: j.Progress.Rows, Share: j.Share(), Added: j.Added.UTC()}
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
