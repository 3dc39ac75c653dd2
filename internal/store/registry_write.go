package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/registry"
)

func (t *transaction) Advance(ctx context.Context, c registry.Counter, n int64) (int64, error) {
	var value int64
	found, err := t.one(ctx, `UPDATE counter SET value = value + ? WHERE name = ? RETURNING value`, []any{n, string(c)}, &value)
	if err == nil && !found {
		err = fmt.Errorf("store: there is no counter %q", c)
	}
	if err == nil && n != 0 {
		t.moved(string(c), value)
	}
	if err == nil && c == registry.LastChange {
		err = t.mark(ctx, value)
	}
	return value, err
}

// mark gives a value of the change counter a random mark of its own.
func (t *transaction) mark(ctx context.Context, change int64) error {
	_, err := t.exec(ctx, `INSERT INTO history (change, mark) VALUES (?, ?)
		ON CONFLICT (change) DO UPDATE SET mark = excluded.mark`, change, rand.Text())
	if err != nil {
		return fmt.Errorf("store: mark change %d: %w", change, err)
	}
	return nil
}

func (t *transaction) AddAttributes(ctx context.Context, register string, numbers map[string]int) error {
	for id, n := range numbers {
		if _, err := t.exec(ctx, `INSERT INTO attribute (register, id, number) VALUES (?, ?, ?)`, register, id, n); err != nil {
			return fmt.Errorf("store: number attribute %s: %w", id, err)
		}
		t.touch("attribute", 0, register+"/"+id)
	}
	return nil
}

func (t *transaction) AddImport(ctx context.Context, i *registry.ImportRow) error {
	_, err := t.exec(ctx, `INSERT INTO import (`+importColumns+importTexts+`) VALUES `+marks(1, 27),
		i.ID, i.Register, i.File, i.SHA256, i.Size, i.Actor, i.At.UnixMilli(), sql.NullInt64{}, "", flag(i.Synthetic), i.FirstRecord, i.LastRecord,
		i.Rows, i.Accepted, i.Unchanged, i.Refused, i.RefusalCount, i.WarningCount, i.Options,
		i.Source, day(i.AsOf), i.Whole, i.Form, i.Reason, importSum(i), i.Layouts, i.Lists)
	if err != nil {
		return fmt.Errorf("store: add import %d: %w", i.ID, err)
	}
	t.touch("import", i.ID, "")
	return nil
}

func (t *transaction) MarkUndone(ctx context.Context, importID int64, at time.Time, by string) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.open != 0 {
		subjects, err := t.SubjectsOf(ctx, importID)
		if err != nil {
			return err
		}
		if err := t.Concern(ctx, subjects); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, `UPDATE import SET undone_at = ?, undone_by = ? WHERE id = ?`, at.UnixMilli(), by, importID); err != nil {
		return fmt.Errorf("store: mark import %d undone: %w", importID, err)
	}
	t.touch("import", importID, "")
	return nil
}

func (t *transaction) AddRecords(ctx context.Context, rows []registry.RecordRow) error {
	return t.insert(ctx, `INSERT INTO record (id, import_id, sheet, row_no, cells, reason)`, ``, 6, len(rows), func(args []any, i int) []any {
		r := &rows[i]
		return append(args, r.ID, r.Import, r.Sheet, r.Row, seal(recordSum(r), r.Cells), optional(r.Reason))
	})
}

func (t *transaction) AddLinks(ctx context.Context, rows []registry.LinkRow) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.open != 0 {
		ids := make([]int64, len(rows))
		for i := range rows {
			ids[i] = rows[i].Subject
		}
		if err := t.Concern(ctx, ids); err != nil {
			return err
		}
	}
	return t.insert(ctx, `INSERT INTO link (record_id, subject_id, origin, how, evidence, seal)`, ``, 6, len(rows), func(args []any, i int) []any {
		l := &rows[i]
		return append(args, l.Record, l.Subject, l.Origin, string(l.How), l.Evidence, linkSum(l.Record, l.Subject, l.Origin, string(l.How), l.Evidence))
	})
}

func (t *transaction) AddProfiles(ctx context.Context, rows []registry.ProfileRow) error {
	if err := t.profiles(ctx, addProfiles, "", rows); err != nil || t.own != nil {
		return err
	}
	return t.profilesByOthers(ctx, rows)
}

