package row

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/seal"
	"eyas/internal/store/veil"
	"eyas/internal/vault"
)

// EachSealed reads every profile, import, link, record and number of an attribute and holds it against its checksum; fn is given what that came to,
// nil where it holds. What is encrypted by a key that is missing is passed over.
func (t *Tx) EachSealed(ctx context.Context, fn func(error)) (err error) {
	defer fault.At(&err, "row.EachSealed")
	ctx = veil.Lenient(ctx)
	if err := t.readRegisters(ctx); err != nil {
		return err
	}
	if err := (NumberRows{t}).eachAttribute(ctx, func(_, _ string, _ int, broken error) error { fn(broken); return nil }); err != nil {
		return err
	}
	var p fact.ProfileRow
	var facts, cells sql.RawBytes
	if err := t.Each(ctx, plainProfile.Replace(eachProfile)+` ORDER BY subject_id`, []any{int64(-1 << 62)}, func(rows *sql.Rows) error {
		register, err := t.scanProfile(rows, &p, &facts)
		if err == nil && !vault.IsSealed([]byte(facts)) {
			p.Facts = facts
			fn(seal.OpenProfile(&p, register))
		}
		return err
	}); err != nil {
		return err
	}
	if err := t.Each(ctx, `SELECT `+importColumns+importTexts+` FROM import ORDER BY id`, nil, func(rows *sql.Rows) error {
		var layouts, lists string
		i, err := scanImport(rows.Scan, &layouts, &lists)
		if !errors.Is(err, seal.ErrBroken) {
			return err
		}
		if !slices.ContainsFunc([]string{i.File, i.Options, i.Reason, layouts, lists}, vault.IsSealed[string]) {
			fn(err)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := t.Each(ctx, `SELECT record_id, subject_id, origin, how, evidence, seal FROM link ORDER BY record_id`, nil, func(rows *sql.Rows) error {
		var l fact.RecordRow
		var sum sql.NullInt64
		err := rows.Scan(&l.ID, &l.Subject, &l.RowSubject, &l.How, &l.Evidence, &sum)
		if err == nil && !vault.IsSealed(l.Evidence) {
			fn(seal.CheckLink(&l, sum))
		}
		return err
	}); err != nil {
		return err
	}
	var r fact.RecordRow
	return t.Each(ctx, `SELECT `+recordColumns+` FROM record r ORDER BY r.id`, nil, func(rows *sql.Rows) error {
		err := rows.Scan(&r.ID, &r.Import, &r.Sheet, &r.Row, &cells, &r.Reason)
		if err == nil && !vault.IsSealed([]byte(cells)) {
			r.Cells = cells
			fn(seal.OpenRecord(&r))
		}
		return err
	})
}
