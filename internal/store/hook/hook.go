// Package hook stores webhooks, for the room hook.
package hook

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/hook"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/vault"
)

// Hooks is the storage of webhooks in a base.
type Hooks struct{ db *room.DB }

var _ hook.Storage = (*Hooks)(nil)

// Of returns the webhooks of a base.
func Of(db *room.DB) *Hooks { return &Hooks{db} }

const (
	// lock makes those who write hooks go one after another on PostgreSQL, and messageLock those who write messages.
	lock, messageLock = 20210341, 20210342
	// patience is how long a short write waits before it is tried again.
	patience = 5 * time.Second
)

// ReadHooks implements hook.Storage.
func (s *Hooks) ReadHooks(ctx context.Context, fn func(hook.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t}) })
}

// WriteHooks implements hook.Storage.
func (s *Hooks) WriteHooks(ctx context.Context, fn func(context.Context, hook.Writer) error) error {
	return s.db.Together(ctx, func(ctx context.Context) error {
		return s.db.Changing(ctx, func(t *row.Tx) error {
			if s.db.Base.Dialect.Dollar {
				if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(lock)); err != nil {
					return err
				}
			}
			return fn(ctx, Rows{t})
		})
	})
}

// WriteMessages implements hook.Storage.
func (s *Hooks) WriteMessages(ctx context.Context, fn func(hook.Messages) error) error {
	for {
		err := s.db.Aside(ctx, messageLock, patience, func(t *row.Tx) error { return fn(Rows{t}) })
		if !errors.Is(err, base.ErrBusy) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Rows reads and writes webhooks in an open transaction.
type Rows struct{ *row.Tx }

var _ hook.Writer = Rows{}

// Log implements hook.Writer.
func (t Rows) Log(ctx context.Context, e audit.Entry) (err error) {
	defer fault.At(&err, "hook.Log(%s)", e.Action)
	return row.LogRows(t).Log(ctx, e)
}

func milli(n int64) time.Time { return time.UnixMilli(n).UTC() }

const columns = `id, person, grant_id, name, url, bounds, events, made, made_by, state, since, since_by`

func (t Rows) hooks(ctx context.Context, tail string, args ...any) (list []hook.Hook, err error) {
	err = t.Each(ctx, `SELECT `+columns+` FROM hook `+tail, args, func(rows *sql.Rows) error {
		var h hook.Hook
		var events string
		var made, since int64
		err := rows.Scan(&h.ID, &h.Person, &h.Grant, &h.Name, &h.URL, &h.Bounds, &events, &made, &h.MadeBy, &h.State, &since, &h.SinceBy)
		h.Events, h.Made, h.Since = strings.Split(events, ","), milli(made), milli(since)
		list = append(list, h)
		return err
	})
	return list, err
}

// Hook implements hook.Reader.
func (t Rows) Hook(ctx context.Context, id int64) (_ *hook.Hook, err error) {
	defer fault.At(&err, "hook.Hook(hook %d)", id)
	list, err := t.hooks(ctx, `WHERE id = ?`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Hooks implements hook.Reader.
func (t Rows) Hooks(ctx context.Context, person string) (_ []hook.Hook, err error) {
	defer fault.At(&err, "hook.Hooks(person %s)", person)
	if person == "" {
		return t.hooks(ctx, `WHERE state <> 'ended' ORDER BY id DESC`)
	}
	return t.hooks(ctx, `WHERE person = ? AND state <> 'ended' ORDER BY id DESC`, person)
}

// Secrets implements hook.Reader.
func (t Rows) Secrets(ctx context.Context, id int64, now time.Time) (list [][]byte, err error) {
	defer fault.At(&err, "hook.Secrets(hook %d)", id)
	err = t.Each(ctx, `SELECT sealed FROM hook_secret WHERE hook = ? AND (until IS NULL OR until > ?) ORDER BY n DESC`, []any{id, now.UnixMilli()}, func(rows *sql.Rows) error {
		var secret []byte
		err := rows.Scan(&secret)
		list = append(list, secret)
		return err
	})
	return list, err
}

// News implements hook.Reader.
func (t Rows) News(ctx context.Context) (n hook.News, err error) {
	defer fault.At(&err, "hook.News")
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(seq), 0) FROM audit_entry`, nil, &n.Log); err != nil {
		return n, err
	}
	n.Changes, err = t.AllChanges(ctx)
	return n, err
}

// Marks implements hook.Reader.
func (t Rows) Marks(ctx context.Context, id int64) (n hook.News, err error) {
	defer fault.At(&err, "hook.Marks(hook %d)", id)
	n.Changes = map[string]int64{}
	err = t.Each(ctx, `SELECT what, mark FROM hook_mark WHERE hook = ?`, []any{id}, func(rows *sql.Rows) error {
		var what string
		var mark int64
		err := rows.Scan(&what, &mark)
		if register, ok := strings.CutPrefix(what, "change:"); ok {
			n.Changes[register] = mark
		} else {
			n.Log = mark
		}
		return err
	})
	return n, err
}

// The questions that a batch asked are proven under its number; its last transaction says which entry that is.
const noticedQuestions = `SELECT DISTINCT id FROM (
	SELECT id FROM proof WHERE kind = 'question' AND seq > ? AND seq <= ?
	UNION ALL SELECT p.id FROM batch b JOIN proof p ON p.seq = -b.id WHERE b.seq > ? AND b.seq <= ? AND p.kind = 'question') n ORDER BY id`

// Noticed implements hook.Reader.
func (t Rows) Noticed(ctx context.Context, after, last int64) (list []hook.Noticed, err error) {
	defer fault.At(&err, "hook.Noticed(after %d, last %d)", after, last)
	known := map[hook.Noticed]bool{}
	err = t.Each(ctx, `SELECT action, subject FROM audit_entry WHERE seq > ? AND seq <= ? AND action IN ('import', 'undo') AND kind = 'import' ORDER BY seq`, []any{after, last}, func(rows *sql.Rows) error {
		var n hook.Noticed
		var subject string
		if err := rows.Scan(&n.Kind, &subject); err != nil {
			return err
		}
		id, ok := strings.CutPrefix(subject, "import/")
		if n.ID = number(id); ok && n.ID > 0 && !known[n] {
			known[n] = true
			list = append(list, n)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = t.Each(ctx, `SELECT DISTINCT subject FROM audit_entry WHERE seq > ? AND seq <= ? AND kind = 'case' ORDER BY subject`, []any{after, last}, func(rows *sql.Rows) error {
		var subject string
		if err := rows.Scan(&subject); err != nil {
			return err
		}
		if id := number(strings.TrimPrefix(subject, "case/")); id > 0 {
			list = append(list, hook.Noticed{Kind: "case", ID: id})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = t.Each(ctx, noticedQuestions, []any{after, last, after, last}, func(rows *sql.Rows) error {
		n := hook.Noticed{Kind: "question"}
		err := rows.Scan(&n.ID)
		list = append(list, n)
		return err
	})
	return list, err
}

// number reads a number; 0: it is none.
func number(text string) (n int64) {
	for _, c := range text {
		if c < '0' || c > '9' || n > 1<<58 {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// AddHook implements hook.Writer.
func (t Rows) AddHook(ctx context.Context, h *hook.Hook) (err error) {
	defer fault.At(&err, "hook.AddHook(person %s)", h.Person)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM hook`, nil, &h.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO hook (`+columns+`) VALUES `+dialect.Marks(1, 12), h.ID, h.Person, h.Grant, h.Name, h.URL, h.Bounds, strings.Join(h.Events, ","), h.Made.UnixMilli(), h.MadeBy,
		string(h.State), h.Since.UnixMilli(), h.SinceBy)
	t.Touch("hook", h.ID, "")
	return err
}

// SetState implements hook.Writer.
func (t Rows) SetState(ctx context.Context, id int64, s hook.State, at time.Time, by string) (err error) {
	defer fault.At(&err, "hook.SetState(hook %d, %s)", id, s)
	_, err = t.Exec(ctx, `UPDATE hook SET state = ?, since = ?, since_by = ? WHERE id = ?`, string(s), at.UnixMilli(), by, id)
	t.Touch("hook", id, "")
	return err
}

// AddSecret implements hook.Writer.
func (t Rows) AddSecret(ctx context.Context, id int64, secret []byte, until time.Time) (err error) {
	defer fault.At(&err, "hook.AddSecret(hook %d)", id)
	var n int64
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(n), 0) + 1 FROM hook_secret WHERE hook = ?`, []any{id}, &n); err != nil {
		return err
	}
	// The one before ends; those that were to end earlier are deleted, so that there are never more than two.
	if _, err := t.Exec(ctx, `DELETE FROM hook_secret WHERE hook = ? AND until IS NOT NULL`, id); err != nil {
		return err
	}
	if n > 1 {
		if _, err := t.Exec(ctx, `UPDATE hook_secret SET until = ? WHERE hook = ?`, until.UnixMilli(), id); err != nil {
			return err
		}
	}
	_, err = t.Exec(ctx, `INSERT INTO hook_secret (hook, n, sealed) VALUES (?, ?, ?)`, id, n, vault.Hidden(secret))
	return err
}
