package row

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/seal"
	"eyas/internal/store/veil"
	"eyas/internal/vault"
)

func (t CounterRows) Advance(ctx context.Context, c fact.Counter, n int64) (_ int64, err error) {
	defer fault.At(&err, "row.Advance(counter %s, %d)", c, n)
	if t.narrow != nil && !t.narrow.last {
		return t.take(ctx, c, n)
	}
	var value int64
	found, err := t.One(ctx, `UPDATE counter SET value = value + ? WHERE name = ? RETURNING value`, []any{n, string(c)}, &value)
	if err == nil && !found {
		err = fmt.Errorf("store: there is no counter %q", c)
	}
	if err == nil && n != 0 {
		t.Moved(string(c), value)
	}
	if err == nil && c == fact.LastChange {
		t.advanced = true
		err = t.MarkChange(ctx, value)
	}
	return value, err
}

// MarkChange gives a value of the change counter a random mark of its own.
func (t *Tx) MarkChange(ctx context.Context, change int64) error {
	_, err := t.Exec(ctx, `INSERT INTO history (change, mark) VALUES (?, ?)
		ON CONFLICT (change) DO UPDATE SET mark = excluded.mark`, change, rand.Text())
	if err != nil {
		return fmt.Errorf("store: mark change %d: %w", change, err)
	}
	return nil
}

func (t NumberRows) AddAttributes(ctx context.Context, register string, numbers map[string]int) error {
	for id, n := range numbers {
		if _, err := t.Exec(ctx, `INSERT INTO attribute (register, id, number, seal) VALUES (?, ?, ?, ?)`, register, id, n, seal.AttributeSum(register, id, n)); err != nil {
			return fmt.Errorf("store: number attribute %s: %w", id, err)
		}
		t.Touch("attribute", 0, register+"/"+id)
	}
	return nil
}

func (t ImportRows) AddImport(ctx context.Context, i *fact.ImportRow) error {
	_, err := t.Exec(ctx, `INSERT INTO import (`+importColumns+importTexts+`) VALUES `+dialect.Marks(1, 27),
		i.ID, i.Register, i.File, i.SHA256, i.Size, i.Actor, i.At.UnixMilli(), sql.NullInt64{}, "", base.Flag(i.Synthetic), i.FirstRecord, i.LastRecord,
		i.Rows, i.Accepted, i.Unchanged, i.Refused, i.RefusalCount, i.WarningCount, i.Options,
		i.Source, day(i.AsOf), i.Whole, i.Form, i.Reason, seal.ImportSum(i), i.Layouts, t.confided(i.Register, i.Lists))
	if err != nil {
		return fmt.Errorf("store: add import %d: %w", i.ID, err)
	}
	t.Touch("import", i.ID, "")
	if i.Accepted+i.Unchanged > 0 { // of other days even what is nothing new today may be
		t.News.Note(i.Register, false)
	}
	return nil
}

// confided is a text of a register as it is written: in lists of what was refused stand values that could not be read.
func (t *Tx) confided(register, text string) any {
	if len(text) > len("{}") && t.Confidential(register) {
		return vault.HiddenText(text)
	}
	return text
}

// SetTexts replaces the layouts and lists of an import, and the reason of an entry by hand.
func (t ImportRows) SetTexts(ctx context.Context, i *fact.ImportRow) error {
	if _, err := t.Exec(ctx, `UPDATE import SET layouts = ?, lists = ?, reason = ?, seal = ? WHERE id = ?`, i.Layouts, t.confided(i.Register, i.Lists), i.Reason, seal.ImportSum(i), i.ID); err != nil {
		return fmt.Errorf("store: texts of import %d: %w", i.ID, err)
	}
	t.Touch("import", i.ID, "")
	return nil
}

func (t ImportRows) MarkUndone(ctx context.Context, importID int64, at time.Time, by string) (err error) {
	defer fault.At(&err, "row.MarkUndone(import %d)", importID)
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.open != 0 {
		subjects, err := RecordRows(t).SubjectsOf(ctx, importID)
		if err != nil {
			return err
		}
		if err := ProfileRows(t).Concern(ctx, subjects); err != nil {
			return err
		}
	}
	var register string
	_, err = t.One(ctx, `UPDATE import SET undone_at = ?, undone_by = ? WHERE id = ? RETURNING register`, []any{at.UnixMilli(), by, importID}, &register)
	if err != nil {
		return fmt.Errorf("store: mark import %d undone: %w", importID, err)
	}
	t.Touch("import", importID, "")
	t.News.Note(register, false)
	return nil
}

