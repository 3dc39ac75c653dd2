package row

import (
	"context"
	"database/sql"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// What followed an import: merges that no person made, of subjects that its records name.
const (
	namedBy  = `SELECT CASE WHEN origin <> 0 THEN origin ELSE subject_id END FROM link WHERE record_id BETWEEN ? AND ?`
	followed = ` WHERE register = ? AND at >= ? AND id > ? AND undone_at IS NULL AND how NOT IN ('person', 'answer') AND (from_subject IN (` + namedBy + `) OR into_subject IN (` + namedBy + `))`
)

// Followed lists merges in force that linkage made at a time or later of subjects that records first to last name, by id, and
// counts them all.
func (t MergeRows) Followed(ctx context.Context, register string, first, last int64, since time.Time, after int64, limit int) (list []fact.MergeRow, total int, err error) {
	defer fault.At(&err, "row.Followed(register %s, records %d to %d)", register, first, last)
	args := []any{register, since.UnixMilli(), after, first, last, first, last}
	if _, err := t.One(ctx, `SELECT COUNT(*) FROM {merge} m`+followed, args, &total); err != nil || total == 0 || limit == 0 {
		return nil, total, err
	}
	err = t.Each(ctx, mergeColumns+followed+` ORDER BY id LIMIT ?`, append(args, limit), func(rows *sql.Rows) error {
		m, err := scanMerge(rows.Scan)
		list = append(list, m)
		return err
	})
	return list, total, err
}

const askedAbout = ` WHERE register = ? AND state = 'open' AND (subject IN (` + namedBy + `) OR candidate IN (` + namedBy + `))`

// AskedAbout lists the ids of open questions about subjects that records first to last name, the likeliest first, and counts
// them all.
func (t QuestionRows) AskedAbout(ctx context.Context, register string, first, last int64, limit int) (list []int64, total int, err error) {
	defer fault.At(&err, "row.AskedAbout(register %s, records %d to %d)", register, first, last)
	args := []any{register, first, last, first, last}
	if _, err := t.One(ctx, `SELECT COUNT(*) FROM {question} q`+askedAbout, args, &total); err != nil || total == 0 || limit == 0 {
		return nil, total, err
	}
	err = t.Each(ctx, `SELECT id FROM {question} q`+askedAbout+` ORDER BY weight DESC, id DESC LIMIT ?`, append(args, limit), func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, total, err
}

const linksAfter = `SELECT record_id, subject_id FROM link WHERE record_id BETWEEN ? AND ? ORDER BY record_id LIMIT ?`

// LinksAfter lists records first to last, at most limit of them, with the subject that each counts for.
func (t RecordRows) LinksAfter(ctx context.Context, first, last int64, limit int) (list []fact.LinkRow, err error) {
	defer fault.At(&err, "row.LinksAfter(records %d to %d)", first, last)
	err = t.Each(ctx, linksAfter, []any{first, last, limit}, func(rows *sql.Rows) error {
		var l fact.LinkRow
		err := rows.Scan(&l.Record, &l.Subject)
		list = append(list, l)
		return err
	})
	return list, err
}
