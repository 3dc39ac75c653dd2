package row

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/seal"
	"eyas/internal/vault"
)

func (t CounterRows) Counter(ctx context.Context, c fact.Counter) (_ int64, err error) {
	defer fault.At(&err, "row.Counter(counter %s)", c)
	var n int64
	found, err := t.One(ctx, `SELECT value FROM counter WHERE name = ?`, []any{string(c)}, &n)
	if err == nil && !found {
		err = fmt.Errorf("store: there is no counter %q", c)
	}
	return n, err
}

// CounterValues returns all counters except the one that writers queue on.
func (t *Tx) CounterValues(ctx context.Context) (_ map[string]int64, err error) {
	defer fault.At(&err, "row.CounterValues")
	counters := map[string]int64{}
	err = t.Each(ctx, `SELECT name, value FROM counter WHERE name <> 'write'`, nil, func(rows *sql.Rows) error {
		var name string
		var n int64
		err := rows.Scan(&name, &n)
		counters[name] = n
		return err
	})
	return counters, err
}

func (t CounterRows) Mark(ctx context.Context, change int64) (mark string, err error) {
	defer fault.At(&err, "row.Mark(change %d)", change)
	_, err = t.One(ctx, `SELECT mark FROM history WHERE change = ?`, []any{change}, &mark)
	return mark, err
}

func (t NumberRows) Attributes(ctx context.Context, register string) (_ map[string]int, err error) {
	defer fault.At(&err, "row.Attributes(register %s)", register)
	numbers := map[string]int{}
	err = t.eachAttribute(ctx, func(of, id string, n int, broken error) error {
		if of == register {
			numbers[id] = n
		}
		return broken
	})
	return numbers, err
}

// eachAttribute reads the numbers of all attributes, whatever their register: in a broken row the register may be another one.
func (t NumberRows) eachAttribute(ctx context.Context, fn func(register, id string, n int, broken error) error) error {
	return t.Each(ctx, `SELECT register, id, number, seal FROM attribute`, nil, func(rows *sql.Rows) error {
		var register, id string
		var n int
		var stored sql.NullInt64
		if err := rows.Scan(&register, &id, &n, &stored); err != nil {
			return err
		}
		return fn(register, id, n, seal.CheckAttribute(register, id, n, stored))
	})
}

// The change counter has another mark in another base, the checksums tell one set of attributes from another.
const numbersMark = `SELECT CAST((SELECT COUNT(*) FROM attribute) AS TEXT) || ' ' || CAST((SELECT COALESCE(SUM(seal), 0) FROM attribute) AS TEXT) || ' ' ||
	CAST((SELECT COUNT(*) FROM source) AS TEXT) || ' ' || COALESCE((SELECT mark FROM history ORDER BY change DESC LIMIT 1), '')`

func (t NumberRows) NumbersMark(ctx context.Context) (mark string, err error) {
	defer fault.At(&err, "row.NumbersMark")
	_, err = t.One(ctx, numbersMark, nil, &mark)
	return mark, err
}

// Columns of an import: those that a list needs, and the large texts.
const (
	importColumns = `id, register, file, sha256, size, actor, at, undone_at, undone_by, synthetic, first_record, last_record,
		row_count, accepted, unchanged, refused, refusal_count, warning_count, options, source, as_of, whole, form, reason, seal`
	importTexts = `, layouts, lists`
)

// scanImport scans the columns of an import; more follow them.
func scanImport(scan func(...any) error, more ...*string) (*fact.ImportRow, error) {
	var i fact.ImportRow
	var at, synthetic int64
	var undone, asOf, sum sql.NullInt64
	dest := []any{&i.ID, &i.Register, &i.File, &i.SHA256, &i.Size, &i.Actor, &at, &undone, &i.UndoneBy, &synthetic, &i.FirstRecord, &i.LastRecord,
		&i.Rows, &i.Accepted, &i.Unchanged, &i.Refused, &i.RefusalCount, &i.WarningCount, &i.Options, &i.Source, &asOf, &i.Whole, &i.Form, &i.Reason, &sum}
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
	if asOf.Valid {
		day := int32(asOf.Int64)
		i.AsOf = &day
	}
	i.Synthetic = synthetic != 0
	if len(more) == 2 { // both of importTexts
		i.Layouts, i.Lists = *more[0], *more[1]
	}
	return &i, seal.CheckImport(&i, sum, len(more) == 2)
}

