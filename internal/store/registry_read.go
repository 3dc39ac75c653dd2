package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"eyas/internal/registry"
)

var _ registry.Writer = (*transaction)(nil)

func (t *transaction) Counter(ctx context.Context, c registry.Counter) (int64, error) {
	var n int64
	found, err := t.one(ctx, `SELECT value FROM counter WHERE name = ?`, []any{string(c)}, &n)
	if err == nil && !found {
		err = fmt.Errorf("store: there is no counter %q", c)
	}
	return n, err
}

func (t *transaction) Attributes(ctx context.Context, register string) (map[string]int, error) {
	numbers := map[string]int{}
	err := t.each(ctx, `SELECT id, number FROM attribute WHERE register = ?`, []any{register}, func(rows *sql.Rows) error {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return err
		}
		numbers[id] = n
		return nil
	})
	return numbers, err
}

// Columns of an import: those that a list needs, and the large texts.
const (
	importColumns = `id, register, file, sha256, size, actor, at, undone_at, undone_by, synthetic, first_record, last_record,
		row_count, accepted, unchanged, refused, refusal_count, warning_count, options`
	importTexts = `, layouts, lists`
)

// scanImport scans the columns of an import; more follow them.
func scanImport(scan func(...any) error, more ...*string) (*registry.ImportRow, error) {
	var i registry.ImportRow
	var at, synthetic int64
	var undone sql.NullInt64
	dest := []any{&i.ID, &i.Register, &i.File, &i.SHA256, &i.Size, &i.Actor, &at, &undone, &i.UndoneBy, &synthetic, &i.FirstRecord, &i.LastRecord,
		&i.Rows, &i.Accepted, &i.Unchanged, &i.Refused, &i.RefusalCount, &i.WarningCount, &i.Options}
	for _, m := range more {
		dest = append(dest, m)
	}
	if err := scan(dest...); err != nil {
		return nil, err
	}
	i.At = time.UnixMilli(at).UTC()
	if undone.Valid {
		i.UndoneAt = time.UnixMilli(undone.Int64).UTC()
	}
	i.Synthetic = synthetic != 0
	return &i, nil
}

func (t *transaction) Imports(ctx context.Context, offset, limit int) (list []registry.ImportRow, total int, err error) {
	if _, err := t.one(ctx, `SELECT COUNT(*) FROM import`, nil, &total); err != nil {
		return nil, 0, err
	}
	err = t.each(ctx, `SELECT `+importColumns+` FROM import ORDER BY id DESC LIMIT ? OFFSET ?`, []any{limit, offset}, func(rows *sql.Rows) error {
		i, err := scanImport(rows.Scan)
		if err == nil {
			list = append(list, *i)
		}
		return err
	})
	return list, total, err
}

func (t *transaction) Import(ctx context.Context, id int64) (*registry.ImportRow, error) {
	s, err := t.prepare(ctx, `SELECT `+importColumns+importTexts+` FROM import WHERE id = ?`)
	if err != nil {
		return nil, err
	}
	var layouts, lists string
	i, err := scanImport(s.QueryRowContext(ctx, id).Scan, &layouts, &lists)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	i.Layouts, i.Lists = layouts, lists
	return i, nil
}

