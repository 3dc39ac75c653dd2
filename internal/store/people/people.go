// Package people stores persons, what they were granted, and their sessions, for the room people.
package people

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/vault"
)

var _ people.Storage = (*People)(nil)

// People is the storage of people in a base.
type People struct{ db *room.DB }

// Of returns the people of a base.
func Of(db *room.DB) *People { return &People{db} }

// Rows reads and writes the tables of people in an open transaction.
type Rows struct{ *row.Tx }

var _ people.Writer = Rows{}

const (
	// peopleLock makes those who write people go one after another on PostgreSQL.
	peopleLock = 20210334
	// asidePatience is how long a short write waits before it is tried again.
	asidePatience = 5 * time.Second
)

// ReadPeople implements people.Storage.
func (s *People) ReadPeople(ctx context.Context, fn func(people.Reader) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(Rows{t}) })
}

// WritePeople implements people.Storage.
func (s *People) WritePeople(ctx context.Context, fn func(context.Context, people.Writer) error) error {
	return s.db.Together(ctx, func(ctx context.Context) error {
		return s.db.Changing(ctx, func(t *row.Tx) error {
			if s.db.Base.Dialect.Dollar {
				if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, int64(peopleLock)); err != nil {
					return err
				}
			}
			return fn(ctx, Rows{t})
		})
	})
}

// WriteAside implements people.Storage.
func (s *People) WriteAside(ctx context.Context, fn func(people.Aside) error) error {
	for {
		err := s.db.Aside(ctx, peopleLock, asidePatience, func(t *row.Tx) error { return fn(Rows{t}) })
		if !errors.Is(err, base.ErrBusy) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Log implements people.Writer.
func (t Rows) Log(ctx context.Context, e audit.Entry) (err error) {
	defer fault.At(&err, "people.Log(%s)", e.Action)
	return row.LogRows{Tx: t.Tx}.Log(ctx, e)
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

func (t Rows) AnyPerson(ctx context.Context) (_ bool, err error) {
	defer fault.At(&err, "people.AnyPerson")
	var one int64
	return t.One(ctx, `SELECT 1 FROM person LIMIT 1`, nil, &one)
}

const personColumns = `id, name, phone, mail, state, demo, made, made_by, successor, system`

// personRow is a person as he is read.
type personRow struct {
	people.Person
	demo, made int64
	system     sql.NullInt64
}

// cells are where the columns of personColumns are read to.
func (p *personRow) cells() []any {
	return []any{&p.ID, &p.Name, &p.Phone, &p.Mail, &p.State, &p.demo, &p.made, &p.MadeBy, &p.Successor, &p.system}
}

func (p *personRow) person() people.Person {
	p.Demo, p.System, p.Made = p.demo != 0, p.system.Int64 != 0, time.UnixMilli(p.made).UTC()
	return p.Person
}

func (t Rows) persons(ctx context.Context, tail string, args ...any) (list []people.Person, err error) {
	err = t.Each(ctx, `SELECT `+personColumns+` FROM person `+tail, args, func(rows *sql.Rows) error {
		var p personRow
		err := rows.Scan(p.cells()...)
		list = append(list, p.person())
		return err
	})
	return list, err
}

func first[T any](list []T, err error) (*T, error) {
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (t Rows) Person(ctx context.Context, id string) (_ *people.Person, err error) {
	defer fault.At(&err, "people.Person(person %s)", id)
	return first(t.persons(ctx, `WHERE id = ?`, id))
}

func (t Rows) AddPerson(ctx context.Context, p *people.Person) (err error) {
	defer fault.At(&err, "people.AddPerson(person %s)", p.ID)
	_, err = t.Exec(ctx, `INSERT INTO person (`+personColumns+`) VALUES `+dialect.Marks(1, 10), p.ID, p.Name, p.Phone, p.Mail, string(p.State), base.Flag(p.Demo), p.Made.UnixMilli(), p.MadeBy, p.Successor, sql.NullInt64{Int64: 1, Valid: p.System})
	t.Touch("person", 0, p.ID)
	return err
}

func (t Rows) SetPerson(ctx context.Context, p *people.Person) (err error) {
	defer fault.At(&err, "people.SetPerson(person %s)", p.ID)
	_, err = t.Exec(ctx, `UPDATE person SET name = ?, phone = ?, mail = ?, state = ?, successor = ? WHERE id = ?`, p.Name, p.Phone, p.Mail, string(p.State), p.Successor, p.ID)
	t.Touch("person", 0, p.ID)
	return err
}

// kept is how many stored passwords of a person are kept.
const kept = 5

func (t Rows) Passwords(ctx context.Context, person string) (list []people.Password, err error) {
	defer fault.At(&err, "people.Passwords(person %s)", person)
	err = t.Each(ctx, `SELECT hash, at, forced FROM person_password WHERE person = ? ORDER BY n DESC LIMIT ?`, []any{person, kept}, func(rows *sql.Rows) error {
		var p people.Password
		var at, forced int64
		err := rows.Scan(&p.Hash, &at, &forced)
		p.At, p.Forced = time.UnixMilli(at).UTC(), forced != 0
		list = append(list, p)
		return err
	})
	return list, err
}

func (t Rows) AddPassword(ctx context.Context, person string, p people.Password) (err error) {
	defer fault.At(&err, "people.AddPassword(person %s)", person)
	var n int64
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(n), 0) + 1 FROM person_password WHERE person = ?`, []any{person}, &n); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `INSERT INTO person_password (person, n, hash, at, forced) VALUES `+dialect.Marks(1, 5), person, n, p.Hash, p.At.UnixMilli(), base.Flag(p.Forced)); err != nil {
		return err
	}
	_, err = t.Exec(ctx, `DELETE FROM person_password WHERE person = ? AND n <= ?`, person, n-kept)
	return err
}

func (t Rows) SetPassword(ctx context.Context, person string, p people.Password) (err error) {
	defer fault.At(&err, "people.SetPassword(person %s)", person)
	_, err = t.Exec(ctx, `UPDATE person_password SET hash = ?, at = ?, forced = ? WHERE person = ? AND n = (SELECT MAX(n) FROM person_password WHERE person = ?)`,
		p.Hash, p.At.UnixMilli(), base.Flag(p.Forced), person, person)
	return err
}

func (t Rows) Secret(ctx context.Context, person, kind string) (sealed []byte, err error) {
	defer fault.At(&err, "people.Secret(person %s, kind %s)", person, kind)
	_, err = t.One(ctx, `SELECT sealed FROM person_secret WHERE person = ? AND kind = ?`, []any{person, kind}, &sealed)
	return sealed, err
}

func (t Rows) SetSecret(ctx context.Context, person, kind string, sealed []byte) (err error) {
	defer fault.At(&err, "people.SetSecret(person %s, kind %s)", person, kind)
	if sealed == nil {
		_, err = t.Exec(ctx, `DELETE FROM person_secret WHERE person = ? AND kind = ?`, person, kind)
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO person_secret (person, kind, sealed) VALUES (?, ?, ?) ON CONFLICT (person, kind) DO UPDATE SET sealed = excluded.sealed`, person, kind, vault.Hidden(sealed))
	return err
}
