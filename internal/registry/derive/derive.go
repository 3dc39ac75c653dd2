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

// Deriver reads stored records again, each with the layout of its import, and makes profiles from them. Only one
// goroutine may use it at a time.
type Deriver struct {
	from     Reader
	Pack     *pack.Pack
	Register *pack.Register
	Rules    *Rules
	imports  map[int64]*Import
	places   *places.Resolver
	book     *layout.Book
	Only     []string // the attributes to read from records; nil: all
	Aloud    bool     // also return what is refused or warned about in a record
	reading  layout.Reading
	cells    [][]byte
	facts    []fact.Fact
	stored   []byte

	Heard func(r *layout.Reading) // gets each record that derive reads, before it is filtered to facts about the subject; may be nil
}

// Import is an import with the layouts of its sheets and the origin of its values.
type Import struct {
	*fact.ImportRow
	layouts []*layout.Layout
	origin  fact.Origin
	source  *pack.Source // nil: not given
}

// Deriver returns a deriver of the subjects of a register. It reads from r.
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

// DeriverAt does what Deriver does for the values that count at a moment.
func (g *Base) DeriverAt(ctx context.Context, r Reader, reg *pack.Register, m fact.Moment) (_ *Deriver, err error) {
	defer fault.At(&err, "derive.DeriverAt(register %s)", reg.ID)
	d, err := g.Deriver(ctx, r, reg)
	if err == nil && !m.HeldOn.IsZero() {
		d.Rules.held = fact.DayOf(m.HeldOn)
	}
	return d, err
}

// beside returns a deriver like d for another goroutine. It reads from r.
func (d *Deriver) beside(r Reader) *Deriver {
	return &Deriver{from: r, Pack: d.Pack, Register: d.Register, Rules: d.Rules, places: d.places, book: d.book, Only: d.Only, Aloud: d.Aloud,
		imports: map[int64]*Import{}}
}

// Load returns an import with its layouts. Load the imports before a query over many records: a reader cannot run a
// second query while one is open.
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

// Of returns the import of a record and the layout of its sheet.
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

// Reading converts a record with the layout of its import, as it was converted when the import was made. Its facts belong
// to the register that the file was read for; see Rules.Own. The reading is reused by the next call.
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

// borrowed reports whether the code and the name of a record belong to another subject: the record came to this subject
// by a merge, or a person moved it.
func (d *Deriver) borrowed(r *fact.RecordRow, i *Import) bool {
	return r.RowSubject != 0 || r.How == fact.ByPerson && i.Form == ""
}

// Derived is the profile that a subject's records result in.
type Derived struct {
	fact.ProfileRow
	facts []fact.Fact
	own   bool // some record names the subject itself
}

// derive makes the profile of a subject from its records, which must be in the order of their import. The result is the
// same as if they were imported one after another. said, when not nil, gets the facts of each record before the winners
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
			things.add(from.source, r.ID, reading.Facts, d.Rules.held)
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

// row returns the profile in its stored form. old is the profile stored before. The memory of the facts is reused by the
// next call.
func (d *Deriver) row(p *Derived, old *fact.ProfileRow, records int) fact.ProfileRow {
	r := p.ProfileRow
	r.Subject, r.Register, r.Change, r.Held = old.Subject, old.Register, old.Change, old.Held
	switch {
	case old.Held.Refused(): // what its records say counts for nothing
		r.Gone, r.Code, r.Name, r.NameKey = true, old.Code, old.Name, old.NameKey
		p.facts = p.facts[:0]
	case records == 0:
		// Code and name stay, so that the same code or name finds the subject again.
		r.Gone, r.Code, r.Name, r.NameKey = true, old.Code, old.Name, old.NameKey
	case !p.own:
		r.Code = old.Code
	}
	d.stored = d.Rules.Append(d.stored[:0], p.facts)
	r.Facts = d.stored
	return r
}

// again derives a profile from its records and reports whether it differs from the stored one.
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

// rederived collects the profiles that changed when subjects were derived again.
type rederived struct {
	different []fact.ProfileRow
	claims    []int // indexes in different of the profiles whose code changed
}

// one derives one subject again from its records.
func (s *rederived) one(ctx context.Context, d *Deriver, old *fact.ProfileRow, own []fact.RecordRow) error {
	r, differs, err := d.again(ctx, old, own)
	if err != nil || !differs {
		return err
	}
	if r.Code != "" && r.Code != old.Code && r.Held == "" {
		s.claims = append(s.claims, len(s.different))
	}
	s.different = append(s.different, r)
	return nil
}

// all derives subjects, which must be ascending, again.
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

// Rederive derives subjects, which must be ascending, again and returns the profiles that changed. It writes nothing.
func (d *Deriver) Rederive(ctx context.Context, subjects []int64) (different []fact.ProfileRow, err error) {
	defer fault.At(&err, "derive.Rederive(%d subjects)", len(subjects))
	var s rederived
	if err := s.all(ctx, d, subjects); err != nil {
		return nil, err
	}
	return s.different, s.yieldCodes(ctx, d.from, d.Register.ID)
}

// yieldCodes removes the code of a subject when another subject has the same code. This happens when the record with the
// code was undone, the code then made a new subject, and the undoing was taken back. A person decides whether the two
// subjects are one.
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

// OfSubject splits records, ordered by subject, into those of one subject and those after it.
func OfSubject(records []fact.RecordRow, subject int64) (own, rest []fact.RecordRow) {
	n := 0
	for n < len(records) && records[n].Subject == subject {
		n++
	}
	return records[:n:n], records[n:]
}
