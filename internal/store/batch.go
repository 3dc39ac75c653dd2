package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry"
)

// batch is an open batch of this process; see registry.Batch.
type batch struct {
	db      *DB
	id      int64
	owner   string
	release func()
	ended   bool
	chunks  int
	rows    int       // inserted
	counted int       // at how many rows statistics are taken the next time
	records hash.Hash // over the digests of the blocks
	blocks  int
	wrote   bool                          // profiles
	brought map[int64]*registry.ImportRow // that count for the batch's own reads
	taken   map[int64]bool                // imports that do not
	ranges  []idRange
}

// idRange is some ids that a batch hands out, and the last that it did.
type idRange struct {
	counter           registry.Counter
	first, last, used int64
}

// States of a batch. One that is taken back has no row any more.
const (
	batchOpen  = "open"
	batchForce = "force"
	batchDone  = "done"
)

// Times of batches.
const (
	lostAfter  = time.Minute            // an owner whose heartbeat does not change for so long has lost its batch
	askedEvery = 100 * time.Millisecond // how often the next in line looks whether a batch has ended
	chunkPause = 4 * time.Millisecond   // for writers of other processes: SQLite's lock has no queue

	checkpointEvery = 4 // chunks
)

// Begin waits for the batch that is open, clears what was left by one whose owner is gone, and opens a batch.
func (db *DB) Begin(ctx context.Context, kind string, waiting func()) (registry.Batch, error) {
	if t, err := db.joined(ctx); t != nil || err != nil {
		return nil, errors.Join(err, errors.New("store: a batch cannot begin within a transaction"))
	}
	seen := watched{}
	for {
		b, err := db.tryBegin(ctx, kind, &seen)
		if b != nil || err != nil {
			return b, err
		}
		if waiting != nil {
			waiting()
		}
		if err := pause(ctx, askedEvery); err != nil {
			return nil, err
		}
	}
}

// watched is the heartbeat of somebody else's batch, and since when it has not changed, by this process's clock.
type watched struct {
	id, beat int64
	since    time.Time
}

// lost notes a batch's heartbeat and reports whether its owner is gone.
func (w *watched) lost(r *batchRow) bool {
	if w.id != r.id || w.beat != r.beat {
		*w = watched{r.id, r.beat, time.Now()}
	}
	return over(r.owner) || time.Since(w.since) > lostAfter
}

type batchRow struct {
	id, beat     int64
	state, owner string
}

const currentBatch = `SELECT id, beat, state, owner FROM batch WHERE state <> 'done'`

func (t *transaction) currentBatch(ctx context.Context) (*batchRow, error) {
	var r batchRow
	found, err := t.one(ctx, currentBatch, nil, &r.id, &r.beat, &r.state, &r.owner)
	if !found {
		return nil, err
	}
	return &r, nil
}

