// Package store holds all SQL, on SQLite (one file, the default) and on PostgreSQL: the same statements and
// the same migrations, with the few differences in dialect.go. Domain packages declare what they need of it;
// the types here provide that.
//
// One transaction writes at a time, over all processes. On SQLite that is the file's own write lock; on
// PostgreSQL the row that every writing transaction updates first. Readers see one snapshot and never wait. What takes
// long lands in many short transactions that nobody else sees until the last; see Begin.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	d     *dialect
	name  string  // for sentences: the path, or the URL without its password
	base  string  // see Base
	read  *sql.DB // may not write
	write *sql.DB
	gate  chan struct{} // held by the one transaction of this process that writes

	file    os.FileInfo           // of an SQLite file when it was opened
	damaged atomic.Pointer[error] // what was found damaged; nil: nothing
	checked time.Time             // when the last quick check passed; guarded by the gate
	written func(context.Context) // see AfterWrite; nil: nobody is told
	based   atomic.Bool           // the base has its baseline; see baseline
	kept    keptStatements
	extra   chan struct{} // a token for each snapshot that is open beside another one; see Beside

	hasty      bool    // the writer does not wait for the disk at a commit; guarded by the gate
	checkpoint *sql.DB // of SQLite: for checkpoints during a batch; see giveWay
}

var _ registry.Storage = (*DB)(nil)

