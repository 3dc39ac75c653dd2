package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry"
)

// layBaseline digests what stands in a base that an older program wrote, before the first write: from that entry of the
// operation log on, everything can be checked. It takes about ten seconds for a million records, once.
func (db *DB) layBaseline(ctx context.Context) error {
	due := false
	err := db.Read(ctx, func(r registry.Reader) (err error) {
		due, err = r.(*transaction).baselineDue(ctx)
		return err
	})
	if err != nil || !due {
		return err
	}
	return db.alone(ctx, true, func(ctx context.Context, t *transaction) error {
		due, err := t.baselineDue(ctx) // another process may have been first
		if err != nil || !due {
			return err
		}
		return t.baseline(ctx)
	})
}

// baselineDue reports whether the log has entries and nothing was ever digested. A log of which entries were taken
// away does not get another baseline, which would bless whatever stands.
func (t *transaction) baselineDue(ctx context.Context) (bool, error) {
	head, err := t.logHead(ctx)
	if err != nil || head.Seq == 0 {
		return false, err
	}
	if _, found := head.Proof(); found {
		return false, nil
	}
	for _, text := range []string{`SELECT 1 FROM proof LIMIT 1`, `SELECT 1 FROM block LIMIT 1`, `SELECT 1 FROM audit_entry WHERE detail LIKE '%"proof":{%' LIMIT 1`} {
		var n int
		if found, err := t.one(ctx, text, nil, &n); err != nil || found {
			return false, err
		}
	}
	return true, nil
}

func (t *transaction) baseline(ctx context.Context) error {
	records, err := t.baselineBlocks(ctx)
	if err != nil {
		return fmt.Errorf("store: baseline of the records: %w", err)
	}
	for _, k := range keptKinds {
		err := k.rows(ctx, t, math.MinInt64, math.MaxInt64, func(key keptKey, _ digestOf) error {
			t.touch(k.kind, key.id, key.name)
			return nil
		})
		if err != nil {
			return fmt.Errorf("store: baseline (%s): %w", k.kind, err)
		}
	}
	counters, err := t.counterValues(ctx)
	if err != nil {
		return err
	}
	for name, n := range counters {
		t.moved(name, n)
	}
	return t.Log(ctx, audit.Entry{At: time.Now(), Actor: "eyas", Action: "baseline", Subject: "base", Detail: fmt.Sprintf(`{"records":%d}`, records)})
}

// counterValues gives all counters but the one by which writers queue up.
func (t *transaction) counterValues(ctx context.Context) (map[string]int64, error) {
	counters := map[string]int64{}
	err := t.each(ctx, `SELECT name, value FROM counter WHERE name <> 'write'`, nil, func(rows *sql.Rows) error {
		var name string
		var n int64
		err := rows.Scan(&name, &n)
		counters[name] = n
		return err
	})
	return counters, err
}

