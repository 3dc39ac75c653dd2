package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"eyas/internal/fault"
	"eyas/internal/store/row"
)

// HandFindings hands the doubted values that somebody is to settle to another, and says how many they are.
func (s *People) HandFindings(ctx context.Context, from, to string) (n int, err error) {
	defer fault.At(&err, "people.HandFindings(from %s, to %s)", from, to)
	return n, s.db.Changing(ctx, func(t *row.Tx) error {
		err := t.Each(ctx, `SELECT subject_id, rule, attribute, year FROM finding WHERE assignee = ? AND resolved_at IS NULL AND changed_by <> ''`, []any{from}, func(rows *sql.Rows) error {
			var subject, year int64
			var rule, attribute string
			err := rows.Scan(&subject, &rule, &attribute, &year)
			t.Touch("finding", subject, fmt.Sprintf("%s.%s.%d", rule, attribute, year))
			n++
			return err
		})
		if err != nil {
			return err
		}
		seq, err := t.NextFinding(ctx)
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `UPDATE finding SET assignee = ?, seq = ? WHERE assignee = ? AND resolved_at IS NULL`, to, seq, from)
		return err
	})
}

// HandJobs hands the open work in the background of somebody to another. It goes on under the rights under which it was started.
func (s *People) HandJobs(ctx context.Context, from, to string) (n int, err error) {
	defer fault.At(&err, "people.HandJobs(from %s, to %s)", from, to)
	return n, s.db.Changing(ctx, func(t *row.Tx) error {
		done, err := t.Exec(ctx, `UPDATE job SET actor = ? WHERE actor = ? AND ended IS NULL`, to, from)
		if err != nil {
			return err
		}
		changed, err := done.RowsAffected()
		n = int(changed)
		return err
	})
}

// HandUploads hands the uploaded files of somebody that wait to be imported to another.
func (s *People) HandUploads(ctx context.Context, from, to string) (n int, err error) {
	defer fault.At(&err, "people.HandUploads(from %s, to %s)", from, to)
	return n, s.db.Changing(ctx, func(t *row.Tx) error {
		notes := map[string]string{}
		err := t.Each(ctx, `SELECT id, note FROM file_link WHERE kind = 'upload' AND note LIKE ?`, []any{`%"actor":%`}, func(rows *sql.Rows) error {
			var id, text string
			if err := rows.Scan(&id, &text); err != nil {
				return err
			}
			note := map[string]json.RawMessage{}
			var actor string
			if json.Unmarshal([]byte(text), &note) != nil || json.Unmarshal(note["actor"], &actor) != nil || actor != from {
				return nil
			}
			var err error
			if note["actor"], err = json.Marshal(to); err != nil {
				return err
			}
			changed, err := json.Marshal(note)
			notes[id] = string(changed)
			return err
		})
		if err != nil {
			return err
		}
		for id, text := range notes {
			if _, err := t.Exec(ctx, `UPDATE file_link SET note = ?, actor = ? WHERE id = ?`, text, to, id); err != nil {
				return err
			}
		}
		n = len(notes)
		return nil
	})
}