func (t *transaction) InForce(ctx context.Context, register, sha256 string) (list []registry.ImportRow, err error) {
	err = t.each(ctx, `SELECT `+importColumns+`, layouts FROM import WHERE register = ? AND sha256 = ? AND undone_at IS NULL ORDER BY id`,
		[]any{register, sha256}, func(rows *sql.Rows) error {
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

func (t *transaction) Synthetic(ctx context.Context) (bool, error) {
	var n int
	return t.one(ctx, `SELECT 1 FROM import WHERE synthetic <> 0 AND undone_at IS NULL LIMIT 1`, nil, &n)
}

const subjectColumns = `SELECT subject_id, code, name_key, gone FROM profile WHERE register = ?`

func scanSubject(fn func(registry.SubjectRow) error) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var s registry.SubjectRow
		var gone int64
		if err := rows.Scan(&s.Subject, &s.Code, &s.NameKey, &gone); err != nil {
			return err
		}
		s.Gone = gone != 0
		return fn(s)
	}
}

func (t *transaction) EachSubject(ctx context.Context, register string, fn func(registry.SubjectRow) error) error {
	return t.each(ctx, subjectColumns, []any{register}, scanSubject(fn))
}

func (t *transaction) SubjectsByCode(ctx context.Context, register string, codes []string) (list []registry.SubjectRow, err error) {
	// That code is not empty is said again so that SQLite may use the index, which leaves empty ones out.
	err = among(ctx, t, subjectColumns+` AND code <> '' AND code IN {in}`, []any{register}, codes,
		scanSubject(func(s registry.SubjectRow) error { list = append(list, s); return nil }))
	return list, err
}

func (t *transaction) SubjectsByKey(ctx context.Context, register string, keys []string) (list []registry.SubjectRow, err error) {
	err = among(ctx, t, subjectColumns+` AND name_key IN {in}`, []any{register}, keys,
		scanSubject(func(s registry.SubjectRow) error { list = append(list, s); return nil }))
	return list, err
}

func (t *transaction) Search(ctx context.Context, register, part string, limit int) (list []registry.ProfileRow, err error) {
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(part) + "%"
	err = t.each(ctx, `SELECT subject_id, code, name, name_key FROM profile WHERE subject_id IN (
			SELECT subject_id FROM profile WHERE register = ? AND name_key LIKE ? ESCAPE '\' AND gone = 0 ORDER BY name_key, subject_id LIMIT ?
		) ORDER BY name_key, subject_id`, []any{register, like, limit}, func(rows *sql.Rows) error {
		p := registry.ProfileRow{Register: register}
		err := rows.Scan(&p.Subject, &p.Code, &p.Name, &p.NameKey)
		list = append(list, p)
		return err
	})
	return list, err
}

const profileColumns = `SELECT subject_id, register, code, name, name_key, facts, gone, change FROM profile`

func scanProfile(rows *sql.Rows, p *registry.ProfileRow) error {
	var gone int64
	if err := rows.Scan(&p.Subject, &p.Register, &p.Code, &p.Name, &p.NameKey, &p.Facts, &gone, &p.Change); err != nil {
		return err
	}
	p.Gone = gone != 0
	return nil
}

func (t *transaction) Profiles(ctx context.Context, subjects []int64) ([]registry.ProfileRow, error) {
	list := make([]registry.ProfileRow, 0, len(subjects))
	err := among(ctx, t, profileColumns+` WHERE subject_id IN {in} ORDER BY subject_id`, nil, subjects, func(rows *sql.Rows) error {
		var p registry.ProfileRow
		err := scanProfile(rows, &p)
		list = append(list, p)
		return err
	})
	return list, err
}

func (t *transaction) EachProfile(ctx context.Context, register string, fn func(*registry.ProfileRow) error) error {
	var p registry.ProfileRow
	var facts sql.RawBytes // not copied: valid until the next row
	return t.each(ctx, profileColumns+` WHERE register = ? ORDER BY subject_id`, []any{register}, func(rows *sql.Rows) error {
		var gone int64
		if err := rows.Scan(&p.Subject, &p.Register, &p.Code, &p.Name, &p.NameKey, &facts, &gone, &p.Change); err != nil {
			return err
		}
		p.Facts, p.Gone = facts, gone != 0
		return fn(&p)
	})
}

func (t *transaction) Changed(ctx context.Context, register string, after int64) (list []int64, err error) {
	err = t.each(ctx, `SELECT subject_id FROM profile WHERE change > ? AND register = ? ORDER BY subject_id`, []any{after, register}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

const recordColumns = `r.id, r.import_id, r.sheet, r.row_no, r.cells, COALESCE(r.reason, '')`

func (t *transaction) Record(ctx context.Context, id int64) (*registry.RecordRow, error) {
	var r registry.RecordRow
	found, err := t.one(ctx, `SELECT `+recordColumns+`, COALESCE(l.subject_id, 0) FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE r.id = ?`,
		[]any{id}, &r.ID, &r.Import, &r.Sheet, &r.Row, &r.Cells, &r.Reason, &r.Subject)
	if !found {
		return nil, err
	}
	return &r, nil
}

func (t *transaction) Linked(ctx context.Context, subjects []int64) (list []registry.RecordRow, err error) {
	err = among(ctx, t, `SELECT `+recordColumns+`, l.subject_id FROM link l JOIN record r ON r.id = l.record_id JOIN import i ON i.id = r.import_id
		WHERE i.undone_at IS NULL AND l.subject_id IN {in} ORDER BY l.subject_id, r.id`, nil, subjects, func(rows *sql.Rows) error {
		var r registry.RecordRow
		err := rows.Scan(&r.ID, &r.Import, &r.Sheet, &r.Row, &r.Cells, &r.Reason, &r.Subject)
		list = append(list, r)
		return err
	})
	return list, err
}

// recordsOf bounds a query to the records of an import, which are one range of ids.
const recordsOf = ` BETWEEN (SELECT first_record FROM import WHERE id = ?) AND (SELECT last_record FROM import WHERE id = ?)`

func (t *transaction) SubjectsOf(ctx context.Context, importID int64) (list []int64, err error) {
	err = t.each(ctx, `SELECT DISTINCT subject_id FROM link WHERE record_id`+recordsOf+` ORDER BY subject_id`, []any{importID, importID}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

func (t *transaction) EachRecord(ctx context.Context, importID int64, refused bool, fn func(*registry.RecordRow) error) error {
	var r registry.RecordRow
	text, args := `SELECT `+recordColumns+` FROM record r WHERE r.id`+recordsOf+` AND r.reason IS NULL ORDER BY r.id`, []any{importID, importID}
	if refused {
		text, args = `SELECT `+recordColumns+` FROM record r WHERE r.import_id = ? AND r.reason IS NOT NULL ORDER BY r.id`, []any{importID}
	}
	var cells sql.RawBytes // not copied: valid until the next row
	return t.each(ctx, text, args, func(rows *sql.Rows) error {
		if err := rows.Scan(&r.ID, &r.Import, &r.Sheet, &r.Row, &cells, &r.Reason); err != nil {
			return err
		}
		r.Cells = cells
		return fn(&r)
	})
}

func (t *transaction) Remembered(ctx context.Context) (map[string]string, error) {
	mapping := map[string]string{}
	err := t.each(ctx, `SELECT header, target FROM mapping`, nil, func(rows *sql.Rows) error {
		var header, target string
		err := rows.Scan(&header, &target)
		mapping[header] = target
		return err
	})
	return mapping, err
}
