package registry

import (
	"context"
	"slices"

	"eyas/internal/pack"
)

// Disputed gives the subjects, of those that changed after a value of the change counter, of which records of different
// sources may say different things of the same attribute. It reads which imports have which columns and whom they
// are about, and no record: where every attribute comes from one source, that is nobody.
func (g *Registry) Disputed(ctx context.Context, register string, attributes []string, afterChange int64) (subjects []int64, err error) {
	reg, err := g.register(register)
	if err != nil {
		return nil, err
	}
	err = g.base.Read(ctx, func(r Reader) error {
		imports, err := r.Spoken(ctx, register)
		if err != nil {
			return err
		}
		speak := newSpeakers(len(g.pack.Sources))
		for i := range imports {
			if s := g.pack.Source(imports[i].Source); s != nil {
				if err := speak.add(reg, s, &imports[i], attributes); err != nil {
					return err
				}
			}
		}
		speak.settle()
		if len(speak.imports) == 0 {
			return nil
		}
		reread, err := r.Counter(ctx, Reread)
		if err != nil {
			return err
		}
		if afterChange > 0 && afterChange >= reread {
			subjects, err = r.Changed(ctx, register, afterChange)
			if err != nil || len(subjects) <= few {
				return err
			}
		}
		all, err := speak.disputed(ctx, r)
		if err != nil || subjects == nil {
			subjects = all
			return err
		}
		subjects = slices.DeleteFunc(subjects, func(id int64) bool {
			_, found := slices.BinarySearch(all, id)
			return !found
		})
		return nil
	})
	return subjects, err
}

// few is for how many subjects it is not worth asking whether they are disputed.
const few = 10_000

// speakers are the imports of each source, and what the sources speak of.
type speakers struct {
	imports []ImportRow
	of      []int             // by import: the source's place in the pack
	says    []map[string]bool // by source: attributes
	rivals  [][]uint64        // by source: the sources that speak of some of the same
}

func newSpeakers(sources int) *speakers {
	return &speakers{says: make([]map[string]bool, sources), rivals: make([][]uint64, sources)}
}

// add takes in what an import speaks of, of the attributes.
func (s *speakers) add(reg *pack.Register, source *pack.Source, i *ImportRow, attributes []string) error {
	says := s.says[source.Index]
	if says == nil {
		says = map[string]bool{}
		s.says[source.Index] = says
	}
	say := func(id string) {
		if slices.Contains(attributes, id) {
			says[id] = true
		}
	}
	s.imports, s.of = append(s.imports, *i), append(s.of, source.Index)
	if source.Items != nil {
		for _, d := range source.Items.Into {
			say(d.Count)
			for id := range d.Set {
				say(id)
			}
		}
		return nil
	}
	layouts, err := i.layouts()
	if err != nil {
		return err
	}
	for _, l := range layouts {
		for _, c := range l.Columns {
			say(c.Attr)
			if c.Attr == addressAttr { // from which the district may follow
				for _, a := range reg.Attributes {
					if a.Codes == "org" || a.Codes == "zone" {
						say(a.ID)
					}
				}
			}
		}
		for _, id := range slices.Concat(l.Complete, l.Present) {
			say(id)
		}
	}
	return nil
}

// settle finds who rivals whom, and leaves the imports of sources that have a rival.
func (s *speakers) settle() {
	words := (len(s.says) + 63) / 64
	for a := range s.says {
		for b := range s.says {
			for id := range s.says[a] {
				if a != b && s.says[b][id] {
					if s.rivals[a] == nil {
						s.rivals[a] = make([]uint64, words)
					}
					s.rivals[a][b/64] |= 1 << (b % 64)
				}
			}
		}
	}
	imports, of := s.imports[:0], s.of[:0]
	for i, source := range s.of {
		if s.rivals[source] != nil {
			imports, of = append(imports, s.imports[i]), append(of, source)
		}
	}
	s.imports, s.of = imports, of
}

