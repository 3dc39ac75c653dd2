package row

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/oplog"
	"eyas/internal/store/seal"
)

const wholeLists = `SELECT ` + importColumns + ` FROM import WHERE register = ? AND whole <> ''`

func (t ImportRows) Whole(ctx context.Context, register string, all bool) (list []fact.ImportRow, err error) {
	defer fault.At(&err, "row.Whole(register %s)", register)
	text := wholeLists
	if !all {
		text += ` AND undone_at IS NULL`
	}
	err = t.Each(ctx, text+` ORDER BY id`, []any{register}, func(rows *sql.Rows) error {
		i, err := scanImport(rows.Scan)
		if err == nil {
			list = append(list, *i)
		}
		return err
	})
	return list, err
}

const spokenImports = `SELECT ` + importColumns + `, layouts FROM import WHERE register = ? AND source <> '' AND undone_at IS NULL ORDER BY id`

func (t ImportRows) Spoken(ctx context.Context, register string) (list []fact.ImportRow, err error) {
	defer fault.At(&err, "row.Spoken(register %s)", register)
	err = t.Each(ctx, spokenImports, []any{register}, func(rows *sql.Rows) error {
		var layouts string
		i, err := scanImport(rows.Scan, &layouts)
		if err == nil {
			i.Layouts = layouts
			list = append(list, *i)
		}
		return err
	})
	return list, err
}

const linkedOf = `SELECT subject_id FROM link WHERE record_id BETWEEN ? AND ?`

func (t RecordRows) EachAbout(ctx context.Context, first, last int64, fn func(int64)) (err error) {
	defer fault.At(&err, "row.EachAbout(records %d to %d)", first, last)
	return t.Each(ctx, linkedOf, []any{first, last}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		fn(id)
		return err
	})
}

// The query starts from the open questions, which are few, because a list may have a million rows. CROSS JOIN makes
// SQLite keep that order.
const doubted = `SELECT DISTINCT q.candidate FROM {question} q CROSS JOIN link l
	WHERE l.subject_id = q.subject AND q.register = ? AND q.state IN ('open', 'later') AND l.record_id BETWEEN ? AND ?`

func (t RecordRows) Doubted(ctx context.Context, register string, first, last int64) (_ map[int64]bool, err error) {
	defer fault.At(&err, "row.Doubted(register %s, records %d to %d)", register, first, last)
	subjects := map[int64]bool{}
	err = t.Each(ctx, doubted, []any{register, first, last}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		subjects[id] = true
		return err
	})
	return subjects, err
}

func (t ImportRows) Horizon(ctx context.Context) (day, last time.Time, err error) {
	defer fault.At(&err, "row.Horizon")
	var asOf, imported, undone, merged, unmerged, moved, back sql.NullInt64
	if _, err := t.One(ctx, `SELECT MAX(CASE WHEN undone_at IS NULL THEN as_of END), MAX(at), MAX(undone_at) FROM import`, nil, &asOf, &imported, &undone); err != nil {
		return day, last, err
	}
	if _, err := t.One(ctx, `SELECT MAX(at), MAX(undone_at) FROM {merge} m`, nil, &merged, &unmerged); err != nil {
		return day, last, err
	}
	if _, err := t.One(ctx, `SELECT MAX(at), MAX(undone_at) FROM relink`, nil, &moved, &back); err != nil {
		return day, last, err
	}
	if asOf.Valid {
		day = time.Unix(asOf.Int64*86400, 0).UTC()
	}
	for _, n := range []sql.NullInt64{imported, undone, merged, unmerged, moved, back} {
		if n.Valid && time.UnixMilli(n.Int64).After(last) {
			last = time.UnixMilli(n.Int64).UTC()
		}
	}
	return day, last, nil
}

const nextSubjects = `SELECT subject_id FROM {profile} WHERE {shown}subject_id > ? AND COALESCE(register, 0) = ?`

