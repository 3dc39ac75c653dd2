// Package mandate stores who stands for subjects and what is entrusted to whom, for the room mandate.
package mandate

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/mandate"
	"eyas/internal/store/dialect"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

var _ mandate.Storage = (*Mandate)(nil)

// Mandate is the storage of mandates in a base.
type Mandate struct{ db *room.DB }

// Of returns the mandates of a base.
func Of(db *room.DB) *Mandate { return &Mandate{db} }

// Rows reads and writes mandates in an open transaction.
type Rows struct{ *row.Tx }

var _ mandate.Writer = Rows{}

// lock makes those who write mandates go one after another on PostgreSQL.
const lock = 20210337

// ReadMandates implements mandate.Storage.
func (s *Mandate) ReadMandates(ctx context.Context, fn func(mandate.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t}) })
}

// WriteMandates implements mandate.Storage.
func (s *Mandate) WriteMandates(ctx context.Context, fn func(mandate.Writer) error) error {
	return s.db.Changing(ctx, func(t *row.Tx) error {
		if s.db.Base.Dialect.Dollar {
			if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(lock)); err != nil {
				return err
			}
		}
		return fn(Rows{t})
	})
}

// Log implements mandate.Writer.
func (t Rows) Log(ctx context.Context, e audit.Entry) (err error) {
	defer fault.At(&err, "mandate.Log(%s)", e.Action)
	return row.LogRows(t).Log(ctx, e)
}

func timeOf(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}

