package row

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
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
	about := map[string][]fact.Gone{fmt.Sprintf("import/%d", importID): cells}
	by := map[int64][]fact.Gone{}
	for _, c := range cells {
		name := fmt.Sprintf("record/%d", c.Record)
		if about[name] = append(about[name], c); c.Subject != 0 {
			by[c.Subject] = append(by[c.Subject], c)
		}
	}
	for subject, own := range by {
		about[fmt.Sprintf("subject/%d", subject)] = own
	}
	if err := t.forget(ctx, slices.Sorted(maps.Keys(about)), func(name, text string) bool { return repeats(about[name], text) }); err != nil || len(by) == 0 {
		return err
	}
	if err := t.eraseFindings(ctx, by); err != nil {
		return err
	}
	return t.eraseReasons(ctx, by)
}

func repeats(cells []fact.Gone, text string) bool {
	return slices.ContainsFunc(cells, func(c fact.Gone) bool { return c.In(text) })
}

// forgetAtOnce is of how many things the texts are read at a time.
const forgetAtOnce = 500

// forget deletes texts beside entries of the log about some things.
func (t RecordRows) forget(ctx context.Context, about []string, which func(name, text string) bool) error {
	type beside struct {
		seq  int64
		name string
	}
	var list []beside
	for some := range slices.Chunk(about, forgetAtOnce) {
		args := make([]any, len(some))
		for i, name := range some {
			args[i] = name
		}
		err := t.Each(ctx, `SELECT e.subject, x.seq, x.name, x.text FROM audit_entry e JOIN audit_text x ON x.seq = e.seq WHERE e.subject IN `+dialect.Marks(1, len(args))+` AND x.text IS NOT NULL`, args, func(rows *sql.Rows) error {
			var b beside
			var of, text string
			err := rows.Scan(&of, &b.seq, &b.name, &text)
			if err == nil && which(of, text) {
				list = append(list, b)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, b := range list {
		if err := t.Forget(ctx, b.seq, b.name); err != nil {
			return err
		}
	}
	return nil
}

// eraseFindings takes erased cells, by subject, out of the findings about these.
func (t RecordRows) eraseFindings(ctx context.Context, by map[int64][]fact.Gone) error {
	type finding struct {
		rule, attribute       string
		subject, year, record int64
		code, name, by        string
		own, changed          bool // about an erased cell; it repeats one, or is about it
	}
	var ids []any
	for subject := range by {
		ids = append(ids, subject)
	}
	var list []finding
	err := t.Each(ctx, `SELECT subject_id, rule, attribute, year, record_id, code, name, value, offer, because, reason, changed_by FROM finding WHERE subject_id IN `+dialect.Marks(1, len(ids)), ids, func(rows *sql.Rows) error {
		var f finding
		var texts [4]string
		if err := rows.Scan(&f.subject, &f.rule, &f.attribute, &f.year, &f.record, &f.code, &f.name, &texts[0], &texts[1], &texts[2], &texts[3], &f.by); err != nil {
			return err
		}
		for _, c := range by[f.subject] {
			f.own = f.own || f.record == c.Record && c.Attribute != "" && f.attribute == c.Attribute
			f.changed = f.changed || f.own || c.Value != "" && (f.code == c.Value || f.name == c.Value) || slices.ContainsFunc(texts[:], c.In)
			if f.code == c.Value {
				f.code = ""
			}
			if f.name == c.Value {
				f.name = ""
			}
		}
		list = append(list, f)
		return nil
	})
	if err != nil || len(list) == 0 {
		return err
	}
	named := map[string]*finding{}
	for i := range list {
		f := &list[i]
		key := fmt.Sprintf("%s.%s.%d", f.rule, f.attribute, f.year)
		named[fmt.Sprintf("finding/%d.%s", f.subject, key)] = f
		if !f.changed {
			continue
		}
		if _, err := t.Exec(ctx, `UPDATE finding SET code = ?, name = ?, value = '', offer = '', because = '[]', reason = '' WHERE subject_id = ? AND rule = ? AND attribute = ? AND year = ?`,
			f.code, f.name, f.subject, f.rule, f.attribute, f.year); err != nil {
			return err
		}
		if f.by != "" {
			t.Touch("finding", f.subject, key)
		}
	}
	return t.forget(ctx, slices.Sorted(maps.Keys(named)), func(name, text string) bool {
		f := named[name]
		return f.own || repeats(by[f.subject], text)
	})
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
			if err := t.forget(ctx, []string{fmt.Sprintf("%s/%d", x.about, r.named)}, func(_, text string) bool { return strings.TrimSpace(text) == strings.TrimSpace(r.reason) }); err != nil {
				return err
			}
		}
	}
	return nil
}
