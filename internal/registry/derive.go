package registry

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	places "eyas/internal/registry/place"
)

// deriver reads stored records again, each by the layout of its import, and makes profiles of them.
type deriver struct {
	from     Reader
	pack     *pack.Pack
	register *pack.Register
	codec    *codec
	imports  map[int64]*derivedImport
	places   *places.Resolver
	book     *layoutBook
	only     []string // attributes that records are read for; nil: all
	aloud    bool     // what is refused and warned of in a record is wanted too
	reading  Reading
	cells    [][]byte
	facts    []Fact
	stored   []byte
}

type derivedImport struct {
	*ImportRow
	layouts []*Layout
	origin  Origin
	source  *pack.Source // nil: not said
}

func (g *Registry) deriver(ctx context.Context, r Reader, reg *pack.Register) (*deriver, error) {
	n, err := g.codec(ctx, r, reg)
	if err != nil {
		return nil, err
	}
	resolver, err := g.Places(ctx, r)
	if err != nil {
		return nil, err
	}
	return &deriver{from: r, pack: g.pack, register: reg, codec: n, places: resolver, book: g.layouts, imports: map[int64]*derivedImport{}}, nil
}

// beside gives a deriver like d for another goroutine, which reads from r.
func (d *deriver) beside(r Reader) *deriver {
	return &deriver{from: r, pack: d.pack, register: d.register, codec: d.codec, places: d.places, book: d.book, only: d.only, aloud: d.aloud,
		imports: map[int64]*derivedImport{}}
}

// load gives an import with its layouts. Who reads many records calls it before: while one query runs, a Reader takes
// no other.
func (d *deriver) load(ctx context.Context, importID int64) (*derivedImport, error) {
	if i := d.imports[importID]; i != nil {
		return i, nil
	}
	row, err := d.from.ImportLayouts(ctx, importID)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fmt.Errorf("registry: a record names import %d, which does not exist", importID)
	}
	i := &derivedImport{ImportRow: row, source: d.pack.Source(row.Source), origin: originOf(d.pack, row)}
	if i.layouts, err = d.book.of(d.pack, row, viewOf(d.register, i.source), d.places); err != nil {
		return nil, err
	}
	for _, l := range i.layouts {
		l.quiet = !d.aloud
		if d.only != nil && (i.source == nil || i.source.Items == nil) {
			l.restrict(d.only)
		}
	}
	d.imports[importID] = i
	return i, nil
}

