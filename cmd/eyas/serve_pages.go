package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"eyas/internal/demo"
	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/rule/list"
	"eyas/internal/web"
	"eyas/internal/web/spool"
)

const (
	// Uploads that wait, and exports that were made, may together have so many bytes, and be so many files.
	uploadsTotal, uploadsFiles = 8 << 30, 200
	exportsTotal, exportsFiles = 4 << 30, 100
	// sweepEvery is how often old uploads and exports are dropped.
	sweepEvery = time.Hour
	// largestUpload bounds one uploaded file, in bytes: a register of a million rows in CSV has about half of it.
	largestUpload = 2 << 30
	// uploadAge is how long an upload waits to be confirmed.
	uploadAge = 7 * 24 * time.Hour
	// lookout is how often a server looks whether another process has changed the base.
	lookout = 2 * time.Second
	// demoSeed makes the start page's demonstration city the same on every machine.
	demoSeed = 1
)

// pages wires the pages to the base. Loading the register goes on in the background until ctx ends; pages say so
// meanwhile.
func (a *app) pages(ctx context.Context, log *slog.Logger) (http.Handler, error) {
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	set, err := a.rules()
	if err != nil {
		return nil, err
	}
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	svc, err := a.registry()
	if err != nil {
		return nil, err
	}
	base, err := a.memory(svc, log)
	if err != nil {
		return nil, err
	}
	reg := registry.New(p, db, a.clock)
	others := shelves(p, reg, log)
	files, err := a.files(db)
	if err != nil {
		return nil, err
	}
	uploads := spool.Open(files, file.Upload, spool.Limits{File: largestUpload, Total: uploadsTotal, Files: uploadsFiles}, a.clock)
	exports := spool.Open(files, spool.Export, spool.Limits{File: largestUpload, Total: exportsTotal, Files: exportsFiles}, a.clock)
	if err := uploads.Adopt(ctx, a.oldUploads(db)); err != nil {
		log.Warn("uploads of an older version were not all taken over", "error", err)
	}
	jobs := job.Open(job.Config{Storage: db, Clock: a.clock, Log: log})
	a.timers(jobs, p.Zone, uploads, exports, files, a.nightly(db, files, log))
	a.closers = append(a.closers, func() error {
		end, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return jobs.Close(end)
	})

	followed := make(chan struct{})
	go func() {
		defer close(followed)
		if err := base.Refresh(ctx); err != nil && ctx.Err() == nil {
			log.Error("the register was not loaded", "error", err)
		}
		for id, shelf := range others {
			if err := shelf.Refresh(ctx); err != nil && ctx.Err() == nil {
				log.Error("a register was not loaded", "register", id, "error", err)
			}
		}
		tick := time.NewTicker(lookout)
		defer tick.Stop()
		follow(ctx, tick.C, base, others, log)
	}()
	a.closers = append(a.closers, func() error { <-followed; return nil })

	pasts := list.NewPasts(ctx, base, svc)
	seen := &refreshed{svc, base, others}
	onShelves, ofShelves := map[string]web.Shelf{}, map[string]*list.Pasts{}
	for id, shelf := range others {
		onShelves[id], ofShelves[id] = shelf, list.NewPasts(ctx, shelf, svc)
	}
	return web.New(web.Deps{
		Registry: seen, Base: base, Past: func(ctx context.Context, m registry.Moment) (web.Base, error) { return pasts.At(ctx, m) },
		PastOf: func(ctx context.Context, register string, m registry.Moment) (web.Shelf, error) {
			return ofShelves[register].At(ctx, m)
		},
		Rules: set, Pack: p, Clock: a.clock, Jobs: jobs, Files: files, Uploads: uploads, Exports: exports,
		Shelves: onShelves, Subjects: reg,
		Quality: mended{quality.NewBoard(p, db, svc, a.clock), seen}, Correct: corrector(svc, a.lang),
		Demo: func(ctx context.Context, rows int, progress func(string, registry.Progress)) error {
			_, err := demo.Fill(ctx, seen, demo.Options{Rows: rows, Seed: demoSeed, Until: a.clock().Year() - 1, Actor: operator, Lang: a.lang}, progress)
			return err
		},
		Version: programVersion(), Lang: a.lang, Log: log,
	})
}

