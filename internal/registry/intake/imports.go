package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// LastImports returns, for each register, its newest import in force and the number of imports in force, as known at a
// moment.
func (g *Intake) LastImports(ctx context.Context, m fact.Moment) (last map[string]Import, count map[string]int, err error) {
	defer fault.At(&err, "intake.LastImports")
	last, count = map[string]Import{}, map[string]int{}
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		rows, err := r.LastImports(ctx, m.Before(g.base.Pack))
		for i := range rows {
			one, err := viewOfImport(&rows[i].ImportRow, "")
			if err != nil {
				return err
			}
			last[one.Register], count[one.Register] = *one, rows[i].Count
		}
		return err
	})
	return last, count, err
}

// Imports returns one page of imports, the newest first, and their total number. Their reports have counts and no lists.
func (g *Intake) Imports(ctx context.Context, w fact.Wanted, offset, limit int) (list []Import, total int, err error) {
	defer fault.At(&err, "intake.Imports")
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		rows, n, err := r.Imports(ctx, w, offset, limit)
		if err != nil {
			return err
		}
		total = n
		for i := range rows {
			one, err := viewOfImport(&rows[i], "")
			if err != nil {
				return err
			}
			list = append(list, *one)
		}
		return nil
	})
	return list, total, err
}

// ImportByID returns one import with the lists of its report; a fault with code NotFound when there is none.
func (g *Intake) ImportByID(ctx context.Context, id int64) (found *Import, err error) {
	defer fault.At(&err, "intake.ImportByID(import %d)", id)
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		row, err := derive.WantedImport(ctx, r, id)
		if err != nil {
			return err
		}
		found, err = viewOfImport(row, "")
		return err
	})
	return found, err
}

// NoRecord returns the fault for a source record that does not exist.
func NoRecord(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的来源记录。", id), fmt.Sprintf("There is no source record number %d.", id))
}

// BroughtBy returns those of some subjects, ascending, of which a person brought a record that is in force.
func (g *Intake) BroughtBy(ctx context.Context, actor string, subjects []int64) (list []int64, err error) {
	defer fault.At(&err, "intake.BroughtBy(%d subjects)", len(subjects))
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		list, err = r.Brought(ctx, actor, subjects)
		return err
	})
	return list, err
}

// BroughtAlone reports whether a person alone ever brought records of a subject, that was never merged and got and gave no others.
func (g *Intake) BroughtAlone(ctx context.Context, actor string, subject int64) (alone bool, err error) {
	defer fault.At(&err, "intake.BroughtAlone(subject %d)", subject)
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		one := []int64{subject}
		merges, err := r.MergesOf(ctx, "", one)
		if err != nil || len(merges) > 0 {
			return err
		}
		moves, err := r.RelinksOf(ctx, one)
		if err != nil || len(moves) > 0 {
			return err
		}
		records, err := r.LinkedEver(ctx, one)
		if err != nil {
			return err
		}
		for i := range records {
			if from, err := derive.ImportOf(ctx, r, &records[i]); err != nil || from.Actor != actor {
				return err
			}
		}
		alone = len(records) > 0
		return nil
	})
	return alone, err
}

// Remembered returns the confirmed meanings of headers in files of a register: header → attribute.
func (g *Intake) Remembered(ctx context.Context, register string) (mapping map[string]string, err error) {
	defer fault.At(&err, "intake.Remembered(register %s)", register)
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		mapping, err = r.Remembered(ctx, register)
		return err
	})
	return mapping, err
}

// Remember stores the confirmed meanings of headers for later files of a register.
func (g *Intake) Remember(ctx context.Context, register string, mapping map[string]string) (err error) {
	defer fault.At(&err, "intake.Remember(register %s)", register)
	actor, err := g.base.May(ctx, auth.Remember, auth.Resource{})
	if err != nil {
		return err
	}
	if _, err := g.base.RegisterOf(register); err != nil || len(mapping) == 0 {
		return err
	}
	return g.rooms.Imports().Within(ctx, func(ctx context.Context, w Writer) error {
		if err := w.Remember(ctx, actor, register, g.base.Clock(), mapping); err != nil {
			return err
		}
		return g.base.Log(ctx, actor, "remember", "mapping/"+register, map[string]any{"headers": mapping})
	})
}

// HasSynthetic reports whether an import made by the demonstration generator is in force.
func (g *Intake) HasSynthetic(ctx context.Context) (yes bool, err error) {
	defer fault.At(&err, "intake.HasSynthetic")
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		yes, err = r.Synthetic(ctx)
		return err
	})
	return yes, err
}

// Record returns one source record with its cells unchanged; a fault with code NotFound when there is none.
func (g *Intake) Record(ctx context.Context, id int64) (v *RecordView, err error) {
	defer fault.At(&err, "intake.Record(record %d)", id)
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		row, err := r.Record(ctx, id)
		if err != nil {
			return err
		}
		if row == nil {
			return NoRecord(id)
		}
		i, err := derive.ImportOf(ctx, r, row)
		if err != nil {
			return err
		}
		view, err := viewOfImport(i, "")
		if err != nil {
			return err
		}
		layouts, err := layout.Stored(i)
		if err != nil {
			return err
		}
		if row.Sheet < 0 || row.Sheet >= len(layouts) {
			return fmt.Errorf("registry: record %d names sheet %d of import %d, which has %d", id, row.Sheet, i.ID, len(layouts))
		}
		cells, err := fact.DecodeCells(row.Cells)
		if err != nil {
			return fmt.Errorf("registry: record %d: %w", id, err)
		}
		l := layouts[row.Sheet]
		v = &RecordView{ID: id, Subject: row.Subject, Import: *view, Sheet: l.Sheet, Row: row.Row, Headers: l.Headers()}
		v.Attributes = make([]string, len(v.Headers))
		for _, c := range l.Columns {
			if at := c.Index - 1; at >= 0 && at < len(v.Attributes) {
				v.Attributes[at] = c.Attr
			}
		}
		for _, c := range cells {
			v.Cells = append(v.Cells, string(c))
		}
		for len(v.Cells) < len(v.Headers) {
			v.Cells = append(v.Cells, "")
		}
		v.Reason, err = reasonText(row.Reason, view.Options.Lang)
		return err
	})
	return v, err
}

// reasonText returns the stored reason of a refused row in a language.
func reasonText(stored, lang string) (string, error) {
	if stored == "" {
		return "", nil
	}
	var t pack.Text
	if err := json.Unmarshal([]byte(stored), &t); err != nil {
		return "", fmt.Errorf("registry: reason of a refused row: %w", err)
	}
	return t.In(lang), nil
}
