// Package room runs the transactions in which rows are read and written, and gives each package of the domain its own: by
// the few methods that it declares, over the rows that have them.
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

// over gives a function on rows as one on a transaction of the base.
func (db *DB) over(fn func(*row.Tx) error) func(*base.Tx) error {
	return func(t *base.Tx) error { return fn(row.Over(t, db.Log)) }
}

// Reading runs fn on one snapshot, or within the transaction that ctx carries.
func (db *DB) Reading(ctx context.Context, fn func(*row.Tx) error) error {
	return db.Base.Reading(ctx, db.over(fn))
}

// Snapshot runs fn on one snapshot, and leaves its errors as they are.
func (db *DB) Snapshot(ctx context.Context, fn func(*row.Tx) error) error {
	return db.Base.Snapshot(ctx, db.over(fn))
}

// Aside runs fn in a short transaction for what is no part of the record; see base.DB.Aside.
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

// within is Changing, and gives fn the context of the transaction.
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

// Together runs fn in the one transaction that may write. Every Read and Write of a room of this database with the
// context that fn is given, however deep, joins it. It is written whole, when fn and every Write in it give nil, or not at all.
func (db *DB) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	if t, err := db.Base.Joined(ctx); t != nil || err != nil {
		if err != nil {
			return err
		}
		return fn(ctx)
	}
	return db.writing(ctx, func(ctx context.Context, t *row.Tx) error { return fn(db.Carrying(ctx, t)) })
}

// Carrying gives a context in which whatever reads and writes joins a transaction.
func (db *DB) Carrying(ctx context.Context, t *row.Tx) context.Context {
	return db.Base.Carrying(ctx, t.Tx.Tx)
}

// AfterWrite has fn called after every transaction of this process that was written, with the registers that it changed,
// before whoever wrote goes on. What is written stays so whether or not the writer still waits, so that the context that
// fn gets is never cancelled. It is set once, before the first write.
func (db *DB) AfterWrite(fn func(ctx context.Context, registers []string)) { db.written = fn }

// Told tells those in this process who asked for it that registers were changed.
func (db *DB) Told(ctx context.Context, n row.News) {
	if db.written != nil {
		registers := slices.AppendSeq([]string{}, maps.Keys(n)) // not nil, which would mean all
		slices.Sort(registers)
		db.written(context.WithoutCancel(ctx), registers)
	}
}

// writing runs fn beside other writes, when the context says that it depends on few things, or alone.
func (db *DB) writing(ctx context.Context, fn func(context.Context, *row.Tx) error) error {
	if db.Base.Dialect.Dollar && fact.IsNarrow(ctx) {
		if err := db.writingBy(ctx, db.besideOthers, fn); err != row.ErrWider {
			return err
		}
	}
	return db.Writing(ctx, fn)
}

// Writing runs fn in the one transaction that may write, and tells that it did. A base of an older program is given its
// baseline before.
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

// besideOthers runs fn beside the writes of others; row.ErrWider when it has to be run alone.
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

// Room gives a package the transactions of a base by the faces that it declares: R to read, W to write.
type Room[R, W any] struct {
	db     *DB
	reader func(*row.Tx) R
	writer func(*row.Tx) W
}

// In makes a room out of functions that put its faces over an open transaction.
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

// Within is Write, and gives fn a context that carries the transaction: what other rooms read and write with it joins in.
func (m Room[R, W]) Within(ctx context.Context, fn func(ctx context.Context, w W) error) error {
	return m.db.within(ctx, func(ctx context.Context, t *row.Tx) error { return fn(m.db.Carrying(ctx, t), m.writer(t)) })
}
