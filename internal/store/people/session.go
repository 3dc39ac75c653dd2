package people

import (
	"context"
	"database/sql"
	"time"

	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
)

const sessionColumns = `token, person, grant_id, half, login, factor, view, view_grant, made, seen, address, browser, ended`

// sessionRow is a session as it is read.
type sessionRow struct {
	people.Session
	half, factor, made, seen int64
	ended                    sql.NullInt64
}

// cells are where the columns of sessionColumns are read to.
func (s *sessionRow) cells() []any {
	return []any{&s.Key, &s.Person, &s.Grant, &s.half, &s.Login, &s.factor, &s.View, &s.ViewGrant, &s.made, &s.seen, &s.From, &s.Browser, &s.ended}
}

func (s *sessionRow) session() people.Session {
	s.Half, s.Factor, s.Made, s.Seen, s.Ended = s.half != 0, s.factor != 0, time.UnixMilli(s.made).UTC(), time.UnixMilli(s.seen).UTC(), timeOf(s.ended)
	return s.Session
}

func (t Rows) sessions(ctx context.Context, tail string, args ...any) (list []people.Session, err error) {
	err = t.Each(ctx, `SELECT `+sessionColumns+` FROM person_session `+tail, args, func(rows *sql.Rows) error {
		var s sessionRow
		err := rows.Scan(s.cells()...)
		list = append(list, s.session())
		return err
	})
	return list, err
}

func (t Rows) Session(ctx context.Context, key string) (_ *people.Session, err error) {
	defer fault.At(&err, "people.Session")
	return first(t.sessions(ctx, `WHERE token = ?`, key))
}

func (t Rows) Sessions(ctx context.Context, person string) (_ []people.Session, err error) {
	defer fault.At(&err, "people.Sessions(person %s)", person)
	return t.sessions(ctx, `WHERE person = ? AND ended IS NULL ORDER BY made DESC, token LIMIT 200`, person)
}

// oldSessions is for how long sessions are kept after they were last used.
const oldSessions = 90 * 24 * time.Hour

