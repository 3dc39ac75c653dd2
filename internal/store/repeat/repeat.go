// Package repeat stores the answers to writes of the API, for the room repeat.
package repeat

import (
	"context"
	"errors"
	"time"

	"eyas/internal/fault"
	"eyas/internal/repeat"
	"eyas/internal/store/base"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/vault"
)

// Answers is the storage of answers in a base.
type Answers struct{ db *room.DB }

var _ repeat.Storage = (*Answers)(nil)

// Of returns the answers of a base.
func Of(db *room.DB) *Answers { return &Answers{db} }

// patience is how long a short write waits before it is tried again.
const patience = 5 * time.Second

// ReadAnswers implements repeat.Storage.
func (s *Answers) ReadAnswers(ctx context.Context, fn func(repeat.Rows) error) error {
	return s.db.Reading(ctx, func(t *row.Tx) error { return fn(rows{t}) })
}

// KeepAnswers implements repeat.Storage.
func (s *Answers) KeepAnswers(ctx context.Context, fn func(repeat.Rows) error) error {
	for {
		err := s.db.Aside(ctx, 0, patience, func(t *row.Tx) error { return fn(rows{t}) })
		if !errors.Is(err, base.ErrBusy) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

type rows struct{ *row.Tx }

// sought is a key by which a row is found; one with an identity number is written as its keyed hash.
func sought(text string) any {
	if vault.Holds(text) {
		return vault.MarkedText(text)
	}
	return text
}

// Answer implements repeat.Rows.
func (t rows) Answer(ctx context.Context, owner, key string, since time.Time) (_ *repeat.Answer, err error) {
	defer fault.At(&err, "repeat.Answer(owner %s)", owner)
	a := repeat.Answer{Owner: owner, Key: key}
	var made int64
	found, err := t.One(ctx, `SELECT digest, made, status, etag, body FROM api_answer WHERE owner = ? AND name = ? AND made >= ?`, []any{owner, sought(key), since.UnixMilli()}, &a.Digest, &made, &a.Status, &a.ETag, &a.Body)
	if err != nil || !found {
		return nil, err
	}
	a.Made = time.UnixMilli(made).UTC()
	return &a, nil
}

// Keep implements repeat.Rows.
func (t rows) Keep(ctx context.Context, a *repeat.Answer, since time.Time) (fresh bool, err error) {
	defer fault.At(&err, "repeat.Keep(owner %s)", a.Owner)
	var status int64
	fresh, err = t.One(ctx, `INSERT INTO api_answer (owner, name, digest, made, status, etag, body) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (owner, name) DO UPDATE SET digest = excluded.digest, made = excluded.made, status = excluded.status, etag = excluded.etag, body = excluded.body WHERE api_answer.made < ? RETURNING status`,
		[]any{a.Owner, sought(a.Key), a.Digest, a.Made.UnixMilli(), a.Status, a.ETag, a.Body, since.UnixMilli()}, &status)
	return fresh, err
}

// Forget implements repeat.Rows.
func (t rows) Forget(ctx context.Context, before time.Time) (err error) {
	defer fault.At(&err, "repeat.Forget")
	_, err = t.Exec(ctx, `DELETE FROM api_answer WHERE made < ?`, before.UnixMilli())
	return err
}
