// Package sharing stores consents and assignments, for the room sharing.
package sharing

import (
	"context"
	"database/sql"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/sharing"
	"eyas/internal/store/dialect"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

var _ sharing.Storage = (*Sharing)(nil)

// Sharing is the storage of shares in a base.
type Sharing struct{ db *room.DB }

// Of returns the shares of a base.
func Of(db *room.DB) *Sharing { return &Sharing{db} }

// Rows reads and writes shares in an open transaction.
type Rows struct{ *row.Tx }

var _ sharing.Writer = Rows{}

// lock makes those who write shares go one after another on PostgreSQL.
const lock = 20210336

// ReadShares implements sharing.Storage.
func (s *Sharing) ReadShares(ctx context.Context, fn func(sharing.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t}) })
}

// WriteShares implements sharing.Storage.
func (s *Sharing) WriteShares(ctx context.Context, fn func(sharing.Writer) error) error {
	return s.db.Changing(ctx, func(t *row.Tx) error {
		if s.db.Base.Dialect.Dollar {
			if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(lock)); err != nil {
				return err
			}
		}
		return fn(Rows{t})
	})
}

// Log implements sharing.Writer.
func (t Rows) Log(ctx context.Context, e audit.Entry) (err error) {
	defer fault.At(&err, "sharing.Log(%s)", e.Action)
	return row.LogRows(t).Log(ctx, e)
}

const columns = `id, kind, subject, receiver, person, purpose, from_day, until_day, made, made_by, ended, ended_by`

func (t Rows) shares(ctx context.Context, tail string, args ...any) (list []sharing.Share, err error) {
	err = t.Each(ctx, `SELECT `+columns+` FROM share `+tail, args, func(rows *sql.Rows) error {
		var s sharing.Share
		var made int64
		var ended sql.NullInt64
		err := rows.Scan(&s.ID, &s.Kind, &s.Subject, &s.Receiver, &s.Person, &s.Purpose, &s.From, &s.Until, &made, &s.MadeBy, &ended, &s.EndedBy)
		s.Made = time.UnixMilli(made).UTC()
		if ended.Valid {
			s.Ended = time.UnixMilli(ended.Int64).UTC()
		}
		list = append(list, s)
		return err
	})
	return list, err
}

// Share implements sharing.Reader.
func (t Rows) Share(ctx context.Context, id int64) (_ *sharing.Share, err error) {
	defer fault.At(&err, "sharing.Share(share %d)", id)
	list, err := t.shares(ctx, `WHERE id = ?`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Shares implements sharing.Reader.
func (t Rows) Shares(ctx context.Context, subject int64, kind sharing.Kind, limit int) (_ []sharing.Share, err error) {
	defer fault.At(&err, "sharing.Shares(subject %d)", subject)
	return t.shares(ctx, `WHERE subject = ? AND kind = ? ORDER BY id DESC LIMIT ?`, subject, string(kind), limit)
}

// Held implements sharing.Reader.
func (t Rows) Held(ctx context.Context, kind sharing.Kind, receiver int64, person, day string) (list []int64, err error) {
	defer fault.At(&err, "sharing.Held(%s)", kind)
	err = t.Each(ctx, `SELECT DISTINCT subject FROM share WHERE kind = ? AND receiver = ? AND person = ? AND until_day >= ? AND from_day <= ? AND ended IS NULL ORDER BY subject`,
		[]any{string(kind), receiver, person, day, day}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			list = append(list, id)
			return err
		})
	return list, err
}

// AddShare implements sharing.Writer.
func (t Rows) AddShare(ctx context.Context, s *sharing.Share) (err error) {
	defer fault.At(&err, "sharing.AddShare(subject %d)", s.Subject)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM share`, nil, &s.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO share (`+columns+`) VALUES `+dialect.Marks(1, 12), s.ID, string(s.Kind), s.Subject, s.Receiver, s.Person, s.Purpose, s.From, s.Until, s.Made.UnixMilli(), s.MadeBy, nil, "")
	t.Touch("share", s.ID, "")
	return err
}

// EndShare implements sharing.Writer.
func (t Rows) EndShare(ctx context.Context, id int64, at time.Time, by string) (err error) {
	defer fault.At(&err, "sharing.EndShare(share %d)", id)
	_, err = t.Exec(ctx, `UPDATE share SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL`, at.UnixMilli(), by, id)
	t.Touch("share", id, "")
	return err
}
