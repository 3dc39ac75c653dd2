package row

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// What followed an import: merges that no person made, of subjects that its records name. The subjects are looked up one by one:
// a list of all that the records name would be as long as the import, and the merges and questions are few.
const (
	followed   = ` WHERE register = ? AND at >= ? AND id > ? AND undone_at IS NULL AND how NOT IN ('person', 'answer') AND `
	askedAbout = ` WHERE register = ? AND state = 'open' AND `
)

// naming is the condition that records first to last name one of two subjects, those of columns: with the subject that they
// count for, or that they counted for before a merge.
func naming(first, last int64, columns ...string) (condition string, args []any) {
	var either []string
	for _, column := range columns {
		either = append(either, `EXISTS (SELECT 1 FROM link l WHERE l.subject_id = `+column+` AND l.origin = 0 AND l.record_id BETWEEN ? AND ?)`,
			`EXISTS (SELECT 1 FROM link l WHERE l.origin = `+column+` AND l.origin <> 0 AND l.record_id BETWEEN ? AND ?)`)
		args = append(args, first, last, first, last)
	}
	return `(` + strings.Join(either, ` OR `) + `)`, args
}

// Followed lists merges in force that linkage made at a time or later of subjects that records first to last name, by id, and
// counts them all.
func (t MergeRows) Followed(ctx context.Context, register string, first, last int64, since time.Time, after int64, limit int) (list []fact.MergeRow, total int, err error) {
	defer fault.At(&err, "row.Followed(register %s, records %d to %d)", register, first, last)
	named, bounds := naming(first, last, "m.from_subject", "m.into_subject")
	args := append([]any{register, since.UnixMilli(), after}, bounds...)
	if _, err := t.One(ctx, `SELECT COUNT(*) FROM {merge} m`+followed+named, args, &total); err != nil || total == 0 || limit == 0 {
		return nil, total, err
	}
	err = t.Each(ctx, mergeColumns+followed+named+` ORDER BY id LIMIT ?`, append(args, limit), func(rows *sql.Rows) error {
		m, err := scanMerge(rows.Scan)
		list = append(list, m)
		return err
	})
	return list, total, err
}

// AskedAbout lists the ids of open questions about subjects that records first to last name, the likeliest first, and counts
// them all.
func (t QuestionRows) AskedAbout(ctx context.Context, register string, first, last int64, limit int) (list []int64, total int, err error) {
	defer fault.At(&err, "row.AskedAbout(register %s, records %d to %d)", register, first, last)
	named, bounds := naming(first, last, "q.subject", "q.candidate")
	args := append([]any{register}, bounds...)
	if _, err := t.One(ctx, `SELECT COUNT(*) FROM {question} q`+askedAbout+named, args, &total); err != nil || total == 0 || limit == 0 {
		return nil, total, err
	}
	err = t.Each(ctx, `SELECT id FROM {question} q`+askedAbout+named+` ORDER BY weight DESC, id DESC LIMIT ?`, append(args, limit), func(rows *sql.Rows) error {
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
