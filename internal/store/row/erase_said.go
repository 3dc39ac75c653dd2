package row

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/dialect"
)

// EraseSaid deletes what was said elsewhere about erased cells of an import: the findings of their records about their attributes lose
// the value, what was offered for it, why it was doubted and what people noted; so do other findings, reasons of merges, moves and
// answers, and texts beside entries of the log about the records, the import and their subjects, that repeat a value.
func (t RecordRows) EraseSaid(ctx context.Context, importID int64, cells []fact.Gone) (err error) {
	defer fault.At(&err, "row.EraseSaid(import %d, %d cells)", importID, len(cells))
	if err := t.forget(ctx, fmt.Sprintf("import/%d", importID), func(text string) bool {
		return slices.ContainsFunc(cells, func(s fact.Gone) bool { return s.In(text) })
	}); err != nil {
		return err
	}
	by := map[int64][]fact.Gone{}
	for i := range cells {
		s := &cells[i]
		if err := t.forget(ctx, fmt.Sprintf("record/%d", s.Record), s.In); err != nil {
			return err
		}
		if s.Subject != 0 {
			by[s.Subject] = append(by[s.Subject], *s)
		}
	}
	if len(by) == 0 {
		return nil
	}
	for subject, own := range by {
		if err := t.eraseFindings(ctx, subject, own); err != nil {
			return err
		}
		if err := t.forget(ctx, fmt.Sprintf("subject/%d", subject), func(text string) bool {
			return slices.ContainsFunc(own, func(s fact.Gone) bool { return s.In(text) })
		}); err != nil {
			return err
		}
	}
	return t.eraseReasons(ctx, by)
}

// forget deletes texts beside entries of the log about something.
func (t RecordRows) forget(ctx context.Context, about string, which func(text string) bool) error {
	type beside struct {
		seq  int64
		name string
	}
	var list []beside
	err := t.Each(ctx, `SELECT x.seq, x.name, x.text FROM audit_entry e JOIN audit_text x ON x.seq = e.seq WHERE e.subject = ? AND x.text IS NOT NULL`, []any{about}, func(rows *sql.Rows) error {
		var b beside
		var text string
		err := rows.Scan(&b.seq, &b.name, &text)
		if err == nil && which(text) {
			list = append(list, b)
		}
		return err
	})
	for i := 0; i < len(list) && err == nil; i++ {
		err = t.Forget(ctx, list[i].seq, list[i].name)
	}
	return err
}

// eraseFindings takes erased cells of a subject out of its findings.
func (t RecordRows) eraseFindings(ctx context.Context, subject int64, cells []fact.Gone) error {
	type finding struct {
		rule, attribute     string
		year, record        int64
		code, name, by      string
		own, known, repeats bool // about an erased cell; called by its value; repeats it
	}
	var list []finding
	err := t.Each(ctx, `SELECT rule, attribute, year, record_id, code, name, value, offer, because, reason, changed_by FROM finding WHERE subject_id = ?`, []any{subject}, func(rows *sql.Rows) error {
		var f finding
		var texts [4]string
		if err := rows.Scan(&f.rule, &f.attribute, &f.year, &f.record, &f.code, &f.name, &texts[0], &texts[1], &texts[2], &texts[3], &f.by); err != nil {
			return err
		}
		for i := range cells {
			s := &cells[i]
			f.own = f.own || f.record == s.Record && s.Attribute != "" && f.attribute == s.Attribute
			f.repeats = f.repeats || slices.ContainsFunc(texts[:], s.In)
			if f.code == s.Value {
				f.code, f.known = "", true
			}
			if f.name == s.Value {
				f.name, f.known = "", true
			}
		}
		list = append(list, f)
		return nil
	})
	if err != nil {
		return err
	}
	for i := range list {
		f := &list[i]
		key := fmt.Sprintf("%s.%s.%d", f.rule, f.attribute, f.year)
		if f.own || f.known || f.repeats {
			if _, err := t.Exec(ctx, `UPDATE finding SET code = ?, name = ?, value = '', offer = '', because = '[]', reason = '' WHERE subject_id = ? AND rule = ? AND attribute = ? AND year = ?`,
				f.code, f.name, subject, f.rule, f.attribute, f.year); err != nil {
				return err
			}
			if f.by != "" {
				t.Touch("finding", subject, key)
			}
		}
		if err := t.forget(ctx, fmt.Sprintf("finding/%d.%s", subject, key), func(text string) bool {
			return f.own || slices.ContainsFunc(cells, func(s fact.Gone) bool { return s.In(text) })
		}); err != nil {
			return err
		}
	}
	return nil
}

