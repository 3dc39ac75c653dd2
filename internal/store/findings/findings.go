// Package findings stores the findings of the quality rules.
package findings

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/quality"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/oplog"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/vault"
)

var _ quality.Storage = room.Room[quality.Reader, quality.Writer]{}

// Rows reads and writes findings in an open transaction.
type Rows struct{ *row.Tx }

// Of returns the room of findings.
func Of(db *room.DB) room.Room[quality.Reader, quality.Writer] {
	return room.In(db, func(t *row.Tx) quality.Reader { return Rows{t} }, func(t *row.Tx) quality.Writer {
		return struct {
			Rows
			row.LogRows
		}{Rows{t}, row.LogRows{Tx: t}}
	})
}

const (
	findingColumns = `subject_id, rule, attribute, year, register, code, name, district, value, offer, because, import_id, record_id, cell,
		found_at, resolved_at, state, assignee, reason, changed_at, changed_by`
	findingsOf    = `SELECT ` + findingColumns + ` FROM finding WHERE subject_id IN {in}`
	oneFinding    = `SELECT ` + findingColumns + ` FROM finding WHERE subject_id = ? AND rule = ? AND attribute = ? AND year = ?`
	foundSubjects = `SELECT DISTINCT subject_id FROM finding WHERE register = ?`
	newFindings   = `SELECT subject_id, rule, attribute, year, district, import_id, state, assignee, found_at, resolved_at FROM finding
		WHERE register = ? AND seq > ?`
)

// scanFinding scans a row with the columns of findingColumns.
func scanFinding(rows *sql.Rows) (f quality.Row, err error) {
	var offer, because string
	var found, changed int64
	var resolved sql.NullInt64
	err = rows.Scan(&f.Subject, &f.Rule, &f.Attribute, &f.Year, &f.Register, &f.Code, &f.Name, &f.District, &f.Value, &offer, &because, &f.Import, &f.Record,
		&f.Cell, &found, &resolved, &f.State, &f.Assignee, &f.Reason, &changed, &f.ChangedBy)
	if err != nil {
		return f, err
	}
	f.FoundAt, f.ChangedAt = time.UnixMilli(found).UTC(), time.UnixMilli(changed).UTC()
	if resolved.Valid {
		f.ResolvedAt = time.UnixMilli(resolved.Int64).UTC()
	}
	if offer != "" {
		if err := json.Unmarshal([]byte(offer), &f.Offer); err != nil {
			return f, fmt.Errorf("store: offer of a finding: %w", err)
		}
	}
	if err := json.Unmarshal([]byte(because), &f.Because); err != nil {
		return f, fmt.Errorf("store: reason of a finding: %w", err)
	}
	return f, nil
}

func (t Rows) Pass(ctx context.Context, register string) (_ *quality.Pass, err error) {
	defer fault.At(&err, "findings.Pass(register %s)", register)
	p := quality.Pass{Register: register}
	var at int64
	var aged string
	found, err := t.One(ctx, `SELECT change, fingerprint, at, aged FROM finding_pass WHERE register = ?`, []any{register}, &p.Change, &p.Fingerprint, &at, &aged)
	if err != nil || !found {
		return nil, err
	}
	if aged != "" {
		if err := json.Unmarshal([]byte(aged), &p.Aged); err != nil {
			return nil, fmt.Errorf("store: what is old in %s: %w", register, err)
		}
	}
	p.At = time.UnixMilli(at).UTC()
	return &p, nil
}

func (t Rows) SetPass(ctx context.Context, p quality.Pass) (err error) {
	defer fault.At(&err, "findings.SetPass(register %s)", p.Register)
	aged := ""
	if len(p.Aged) > 0 {
		text, err := json.Marshal(p.Aged)
		if err != nil {
			return err
		}
		aged = string(text)
	}
	_, err = t.Exec(ctx, `INSERT INTO finding_pass (register, change, fingerprint, at, aged) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (register) DO UPDATE SET change = excluded.change, fingerprint = excluded.fingerprint, at = excluded.at, aged = excluded.aged`,
		p.Register, p.Change, p.Fingerprint, p.At.UnixMilli(), aged)
	return err
}

func (t Rows) Finding(ctx context.Context, k quality.Key) (found *quality.Row, err error) {
	defer fault.At(&err, "findings.Finding(subject %d, %s)", k.Subject, k.Attribute)
	err = t.Each(ctx, oneFinding, []any{k.Subject, k.Rule, k.Attribute, k.Year}, func(rows *sql.Rows) error {
		f, err := scanFinding(rows)
		found = &f
		return err
	})
	return found, err
}