// viewOf is the register by which files of a source are read.
func viewOf(reg *pack.Register, s *pack.Source) *pack.Register {
	if s != nil && s.Items != nil {
		return s.Items.View
	}
	return reg
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

// read converts a record as it was converted when it came. Its facts are of the register by which its file is read;
// see own. The reading is used again for the next.
func (d *deriver) read(ctx context.Context, r *RecordRow) (*Reading, error) {
	i, l, err := d.of(ctx, r)
	if err != nil {
		return nil, err
	}
	if d.cells, err = DecodeCellsInto(d.cells, r.Cells); err != nil {
		return nil, fmt.Errorf("registry: record %d: %w", r.ID, err)
	}
	l.Convert(r.Row, d.cells, &d.reading)
	for n := range d.reading.Facts {
		f := &d.reading.Facts[n]
		f.Record = r.ID
		f.Origin.Source, f.Origin.Day, f.Origin.Dated = i.origin.Source, i.origin.Day, i.origin.Dated
	}
	return &d.reading, nil
}

// borrowed reports whether a record's code and name are not its subject's own: it came by a merge, or by a person's
// word.
func (d *deriver) borrowed(r *RecordRow, i *derivedImport) bool {
	return r.Origin != 0 || r.How == ByPerson && i.Form == ""
}

// own gives of a reading what it says of the subject itself: of things that the subject has, only what identifies it.
// What a borrowed record is named by is worth less than the subject's own name, and its code is none of the subject's.
func (n *codec) own(facts []Fact, items, borrowed bool) []Fact {
	if items {
		kept := facts[:0]
		for _, f := range facts {
			if a := n.register.Attribute(f.Attr.ID); a != nil {
				f.Attr = a
				kept = append(kept, f)
			}
		}
		facts = kept
	}
	if !borrowed {
		return facts
	}
	kept := facts[:0]
	for _, f := range facts {
		switch f.Attr.ID {
		case n.register.CodeAttr:
			continue
		case n.register.NameAttr:
			f.Origin.Weak = Borrowed
		}
		kept = append(kept, f)
	}
	return kept
}

// derived is what comes of a subject's records.
type derived struct {
	ProfileRow
	facts []Fact
	own   bool // some record names the subject itself
}

// derive makes a subject's profile of its records, which are in the order in which they came. It comes to what
// importing them one after another came to. said, when not nil, is given what each record says, before the winners
// are known.
func (d *deriver) derive(ctx context.Context, records []RecordRow, said func(*RecordRow, []Fact)) (p derived, err error) {
	var things itemSet
	p.facts = d.facts[:0]
	for i := range records {
		r := &records[i]
		reading, err := d.read(ctx, r)
		if err != nil {
			return p, err
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
		facts := d.codec.own(reading.Facts, items, borrowed)
		if said != nil {
			said(r, facts)
		}
		p.facts, _, _ = d.codec.fold(p.facts, facts)
		if !borrowed {
			p.own = true
			if reading.Code != "" {
				p.Code = reading.Code
			}
		}
	}
	if len(things) > 0 {
		facts := things.facts(d.codec)
		if said != nil {
			said(nil, facts)
		}
		p.facts, _, _ = d.codec.fold(p.facts, facts)
	}
	d.facts = p.facts
	p.Name, p.NameKey = d.codec.named(p.facts)
	return p, nil
}

// named gives the name that wins, and the key by which it is known: with it goes what tells subjects of one name apart
// in the register, see Layout.apart.
func (n *codec) named(facts []Fact) (name, key string) {
	text := func(attr string) string {
		for i := range facts {
			if f := &facts[i]; f.Attr.ID == attr && !f.Void {
				return storable(f.Value.Str)
			}
		}
		return ""
	}
	name = text(n.register.NameAttr)
	key = cell.NameKey(name)
	if key == "" || len(n.register.ApartAttrs) == 0 {
		return name, boundedKey(key)
	}
	keys, said := []string{key}, false
	for _, attr := range n.register.ApartAttrs {
		k := cell.NameKey(text(attr))
		keys, said = append(keys, k), said || k != ""
	}
	if said {
		key = strings.Join(keys, pack.KeySeparator)
	}
	return name, boundedKey(key)
}

// row gives the profile as it is stored, beside the one that was stored before. The memory of its facts is used again.
func (d *deriver) row(p *derived, old *ProfileRow, records int) ProfileRow {
	r := p.ProfileRow
	r.Subject, r.Register, r.Change = old.Subject, old.Register, old.Change
	switch {
	case records == 0:
		// What named the subject stays, so that the same code or name finds it again.
		r.Gone, r.Code, r.Name, r.NameKey = true, old.Code, old.Name, old.NameKey
	case !p.own:
		r.Code = old.Code
	}
	d.stored = d.codec.appendFacts(d.stored[:0], p.facts)
	r.Facts = d.stored
	return r
}

// again derives a profile of its records and reports whether it came out differently than it was.
func (d *deriver) again(ctx context.Context, old *ProfileRow, records []RecordRow) (r ProfileRow, differs bool, err error) {
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

// rederive derives subjects again and gives the profiles that came out differently, and of them those whose values
// did: others only have another source. subjects is ascending.
func (d *deriver) rederive(ctx context.Context, subjects []int64) (different []ProfileRow, changed int, err error) {
	olds, err := d.from.Profiles(ctx, subjects)
	if err != nil {
		return nil, 0, err
	}
	records, err := d.from.Linked(ctx, subjects)
	if err != nil {
		return nil, 0, err
	}
	for i := range olds {
		old := &olds[i]
		var own []RecordRow
		own, records = ofSubject(records, old.Subject)
		r, differs, err := d.again(ctx, old, own)
		if err != nil {
			return nil, 0, err
		}
		if differs {
			different = append(different, r)
		}
	}
	return different, len(different), d.yieldCodes(ctx, olds, different)
}

// yieldCodes lets a subject go without a code that another has: a record that brought it was taken away, the code
// made a subject of its own meanwhile, and then the record came back. Whether the two are one is for people to say.
func (d *deriver) yieldCodes(ctx context.Context, olds, different []ProfileRow) error {
	var claimed []string
	var by []*ProfileRow
	for i := range different {
		r := &different[i]
		at, _ := slices.BinarySearchFunc(olds, r.Subject, func(o ProfileRow, id int64) int { return cmp.Compare(o.Subject, id) })
		if r.Code != "" && r.Code != olds[at].Code {
			claimed, by = append(claimed, r.Code), append(by, r)
		}
	}
	if len(claimed) == 0 {
		return nil
	}
	holders, err := d.from.SubjectsByCode(ctx, d.register.ID, claimed)
	if err != nil {
		return err
	}
	taken := map[string]int64{}
	for _, h := range holders {
		taken[h.Code] = h.Subject
	}
	for _, r := range by {
		if holder := taken[r.Code]; holder != 0 && holder != r.Subject {
			r.Code = ""
		} else {
			taken[r.Code] = r.Subject
		}
	}
	return nil
}

// ofSubject splits the records of one subject from those of the subjects behind it.
func ofSubject(records []RecordRow, subject int64) (own, rest []RecordRow) {
	n := 0
	for n < len(records) && records[n].Subject == subject {
		n++
	}
	return records[:n:n], records[n:]
}