func (t Rows) AddSession(ctx context.Context, s *people.Session) (err error) {
	defer fault.At(&err, "people.AddSession(person %s)", s.Person)
	if _, err := t.Exec(ctx, `DELETE FROM person_session WHERE person = ? AND seen < ?`, s.Person, s.Seen.Add(-oldSessions).UnixMilli()); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO person_session (`+sessionColumns+`) VALUES `+dialect.Marks(1, 13), s.Key, s.Person, s.Grant, base.Flag(s.Half), s.Login, base.Flag(s.Factor), s.View, s.ViewGrant,
		s.Made.UnixMilli(), s.Seen.UnixMilli(), s.From, s.Browser, nullTime(s.Ended))
	return err
}

func (t Rows) EndSession(ctx context.Context, key string, at time.Time) (err error) {
	defer fault.At(&err, "people.EndSession")
	_, err = t.Exec(ctx, `UPDATE person_session SET ended = ? WHERE token = ? AND ended IS NULL`, at.UnixMilli(), key)
	return err
}

func (t Rows) EndSessions(ctx context.Context, person, but string, at time.Time) (err error) {
	defer fault.At(&err, "people.EndSessions(person %s)", person)
	if _, err := t.Exec(ctx, `UPDATE person_session SET ended = ? WHERE person = ? AND ended IS NULL AND token <> ?`, at.UnixMilli(), person, but); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `UPDATE person_session SET ended = ? WHERE view = ? AND view <> '' AND ended IS NULL AND token <> ?`, at.UnixMilli(), person, but)
	return err
}

func (t Rows) TouchSession(ctx context.Context, key string, at time.Time) (err error) {
	defer fault.At(&err, "people.TouchSession")
	_, err = t.Exec(ctx, `UPDATE person_session SET seen = ? WHERE token = ? AND ended IS NULL AND seen < ?`, at.UnixMilli(), key, at.UnixMilli())
	return err
}

func (t Rows) Link(ctx context.Context, key string) (_ *people.Link, err error) {
	defer fault.At(&err, "people.Link")
	var l people.Link
	var made, expires int64
	var used sql.NullInt64
	found, err := t.One(ctx, `SELECT token, kind, person, made, made_by, expires, used FROM person_link WHERE token = ?`, []any{key}, &l.Key, &l.Kind, &l.Person, &made, &l.MadeBy, &expires, &used)
	if err != nil || !found {
		return nil, err
	}
	l.Made, l.Expires, l.Used = time.UnixMilli(made).UTC(), time.UnixMilli(expires).UTC(), timeOf(used)
	return &l, nil
}

func (t Rows) AddLink(ctx context.Context, l *people.Link) (err error) {
	defer fault.At(&err, "people.AddLink(person %s)", l.Person)
	_, err = t.Exec(ctx, `INSERT INTO person_link (token, kind, person, made, made_by, expires, used) VALUES `+dialect.Marks(1, 7), l.Key, string(l.Kind), l.Person, l.Made.UnixMilli(), l.MadeBy,
		l.Expires.UnixMilli(), nullTime(l.Used))
	return err
}

func (t Rows) UseLink(ctx context.Context, key string, at time.Time) (err error) {
	defer fault.At(&err, "people.UseLink")
	_, err = t.Exec(ctx, `UPDATE person_link SET used = ? WHERE token = ? AND used IS NULL`, at.UnixMilli(), key)
	return err
}

func (t Rows) EndLinks(ctx context.Context, person string, at time.Time) (err error) {
	defer fault.At(&err, "people.EndLinks(person %s)", person)
	_, err = t.Exec(ctx, `UPDATE person_link SET used = ? WHERE person = ? AND used IS NULL`, at.UnixMilli(), person)
	return err
}

func (t Rows) Token(ctx context.Context, key string) (_ *people.Token, err error) {
	defer fault.At(&err, "people.Token")
	var x people.Token
	var made int64
	var ended sql.NullInt64
	found, err := t.One(ctx, `SELECT token, person, made, made_by, ended FROM person_token WHERE token = ?`, []any{key}, &x.Key, &x.Person, &made, &x.MadeBy, &ended)
	if err != nil || !found {
		return nil, err
	}
	x.Made, x.Ended = time.UnixMilli(made).UTC(), timeOf(ended)
	return &x, nil
}

func (t Rows) AddToken(ctx context.Context, x *people.Token) (err error) {
	defer fault.At(&err, "people.AddToken(person %s)", x.Person)
	_, err = t.Exec(ctx, `INSERT INTO person_token (token, person, made, made_by, ended) VALUES `+dialect.Marks(1, 5), x.Key, x.Person, x.Made.UnixMilli(), x.MadeBy, nullTime(x.Ended))
	return err
}

func (t Rows) EndTokens(ctx context.Context, person string, at time.Time) (err error) {
	defer fault.At(&err, "people.EndTokens(person %s)", person)
	_, err = t.Exec(ctx, `UPDATE person_token SET ended = ? WHERE person = ? AND ended IS NULL`, at.UnixMilli(), person)
	return err
}

func (t Rows) LockedUntil(ctx context.Context, key string) (_ time.Time, err error) {
	defer fault.At(&err, "people.LockedUntil")
	var until int64
	found, err := t.One(ctx, `SELECT until FROM person_lock WHERE subject = ?`, []any{sought(key)}, &until)
	if err != nil || !found {
		return time.Time{}, err
	}
	return time.UnixMilli(until).UTC(), nil
}

func (t Rows) Attempts(ctx context.Context, key string, since time.Time) (n int, err error) {
	defer fault.At(&err, "people.Attempts")
	_, err = t.One(ctx, `SELECT COUNT(*) FROM person_attempt WHERE subject = ? AND at > ?`, []any{sought(key), since.UnixMilli()}, &n)
	return n, err
}

func (t Rows) AddAttempt(ctx context.Context, key string, at time.Time) (err error) {
	defer fault.At(&err, "people.AddAttempt")
	_, err = t.Exec(ctx, `INSERT INTO person_attempt (subject, at) VALUES (?, ?)`, sought(key), at.UnixMilli())
	return err
}

func (t Rows) ForgetAttempts(ctx context.Context, key string, before time.Time) (err error) {
	defer fault.At(&err, "people.ForgetAttempts")
	for _, x := range []struct {
		text string
		arg  any
	}{{`DELETE FROM person_attempt WHERE subject = ?`, sought(key)}, {`DELETE FROM person_lock WHERE subject = ?`, sought(key)},
		{`DELETE FROM person_attempt WHERE at < ?`, before.UnixMilli()}, {`DELETE FROM person_lock WHERE until < ?`, before.UnixMilli()}} {
		if _, err := t.Exec(ctx, x.text, x.arg); err != nil {
			return err
		}
	}
	return nil
}

func (t Rows) Lock(ctx context.Context, key string, until time.Time) (err error) {
	defer fault.At(&err, "people.Lock")
	_, err = t.Exec(ctx, `INSERT INTO person_lock (subject, until) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET until = excluded.until`, sought(key), until.UnixMilli())
	return err
}
