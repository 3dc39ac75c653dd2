package row

import (
	"context"
	"database/sql"

	"eyas/internal/fault"
	"eyas/internal/vault"
)

// SubjectsByNumber returns the subjects whose profile holds an identity number, or held it: by its keyed hash.
func (t SubjectRows) SubjectsByNumber(ctx context.Context, number string) (list []int64, err error) {
	defer fault.At(&err, "row.SubjectsByNumber")
	err = t.Each(ctx, `SELECT subject_id FROM number_mark WHERE mark = ? ORDER BY subject_id LIMIT 100`, []any{vault.Marked(number)}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}