func (t Rows) FindingsOf(ctx context.Context, subjects []int64) (list []quality.Row, err error) {
	defer fault.At(&err, "findings.FindingsOf(%d subjects)", len(subjects))
	seen := map[quality.Key]bool{} // a short list is filled up
	err = base.Among(ctx, t, findingsOf, nil, subjects, func(rows *sql.Rows) error {
		f, err := scanFinding(rows)
		if err == nil && !seen[f.Key] {
			seen[f.Key] = true
			list = append(list, f)
		}
		return err
	})
	return list, err
}

func (t Rows) FoundSubjects(ctx context.Context, register string, fn func(int64)) (err error) {
	defer fault.At(&err, "findings.FoundSubjects(register %s)", register)
	return t.Each(ctx, foundSubjects, []any{register}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		fn(id)
		return err
	})
}

func (t Rows) Changed(ctx context.Context, register string, after int64, fn func(f quality.Slim, open bool)) (last int64, err error) {
	defer fault.At(&err, "findings.Changed(register %s, after %d)", register, after)
	if _, err := t.One(ctx, `SELECT seq FROM finding_seq`, nil, &last); err != nil || last <= after {
		return after, err
	}
	err = t.Each(ctx, newFindings, []any{register, after}, func(rows *sql.Rows) error {
		var f quality.Slim
		var found int64
		var resolved sql.NullInt64
		err := rows.Scan(&f.Subject, &f.Rule, &f.Attribute, &f.Year, &f.District, &f.Import, &f.State, &f.Assignee, &found, &resolved)
		f.FoundAt = time.UnixMilli(found).UTC()
		fn(f, !resolved.Valid)
		return err
	})
	return last, err
}

// Committed implements quality.Reader.
func (t Rows) Committed() bool { return t.Reads() }

// findingOrders are the sort orders of a list. The last columns make each order total.
var findingOrders = map[string]string{
	"": "rule{dir}, import_id{dir}, subject_id{dir}, attribute{dir}, year{dir}", "rule": "rule{dir}, import_id{dir}, subject_id{dir}, attribute{dir}, year{dir}",
	"name": "name{dir}, subject_id{dir}, rule{dir}, attribute{dir}, year{dir}", "found": "found_at{dir}, subject_id{dir}, rule{dir}, attribute{dir}, year{dir}",
}

// openFindings are the findings of a register that are still found.
const openFindings = ` FROM finding WHERE register = ? AND resolved_at IS NULL`

// inOrder is the end of a query for one page.
func inOrder(order string, desc bool) string {
	dir := ""
	if desc {
		dir = " DESC"
	}
	return ` ORDER BY ` + strings.ReplaceAll(order, "{dir}", dir) + ` LIMIT ? OFFSET ?`
}

// among is the condition that a column holds one of several values. Nil asks for nothing, and an empty list for no value.
func among[T any](column string, list []T) (condition string, args []any) {
	switch {
	case list == nil:
		return "", nil
	case len(list) == 0:
		return " AND 1 = 0", nil
	}
	for _, v := range list {
		args = append(args, v)
	}
	return " AND " + column + " IN " + dialect.Marks(1, len(list)), args
}

// wanted is the part of a query that a filter asks for.
func (t Rows) wanted(ctx context.Context, f *quality.Filter) (where string, args []any, err error) {
	where, args = openFindings, []any{f.Register}
	and := func(condition string, values []any) {
		where += condition
		args = append(args, values...)
	}
	and(among("rule", f.Rules))
	and(among("import_id", f.Imports))
	and(among("district", f.Districts))
	and(among("state", f.States))
	and(among("assignee", f.Assignees))
	and(among("subject_id", f.Subjects))
	if f.Keys != nil {
		condition, values := " AND (1 = 0", []any{}
		for _, k := range f.Keys {
			condition += " OR subject_id = ? AND rule = ? AND attribute = ? AND year = ?"
			values = append(values, k.Subject, k.Rule, k.Attribute, k.Year)
		}
		and(condition+")", values)
	}
	if !f.From.IsZero() {
		and(" AND found_at >= ?", []any{f.From.UnixMilli()})
	}
	if !f.To.IsZero() {
		and(" AND found_at < ?", []any{f.To.UnixMilli()})
	}
	if f.Text != "" {
		condition, values, err := t.Called(ctx, "subject_id", f.Register, f.Text)
		if err != nil {
			return "", nil, err
		}
		and(" AND "+condition, values)
	}
	return where, args, nil
}