// reasons are the columns in which people gave reasons about subjects: the id of a row, the subjects that it is about, as what the
// log names it, and as what it proves it.
var reasons = []struct{ table, column, id, one, other, about, named, kind string }{
	{"merge", "reason", "id", "from_subject", "into_subject", "subject", "into_subject", "merge"},
	{"relink", "reason", "id", "from_subject", "into_subject", "record", "record_id", "relink"},
	{"question", "reason", "id", "subject", "candidate", "question", "id", "question"},
	{"held_answer", "reason", "subject", "subject", "owner", "subject", "subject", "held"},
	{"erasure_plan", "reason", "id", "subject", "subject", "subject", "subject", "erasure-plan"},
	{"erasure_plan", "answer", "id", "subject", "subject", "subject", "subject", "erasure-plan"},
	{"legal_hold", "reason", "id", "ref", "ref", "subject", "ref", "hold"}, // one of an import with the number of a subject loses its value, too
	{"legal_hold", "ended_reason", "id", "ref", "ref", "subject", "ref", "hold"},
}

// eraseLinked changes the reason for which a record was moved where its link repeats it.
func (t RecordRows) eraseLinked(ctx context.Context, record int64, was, now string) error {
	l := fact.LinkRow{Record: record}
	found, err := t.One(ctx, `SELECT subject_id, origin, how, evidence FROM link WHERE record_id = ?`, []any{record}, &l.Subject, &l.RowSubject, &l.How, &l.Evidence)
	if err != nil || !found || l.Evidence != was {
		return err
	}
	l.Evidence = now
	return t.SetLink(ctx, l)
}

// EntriesOf returns the entries by hand, ascending, that have a reason and of which records count for subjects.
func (t RecordRows) EntriesOf(ctx context.Context, subjects []int64) (list []int64, err error) {
	defer fault.At(&err, "row.EntriesOf(%d subjects)", len(subjects))
	if len(subjects) == 0 {
		return nil, nil
	}
	args := make([]any, len(subjects))
	for i, id := range subjects {
		args[i] = id
	}
	err = t.Each(ctx, `SELECT DISTINCT i.id FROM link l JOIN record r ON r.id = l.record_id JOIN import i ON i.id = r.import_id
WHERE l.subject_id IN `+dialect.Marks(1, len(args))+` AND i.form <> '' AND i.reason <> '' ORDER BY i.id`, args, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

// eraseReasons takes erased cells, by subject, out of reasons that people gave about these.
func (t RecordRows) eraseReasons(ctx context.Context, by map[int64][]fact.Gone) error {
	var ids []any
	for subject := range by {
		ids = append(ids, subject)
	}
	marks := dialect.Marks(1, len(ids))
	for _, x := range reasons {
		type row struct {
			id, one, other, named int64
			reason                string
		}
		var list []row
		err := t.Each(ctx, fmt.Sprintf(`SELECT %s, %s, %s, %s, %s FROM %s WHERE %[5]s <> '' AND (%[2]s IN %[7]s OR %[3]s IN %[7]s)`, x.id, x.one, x.other, x.named, x.column, x.table, marks), slices.Concat(ids, ids), func(rows *sql.Rows) error {
			var r row
			err := rows.Scan(&r.id, &r.one, &r.other, &r.named, &r.reason)
			list = append(list, r)
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range list {
			cells := slices.Concat(by[r.one], by[r.other])
			reason := r.reason
			for i := range cells {
				reason = cells[i].Without(reason, fact.ErasedWords)
			}
			if reason == r.reason {
				continue
			}
			if _, err := t.Exec(ctx, `UPDATE `+x.table+` SET `+x.column+` = ? WHERE `+x.id+` = ?`, reason, r.id); err != nil {
				return err
			}
			t.Touch(x.kind, r.id, "")
			if x.table == "relink" {
				if err := t.eraseLinked(ctx, r.named, r.reason, reason); err != nil {
					return err
				}
			}
			if err := t.forget(ctx, fmt.Sprintf("%s/%d", x.about, r.named), func(text string) bool { return strings.TrimSpace(text) == strings.TrimSpace(r.reason) }); err != nil {
				return err
			}
		}
	}
	return nil
}
