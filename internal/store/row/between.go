package row

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/seal"
)

// Three numbers are read as one: SQLite's driver takes and gives back two locks for each column of each row. Checks read
// them singly, for other numbers could come to the same.
const (
	profilesBetween = `SELECT subject_id, code, name, name_key, facts, change * 65536 + register * 2 + gone FROM {profile} WHERE {shown}subject_id BETWEEN ? AND ?`
	ofRegister      = 1<<16 - 1
)

func (t ProfileRows) EachProfileBetween(ctx context.Context, register string, first, last int64, fn func(*fact.ProfileRow) error) (err error) {
	defer fault.At(&err, "row.EachProfileBetween(register %s, subjects %d to %d)", register, first, last)
	n, err := t.register(ctx, register) // reads all registers
	if err != nil {
		return err
	}
	if err := t.readChanges(ctx); err != nil {
		return err
	}
	newest, err := CounterRows(t).Counter(ctx, fact.LastSubject)
	if err != nil {
		return err
	}
	unused, err := t.unusedSubjects(ctx)
	if err != nil {
		return err
	}
	var p fact.ProfileRow
	var facts sql.RawBytes // not copied: valid until the next row
	read := int64(0)
	inner, stands := t.Unwatched(ctx)
	err = t.ordered(inner, profilesBetween, []any{first, last}, ``, nil, func(rows *sql.Rows) error {
		if err := stands(); err != nil {
			return err
		}
		var three int64
		if err := rows.Scan(&p.Subject, &p.Code, &p.Name, &p.NameKey, &facts, &three); err != nil {
			return err
		}
		of := three & ofRegister >> 1
		p.Register, p.Gone, p.Change, p.Facts = t.registerID(of), three&1 != 0, three>>16, facts
		read++
		if err := t.unsealed(&p, of); err != nil || of != n && register != "" {
			return err
		}
		return fn(&p)
	})
	if errors.Is(err, fact.ErrEnough) {
		last, err = p.Subject, nil
	}
	if all := min(last, newest) - first + 1; err == nil && t.own == nil && unused == 0 && read < all { // no subject is ever removed
		err = fmt.Errorf("%w: %d profiles of %d subjects from %d on", seal.ErrBroken, read, all, first)
	}
	return err
}

// The records of a subject come in any order: SQLite would sort them with all that they hold. How a record was linked is
// told as ByPerson or not at all: a text costs more than all numbers of a row. Records of an import that a batch brings
// are left out: it has no row yet.
const linkedBetween = `SELECT l.record_id, r.import_id, r.sheet, r.row_no, l.subject_id, l.origin, CASE WHEN l.how = 'person' THEN 1 ELSE 0 END, r.cells
	FROM link l JOIN record r ON r.id = l.record_id JOIN import i ON i.id = r.import_id`

const (
	everBetween    = linkedBetween + ` WHERE l.subject_id BETWEEN ? AND ? ORDER BY l.subject_id`
	inForceBetween = linkedBetween + ` WHERE i.undone_at IS NULL AND l.subject_id BETWEEN ? AND ? ORDER BY l.subject_id`
)

func (t RecordRows) EachLinked(ctx context.Context, first, last int64, ever bool, fn func(*fact.RecordRow) error) (err error) {
	defer fault.At(&err, "row.EachLinked(records %d to %d)", first, last)
	var r fact.RecordRow
	var person int64
	var cells sql.RawBytes // not copied: valid until the next row
	text := inForceBetween
	if ever {
		text = everBetween
	}
	inner, stands := t.Unwatched(ctx)
	err = t.Each(inner, text, []any{first, last}, func(rows *sql.Rows) error {
		if err := stands(); err != nil {
			return err
		}
		if err := rows.Scan(&r.ID, &r.Import, &r.Sheet, &r.Row, &r.Subject, &r.RowSubject, &person, &cells); err != nil {
			return err
		}
		r.Cells, r.How = cells, ""
		if person != 0 {
			r.How = fact.ByPerson
		}
		if err := seal.OpenRecord(&r); err != nil { // what is linked was not refused: it has no reason
			return err
		}
		if t.own != nil && !ever && t.own.Taken[r.Import] {
			return nil
		}
		return fn(&r)
	})
	if errors.Is(err, fact.ErrEnough) {
		err = nil
	}
	return err
}
