package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"eyas/internal/demo"
	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/people"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/repeat"
	"eyas/internal/sharing"
	"eyas/internal/store"
	"eyas/internal/web"
	"eyas/internal/web/spool"
)

const (
	// Uploads that wait, and exports that were made, may together have so many bytes, and be so many files.
	uploadsTotal, uploadsFiles = 8 << 30, 200
	exportsTotal, exportsFiles = 4 << 30, 100
	// sweepEvery is how often old uploads and exports are dropped.
	sweepEvery = time.Hour
	// failuresEvery is how often the log is told of failed attempts to sign in that are not in it yet.
	failuresEvery = 15 * time.Minute
	// largestUpload bounds one uploaded file, in bytes: a register of a million rows in CSV has about half of it.
	largestUpload = 2 << 30
	// uploadAge is how long an upload waits to be confirmed.
	uploadAge = 7 * 24 * time.Hour
	// demoSeed makes the start page's demonstration city the same on every machine.
	demoSeed = 1
)

// pages wires the pages to the base. The registers are loaded in the background until ctx ends; until then pages show
// that they are loading.
func (a *app) pages(ctx context.Context, c serveCmd, log *slog.Logger) (http.Handler, error) {
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
	all, err := a.memory(ctx, svc, log)
	if err != nil {
		return nil, err
	}
	svc.See(all)
	// The page after a write shows what was written.
	db.AfterWrite(all.Refresh)
	files, err := a.files(db)
	if err != nil {
		return nil, err
	}
	actors, err := a.people()
	if err != nil {
		return nil, err
	}
	provider, err := c.provider(p, a.clock)
	if err != nil {
		return nil, err
	}
	uploads := spool.Open(files, file.Upload, spool.Limits{File: largestUpload, Total: uploadsTotal, Files: uploadsFiles}, a.clock)
	exports := spool.Open(files, spool.Export, spool.Limits{File: largestUpload, Total: exportsTotal, Files: exportsFiles}, a.clock)
	if err := uploads.Adopt(ctx, a.oldUploads(db)); err != nil {
		log.Warn("uploads of an older version were not all taken over", "error", err)
	}
	uploads.Actors, exports.Actors = actors, actors
	jobs := job.Open(job.Config{Storage: db, Actors: actors, Clock: a.clock, Log: log})
	a.timers(jobs, p.Zone, actors, uploads, exports, files, a.nightly(db, files, log))
	a.closers = append(a.closers, func() error {
		end, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return jobs.Close(end)
	})

	cases, _, err := a.desk()
	if err != nil {
		return nil, err
	}
	kept := a.ledger(p, db, actors, svc, func(err error) { log.Error("looks at subjects are not written yet", "error", err) })

	hooks, err := a.hooks(c.Hooks)
	if err != nil {
		return nil, err
	}
	hooks.Registry, hooks.Case, hooks.Log = svc, cases.MatterOf, log
	followed, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(followed)
		all.Refresh(ctx, nil)
		db.Watch(ctx, func(ctx context.Context, registers []string) {
			all.Refresh(ctx, registers)
			hooks.Wake()
		})
	}()
	go func() {
		defer close(told)
		hooks.Run(ctx)
	}()
	a.closers = append(a.closers, func() error { <-followed; <-told; return nil })

	return web.New(web.Deps{
		Certificates: cases,
		Registers:    func(ctx context.Context, id string, m fact.Moment) (web.Base, error) { return all.Get(ctx, id, m) },
		Rules:        set, Pack: p, Clock: a.clock, Jobs: jobs, Files: files, Uploads: uploads, Exports: exports,
		Quality: quality.NewBoard(p, db.Findings(), svc, a.clock).WithActors(actors), Correct: corrector(p, svc, a.lang),
		Demo: func(ctx context.Context, rows int, progress func(string, derive.Progress)) error {
			_, err := demo.Fill(ctx, svc, demo.Options{Rows: rows, First: true, Seed: demoSeed, Until: a.clock().Year() - 1, Lang: a.lang}, progress)
			return err
		},
		OpLog:       db,
		BaseName:    baseName(a.db),
		Disclosures: kept, Repeats: repeat.New(db, a.clock), Shares: a.shares(p, db, actors), Mandates: a.mandates, Cases: cases, Desk: cases,
		Retention: a.keeper(p, db, svc, files, actors), RewriteOwed: db.RewriteOwed,
		Actors: actors, People: actors, Hooks: hooks, TLS: c.HTTPS, Provider: provider,
		Hosts: c.Hosts, Version: programVersion(), Lang: a.lang, Log: log,
	}.WithRegistry(svc))
}

// baseName returns the name of a base in exported files: the name of its file or database. It never contains a password
// or a folder.
func baseName(db string) string {
	if !remote(db) {
		return filepath.Base(db)
	}
	u, err := url.Parse(db)
	if err != nil {
		return ""
	}
	return strings.Trim(u.Path, "/")
}

// corrector enters corrections from the board of doubtful values. They can be undone.
func corrector(p *pack.Pack, svc *registry.Registry, lang string) quality.Corrector {
	return func(ctx context.Context, c quality.Correction) (int64, error) {
		e := intake.Entry{Register: c.Register, Subject: c.Subject, Source: intake.HandSource(p, c.Register, true), Reason: c.Reason, Lang: lang}
		e.Form = "数据质量"
		if lang == "en" {
			e.Form = "Data quality"
		}
		if c.Text == "" {
			e.Void = []string{c.Place}
		} else {
			e.Values = map[string]string{c.Place: c.Text}
			attr, _, _ := strings.Cut(c.Place, "@")
			if reg := p.Register(c.Register); reg != nil {
				if at := reg.Attribute(attr); at != nil && at.Kind == pack.Money { // as all forms count
					e.Units = map[string]string{c.Place: map[bool]string{true: "万美元", false: "万元"}[at.Unit == "usd"]}
				}
			}
		}
		id, _, err := svc.Enter(ctx, e)
		return id, err
	}
}

// shares are the consents and assignments of a base, as pages give them.
func (a *app) shares(p *pack.Pack, db *store.DB, persons *people.People) *sharing.Shares {
	svc := registry.New(p, db, a.clock) // for what must be known whoever gives
	return sharing.New(sharing.Config{Pack: p, Storage: db, Clock: a.clock, Actors: persons, Lie: svc.Lie, Assignable: persons.Assignable,
		Receiver: func(ctx context.Context, registers []string, code string) (int64, error) {
			x, err := subjectsOf{svc}.SubjectByCode(ctx, registers, code)
			if x == nil || err != nil {
				return 0, err
			}
			return x.ID, nil
		}})
}