// mended is a board whose corrections are in the columns when they return. The columns are brought up to date after the
// transaction of entry and decision, never from within it.
type mended struct {
	*quality.Board
	seen *refreshed
}

func (m mended) Accept(ctx context.Context, actor string, k quality.Key, lang string, enter quality.Corrector) (int64, error) {
	id, err := m.Board.Accept(ctx, actor, k, lang, enter)
	if err != nil {
		return 0, err
	}
	return id, m.seen.seen(ctx)
}

func (m mended) Mend(ctx context.Context, actor string, k quality.Key, text, reason string, enter quality.Corrector) (int64, error) {
	id, err := m.Board.Mend(ctx, actor, k, text, reason, enter)
	if err != nil {
		return 0, err
	}
	return id, m.seen.seen(ctx)
}

// corrector enters what is mended on the board of doubted values, as a correction that can be taken back.
func corrector(svc registry.Service, lang string) quality.Corrector {
	return func(ctx context.Context, actor string, c quality.Correction) (int64, error) {
		e := registry.Entry{Register: c.Register, Subject: c.Subject, Source: quality.Corrections, Reason: c.Reason, Lang: lang}
		e.Form = "数据质量"
		if lang == "en" {
			e.Form = "Data quality"
		}
		if c.Text == "" {
			e.Void = []string{c.Place}
		} else {
			e.Values = map[string]string{c.Place: c.Text}
		}
		id, _, err := svc.Enter(ctx, actor, e)
		return id, err
	}
}

// refreshed is a registry whose writes are in the columns when they return, so that the page after an import
// shows what was imported.
type refreshed struct {
	registry.Service
	base   *list.Base
	others map[string]*list.Base
}

func (r *refreshed) Import(ctx context.Context, actor string, src registry.Source, opt registry.Options, progress func(registry.Progress)) (*registry.FileReport, int64, error) {
	report, id, err := r.Service.Import(ctx, actor, src, opt, progress)
	if err != nil {
		return nil, 0, err
	}
	return report, id, r.seen(ctx)
}

func (r *refreshed) Undo(ctx context.Context, actor string, importID int64, progress func(registry.Progress)) error {
	if err := r.Service.Undo(ctx, actor, importID, progress); err != nil {
		return err
	}
	return r.seen(ctx)
}

func (r *refreshed) Enter(ctx context.Context, actor string, e registry.Entry) (importID, subject int64, err error) {
	importID, subject, err = r.Service.Enter(ctx, actor, e)
	if err != nil {
		return 0, 0, err
	}
	return importID, subject, r.seen(ctx)
}

func (r *refreshed) Merge(ctx context.Context, actor string, from, into int64, reason string) (int64, error) {
	id, err := r.Service.Merge(ctx, actor, from, into, reason)
	if err != nil {
		return 0, err
	}
	return id, r.seen(ctx)
}

func (r *refreshed) Unmerge(ctx context.Context, actor string, id int64) error {
	if err := r.Service.Unmerge(ctx, actor, id); err != nil {
		return err
	}
	return r.seen(ctx)
}

func (r *refreshed) Relink(ctx context.Context, actor string, record, subject int64, reason string) (int64, error) {
	id, err := r.Service.Relink(ctx, actor, record, subject, reason)
	if err != nil {
		return 0, err
	}
	return id, r.seen(ctx)
}

func (r *refreshed) UndoRelink(ctx context.Context, actor string, id int64) error {
	if err := r.Service.UndoRelink(ctx, actor, id); err != nil {
		return err
	}
	return r.seen(ctx)
}

func (r *refreshed) Link(ctx context.Context, actor, register string, progress func(registry.Progress)) (*registry.Linkage, error) {
	done, err := r.Service.Link(ctx, actor, register, progress)
	if err != nil {
		return nil, err
	}
	return done, r.seen(ctx)
}

func (r *refreshed) Answer(ctx context.Context, actor string, id int64, answer registry.QuestionState, reason string) error {
	if err := r.Service.Answer(ctx, actor, id, answer, reason); err != nil {
		return err
	}
	return r.seen(ctx)
}

// seen brings the columns up to date; what is written stays so whether or not the caller still waits.
func (r *refreshed) seen(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := r.base.Refresh(ctx); err != nil {
		return err
	}
	for _, shelf := range r.others {
		if err := shelf.Refresh(ctx); err != nil {
			return err
		}
	}
	return nil
}
