package store_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/store"
	"eyas/internal/store/files"
	"eyas/internal/store/findings"
	"eyas/internal/store/jobs"
	"eyas/internal/store/row"
)

// An error of the database says in which call of which room it came about, and with which arguments: the tables of the
// rooms are taken away under them.
func TestErrorsOfDatabaseCarryArguments(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "base.db"))
	raw, err := sql.Open("sqlite", db.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, table := range []string{"profile", "job", "job_timer", "file_link", "finding"} {
		if _, err := raw.ExecContext(t.Context(), "ALTER TABLE "+table+" RENAME TO gone_"+table); err != nil {
			t.Fatal(err)
		}
	}
	reading := func(fn func(ctx context.Context, t *row.Tx) error) error {
		return db.Rows().Reading(t.Context(), func(tx *row.Tx) error { return fn(t.Context(), tx) })
	}
	for _, c := range []struct {
		call func() error
		want string
	}{
		{func() error {
			return reading(func(ctx context.Context, t *row.Tx) error {
				_, err := row.ProfileRows{Tx: t}.Profiles(ctx, []int64{3, 4})
				return err
			})
		}, "row.Profiles(2 subjects)"},
		{func() error {
			return reading(func(ctx context.Context, t *row.Tx) error {
				_, err := row.CounterRows{Tx: t}.Counter(ctx, fact.Counter("nothing"))
				return err
			})
		}, "row.Counter(counter nothing)"},
		{func() error {
			return reading(func(ctx context.Context, t *row.Tx) error {
				return jobs.Rows{Tx: t}.SetJob(ctx, &job.Row{ID: "j1", Kind: "import"})
			})
		}, "jobs.SetJob(job j1, kind import)"},
		{func() error {
			return reading(func(ctx context.Context, t *row.Tx) error {
				_, err := files.Rows{Tx: t}.FileLink(ctx, "0123")
				return err
			})
		}, "files.FileLink(link 0123)"},
		{func() error {
			return reading(func(ctx context.Context, t *row.Tx) error {
				_, err := findings.Rows{Tx: t}.Finding(ctx, quality.Key{Subject: 7, Attribute: "staff"})
				return err
			})
		}, "findings.Finding(subject 7, staff)"},
		{func() error { _, _, _, err := db.ProveEntry(t.Context(), 99); return err }, "store.ProveEntry(seq 99): oplog.ProveEntry(seq 99): "},
		{func() error { return db.Copy(t.Context(), filepath.Join(t.TempDir(), "no", "copy.db")) }, "copy.db): "},
		{func() error {
			_, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "no", "base.db"))
			return err
		}, "base.Open("},
		{func() error {
			s, err := file.Open(file.Config{Storage: files.Of(db.Rows()), Clock: time.Now})
			if err != nil {
				return err
			}
			_, err = s.Link(t.Context(), "0123")
			return err
		}, "file.Link(link 0123): files.FileLink(link 0123): "},
	} {
		if err := c.call(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("the error is %v; it should carry %s", err, c.want)
		}
	}
}