func (t ImportRows) Import(ctx context.Context, id int64) (_ *fact.ImportRow, err error) {
	defer fault.At(&err, "row.Import(import %d)", id)
	if row := t.broughtImport(id); row != nil {
		return row, nil
	}
	s, err := t.Prepare(ctx, `SELECT `+importColumns+importTexts+` FROM import WHERE id = ?`)
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
	return i, nil
}

func (t ImportRows) ImportLayouts(ctx context.Context, id int64) (_ *fact.ImportRow, err error) {
	defer fault.At(&err, "row.ImportLayouts(import %d)", id)
	if row := t.broughtImport(id); row != nil {
		return row, nil
	}
	s, err := t.Prepare(ctx, `SELECT `+importColumns+`, layouts FROM import WHERE id = ?`)
	if err != nil {
		return nil, err
	}
	var layouts string
	i, err := scanImport(s.QueryRowContext(ctx, id).Scan, &layouts)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	i.Layouts = layouts
	return i, nil
}

// broughtImport returns an import that this transaction's batch brings.
func (t *Tx) broughtImport(id int64) *fact.ImportRow {
	if t.own == nil || t.own.Brought[id] == nil {
		return nil
	}
	row := *t.own.Brought[id]
	return &row
}

func (t ImportRows) InForce(ctx context.Context, register, sha256 string) (list []fact.ImportRow, err error) {
	defer fault.At(&err, "row.InForce(register %s, file %s)", register, sha256)
	err = t.Each(ctx, `SELECT `+importColumns+`, layouts FROM import WHERE register = ? AND sha256 = ? AND undone_at IS NULL ORDER BY id`,
		[]any{register, sha256}, func(rows *sql.Rows) error {
			var layouts string
			i, err := scanImport(rows.Scan, &layouts)
			if err == nil {
				i.Layouts = layouts
				list = append(list, *i)
			}
			return err
		})
	if t.own != nil {
		for _, id := range slices.Sorted(maps.Keys(t.own.Brought)) {
			if i := t.own.Brought[id]; i.Register == register && i.SHA256 == sha256 {
				list = append(list, *i)
			}
		}
	}
	return list, err
}

func (t ImportRows) Synthetic(ctx context.Context) (_ bool, err error) {
	defer fault.At(&err, "row.Synthetic")
	var n int
	return t.One(ctx, `SELECT 1 FROM import WHERE synthetic <> 0 AND undone_at IS NULL LIMIT 1`, nil, &n)
}

// register returns the number of a register; 0 (which no register has) when the database does not know it.
func (t *Tx) register(ctx context.Context, id string) (int64, error) {
	if err := t.readRegisters(ctx); err != nil {
		return 0, err
	}
	return t.numbers[id], nil
}

// registerID returns the id of a register's number.
func (t *Tx) registerID(number int64) string { return t.ids[number] }

func (t *Tx) readRegisters(ctx context.Context) error {
	if t.numbers != nil {
		return nil
	}
	numbers, ids := map[string]int64{}, map[int64]string{}
	err := t.Each(ctx, `SELECT number, id FROM register`, nil, func(rows *sql.Rows) error {
		var n int64
		var id string
		err := rows.Scan(&n, &id)
		numbers[id], ids[n] = n, id
		return err
	})
	if err == nil {
		t.numbers, t.ids = numbers, ids
	}
	return err
}

const profileColumns = `SELECT subject_id, register, code, name, name_key, facts, gone, change FROM {profile} WHERE {shown}`

// Nearly all profiles are of one register: looking them up by it is the worst way, and without statistics SQLite
// would take it. COALESCE hides the column from indexes.
const (
	eachProfile     = `SELECT subject_id, register, code, name, name_key, facts, gone, change FROM {profile} WHERE {shown}subject_id > ?` // those of other registers are read over: so a missing one is noticed
	profilesOf      = profileColumns + `subject_id IN {in} ORDER BY subject_id`
	changedByBatch  = `SELECT subject_id FROM {profile} WHERE {shown}change = ? AND COALESCE(register, 0) = ?`
	changedProfiles = `SELECT subject_id FROM {profile} WHERE {shown}change > ? AND COALESCE(register, 0) = ?` // an order would make SQLite read all by subject
)

