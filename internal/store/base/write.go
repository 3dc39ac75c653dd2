package base

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"eyas/internal/store/dialect"
)

// Snapshot runs fn on one snapshot and returns errors unchanged.
func (db *DB) Snapshot(ctx context.Context, fn func(*Tx) error) error {
	if err := db.replaced(); err != nil {
		return err
	}
	end, err := db.turn(ctx)
	if err != nil {
		return fmt.Errorf("store: begin reading: %w", err)
	}
	defer end()
	tx, err := db.Read.BeginTx(ctx, &sql.TxOptions{Isolation: db.Dialect.Snapshot(), ReadOnly: true})
	if err != nil {
		return fmt.Errorf("store: begin reading: %w", err)
	}
	defer tx.Rollback() // a snapshot has nothing to commit
	t := &Tx{tx: tx, Dialect: db.Dialect, hooks: &db.Hooks, snapshotOf: db}
	defer t.close()
	return fn(t)
}

// Reading runs fn on one snapshot, or within the transaction that ctx carries.
func (db *DB) Reading(ctx context.Context, fn func(*Tx) error) error {
	if t, err := db.Joined(ctx); t != nil || err != nil {
		if err != nil {
			return err
		}
		return fn(t)
	}
	var fresh []string
	err := db.Noticed(Ended(ctx, db.Snapshot(ctx, func(t *Tx) error {
		defer func() { fresh = t.fresh }()
		return fn(t)
	})))
	db.kept.keep(ctx, db.Read, fresh) // the connection is free: statements can be prepared on any
	return err
}

// Carrying returns a context in which all reads and writes join a transaction.
func (db *DB) Carrying(ctx context.Context, t *Tx) context.Context {
	return context.WithValue(ctx, together{db}, t)
}

// together is the key of a context for the open transaction of a database.
type together struct{ db *DB }

// Joined returns the open transaction that a context carries; nil when it carries none.
func (db *DB) Joined(ctx context.Context) (*Tx, error) {
	t, _ := ctx.Value(together{db}).(*Tx)
	if t != nil && t.ended {
		return nil, errors.New("store: the transaction of this context has ended")
	}
	return t, nil
}

// Alone runs fn in the one transaction that may write. With keep the data are on the disk when Alone returns; otherwise
// they are there before the next transaction with keep.
func (db *DB) Alone(ctx context.Context, keep bool, fn func(context.Context, *Tx) error) (err error) {
	defer db.Queue.join()()
	if err := db.enter(ctx); err != nil {
		return err
	}
	defer func() { <-db.gate }()
	if err := db.replaced(); err != nil {
		return err
	}
	if err := db.sound(ctx); err != nil {
		return err
	}
	defer func() { err = db.Noticed(err) }()
	if err := db.keeping(ctx, keep); err != nil {
		return err
	}
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback() // no effect after Commit
	t := &Tx{tx: tx, Dialect: db.Dialect, hooks: &db.Hooks, Began: time.Now()}
	defer t.close()
	// From here on this transaction is the only one that writes; see the package comment.
	if err := db.single(ctx, t); err != nil {
		return db.Waited(ctx, fmt.Errorf("store: begin writing: %w", err))
	}
	err = fn(ctx, t)
	t.ended = true
	if err == nil {
		err = t.failed // a part that failed was written in part
	}
	if err == nil && db.Hooks.Ending != nil {
		err = db.Hooks.Ending(ctx, t)
	}
	if err == nil {
		err = t.analyse(ctx)
	}
	if err != nil {
		return Ended(ctx, err)
	}
	t.close()
	if err := tx.Commit(); err != nil {
		return Ended(ctx, dialect.Committed(fmt.Errorf("store: commit: %w", err)))
	}
	if t.Written >= Many && !t.OfBatch && db.Dialect.Release != "" {
		db.Write.ExecContext(ctx, db.Dialect.Release) // what was written is written; only memory is at stake
	}
	if db.Hooks.Ended != nil {
		db.Hooks.Ended(t)
	}
	return nil
}

// single makes this transaction the only one that writes, over all processes.
func (db *DB) single(ctx context.Context, t *Tx) error {
	if db.Dialect.Dollar {
		_, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, db.LockKey(lockBase))
		return err
	}
	_, err := t.Exec(ctx, `UPDATE counter SET value = value + 1 WHERE name = 'write'`) // see snapshotMark
	return err
}

// enter waits for the gate.
func (db *DB) enter(ctx context.Context) error {
	db.Queue.here.Add(1)
	defer db.Queue.here.Add(-1)
	late := time.NewTimer(dialect.LockPatience)
	defer late.Stop()
	select {
	case db.gate <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return errOwnWrite()
	}
}

// begin begins a writing transaction. When another process holds the write lock, it waits up to LockPatience or until ctx
// ends.
func (db *DB) begin(ctx context.Context) (*sql.Tx, error) {
	tx, err := db.Write.BeginTx(ctx, nil)
	if err != nil && dialect.IsBusy(err) {
		defer db.Queue.wait()()
	}
	for start := time.Now(); err != nil && dialect.IsBusy(err) && time.Since(start) < dialect.LockPatience; {
		// SQLite's own wait checks ever less often and would miss the short moments in which others release the lock.
		if err := Pause(ctx, time.Millisecond+rand.N(2*time.Millisecond)); err != nil {
			return nil, err
		}
		tx, err = db.Write.BeginTx(ctx, nil)
	}
	if err == nil && db.Dialect.LockPatience != "" {
		if _, err = tx.ExecContext(ctx, db.Dialect.LockPatience); err != nil {
			tx.Rollback()
		}
	}
	if err != nil {
		return nil, Ended(ctx, fmt.Errorf("store: begin writing: %w", err))
	}
	return tx, nil
}

// keeping sets whether a commit waits until the data are on the disk. The caller holds the gate.
func (db *DB) keeping(ctx context.Context, keep bool) error {
	if db.hasty != keep || db.Dialect.Keep == "" {
		return nil
	}
	text := db.Dialect.Hasty
	if keep {
		text = db.Dialect.Keep
	}
	if _, err := db.Write.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("store: %s: %w", text, err)
	}
	db.hasty = !keep
	return nil
}

// Set runs a statement that configures the writer, outside any transaction. It affects only speed, so errors are ignored.
func (db *DB) Set(ctx context.Context, text string) {
	if text == "" {
		return
	}
	db.gate <- struct{}{}
	defer func() { <-db.gate }()
	db.Write.ExecContext(ctx, text)
}

// Settle updates statistics and releases memory after a batch has written many rows. Nothing depends on it.
func (db *DB) Settle(ctx context.Context) {
	for _, text := range []string{db.Dialect.Statistics, db.Dialect.Release} {
		if text != "" {
			db.Write.ExecContext(ctx, text)
		}
	}
}

// Checkpoint copies the content of SQLite's write-ahead log into the file. It uses its own connection, so that nobody
// waits for it. It does nothing when another process makes a checkpoint.
func (db *DB) Checkpoint(ctx context.Context) {
	if db.checkpoint != nil {
		db.checkpoint.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
	}
}
