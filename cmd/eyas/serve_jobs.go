package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"eyas/internal/auth"
	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/people"
	"eyas/internal/store"
	"eyas/internal/web"
	"eyas/internal/web/spool"
)

// timers registers the jobs that start by themselves: old files are deleted every hour, failed attempts to
// sign in are told to the operation log, and the base is checked at night.
func (a *app) timers(jobs *job.Runner, zone *time.Location, persons *people.People, uploads, exports *spool.Folder, files *file.Store, nightly func(context.Context) error) {
	jobs.Register(
		job.Kind{Name: "files.sweep", Safe: true, Quiet: true, Run: func(ctx context.Context, _ json.RawMessage, _ func(job.Progress)) (any, error) {
			return nil, errors.Join(uploads.Sweep(uploadAge), exports.Sweep(web.ExportAge), files.Sweep(ctx))
		}},
		job.Kind{Name: "people.failures", Safe: true, Quiet: true, Run: func(ctx context.Context, _ json.RawMessage, _ func(job.Progress)) (any, error) {
			return nil, persons.TellFailures(ctx)
		}},
		job.Kind{Name: "nightly", Safe: true, Quiet: true, Run: func(ctx context.Context, _ json.RawMessage, _ func(job.Progress)) (any, error) {
			return nil, nightly(ctx)
		}},
	)
	jobs.Schedule(job.Timer{Name: "files.sweep", Next: job.Every(sweepEvery), Spec: job.Spec{Kind: "files.sweep"}})
	jobs.Schedule(job.Timer{Name: "people.failures", Next: job.Every(failuresEvery), Spec: job.Spec{Kind: "people.failures"}})
	jobs.Schedule(job.Timer{Name: "nightly", Next: job.Daily(2, 30, zone), Spec: job.Spec{Kind: "nightly"}})
}

// nightly returns the check of every night: the operation log is intact, and every file is as it was stored. Problems go
// to the log of the program. It writes down which mandates have lapsed. After an erasure it also writes the file of a base in SQLite anew.
func (a *app) nightly(db *store.DB, files *file.Store, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		head, err := db.VerifyAudit(ctx)
		if err != nil {
			return fmt.Errorf("the operation log: %w", err)
		}
		n, bad := 0, 0
		n, err = files.Check(ctx, func(b file.Body, err error) {
			bad++
			log.Error("a stored file is damaged", "sha256", b.SHA256, "error", err)
		})
		if err != nil {
			return fmt.Errorf("the stored files: %w", err)
		}
		if bad > 0 {
			return fmt.Errorf("%d of %d stored files are damaged", bad, n)
		}
		if err := a.lapse(ctx); err != nil {
			return fmt.Errorf("mandates that have lapsed: %w", err)
		}
		if n, err := a.caseTick(auth.As(ctx, auth.Self)); err != nil {
			return fmt.Errorf("clocks of cases: %w", err)
		} else if n > 0 {
			log.Info("clocks of cases", "cases", n)
		}
		if _, err := db.Rewrite(ctx); err != nil { // owed by an erasure
			log.Warn("the file of the base was not rewritten yet and may hold erased content", "error", err)
		}
		log.Info("checked in the night", "log entries", head.Size, "files", n)
		return nil
	}
}