func (t ProfileRows) Next(ctx context.Context, register string, after int64, limit int) (list []int64, err error) {
	defer fault.At(&err, "row.Next(register %s, after %d)", register, after)
	n, err := t.register(ctx, register)
	if err != nil {
		return nil, err
	}
	err = t.ordered(ctx, nextSubjects, []any{after, n}, ` LIMIT ?`, []any{limit}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

func (t NumberRows) Sources(ctx context.Context) (_ map[string]int, err error) {
	defer fault.At(&err, "row.Sources")
	numbers := map[string]int{}
	err = t.Each(ctx, `SELECT id, number FROM source`, nil, func(rows *sql.Rows) error {
		var id string
		var n int
		err := rows.Scan(&id, &n)
		numbers[id] = n
		return err
	})
	return numbers, err
}

func (t NumberRows) AddSources(ctx context.Context, numbers map[string]int) error {
	for id, n := range numbers {
		if _, err := t.Exec(ctx, `INSERT INTO source (id, number) VALUES (?, ?)`, id, n); err != nil {
			return fmt.Errorf("store: number source %s: %w", id, err)
		}
		t.Touch("source", 0, id)
	}
	return nil
}

func (t NumberRows) Setting(ctx context.Context, name string) (value string, err error) {
	defer fault.At(&err, "row.Setting(setting %s)", name)
	_, err = t.One(ctx, `SELECT value FROM setting WHERE name = ?`, []any{name}, &value)
	return value, err
}

func (t NumberRows) Set(ctx context.Context, name, value string) (err error) {
	defer fault.At(&err, "row.Set(setting %s)", name)
	if oplog.KeptSetting(name) {
		t.Touch("setting", 0, name)
	}
	_, err = t.Exec(ctx, `INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

const (
	mergedColumns = `SELECT m.from_subject, m.into_subject, p.name_key FROM `
	mergedAll     = mergedColumns + `{merge} m JOIN {profile} p ON p.subject_id = m.from_subject WHERE {shown p.}m.register = ? AND m.undone_at IS NULL ORDER BY m.id`
	mergedOf      = mergedColumns + `{merge} m JOIN {profile} p ON p.subject_id = m.from_subject WHERE {shown p.}m.from_subject IN {in} AND m.undone_at IS NULL ORDER BY m.id`
	// The conditions are those of the two indexes of names that gone subjects have.
	mergedNameless = mergedColumns + `{profile} p JOIN {merge} m ON m.from_subject = p.subject_id
		WHERE {shown p.}p.register = ? AND p.gone <> 0 AND p.code = '' AND p.name_key IN {in} AND m.undone_at IS NULL ORDER BY m.id`
	mergedCoded = mergedColumns + `{profile} p JOIN {merge} m ON m.from_subject = p.subject_id
		WHERE {shown p.}p.register = ? AND p.gone <> 0 AND p.code <> '' AND p.name_key IN {in} AND m.undone_at IS NULL ORDER BY m.id`
)

func (t MergeRows) Merged(ctx context.Context, register string) (list []fact.MergedRow, err error) {
	defer fault.At(&err, "row.Merged(register %s)", register)
	err = t.visible(ctx, mergedAll, []any{register}, func(text string, args []any) error { return t.Each(ctx, text, args, addMerged(&list)) })
	return list, err
}

func (t MergeRows) MergedOf(ctx context.Context, subjects []int64) (list []fact.MergedRow, err error) {
	defer fault.At(&err, "row.MergedOf(%d subjects)", len(subjects))
	err = t.visible(ctx, mergedOf, nil, func(text string, args []any) error {
		return base.Among(ctx, t.Tx, text, args, subjects, addMerged(&list))
	})
	return list, err
}

func (t MergeRows) MergedNamed(ctx context.Context, register string, keys []string) (list []fact.MergedRow, err error) {
	defer fault.At(&err, "row.MergedNamed(register %s, %d keys)", register, len(keys))
	n, err := t.register(ctx, register)
	if err != nil {
		return nil, err
	}
	if err := t.look(ctx); err != nil {
		return nil, err
	}
	for _, text := range []string{mergedNameless, mergedCoded} {
		args := []any{n}
		if t.open != 0 {
			text, args = shownProfile.Replace(text), []any{-t.open, n}
		}
		if err := base.Among(ctx, t.Tx, plainProfile.Replace(text), args, keys, addMerged(&list)); err != nil {
			return nil, err
		}
	}
	gone, err := t.overwritten(ctx, n, "name_key", keys, func(s fact.SubjectRow) bool { return s.Gone })
	if err != nil || len(gone) == 0 {
		return list, err
	}
	ids := make([]int64, len(gone))
	for i := range gone {
		ids[i] = gone[i].Subject
	}
	err = base.Among(ctx, t.Tx, priorProfile.Replace(mergedOf), nil, ids, addMerged(&list))
	return list, err
}

func addMerged(list *[]fact.MergedRow) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var m fact.MergedRow
		err := rows.Scan(&m.Subject, &m.Into, &m.NameKey)
		*list = append(*list, m)
		return err
	}
}

const mergeColumns = `SELECT id, register, from_subject, into_subject, at, actor, how, evidence, reason, undone_at, undone_by FROM {merge} m`

func scanMerge(scan func(...any) error) (m fact.MergeRow, err error) {
	var at int64
	var undone sql.NullInt64
	err = scan(&m.ID, &m.Register, &m.From, &m.Into, &at, &m.Actor, &m.How, &m.Evidence, &m.Reason, &undone, &m.UndoneBy)
	m.At, m.UndoneAt = time.UnixMilli(at).UTC(), moment(undone)
	return m, err
}

// moment reads a time that may be NULL.
func moment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}

func (t MergeRows) MergesOf(ctx context.Context, register string, subjects []int64) (list []fact.MergeRow, err error) {
	defer fault.At(&err, "row.MergesOf(register %s, %d subjects)", register, len(subjects))
	seen := map[int64]bool{}
	add := func(rows *sql.Rows) error {
		m, err := scanMerge(rows.Scan)
		if err == nil && !seen[m.ID] {
			seen[m.ID] = true
			list = append(list, m)
		}
		return err
	}
	if subjects == nil {
		err := t.Each(ctx, mergeColumns+` WHERE register = ? ORDER BY id`, []any{register}, add)
		return list, err
	}
	for _, side := range []string{"from_subject", "into_subject"} {
		if err := base.Among(ctx, t.Tx, mergeColumns+` WHERE `+side+` IN {in} ORDER BY id`, nil, subjects, add); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (t MergeRows) Merge(ctx context.Context, id int64) (_ *fact.MergeRow, err error) {
	defer fault.At(&err, "row.Merge(merge %d)", id)
	s, err := t.Prepare(ctx, mergeColumns+` WHERE id = ?`)
	if err != nil {
		return nil, err
	}
	m, err := scanMerge(s.QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &m, err
}

// Few merges are undone, so they have an index of their own. The others are found by the index of all merges.
var mergeStates = map[fact.MergeState]string{"": "", fact.Standing: " AND undone_at IS NULL", fact.Undone: " AND undone_at IS NOT NULL"}

func (t MergeRows) AddMerges(ctx context.Context, rows []fact.MergeRow) (err error) {
	defer fault.At(&err, "row.AddMerges(%d rows)", len(rows))
	for i := range rows {
		t.Touch("merge", rows[i].ID, "")
	}
	return t.Insert(ctx, `INSERT INTO merge (id, register, from_subject, into_subject, at, actor, how, evidence, reason)`, ``, 9, len(rows), func(args []any, i int) []any {
		m := &rows[i]
		return append(args, m.ID, m.Register, m.From, m.Into, m.At.UnixMilli(), m.Actor, m.How, m.Evidence, m.Reason)
	})
}

func (t MergeRows) MarkMergeUndone(ctx context.Context, id int64, at time.Time, by string) (err error) {
	defer fault.At(&err, "row.MarkMergeUndone(merge %d)", id)
	t.Touch("merge", id, "")
	_, err = t.Exec(ctx, `UPDATE merge SET undone_at = ?, undone_by = ? WHERE id = ?`, at.UnixMilli(), by, id)
	return err
}

const relinkColumns = `SELECT id, record_id, from_subject, into_subject, from_how, at, actor, reason, undone_at, undone_by FROM relink`

func scanRelink(scan func(...any) error) (r fact.RelinkRow, err error) {
	var at int64
	var undone sql.NullInt64
	err = scan(&r.ID, &r.Record, &r.From, &r.Into, &r.FromHow, &at, &r.Actor, &r.Reason, &undone, &r.UndoneBy)
	r.At, r.UndoneAt = time.UnixMilli(at).UTC(), moment(undone)
	return r, err
}

func (t MergeRows) RelinksOf(ctx context.Context, subjects []int64) (list []fact.RelinkRow, err error) {
	defer fault.At(&err, "row.RelinksOf(%d subjects)", len(subjects))
	seen := map[int64]bool{}
	add := func(rows *sql.Rows) error {
		r, err := scanRelink(rows.Scan)
		if err == nil && !seen[r.ID] {
			seen[r.ID] = true
			list = append(list, r)
		}
		return err
	}
	if subjects == nil {
		err := t.Each(ctx, relinkColumns+` ORDER BY id`, nil, add)
		return list, err
	}
	for _, side := range []string{"from_subject", "into_subject"} {
		if err := base.Among(ctx, t.Tx, relinkColumns+` WHERE `+side+` IN {in} ORDER BY id`, nil, subjects, add); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (t MergeRows) Relink(ctx context.Context, id int64) (_ *fact.RelinkRow, err error) {
	defer fault.At(&err, "row.Relink(move %d)", id)
	s, err := t.Prepare(ctx, relinkColumns+` WHERE id = ?`)
	if err != nil {
		return nil, err
	}
	r, err := scanRelink(s.QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

func (t MergeRows) AddRelink(ctx context.Context, r *fact.RelinkRow) (err error) {
	defer fault.At(&err, "row.AddRelink(move %d, record %d)", r.ID, r.Record)
	t.Touch("relink", r.ID, "")
	_, err = t.Exec(ctx, `INSERT INTO relink (id, record_id, from_subject, into_subject, from_how, at, actor, reason) VALUES `+dialect.Marks(1, 8),
		r.ID, r.Record, r.From, r.Into, string(r.FromHow), r.At.UnixMilli(), r.Actor, r.Reason)
	return err
}

func (t MergeRows) MarkRelinkUndone(ctx context.Context, id int64, at time.Time, by string) (err error) {
	defer fault.At(&err, "row.MarkRelinkUndone(move %d)", id)
	t.Touch("relink", id, "")
	_, err = t.Exec(ctx, `UPDATE relink SET undone_at = ?, undone_by = ? WHERE id = ?`, at.UnixMilli(), by, id)
	return err
}

// Records whose row names the subject: those that were moved away have their origin written down.
const (
	attachMoved = `UPDATE link SET subject_id = ?, origin = CASE WHEN origin = ? THEN 0 ELSE origin END,
		seal = seal + (? - subject_id) * 1000003 - CASE WHEN origin = ? THEN origin ELSE 0 END * 7919 WHERE origin <> 0 AND origin = ?`
	attachOwn = `UPDATE link SET subject_id = ?, origin = ?, seal = seal + (? - subject_id) * 1000003 + (? - origin) * 7919 WHERE subject_id = ? AND origin = 0`
)

func (t RecordRows) Attach(ctx context.Context, origins []int64, subject int64) (err error) {
	defer fault.At(&err, "row.Attach(%d merged subjects, subject %d)", len(origins), subject)
	if err := ProfileRows(t).Concern(ctx, append([]int64{subject}, origins...)); err != nil {
		return err
	}
	for _, o := range origins {
		if _, err := t.Exec(ctx, attachMoved, subject, subject, subject, subject, o); err != nil {
			return fmt.Errorf("store: attach %d to %d: %w", o, subject, err)
		}
		if o == subject {
			continue
		}
		if _, err := t.Exec(ctx, attachOwn, subject, o, subject, o, o); err != nil {
			return fmt.Errorf("store: attach %d to %d: %w", o, subject, err)
		}
	}
	return nil
}

func (t RecordRows) SetLink(ctx context.Context, l fact.LinkRow) (err error) {
	defer fault.At(&err, "row.SetLink(record %d)", l.Record)
	var before int64
	if _, err := t.One(ctx, `SELECT subject_id FROM link WHERE record_id = ?`, []any{l.Record}, &before); err != nil {
		return err
	}
	if err := ProfileRows(t).Concern(ctx, []int64{before, l.Subject, l.Named()}); err != nil {
		return err
	}
	if err := t.keepMade(ctx, l.Record); err != nil {
		return err
	}
	t.Touch("link", l.Record, "")
	_, err = t.Exec(ctx, `UPDATE link SET subject_id = ?, origin = ?, how = ?, evidence = ?, seal = ? WHERE record_id = ?`, l.Subject, l.RowSubject, string(l.How), l.Evidence,
		seal.LinkSum(l.Record, l.Subject, l.RowSubject, string(l.How), l.Evidence), l.Record)
	return err
}

const questionColumns = `SELECT id, register, subject, candidate, weight, evidence, raised_at, state, decided_at, decided_by, reason, merge_id FROM {question} q`

func scanQuestion(scan func(...any) error) (q fact.QuestionRow, err error) {
	var raised int64
	var decided sql.NullInt64
	err = scan(&q.ID, &q.Register, &q.Subject, &q.Candidate, &q.Weight, &q.Evidence, &raised, &q.State, &decided, &q.DecidedBy, &q.Reason, &q.Merge)
	q.RaisedAt, q.DecidedAt = time.UnixMilli(raised).UTC(), moment(decided)
	return q, err
}

func (t QuestionRows) Question(ctx context.Context, id int64) (_ *fact.QuestionRow, err error) {
	defer fault.At(&err, "row.Question(question %d)", id)
	s, err := t.Prepare(ctx, questionColumns+` WHERE id = ?`)
	if err != nil {
		return nil, err
	}
	q, err := scanQuestion(s.QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &q, err
}

func (t QuestionRows) QuestionsOf(ctx context.Context, register string, subjects []int64) (list []fact.QuestionRow, err error) {
	defer fault.At(&err, "row.QuestionsOf(register %s, %d subjects)", register, len(subjects))
	seen := map[int64]bool{}
	add := func(rows *sql.Rows) error {
		q, err := scanQuestion(rows.Scan)
		if err == nil && !seen[q.ID] {
			seen[q.ID] = true
			list = append(list, q)
		}
		return err
	}
	if subjects == nil {
		err := t.Each(ctx, questionColumns+` WHERE register = ? ORDER BY id`, []any{register}, add)
		return list, err
	}
	for _, side := range []string{"subject", "candidate"} {
		if err := base.Among(ctx, t.Tx, questionColumns+` WHERE `+side+` IN {in} ORDER BY id`, nil, subjects, add); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (t QuestionRows) AddQuestions(ctx context.Context, rows []fact.QuestionRow) (err error) {
	defer fault.At(&err, "row.AddQuestions(%d rows)", len(rows))
	if err := t.overLanded(ctx, rows); err != nil {
		return err
	}
	for i := range rows {
		t.Touch("question", rows[i].ID, "")
	}
	return t.Insert(ctx, `INSERT INTO question (id, register, subject, candidate, weight, evidence, raised_at, state)`, ``, 8, len(rows), func(args []any, i int) []any {
		q := &rows[i]
		return append(args, q.ID, q.Register, q.Subject, q.Candidate, q.Weight, q.Evidence, q.RaisedAt.UnixMilli(), string(q.State))
	})
}

// overLanded removes questions about the same pairs that another process's open batch has landed: the batch treats them
// as questions that others wrote meanwhile.
func (t QuestionRows) overLanded(ctx context.Context, rows []fact.QuestionRow) error {
	if err := t.look(ctx); err != nil || t.open == 0 {
		return err
	}
	for i := range rows {
		if _, err := t.Exec(ctx, `DELETE FROM question WHERE subject = ? AND candidate = ? AND id IN (
			SELECT q.id FROM question q JOIN batch_range b ON b.counter = 'question' AND q.id BETWEEN b.first_id AND b.last_id WHERE q.subject = ? AND q.candidate = ?)`,
			rows[i].Subject, rows[i].Candidate, rows[i].Subject, rows[i].Candidate); err != nil {
			return err
		}
	}
	return nil
}

func (t QuestionRows) QuestionStates(ctx context.Context, register string, fn func(fact.QuestionRow)) (err error) {
	defer fault.At(&err, "row.QuestionStates(register %s)", register)
	return t.Each(ctx, `SELECT id, subject, candidate, state FROM {question} q WHERE register = ?`, []any{register}, func(rows *sql.Rows) error {
		var q fact.QuestionRow
		err := rows.Scan(&q.ID, &q.Subject, &q.Candidate, &q.State)
		fn(q)
		return err
	})
}

// setQuestions writes all of a question: those that are there keep who it is about.
const setQuestions = ` ON CONFLICT (id) DO UPDATE SET weight = excluded.weight, evidence = excluded.evidence, state = excluded.state,
	decided_at = excluded.decided_at, decided_by = excluded.decided_by, reason = excluded.reason, merge_id = excluded.merge_id`

func (t QuestionRows) SetQuestions(ctx context.Context, rows []*fact.QuestionRow) (err error) {
	defer fault.At(&err, "row.SetQuestions(%d rows)", len(rows))
	for _, q := range rows {
		t.Touch("question", q.ID, "")
	}
	return t.Insert(ctx, `INSERT INTO question (id, register, subject, candidate, weight, evidence, raised_at, state, decided_at, decided_by, reason, merge_id)`,
		setQuestions, 12, len(rows), func(args []any, i int) []any {
			q := rows[i]
			var decided any
			if !q.DecidedAt.IsZero() {
				decided = q.DecidedAt.UnixMilli()
			}
			return append(args, q.ID, q.Register, q.Subject, q.Candidate, q.Weight, q.Evidence, q.RaisedAt.UnixMilli(), string(q.State), decided, q.DecidedBy, q.Reason, q.Merge)
		})
}

func (t QuestionRows) SetQuestion(ctx context.Context, q *fact.QuestionRow) (err error) {
	defer fault.At(&err, "row.SetQuestion(question %d)", q.ID)
	var decided any
	if !q.DecidedAt.IsZero() {
		decided = q.DecidedAt.UnixMilli()
	}
	t.Touch("question", q.ID, "")
	_, err = t.Exec(ctx, `UPDATE question SET weight = ?, evidence = ?, state = ?, decided_at = ?, decided_by = ?, reason = ?, merge_id = ? WHERE id = ?`,
		q.Weight, q.Evidence, string(q.State), decided, q.DecidedBy, q.Reason, q.Merge, q.ID)
	return err
}
