package row

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/veil"
)

// relation returns the number of a relation; 0 (which no relation has) when the database does not know it.
func (t *Tx) relation(ctx context.Context, register, id string) (n int64, err error) {
	_, err = t.One(ctx, `SELECT number FROM relation WHERE register = ? AND id = ?`, []any{register, id}, &n)
	return n, err
}

func (t MentionRows) AddMentions(ctx context.Context, register string, rows []fact.MentionRow) (err error) {
	defer fault.At(&err, "row.AddMentions(register %s, %d rows)", register, len(rows))
	if len(rows) == 0 {
		return nil
	}
	numbers := map[string]int64{}
	for i := range rows {
		id := rows[i].Relation
		if numbers[id] != 0 {
			continue
		}
		n, err := t.relation(ctx, register, id)
		made := err == nil && n == 0
		if made {
			_, err = t.One(ctx, `INSERT INTO relation (number, register, id) SELECT COALESCE(MAX(number), 0) + 1, ?, ? FROM relation RETURNING number`, []any{register, id}, &n)
		}
		if err != nil {
			return fmt.Errorf("store: number relation %s.%s: %w", register, id, err)
		}
		if made {
			t.Touch("relation", n, "")
		}
		numbers[id] = n
	}
	return t.Insert(ctx, `INSERT INTO mention (record_id, relation, code, name_key, from_day, until_day, proof)`, ``, 7, len(rows), func(args []any, i int) []any {
		m := &rows[i]
		return append(args, m.Record, numbers[m.Relation], veil.Clear(m.Code), veil.Clear(m.NameKey), dayOf(m.From), dayOf(m.Until), m.Proof)
	})
}

// dayOf returns a day in its stored form; NULL when none is given.
func dayOf(d *int64) sql.NullInt64 {
	if d == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: *d, Valid: true}
}

// The two ways of naming are two searches of an index each; a record that names in both ways counts once. The last
// parameter of the second is 0 where the one that is named has no code.
const (
	mentionRecords = `SELECT record_id FROM mention WHERE relation = ? AND code <> '' AND code = ?
		UNION SELECT record_id FROM mention WHERE relation = ? AND name_key <> '' AND name_key = ? AND (code = '' OR ? = 0)`
	mentionsIn     = ` FROM (` + mentionRecords + `) m JOIN record r ON r.id = m.record_id JOIN import i ON i.id = r.import_id`
	mentionsLinked = ` JOIN link l ON l.record_id = m.record_id`

	inForce  = ` AND i.undone_at IS NULL`
	wasThen  = ` AND i.at < ? AND (i.undone_at IS NULL OR i.undone_at >= ?)`
	namedOwn = `CASE WHEN l.origin <> 0 THEN l.origin ELSE l.subject_id END`

	mentionsPage      = `SELECT l.subject_id, MAX(m.record_id)` + mentionsIn + inForce + mentionsLinked + ` GROUP BY l.subject_id ORDER BY l.subject_id LIMIT ? OFFSET ?`
	mentionsCount     = `SELECT COUNT(DISTINCT l.subject_id)` + mentionsIn + inForce + mentionsLinked
	mentionsThen      = `SELECT ` + namedOwn + `, MAX(m.record_id)` + mentionsIn + wasThen + mentionsLinked + ` GROUP BY ` + namedOwn + ` ORDER BY ` + namedOwn + ` LIMIT ? OFFSET ?`
	mentionsThenCount = `SELECT COUNT(DISTINCT ` + namedOwn + `)` + mentionsIn + wasThen + mentionsLinked
)