// tryBegin opens a batch when none is; nil when another has to end first.
func (db *DB) tryBegin(ctx context.Context, kind string, seen *watched) (_ registry.Batch, err error) {
	var row *batchRow
	if err := db.Read(ctx, func(r registry.Reader) (err error) {
		row, err = r.(*transaction).currentBatch(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	if row != nil {
		switch {
		case row.state == batchForce:
			return nil, db.tidy(ctx, row.id)
		case seen.lost(row):
			return nil, db.takeOver(ctx, row)
		}
		return nil, nil
	}
	b := &batch{db: db, counted: many, brought: map[int64]*registry.ImportRow{}, taken: map[int64]bool{}}
	owner, release := newOwner()
	b.owner, b.release = owner, func() {
		db.set(context.WithoutCancel(ctx), db.d.done)
		release()
	}
	opened := false
	err = db.writing(ctx, func(ctx context.Context, t *transaction) error {
		row, err := t.currentBatch(ctx)
		if err != nil || row != nil {
			return err
		}
		if _, err := t.one(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM batch`, nil, &b.id); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM batch_concern`); err != nil {
			return err
		}
		now := time.Now().UnixMilli()
		_, err = t.exec(ctx, `INSERT INTO batch (id, kind, state, owner, begun, beat) VALUES (?, ?, 'open', ?, ?, ?)`, b.id, kind, b.owner, now, now)
		opened = err == nil
		return err
	})
	if err != nil || !opened {
		release()
		return nil, err
	}
	db.set(ctx, db.d.begun) // if it does not come about, checkpoints are made by whoever commits
	return b, nil
}

// Chunk runs fn in a short transaction of the batch's own, and gives way to others before it returns.
func (b *batch) Chunk(ctx context.Context, fn func(registry.BatchWriter) error) error {
	if err := b.writing(ctx, false, fn); err != nil {
		return err
	}
	if b.rows >= b.counted {
		if b.counted = 10 * b.rows; b.db.d.statistics != "" {
			b.db.write.ExecContext(ctx, b.db.d.statistics) // plans are at stake only
		}
	}
	b.chunks++
	return b.db.giveWay(ctx, b.chunks%checkpointEvery == 0)
}

func (b *batch) writing(ctx context.Context, keep bool, fn func(registry.BatchWriter) error) error {
	if b.ended {
		return errors.New("store: the batch has ended")
	}
	return b.db.alone(ctx, keep, func(ctx context.Context, t *transaction) error {
		t.own = b
		if err := t.beat(ctx, b); err != nil {
			return err
		}
		err := fn(t)
		b.rows += t.written
		return err
	})
}

// beat says that the batch's owner is alive, and finds out whether the batch is still its own.
func (t *transaction) beat(ctx context.Context, b *batch) error {
	result, err := t.exec(ctx, `UPDATE batch SET beat = ? WHERE id = ? AND owner = ? AND state = 'open'`, time.Now().UnixMilli(), b.id, b.owner)
	if err != nil {
		return fmt.Errorf("store: batch %d: %w", b.id, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fault.New(fault.Conflict, "这项操作停顿太久，另一个程序已把它撤销。没有写入任何内容，请重新执行。",
		"This operation stood still for too long and another program has taken it back. Nothing was written; run it again.")
}

// Read runs fn on one snapshot as the batch sees it.
func (b *batch) Read(ctx context.Context, fn func(registry.Reader) error) error {
	return b.db.Read(ctx, func(r registry.Reader) error {
		t := r.(*transaction)
		t.own = b
		return fn(t)
	})
}

// Bring lets an import that is not stored yet count for the batch's own reads.
func (b *batch) Bring(row *registry.ImportRow) { b.brought[row.ID] = row }

// TakeBack lets an import count no more for the batch's own reads.
func (b *batch) TakeBack(importID int64) { b.taken[importID] = true }

// Used says which was the last id that the batch handed out of a counter's ranges.
func (b *batch) Used(c registry.Counter, last int64) {
	for i := range b.ranges {
		if r := &b.ranges[i]; r.counter == c && last >= r.first && last <= r.last {
			r.used = last
		}
	}
}

// Force runs fn in the last transaction of the batch, which puts it in force, and clears what is not needed any more.
func (b *batch) Force(ctx context.Context, fn func(registry.BatchWriter) error) error {
	err := b.writing(ctx, true, func(w registry.BatchWriter) error {
		if err := fn(w); err != nil {
			return err
		}
		return w.(*transaction).force(ctx, b)
	})
	if err != nil {
		return err
	}
	b.ended = true
	b.release()
	if b.db.written != nil {
		b.db.written(context.WithoutCancel(ctx))
	}
	// It is in force. What is left over takes place only, and whoever comes next clears it too.
	b.db.tidy(ctx, b.id)
	b.db.settled(ctx)
	return nil
}

func (t *transaction) force(ctx context.Context, b *batch) error {
	t.forced = true
	var change any
	if b.wrote {
		n, err := t.Advance(ctx, registry.LastChange, 1)
		if err != nil {
			return err
		}
		change = n
	}
	for _, r := range b.ranges { // ids that were not needed are given back when nobody has taken others since
		if _, err := t.exec(ctx, `UPDATE counter SET value = ? WHERE name = ? AND value = ?`, r.used, string(r.counter), r.last); err != nil {
			return err
		}
	}
	if err := t.leaveGaps(ctx, b.ranges); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM batch_range WHERE batch = ?`, b.id); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE batch SET state = 'force', change = ? WHERE id = ?`, change, b.id); err != nil {
		return fmt.Errorf("store: put batch %d in force: %w", b.id, err)
	}
	return nil
}

// Drop takes the batch back: nothing of it stays. It goes on when ctx has ended, for leaving that to the next start is
// worse than stopping a moment later.
func (b *batch) Drop(ctx context.Context) error {
	if b.ended {
		return nil
	}
	b.ended = true
	defer b.release()
	return b.db.clear(context.WithoutCancel(ctx), b.id, b.owner)
}

// Reserve takes the next n ids of a counter for the batch: first to last. When n are wanted right after ids that the
// batch has, first is 0 if somebody else has taken others since.
func (t *transaction) Reserve(ctx context.Context, c registry.Counter, n, after int64) (first, last int64, err error) {
	if after != 0 {
		value, err := t.Counter(ctx, c)
		if err != nil || value != after {
			return 0, 0, err
		}
	}
	if last, err = t.Advance(ctx, c, n); err != nil {
		return 0, 0, err
	}
	first = last - n + 1
	if after != 0 {
		for i := range t.own.ranges {
			if r := &t.own.ranges[i]; r.counter == c && r.last == after {
				r.last = last
				_, err = t.exec(ctx, `UPDATE batch_range SET last_id = ? WHERE batch = ? AND counter = ? AND first_id = ?`, last, t.own.id, string(c), r.first)
				return first, last, err
			}
		}
		return 0, 0, fmt.Errorf("store: batch %d has no ids of %s up to %d", t.own.id, c, after)
	}
	t.own.ranges = append(t.own.ranges, idRange{c, first, last, first - 1})
	_, err = t.exec(ctx, `INSERT INTO batch_range (batch, counter, first_id, last_id) VALUES (?, ?, ?, ?)`, t.own.id, string(c), first, last)
	return first, last, err
}

// Concerned takes, and forgets, up to limit subjects of which others wrote something since the batch began.
func (t *transaction) Concerned(ctx context.Context, limit int) (list []int64, err error) {
	add := func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	}
	if err := t.each(ctx, `SELECT subject_id FROM batch_concern ORDER BY subject_id LIMIT ?`, []any{limit}, add); err != nil || len(list) == 0 {
		return nil, err
	}
	_, err = t.exec(ctx, `DELETE FROM batch_concern WHERE subject_id <= ?`, list[len(list)-1])
	return list, err
}

// Standing gives subjects as everybody but the batch sees them; those that only the batch knows are left out.
func (t *transaction) Standing(ctx context.Context, subjects []int64) ([]registry.SubjectRow, error) {
	other := &transaction{tx: t.tx, d: t.d, numbers: t.numbers, ids: t.ids, view: view{looked: true, open: t.own.id, prior: true}}
	defer other.close()
	rows, err := other.Profiles(ctx, subjects)
	list := make([]registry.SubjectRow, len(rows))
	for i, p := range rows {
		list[i] = registry.SubjectRow{Subject: p.Subject, Code: p.Code, NameKey: p.NameKey, Gone: p.Gone}
	}
	return list, err
}

// Discard takes away subjects that the batch made.
func (t *transaction) Discard(ctx context.Context, subjects []int64) error {
	for _, s := range subjects {
		if _, err := t.exec(ctx, addGap, string(registry.LastSubject), s, s); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM profile WHERE subject_id = ? AND change = ?`, s, -t.own.id); err != nil {
			return fmt.Errorf("store: discard subject %d: %w", s, err)
		}
	}
	return nil
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// giveWay lets others write between two chunks: SQLite's lock has no queue, a server's has. From time to time what the
// chunks wrote goes from SQLite's log into the file. That has a connection of its own, so that nobody waits for it.
func (db *DB) giveWay(ctx context.Context, checkpoint bool) error {
	if db.checkpoint == nil {
		return nil
	}
	if checkpoint { // when somebody else makes one, that will do
		db.checkpoint.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
	}
	return pause(ctx, chunkPause)
}

// keeping sets whether the writer waits at a commit until it is on the disk. The caller holds the gate.
func (db *DB) keeping(ctx context.Context, keep bool) error {
	if db.hasty != keep || db.d.keep == "" {
		return nil
	}
	text := db.d.hasty
	if keep {
		text = db.d.keep
	}
	if _, err := db.write.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("store: %s: %w", text, err)
	}
	db.hasty = !keep
	return nil
}

// set runs a statement that sets up the writer, outside any transaction.
func (db *DB) set(ctx context.Context, text string) {
	if text == "" {
		return
	}
	db.gate <- struct{}{}
	defer func() { <-db.gate }()
	db.write.ExecContext(ctx, text)
}

const addGap = `INSERT INTO id_gap (counter, first_id, last_id) VALUES (?, ?, ?)`

// leaveGaps remembers the ids that a batch reserved, did not use and could not give back.
func (t *transaction) leaveGaps(ctx context.Context, ranges []idRange) error {
	for _, r := range ranges {
		value, err := t.Counter(ctx, r.counter)
		if err != nil {
			return err
		}
		if last := min(r.last, value); last > r.used {
			if _, err := t.exec(ctx, addGap, string(r.counter), r.used+1, last); err != nil {
				return err
			}
		}
	}
	return nil
}

// unusedSubjects counts the ids up to the last that no subject has: batches reserved them and did not need them, or have
// not come so far.
func (t *transaction) unusedSubjects(ctx context.Context) (n int64, err error) {
	if _, err := t.one(ctx, `SELECT COALESCE(SUM(last_id - first_id + 1), 0) FROM id_gap WHERE counter = ?`, []any{string(registry.LastSubject)}, &n); err != nil {
		return 0, err
	}
	b, err := t.currentBatch(ctx)
	if err != nil || b == nil || b.state != batchOpen {
		return n, err
	}
	ranges, err := t.batchRanges(ctx, b.id)
	for _, r := range ranges {
		if r.counter == registry.LastSubject {
			n += r.last - r.first + 1
		}
	}
	return n, err
}

// unsealed holds a profile against its checksum, and gives it the number that its change stands for.
func (t *transaction) unsealed(p *registry.ProfileRow, register int64) error {
	err := unsealProfile(p, register)
	if p.Change < 0 {
		p.Change = t.changes[-p.Change]
	}
	return err
}
