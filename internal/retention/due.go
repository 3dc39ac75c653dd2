package retention

import (
	"context"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// Progress is told while a base is gone through.
type Progress func(rows, total int)

// Wanted narrows what is looked for. The zero value is all.
type Wanted struct {
	Register string
	Rule     string
}

// due finds the cells that are due by the rules of the pack on a day and not held. A cell that several rules cover is due by the first
// of them, in the order of the pack, that says so.
func (k *Keeper) due(ctx context.Context, day time.Time, want Wanted, progress Progress) (parts []Part, err error) {
	defer fault.At(&err, "retention.due(%s)", day.Format(time.DateOnly))
	h, err := k.heldOn(ctx, day.Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	rows := 0
	for _, reg := range k.Pack.Registers {
		rules := k.rulesOf(reg, want)
		if len(rules) == 0 || h.registers[reg.ID] {
			continue
		}
		err := k.Registry.EachKept(ctx, reg.ID, func(i *intake.KeptImport) error {
			if h.whole(i.ID, reg.ID) {
				return nil
			}
			s := searchOf(reg, rules, i, day)
			if len(s.columns) == 0 {
				return nil
			}
			found, err := k.search(ctx, s, i, &h)
			parts = append(parts, found...)
			if rows += int(i.Last - i.First + 1); progress != nil {
				progress(rows, 0)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range parts {
		parts[i].N = i + 1
	}
	return parts, nil
}

// rulesOf are the rules about a register.
func (k *Keeper) rulesOf(reg *pack.Register, want Wanted) (list []*pack.Retention) {
	for _, r := range k.Pack.Retention {
		if slices.Contains(r.Registers, reg.ID) && (want.Register == "" || want.Register == reg.ID) && (want.Rule == "" || want.Rule == r.ID) {
			list = append(list, r)
		}
	}
	return list
}

// search is what is looked for in one import.
type search struct {
	reg     *pack.Register
	day     time.Time
	columns []columnSearch
	dates   []string // attributes of subjects from which terms run
}

// columnSearch is a column of which cells may be due.
type columnSearch struct {
	intake.KeptColumn
	rules []*pack.Retention // that cover it; behind the first one by which all of its cells are due there are none
}

// searchOf says which columns of an import have cells that may be due. Rules whose term runs from a day of the import are decided here.
func searchOf(reg *pack.Register, rules []*pack.Retention, i *intake.KeptImport, day time.Time) *search {
	s := &search{reg: reg, day: day}
	for _, c := range i.Columns {
		x := columnSearch{KeptColumn: c}
		for _, r := range rules {
			if !r.Covers(reg, c.Attr) {
				continue
			}
			if r.From == pack.FromSubject {
				x.rules = append(x.rules, r)
				continue
			}
			from := i.Day
			if r.From == pack.FromUndone {
				if from = i.Undone; from.IsZero() {
					continue
				}
			}
			if !day.Before(r.Term.After(from)) {
				x.rules = append(x.rules, r)
				break
			}
		}
		if len(x.rules) == 0 {
			continue
		}
		s.columns = append(s.columns, x)
		for _, r := range x.rules {
			if r.From == pack.FromSubject && !slices.Contains(s.dates, r.Attribute) {
				s.dates = append(s.dates, r.Attribute)
			}
		}
	}
	return s
}

// by is the first rule by which a cell of a subject with some dates is due; nil: by none.
func (c *columnSearch) by(dates map[string]time.Time, day time.Time) *pack.Retention {
	for _, r := range c.rules {
		if r.From != pack.FromSubject {
			return r
		}
		if from, known := dates[r.Attribute]; known && !day.Before(r.Term.After(from)) {
			return r
		}
	}
	return nil
}

// search finds the cells of an import that are due.
func (k *Keeper) search(ctx context.Context, s *search, i *intake.KeptImport, h *held) (parts []Part, err error) {
	dates := map[int64]map[string]time.Time{}
	if len(s.dates) > 0 {
		if dates, err = k.datesOf(ctx, s, i); err != nil {
			return nil, err
		}
	}
	type key struct {
		column int // index into columns
		rule   *pack.Retention
	}
	found := map[key]*roaring.Bitmap{}
	err = k.Registry.EachKeptRow(ctx, i, func(row *intake.KeptRow) error {
		if row.Subject != 0 && h.subject(row.Subject) {
			return nil
		}
		for n := range s.columns {
			c := &s.columns[n]
			if c.Sheet != row.Sheet || c.Column >= len(row.Cells) || len(row.Cells[c.Column]) == 0 {
				continue
			}
			r := c.by(dates[row.Subject], s.day)
			if r == nil {
				continue
			}
			m := found[key{n, r}]
			if m == nil {
				m = roaring.New()
				found[key{n, r}] = m
			}
			m.Add(uint32(row.Record - i.First))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for n := range s.columns {
		for _, r := range s.columns[n].rules {
			if m := found[key{n, r}]; m != nil {
				m.RunOptimize()
				parts = append(parts, Part{Import: i.ID, Register: s.reg.ID, Column: s.columns[n].Column, Attribute: s.columns[n].Attr.ID, Rule: r.ID, First: i.First, Members: m})
			}
		}
	}
	return parts, nil
}

// subjectsPage is of how many subjects the dates are read at a time.
const subjectsPage = 2000

// datesOf reads the dates of the subjects of an import from which terms run, as they are known now.
func (k *Keeper) datesOf(ctx context.Context, s *search, i *intake.KeptImport) (map[int64]map[string]time.Time, error) {
	seen := map[int64]bool{}
	err := k.Registry.EachKeptRow(ctx, i, func(row *intake.KeptRow) error {
		if row.Subject != 0 {
			seen[row.Subject] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	subjects := make([]int64, 0, len(seen))
	for id := range seen {
		subjects = append(subjects, id)
	}
	slices.Sort(subjects)
	dates := map[int64]map[string]time.Time{}
	for page := range slices.Chunk(subjects, subjectsPage) {
		err := k.Registry.EachOf(ctx, page, func(_ *pack.Register, p *fact.Profile) error {
			for _, id := range s.dates {
				if f := p.Fact(id, 0); f != nil && !f.Void {
					if dates[p.Subject] == nil {
						dates[p.Subject] = map[string]time.Time{}
					}
					dates[p.Subject][id] = fact.TimeOf(int32(f.Value.Int))
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return dates, nil
}
