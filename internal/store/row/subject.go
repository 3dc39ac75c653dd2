package row

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
)

func (t SubjectRows) EachCode(ctx context.Context, register string, fn func(subject int64, code string) error) (err error) {
	defer fault.At(&err, "row.EachCode(register %s)", register)
	n, err := t.register(ctx, register)
	if err != nil {
		return err
	}
	return t.eachSubject(ctx, eachCode, n, fn)
}

func (t SubjectRows) EachName(ctx context.Context, register string, gone bool, fn func(subject int64, nameKey string) error) (err error) {
	defer fault.At(&err, "row.EachName(register %s)", register)
	n, err := t.register(ctx, register)
	if err != nil {
		return err
	}
	text := eachName
	if gone {
		text = eachGoneName
	}
	return t.eachSubject(ctx, text, n, fn)
}

func (t *Tx) eachSubject(ctx context.Context, text string, register int64, fn func(int64, string) error) error {
	return t.visible(ctx, text, []any{register}, func(text string, args []any) error {
		return t.Each(ctx, text, args, func(rows *sql.Rows) error {
			var subject int64
			var s string
			if err := rows.Scan(&subject, &s); err != nil {
				return err
			}
			return fn(subject, s)
		})
	})
}

// The conditions of these queries are those of the indexes, so that SQLite uses them.
const (
	eachCode       = `SELECT subject_id, code FROM {profile} WHERE {shown}register = ? AND code <> ''`
	eachName       = `SELECT subject_id, name_key FROM {profile} WHERE {shown}register = ? AND gone = 0`
	eachGoneName   = `SELECT subject_id, name_key FROM {profile} WHERE {shown}register = ? AND gone <> 0 AND code = ''`
	subjectColumns = `SELECT subject_id, code, name_key, gone FROM {profile} WHERE {shown}register = ?`
	byCode         = subjectColumns + ` AND code <> '' AND code IN {in}`
	byName         = subjectColumns + ` AND gone = 0 AND name_key IN {in}`
	byGoneName     = subjectColumns + ` AND gone <> 0 AND code = '' AND name_key IN {in}`
)

func (t SubjectRows) SubjectsByCode(ctx context.Context, register string, codes []string) (_ []fact.SubjectRow, err error) {
	defer fault.At(&err, "row.SubjectsByCode(register %s, %d codes)", register, len(codes))
	if err := t.claimed(func(code string) string { return fact.ClaimCode(register, code) }, codes); err != nil {
		return nil, err
	}
	return t.subjects(ctx, byCode, register, codes, "code", func(fact.SubjectRow) bool { return true })
}

func (t SubjectRows) SubjectsByKey(ctx context.Context, register string, keys []string) (_ []fact.SubjectRow, err error) {
	defer fault.At(&err, "row.SubjectsByKey(register %s, %d keys)", register, len(keys))
	if err := t.claimed(func(key string) string { return fact.ClaimName(register, key) }, keys); err != nil {
		return nil, err
	}
	live, err := t.subjects(ctx, byName, register, keys, "name_key", func(s fact.SubjectRow) bool { return !s.Gone })
	if err != nil {
		return nil, err
	}
	gone, err := t.subjects(ctx, byGoneName, register, keys, "name_key", func(s fact.SubjectRow) bool { return s.Gone && s.Code == "" })
	return append(live, gone...), err
}

// subjects finds those that have one of some values; of rows that a batch has overwritten, those that fit.
func (t *Tx) subjects(ctx context.Context, text, register string, values []string, column string, fits func(fact.SubjectRow) bool) (list []fact.SubjectRow, err error) {
	n, err := t.register(ctx, register)
	if err != nil {
		return nil, err
	}
	if err := t.look(ctx); err != nil {
		return nil, err
	}
	args := []any{n}
	if t.open != 0 {
		text, args = shownProfile.Replace(text), []any{-t.open, n}
	}
	err = base.Among(ctx, t, plainProfile.Replace(text), args, values, func(rows *sql.Rows) error {
		s, err := scanSubject(rows)
		list = append(list, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	more, err := t.overwritten(ctx, n, column, values, fits)
	return append(list, more...), err
}

func (t SubjectRows) Search(ctx context.Context, register, part string, limit int) (list []fact.ProfileRow, err error) {
	defer fault.At(&err, "row.Search(register %s)", register)
	n, err := t.register(ctx, register)
	if err != nil {
		return nil, err
	}
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(part) + "%"
	tables := 0
	err = t.visible(ctx, searchNames, []any{n, like, limit}, func(text string, args []any) error {
		tables++
		return t.Each(ctx, text, args, func(rows *sql.Rows) error {
			p := fact.ProfileRow{Register: register}
			err := rows.Scan(&p.Subject, &p.Code, &p.Name, &p.NameKey)
			p.Unhold()
			list = append(list, p)
			return err
		})
	})
	if tables > 1 {
		slices.SortFunc(list, func(a, b fact.ProfileRow) int { return cmp.Or(cmp.Compare(a.NameKey, b.NameKey), bySubject(a, b)) })
		list = list[:min(limit, len(list))]
	}
	return list, err
}

// The inner query reads the index alone.
const searchNames = `SELECT subject_id, code, name, name_key FROM {profile} WHERE subject_id IN (
		SELECT subject_id FROM {profile} WHERE {shown}register = ? AND gone = 0 AND name_key LIKE ? ESCAPE '\' ORDER BY name_key, subject_id LIMIT ?
	) ORDER BY name_key, subject_id`
