// Package batch opens batches: long writes that land in many short transactions and stay invisible until the last one
// puts them in force. It also removes the remains of batches whose process has ended.
package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/owner"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

// Rooms wraps an open transaction in the methods by which a batch writes.
type Rooms func(*row.Tx) derive.BatchWriter

// Batches are those of a base.
type Batches struct {
	db    *room.DB
	rooms Rooms
}

// Of gives the batches of a base.
func Of(db *room.DB, rooms Rooms) *Batches { return &Batches{db, rooms} }

// batch is an open batch of this process; see derive.Batch.
type batch struct {
	row.Batch
	db      *room.DB
	of      *Batches
	owner   string
	release func()
	ended   bool
	filed   time.Time // when what the chunks wrote last went from SQLite's log into the file
	rows    int       // inserted
	counted int       // at how many rows statistics are taken the next time
}

// Times of batches.
const (
	lostAfter  = time.Minute            // lease: an owner whose heartbeat does not change for this long has lost its batch
	askedEvery = 100 * time.Millisecond // how often a waiting process checks whether the batch has ended
	chunkPause = time.Millisecond       // for writers of other processes, whether they say so or not
	clearPause = 4 * time.Millisecond
	waitPause  = 50 * time.Millisecond // for those who do, at most

	// How often what the chunks wrote goes into the file. Where others write meanwhile they wait at their commits for what
	// has not gone there.
	checkpointEvery = 2 * time.Second
	checkpointSoon  = time.Second
)

// Begin waits for the open batch to end, removes the remains of one whose owner is gone, and opens a batch.
func (s *Batches) Begin(ctx context.Context, kind string, waiting func()) (_ derive.Batch, err error) {
	defer fault.At(&err, "batch.Begin(kind %s)", kind)
	if t, err := s.db.Base.Joined(ctx); t != nil || err != nil {
		return nil, errors.Join(err, errors.New("store: a batch cannot begin within a transaction"))
	}
	seen := watched{}
	for {
		b, err := s.tryBegin(ctx, kind, &seen)
		if b != nil || err != nil {
			return b, err
		}
		if waiting != nil {
			waiting()
		}
		if err := base.Pause(ctx, askedEvery); err != nil {
			return nil, err
		}
	}
}

// watched is the heartbeat of another process's batch, and the time since when it has not changed, by this process's
// clock.
type watched struct {
	id, beat int64
	since    time.Time
}

// lost records a batch's heartbeat and reports whether its owner is gone.
func (w *watched) lost(r *row.Current) bool {
	if w.id != r.ID || w.beat != r.Beat {
		*w = watched{r.ID, r.Beat, time.Now()}
	}
	return owner.Over(r.Owner) || time.Since(w.since) > lostAfter
}

