package store

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"

	"eyas/internal/registry"
)

// extraReaders is how many snapshots can be open beside others at a time. They have connections of their own, so that
// who reads a whole base does not keep pages waiting.
func extraReaders() int { return runtime.GOMAXPROCS(0) }

// Beside opens more transactions on the snapshot of t. PostgreSQL can be asked for that. SQLite cannot: a transaction
// is begun, and is used when the counter of writing transactions says that it sees the same state. It does, unless
// somebody has written since t began.
func (t *transaction) Beside(ctx context.Context, n int) (others []registry.Reader, close func(), err error) {
	var opened []*transaction
	close = func() {
		for _, o := range opened {
			o.close()
			o.tx.Rollback() // a snapshot has nothing to commit
			<-t.snapshotOf.extra
		}
	}
	if t.snapshotOf == nil {
		return nil, close, nil
	}
	mark, err := t.snapshotMark(ctx)
	if err != nil {
		return nil, close, err
	}
	for len(opened) < n {
		select {
		case t.snapshotOf.extra <- struct{}{}:
		default:
			return others, close, nil
		}
		o, err := t.snapshotOf.openOn(ctx, mark)
		if err != nil || o == nil {
			<-t.snapshotOf.extra
			return others, close, err
		}
		opened, others = append(opened, o), append(others, o)
	}
	return others, close, nil
}

// snapshotMark is what tells the snapshot of t from others.
func (t *transaction) snapshotMark(ctx context.Context) (mark string, err error) {
	_, err = t.one(ctx, t.d.snapshotMark, nil, &mark)
	return mark, err
}

// openOn opens a transaction on the snapshot of a mark; nil when there is none any more.
func (db *DB) openOn(ctx context.Context, mark string) (o *transaction, err error) {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{Isolation: db.d.snapshot(), ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("store: begin reading beside another: %w", err)
	}
	o = &transaction{tx: tx, d: db.d}
	defer func() {
		if err != nil || o == nil {
			tx.Rollback()
		}
	}()
	if db.d.takeSnapshot != "" {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(db.d.takeSnapshot, mark)); err != nil {
			return nil, fmt.Errorf("store: take snapshot %s: %w", mark, err)
		}
		return o, nil
	}
	same, err := o.snapshotMark(ctx)
	if err != nil || same == mark {
		return o, err
	}
	o.close()
	return nil, nil
}
