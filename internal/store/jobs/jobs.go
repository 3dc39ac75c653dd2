// Package jobs stores background jobs, for package job.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

var _ job.Storage = (*Jobs)(nil)

// Jobs is the storage of jobs in a base.
type Jobs struct{ db *room.DB }

// Of returns the jobs of a base.
func Of(db *room.DB) *Jobs { return &Jobs{db} }

// Rows reads and writes jobs in an open transaction.
type Rows struct{ *row.Tx }

// jobLock is the lock by which writers of jobs run one after another on PostgreSQL.
const jobLock = 20210332

// ReadJobs runs fn on one snapshot, or in the transaction that ctx carries.
func (s *Jobs) ReadJobs(ctx context.Context, fn func(job.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t}) })
}

// WriteJobs runs fn in a short transaction of its own, or in the one that ctx carries. It returns job.ErrBusy when it
// could not begin within patience.
func (s *Jobs) WriteJobs(ctx context.Context, patience time.Duration, fn func(job.Writer) error) error {
	err := s.db.Aside(ctx, jobLock, patience, func(t *row.Tx) error { return fn(Rows{t}) })
	if errors.Is(err, base.ErrBusy) {
		return job.ErrBusy
	}
	return err
}

const jobColumns = `id, seq, kind, title, back, actor, acting, job_key, args, writes, state, mark, result, fault, owner, attempt, stop, run_at, added, started, updated, ended, beat, beside`

