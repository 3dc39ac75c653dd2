package room

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry/fact"
	"eyas/internal/store/oplog"
	"eyas/internal/store/row"
)

// layBaseline computes the digests of all rows of a base that an older program wrote, before the first write. From that
// entry of the log on, everything can be verified. It runs once and takes about ten seconds for a million records.
func (db *DB) layBaseline(ctx context.Context) error {
	due := false
	err := db.Reading(ctx, func(t *row.Tx) (err error) {
		due, err = baselineDue(ctx, t)
		return err
	})
	if err != nil || !due {
		return err
	}
	return db.Alone(ctx, true, func(ctx context.Context, t *row.Tx) error {
		due, err := baselineDue(ctx, t) // another process may have been first
		if err != nil || !due {
			return err
		}
		return baseline(ctx, t)
	})
}

// baselineDue reports whether the log has entries and nothing has a digest. A log with deleted entries gets no second
// baseline, because that would accept whatever the rows are now.
func baselineDue(ctx context.Context, t *row.Tx) (bool, error) {
	head, err := t.Last(ctx)
	if err != nil || head.Seq == 0 {
		return false, err
	}
	if _, found := head.Proof(); found {
		return false, nil
	}
	for _, text := range []string{`SELECT 1 FROM proof LIMIT 1`, `SELECT 1 FROM block LIMIT 1`, `SELECT 1 FROM audit_entry WHERE detail LIKE '%"proof":{%' LIMIT 1`} {
		var n int
		if found, err := t.One(ctx, text, nil, &n); err != nil || found {
			return false, err
		}
	}
	return true, nil
}

func baseline(ctx context.Context, t *row.Tx) error {
	records, err := baselineBlocks(ctx, t)
	if err != nil {
		return fmt.Errorf("store: baseline of the records: %w", err)
	}
	for _, k := range oplog.Kinds {
		err := k.Rows(ctx, t.Tx, math.MinInt64, math.MaxInt64, func(key oplog.Key, _ oplog.DigestOf) error {
			t.Touch(k.Name, key.ID, key.Name)
			return nil
		})
		if err != nil {
			return fmt.Errorf("store: baseline (%s): %w", k.Name, err)
		}
	}
	counters, err := t.CounterValues(ctx)
	if err != nil {
		return err
	}
	for name, n := range counters {
		t.Moved(name, n)
	}
	return row.LogRows{Tx: t}.Log(ctx, audit.Entry{At: time.Now(), Actor: "eyas", Action: "baseline", Subject: "base", Detail: fmt.Sprintf(`{"records":%d}`, records)})
}

// baselineBlocks makes the blocks of the existing records; each block begins at a multiple of 1,024.
func baselineBlocks(ctx context.Context, t *row.Tx) (records int64, err error) {
	const size = 1024
	named := map[int64]audit.Digest{}
	var sums []audit.Digest
	at := int64(-1)
	end := func() {
		if len(sums) > 0 {
			named[at] = fact.MentionsDigest(sums)
		}
		sums = sums[:0]
	}
	err = t.EachMention(ctx, func(record int64, sum audit.Digest) error {
		if record/size != at {
			end()
			at = record / size
		}
		sums = append(sums, sum)
		return nil
	})
	if err != nil {
		return 0, err
	}
	end()
	none := fact.MentionsDigest(nil)
	var block fact.BlockRow
	var d fact.Digester
	for after := int64(0); ; {
		var least, most sql.NullInt64
		if _, err := t.One(ctx, `SELECT MIN(id), MAX(id) FROM record WHERE id > ?`, []any{after}, &least, &most); err != nil || !least.Valid {
			return records, err
		}
		i := least.Int64 / size
		b := fact.NewBlock(&block, max(1, i*size), min((i+1)*size-1, most.Int64))
		if err := digestBlock(ctx, t, &d, &b, func(*fact.RecordRow) { records++ }); err != nil {
			return 0, err
		}
		b.Mentions = none
		if sum, found := named[i]; found {
			b.Mentions = sum
		}
		b.Close()
		if err := (row.RecordRows{Tx: t}).AddBlock(ctx, b.BlockRow); err != nil {
			return 0, err
		}
		after = b.Last
	}
}

// digestBlock computes the digests of the records and links of a block without moved or erased records.
func digestBlock(ctx context.Context, t *row.Tx, d *fact.Digester, b *fact.Block, each func(*fact.RecordRow)) error {
	return t.EachOfBlock(ctx, b.First, b.Last, func(r *fact.RecordRow, l *fact.LinkRow) error {
		b.Record(r.ID, d.Record(r, b.Seed(r.ID), nil))
		if l != nil {
			b.Link(r.ID, d.Link(l, b.Seed(r.ID), nil))
		}
		each(r)
		return nil
	})
}
