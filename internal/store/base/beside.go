package base

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
)

// extraReaders is the number of snapshots that can be open beside others. They have their own connections, so that
// reading a whole base does not delay pages.
func extraReaders() int { return runtime.GOMAXPROCS(0) }

// Beside opens up to n more transactions on the snapshot of t. PostgreSQL supports that. On SQLite it begins a
// transaction and uses it when the counter of writing transactions shows the same state, that is, when nothing was
// written since t began.
func (t *Tx) Beside(ctx context.Context, n int) (opened []*Tx, close func(), err error) {
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
			return opened, close, nil
		}
		o, err := t.snapshotOf.openOn(ctx, mark)
		if err != nil || o == nil {
			<-t.snapshotOf.extra
			return opened, close, err
		}
		opened = append(opened, o)
	}
	return opened, close, nil
}

// snapshotMark returns the value that identifies the snapshot of t.
func (t *Tx) snapshotMark(ctx context.Context) (mark string, err error) {
	_, err = t.One(ctx, t.Dialect.SnapshotMark, nil, &mark)
	return mark, err
}

// openOn opens a transaction on the snapshot of a mark; nil when there is none any more.
func (db *DB) openOn(ctx context.Context, mark string) (o *Tx, err error) {
	tx, err := db.Read.BeginTx(ctx, &sql.TxOptions{Isolation: db.Dialect.Snapshot(), ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("store: begin reading beside another: %w", err)
	}
	o = &Tx{tx: tx, Dialect: db.Dialect, hooks: &db.Hooks}
	defer func() {
		if err != nil || o == nil {
			tx.Rollback()
		}
	}()
	if db.Dialect.TakeSnapshot != "" {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(db.Dialect.TakeSnapshot, mark)); err != nil {
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