func (t MentionRows) Mentions(ctx context.Context, register, relation, code, nameKey string, before time.Time, offset, limit int) (list []fact.Mention, total int, err error) {
	defer fault.At(&err, "row.Mentions(register %s, relation %s)", register, relation)
	n, err := t.relation(ctx, register, relation)
	if err != nil || n == 0 {
		return nil, 0, err
	}
	args, count, page := []any{n, code, n, nameKey, int64(len(code))}, mentionsCount, mentionsPage
	if !before.IsZero() {
		args, count, page = append(args, before.UnixMilli(), before.UnixMilli()), mentionsThenCount, mentionsThen
	}
	if _, err := t.One(ctx, count, args, &total); err != nil || total == 0 {
		return nil, 0, err
	}
	err = t.Each(ctx, page, append(args, limit, offset), func(rows *sql.Rows) error {
		var m fact.Mention
		err := rows.Scan(&m.Subject, &m.Record)
		list = append(list, m)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		if err := t.mentionDays(ctx, &list[i], n, code, nameKey); err != nil {
			return nil, 0, err
		}
	}
	return list, total, nil
}

// The ways of naming are those of mentionRecords.
const mentionedThrough = `SELECT x.register, x.id FROM relation x
	WHERE EXISTS (SELECT 1 FROM mention m JOIN record r ON r.id = m.record_id JOIN import i ON i.id = r.import_id` + inForce + mentionsLinked + `
		WHERE m.relation = x.number AND m.code <> '' AND m.code = ?)
	OR EXISTS (SELECT 1 FROM mention m JOIN record r ON r.id = m.record_id JOIN import i ON i.id = r.import_id` + inForce + mentionsLinked + `
		WHERE m.relation = x.number AND m.name_key <> '' AND m.name_key = ? AND (m.code = '' OR ? = 0))`

func (t MentionRows) MentionedThrough(ctx context.Context, code, nameKey string) (_ map[string][]string, err error) {
	defer fault.At(&err, "row.MentionedThrough")
	found := map[string][]string{}
	err = t.Each(ctx, mentionedThrough, []any{code, nameKey, int64(len(code))}, func(rows *sql.Rows) error {
		var register, id string
		err := rows.Scan(&register, &id)
		found[register] = append(found[register], id)
		return err
	})
	return found, err
}

// mentionDays reads the days from and until which a record names the other subject.
func (t *Tx) mentionDays(ctx context.Context, m *fact.Mention, relation int64, code, nameKey string) error {
	var from, until sql.NullInt64
	for _, by := range []struct{ column, value string }{{"code", code}, {"name_key", nameKey}} {
		if by.value == "" {
			continue
		}
		found, err := t.One(ctx, `SELECT from_day, until_day FROM mention WHERE relation = ? AND `+by.column+` <> '' AND `+by.column+` = ? AND record_id = ?`,
			[]any{relation, by.value, m.Record}, &from, &until)
		if err != nil {
			return err
		}
		if found {
			break
		}
	}
	if from.Valid {
		m.From = &from.Int64
	}
	if until.Valid {
		m.Until = &until.Int64
	}
	return nil
}

func (t ImportRows) LastImports(ctx context.Context, before time.Time) (list []fact.RegisterImport, err error) {
	defer fault.At(&err, "row.LastImports")
	counts := map[int64]int{}
	var ids []int64
	query, args := `SELECT MAX(id), COUNT(*) FROM import WHERE undone_at IS NULL GROUP BY register`, []any(nil)
	if !before.IsZero() {
		query = `SELECT MAX(id), COUNT(*) FROM import WHERE at < ? AND (undone_at IS NULL OR undone_at >= ?) GROUP BY register`
		args = []any{before.UnixMilli(), before.UnixMilli()}
	}
	err = t.Each(ctx, query, args, func(rows *sql.Rows) error {
		var id int64
		var n int
		err := rows.Scan(&id, &n)
		ids, counts[id] = append(ids, id), n
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		row, err := t.Import(ctx, id)
		if err != nil {
			return nil, err
		}
		row.Lists = "" // long, and not asked for
		list = append(list, fact.RegisterImport{ImportRow: *row, Count: counts[id]})
	}
	return list, nil
}