func (t Rows) CountFindings(ctx context.Context, f quality.Filter) (counts map[string]int, err error) {
	defer fault.At(&err, "findings.CountFindings(register %s)", f.Register)
	where, args, err := t.wanted(ctx, &f)
	if err != nil {
		return nil, err
	}
	counts = map[string]int{}
	err = t.Each(ctx, `SELECT rule, COUNT(*)`+where+` GROUP BY rule`, args, func(rows *sql.Rows) error {
		var rule string
		var n int
		err := rows.Scan(&rule, &n)
		counts[rule] = n
		return err
	})
	return counts, err
}

func (t Rows) Findings(ctx context.Context, f quality.Filter, offset, limit int) (list []quality.Row, err error) {
	defer fault.At(&err, "findings.Findings(register %s)", f.Register)
	order, ok := findingOrders[f.Sort]
	if !ok {
		return nil, fmt.Errorf("store: no findings in the order of %q", f.Sort)
	}
	where, args, err := t.wanted(ctx, &f)
	if err != nil || limit == 0 {
		return nil, err
	}
	err = t.Each(ctx, `SELECT `+findingColumns+where+inOrder(order, f.Desc), append(args, limit, offset), func(rows *sql.Rows) error {
		row, err := scanFinding(rows)
		list = append(list, row)
		return err
	})
	return list, err
}

func (t Rows) SetFindings(ctx context.Context, list []quality.Row) (err error) {
	defer fault.At(&err, "findings.SetFindings(%d rows)", len(list))
	texts := make([][2]string, len(list))
	for i := range list {
		because, err := json.Marshal(list[i].Because)
		if err != nil {
			return err
		}
		texts[i][1] = string(because)
		if o := list[i].Offer; o != nil {
			offer, err := json.Marshal(o)
			if err != nil {
				return err
			}
			texts[i][0] = string(offer)
		}
	}
	if err := t.touchDecided(ctx, list); err != nil || len(list) == 0 {
		return err
	}
	seq, err := t.NextFinding(ctx)
	if err != nil {
		return err
	}
	const replace = ` ON CONFLICT (subject_id, rule, attribute, year) DO UPDATE SET register = excluded.register, code = excluded.code, name = excluded.name,
		district = excluded.district, value = excluded.value, offer = excluded.offer, because = excluded.because, import_id = excluded.import_id,
		record_id = excluded.record_id, cell = excluded.cell, found_at = excluded.found_at, resolved_at = excluded.resolved_at, state = excluded.state,
		assignee = excluded.assignee, reason = excluded.reason, changed_at = excluded.changed_at, changed_by = excluded.changed_by, seq = excluded.seq`
	return t.Insert(ctx, `INSERT INTO finding (`+findingColumns+`, seq)`, replace, 22, len(list), func(args []any, i int) []any {
		f := &list[i]
		hide := func(text string) any {
			if text != "" && t.Confidential(f.Register) {
				return vault.HiddenText(text)
			}
			return text
		}
		resolved := sql.NullInt64{Int64: f.ResolvedAt.UnixMilli(), Valid: !f.ResolvedAt.IsZero()}
		return append(args, f.Subject, f.Rule, f.Attribute, f.Year, f.Register, f.Code, f.Name, f.District, hide(f.Value), hide(texts[i][0]), hide(texts[i][1]), f.Import, f.Record,
			f.Cell, f.FoundAt.UnixMilli(), resolved, string(f.State), f.Assignee, f.Reason, f.ChangedAt.UnixMilli(), f.ChangedBy, seq)
	})
}

// touchDecided records the findings with a decision, now or before, for the operation log.
func (t Rows) touchDecided(ctx context.Context, list []quality.Row) error {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].Subject
	}
	slices.Sort(ids)
	before, err := t.Proven(ctx, "finding", slices.Compact(ids))
	if err != nil {
		return err
	}
	for i := range list {
		f := &list[i]
		key := oplog.Key{ID: f.Subject, Name: fmt.Sprintf("%s.%s.%d", f.Rule, f.Attribute, f.Year)}
		if f.ChangedBy != "" || before[key] {
			t.Touch("finding", key.ID, key.Name)
		}
	}
	return nil
}
