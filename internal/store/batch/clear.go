package batch

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/oplog"
	"eyas/internal/store/owner"
	"eyas/internal/store/row"
)

// cleared is the number of rows that one transaction removes.
const cleared = 2048

// Recover removes the remains of batches whose process has ended. It does not touch batches of running processes.
func (s *Batches) Recover(ctx context.Context) (err error) {
	defer fault.At(&err, "batch.Recover")
	var was *row.Current
	if err := s.db.Reading(ctx, func(t *row.Tx) (err error) {
		was, err = t.CurrentBatch(ctx)
		return err
	}); err != nil || was == nil {
		return err
	}
	switch {
	case was.State == row.BatchForce && owner.Over(was.Owner):
		return s.tidy(ctx, was.ID)
	case was.State == row.BatchOpen && owner.Over(was.Owner):
		return s.takeOver(ctx, was)
	}
	return nil
}

// takeOver removes a batch whose owner is gone.
func (s *Batches) takeOver(ctx context.Context, was *row.Current) error {
	me, release := owner.New()
	defer release()
	mine := false
	err := s.db.Writing(ctx, func(ctx context.Context, t *row.Tx) error {
		result, err := t.Exec(ctx, `UPDATE batch SET owner = ?, beat = ? WHERE id = ? AND owner = ? AND beat = ? AND state = 'open'`,
			me, time.Now().UnixMilli(), was.ID, was.Owner, was.Beat)
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
	return s.clear(ctx, was.ID, me)
}

// clear takes an open batch back, chunk by chunk. Other readers see no change at any moment.
func (s *Batches) clear(ctx context.Context, id int64, owner string) error {
	b := &batch{owner: owner, Batch: row.Batch{Landing: oplog.Landing{ID: id}}}
	step := func(fn func(ctx context.Context, t *row.Tx) (int, error)) error {
		for n := 1; n > 0; {
			err := s.db.Alone(ctx, false, func(ctx context.Context, t *row.Tx) (err error) {
				if err = beat(ctx, t, b); err == nil {
					n, err = fn(ctx, t)
				}
				return err
			})
			if err == nil {
				err = s.giveWay(ctx)
			}
			if err != nil {
				return fmt.Errorf("store: clear batch %d: %w", id, err)
			}
		}
		return nil
	}
	// Restore the overwritten profiles. Begin with those whose code is unchanged: the codes of the others may belong to
	// subjects that the batch made.
	if err := step(func(ctx context.Context, t *row.Tx) (int, error) { return restore(ctx, t, ` WHERE moved = 0`) }); err != nil {
		return err
	}
	if err := step(func(ctx context.Context, t *row.Tx) (int, error) {
		return remove(ctx, t, `DELETE FROM profile WHERE subject_id IN (SELECT p.subject_id FROM profile p WHERE p.change = ?
			AND NOT EXISTS (SELECT 1 FROM profile_prior n WHERE n.subject_id = p.subject_id) LIMIT ?)`, -id, cleared)
	}); err != nil {
		return err
	}
	if err := step(func(ctx context.Context, t *row.Tx) (int, error) {
		if _, err := t.Exec(ctx, `UPDATE profile SET code = '' WHERE change = ? AND code <> ''`, -id); err != nil {
			return 0, err
		}
		return restore(ctx, t, ``)
	}); err != nil {
		return err
	}
	var ranges []oplog.Range
	if err := s.db.Reading(ctx, func(t *row.Tx) (err error) {
		ranges, err = t.BatchRanges(ctx, id)
		return err
	}); err != nil {
		return err
	}
	if err := step(func(ctx context.Context, t *row.Tx) (int, error) {
		return remove(ctx, t, `DELETE FROM proof WHERE seq = ? AND n IN (SELECT n FROM proof WHERE seq = ? ORDER BY n LIMIT ?)`, -id, -id, cleared)
	}); err != nil {
		return err
	}
	for _, r := range ranges {
		if table := row.LandTables[r.Counter]; table != "" {
			if err := step(func(ctx context.Context, t *row.Tx) (int, error) {
				return remove(ctx, t, `DELETE FROM `+table+` WHERE id IN (SELECT id FROM `+table+` WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?)`, r.First, r.Last, cleared)
			}); err != nil {
				return err
			}
		}
		if r.Counter != fact.LastRecord {
			continue
		}
		for _, text := range []string{
			`DELETE FROM link WHERE record_id IN (SELECT record_id FROM link WHERE record_id BETWEEN ? AND ? ORDER BY record_id LIMIT ?)`,
			`DELETE FROM mention WHERE {row} IN (SELECT {row} FROM mention WHERE record_id BETWEEN ? AND ? LIMIT ?)`,
			`DELETE FROM link_made WHERE record_id IN (SELECT record_id FROM link_made WHERE record_id BETWEEN ? AND ? LIMIT ?)`,
			`DELETE FROM record WHERE id IN (SELECT id FROM record WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?)`,
			`DELETE FROM block WHERE first_record IN (SELECT first_record FROM block WHERE first_record BETWEEN ? AND ? ORDER BY first_record LIMIT ?)`,
		} {
			if err := step(func(ctx context.Context, t *row.Tx) (int, error) {
				return remove(ctx, t, text, r.First, r.Last, cleared)
			}); err != nil {
				return err
			}
		}
	}
	return s.db.Writing(ctx, func(ctx context.Context, t *row.Tx) error {
		if err := beat(ctx, t, b); err != nil {
			return err
		}
		for _, r := range ranges {
			if _, err := t.Exec(ctx, `UPDATE counter SET value = ? WHERE name = ? AND value = ?`, r.First-1, string(r.Counter), r.Last); err != nil {
				return err
			}
		}
		for i := range ranges {
			ranges[i].Used = ranges[i].First - 1
		}
		// Subjects that the batch discarded have left a gap already: it lies within a range.
		for _, r := range ranges {
			if _, err := t.Exec(ctx, `DELETE FROM id_gap WHERE counter = ? AND first_id >= ? AND last_id <= ?`, string(r.Counter), r.First, r.Last); err != nil {
				return err
			}
		}
		if err := t.LeaveGaps(ctx, ranges); err != nil {
			return err
		}
		for _, text := range []string{`DELETE FROM batch_range WHERE batch = ?`, `DELETE FROM batch WHERE id = ?`} {
			if _, err := t.Exec(ctx, text, id); err != nil {
				return err
			}
		}
		_, err := t.Exec(ctx, `DELETE FROM batch_concern`)
		if err == nil {
			_, err = t.Exec(ctx, `DELETE FROM batch_join`)
		}
		return err
	})
}

// restore restores some overwritten profiles.
func restore(ctx context.Context, t *row.Tx, which string) (int, error) {
	var ids []int64
	err := t.Each(ctx, `SELECT subject_id FROM profile_prior`+which+` ORDER BY subject_id LIMIT ?`, []any{cleared}, func(rows *sql.Rows) error {
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
		if err := base.ExecAmong(ctx, t, text, ids); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// remove runs a DELETE and returns the number of rows that it removed.
func remove(ctx context.Context, t *row.Tx, text string, args ...any) (int, error) {
	result, err := t.Exec(ctx, t.Dialect.Rows.Replace(text), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// tidy removes what a batch in force no longer needs, chunk by chunk.
func (s *Batches) tidy(ctx context.Context, id int64) error {
	for more := true; more; {
		err := s.db.Alone(ctx, false, func(ctx context.Context, t *row.Tx) error {
			var state string
			found, err := t.One(ctx, `SELECT state FROM batch WHERE id = ?`, []any{id}, &state)
			if err != nil || !found || state != row.BatchForce { // somebody else was quicker
				more = false
				return err
			}
			n, err := remove(ctx, t, `DELETE FROM profile_prior WHERE n IN (SELECT n FROM profile_prior ORDER BY n LIMIT ?)`, cleared)
			if err != nil || n == cleared {
				return err
			}
			more = false
			for _, text := range []string{`DELETE FROM batch_concern`, `DELETE FROM batch_join`} {
				if _, err := t.Exec(ctx, text); err != nil {
					return err
				}
			}
			if _, err := t.Exec(ctx, `DELETE FROM batch_range WHERE batch = ?`, id); err != nil {
				return err
			}
			_, err = t.Exec(ctx, `UPDATE batch SET state = 'done', owner = '' WHERE id = ?`, id)
			return err
		})
		if err == nil && more {
			err = s.giveWay(ctx)
		}
		if err != nil {
			return fmt.Errorf("store: tidy batch %d: %w", id, err)
		}
	}
	return nil
}
