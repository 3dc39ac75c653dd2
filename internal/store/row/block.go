package row

import (
	"context"
	"database/sql"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/seal"
)

func (t RecordRows) AddBlock(ctx context.Context, b *fact.BlockRow) (err error) {
	defer fault.At(&err, "row.AddBlock(records %d to %d)", b.First, b.Last)
	if t.narrow != nil && !t.narrow.last {
		t.narrow.blocks = append(t.narrow.blocks, *b)
		return nil
	}
	return t.Tx.Tx.AddBlock(ctx, b)
}

const blockRecords = `SELECT ` + recordColumns + `, COALESCE(l.record_id, 0), COALESCE(l.subject_id, 0), COALESCE(l.origin, 0), COALESCE(l.how, ''), COALESCE(l.evidence, '')
	FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE r.id BETWEEN ? AND ? ORDER BY r.id`

// EachOfBlock passes the records first to last with their links, by id. Both are reused.
func (t *Tx) EachOfBlock(ctx context.Context, first, last int64, fn func(*fact.RecordRow, *fact.LinkRow) error) (err error) {
	defer fault.At(&err, "row.EachOfBlock(records %d to %d)", first, last)
	var r fact.RecordRow
	var l fact.LinkRow
	var cells sql.RawBytes // not copied: valid until the next row
	return t.Each(ctx, blockRecords, []any{first, last}, func(rows *sql.Rows) error {
		if err := rows.Scan(&r.ID, &r.Import, &r.Sheet, &r.Row, &cells, &r.Reason, &l.Record, &l.Subject, &l.RowSubject, &l.How, &l.Evidence); err != nil {
			return err
		}
		r.Cells, _, _ = seal.Open(cells) // a digest says more than the checksum
		if l.Record == 0 {
			return fn(&r, nil)
		}
		return fn(&r, &l)
	})
}

// EachMention passes the digests of all mentions, by record.
func (t *Tx) EachMention(ctx context.Context, fn func(record int64, sum audit.Digest) error) (err error) {
	defer fault.At(&err, "row.EachMention")
	var d fact.Digester
	return t.Each(ctx, `SELECT m.record_id, COALESCE(r.register, ''), COALESCE(r.id, ''), m.code, m.name_key, m.from_day, m.until_day, m.proof
		FROM mention m LEFT JOIN relation r ON r.number = m.relation ORDER BY m.record_id`, nil, func(rows *sql.Rows) error {
		var m fact.MentionRow
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

// keepMade stores the digest of the original link before a person moves the record for the first time.
func (t *Tx) keepMade(ctx context.Context, record int64) error {
	var n int
	if found, err := t.One(ctx, `SELECT 1 FROM link_made WHERE record_id = ?`, []any{record}, &n); err != nil || found {
		return err
	}
	var b fact.BlockRow
	found, err := t.One(ctx, `SELECT first_record, seeds FROM block WHERE first_record <= ? AND last_record >= ? ORDER BY first_record DESC LIMIT 1`,
		[]any{record, record}, &b.First, &b.Seeds)
	if err != nil || !found { // a record that is in no block is found by its absence
		return err
	}
	e, err := t.erasure(ctx, record)
	if err != nil {
		return err
	}
	l := fact.LinkRow{Record: record}
	if found, err := t.One(ctx, `SELECT subject_id, origin, how, evidence FROM link WHERE record_id = ?`, []any{record}, &l.Subject, &l.RowSubject, &l.How, &l.Evidence); err != nil || !found {
		return err
	}
	var d fact.Digester
	sum := d.Link(&l, b.Seed(record), e)
	_, err = t.Exec(ctx, `INSERT INTO link_made (record_id, digest) VALUES (?, ?)`, record, sum[:])
	return err
}

// erasure returns what was erased from a record; nil when nothing was.
func (t *Tx) erasure(ctx context.Context, record int64) (*fact.ErasureRow, error) {
	e := fact.ErasureRow{Record: record}
	found, err := t.One(ctx, `SELECT cells, salts, digests FROM erasure WHERE record_id = ?`, []any{record}, &e.Cells, &e.Salts, &e.Digests)
	if !found {
		return nil, err
	}
	return &e, nil
}