// tryBegin opens a batch; it returns nil when another batch is open.
func (s *Batches) tryBegin(ctx context.Context, kind string, seen *watched) (_ derive.Batch, err error) {
	db := s.db
	var was *row.Current
	if err := db.Reading(ctx, func(t *row.Tx) (err error) {
		was, err = t.CurrentBatch(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	if was != nil {
		switch {
		case was.State == row.BatchForce:
			return nil, s.tidy(ctx, was.ID)
		case seen.lost(was):
			return nil, s.takeOver(ctx, was)
		}
		return nil, nil
	}
	b := &batch{db: db, of: s, counted: base.Many, Batch: row.Batch{Brought: map[int64]*fact.ImportRow{}, Taken: map[int64]bool{}, Queue: &db.Base.Queue}}
	id, release := owner.New()
	b.Line = db.Base.Queue.Watch()
	b.owner, b.release = id, func() {
		db.Base.Queue.Leave(b.Line)
		db.Base.Set(context.WithoutCancel(ctx), db.Base.Dialect.Done)
		release()
	}
	opened := false
	err = db.Writing(ctx, func(ctx context.Context, t *row.Tx) error {
		open, err := t.CurrentBatch(ctx)
		if err != nil || open != nil {
			return err
		}
		if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM batch`, nil, &b.ID); err != nil {
			return err
		}
		for _, text := range []string{`DELETE FROM batch_concern`, `DELETE FROM batch_join`} {
			if _, err := t.Exec(ctx, text); err != nil {
				return err
			}
		}
		now := time.Now().UnixMilli()
		_, err = t.Exec(ctx, `INSERT INTO batch (id, kind, state, owner, begun, beat) VALUES (?, ?, 'open', ?, ?, ?)`, b.ID, kind, b.owner, now, now)
		opened = err == nil
		return err
	})
	if err != nil || !opened {
		db.Base.Queue.Leave(b.Line)
		release()
		return nil, err
	}
	db.Base.Set(ctx, db.Base.Dialect.Begun) // if it does not come about, checkpoints are made by whoever commits
	return b, nil
}

// Chunk runs fn in a short transaction of the batch, then lets other writers write before it returns.
func (b *batch) Chunk(ctx context.Context, fn func(context.Context, derive.BatchWriter) error) error {
	if err := b.writing(ctx, false, func(ctx context.Context, t *row.Tx) error { return fn(b.db.Carrying(ctx, t), b.of.rooms(t)) }); err != nil {
		return err
	}
	if b.rows >= b.counted {
		if b.counted = 10 * b.rows; b.db.Base.Dialect.Statistics != "" {
			b.db.Base.Write.ExecContext(ctx, b.db.Base.Dialect.Statistics) // plans are at stake only
		}
	}
	return b.giveWay(ctx)
}

func (b *batch) writing(ctx context.Context, keep bool, fn func(context.Context, *row.Tx) error) error {
	if b.ended {
		return errors.New("store: the batch has ended")
	}
	return b.db.Alone(ctx, keep, func(ctx context.Context, t *row.Tx) error {
		t.Enter(&b.Batch)
		if err := beat(ctx, t, b); err != nil {
			return err
		}
		err := fn(ctx, t)
		b.rows += t.Written
		return err
	})
}

// beat updates the heartbeat and checks that the batch still belongs to this process.
func beat(ctx context.Context, t *row.Tx, b *batch) error {
	result, err := t.Exec(ctx, `UPDATE batch SET beat = ? WHERE id = ? AND owner = ? AND state = 'open'`, time.Now().UnixMilli(), b.ID, b.owner)
	if err != nil {
		return fmt.Errorf("store: batch %d: %w", b.ID, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fault.New(fault.Conflict, "这项操作停顿太久，另一个程序已把它撤销。没有写入任何内容，请重新执行。",
		"This operation made no progress for too long, and another program has taken it back. Nothing was written. Run it again.")
}

// Read runs fn on one snapshot as the batch sees it; whatever reads with the context of fn joins it.
func (b *batch) Read(ctx context.Context, fn func(ctx context.Context) error) error {
	return b.db.Reading(ctx, func(t *row.Tx) error {
		t.Enter(&b.Batch)
		defer t.End()
		return fn(b.db.Carrying(ctx, t))
	})
}

// Bring lets an import that is not stored yet count for the reads of the batch.
func (b *batch) Bring(i *fact.ImportRow) { b.Brought[i.ID] = i }

// TakeBack lets an import no longer count for the reads of the batch.
func (b *batch) TakeBack(importID int64) { b.Taken[importID] = true }

// Used records the last id that was used of the latest of a counter's ranges that it may belong to. The id before a range says
// that nothing of it was used; the range before it, which ends there, keeps what was said of it.
func (b *batch) Used(c fact.Counter, last int64) {
	for i := len(b.Ranges) - 1; i >= 0; i-- {
		if r := &b.Ranges[i]; r.Counter == c && last >= r.First-1 && last <= r.Last {
			r.Used = last
			return
		}
	}
}

// Force runs fn in the last transaction of the batch, which puts it in force, and removes what is no longer needed.
func (b *batch) Force(ctx context.Context, fn func(context.Context, derive.BatchWriter) error) error {
	err := b.writing(ctx, true, func(ctx context.Context, t *row.Tx) error {
		if err := fn(b.db.Carrying(ctx, t), b.of.rooms(t)); err != nil {
			return err
		}
		return force(ctx, t, b)
	})
	if err != nil {
		return err
	}
	b.ended = true
	b.release()
	b.db.Told(ctx, b.News)
	// The batch is in force. Its remains only use space; if they stay, the next process removes them.
	b.of.tidy(ctx, b.ID)
	b.db.Base.Settle(ctx)
	return nil
}

func force(ctx context.Context, t *row.Tx, b *batch) error {
	t.Forced = true
	var change any
	if b.Wrote {
		n, err := row.CounterRows{Tx: t}.Advance(ctx, fact.LastChange, 1)
		if err != nil {
			return err
		}
		change = n
	}
	for _, r := range slices.Backward(b.Ranges) { // ids that were not needed are given back when nobody has taken others since
		if _, err := t.Exec(ctx, `UPDATE counter SET value = ? WHERE name = ? AND value = ?`, r.Used, string(r.Counter), r.Last); err != nil {
			return err
		}
	}
	if err := t.LeaveGaps(ctx, b.Ranges); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `DELETE FROM batch_range WHERE batch = ?`, b.ID); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `UPDATE batch SET state = 'force', change = ? WHERE id = ?`, change, b.ID); err != nil {
		return fmt.Errorf("store: put batch %d in force: %w", b.ID, err)
	}
	return nil
}

// Drop takes the batch back: nothing of it stays. It goes on after ctx has ended, because leaving the work to the next
// start would be worse than stopping a moment later.
func (b *batch) Drop(ctx context.Context) error {
	if b.ended {
		return nil
	}
	b.ended = true
	defer b.release()
	return b.of.clear(context.WithoutCancel(ctx), b.ID, b.owner)
}

// giveWay lets other writers write between two chunks. From time to time it also makes a checkpoint, on its own
// connection, so that nobody waits for it.
func (b *batch) giveWay(ctx context.Context) error {
	if b.db.Base.Dialect.Dollar { // a server's lock has a queue
		return nil
	}
	start := time.Now()
	every := checkpointEvery
	if b.Hurried {
		every = checkpointSoon
	}
	if start.Sub(b.filed) >= every {
		b.db.Base.Checkpoint(ctx)
		b.filed, b.Hurried = time.Now(), false
	}
	for {
		if err := base.Pause(ctx, chunkPause); err != nil {
			return err
		}
		if b.Line == nil || time.Since(start) > waitPause || !base.Elsewhere(b.Line) {
			return nil
		}
	}
}

// giveWay lets other writers write between two steps of the removal.
func (s *Batches) giveWay(ctx context.Context) error {
	if s.db.Base.Dialect.Dollar { // a server's lock has a queue
		return nil
	}
	return base.Pause(ctx, clearPause)
}