// Open opens the database that dsn names, creating it when it is absent and bringing its schema up to date:
// the path of an SQLite file, or a postgres:// URL. What a person can mend (a folder that does not exist, a
// file that is no database, one that is newer than the program) is a fault.
func Open(ctx context.Context, dsn string) (*DB, error) {
	list, err := migrations(migrationFiles)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, dsn, list)
	if err != nil {
		return nil, err
	}
	if err := db.Recover(ctx); err != nil { // what a process that was killed left
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func open(ctx context.Context, dsn string, list []migration) (*DB, error) {
	connect := connectSQLite
	if isPostgres(dsn) {
		connect = connectPostgres
	}
	db, err := connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	db.gate = make(chan struct{}, 1)
	db.extra = make(chan struct{}, extraReaders())
	err = db.migrate(ctx, list, time.Now())
	if err == nil {
		err = db.read.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = 'base'`).Scan(&db.base)
	}
	if err == nil && !db.d.dollar {
		db.file, err = os.Stat(db.name)
	}
	if err != nil {
		return nil, errors.Join(db.unusable(err), db.Close())
	}
	return db, nil
}

// Base is the identity of the database: a random text made with it, by which files that were derived from it
// know that they are its own.
func (db *DB) Base() string { return db.base }

// Name is the database's place, for people; it holds no password.
func (db *DB) Name() string { return db.name }

// Close closes all connections.
func (db *DB) Close() error {
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.checkpoint.Close(), db.write.Close())
}

// Read runs fn on one snapshot, or within the transaction that Together opened.
func (db *DB) Read(ctx context.Context, fn func(registry.Reader) error) error {
	if t, err := db.joined(ctx); t != nil || err != nil {
		if err != nil {
			return err
		}
		return fn(t)
	}
	var fresh []string
	err := db.noticed(ended(ctx, db.snapshot(ctx, func(t *transaction) error {
		defer func() { fresh = t.fresh }()
		return fn(t)
	})))
	db.kept.keep(ctx, db.read, fresh) // the connection is free: statements can be prepared on any
	return err
}

// ended gives the context's own error for what a transaction says when its context has ended under it: the
// drivers and database/sql have many words for that. What a person can mend becomes a fault.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return said(err)
}

// Write runs fn in the one transaction that may write, or within the one that Together opened.
func (db *DB) Write(ctx context.Context, fn func(registry.Writer) error) error {
	t, err := db.joined(ctx)
	switch {
	case err != nil:
		return err
	case t != nil:
		return t.part(ctx, fn)
	}
	return db.writing(ctx, func(_ context.Context, t *transaction) error { return fn(t) })
}

// Together runs fn in the one transaction that may write. Every Read and Write of this database with the context that
// fn is given, however deep, joins it. It is written whole, when fn and every Write in it give nil, or not at all.
func (db *DB) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	if t, err := db.joined(ctx); t != nil || err != nil {
		if err != nil {
			return err
		}
		return fn(ctx)
	}
	return db.writing(ctx, func(ctx context.Context, t *transaction) error {
		err := fn(context.WithValue(ctx, together{db}, t))
		if err == nil {
			err = t.failed // a part that failed was written in part
		}
		return err
	})
}

// together is the key of a context for the open transaction of a database.
type together struct{ db *DB }

// joined gives the open transaction that a context carries; nil when it carries none.
func (db *DB) joined(ctx context.Context) (*transaction, error) {
	t, _ := ctx.Value(together{db}).(*transaction)
	if t != nil && t.ended {
		return nil, errors.New("store: the transaction of this context has ended")
	}
	return t, nil
}

// part runs a Write within Together. One that fails or panics leaves the transaction unfit to be written, whatever is
// made of its error.
func (t *transaction) part(ctx context.Context, fn func(registry.Writer) error) error {
	err := errors.New("store: a part of the transaction was left in its middle")
	defer func() {
		if t.failed == nil {
			t.failed = err
		}
	}()
	if err = fn(t); err == nil {
		err = t.analyse(ctx) // for the plans of the parts that follow
	}
	return err
}

// analyse takes the statistics anew when many rows were written since they were.
func (t *transaction) analyse(ctx context.Context) error {
	if t.own != nil || t.written-t.analysed < many || t.d.statistics == "" {
		return nil
	}
	t.analysed = t.written
	if _, err := t.exec(ctx, t.d.statistics); err != nil {
		return fmt.Errorf("store: statistics: %w", err)
	}
	return nil
}

// AfterWrite has fn called after every transaction of this process that was written, before whoever wrote goes on. What
// is written stays so whether or not the writer still waits, so that the context that fn gets is never cancelled. It is
// set once, before the first write.
func (db *DB) AfterWrite(fn func(context.Context)) { db.written = fn }

// writing runs fn in the one transaction that may write, and tells that it did. A base of an older program is given its
// baseline before.
func (db *DB) writing(ctx context.Context, fn func(context.Context, *transaction) error) error {
	if !db.based.Load() {
		if err := db.layBaseline(ctx); err != nil {
			return err
		}
		db.based.Store(true)
	}
	if err := db.alone(ctx, true, fn); err != nil {
		return err
	}
	if db.written != nil {
		db.written(context.WithoutCancel(ctx))
	}
	return nil
}

// alone runs fn in the one transaction that may write, and appends to the operation log what it did. What is written for
// keeps is on the disk when it returns; else it need only be there before the next transaction that is.
func (db *DB) alone(ctx context.Context, keep bool, fn func(context.Context, *transaction) error) (err error) {
	select {
	case db.gate <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(lockPatience):
		return errOwnWrite()
	}
	defer func() { <-db.gate }()
	if err := db.replaced(); err != nil {
		return err
	}
	if err := db.sound(ctx); err != nil {
		return err
	}
	defer func() { err = db.noticed(err) }()
	if err := db.keeping(ctx, keep); err != nil {
		return err
	}
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback() // no effect after Commit
	t := &transaction{tx: tx, d: db.d}
	defer t.close()
	// From here on this transaction is the only one that writes; see the package comment.
	if _, err := t.exec(ctx, `UPDATE counter SET value = value + 1 WHERE name = 'write'`); err != nil {
		return db.waited(ctx, fmt.Errorf("store: begin writing: %w", err))
	}
	err = fn(ctx, t)
	t.ended = true
	if err != nil {
		return ended(ctx, err)
	}
	if err := t.seal(ctx); err != nil {
		return ended(ctx, err)
	}
	if err := t.analyse(ctx); err != nil {
		return ended(ctx, err)
	}
	t.close()
	if err := tx.Commit(); err != nil {
		return ended(ctx, committed(fmt.Errorf("store: commit: %w", err)))
	}
	if t.written >= many && t.own == nil && db.d.release != "" {
		db.write.ExecContext(ctx, db.d.release) // what was written is written; only memory is at stake
	}
	return nil
}

// many is how many rows a transaction writes before the statistics are taken anew.
const many = 10_000

// lockPatience is how long a writing transaction waits for another to end: on SQLite busy_timeout, on PostgreSQL
// lock_timeout, within this process the gate.
const lockPatience = 30 * time.Second

// begin begins a writing transaction. Another process may hold the write lock: it is waited for as long as lockPatience
// says, or until ctx ends.
func (db *DB) begin(ctx context.Context) (*sql.Tx, error) {
	tx, err := db.write.BeginTx(ctx, nil)
	for start := time.Now(); err != nil && isBusy(err) && time.Since(start) < lockPatience; {
		// SQLite itself would look ever more rarely, and miss the moments in which others give way.
		if err := pause(ctx, time.Millisecond+rand.N(2*time.Millisecond)); err != nil {
			return nil, err
		}
		tx, err = db.write.BeginTx(ctx, nil)
	}
	if err == nil && db.d.lockPatience != "" {
		if _, err = tx.ExecContext(ctx, db.d.lockPatience); err != nil {
			tx.Rollback()
		}
	}
	if err != nil {
		return nil, ended(ctx, fmt.Errorf("store: begin writing: %w", err))
	}
	return tx, nil
}

// unusable turns what the drivers say of a database that cannot be used into a sentence.
func (db *DB) unusable(err error) error {
	var f *fault.Error
	if errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return err
	}
	if t, ok := diagnose(err); ok {
		return fault.New(fault.Invalid, fmt.Sprintf("打不开数据库 %s：%s。", db.name, t.zh),
			fmt.Sprintf("The database %s cannot be opened: %s.", db.name, t.en)).Wrap(err)
	}
	return fmt.Errorf("store: open %s: %w", db.name, err)
}
