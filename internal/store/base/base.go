// Package base opens a database, SQLite (one file, the default) or PostgreSQL, migrates its schema, and runs its
// transactions. It decides which writer waits for which, what a snapshot sees, and what happens when the database is
// damaged or cannot be reached. It does not know what the rows mean: the rooms above do, and add their part to every
// transaction through Hooks.
//
// One transaction writes at a time, over all processes. On SQLite the file's write lock ensures this; on PostgreSQL an
// advisory lock, which some writes share (see Shared). Readers see one snapshot and never wait.
package base

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"eyas/internal/fault"
	"eyas/internal/store/dialect"
	"eyas/internal/store/migrations"
	"eyas/internal/store/page"
	"eyas/internal/vault"

	"github.com/jackc/pgx/v5"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	Dialect *dialect.Dialect
	Read    *sql.DB // may not write
	Write   *sql.DB
	Queue   Queue
	Hooks   Hooks // set once, before the first transaction

	name string        // see Name
	base string        // see Base
	gate chan struct{} // held by the one transaction of this process that writes

	sharers chan struct{} // a token for each write that runs beside others; see Shared
	ids     *sql.DB       // of PostgreSQL: hands out ids
	schema  string        // of PostgreSQL: where the base is

	file    os.FileInfo           // of an SQLite file when it was opened
	look    page.File             // the same file, for looks at its length
	damaged atomic.Pointer[error] // what was found damaged; nil: nothing
	checked time.Time             // when the last quick check passed; guarded by the gate
	kept    keptStatements
	extra   chan struct{} // a token for each snapshot that is open beside another one; see Tx.Beside
	turns   chan struct{} // a token for each asker who reads; see Asking

	hasty      bool            // the writer does not wait for the disk at a commit; guarded by the gate
	checkpoint *sql.DB         // of SQLite: for checkpoints during a batch; see Checkpoint
	server     *pgx.ConnConfig // of PostgreSQL
}

// Hooks are functions of a room above that run with the transactions of a base. Each may be nil.
type Hooks struct {
	// Prepare gets every statement of a transaction before it runs, and returns the statement to run instead.
	Prepare func(ctx context.Context, t *Tx, text string) (string, error)
	// Ending runs at the end of every transaction of Alone and Shared, before it is committed.
	Ending func(ctx context.Context, t *Tx) error
	// Ended is called after such a transaction was committed.
	Ended func(t *Tx)
	// Reread reads the whole base, when some process has noted damage. It returns an error when the base differs from
	// what was written.
	Reread func(ctx context.Context) error

	confidential atomic.Pointer[[]string]
}

// Confide names the registers whose rows are sealed whatever they hold.
func (h *Hooks) Confide(registers []string) { h.confidential.Store(&registers) }

// Confidential reports whether the rows of a register are sealed whatever they hold.
func (t *Tx) Confidential(register string) bool {
	list := t.hooks.confidential.Load()
	return list != nil && slices.Contains(*list, register)
}

// Confidential returns the registers whose rows are sealed whatever they hold.
func (db *DB) Confidential() []string {
	if list := db.Hooks.confidential.Load(); list != nil {
		return *list
	}
	return nil
}

