package row

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/oplog"
	"eyas/internal/store/seal"
)

// Batch is the state of an open batch of this process that its transactions share.
type Batch struct {
	oplog.Landing
	Brought map[int64]*fact.ImportRow // imports that count for the batch's own reads, and are not stored yet
	Taken   map[int64]bool            // imports that do not count for them
	Wrote   bool                      // profiles
	News    News
	Hurried bool     // somebody has waited since
	Line    *os.File // see base.Queue; nil: none
	Queue   *base.Queue
}

// Enter makes a transaction part of a batch.
func (t *Tx) Enter(b *Batch) { t.own, t.Landing, t.OfBatch = b, &b.Landing, true }

// Current is the batch that has not ended. State is open, or force while its remains are removed.
type Current struct {
	ID, Beat     int64
	State, Owner string
}

// States of a batch. One that is taken back has no row any more; one in force is done when it is cleared.
const (
	BatchOpen  = "open"
	BatchForce = "force"
)

const currentBatch = `SELECT id, beat, state, owner FROM batch WHERE state <> 'done'`

// CurrentBatch gives the batch that has not ended; nil when there is none.
func (t *Tx) CurrentBatch(ctx context.Context) (_ *Current, err error) {
	defer fault.At(&err, "row.CurrentBatch")
	var r Current
	found, err := t.One(ctx, currentBatch, nil, &r.ID, &r.Beat, &r.State, &r.Owner)
	if !found {
		return nil, err
	}
	return &r, nil
}

// Reserve takes the next n ids of a counter for the batch: first to last. When n are wanted right after ids that the
// batch has, first is 0 if somebody else has taken others since.
func (t BatchRows) Reserve(ctx context.Context, c fact.Counter, n, after int64) (first, last int64, err error) {
	defer fault.At(&err, "row.Reserve(counter %s, %d after %d)", c, n, after)
	if after != 0 {
		value, err := CounterRows(t).Counter(ctx, c)
		if err != nil || value != after {
			return 0, 0, err
		}
	}
	if last, err = CounterRows(t).Advance(ctx, c, n); err != nil {
		return 0, 0, err
	}
	first = last - n + 1
	if after != 0 {
		for i := range t.own.Ranges {
			if r := &t.own.Ranges[i]; r.Counter == c && r.Last == after {
				r.Last = last
				_, err = t.Exec(ctx, `UPDATE batch_range SET last_id = ? WHERE batch = ? AND counter = ? AND first_id = ?`, last, t.own.ID, string(c), r.First)
				return first, last, err
			}
		}
		return 0, 0, fmt.Errorf("store: batch %d has no ids of %s up to %d", t.own.ID, c, after)
	}
	t.own.Ranges = append(t.own.Ranges, oplog.Range{Counter: c, First: first, Last: last, Used: first - 1})
	_, err = t.Exec(ctx, `INSERT INTO batch_range (batch, counter, first_id, last_id) VALUES (?, ?, ?, ?)`, t.own.ID, string(c), first, last)
	return first, last, err
}

// Concerned takes, and forgets, up to limit subjects of which others wrote something since the batch began.
func (t BatchRows) Concerned(ctx context.Context, limit int) (list []int64, err error) {
	defer fault.At(&err, "row.Concerned")
	add := func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	}
	if err := t.Each(ctx, `SELECT subject_id FROM batch_concern ORDER BY subject_id LIMIT ?`, []any{limit}, add); err != nil || len(list) == 0 {
		return nil, err
	}
	_, err = t.Exec(ctx, `DELETE FROM batch_concern WHERE subject_id <= ?`, list[len(list)-1])
	return list, err
}

