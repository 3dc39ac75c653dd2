package profile

import (
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// Disputed returns the subjects for which records of different sources may have different values of one attribute, among
// those that changed after a value of the change counter. It reads no records, only which imports have which columns and
// which subjects they are about. When every attribute comes from one source, the result is empty.
func (g *Profiles) Disputed(ctx context.Context, register string, attributes []string, afterChange int64) (subjects []int64, err error) {
	defer fault.At(&err, "profile.Disputed(register %s, attributes %v, after change %d)", register, attributes, afterChange)
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	err = g.rooms.Profiles().Read(ctx, func(r Reader) error {
		imports, err := r.Spoken(ctx, register)
		if err != nil {
			return err
		}
		speak := newSpeakers(len(g.base.Pack.Sources))
		for i := range imports {
			if s := g.base.Pack.Source(imports[i].Source); s != nil {
				if err := speak.add(reg, s, &imports[i], attributes); err != nil {
					return err
				}
			}
		}
		speak.settle()
		if len(speak.imports) == 0 {
			return nil
		}
		_, reread, err := r.Changes(ctx, register)
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

// few is the number of subjects below which all of them are treated as disputed.
const few = 10_000

// speakers holds the imports of each source and the attributes that the source has.
type speakers struct {
	imports []fact.ImportRow
	of      []int             // by import: the index of its source in the pack
	says    []map[string]bool // by source: attributes
	rivals  [][]uint64        // by source: the other sources that have some of the same attributes
}

func newSpeakers(sources int) *speakers {
	return &speakers{says: make([]map[string]bool, sources), rivals: make([][]uint64, sources)}
}

// add takes in which of the attributes an import has.
func (s *speakers) add(reg *pack.Register, source *pack.Source, i *fact.ImportRow, attributes []string) error {
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
	layouts, err := layout.Stored(i)
	if err != nil {
		return err
	}
	for _, l := range layouts {
		for _, c := range l.Columns {
			say(c.Attr)
			if c.Attr == layout.AddressAttr { // a district may be inferred from it
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

// settle finds the sources that have attributes in common and keeps only their imports.
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

// disputed returns the subjects that have records of two such sources, ascending.
func (s *speakers) disputed(ctx context.Context, r fact.DisputeReader) (subjects []int64, err error) {
	words := (len(s.says) + 63) / 64
	heard := map[int64]int32{} // subject → index of its set of sources in masks
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

// rival reports whether two sources of a set have an attribute in common.
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

// EachSaidOf passes the profiles of some subjects of a register, also inactive ones, each with the facts that its records
// in force state about some attributes, in the order of import. Both are reused for the next one.
func (g *Profiles) EachSaidOf(ctx context.Context, register string, subjects []int64, attributes []string, fn func(p *fact.Profile, said []fact.Fact) error) (err error) {
	defer fault.At(&err, "profile.EachSaidOf(register %s, %d subjects, attributes %v)", register, len(subjects), attributes)
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return err
	}
	return g.rooms.Profiles().Read(ctx, func(r Reader) error {
		d, err := g.base.Deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		d.Only = attributes
		lists, err := g.base.WholeLists(ctx, r, reg, fact.Moment{})
		if err != nil {
			return err
		}
		var p fact.Profile
		var said []fact.Fact
		for part := range slices.Chunk(subjects, fact.BatchRows) {
			rows, err := r.Profiles(ctx, part)
			if err != nil {
				return err
			}
			records, err := r.Linked(ctx, part)
			if err != nil {
				return err
			}
			for i := range rows {
				var own []fact.RecordRow
				own, records = derive.OfSubject(records, rows[i].Subject)
				if err := d.Rules.Profile(&rows[i], lists, &p); err != nil {
					return err
				}
				if said, err = d.Said(ctx, own, said[:0]); err != nil {
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
