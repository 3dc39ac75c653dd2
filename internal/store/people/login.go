package people

import (
	"context"
	"time"

	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/vault"
)

// sought is a text by which a row is found. One with an identity number is written as its keyed hash: what is sealed differs each
// time, and would never be found. A provider may know people by their numbers.
func sought(text string) any {
	if vault.Holds(text) {
		return vault.MarkedText(text)
	}
	return text
}

func (t Rows) Login(ctx context.Context, issuer, subject string) (person string, err error) {
	defer fault.At(&err, "people.Login")
	_, err = t.One(ctx, `SELECT person FROM person_login WHERE issuer = ? AND subject = ?`, []any{issuer, sought(subject)}, &person)
	return person, err
}

func (t Rows) HasLogin(ctx context.Context, person string) (_ bool, err error) {
	defer fault.At(&err, "people.HasLogin(person %s)", person)
	var one int64
	return t.One(ctx, `SELECT 1 FROM person_login WHERE person = ? LIMIT 1`, []any{person}, &one)
}

func (t Rows) AddLogin(ctx context.Context, issuer, subject, person string, at time.Time) (err error) {
	defer fault.At(&err, "people.AddLogin(person %s)", person)
	_, err = t.Exec(ctx, `INSERT INTO person_login (issuer, subject, person, made) VALUES (?, ?, ?, ?)`, issuer, sought(subject), person, at.UnixMilli())
	return err
}

func (t Rows) Flows(ctx context.Context, since time.Time) (n int, err error) {
	defer fault.At(&err, "people.Flows")
	if _, err := t.Exec(ctx, `DELETE FROM person_flow WHERE made <= ?`, since.UnixMilli()); err != nil {
		return 0, err
	}
	_, err = t.One(ctx, `SELECT COUNT(*) FROM person_flow`, nil, &n)
	return n, err
}

func (t Rows) AddFlow(ctx context.Context, key string, f *people.Flow) (err error) {
	defer fault.At(&err, "people.AddFlow")
	_, err = t.Exec(ctx, `INSERT INTO person_flow (state, nonce, verifier, back, made) VALUES (?, ?, ?, ?, ?)`, key, f.Nonce, f.Verifier, f.Back, f.Made.UnixMilli())
	return err
}

func (t Rows) TakeFlow(ctx context.Context, key string) (_ *people.Flow, err error) {
	defer fault.At(&err, "people.TakeFlow")
	var f people.Flow
	var made int64
	found, err := t.One(ctx, `SELECT nonce, verifier, back, made FROM person_flow WHERE state = ?`, []any{key}, &f.Nonce, &f.Verifier, &f.Back, &made)
	if err != nil || !found {
		return nil, err
	}
	f.Made = time.UnixMilli(made).UTC()
	_, err = t.Exec(ctx, `DELETE FROM person_flow WHERE state = ?`, key)
	return &f, err
}
