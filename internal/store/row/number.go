package row

import (
	"context"
	"database/sql"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/vault"
)

// markNumbers keeps keyed hashes of the identity numbers in profiles. A profile that a batch takes back, or that another
// record corrects, may leave a hash behind: who searches compares the profile.
func (t *Tx) markNumbers(ctx context.Context, rows []fact.ProfileRow) error {
	type marked struct {
		number  string
		subject int64
	}
	var list []marked
	var subjects []int64
	for i := range rows {
		p := &rows[i]
		numbers := vault.Numbers(p.Facts)
		for _, n := range numbers {
			list = append(list, marked{n, p.Subject})
		}
		if len(numbers) > 0 || t.Confidential(p.Register) {
			subjects = append(subjects, p.Subject)
		}
	}
	if len(subjects) > 0 && t.own == nil { // what a batch overwrites is still seen by others
		if err := base.ExecAmong(ctx, t, `DELETE FROM number_mark WHERE subject_id IN {in}`, subjects); err != nil {
			return err
		}
	}
	return t.Insert(ctx, `INSERT INTO number_mark (mark, subject_id)`, ` ON CONFLICT (mark, subject_id) DO NOTHING`, 2, len(list), func(args []any, i int) []any {
		return append(args, vault.Marked(list[i].number), list[i].subject)
	})
}

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