func (t RecordRows) AddRecords(ctx context.Context, rows []fact.RecordRow) (err error) {
	defer fault.At(&err, "row.AddRecords(%d rows)", len(rows))
	return t.Insert(ctx, `INSERT INTO record (id, import_id, sheet, row_no, cells, reason)`, ``, 6, len(rows), func(args []any, i int) []any {
		r := &rows[i]
		cells, reason := any(t.Sealer.Seal(seal.RecordSum(r), r.Cells)), optional(r.Reason)
		if r.Confidential || vault.Holds(r.Cells) {
			t.Hid = true
			if cells = vault.Hidden(cells.([]byte)); r.Reason != "" {
				reason = vault.HiddenText(r.Reason)
			}
		}
		return append(args, r.ID, r.Import, r.Sheet, r.Row, cells, reason)
	})
}

func (t RecordRows) AddLinks(ctx context.Context, rows []fact.LinkRow) (err error) {
	defer fault.At(&err, "row.AddLinks(%d rows)", len(rows))
	if err := t.look(ctx); err != nil {
		return err
	}
	for i := range rows {
		if err := t.claimedSubjects(rows[i].Subject); err != nil {
			return err
		}
	}
	if t.open != 0 {
		ids := make([]int64, len(rows))
		for i := range rows {
			ids[i] = rows[i].Subject
		}
		if err := ProfileRows(t).Concern(ctx, ids); err != nil {
			return err
		}
	}
	return t.Insert(ctx, `INSERT INTO link (record_id, subject_id, origin, how, evidence, seal)`, ``, 6, len(rows), func(args []any, i int) []any {
		l := &rows[i]
		return append(args, l.Record, l.Subject, l.RowSubject, string(l.How), l.Evidence, seal.LinkSum(l.Record, l.Subject, l.RowSubject, string(l.How), l.Evidence))
	})
}

func (t ProfileRows) AddProfiles(ctx context.Context, rows []fact.ProfileRow) (err error) {
	defer fault.At(&err, "row.AddProfiles(%d rows)", len(rows))
	if t.narrow != nil && !t.narrow.last {
		for i := range rows {
			if rows[i].Change != 0 || !t.narrow.made[rows[i].Subject] { // what counts gets its number in the last step
				return t.widen()
			}
		}
	}
	if err := t.hold(ctx, rows); err != nil {
		return err
	}
	rows = fact.StoredProfiles(rows)
	if err := t.profiles(ctx, addProfiles, "", rows); err != nil || t.own != nil {
		return err
	}
	return t.profilesByOthers(ctx, rows)
}

func (t ProfileRows) SetProfiles(ctx context.Context, rows []fact.ProfileRow) (err error) {
	defer fault.At(&err, "row.SetProfiles(%d rows)", len(rows))
	rows = fact.StoredProfiles(rows)
	if t.own != nil {
		return t.overwrite(ctx, rows)
	}
	if t.narrow != nil && !t.narrow.last {
		return t.later(rows)
	}
	if err := t.look(ctx); err != nil {
		return err
	}
	here, aside := rows, []fact.ProfileRow(nil)
	if t.prior {
		var err error
		if here, aside, err = t.apart(ctx, rows); err != nil {
			return err
		}
	}
	if err := t.profiles(ctx, addProfiles, replaced, here); err != nil {
		return err
	}
	// What a batch has overwritten is changed where others see it. Code or name may differ now.
	if err := t.profiles(ctx, `INSERT INTO profile_prior (subject_id, register, code, name, name_key, facts, gone, change, moved)`, replaced+`, moved = 1`, aside); err != nil {
		return err
	}
	return t.profilesByOthers(ctx, rows)
}

const (
	addProfiles = `INSERT INTO profile (subject_id, register, code, name, name_key, facts, gone, change)`
	// An upsert, because it can carry many rows at a time: an UPDATE is a round trip per row on a server.
	replaced = ` ON CONFLICT (subject_id) DO UPDATE SET code = excluded.code, name = excluded.name, name_key = excluded.name_key,
		facts = excluded.facts, gone = excluded.gone, change = excluded.change`
	// Of profiles whose name stays: the indexes of names are left alone.
	refilled = ` ON CONFLICT (subject_id) DO UPDATE SET facts = excluded.facts, change = excluded.change`
)

func (t *Tx) profiles(ctx context.Context, head, conflict string, rows []fact.ProfileRow) error {
	if err := t.registerAll(ctx, rows); err != nil {
		return err
	}
	if err := t.markNumbers(ctx, rows, conflict != ""); err != nil {
		return err
	}
	columns := strings.Count(head, ",") + 1
	if t.own != nil && len(rows) > 0 {
		t.own.Wrote = true
	}
	return t.Insert(ctx, head, conflict, columns, len(rows), func(args []any, i int) []any {
		p := &rows[i]
		if i == 0 || p.Register != rows[i-1].Register {
			t.News.Note(p.Register, false)
		}
		change, number := p.Change, t.numbers[p.Register]
		if t.own != nil {
			change = -t.own.ID
		}
		stored := *p
		stored.Change = change
		t.meet(p, change)
		facts := any(t.Sealer.Seal(seal.ProfileSum(&stored, number), p.Facts))
		if t.Confidential(p.Register) {
			facts = vault.Hidden(facts.([]byte))
		}
		args = append(args, p.Subject, number, veil.Clear(p.Code), veil.Clear(p.Name), veil.Clear(p.NameKey), facts, base.Flag(p.Gone), change)
		if columns == 9 {
			args = append(args, 1)
		}
		return args
	})
}