func (t ProfileRows) Profiles(ctx context.Context, subjects []int64) (_ []fact.ProfileRow, err error) {
	defer fault.At(&err, "row.Profiles(%d subjects)", len(subjects))
	if err := t.unread(subjects); err != nil {
		return nil, err
	}
	if err := t.readRegisters(ctx); err != nil {
		return nil, err
	}
	if err := t.readChanges(ctx); err != nil {
		return nil, err
	}
	list := make([]fact.ProfileRow, 0, len(subjects))
	tables := 0
	err = t.visible(ctx, profilesOf, nil, func(text string, args []any) error {
		tables++
		return base.Among(ctx, t.Tx, text, args, subjects, func(rows *sql.Rows) error {
			var p fact.ProfileRow
			register, err := t.scanProfile(rows, &p, &p.Facts)
			if err == nil {
				t.meet(&p, p.Change)
				err = t.unsealed(&p, register)
			}
			list = append(list, p)
			return err
		})
	})
	if tables > 1 {
		slices.SortFunc(list, bySubject)
	}
	return list, err
}

func (t ProfileRows) EachProfile(ctx context.Context, register string, fn func(*fact.ProfileRow) error) (err error) {
	defer fault.At(&err, "row.EachProfile(register %s)", register)
	n, err := t.register(ctx, register)
	if err != nil {
		return err
	}
	if err := t.readChanges(ctx); err != nil {
		return err
	}
	var p fact.ProfileRow
	last, err := CounterRows(t).Counter(ctx, fact.LastSubject)
	if err != nil {
		return err
	}
	unused, err := t.unusedSubjects(ctx)
	if err != nil {
		return err
	}
	read := int64(0)
	var facts sql.RawBytes // not copied: valid until the next row
	inner, stands := t.Unwatched(ctx)
	err = t.ordered(inner, eachProfile, []any{int64(-1 << 62)}, ``, nil, func(rows *sql.Rows) error {
		if err := stands(); err != nil {
			return err
		}
		of, err := t.scanProfile(rows, &p, &facts)
		if err != nil {
			return err
		}
		p.Facts = facts
		read++
		if err := t.unsealed(&p, of); err != nil || of != n && register != "" {
			return err
		}
		return fn(&p)
	})
	if err == nil && t.own == nil && read < last-unused { // no other subject is missing, and none is ever removed
		err = fmt.Errorf("%w: %d profiles of %d subjects", seal.ErrBroken, read, last)
	}
	return err
}

// scanProfile scans a row of profileColumns; facts is where those go.
func (t *Tx) scanProfile(rows *sql.Rows, p *fact.ProfileRow, facts any) (register int64, err error) {
	var gone int64
	if err := rows.Scan(&p.Subject, &register, &p.Code, &p.Name, &p.NameKey, facts, &gone, &p.Change); err != nil {
		return 0, err
	}
	p.Register, p.Gone = t.registerID(register), gone != 0
	return register, nil
}

