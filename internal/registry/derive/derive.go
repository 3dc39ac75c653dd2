package derive

import (
	"bytes"
	"context"
	"fmt"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	places "eyas/internal/registry/place"
)

// Deriver reads stored records again, each by the layout of its import, and makes profiles of them.
type Deriver struct {
	from     Reader
	Pack     *pack.Pack
	Register *pack.Register
	Rules    *Rules
	imports  map[int64]*Import
	places   *places.Resolver
	book     *layout.Book
	Only     []string // attributes that records are read for; nil: all
	Aloud    bool     // what is refused and warned of in a record is wanted too
	reading  layout.Reading
	cells    [][]byte
	facts    []fact.Fact
	stored   []byte

	Heard func(r *layout.Reading) // is given each record that derive reads, before only what is of the subject is left of it; may be nil
}

// Import is an import with how its sheets are read and what its values are worth.
type Import struct {
	*fact.ImportRow
	layouts []*layout.Layout
	origin  fact.Origin
	source  *pack.Source // nil: not said
}

// Deriver gives a deriver of the subjects of a register, which reads from r.
func (g *Base) Deriver(ctx context.Context, r Reader, reg *pack.Register) (_ *Deriver, err error) {
	defer fault.At(&err, "derive.Deriver(register %s)", reg.ID)
	n, err := g.rulesOf(ctx, r, reg)
	if err != nil {
		return nil, err
	}
	resolver, err := g.Places(ctx, r)
	if err != nil {
		return nil, err
	}
	return &Deriver{from: r, Pack: g.Pack, Register: reg, Rules: n, places: resolver, book: g.layouts, imports: map[int64]*Import{}}, nil
}

// DeriverAt is deriver for what held at a moment.
func (g *Base) DeriverAt(ctx context.Context, r Reader, reg *pack.Register, m fact.Moment) (_ *Deriver, err error) {
	defer fault.At(&err, "derive.DeriverAt(register %s)", reg.ID)
	d, err := g.Deriver(ctx, r, reg)
	if err == nil && !m.HeldOn.IsZero() {
		d.Rules.held = fact.DayOf(m.HeldOn)
	}
	return d, err
}

// beside gives a deriver like d for another goroutine, which reads from r.
func (d *Deriver) beside(r Reader) *Deriver {
	return &Deriver{from: r, Pack: d.Pack, Register: d.Register, Rules: d.Rules, places: d.places, book: d.book, Only: d.Only, Aloud: d.Aloud,
		imports: map[int64]*Import{}}
}

// Load gives an import with its layouts. Who reads many records calls it before: while one query runs, a Reader takes
// no other.
func (d *Deriver) Load(ctx context.Context, importID int64) (*Import, error) {
	if i := d.imports[importID]; i != nil {
		return i, nil
	}
	row, err := d.from.ImportLayouts(ctx, importID)
	if err != nil {
		return nil, fmt.Errorf("derive.Load(import %d): %w", importID, err)
	}
	if row == nil {
		return nil, fmt.Errorf("registry: a record names import %d, which does not exist", importID)
	}
	i := &Import{ImportRow: row, source: d.Pack.Source(row.Source), origin: fact.OriginOf(d.Pack, row)}
	if i.layouts, err = d.book.Of(d.Pack, row, layout.View(d.Register, i.source), d.places); err != nil {
		return nil, fmt.Errorf("derive.Load(import %d): %w", importID, err)
	}
	for _, l := range i.layouts {
		l.Reread(i.origin.AsOf(), d.Aloud)
		if d.Only != nil && (i.source == nil || i.source.Items == nil) {
			l.Restrict(d.Only)
		}
	}
	d.imports[importID] = i
	return i, nil
}

// Of gives the import of a record and the layout of its sheet.
func (d *Deriver) Of(ctx context.Context, r *fact.RecordRow) (*Import, *layout.Layout, error) {
	i, err := d.Load(ctx, r.Import)
	if err != nil {
		return nil, nil, err
	}
	if r.Sheet < 0 || r.Sheet >= len(i.layouts) {
		return nil, nil, fmt.Errorf("registry: record %d names sheet %d of import %d, which has %d", r.ID, r.Sheet, r.Import, len(i.layouts))
	}
	return i, i.layouts[r.Sheet], nil
}

// Reading converts a record as it was converted when it came. Its facts are of the register by which its file is read;
// see own. The reading is used again for the next.
func (d *Deriver) Reading(ctx context.Context, r *fact.RecordRow) (*layout.Reading, error) {
	i, l, err := d.Of(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("derive.Reading(record %d): %w", r.ID, err)
	}
	if d.cells, err = fact.DecodeCellsInto(d.cells, r.Cells); err != nil {
		return nil, fmt.Errorf("registry: record %d: %w", r.ID, err)
	}
	l.Convert(r.Row, d.cells, &d.reading)
	for n := range d.reading.Facts {
		f := &d.reading.Facts[n]
		f.Record = r.ID
		f.Origin.Fill(i.origin)
	}
	return &d.reading, nil
}

// borrowed reports whether a record's code and name are not its subject's own: it came by a merge, or by a person's
// word.
func (d *Deriver) borrowed(r *fact.RecordRow, i *Import) bool {
	return r.Origin != 0 || r.How == fact.ByPerson && i.Form == ""
}

// Derived is what comes of a subject's records.
type Derived struct {
	fact.ProfileRow
	facts []fact.Fact
	own   bool // some record names the subject itself
}

