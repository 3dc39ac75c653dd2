package oplog

import (
	"context"
	"database/sql"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
)

// Entries is the query of entries of the log; ScanEntry scans its rows.
const Entries = `SELECT seq, at, actor, action, subject, detail, prev_hash, hash FROM audit_entry`

// ScanEntry scans a row of Entries.
func ScanEntry(rows *sql.Rows) (e audit.Entry, err error) {
	var at int64
	err = rows.Scan(&e.Seq, &at, &e.Actor, &e.Action, &e.Subject, &e.Detail, &e.Prev, &e.Hash)
	e.At = time.UnixMilli(at).UTC()
	return e, err
}

// Each passes the entries of the operation log from the first on, with the texts that were not erased.
func (l *Log) Each(ctx context.Context, fn func(audit.Entry) error) (err error) {
	defer fault.At(&err, "oplog.Each")
	return l.reading(ctx, func(t *Tx) error {
		for after := int64(0); ; {
			entries, err := t.NextEntries(ctx, after)
			if err != nil || len(entries) == 0 {
				return err
			}
			last := entries[len(entries)-1].Seq
			texts := map[int64]map[string]string{}
			err = t.EachText(ctx, after, last, func(seq int64, k *audit.Kept) {
				if texts[seq] == nil {
					texts[seq] = map[string]string{}
				}
				if k.Salt != nil {
					texts[seq][k.Name] = k.Text
				}
			})
			if err != nil {
				return err
			}
			for _, e := range entries {
				e.Texts = texts[e.Seq]
				if err := fn(e); err != nil {
					return err
				}
			}
			after = last
		}
	})
}

// Window is the number of entries that are held in memory during a comparison.
const Window = 512

// NextEntries returns one page of the entries after a number.
func (t *Tx) NextEntries(ctx context.Context, after int64) (list []audit.Entry, err error) {
	defer fault.At(&err, "oplog.NextEntries(after %d)", after)
	err = t.Each(ctx, Entries+` WHERE seq > ? ORDER BY seq LIMIT ?`, []any{after, Window}, func(rows *sql.Rows) error {
		e, err := ScanEntry(rows)
		list = append(list, e)
		return err
	})
	return list, err
}

// EachText passes the texts beside the entries after a number. The salt of an erased text is nil.
func (t *Tx) EachText(ctx context.Context, after, last int64, fn func(seq int64, k *audit.Kept)) (err error) {
	defer fault.At(&err, "oplog.EachText(after %d, last %d)", after, last)
	return t.Each(ctx, `SELECT seq, name, salt, text FROM audit_text WHERE seq > ? AND seq <= ? ORDER BY seq, name`, []any{after, last}, func(rows *sql.Rows) error {
		var seq int64
		var k audit.Kept
		var text sql.NullString
		err := rows.Scan(&seq, &k.Name, &k.Salt, &text)
		k.Text = text.String
		fn(seq, &k)
		return err
	})
}
