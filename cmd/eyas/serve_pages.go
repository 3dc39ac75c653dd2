package main

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"eyas/internal/demo"
	"eyas/internal/job"
	"eyas/internal/pack"
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
	// roomForPasts bounds the columns of past days that are kept, in bytes: those of a million enterprises take about
	// half of a gigabyte.
	roomForPasts = 2 << 30
	// demoSeed makes the start page's demonstration city the same on every machine.
	demoSeed = 1
)

// pages wires the pages to the base. Loading the register goes on in the background until ctx ends; pages say so
// meanwhile.
func (a *app) pages(ctx context.Context, hosts []string, log *slog.Logger) (http.Handler, error) {
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
	if err := db.Quick(ctx); err != nil {
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
	db.AfterWrite(current(base, others, log))
	uploads, err := spool.Open(a.uploadDir(db), spool.Limits{File: largestUpload, Total: uploadsTotal, Files: uploadsFiles}, a.clock)
	if err != nil {
		return nil, err
	}
	exports, err := spool.Open(filepath.Join(a.uploadDir(db), "exports"), spool.Limits{File: largestUpload, Total: exportsTotal, Files: exportsFiles}, a.clock)
	if err != nil {
		return nil, err
	}
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		sweep(ctx, tick.C, uploads, exports, log)
	}()
	a.closers = append(a.closers, func() error { <-swept; return nil })
	jobs := job.New(a.clock, log)
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

	room := list.NewRoom(ctx, roomForPasts)
	pasts := list.NewPasts(room, base, svc)
	onShelves, ofShelves := map[string]web.Shelf{}, map[string]*list.Pasts{}
	for id, shelf := range others {
		onShelves[id], ofShelves[id] = shelf, list.NewPasts(room, shelf, svc)
	}
	return web.New(web.Deps{
		Registry: svc, Base: base, Past: func(ctx context.Context, m registry.Moment) (web.Base, error) { return pasts.At(ctx, m) },
		PastOf: func(ctx context.Context, register string, m registry.Moment) (web.Shelf, error) {
			return ofShelves[register].At(ctx, m)
		},
		Rules: set, Pack: p, Clock: a.clock, Jobs: jobs, Uploads: uploads, Exports: exports,
		Shelves: onShelves, Subjects: reg,
		Quality: quality.NewBoard(p, db, svc, a.clock), Correct: corrector(p, svc, a.lang),
		Demo: func(ctx context.Context, rows int, progress func(string, registry.Progress)) error {
			_, err := demo.Fill(ctx, svc, demo.Options{Rows: rows, First: true, Seed: demoSeed, Until: a.clock().Year() - 1, Actor: operator, Lang: a.lang}, progress)
			return err
		},
		Hosts: hosts, Version: programVersion(), Lang: a.lang, Log: log,
	})
}

// sweep drops old uploads and exports at once and at every tick, until ctx ends.
func sweep(ctx context.Context, tick <-chan time.Time, uploads, exports *spool.Folder, log *slog.Logger) {
	for {
		if err := uploads.Sweep(uploadAge); err != nil {
			log.Warn("old uploads were not cleared", "error", err)
		}
		if err := exports.Sweep(web.ExportAge); err != nil {
			log.Warn("old exports were not cleared", "error", err)
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return
		}
	}
}

// corrector enters what is mended on the board of doubted values, as a correction that can be taken back.
func corrector(p *pack.Pack, svc registry.Service, lang string) quality.Corrector {
	return func(ctx context.Context, actor string, c quality.Correction) (int64, error) {
		e := registry.Entry{Register: c.Register, Subject: c.Subject, Source: registry.HandSource(p, c.Register, true), Reason: c.Reason, Lang: lang}
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

// current brings the columns up to date after every write, so that the page after it shows what was written. A failure is
// logged: what is written is written, and the columns follow at the next look.
func current(base *list.Base, others map[string]*list.Base, log *slog.Logger) func(context.Context) {
	return func(ctx context.Context) {
		if err := base.Refresh(ctx); err != nil {
			log.Error("the register in memory was not brought up to date", "error", err)
		}
		for id, shelf := range others {
			if err := shelf.Refresh(ctx); err != nil {
				log.Error("a register in memory was not brought up to date", "register", id, "error", err)
			}
		}
	}
}