// hold keeps which of new profiles are held.
func (t *Tx) hold(ctx context.Context, rows []fact.ProfileRow) error {
	for i := range rows {
		if rows[i].Held == "" {
			continue
		}
		if _, err := t.Exec(ctx, `INSERT INTO held (subject, register) VALUES (?, ?) ON CONFLICT (subject) DO NOTHING`, rows[i].Subject, rows[i].Register); err != nil {
			return fmt.Errorf("store: hold subject %d: %w", rows[i].Subject, err)
		}
	}
	return nil
}

// apart divides profiles into those that stand in table profile for everybody, and those that a batch has overwritten.
func (t *Tx) apart(ctx context.Context, rows []fact.ProfileRow) (here, aside []fact.ProfileRow, err error) {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].Subject
	}
	over := map[int64]bool{}
	err = base.Among(ctx, t, `SELECT subject_id FROM profile_prior WHERE subject_id IN {in}`, nil, ids, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		over[id] = true
		return err
	})
	for i := range rows {
		if over[rows[i].Subject] {
			aside = append(aside, rows[i])
		} else {
			here = append(here, rows[i])
		}
	}
	return here, aside, err
}

// profilesByOthers follows up what somebody else than a batch wrote: an open batch must know of it, and of two subjects
// one has a code. The index holds that only among what batches wrote and among what others did.
func (t *Tx) profilesByOthers(ctx context.Context, rows []fact.ProfileRow) error {
	ids, codes := make([]int64, len(rows)), map[string][]string{}
	of := map[string]int64{}
	for i := range rows {
		p := &rows[i]
		ids[i] = p.Subject
		if p.Code != "" {
			codes[p.Register] = append(codes[p.Register], p.Code)
			of[p.Register+" "+p.Code] = p.Subject
		}
	}
	if err := (ProfileRows{t}).Concern(ctx, ids); err != nil {
		return err
	}
	for register, list := range codes {
		holders, err := SubjectRows{t}.SubjectsByCode(ctx, register, list)
		if err != nil {
			return err
		}
		for _, h := range holders {
			if s := of[register+" "+h.Code]; s != h.Subject {
				return fmt.Errorf("store: subjects %d and %d have one code %s", s, h.Subject, h.Code)
			}
		}
	}
	return nil
}

// registerAll gives numbers to registers that have none.
func (t *Tx) registerAll(ctx context.Context, rows []fact.ProfileRow) error {
	if err := t.readRegisters(ctx); err != nil {
		return err
	}
	for i := range rows {
		id := rows[i].Register
		if t.numbers[id] != 0 {
			continue
		}
		n := int64(len(t.numbers) + 1)
		if _, err := t.Exec(ctx, `INSERT INTO register (number, id) VALUES (?, ?)`, n, id); err != nil {
			return fmt.Errorf("store: number register %s: %w", id, err)
		}
		t.numbers[id], t.ids[n] = n, id
		t.Touch("register", n, "")
	}
	return nil
}

func (t MeaningRows) Remember(ctx context.Context, actor, register string, at time.Time, mapping map[string]string) error {
	for header, target := range mapping {
		if _, err := t.Exec(ctx, `INSERT INTO meaning (register, header, target, actor, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (register, header) DO UPDATE SET target = excluded.target, actor = excluded.actor, at = excluded.at`,
			register, header, target, actor, at.UnixMilli()); err != nil {
			return fmt.Errorf("store: remember %q: %w", header, err)
		}
		t.Touch("mapping", 0, register+"/"+header)
	}
	return nil
}

// day stores the day of a file that says none as NULL.
func day(d *int32) any {
	if d == nil {
		return nil
	}
	return int64(*d)
}

// optional stores an empty text as NULL.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// markNumbers keeps keyed hashes of the identity numbers in profiles. again says that the profiles may have been written before;
// the hashes of then are deleted. A profile that a batch takes back, or that another record corrects, may leave a hash behind: who
// searches compares the profile.
func (t *Tx) markNumbers(ctx context.Context, rows []fact.ProfileRow, again bool) error {
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
		subjects = append(subjects, p.Subject) // its numbers may have been taken from it
	}
	if again && len(subjects) > 0 && t.own == nil { // what a batch overwrites is still seen by others
		if err := base.ExecAmong(ctx, t, `DELETE FROM number_mark WHERE subject_id IN {in}`, subjects); err != nil {
			return err
		}
	}
	return t.Insert(ctx, `INSERT INTO number_mark (mark, subject_id)`, ` ON CONFLICT (mark, subject_id) DO NOTHING`, 2, len(list), func(args []any, i int) []any {
		return append(args, vault.Marked(list[i].number), list[i].subject)
	})
}
