package intake

import (
	"context"
	"iter"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/table"
)

// ListedRow is a row of a list of another system: whom it is about, and what it says.
type ListedRow struct {
	Sheet string
	Row   int
	Code  string // usable one, else empty
	Name  string
	// Subject is that of the register, by its code or its exact name, followed through merges; 0: none, or more than one. A refused row
	// has it, too, as far as the row is read.
	Subject int64
	// Named is the subject of the name when the code is of nobody: one of both is wrong. 0: none.
	Named  int64
	State  string // code of the register's list
	On     int32  // day of the state, as in fact
	Key    string // what tells rows about one subject apart, such as the year
	Values map[string]fact.Value
	Faulty pack.Text // why the row cannot be read; zero when it can
}

// ReadListed reads the rows of a file of a connector. It writes nothing, and makes no subject of a row that finds none.
func (g *Intake) ReadListed(ctx context.Context, src layout.Source, opt layout.Options) (rows []ListedRow, err error) {
	defer fault.At(&err, "intake.ReadListed(file %s)", src.Name)
	reg, opt, err := layout.Checked(g.base.Pack, opt)
	if err != nil {
		return nil, err
	}
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		in, err := g.base.Open(ctx, r, reg, src, opt)
		if err != nil {
			return err
		}
		defer in.Close()
		var keys []string // name keys of rows
		var reading layout.Reading
		err = in.Sheets(func(index int, l *layout.Layout, s *table.Sheet) error {
			return in.Each(index, l, s, func(_ int, l *layout.Layout, r table.Row) error {
				if _, holds := in.Convert(l, r, &reading); !holds {
					return in.Late
				}
				x := ListedRow{Sheet: l.Sheet, Row: r.Number, Name: reading.Name, Code: reading.Code}
				if reading.Refuse != nil {
					x.Faulty = reading.Refuse.Text
				} else {
					x.hears(l, &reading)
				}
				rows, keys = append(rows, x), append(keys, fact.BoundedKey(fact.Storable(reading.NameKey)))
				return in.Late
			})
		})
		if err != nil {
			return err
		}
		return subjectsOfListed(ctx, r, reg, rows, keys)
	})
	return rows, err
}

func (x *ListedRow) hears(l *layout.Layout, reading *layout.Reading) {
	state, day, key, _ := l.Reported(reading)
	x.State, x.On, x.Key, x.Values = state, int32(day), key, map[string]fact.Value{}
	for i := range reading.Facts {
		x.Values[reading.Facts[i].Attr.ID] = reading.Facts[i].Value
	}
}

// subjectsOfListed finds the subjects of rows.
func subjectsOfListed(ctx context.Context, r Reader, reg *pack.Register, rows []ListedRow, keys []string) error {
	to, err := identity.NewResolver(ctx, r, reg.ID, len(rows))
	if err != nil {
		return err
	}
	for first := 0; first < len(rows); first += fact.BatchRows {
		end := min(first+fact.BatchRows, len(rows))
		if err := to.Prepare(ctx, namingsOfListed(rows[first:end], keys[first:end])); err != nil {
			return err
		}
		for i := first; i < end; i++ {
			x := &rows[i]
			if x.Subject = to.Known(x.Code, keys[i]); x.Subject == 0 && x.Code != "" {
				x.Named = to.Known("", keys[i])
			}
		}
	}
	return nil
}

// namingsOfListed gives the code and the name key of each row.
func namingsOfListed(rows []ListedRow, keys []string) iter.Seq2[string, string] {
	return func(yield func(code, key string) bool) {
		for i := range rows {
			if !yield(rows[i].Code, keys[i]) {
				return
			}
		}
	}
}