func (t ProfileRows) Changed(ctx context.Context, register string, after int64) (list []int64, err error) {
	defer fault.At(&err, "row.Changed(register %s, after %d)", register, after)
	n, err := t.register(ctx, register)
	if err != nil {
		return nil, err
	}
	if err := t.readChanges(ctx); err != nil {
		return nil, err
	}
	add := func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	}
	run := func(text string, args []any) error { return t.Each(ctx, text, args, add) }
	if err := t.visible(ctx, changedProfiles, []any{after, n}, run); err != nil {
		return nil, err
	}
	for batch, change := range t.changes {
		if change > after {
			if err := t.visible(ctx, changedByBatch, []any{-batch, n}, run); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(list)
	return list, nil
}

const linkColumns = `, l.subject_id, l.origin, l.how`

const recordColumns = `r.id, r.import_id, r.sheet, r.row_no, r.cells, COALESCE(r.reason, '')`

func (t RecordRows) Record(ctx context.Context, id int64) (_ *fact.RecordRow, err error) {
	defer fault.At(&err, "row.Record(record %d)", id)
	var r fact.RecordRow
	var sum sql.NullInt64
	found, err := t.One(ctx, `SELECT `+recordColumns+`, COALESCE(l.subject_id, 0), COALESCE(l.origin, 0), COALESCE(l.how, ''), COALESCE(l.evidence, ''), l.seal FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE r.id = ?`,
		[]any{id}, &r.ID, &r.Import, &r.Sheet, &r.Row, &r.Cells, &r.Reason, &r.Subject, &r.RowSubject, &r.How, &r.Evidence, &sum)
	if err != nil || !found {
		return nil, err
	}
	if hidden, err := t.hidden(ctx, r.Import, map[int64]bool{}); hidden || err != nil {
		return nil, err
	}
	if err := seal.CheckLink(&r, sum); err != nil {
		return nil, err
	}
	return &r, seal.OpenRecord(&r)
}

const linkedRecords = `SELECT ` + recordColumns + linkColumns + ` FROM link l JOIN record r ON r.id = l.record_id JOIN import i ON i.id = r.import_id
	WHERE i.undone_at IS NULL AND l.subject_id IN {in} ORDER BY l.subject_id`

// What a batch sees: an import that it brings has no row yet.
const linkedInBatch = `SELECT ` + recordColumns + linkColumns + ` FROM link l JOIN record r ON r.id = l.record_id LEFT JOIN import i ON i.id = r.import_id
	WHERE i.undone_at IS NULL AND l.subject_id IN {in} ORDER BY l.subject_id, r.id`

const linkedEver = `SELECT ` + recordColumns + linkColumns + `, l.evidence, l.seal FROM link l JOIN record r ON r.id = l.record_id
	WHERE l.subject_id IN {in} ORDER BY l.subject_id`

func (t RecordRows) Linked(ctx context.Context, subjects []int64) (_ []fact.RecordRow, err error) {
	defer fault.At(&err, "row.Linked(%d subjects)", len(subjects))
	text := linkedRecords
	if t.own != nil {
		text = linkedInBatch
	}
	return t.linked(ctx, text, subjects, false)
}

func (t RecordRows) LinkedEver(ctx context.Context, subjects []int64) (_ []fact.RecordRow, err error) {
	defer fault.At(&err, "row.LinkedEver(%d subjects)", len(subjects))
	return t.linked(ctx, linkedEver, subjects, true)
}

func (t *Tx) linked(ctx context.Context, text string, subjects []int64, evidence bool) (list []fact.RecordRow, err error) {
	err = base.Among(ctx, t, text, nil, subjects, func(rows *sql.Rows) error {
		var r fact.RecordRow
		dest := []any{&r.ID, &r.Import, &r.Sheet, &r.Row, &r.Cells, &r.Reason, &r.Subject, &r.RowSubject, &r.How}
		var sum sql.NullInt64 // read with the evidence: the index has neither
		if evidence {
			dest = append(dest, &r.Evidence, &sum)
		}
		err := rows.Scan(dest...)
		if err == nil {
			err = seal.CheckLink(&r, sum)
		}
		if err == nil {
			err = seal.OpenRecord(&r)
		}
		if t.own == nil || !t.own.Taken[r.Import] {
			list = append(list, r)
		}
		return err
	})
	// The index has the order of subjects; SQLite would sort the records of each with all that they hold.
	slices.SortFunc(list, func(a, b fact.RecordRow) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.ID, b.ID))
	})
	if err != nil || !evidence {
		return list, err
	}
	known := map[int64]bool{}
	kept := list[:0]
	for i := range list {
		hidden, err := t.hidden(ctx, list[i].Import, known)
		if err != nil {
			return nil, err
		}
		if !hidden {
			kept = append(kept, list[i])
		}
	}
	return kept, nil
}

// recordsOf bounds a query to the records of an import, which are one range of ids.
const recordsOf = ` BETWEEN (SELECT first_record FROM import WHERE id = ?) AND (SELECT last_record FROM import WHERE id = ?)`

