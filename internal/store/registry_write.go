package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
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
	return t.insert(ctx, `INSERT INTO link (record_id, subject_id, origin, how, evidence, seal)`, ``, 6, len(rows), func(args []any, i int) []any {
		l := &rows[i]
		return append(args, l.Record, l.Subject, l.Origin, string(l.How), l.Evidence, linkSum(l.Record, l.Subject, l.Origin, string(l.How), l.Evidence))
	})
}

func (t *transaction) AddProfiles(ctx context.Context, rows []registry.ProfileRow) error {
	return t.profiles(ctx, "", rows)
}

func (t *transaction) SetProfiles(ctx context.Context, rows []registry.ProfileRow) error {
	// An upsert, because it can carry many rows at a time: an UPDATE is a round trip per row on a server.
	return t.profiles(ctx, ` ON CONFLICT (subject_id) DO UPDATE SET code = excluded.code, name = excluded.name, name_key = excluded.name_key,
		facts = excluded.facts, gone = excluded.gone, change = excluded.change`, rows)
}

func (t *transaction) profiles(ctx context.Context, conflict string, rows []registry.ProfileRow) error {
	if err := t.registerAll(ctx, rows); err != nil {
		return err
	}
	const head = `INSERT INTO profile (subject_id, register, code, name, name_key, facts, gone, change)`
	return t.insert(ctx, head, conflict, 8, len(rows), func(args []any, i int) []any {
		p := &rows[i]
		number := t.numbers[p.Register]
		return append(args, p.Subject, number, p.Code, p.Name, p.NameKey, seal(profileSum(p, number), p.Facts), flag(p.Gone), p.Change)
	})
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