// Standing gives subjects as everybody but the batch sees them; those that only the batch knows are left out.
func (t BatchRows) Standing(ctx context.Context, subjects []int64) (_ []fact.SubjectRow, err error) {
	defer fault.At(&err, "row.Standing(%d subjects)", len(subjects))
	beside, close := t.Tx.Other()
	defer close()
	other := &Tx{Tx: beside, numbers: t.numbers, ids: t.ids, view: view{looked: true, open: t.own.ID, prior: true}}
	beside.Over = other
	rows, err := ProfileRows{other}.Profiles(ctx, subjects)
	list := make([]fact.SubjectRow, len(rows))
	for i, p := range rows {
		list[i] = fact.SubjectRow{Subject: p.Subject, Code: p.Code, NameKey: p.NameKey, Gone: p.Gone}
	}
	return list, err
}

// Discard takes away subjects that the batch made.
func (t BatchRows) Discard(ctx context.Context, subjects []int64) (err error) {
	defer fault.At(&err, "row.Discard(%d subjects)", len(subjects))
	for _, s := range subjects {
		if _, err := t.Exec(ctx, addGap, string(fact.LastSubject), s, s); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `DELETE FROM profile WHERE subject_id = ? AND change = ?`, s, -t.own.ID); err != nil {
			return fmt.Errorf("store: discard subject %d: %w", s, err)
		}
		delete(t.met, s)
	}
	return nil
}

// Enough reports that a base.Chunk had better end.
func (t BatchRows) Enough() bool {
	enough, hurried := t.own.Queue.Enough(t.Began, t.own.Line)
	t.own.Hurried = t.own.Hurried || hurried
	return enough
}

const addGap = `INSERT INTO id_gap (counter, first_id, last_id) VALUES (?, ?, ?)`

// LeaveGaps remembers the ids that a batch reserved, did not use and could not give back.
func (t *Tx) LeaveGaps(ctx context.Context, ranges []oplog.Range) (err error) {
	defer fault.At(&err, "row.LeaveGaps(%d ranges)", len(ranges))
	for _, r := range ranges {
		value, err := CounterRows{t}.Counter(ctx, r.Counter)
		if err != nil {
			return err
		}
		if last := min(r.Last, value); last > r.Used {
			if _, err := t.Exec(ctx, addGap, string(r.Counter), r.Used+1, last); err != nil {
				return err
			}
		}
	}
	return nil
}

// unusedSubjects returns the number of ids up to the last one that no subject has: a batch reserved them and did not use
// them, or has not used them yet.
func (t *Tx) unusedSubjects(ctx context.Context) (n int64, err error) {
	if _, err := t.One(ctx, `SELECT COALESCE(SUM(last_id - first_id + 1), 0) FROM id_gap WHERE counter = ?`, []any{string(fact.LastSubject)}, &n); err != nil {
		return 0, err
	}
	b, err := t.CurrentBatch(ctx)
	if err != nil || b == nil || b.State != BatchOpen {
		return n, err
	}
	ranges, err := t.BatchRanges(ctx, b.ID)
	for _, r := range ranges {
		if r.Counter == fact.LastSubject {
			n += r.Last - r.First + 1
		}
	}
	return n, err
}

// unsealed compares a profile with its checksum and sets its change number.
func (t *Tx) unsealed(p *fact.ProfileRow, register int64) error {
	err := seal.OpenProfile(p, register)
	if p.Change < 0 {
		p.Change = t.changes[-p.Change]
	}
	p.Unhold()
	return err
}

// BatchRanges returns the ids that a batch reserved, the last first.
func (t *Tx) BatchRanges(ctx context.Context, id int64) (list []oplog.Range, err error) {
	defer fault.At(&err, "row.BatchRanges(batch %d)", id)
	err = t.Each(ctx, `SELECT counter, first_id, last_id FROM batch_range WHERE batch = ? ORDER BY last_id DESC`, []any{id}, func(rows *sql.Rows) error {
		var r oplog.Range
		var counter string
		err := rows.Scan(&counter, &r.First, &r.Last)
		r.Counter = fact.Counter(counter)
		list = append(list, r)
		return err
	})
	return list, err
}