func (t RecordRows) Sealed(ctx context.Context, importID int64) (yes bool, err error) {
	defer fault.At(&err, "row.Sealed(import %d)", importID)
	var one int64
	text := fmt.Sprintf(`SELECT 1 FROM record WHERE id%s AND substr(cells, 1, %d) = ? LIMIT 1`, recordsOf, len(vault.BlobMark))
	return t.One(ctx, text, []any{importID, importID, []byte(vault.BlobMark)}, &one)
}

const subjectsOf = `SELECT DISTINCT subject_id FROM link WHERE record_id` + recordsOf + ` ORDER BY subject_id`

func (t RecordRows) SubjectsOf(ctx context.Context, importID int64) (list []int64, err error) {
	defer fault.At(&err, "row.SubjectsOf(import %d)", importID)
	err = t.Each(ctx, subjectsOf, []any{importID, importID}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

const broughtSubjects = `SELECT DISTINCT l.subject_id FROM link l JOIN record r ON r.id = l.record_id JOIN import i ON i.id = r.import_id
	WHERE i.undone_at IS NULL AND i.actor = ? AND l.subject_id IN {in} ORDER BY l.subject_id`

const (
	broughtRows = `SELECT COALESCE(SUM(row_count), 0) FROM import WHERE actor = ? AND undone_at IS NULL`
	broughtBy   = `SELECT DISTINCT l.subject_id FROM import i JOIN link l ON l.record_id BETWEEN i.first_record AND i.last_record
	WHERE i.actor = ? AND i.undone_at IS NULL`
)

// Brought asks by the person when he brought less than there are subjects, as most persons did. Both ways give the same.
func (t RecordRows) Brought(ctx context.Context, actor string, subjects []int64) (list []int64, err error) {
	defer fault.At(&err, "row.Brought(%d subjects)", len(subjects))
	rows := 0
	if _, err := t.One(ctx, broughtRows, []any{actor}, &rows); err != nil || rows == 0 || len(subjects) == 0 {
		return nil, err
	}
	subjects = slices.Compact(slices.Sorted(slices.Values(subjects))) // they may come in any order, and several times
	if rows < len(subjects) {
		err := t.Each(ctx, broughtBy, []any{actor}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			if _, wanted := slices.BinarySearch(subjects, id); wanted {
				list = append(list, id)
			}
			return err
		})
		slices.Sort(list)
		return list, err
	}
	err = base.Among(ctx, t, broughtSubjects, []any{actor}, subjects, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	slices.Sort(list)
	return list, err
}

const (
	recordsIn      = `SELECT ` + recordColumns + ` FROM record r WHERE r.id` + recordsOf + ` ORDER BY r.id`
	refusedRecords = `SELECT ` + recordColumns + ` FROM record r WHERE r.import_id = ? AND r.reason IS NOT NULL ORDER BY r.id`
)

func (t RecordRows) EachRecord(ctx context.Context, importID int64, refused bool, fn func(*fact.RecordRow) error) (err error) {
	defer fault.At(&err, "row.EachRecord(import %d)", importID)
	if hidden, err := t.hidden(ctx, importID, map[int64]bool{}); hidden || err != nil {
		return err
	}
	var r fact.RecordRow
	text, args := recordsIn, []any{importID, importID}
	if refused {
		text, args = refusedRecords, []any{importID}
	}
	var cells sql.RawBytes // not copied: valid until the next row
	return t.Each(ctx, text, args, func(rows *sql.Rows) error {
		if err := rows.Scan(&r.ID, &r.Import, &r.Sheet, &r.Row, &cells, &r.Reason); err != nil {
			return err
		}
		r.Cells = cells
		if err := seal.OpenRecord(&r); err != nil {
			return err
		}
		return fn(&r)
	})
}

func (t MeaningRows) Remembered(ctx context.Context, register string) (_ map[string]string, err error) {
	defer fault.At(&err, "row.Remembered(register %s)", register)
	mapping := map[string]string{}
	err = t.Each(ctx, `SELECT header, target FROM meaning WHERE register = ?`, []any{register}, func(rows *sql.Rows) error {
		var header, target string
		err := rows.Scan(&header, &target)
		mapping[header] = target
		return err
	})
	return mapping, err
}
