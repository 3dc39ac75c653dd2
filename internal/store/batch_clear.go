package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"eyas/internal/registry"
)

// cleared is how many rows one transaction of a clearing takes away.
const cleared = 2048

// Recover clears what was left by batches whose process has ended. It leaves the work of others alone.
func (db *DB) Recover(ctx context.Context) error {
	var row *batchRow
	if err := db.Read(ctx, func(r registry.Reader) (err error) {
		row, err = r.(*transaction).currentBatch(ctx)
		return err
	}); err != nil || row == nil {
		return err
	}
	switch {
	case row.state == batchForce && over(row.owner):
		return db.tidy(ctx, row.id)
	case row.state == batchOpen && over(row.owner):
		return db.takeOver(ctx, row)
	}
	return nil
}

// takeOver clears a batch whose owner is gone.
func (db *DB) takeOver(ctx context.Context, row *batchRow) error {
	owner, release := newOwner()
	defer release()
	mine := false
	err := db.writing(ctx, func(ctx context.Context, t *transaction) error {
		result, err := t.exec(ctx, `UPDATE batch SET owner = ?, beat = ? WHERE id = ? AND owner = ? AND beat = ? AND state = 'open'`,
			owner, time.Now().UnixMilli(), row.id, row.owner, row.beat)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		mine = n == 1
		return err
	})
	if err != nil || !mine {
		return err
	}
	return db.clear(ctx, row.id, owner)
}

// clear takes an open batch back, a chunk at a time. At every moment others see what they saw before.
func (db *DB) clear(ctx context.Context, id int64, owner string) error {
	b := &batch{db: db, id: id, owner: owner}
	step := func(fn func(ctx context.Context, t *transaction) (int, error)) error {
		for n := 1; n > 0; {
			err := db.alone(ctx, false, func(ctx context.Context, t *transaction) (err error) {
				if err = t.beat(ctx, b); err == nil {
					n, err = fn(ctx, t)
				}
				return err
			})
			if err == nil {
				err = db.giveWay(ctx, false)
			}
			if err != nil {
				return fmt.Errorf("store: clear batch %d: %w", id, err)
			}
		}
		return nil
	}
	// Overwritten profiles go back, first those whose code is the same: the codes of the others may be with subjects that
	// the batch made.
	if err := step(func(ctx context.Context, t *transaction) (int, error) { return t.restore(ctx, ` WHERE moved = 0`) }); err != nil {
		return err
	}
	if err := step(func(ctx context.Context, t *transaction) (int, error) {
		return t.remove(ctx, `DELETE FROM profile WHERE subject_id IN (SELECT p.subject_id FROM profile p WHERE p.change = ?
			AND NOT EXISTS (SELECT 1 FROM profile_prior n WHERE n.subject_id = p.subject_id) LIMIT ?)`, -id, cleared)
	}); err != nil {
		return err
	}
	if err := step(func(ctx context.Context, t *transaction) (int, error) {
		if _, err := t.exec(ctx, `UPDATE profile SET code = '' WHERE change = ? AND code <> ''`, -id); err != nil {
			return 0, err
		}
		return t.restore(ctx, ``)
	}); err != nil {
		return err
	}
	var ranges []idRange
	if err := db.Read(ctx, func(r registry.Reader) (err error) {
		ranges, err = r.(*transaction).batchRanges(ctx, id)
		return err
	}); err != nil {
		return err
	}
	for _, r := range ranges {
		if r.counter != registry.LastRecord {
			continue
		}
		for _, text := range []string{
			`DELETE FROM link WHERE record_id IN (SELECT record_id FROM link WHERE record_id BETWEEN ? AND ? ORDER BY record_id LIMIT ?)`,
			`DELETE FROM mention WHERE {row} IN (SELECT {row} FROM mention WHERE record_id BETWEEN ? AND ? LIMIT ?)`,
			`DELETE FROM link_made WHERE record_id IN (SELECT record_id FROM link_made WHERE record_id BETWEEN ? AND ? LIMIT ?)`,
			`DELETE FROM record WHERE id IN (SELECT id FROM record WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?)`,
			`DELETE FROM block WHERE first_record IN (SELECT first_record FROM block WHERE first_record BETWEEN ? AND ? ORDER BY first_record LIMIT ?)`,
		} {
			if err := step(func(ctx context.Context, t *transaction) (int, error) {
				return t.remove(ctx, text, r.first, r.last, cleared)
			}); err != nil {
				return err
			}
		}
	}
	return db.writing(ctx, func(ctx context.Context, t *transaction) error {
		if err := t.beat(ctx, b); err != nil {
			return err
		}
		for _, r := range ranges {
			if _, err := t.exec(ctx, `UPDATE counter SET value = ? WHERE name = ? AND value = ?`, r.first-1, string(r.counter), r.last); err != nil {
				return err
			}
		}
		for i := range ranges {
			ranges[i].used = ranges[i].first - 1
		}
		// Of subjects that the batch discarded there is a gap already: it lies within a range.
		for _, r := range ranges {
			if _, err := t.exec(ctx, `DELETE FROM id_gap WHERE counter = ? AND first_id >= ? AND last_id <= ?`, string(r.counter), r.first, r.last); err != nil {
				return err
			}
		}
		if err := t.leaveGaps(ctx, ranges); err != nil {
			return err
		}
		for _, text := range []string{`DELETE FROM batch_range WHERE batch = ?`, `DELETE FROM batch WHERE id = ?`} {
			if _, err := t.exec(ctx, text, id); err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, `DELETE FROM batch_concern`)
		return err
	})
}