func nullTime(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func first[T any](list []T, err error) (*T, error) {
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Grant implements mandate.Reader.
func (t Rows) Grant(ctx context.Context, id int64, day string) (_ *mandate.Grant, err error) {
	defer fault.At(&err, "mandate.Grant(grant %d)", id)
	var g mandate.Grant
	var state, from, until string
	var decided sql.NullInt64
	found, err := t.One(ctx, `SELECT id, person, role, subject, state, from_day, until_day, decided_at FROM person_grant WHERE id = ?`, []any{id}, &g.ID, &g.Person, &g.Role, &g.Subject, &state, &from, &until, &decided)
	if err != nil || !found {
		return nil, err
	}
	g.Holds, g.Decided = state == "given" && from <= day && (until == "" || until >= day), timeOf(decided)
	return &g, nil
}

// Holders implements mandate.Reader.
func (t Rows) Holders(ctx context.Context, role auth.Role, subject int64, day string, limit int) (list []mandate.Holder, err error) {
	defer fault.At(&err, "mandate.Holders(subject %d)", subject)
	err = t.Each(ctx, `SELECT g.id, g.person, p.name FROM person_grant g JOIN person p ON p.id = g.person
WHERE g.subject = ? AND g.subject <> 0 AND g.role = ? AND g.state = 'given' AND g.from_day <= ? AND (g.until_day = '' OR g.until_day >= ?) ORDER BY g.id LIMIT ?`,
		[]any{subject, string(role), day, day, limit}, func(rows *sql.Rows) error {
			var h mandate.Holder
			err := rows.Scan(&h.Grant, &h.Person, &h.Name)
			list = append(list, h)
			return err
		})
	return list, err
}

const positionColumns = `id, subject, person, grant_id, basis, document, salt, was, named, made, made_by, lapsed, ended, ended_by`

func (t Rows) positions(ctx context.Context, tail string, args ...any) (list []mandate.Position, err error) {
	err = t.Each(ctx, `SELECT `+positionColumns+` FROM legal_person `+tail, args, func(rows *sql.Rows) error {
		var p mandate.Position
		var made int64
		var lapsed, ended sql.NullInt64
		err := rows.Scan(&p.ID, &p.Subject, &p.Person, &p.Grant, &p.Basis, &p.Document, &p.Salt, &p.Was, &p.Named, &made, &p.MadeBy, &lapsed, &ended, &p.EndedBy)
		p.Made, p.Lapsed, p.Ended = time.UnixMilli(made).UTC(), timeOf(lapsed), timeOf(ended)
		list = append(list, p)
		return err
	})
	return list, err
}

// Position implements mandate.Reader.
func (t Rows) Position(ctx context.Context, id int64) (_ *mandate.Position, err error) {
	defer fault.At(&err, "mandate.Position(position %d)", id)
	return first(t.positions(ctx, `WHERE id = ?`, id))
}

// Positions implements mandate.Reader.
func (t Rows) Positions(ctx context.Context, subject int64, limit int) (_ []mandate.Position, err error) {
	defer fault.At(&err, "mandate.Positions(subject %d)", subject)
	return t.positions(ctx, `WHERE subject = ? ORDER BY id DESC LIMIT ?`, subject, limit)
}

// PositionsOf implements mandate.Reader.
func (t Rows) PositionsOf(ctx context.Context, grant int64) (_ []mandate.Position, err error) {
	defer fault.At(&err, "mandate.PositionsOf(grant %d)", grant)
	return t.positions(ctx, `WHERE grant_id = ? AND ended IS NULL AND lapsed IS NULL ORDER BY id DESC`, grant)
}

// Standing implements mandate.Reader.
func (t Rows) Standing(ctx context.Context, after int64, limit int) (_ []mandate.Position, err error) {
	defer fault.At(&err, "mandate.Standing(after %d)", after)
	return t.positions(ctx, `WHERE id > ? AND ended IS NULL AND lapsed IS NULL ORDER BY id LIMIT ?`, after, limit)
}

const mandateColumns = `id, subject, position, person, grant_id, matters, from_day, until_day, made, made_by, accepted, ended, ended_by`

func (t Rows) mandates(ctx context.Context, tail string, args ...any) (list []mandate.Mandate, err error) {
	err = t.Each(ctx, `SELECT `+mandateColumns+` FROM mandate `+tail, args, func(rows *sql.Rows) error {
		var m mandate.Mandate
		var made int64
		var matters string
		var accepted, ended sql.NullInt64
		err := rows.Scan(&m.ID, &m.Subject, &m.Position, &m.Person, &m.Grant, &matters, &m.From, &m.Until, &made, &m.MadeBy, &accepted, &ended, &m.EndedBy)
		m.Matters = strings.Split(matters, ",")
		m.Made, m.Accepted, m.Ended = time.UnixMilli(made).UTC(), timeOf(accepted), timeOf(ended)
		list = append(list, m)
		return err
	})
	return list, err
}

// Mandate implements mandate.Reader.
func (t Rows) Mandate(ctx context.Context, id int64) (_ *mandate.Mandate, err error) {
	defer fault.At(&err, "mandate.Mandate(mandate %d)", id)
	return first(t.mandates(ctx, `WHERE id = ?`, id))
}

// Mandates implements mandate.Reader.
func (t Rows) Mandates(ctx context.Context, subject int64, limit int) (_ []mandate.Mandate, err error) {
	defer fault.At(&err, "mandate.Mandates(subject %d)", subject)
	return t.mandates(ctx, `WHERE subject = ? ORDER BY id DESC LIMIT ?`, subject, limit)
}

// MandatesOf implements mandate.Reader.
func (t Rows) MandatesOf(ctx context.Context, person string, limit int) (_ []mandate.Mandate, err error) {
	defer fault.At(&err, "mandate.MandatesOf(person %s)", person)
	return t.mandates(ctx, `WHERE person = ? ORDER BY id DESC LIMIT ?`, person, limit)
}

// Open implements mandate.Reader.
func (t Rows) Open(ctx context.Context, grant int64, day string) (_ []mandate.Mandate, err error) {
	defer fault.At(&err, "mandate.Open(grant %d)", grant)
	return t.mandates(ctx, `WHERE grant_id = ? AND until_day >= ? AND ended IS NULL ORDER BY id`, grant, day)
}

// AddPosition implements mandate.Writer.
func (t Rows) AddPosition(ctx context.Context, p *mandate.Position) (err error) {
	defer fault.At(&err, "mandate.AddPosition(subject %d)", p.Subject)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM legal_person`, nil, &p.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO legal_person (`+positionColumns+`) VALUES `+dialect.Marks(1, 14), p.ID, p.Subject, p.Person, p.Grant, string(p.Basis), p.Document, p.Salt, p.Was, p.Named,
		p.Made.UnixMilli(), p.MadeBy, nullTime(p.Lapsed), nullTime(p.Ended), p.EndedBy)
	t.Touch("legal_person", p.ID, "")
	return err
}

// SetPosition implements mandate.Writer.
func (t Rows) SetPosition(ctx context.Context, p *mandate.Position) (err error) {
	defer fault.At(&err, "mandate.SetPosition(position %d)", p.ID)
	_, err = t.Exec(ctx, `UPDATE legal_person SET lapsed = ?, ended = ?, ended_by = ? WHERE id = ?`, nullTime(p.Lapsed), nullTime(p.Ended), p.EndedBy, p.ID)
	t.Touch("legal_person", p.ID, "")
	return err
}

// AddMandate implements mandate.Writer.
func (t Rows) AddMandate(ctx context.Context, m *mandate.Mandate) (err error) {
	defer fault.At(&err, "mandate.AddMandate(subject %d)", m.Subject)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM mandate`, nil, &m.ID); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO mandate (`+mandateColumns+`) VALUES `+dialect.Marks(1, 13), m.ID, m.Subject, m.Position, m.Person, m.Grant, strings.Join(m.Matters, ","), m.From, m.Until,
		m.Made.UnixMilli(), m.MadeBy, nullTime(m.Accepted), nullTime(m.Ended), m.EndedBy)
	t.Touch("mandate", m.ID, "")
	return err
}

// SetMandate implements mandate.Writer.
func (t Rows) SetMandate(ctx context.Context, m *mandate.Mandate) (err error) {
	defer fault.At(&err, "mandate.SetMandate(mandate %d)", m.ID)
	_, err = t.Exec(ctx, `UPDATE mandate SET accepted = ?, ended = ?, ended_by = ? WHERE id = ?`, nullTime(m.Accepted), nullTime(m.Ended), m.EndedBy, m.ID)
	t.Touch("mandate", m.ID, "")
	return err
}