// Open opens the database at dsn, the path of an SQLite file or a postgres:// URL. It creates the database when it does
// not exist and applies the migrations of list. values replaces the names in braces in migrations, such as {hash}. It
// returns a fault for what a person can fix: a folder that does not exist, a file that is no database, a database that is
// newer than the program. What is of the highest class is sealed with the keys of the ring.
func Open(ctx context.Context, dsn string, list []migrations.Migration, values map[string]string, ring *vault.Ring) (_ *DB, err error) {
	connect, place := connectSQLite, dsn
	if IsServer(dsn) {
		connect, place = connectPostgres, redacted(dsn)
	}
	defer fault.At(&err, "base.Open(%s)", place)
	db, err := connect(ctx, dsn, ring)
	if err != nil {
		return nil, err
	}
	db.gate = make(chan struct{}, 1)
	db.sharers = make(chan struct{}, sharedAtOnce)
	db.extra = make(chan struct{}, extraReaders())
	db.turns = make(chan struct{}, readers)
	err = db.migrate(ctx, list, values, time.Now())
	if err == nil {
		err = db.Read.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = 'base'`).Scan(&db.base)
	}
	switch {
	case err == nil && db.Dialect.Dollar:
		err = db.Read.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&db.schema)
	case err == nil:
		db.file, err = os.Stat(db.name)
	}
	if err != nil {
		return nil, errors.Join(db.Unusable(err), db.Close())
	}
	return db, nil
}

// Base returns the identity of the database: a random text that was made with it. Files derived from the database carry
// it.
func (db *DB) Base() string { return db.base }

// SetBase records that the database was given another identity.
func (db *DB) SetBase(id string) { db.base = id }

// Name returns the place of the database for people: the path, or the URL without its password.
func (db *DB) Name() string { return db.name }

// Close closes all connections.
func (db *DB) Close() error {
	if db.Read == db.Write {
		return errors.Join(db.ids.Close(), db.Write.Close())
	}
	return errors.Join(db.Read.Close(), db.checkpoint.Close(), db.Write.Close(), db.look.Close())
}

// Unusable turns an error of the driver about a database that cannot be used into a fault.
func (db *DB) Unusable(err error) error {
	var f *fault.Error
	if errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return err
	}
	if t, ok := dialect.Diagnose(err); ok {
		return fault.New(fault.Invalid, fmt.Sprintf("打不开数据库 %s：%s。", db.name, t.ZH),
			fmt.Sprintf("The database %s cannot be opened: %s.", db.name, t.EN)).Wrap(err)
	}
	return fmt.Errorf("store: open %s: %w", db.name, err)
}

// Ended returns the context's own error when a transaction failed because its context ended; drivers and database/sql
// report this in many ways. Errors that a person can fix become faults.
func Ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return dialect.Said(err)
}

// Pause waits for d or until ctx ends.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errOwnWrite returns the fault that this process itself is writing.
func errOwnWrite() error {
	return fault.New(fault.Conflict,
		fmt.Sprintf("本程序正在写入（例如导入一个大文件），等了 %d 秒仍未结束。这次没有写入任何内容，请等它完成后再试。", dialect.LockPatience/time.Second),
		fmt.Sprintf("This program is writing something else, such as a large import, which did not end within %d seconds. Nothing was written. Try again when it has ended.", dialect.LockPatience/time.Second))
}

// Waited adds to the error of a lock that was not released who holds it, when the database tells.
func (db *DB) Waited(ctx context.Context, err error) error {
	if db.Dialect.Holder == "" || !dialect.IsLockTimeout(err) {
		return Ended(ctx, err)
	}
	key := uint64(db.LockKey(lockBase))
	var pid, seconds int64
	var name, host string
	if e := db.Read.QueryRowContext(ctx, db.Dialect.Holder, int64(key>>32), int64(key&(1<<32-1))).Scan(&pid, &name, &host, &seconds); e != nil {
		return Ended(ctx, err)
	}
	who := strings.TrimSpace(name + " " + host)
	if who == "" {
		who = "?"
	}
	return fault.New(fault.Conflict,
		fmt.Sprintf("另一个程序（%s，数据库进程 %d）正在写入这个底库，已有 %d 秒，等了 %d 秒仍未结束。请等它完成后再试；如果它已经停住，请管理员结束它。", who, pid, seconds, dialect.LockPatience/time.Second),
		fmt.Sprintf("Another program (%s, database process %d) has been writing to this base for %d seconds and did not finish within %d. Try again when it has finished. If it hangs, ask the administrator to end it.", who, pid, seconds, dialect.LockPatience/time.Second)).Wrap(err)
}
