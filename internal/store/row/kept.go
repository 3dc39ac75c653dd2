package row

import (
	"context"
	"database/sql"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// KeptImports returns imports into a register and entries by hand behind an import, in force or undone, in the order of their numbers
// and with their layouts.
func (t ImportRows) KeptImports(ctx context.Context, register string, after int64, limit int) (list []fact.ImportRow, err error) {
	defer fault.At(&err, "row.KeptImports(register %s)", register)
	err = t.Each(ctx, `SELECT `+importColumns+`, layouts FROM import WHERE register = ? AND id > ? ORDER BY id LIMIT ?`, []any{register, after, limit}, func(rows *sql.Rows) error {
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

// ImportsWith returns the imports of a file, by its content.
func (t ImportRows) ImportsWith(ctx context.Context, sha256 string) (list []int64, err error) {
	defer fault.At(&err, "row.ImportsWith(file %s)", sha256)
	if sha256 == "" {
		return nil, nil
	}
	err = t.Each(ctx, `SELECT id FROM import WHERE sha256 = ? ORDER BY id`, []any{sha256}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

// EachErased passes the records first to last of which cells were erased, with these, counted from 0.
func (t RecordRows) EachErased(ctx context.Context, first, last int64, fn func(sheet, row int, cells []int) error) (err error) {
	defer fault.At(&err, "row.EachErased(records %d to %d)", first, last)
	return t.Each(ctx, `SELECT r.sheet, r.row_no, e.digests FROM erasure e JOIN record r ON r.id = e.record_id WHERE e.record_id BETWEEN ? AND ? ORDER BY e.record_id`,
		[]any{first, last}, func(rows *sql.Rows) error {
			var sheet, row int
			var e fact.ErasureRow
			if err := rows.Scan(&sheet, &row, &e.Digests); err != nil {
				return err
			}
			return fn(sheet, row, e.Columns())
		})
}
