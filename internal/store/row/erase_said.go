package row

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"eyas/internal/fault"
)

// EraseSaid deletes what was said about an erased cell elsewhere: the findings of its record about its attribute lose the value, what
// was offered for it, why it was doubted and what people noted; so do other findings and texts beside entries of the log about the
// record, its import and its subject that repeat the value. An empty attribute is a column that was read as nothing.
func (t RecordRows) EraseSaid(ctx context.Context, record, importID, subject int64, attribute, value string) (err error) {
	defer fault.At(&err, "row.EraseSaid(record %d)", record)
	repeats := func(text string) bool { // a shorter value stands in texts that have nothing to do with it
		return utf8.RuneCountInString(value) >= 4 && strings.Contains(text, value)
	}
	about := []string{fmt.Sprintf("record/%d", record), fmt.Sprintf("import/%d", importID)}
	whole := map[string]bool{} // subjects of entries whose texts are all about the value
	type key struct {
		rule, attribute string
		year            int64
		decided         bool
	}
	var keys []key
	if subject != 0 {
		about = append(about, fmt.Sprintf("subject/%d", subject))
		err = t.Each(ctx, `SELECT rule, attribute, year, record_id, code, name, value, offer, because, reason, changed_by FROM finding WHERE subject_id = ?`, []any{subject}, func(rows *sql.Rows) error {
			var k key
			var of int64
			var texts [6]string
			var by string
			if err := rows.Scan(&k.rule, &k.attribute, &k.year, &of, &texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &texts[5], &by); err != nil {
				return err
			}
			k.decided = by != ""
			name := fmt.Sprintf("finding/%d.%s.%s.%d", subject, k.rule, k.attribute, k.year)
			its := of == record && attribute != "" && k.attribute == attribute
			if about, whole[name] = append(about, name), its; its || slices.ContainsFunc(texts[:], repeats) {
				keys = append(keys, k)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, k := range keys {
		if _, err := t.Exec(ctx, `UPDATE finding SET code = CASE WHEN code = ? THEN '' ELSE code END, name = CASE WHEN name = ? THEN '' ELSE name END,
			value = '', offer = '', because = '[]', reason = '' WHERE subject_id = ? AND rule = ? AND attribute = ? AND year = ?`, value, value, subject, k.rule, k.attribute, k.year); err != nil {
			return err
		}
		if k.decided {
			t.Touch("finding", subject, fmt.Sprintf("%s.%s.%d", k.rule, k.attribute, k.year))
		}
	}
	for _, name := range about {
		type beside struct {
			seq  int64
			name string
		}
		var list []beside
		err := t.Each(ctx, `SELECT x.seq, x.name, x.text FROM audit_entry e JOIN audit_text x ON x.seq = e.seq WHERE e.subject = ? AND x.text IS NOT NULL`, []any{name}, func(rows *sql.Rows) error {
			var b beside
			var text string
			err := rows.Scan(&b.seq, &b.name, &text)
			if err == nil && (whole[name] || repeats(text)) {
				list = append(list, b)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, b := range list {
			if err := t.Forget(ctx, b.seq, b.name); err != nil {
				return err
			}
		}
	}
	return nil
}
