package intake

import (
	"context"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// KeptImport is an import, or an entry by hand, as rules of retention see it.
type KeptImport struct {
	ID       int64
	Register string
	File     string    // name of the file; of an entry, of its form
	SHA256   string    // of the file; empty: there was none
	Day      time.Time // that it speaks of, else of the import; a date
	Undone   time.Time // day on which it was undone; zero: in force
	First    int64     // its first record,
	Last     int64     // and its last
	Columns  []KeptColumn
}

// KeptColumn is a column of an import that was read as an attribute.
type KeptColumn struct {
	Sheet, Column int // counted from 0
	Header        string
	Attr          *pack.Attribute
}

// keptPage is how many imports are read at a time.
const keptPage = 200

// EachKept passes the imports into a register with the entries by hand, in force or undone, in the order of their numbers.
func (g *Intake) EachKept(ctx context.Context, register string, fn func(k *KeptImport) error) (err error) {
	defer fault.At(&err, "intake.EachKept(register %s)", register)
	for after := int64(0); ; {
		var page []fact.ImportRow
		err := g.rooms.Imports().Read(ctx, func(r Reader) (err error) {
			page, err = r.KeptImports(ctx, register, after, keptPage)
			return err
		})
		if err != nil {
			return err
		}
		for i := range page {
			after = page[i].ID
			k, err := g.keptImport(&page[i])
			if err == nil {
				err = fn(k)
			}
			if err != nil {
				return err
			}
		}
		if len(page) < keptPage {
			return nil
		}
	}
}

// KeptOf returns an import, or an entry by hand.
func (g *Intake) KeptOf(ctx context.Context, importID int64) (k *KeptImport, err error) {
	defer fault.At(&err, "intake.KeptOf(import %d)", importID)
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		row, err := derive.WantedImport(ctx, r, importID)
		if err != nil {
			return err
		}
		k, err = g.keptImport(row)
		return err
	})
	return k, err
}

func (g *Intake) keptImport(row *fact.ImportRow) (*KeptImport, error) {
	reg, err := g.base.RegisterOf(row.Register)
	if err != nil {
		return nil, err
	}
	layouts, err := layout.Stored(row)
	if err != nil {
		return nil, err
	}
	k := &KeptImport{ID: row.ID, Register: row.Register, File: row.File, SHA256: row.SHA256, First: row.FirstRecord, Last: row.LastRecord, Day: g.cityDay(row.At)}
	if row.AsOf != nil {
		k.Day = time.Unix(int64(*row.AsOf)*86400, 0).UTC()
	}
	if !row.UndoneAt.IsZero() {
		k.Undone = g.cityDay(row.UndoneAt)
	}
	for sheet, l := range layouts {
		for i := range l.Columns {
			c := &l.Columns[i]
			if a := reg.Attribute(c.Attr); a != nil && c.Index > 0 {
				k.Columns = append(k.Columns, KeptColumn{sheet, c.Index - 1, l.Header(c.Index), a})
			}
		}
	}
	return k, nil
}

// cityDay is the day of a moment in the city, as a date.
func (g *Intake) cityDay(at time.Time) time.Time {
	y, m, d := at.In(g.base.Pack.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// KeptRow is a record of an import. Its cells are valid until the next one.
type KeptRow struct {
	Record  int64
	Subject int64 // that it counts for; 0: none
	Sheet   int
	Cells   [][]byte
}

// linksPage is how many links are read at a time.
const linksPage = 20_000

// EachKeptRow passes the records of an import in order.
func (g *Intake) EachKeptRow(ctx context.Context, k *KeptImport, fn func(*KeptRow) error) (err error) {
	defer fault.At(&err, "intake.EachKeptRow(import %d)", k.ID)
	if k.Last < k.First {
		return nil
	}
	return g.rooms.Imports().Read(ctx, func(r Reader) error {
		subjects := make([]int64, k.Last-k.First+1)
		for first := k.First; first <= k.Last; {
			links, err := r.LinksAfter(ctx, first, k.Last, linksPage)
			if err != nil {
				return err
			}
			for _, l := range links {
				subjects[l.Record-k.First] = l.Subject
				first = l.Record + 1
			}
			if len(links) < linksPage {
				break
			}
		}
		var row KeptRow
		return r.EachRecord(ctx, k.ID, false, func(x *fact.RecordRow) (err error) {
			if x.ID < k.First || x.ID > k.Last {
				return nil
			}
			row.Record, row.Sheet, row.Subject = x.ID, x.Sheet, subjects[x.ID-k.First]
			if row.Cells, err = fact.DecodeCells(x.Cells); err != nil {
				return err
			}
			return fn(&row)
		})
	})
}

// KeptCell is a cell with a value of one subject.
type KeptCell struct {
	Import int64
	Record int64
	KeptColumn
}

// KeptCells returns the cells with values of some records that were read as attributes.
func (g *Intake) KeptCells(ctx context.Context, records []int64) (list []KeptCell, err error) {
	defer fault.At(&err, "intake.KeptCells(%d records)", len(records))
	known := map[int64]*KeptImport{}
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		for _, id := range records {
			row, err := r.Record(ctx, id)
			if err != nil {
				return err
			}
			if row == nil {
				continue
			}
			k := known[row.Import]
			if k == nil {
				i, err := derive.WantedImport(ctx, r, row.Import)
				if err != nil {
					return err
				}
				if k, err = g.keptImport(i); err != nil {
					return err
				}
				known[row.Import] = k
			}
			cells, err := fact.DecodeCells(row.Cells)
			if err != nil {
				return err
			}
			for _, c := range k.Columns {
				if c.Sheet == row.Sheet && c.Column < len(cells) && len(cells[c.Column]) > 0 {
					list = append(list, KeptCell{row.Import, id, c})
				}
			}
		}
		return nil
	})
	return list, err
}

// Holes is which cells of a file were erased, by the names of sheets, the rows as a spreadsheet numbers them, and the columns
// counted from 0.
type Holes map[string]map[int][]int

// HolesIn returns which cells of a file were erased, whatever import of it they belong to.
func (g *Intake) HolesIn(ctx context.Context, sha256 string) (holes Holes, imports []int64, err error) {
	defer fault.At(&err, "intake.HolesIn(file %s)", sha256)
	holes = Holes{}
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		if imports, err = r.ImportsWith(ctx, sha256); err != nil {
			return err
		}
		for _, id := range imports {
			i, err := derive.WantedImport(ctx, r, id)
			if err != nil {
				return err
			}
			layouts, err := layout.Stored(i)
			if err != nil {
				return err
			}
			err = r.EachErased(ctx, i.FirstRecord, i.LastRecord, func(sheet, row int, cells []int) error {
				if sheet < 0 || sheet >= len(layouts) {
					return nil
				}
				name := layouts[sheet].Sheet
				if holes[name] == nil {
					holes[name] = map[int][]int{}
				}
				holes[name][row] = append(holes[name][row], cells...)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return holes, imports, err
}
