package registry

import (
	"context"
	"fmt"
	"slices"

	"eyas/internal/pack"
)

// deriver reads stored records again, each by the layout of its import.
type deriver struct {
	from     Reader
	pack     *pack.Pack
	register *pack.Register
	codec    *codec
	imports  map[int64]*derivedImport
	reading  Reading
}

type derivedImport struct {
	*ImportRow
	layouts []*Layout
}

func (g *Registry) deriver(ctx context.Context, r Reader, reg *pack.Register) (*deriver, error) {
	n, err := g.codec(ctx, r, reg)
	if err != nil {
		return nil, err
	}
	return &deriver{from: r, pack: g.pack, register: reg, codec: n, imports: map[int64]*derivedImport{}}, nil
}

// load gives an import with its layouts. Who reads many records calls it before: while one query runs, a Reader takes
// no other.
func (d *deriver) load(ctx context.Context, importID int64) (*derivedImport, error) {
	if i := d.imports[importID]; i != nil {
		return i, nil
	}
	row, err := d.from.Import(ctx, importID)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fmt.Errorf("registry: a record names import %d, which does not exist", importID)
	}
	row.Lists = "" // large, and not needed
	layouts, err := row.layouts()
	if err != nil {
		return nil, err
	}
	for _, l := range layouts {
		l.Bind(d.pack, d.register)
	}
	i := &derivedImport{row, layouts}
	d.imports[importID] = i
	return i, nil
}

// of gives the import of a record and the layout of its sheet.
func (d *deriver) of(ctx context.Context, r *RecordRow) (*derivedImport, *Layout, error) {
	i, err := d.load(ctx, r.Import)
	if err != nil {
		return nil, nil, err
	}
	if r.Sheet < 0 || r.Sheet >= len(i.layouts) {
		return nil, nil, fmt.Errorf("registry: record %d names sheet %d of import %d, which has %d", r.ID, r.Sheet, r.Import, len(i.layouts))
	}
	return i, i.layouts[r.Sheet], nil
}

// read converts a record as it was converted when it came. The reading is used again for the next.
func (d *deriver) read(ctx context.Context, r *RecordRow) (*Reading, error) {
	_, l, err := d.of(ctx, r)
	if err != nil {
		return nil, err
	}
	cells, err := DecodeCells(r.Cells)
	if err != nil {
		return nil, fmt.Errorf("registry: record %d: %w", r.ID, err)
	}
	l.Convert(r.Row, cells, &d.reading)
	for i := range d.reading.Facts {
		d.reading.Facts[i].Record = r.ID
	}
	return &d.reading, nil
}

// derive makes a subject's profile from all its records in force, in the order in which they came. It comes to what
// importing them one after another came to.
func (d *deriver) derive(ctx context.Context, records []RecordRow) (p ProfileRow, facts []Fact, err error) {
	for i := range records {
		r, err := d.read(ctx, &records[i])
		if err != nil {
			return p, nil, err
		}
		facts, _ = d.codec.fold(facts, r.Facts)
		if r.Code != "" {
			p.Code = r.Code
		}
		if key := boundedKey(storable(r.NameKey)); key != "" && key != p.NameKey {
			p.Name, p.NameKey = storable(r.Name), key
		}
	}
	return p, facts, nil
}

// rederive derives subjects again and gives the profiles that came out differently. subjects is ascending.
func (d *deriver) rederive(ctx context.Context, subjects []int64) (different []ProfileRow, err error) {
	olds, err := d.from.Profiles(ctx, subjects)
	if err != nil {
		return nil, err
	}
	records, err := d.from.Linked(ctx, subjects)
	if err != nil {
		return nil, err
	}
	for i := range olds {
		old := &olds[i]
		own := records
		for n := range own {
			if own[n].Subject != old.Subject {
				own = own[:n]
				break
			}
		}
		records = records[len(own):]
		p, facts, err := d.derive(ctx, own)
		if err != nil {
			return nil, err
		}
		p.Subject, p.Register = old.Subject, old.Register
		if len(own) == 0 {
			// What named the subject stays, so that the same code or name finds it again.
			p.Gone, p.Code, p.Name, p.NameKey = true, old.Code, old.Name, old.NameKey
		}
		p.Facts = d.codec.appendFacts(nil, facts)
		if p.Gone != old.Gone || p.Code != old.Code || p.Name != old.Name || p.NameKey != old.NameKey || !slices.Equal(p.Facts, old.Facts) {
			different = append(different, p)
		}
	}
	return different, nil
}
