// Package room runs the transactions in which rows are read and written. It gives each package of the domain a room:
// transactions with only the methods that the package declares.
package room

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/oplog"
	"eyas/internal/store/row"
)

// DB is a base whose transactions have rows.
type DB struct {
	Base *base.DB
	Log  *oplog.Log

	based   atomic.Bool                     // the base has its baseline; see baseline
	written func(context.Context, []string) // see AfterWrite; nil: nobody is told
}

// Over puts rows and the operation log over the transactions of a base.
func Over(b *base.DB, log *oplog.Log) *DB {
	b.Hooks.Prepare = row.Prepare
	b.Hooks.Ending = func(ctx context.Context, t *base.Tx) error { return row.Over(t, log).Ending(ctx) }
	b.Hooks.Ended = func(t *base.Tx) { row.Over(t, log).Sealed() }
	return &DB{Base: b, Log: log}
}

// over turns a function on rows into one on a transaction of the base.
func (db *DB) over(fn func(*row.Tx) error) func(*base.Tx) error {
	return func(t *base.Tx) error { return fn(row.Over(t, db.Log)) }
}

// Reading runs fn on one snapshot, or within the transaction that ctx carries.
func (db *DB) Reading(ctx context.Context, fn func(*row.Tx) error) error {
	return db.Base.Reading(ctx, db.over(fn))
}

// Snapshot runs fn on one snapshot and returns errors unchanged.
func (db *DB) Snapshot(ctx context.Context, fn func(*row.Tx) error) error {
	return db.Base.Snapshot(ctx, db.over(fn))
}

// Aside runs fn in a short transaction for data that the operation log does not prove; see base.DB.Aside.
func (db *DB) Aside(ctx context.Context, lock int64, patience time.Duration, fn func(*row.Tx) error) (err error) {
	defer fault.At(&err, "room.Aside(lock %d)", lock)
	return db.Base.Aside(ctx, lock, patience, db.over(fn))
}

// Alone runs fn in the one transaction that may write; see base.DB.Alone.
func (db *DB) Alone(ctx context.Context, keep bool, fn func(context.Context, *row.Tx) error) error {
	return db.Base.Alone(ctx, keep, func(ctx context.Context, t *base.Tx) error { return fn(ctx, row.Over(t, db.Log)) })
}

// Changing runs fn in the one transaction that may write, or within the one that ctx carries.
func (db *DB) Changing(ctx context.Context, fn func(*row.Tx) error) error {
	return db.within(ctx, func(_ context.Context, t *row.Tx) error { return fn(t) })
}

// within does what Changing does and gives fn the context of the transaction.
func (db *DB) within(ctx context.Context, fn func(context.Context, *row.Tx) error) error {
	t, err := db.Base.Joined(ctx)
	switch {
	case err != nil:
		return err
	case t != nil && t.Reads():
		return errors.New("store: nothing can be written within a snapshot")
	case t != nil:
		return t.Part(ctx, func() error { return fn(ctx, row.Over(t, db.Log)) })
	}
	return db.writing(ctx, fn)
}

// Together runs fn in the one transaction that may write. Every read and write of a room of this database with the
// context that fn gets joins it. Everything is written when fn and every write in it return nil; otherwise nothing is.
func (db *DB) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	if t, err := db.Base.Joined(ctx); t != nil || err != nil {
		if err != nil {
			return err
		}
		return fn(ctx)
	}
	return db.writing(ctx, func(ctx context.Context, t *row.Tx) error { return fn(db.Carrying(ctx, t)) })
}

// Carrying returns a context in which all reads and writes join a transaction.
func (db *DB) Carrying(ctx context.Context, t *row.Tx) context.Context {
	return db.Base.Carrying(ctx, t.Tx.Tx)
}

// AfterWrite sets a function that is called after every committed transaction of this process, with the registers that it
// changed, before the writer continues. The context that fn gets is never cancelled, because the write stands even if the
// writer no longer waits. Set it once, before the first write.
func (db *DB) AfterWrite(fn func(ctx context.Context, registers []string)) { db.written = fn }

