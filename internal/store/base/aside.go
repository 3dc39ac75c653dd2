package base

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"eyas/internal/fault"
	"eyas/internal/store/dialect"
)

// ErrBusy is returned when a short transaction could not begin because another one is writing.
var ErrBusy = errors.New("store: the base is being written to")

// Aside runs fn in a short transaction for data that the operation log does not prove: jobs and the pieces of files. It
// waits at most patience, then returns ErrBusy. On PostgreSQL it waits only for writers with the same lock number (0: for
// none); SQLite has one lock for all. It joins the transaction that ctx carries.
func (db *DB) Aside(ctx context.Context, lock int64, patience time.Duration, fn func(*Tx) error) (err error) {
	defer fault.At(&err, "base.Aside(lock %d)", lock)
	if t, err := db.Joined(ctx); t != nil || err != nil {
		if err != nil {
			return err
		}
		return fn(t)
	}
	defer func() {
		if !errors.Is(err, ErrBusy) {
			err = db.Noticed(err)
		}
	}()
	if db.Dialect.Dollar {
		return db.besides(ctx, lock, patience, fn)
	}
	return db.between(ctx, patience, fn)
}

// between is Aside on SQLite: it waits until the write lock is free.
func (db *DB) between(ctx context.Context, patience time.Duration, fn func(*Tx) error) error {
	end := time.Now().Add(patience)
	select {
	case db.gate <- struct{}{}:
	default:
		wait := time.NewTimer(patience)
		defer wait.Stop()
		select {
		case db.gate <- struct{}{}:
		case <-wait.C:
			return ErrBusy
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-db.gate }()
	if err := db.replaced(); err != nil {
		return err
	}
	if err := db.sound(ctx); err != nil {
		return err
	}
	if err := db.keeping(ctx, true); err != nil {
		return err
	}
	conn, err := db.Write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("store: begin writing: %w", err)
	}
	defer conn.Close()
	left := max(0, time.Until(end))
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, left.Milliseconds())); err != nil {
		return fmt.Errorf("store: begin writing: %w", err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if _, e := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA busy_timeout = 0`); e != nil && err == nil {
		tx.Rollback()
		err = e
	}
	if err != nil && dialect.IsBusy(err) {
		return ErrBusy
	}
	if err != nil {
		return Ended(ctx, fmt.Errorf("store: begin writing: %w", err))
	}
	return db.short(ctx, tx, fn)
}

// besides is Aside on PostgreSQL.
func (db *DB) besides(ctx context.Context, lock int64, patience time.Duration, fn func(*Tx) error) error {
	if err := db.damaged.Load(); err != nil {
		return db.damage(*err)
	}
	tx, err := db.Write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: begin writing: %w", err)
	}
	defer tx.Rollback() // no effect after Commit
	if lock != 0 {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`SET LOCAL lock_timeout = '%dms'`, max(10, patience.Milliseconds()))); err != nil {
			return fmt.Errorf("store: begin writing: %w", err)
		}
		_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lock)
		if dialect.IsLockTimeout(err) {
			return ErrBusy
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, `SET LOCAL lock_timeout = 0`)
		}
		if err != nil {
			return Ended(ctx, fmt.Errorf("store: begin writing: %w", err))
		}
	}
	return db.short(ctx, tx, fn)
}

// short runs fn and commits.
func (db *DB) short(ctx context.Context, tx *sql.Tx, fn func(*Tx) error) error {
	defer tx.Rollback() // no effect after Commit
	t := &Tx{tx: tx, Dialect: db.Dialect, hooks: &db.Hooks}
	defer t.close()
	if err := fn(t); err != nil {
		return Ended(ctx, err)
	}
	t.close()
	if err := tx.Commit(); err != nil {
		return Ended(ctx, dialect.Committed(fmt.Errorf("store: commit: %w", err)))
	}
	return nil
}