// baselineBlocks makes blocks of the records that are there, each of those whose ids a multiple of 1,024 divides.
func (t *transaction) baselineBlocks(ctx context.Context) (records int64, err error) {
	const size = 1024
	named := map[int64]audit.Digest{}
	var sums []audit.Digest
	at := int64(-1)
	end := func() {
		if len(sums) > 0 {
			named[at] = registry.MentionsDigest(sums)
		}
		sums = sums[:0]
	}
	err = t.eachMention(ctx, func(record int64, sum audit.Digest) error {
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
	none := registry.MentionsDigest(nil)
	var row registry.BlockRow
	var d registry.Digester
	for after := int64(0); ; {
		var least, most sql.NullInt64
		if _, err := t.one(ctx, `SELECT MIN(id), MAX(id) FROM record WHERE id > ?`, []any{after}, &least, &most); err != nil || !least.Valid {
			return records, err
		}
		i := least.Int64 / size
		b := registry.NewBlock(&row, max(1, i*size), min((i+1)*size-1, most.Int64))
		if err := t.digestBlock(ctx, &d, &b, func(*registry.RecordRow) { records++ }); err != nil {
			return 0, err
		}
		b.Mentions = none
		if sum, found := named[i]; found {
			b.Mentions = sum
		}
		b.Close()
		if err := t.AddBlock(ctx, b.BlockRow); err != nil {
			return 0, err
		}
		after = b.Last
	}
}

const blockRecords = `SELECT ` + recordColumns + `, COALESCE(l.record_id, 0), COALESCE(l.subject_id, 0), COALESCE(l.origin, 0), COALESCE(l.how, ''), COALESCE(l.evidence, '')
	FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE r.id BETWEEN ? AND ? ORDER BY r.id`

// digestBlock digests the records and links of a block of which nothing was moved or erased.
func (t *transaction) digestBlock(ctx context.Context, d *registry.Digester, b *registry.Block, each func(*registry.RecordRow)) error {
	return t.eachOfBlock(ctx, b.First, b.Last, func(r *registry.RecordRow, l *registry.LinkRow) error {
		b.Record(r.ID, d.Record(r, b.Seed(r.ID), nil))
		if l != nil {
			b.Link(r.ID, d.Link(l, b.Seed(r.ID), nil))
		}
		each(r)
		return nil
	})
}

// eachOfBlock gives records in a range of ids with their links, by id. Both are used again.
func (t *transaction) eachOfBlock(ctx context.Context, first, last int64, fn func(*registry.RecordRow, *registry.LinkRow) error) error {
	var r registry.RecordRow
	var l registry.LinkRow
	var cells sql.RawBytes // not copied: valid until the next row
	return t.each(ctx, blockRecords, []any{first, last}, func(rows *sql.Rows) error {
		if err := rows.Scan(&r.ID, &r.Import, &r.Sheet, &r.Row, &cells, &r.Reason, &l.Record, &l.Subject, &l.Origin, &l.How, &l.Evidence); err != nil {
			return err
		}
		r.Cells, _, _ = unseal(cells) // a digest says more than the checksum
		if l.Record == 0 {
			return fn(&r, nil)
		}
		return fn(&r, &l)
	})
}

// eachMention gives the digests of all mentions by record.
func (t *transaction) eachMention(ctx context.Context, fn func(record int64, sum audit.Digest) error) error {
	var d registry.Digester
	return t.each(ctx, `SELECT m.record_id, COALESCE(r.register, ''), COALESCE(r.id, ''), m.code, m.name_key, m.from_day, m.until_day, m.proof
		FROM mention m LEFT JOIN relation r ON r.number = m.relation ORDER BY m.record_id`, nil, func(rows *sql.Rows) error {
		var m registry.MentionRow
		var register string
		var from, until sql.NullInt64
		if err := rows.Scan(&m.Record, &register, &m.Relation, &m.Code, &m.NameKey, &from, &until, &m.Proof); err != nil {
			return err
		}
		if from.Valid {
			m.From = &from.Int64
		}
		if until.Valid {
			m.Until = &until.Int64
		}
		return fn(m.Record, d.Mention(register, &m))
	})
}

// keepMade keeps the digest of a link as it was made, before a person moves the record for the first time.
func (t *transaction) keepMade(ctx context.Context, record int64) error {
	var n int
	if found, err := t.one(ctx, `SELECT 1 FROM link_made WHERE record_id = ?`, []any{record}, &n); err != nil || found {
		return err
	}
	var b registry.BlockRow
	found, err := t.one(ctx, `SELECT first_record, seeds FROM block WHERE first_record <= ? AND last_record >= ? ORDER BY first_record DESC LIMIT 1`,
		[]any{record, record}, &b.First, &b.Seeds)
	if err != nil || !found { // a record that is in no block is found by its absence
		return err
	}
	e, err := t.erasure(ctx, record)
	if err != nil {
		return err
	}
	l := registry.LinkRow{Record: record}
	if found, err := t.one(ctx, `SELECT subject_id, origin, how, evidence FROM link WHERE record_id = ?`, []any{record}, &l.Subject, &l.Origin, &l.How, &l.Evidence); err != nil || !found {
		return err
	}
	var d registry.Digester
	sum := d.Link(&l, b.Seed(record), e)
	_, err = t.exec(ctx, `INSERT INTO link_made (record_id, digest) VALUES (?, ?)`, record, sum[:])
	return err
}

// erasure says what of a record was erased; nil when nothing was.
func (t *transaction) erasure(ctx context.Context, record int64) (*registry.ErasureRow, error) {
	e := registry.ErasureRow{Record: record}
	found, err := t.one(ctx, `SELECT cells, salts, digests FROM erasure WHERE record_id = ?`, []any{record}, &e.Cells, &e.Salts, &e.Digests)
	if !found {
		return nil, err
	}
	return &e, nil
}