// disputed gives the subjects that have records of rivals, in order.
func (s *speakers) disputed(ctx context.Context, r Reader) (subjects []int64, err error) {
	words := (len(s.says) + 63) / 64
	heard := map[int64]int32{} // where the sources of a subject begin in masks
	var masks []uint64
	for i := range s.imports {
		source := s.of[i]
		err := r.EachAbout(ctx, s.imports[i].FirstRecord, s.imports[i].LastRecord, func(subject int64) {
			at, ok := heard[subject]
			if !ok {
				at = int32(len(masks))
				heard[subject] = at
				masks = append(masks, make([]uint64, words)...)
			}
			masks[int(at)+source/64] |= 1 << (source % 64)
		})
		if err != nil {
			return nil, err
		}
	}
	for subject, at := range heard {
		if s.rival(masks[at : int(at)+words]) {
			subjects = append(subjects, subject)
		}
	}
	slices.Sort(subjects)
	return subjects, nil
}

// rival reports whether two of some sources speak of the same.
func (s *speakers) rival(mask []uint64) bool {
	for source, rivals := range s.rivals {
		if mask[source/64]>>(source%64)&1 == 0 {
			continue
		}
		for k := range rivals {
			if rivals[k]&mask[k] != 0 {
				return true
			}
		}
	}
	return false
}

// EachSaidOf gives the profiles of some subjects of a register, those that are gone too, each with what its records in
// force say of some attributes, in the order in which they came. Both are used again for the next.
func (g *Registry) EachSaidOf(ctx context.Context, register string, subjects []int64, attributes []string, fn func(p *Profile, said []Fact) error) error {
	reg, err := g.register(register)
	if err != nil {
		return err
	}
	return g.base.Read(ctx, func(r Reader) error {
		d, err := g.deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		d.only = attributes
		lists, err := g.wholeLists(ctx, r, reg, Moment{})
		if err != nil {
			return err
		}
		var p Profile
		var said []Fact
		for part := range slices.Chunk(subjects, batchRows) {
			rows, err := r.Profiles(ctx, part)
			if err != nil {
				return err
			}
			records, err := r.Linked(ctx, part)
			if err != nil {
				return err
			}
			for i := range rows {
				var own []RecordRow
				own, records = ofSubject(records, rows[i].Subject)
				if err := d.codec.profile(&rows[i], lists, &p); err != nil {
					return err
				}
				if said, err = d.said(ctx, own, said[:0]); err != nil {
					return err
				}
				if err := fn(&p, said); err != nil {
					return err
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
}

// said gives, after list, what records say of their subject, without what wins.
func (d *deriver) said(ctx context.Context, records []RecordRow, list []Fact) ([]Fact, error) {
	var things itemSet
	for i := range records {
		r := &records[i]
		from, err := d.load(ctx, r.Import)
		if err != nil {
			return list, err
		}
		reading, err := d.read(ctx, r)
		if err != nil {
			return list, err
		}
		items := from.source != nil && from.source.Items != nil
		if items {
			if things == nil {
				things = itemSet{}
			}
			things.add(from.source, r.ID, reading.Facts)
		}
		list = append(list, d.codec.own(reading.Facts, items, d.borrowed(r, from))...)
	}
	if things != nil {
		list = append(list, things.facts(d.codec)...)
	}
	return list, nil
}

// restrict leaves of a layout what says something of some attributes.
func (l *Layout) restrict(attributes []string) {
	wanted := func(a *pack.Attribute) bool { return a != nil && slices.Contains(attributes, a.ID) }
	infer := l.bound.infer
	if infer != nil && !wanted(infer.district) && !wanted(infer.zone) {
		infer = nil
	}
	l.bound.infer = infer
	l.readers = slices.DeleteFunc(l.readers, func(r columnReader) bool { return !wanted(r.attr) && (infer == nil || r.attr != infer.from) })
}
