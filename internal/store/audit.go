package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry"
)

// Log appends to the audit chain. The head cannot move meanwhile: only this transaction writes.
func (t *transaction) Log(ctx context.Context, e audit.Entry) error {
	var last audit.Entry
	if _, err := t.one(ctx, `SELECT seq, hash FROM audit_entry ORDER BY seq DESC LIMIT 1`, nil, &last.Seq, &last.Hash); err != nil {
		return fmt.Errorf("store: head of the audit chain: %w", err)
	}
	e = e.After(last)
	_, err := t.exec(ctx, `INSERT INTO audit_entry (seq, at, actor, action, subject, detail, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Seq, e.At.UnixMilli(), e.Actor, e.Action, e.Subject, e.Detail, e.Prev, e.Hash)
	if err != nil {
		return fmt.Errorf("store: append to the audit chain: %w", err)
	}
	return nil
}

// Audit gives the entries of the operation log from the first on.
func (db *DB) Audit(ctx context.Context, fn func(audit.Entry) error) error {
	return db.Read(ctx, func(r registry.Reader) error {
		return r.(*transaction).each(ctx, `SELECT seq, at, actor, action, subject, detail, prev_hash, hash FROM audit_entry ORDER BY seq`, nil,
			func(rows *sql.Rows) error {
				var e audit.Entry
				var at int64
				if err := rows.Scan(&e.Seq, &at, &e.Actor, &e.Action, &e.Subject, &e.Detail, &e.Prev, &e.Hash); err != nil {
					return err
				}
				e.At = time.UnixMilli(at).UTC()
				return fn(e)
			})
	})
}