// derive makes a subject's profile of its records, which are in the order in which they came. It comes to what
// importing them one after another came to. said, when not nil, is given what each record says, before the winners
// are known.
func (d *Deriver) derive(ctx context.Context, records []fact.RecordRow, said func(*fact.RecordRow, []fact.Fact)) (p Derived, err error) {
	var things itemSet
	p.facts = d.facts[:0]
	for i := range records {
		r := &records[i]
		reading, err := d.Reading(ctx, r)
		if err != nil {
			return p, err
		}
		if d.Heard != nil {
			d.Heard(reading)
		}
		from := d.imports[r.Import]
		borrowed := d.borrowed(r, from)
		items := from.source != nil && from.source.Items != nil
		if items {
			if things == nil {
				things = itemSet{}
			}
			things.add(from.source, r.ID, reading.Facts)
		}
		facts := d.Rules.Own(reading.Facts, items, borrowed)
		if said != nil {
			said(r, facts)
		}
		p.facts, _, _ = d.Rules.Fold(p.facts, facts)
		if !borrowed {
			p.own = true
			if reading.Code != "" {
				p.Code = reading.Code
			}
		}
	}
	if len(things) > 0 {
		facts := things.facts(d.Rules)
		if said != nil {
			said(nil, facts)
		}
		p.facts, _, _ = d.Rules.Fold(p.facts, facts)
	}
	d.facts = p.facts
	p.Name, p.NameKey = d.Rules.Name(p.facts)
	return p, nil
}

// row gives the profile as it is stored, beside the one that was stored before. The memory of its facts is used again.
func (d *Deriver) row(p *Derived, old *fact.ProfileRow, records int) fact.ProfileRow {
	r := p.ProfileRow
	r.Subject, r.Register, r.Change = old.Subject, old.Register, old.Change
	switch {
	case records == 0:
		// What named the subject stays, so that the same code or name finds it again.
		r.Gone, r.Code, r.Name, r.NameKey = true, old.Code, old.Name, old.NameKey
	case !p.own:
		r.Code = old.Code
	}
	d.stored = d.Rules.Append(d.stored[:0], p.facts)
	r.Facts = d.stored
	return r
}

// again derives a profile of its records and reports whether it came out differently than it was.
func (d *Deriver) again(ctx context.Context, old *fact.ProfileRow, records []fact.RecordRow) (r fact.ProfileRow, differs bool, err error) {
	p, err := d.derive(ctx, records, nil)
	if err != nil {
		return r, false, err
	}
	r = d.row(&p, old, len(records))
	if r.Gone == old.Gone && r.Code == old.Code && r.Name == old.Name && r.NameKey == old.NameKey && bytes.Equal(r.Facts, old.Facts) {
		return r, false, nil
	}
	r.Facts = bytes.Clone(r.Facts)
	return r, true, nil
}

// rederived are the profiles that came out differently when subjects were derived again.
type rederived struct {
	different []fact.ProfileRow
	claims    []int // those of different whose code is another than it was
}

// one derives a subject again from its records.
func (s *rederived) one(ctx context.Context, d *Deriver, old *fact.ProfileRow, own []fact.RecordRow) error {
	r, differs, err := d.again(ctx, old, own)
	if err != nil || !differs {
		return err
	}
	if r.Code != "" && r.Code != old.Code {
		s.claims = append(s.claims, len(s.different))
	}
	s.different = append(s.different, r)
	return nil
}

// all derives subjects, ascending, again.
func (s *rederived) all(ctx context.Context, d *Deriver, subjects []int64) error {
	olds, err := d.from.Profiles(ctx, subjects)
	if err != nil {
		return err
	}
	records, err := d.from.Linked(ctx, subjects)
	if err != nil {
		return err
	}
	for i := range olds {
		var own []fact.RecordRow
		own, records = OfSubject(records, olds[i].Subject)
		if err := s.one(ctx, d, &olds[i], own); err != nil {
			return err
		}
	}
	return nil
}

// Rederive derives subjects, ascending, again and gives the profiles that came out differently.
func (d *Deriver) Rederive(ctx context.Context, subjects []int64) (different []fact.ProfileRow, err error) {
	defer fault.At(&err, "derive.Rederive(%d subjects)", len(subjects))
	var s rederived
	if err := s.all(ctx, d, subjects); err != nil {
		return nil, err
	}
	return s.different, s.yieldCodes(ctx, d.from, d.Register.ID)
}

// yieldCodes lets a subject go without a code that another has: a record that brought it was taken away, the code
// made a subject of its own meanwhile, and then the record came back. Whether the two are one is for people to say.
func (s *rederived) yieldCodes(ctx context.Context, from fact.SubjectReader, register string) error {
	if len(s.claims) == 0 {
		return nil
	}
	claimed := make([]string, len(s.claims))
	for n, i := range s.claims {
		claimed[n] = s.different[i].Code
	}
	holders, err := from.SubjectsByCode(ctx, register, claimed)
	if err != nil {
		return err
	}
	taken := map[string]int64{}
	for _, h := range holders {
		taken[h.Code] = h.Subject
	}
	for _, i := range s.claims {
		r := &s.different[i]
		if holder := taken[r.Code]; holder != 0 && holder != r.Subject {
			r.Code = ""
		} else {
			taken[r.Code] = r.Subject
		}
	}
	return nil
}

// OfSubject splits the records of one subject from those of the subjects behind it.
func OfSubject(records []fact.RecordRow, subject int64) (own, rest []fact.RecordRow) {
	n := 0
	for n < len(records) && records[n].Subject == subject {
		n++
	}
	return records[:n:n], records[n:]
}
