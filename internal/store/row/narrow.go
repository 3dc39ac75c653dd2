package row

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/oplog"
)

// On PostgreSQL a write that depends on few things (see fact.Narrow) runs beside others. Locks are taken in one order,
// so that nobody waits in a circle:
//
//   - the base: such writes share it; every other write has it alone;
//   - what the write claims first, by ascending keys. For what it claims later it does not wait: when somebody else has
//     that, the write is run again, alone;
//   - the order of commits, in the last step, which is short: numbers of change and of log entries are given, and what
//     carries them is written. Whoever sees a number sees all before it.
//
// Ids are handed out in a transaction of their own, as ids that nobody has (id_gap); the write that uses them takes that
// back. A statement that is not known to concern only what is claimed makes the write be run again, alone.

// ErrWider is returned when a write depends on more than it can claim and must run alone.
var ErrWider = errors.New("store: the write has to be alone")

// Narrowing is what a transaction that runs beside others has claimed, and what it keeps for its last step.
type Narrowing struct {
	db       *base.DB
	held     map[string]bool
	made     map[int64]bool // subjects that the transaction itself makes
	gaps     []oplog.Range  // ids that it took
	blocks   []fact.BlockRow
	profiles []fact.ProfileRow
	changes  bool // something that has a number of change
	wider    bool
	last     bool // the last step
}

// Narrow makes a transaction run beside others. At its end the caller asks Wider whether it must run again, alone.
func (t *Tx) Narrow(db *base.DB) *Narrowing {
	t.narrow = &Narrowing{db: db, held: map[string]bool{}, made: map[int64]bool{}}
	return t.narrow
}

// Wider reports that the write must run again, alone.
func (b *Narrowing) Wider() bool { return b.wider }

// lastStep assigns the numbers that are ordered (changes, log entries) and writes the rows that contain them.
func (t *Tx) lastStep(ctx context.Context) error {
	b := t.narrow
	if b.wider {
		return ErrWider
	}
	if len(b.gaps)+len(b.blocks)+len(b.profiles)+len(t.News) == 0 && !b.changes && !t.Wrote() {
		return nil
	}
	b.last = true
	if err := b.db.Ordered(ctx, t.Tx.Tx); err != nil {
		return err
	}
	change, err := CounterRows{t}.Counter(ctx, fact.LastChange)
	if err == nil && b.changes {
		change, err = CounterRows{t}.Advance(ctx, fact.LastChange, 1)
	} else {
		change++ // as when profiles are written that are the same
	}
	if err != nil {
		return err
	}
	for i := range b.profiles {
		b.profiles[i].Change = change
	}
	if err := (ProfileRows{t}).SetProfiles(ctx, b.profiles); err != nil {
		return err
	}
	for i := range b.blocks {
		if err := (RecordRows{t}).AddBlock(ctx, &b.blocks[i]); err != nil {
			return err
		}
	}
	for _, r := range b.gaps {
		if _, err := t.Exec(ctx, `DELETE FROM id_gap WHERE counter = ? AND first_id = ? AND last_id = ?`, string(r.Counter), r.First, r.Last); err != nil {
			return fmt.Errorf("store: take ids of %s: %w", r.Counter, err)
		}
		n, err := CounterRows{t}.Counter(ctx, r.Counter)
		if err != nil {
			return err
		}
		t.Moved(string(r.Counter), n)
	}
	if err := t.numberNews(ctx); err != nil {
		return err
	}
	return t.Append(ctx)
}

// Claim waits until no other write beside this one depends on some things. Without things it claims everything.
func (t CounterRows) Claim(ctx context.Context, things ...string) (err error) {
	defer fault.At(&err, "row.Claim(%d things)", len(things))
	b := t.narrow
	if b == nil {
		return nil
	}
	if len(things) == 0 {
		return t.widen()
	}
	var keys []int64
	first := len(b.held) == 0
	for _, thing := range things {
		if !b.held[thing] {
			keys = append(keys, b.db.LockKey(thing))
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		got := true
		var err error
		if first {
			_, err = t.Exec(ctx, `SELECT pg_advisory_xact_lock(?)`, key)
		} else {
			_, err = t.One(ctx, `SELECT pg_try_advisory_xact_lock(?)`, []any{key}, &got)
		}
		if err != nil {
			return t.narrow.db.Waited(ctx, err)
		}
		if !got {
			return t.widen()
		}
	}
	for _, thing := range things {
		b.held[thing] = true
	}
	return nil
}

// widen ends the write, which then runs again, alone.
func (t *Tx) widen() error {
	t.narrow.wider = true
	return ErrWider
}

// claimed lets the write run again, alone, when it has not claimed one of some things.
func (t *Tx) claimed(thing func(string) string, values []string) error {
	if b := t.narrow; b != nil && !b.last {
		for _, v := range values {
			if v != "" && !b.held[thing(v)] {
				return t.widen()
			}
		}
	}
	return nil
}

// claimedSubjects does what claimed does for subjects.
func (t *Tx) claimedSubjects(ids ...int64) error {
	if b := t.narrow; b != nil && !b.last {
		for _, id := range ids {
			if !b.made[id] && !b.held[fact.ClaimSubject(id)] {
				return t.widen()
			}
		}
	}
	return nil
}

// freeStatements are the statements that a transaction may run beside others before its last step: they insert rows under
// ids that it has taken.
var freeStatements = []string{`INSERT INTO record `, `INSERT INTO link `, `INSERT INTO import `, `INSERT INTO mention `, `INSERT INTO profile `, `INSERT INTO batch_concern `,
	`INSERT INTO number_mark `}

// free lets the write run again, alone, when it is about to run any other statement that writes.
func (t *Tx) free(text string) error {
	b := t.narrow
	if b == nil || b.last || strings.HasPrefix(text, `SELECT `) {
		return nil
	}
	for _, s := range freeStatements {
		if strings.HasPrefix(text, s) {
			return nil
		}
	}
	return t.widen()
}

// take reserves the next n ids of a counter and returns the last. For the change counter it returns the value that the
// counter will have, unless another write is faster.
func (t *Tx) take(ctx context.Context, c fact.Counter, n int64) (last int64, err error) {
	b := t.narrow
	switch c {
	case fact.LastChange:
		last, err = CounterRows{t}.Counter(ctx, c)
		b.changes = b.changes || n > 0
		return last + n, err
	case fact.LastImport, fact.LastRecord, fact.LastSubject:
	default:
		return 0, t.widen()
	}
	if last, err = b.db.TakeIDs(ctx, string(c), n); err != nil {
		return 0, err
	}
	b.gaps = append(b.gaps, oplog.Range{Counter: c, First: last - n + 1, Last: last})
	if c == fact.LastSubject {
		for id := last - n + 1; id <= last; id++ {
			b.made[id] = true
		}
	}
	return last, nil
}

// later keeps profiles for the last step, in which they get their change number.
func (t *Tx) later(rows []fact.ProfileRow) error {
	for i := range rows {
		if err := t.claimedSubjects(rows[i].Subject); err != nil {
			return err
		}
	}
	t.narrow.profiles = append(t.narrow.profiles, rows...)
	slices.SortStableFunc(t.narrow.profiles, func(a, b fact.ProfileRow) int { return cmp.Compare(a.Subject, b.Subject) })
	return nil
}

// unread lets the write run again, alone, when it reads profiles that it keeps for its last step.
func (t *Tx) unread(ids []int64) error {
	if b := t.narrow; b != nil && !b.last {
		for i := range b.profiles {
			if slices.Contains(ids, b.profiles[i].Subject) {
				return t.widen()
			}
		}
	}
	return nil
}