// Told calls the function of AfterWrite with the registers that changed.
func (db *DB) Told(ctx context.Context, n row.News) {
	if db.written != nil {
		registers := slices.AppendSeq([]string{}, maps.Keys(n)) // not nil, which would mean all
		slices.Sort(registers)
		db.written(context.WithoutCancel(ctx), registers)
	}
}

// writing runs fn beside other writes when the context is narrow (see fact.Narrow), otherwise alone.
func (db *DB) writing(ctx context.Context, fn func(context.Context, *row.Tx) error) error {
	if db.Base.Dialect.Dollar && fact.IsNarrow(ctx) {
		if err := db.writingBy(ctx, db.besideOthers, fn); err != row.ErrWider {
			return err
		}
	}
	return db.Writing(ctx, fn)
}

// Writing runs fn in the one transaction that may write, and calls the function of AfterWrite. Before the first write, a
// base of an older program gets its baseline.
func (db *DB) Writing(ctx context.Context, fn func(context.Context, *row.Tx) error) error {
	return db.writingBy(ctx, func(ctx context.Context, fn func(context.Context, *row.Tx) error) error {
		return db.Alone(ctx, true, fn)
	}, fn)
}

func (db *DB) writingBy(ctx context.Context, run func(context.Context, func(context.Context, *row.Tx) error) error, fn func(context.Context, *row.Tx) error) error {
	if !db.based.Load() {
		if err := db.layBaseline(ctx); err != nil {
			return err
		}
		db.based.Store(true)
	}
	var written *row.Tx
	err := run(ctx, func(ctx context.Context, t *row.Tx) error {
		written = t
		return fn(ctx, t)
	})
	if err == nil {
		db.Told(ctx, written.News)
	}
	return err
}

// besideOthers runs fn beside other writes. It returns row.ErrWider when fn must run alone.
func (db *DB) besideOthers(ctx context.Context, fn func(context.Context, *row.Tx) error) error {
	var narrow *row.Narrowing
	err := db.Base.Shared(ctx, func(ctx context.Context, t *base.Tx) error {
		over := row.Over(t, db.Log)
		narrow = over.Narrow(db.Base)
		return fn(ctx, over)
	})
	if narrow != nil && narrow.Wider() || dialect.IsOvertaken(err) {
		return row.ErrWider
	}
	return base.Ended(ctx, err)
}

// Room gives a package transactions of a base with the methods that the package declares: R for reading, W for writing.
type Room[R, W any] struct {
	db     *DB
	reader func(*row.Tx) R
	writer func(*row.Tx) W
}

// In returns a room. reader and writer wrap an open transaction in the methods of the package.
func In[R, W any](db *DB, reader func(*row.Tx) R, writer func(*row.Tx) W) Room[R, W] {
	return Room[R, W]{db, reader, writer}
}

// Read runs fn on one snapshot, or within the transaction that ctx carries.
func (m Room[R, W]) Read(ctx context.Context, fn func(R) error) error {
	return m.db.Reading(ctx, func(t *row.Tx) error { return fn(m.reader(t)) })
}

// Write runs fn in one transaction, or within the one that ctx carries; see DB.Together.
func (m Room[R, W]) Write(ctx context.Context, fn func(W) error) error {
	return m.db.Changing(ctx, func(t *row.Tx) error { return fn(m.writer(t)) })
}

// Together is DB.Together.
func (m Room[R, W]) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.Together(ctx, fn)
}

// Within does what Write does and gives fn a context that carries the transaction. Other rooms that read and write with
// it join the transaction.
func (m Room[R, W]) Within(ctx context.Context, fn func(ctx context.Context, w W) error) error {
	return m.db.within(ctx, func(ctx context.Context, t *row.Tx) error { return fn(m.db.Carrying(ctx, t), m.writer(t)) })
}