// batchRanges gives the ids that a batch handed out, the last first.
func (t *transaction) batchRanges(ctx context.Context, id int64) (list []idRange, err error) {
	err = t.each(ctx, `SELECT counter, first_id, last_id FROM batch_range WHERE batch = ? ORDER BY last_id DESC`, []any{id}, func(rows *sql.Rows) error {
		var r idRange
		var counter string
		err := rows.Scan(&counter, &r.first, &r.last)
		r.counter = registry.Counter(counter)
		list = append(list, r)
		return err
	})
	return list, err
}

// restore puts some overwritten profiles back.
func (t *transaction) restore(ctx context.Context, which string) (int, error) {
	var ids []int64
	err := t.each(ctx, `SELECT subject_id FROM profile_prior`+which+` ORDER BY subject_id LIMIT ?`, []any{cleared}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, text := range []string{
		`UPDATE profile SET code = n.code, name = n.name, name_key = n.name_key, facts = n.facts, gone = n.gone, change = n.change
			FROM profile_prior n WHERE n.subject_id = profile.subject_id AND profile.subject_id IN {in}`,
		`DELETE FROM profile_prior WHERE subject_id IN {in}`,
	} {
		if err := execAmong(ctx, t, text, ids); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// remove runs a DELETE that takes away some rows and gives their number.
func (t *transaction) remove(ctx context.Context, text string, args ...any) (int, error) {
	result, err := t.exec(ctx, t.d.rows.Replace(text), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// tidy clears what a batch in force does not need any more, a chunk at a time.
func (db *DB) tidy(ctx context.Context, id int64) error {
	for more := true; more; {
		err := db.alone(ctx, false, func(ctx context.Context, t *transaction) error {
			var state string
			found, err := t.one(ctx, `SELECT state FROM batch WHERE id = ?`, []any{id}, &state)
			if err != nil || !found || state != batchForce { // somebody else was quicker
				more = false
				return err
			}
			n, err := t.remove(ctx, `DELETE FROM profile_prior WHERE subject_id IN (SELECT subject_id FROM profile_prior ORDER BY subject_id LIMIT ?)`, cleared)
			if err != nil || n == cleared {
				return err
			}
			more = false
			if _, err := t.exec(ctx, `DELETE FROM batch_concern`); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `DELETE FROM batch_range WHERE batch = ?`, id); err != nil {
				return err
			}
			_, err = t.exec(ctx, `UPDATE batch SET state = 'done', owner = '' WHERE id = ?`, id)
			return err
		})
		if err == nil && more {
			err = db.giveWay(ctx, false)
		}
		if err != nil {
			return fmt.Errorf("store: tidy batch %d: %w", id, err)
		}
	}
	return nil
}

// settled does what is due after many rows were written: statistics, and memory that is given back. Nothing depends on
// it, and nobody waits for it.
func (db *DB) settled(ctx context.Context) {
	for _, text := range []string{db.d.statistics, db.d.release} {
		if text != "" {
			db.write.ExecContext(ctx, text)
		}
	}
}
