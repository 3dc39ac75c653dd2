package base

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"eyas/internal/store/dialect"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// sharedAtOnce limits how many writes of a process run side by side. Each one has a connection.
const sharedAtOnce = 4

// LockKey returns the number of an advisory lock of this base. In PostgreSQL all schemas of a database share these
// numbers.
func (db *DB) LockKey(thing string) int64 {
	h := fnv.New64a()
	h.Write([]byte(db.schema))
	h.Write([]byte{0})
	h.Write([]byte(thing))
	return int64(h.Sum64())
}

// Locks of a base besides those of claims.
const (
	lockBase  = "the base"
	lockOrder = "the order of commits"
)

// Shared runs fn, on PostgreSQL, in a transaction that writes beside others of its kind. They share the lock of the base,
// which every other write holds alone. Hooks.Ending runs under the lock for the order of commits when it calls Ordered.
func (db *DB) Shared(ctx context.Context, fn func(context.Context, *Tx) error) (err error) {
	select {
	case db.sharers <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-db.sharers }()
	if err := db.damaged.Load(); err != nil {
		return db.damage(*err)
	}
	defer func() { err = db.Noticed(err) }()
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback() // no effect after Commit
	t := &Tx{tx: tx, Dialect: db.Dialect, hooks: &db.Hooks, Began: time.Now()}
	defer t.close()
	db.Queue.here.Add(1)
	_, err = tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, db.LockKey(lockBase))
	db.Queue.here.Add(-1)
	if err != nil {
		return db.Waited(ctx, fmt.Errorf("store: begin writing: %w", err))
	}
	err = fn(ctx, t)
	t.ended = true
	if err == nil {
		err = t.failed
	}
	if err == nil && db.Hooks.Ending != nil {
		err = db.Hooks.Ending(ctx, t)
	}
	if err != nil {
		return err // whoever called looks at it before it is put into words
	}
	t.close()
	if err := tx.Commit(); err != nil {
		return Ended(ctx, dialect.Committed(fmt.Errorf("store: commit: %w", err)))
	}
	if db.Hooks.Ended != nil {
		db.Hooks.Ended(t)
	}
	return nil
}

// Ordered waits until no other transaction of Shared is committing.
func (db *DB) Ordered(ctx context.Context, t *Tx) error {
	if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, db.LockKey(lockOrder)); err != nil {
		return fmt.Errorf("store: the order of commits: %w", err)
	}
	return nil
}

// takeIDs does not wait for the disk: in the server's log, a commit that uses an id comes after the one that handed it
// out.
const takeIDs = `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true) AS is),
	taken AS (UPDATE counter SET value = value + $1 FROM quick WHERE name = $2 AND quick.is = 'off' RETURNING value)
	INSERT INTO id_gap (counter, first_id, last_id) SELECT $2, value - $1 + 1, value FROM taken RETURNING last_id`

// TakeIDs reserves the next n ids of a counter in a transaction of its own and returns the last one.
func (db *DB) TakeIDs(ctx context.Context, counter string, n int64) (last int64, err error) {
	if err := db.ids.QueryRowContext(ctx, takeIDs, n, counter).Scan(&last); err != nil {
		return 0, fmt.Errorf("store: ids of %s: %w", counter, err)
	}
	return last, nil
}

// idConnections opens the connections that reserve ids, because every other connection may be in a transaction then.
func (db *DB) idConnections(config *pgx.ConnConfig) {
	db.ids = stdlib.OpenDB(*config)
	db.ids.SetMaxOpenConns(2)
	db.ids.SetMaxIdleConns(1)
}
