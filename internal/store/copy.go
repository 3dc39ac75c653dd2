package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/row"
)

// Copy writes the database as it is at one moment to a new file, while others read and write. It is for SQLite only:
// a server has tools of its own.
func (db *DB) Copy(ctx context.Context, path string) (err error) {
	defer fault.At(&err, "store.Copy(file %s)", path)
	if db.room.Base.Dialect.Dollar {
		return OnServer()
	}
	full, err := filepath.Abs(db.Name())
	if err != nil {
		return err
	}
	q := url.Values{"_pragma": {"busy_timeout(30000)"}}
	from, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: full, RawQuery: q.Encode()}).String())
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := from.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return db.room.Base.Noticed(base.Ended(ctx, fmt.Errorf("store: copy %s to %s: %w", db.Name(), path, err)))
	}
	return nil
}

// OnServer says how a base on a server is kept safe.
func OnServer() error {
	return fault.New(fault.Invalid,
		"底库在 PostgreSQL 上：请用 pg_dump 备份、pg_restore 恢复，恢复后运行 eyas renew。步骤见 docs/operations.md。",
		"The base is on PostgreSQL: back it up with pg_dump, restore it with pg_restore, then run eyas renew. The steps are in docs/operations.md.")
}

// Release ends the use of an SQLite file by this process and makes it one file without a log beside it. It is a fault
// when another process uses it.
func (db *DB) Release(ctx context.Context) error {
	if err := db.room.Base.Read.Close(); err != nil {
		return err
	}
	if _, err := db.room.Base.Write.ExecContext(ctx, `PRAGMA journal_mode = DELETE`); err != nil {
		if dialect.IsBusy(err) {
			return fault.New(fault.Conflict, fmt.Sprintf("另一个程序正在使用 %s。请先停止它。", db.Name()), fmt.Sprintf("Another program is using %s. Stop it first.", db.Name())).Wrap(err)
		}
		return err
	}
	return db.room.Base.Write.Close()
}

// Renew begins a new history: the database gets another identity and its newest change another mark, so that nothing
// that was derived from the database it was copied from is taken for its own. e is the entry of the log that says so.
// On a server the statistics are taken too, which a restored database lacks.
func (db *DB) Renew(ctx context.Context, e audit.Entry) (err error) {
	defer fault.At(&err, "store.Renew(action %s)", e.Action)
	id := rand.Text()
	err = db.room.Changing(ctx, func(t *row.Tx) error {
		if err := (row.NumberRows{Tx: t}).Set(ctx, "base", id); err != nil {
			return err
		}
		change, err := row.CounterRows{Tx: t}.Counter(ctx, fact.LastChange)
		if err != nil {
			return err
		}
		if err := t.MarkChange(ctx, change); err != nil {
			return err
		}
		if db.room.Base.Dialect.Dollar {
			if _, err := t.Exec(ctx, `ANALYZE`); err != nil {
				return fmt.Errorf("store: statistics: %w", err)
			}
		}
		return row.LogRows{Tx: t}.Log(ctx, e)
	})
	if err == nil {
		db.room.Base.SetBase(id)
	}
	return err
}