// jobs returns the rows of a query with the columns of jobColumns.
func (t Rows) jobs(ctx context.Context, tail string, args ...any) (list []job.Row, err error) {
	err = t.Each(ctx, `SELECT `+jobColumns+` FROM job `+tail, args, func(rows *sql.Rows) error {
		var r job.Row
		var text, mark, result, problem, beside string
		var writes, stop, runAt, added, updated int64
		var started, ended, beat sql.NullInt64
		err := rows.Scan(&r.ID, &r.Seq, &r.Kind, &r.Title, &r.Back, &r.Actor, &r.Acting, &r.Key, &text, &writes, &r.State, &mark, &result, &problem, &r.Owner, &r.Attempt,
			&stop, &runAt, &added, &started, &updated, &ended, &beat, &beside)
		if err != nil {
			return err
		}
		r.Args, r.Write, r.Stop = json.RawMessage(text), writes != 0, stop != 0
		r.RunAt, r.Added, r.Updated = time.UnixMilli(runAt).UTC(), time.UnixMilli(added).UTC(), time.UnixMilli(updated).UTC()
		r.Started, r.Ended, r.Beat = timeOf(started), timeOf(ended), timeOf(beat)
		if result != "" {
			r.Result = json.RawMessage(result)
		}
		if err := json.Unmarshal([]byte(mark), &r.Mark); err != nil {
			return fmt.Errorf("store: progress of job %s: %w", r.ID, err)
		}
		if r.Texts, err = jobTexts(beside); err != nil {
			return fmt.Errorf("store: arguments of job %s: %w", r.ID, err)
		}
		if problem != "" {
			if err := json.Unmarshal([]byte(problem), &r.Fault); err != nil {
				return fmt.Errorf("store: fault of job %s: %w", r.ID, err)
			}
		}
		list = append(list, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: jobs: %w", err)
	}
	return list, nil
}

// timeOf returns a stored time; zero for NULL.
func timeOf(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}

// nullTime returns a time in its stored form; NULL for zero.
func nullTime(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func firstJob(list []job.Row, err error) (*job.Row, error) {
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (t Rows) Job(ctx context.Context, id string) (*job.Row, error) {
	return firstJob(t.jobs(ctx, `WHERE id = ?`, id))
}

func (t Rows) NewestJob(ctx context.Context, key string) (*job.Row, error) {
	return firstJob(t.jobs(ctx, `WHERE job_key = ? AND job_key <> '' ORDER BY seq DESC LIMIT 1`, key))
}

func (t Rows) OpenJobs(ctx context.Context, now time.Time) ([]job.Row, error) {
	return t.jobs(ctx, `WHERE ended IS NULL AND (state = 'running' OR state = 'waiting' AND run_at <= ?) ORDER BY seq, id`, now.UnixMilli())
}

func (t Rows) Jobs(ctx context.Context, limit int) ([]job.Row, error) {
	return t.jobs(ctx, `ORDER BY seq DESC, id DESC LIMIT ?`, limit)
}

func (t Rows) Timers(ctx context.Context) (_ map[string]time.Time, err error) {
	defer fault.At(&err, "jobs.Timers")
	set := map[string]time.Time{}
	err = t.Each(ctx, `SELECT name, next FROM job_timer`, nil, func(rows *sql.Rows) error {
		var name string
		var next int64
		err := rows.Scan(&name, &next)
		set[name] = time.UnixMilli(next).UTC()
		return err
	})
	return set, err
}

func (t Rows) AddJob(ctx context.Context, r *job.Row) (err error) {
	defer fault.At(&err, "jobs.AddJob(job %s, kind %s)", r.ID, r.Kind)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(seq), 0) + 1 FROM job`, nil, &r.Seq); err != nil {
		return err
	}
	set, err := jobValues(r)
	if err != nil {
		return err
	}
	digested, beside, err := jobBeside(r)
	if err != nil {
		return fmt.Errorf("store: add job %s: %w", r.ID, err)
	}
	args := append([]any{r.ID, r.Seq, r.Kind, r.Title, r.Back, r.Actor, r.Acting, r.Key, digested, beside, base.Flag(r.Write), r.Added.UnixMilli()}, set...)
	_, err = t.Exec(ctx, `INSERT INTO job (id, seq, kind, title, back, actor, acting, job_key, args, beside, writes, added, state, mark, result, fault, owner, attempt, stop, run_at,
		started, updated, ended, beat) VALUES `+dialect.Marks(1, 24), args...)
	if err != nil {
		return fmt.Errorf("store: add job %s: %w", r.ID, err)
	}
	return nil
}

func (t Rows) SetJob(ctx context.Context, r *job.Row) (err error) {
	defer fault.At(&err, "jobs.SetJob(job %s, kind %s)", r.ID, r.Kind)
	set, err := jobValues(r)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `UPDATE job SET state = ?, mark = ?, result = ?, fault = ?, owner = ?, attempt = ?, stop = ?, run_at = ?,
		started = ?, updated = ?, ended = ?, beat = ? WHERE id = ?`, append(set, r.ID)...)
	if err != nil {
		return fmt.Errorf("store: set job %s: %w", r.ID, err)
	}
	return nil
}

// jobValues returns the columns of a job that change.
func jobValues(r *job.Row) ([]any, error) {
	mark, err := json.Marshal(r.Mark)
	if err != nil {
		return nil, err
	}
	problem := ""
	if r.Fault != nil {
		text, err := json.Marshal(r.Fault)
		if err != nil {
			return nil, err
		}
		problem = string(text)
	}
	return []any{
		string(r.State), string(mark), string(r.Result), problem, r.Owner, r.Attempt, base.Flag(r.Stop), r.RunAt.UnixMilli(),
		nullTime(r.Started), r.Updated.UnixMilli(), nullTime(r.Ended), nullTime(r.Beat),
	}, nil
}

func (t Rows) DropJobs(ctx context.Context, before time.Time, keep int) (_ int, err error) {
	defer fault.At(&err, "jobs.DropJobs")
	done, err := t.Exec(ctx, `DELETE FROM job WHERE ended IS NOT NULL AND (ended < ? OR id NOT IN (
		SELECT id FROM job WHERE ended IS NOT NULL ORDER BY seq DESC, id DESC LIMIT ?))`, before.UnixMilli(), keep)
	if err != nil {
		return 0, fmt.Errorf("store: drop jobs: %w", err)
	}
	n, err := done.RowsAffected()
	return int(n), err
}

func (t Rows) SetTimer(ctx context.Context, name string, next time.Time) error {
	_, err := t.Exec(ctx, `INSERT INTO job_timer (name, next) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next = excluded.next`, name, next.UnixMilli())
	if err != nil {
		return fmt.Errorf("store: set timer %s: %w", name, err)
	}
	return nil
}

// jobBeside returns the arguments of a job with the digests of the texts beside them, and these texts with their salts.
func jobBeside(r *job.Row) (args, beside string, err error) {
	e, texts, err := audit.Entry{Detail: string(r.Args), Texts: r.Texts}.Salted()
	if err != nil || len(texts) == 0 {
		return e.Detail, "", err
	}
	list, err := json.Marshal(texts)
	return e.Detail, string(list), err
}

// jobTexts returns the texts that jobBeside stored.
func jobTexts(beside string) (map[string]string, error) {
	if beside == "" {
		return nil, nil
	}
	var list []audit.Kept
	err := json.Unmarshal([]byte(beside), &list)
	texts := map[string]string{}
	for _, k := range list {
		texts[k.Name] = k.Text
	}
	return texts, err
}