func (t *transaction) SetProfiles(ctx context.Context, rows []registry.ProfileRow) error {
	if t.own != nil {
		return t.overwrite(ctx, rows)
	}
	if err := t.look(ctx); err != nil {
		return err
	}
	here, aside := rows, []registry.ProfileRow(nil)
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
)

func (t *transaction) profiles(ctx context.Context, head, conflict string, rows []registry.ProfileRow) error {
	if err := t.registerAll(ctx, rows); err != nil {
		return err
	}
	columns := strings.Count(head, ",") + 1
	if t.own != nil && len(rows) > 0 {
		t.own.wrote = true
	}
	return t.insert(ctx, head, conflict, columns, len(rows), func(args []any, i int) []any {
		p := &rows[i]
		change, number := p.Change, t.numbers[p.Register]
		if t.own != nil {
			change = -t.own.id
		}
		stored := *p
		stored.Change = change
		args = append(args, p.Subject, number, p.Code, p.Name, p.NameKey, seal(profileSum(&stored, number), p.Facts), flag(p.Gone), change)
		if columns == 9 {
			args = append(args, 1)
		}
		return args
	})
}

// overwrite writes profiles of a batch, and puts those that others see aside.
func (t *transaction) overwrite(ctx context.Context, rows []registry.ProfileRow) error {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].Subject
	}
	for part := range slices.Chunk(ids, chunk) {
		args := make([]any, 0, chunk+1)
		args = append(args, -t.own.id)
		for i := range chunk {
			args = append(args, part[min(i, len(part)-1)])
		}
		if _, err := t.exec(ctx, strings.Replace(`INSERT INTO profile_prior (subject_id, register, code, name, name_key, facts, gone, change, moved)
			SELECT subject_id, register, code, name, name_key, facts, gone, change, 0 FROM profile WHERE change <> ? AND subject_id IN {in}`, "{in}", marks(1, chunk), 1), args...); err != nil {
			return fmt.Errorf("store: put profiles aside: %w", err)
		}
	}
	if err := t.profiles(ctx, addProfiles, replaced, rows); err != nil {
		return err
	}
	return execAmong(ctx, t, `UPDATE profile_prior SET moved = 1 WHERE moved = 0 AND subject_id IN {in} AND EXISTS (SELECT 1 FROM profile p
		WHERE p.subject_id = profile_prior.subject_id AND (p.code <> profile_prior.code OR p.name_key <> profile_prior.name_key))`, ids)
}

// apart divides profiles into those that stand in table profile for everybody, and those that a batch has overwritten.
func (t *transaction) apart(ctx context.Context, rows []registry.ProfileRow) (here, aside []registry.ProfileRow, err error) {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].Subject
	}
	over := map[int64]bool{}
	err = among(ctx, t, `SELECT subject_id FROM profile_prior WHERE subject_id IN {in}`, nil, ids, func(r *sql.Rows) error {
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
func (t *transaction) profilesByOthers(ctx context.Context, rows []registry.ProfileRow) error {
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
	if err := t.Concern(ctx, ids); err != nil {
		return err
	}
	for register, list := range codes {
		holders, err := t.SubjectsByCode(ctx, register, list)
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
func (t *transaction) registerAll(ctx context.Context, rows []registry.ProfileRow) error {
	if err := t.readRegisters(ctx); err != nil {
		return err
	}
	for i := range rows {
		id := rows[i].Register
		if t.numbers[id] != 0 {
			continue
		}
		n := int64(len(t.numbers) + 1)
		if _, err := t.exec(ctx, `INSERT INTO register (number, id) VALUES (?, ?)`, n, id); err != nil {
			return fmt.Errorf("store: number register %s: %w", id, err)
		}
		t.numbers[id], t.ids[n] = n, id
		t.touch("register", n, "")
	}
	return nil
}

func (t *transaction) Remember(ctx context.Context, actor, register string, at time.Time, mapping map[string]string) error {
	for header, target := range mapping {
		if _, err := t.exec(ctx, `INSERT INTO meaning (register, header, target, actor, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (register, header) DO UPDATE SET target = excluded.target, actor = excluded.actor, at = excluded.at`,
			register, header, target, actor, at.UnixMilli()); err != nil {
			return fmt.Errorf("store: remember %q: %w", header, err)
		}
		t.touch("mapping", 0, register+"/"+header)
	}
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
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
