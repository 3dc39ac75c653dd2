package store

import (
	"context"
	"database/sql"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry"
)

const entryColumns = `SELECT seq, at, actor, action, subject, detail, prev_hash, hash FROM audit_entry`

func scanEntry(rows *sql.Rows) (e audit.Entry, err error) {
	var at int64
	err = rows.Scan(&e.Seq, &at, &e.Actor, &e.Action, &e.Subject, &e.Detail, &e.Prev, &e.Hash)
	e.At = time.UnixMilli(at).UTC()
	return e, err
}

// Audit gives the entries of the operation log from the first on.
func (db *DB) Audit(ctx context.Context, fn func(audit.Entry) error) error {
	return db.Read(ctx, func(r registry.Reader) error {
		return r.(*transaction).each(ctx, entryColumns+` ORDER BY seq`, nil, func(rows *sql.Rows) error {
			e, err := scanEntry(rows)
			if err != nil {
				return err
			}
			return fn(e)
		})
	})
}

// VerifyAudit checks the chain of the operation log alone and gives its head; the error is a *audit.Broken when it
// does not hold. Verify checks what stands in the base too.
func (db *DB) VerifyAudit(ctx context.Context) (head audit.Entry, err error) {
	var chain audit.Chain
	err = db.Audit(ctx, chain.Check)
	return chain.Last, err
}
