package quality

import (
	"cmp"
	"context"
	"slices"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Aged is how many subjects have values that a source said so long ago that the pack takes them as old.
type Aged struct {
	Source   string `json:"source"`
	District string `json:"district"` // empty: not known
	Subjects int    `json:"subjects"`
	Oldest   int64  `json:"oldest"` // the days that the values speak of, since 1970-01-01: the earliest
	Newest   int64  `json:"newest"` // and the latest of those that are old
}

// ages counts what is old while a register is gone through.
type ages struct {
	today    int32
	district *pack.Attribute
	counts   map[[2]string]*Aged
	oldest   []int32 // by source: of the subject at hand
}

func newAges(p *pack.Pack, register string, today time.Time) *ages {
	a := &ages{today: int32(today.Unix() / 86400), counts: map[[2]string]*Aged{}, oldest: make([]int32, len(p.Sources))}
	for _, r := range p.Registers {
		if r.ID == register {
			a.district, _ = r.PlaceAttributes()
		}
	}
	return a
}

// old gives the day that a value speaks of, if its source takes it as old by now.
func (a *ages) old(f *fact.Fact) (day int32, is bool) {
	s := f.Origin.Source
	return f.Origin.Day, s != nil && s.Stale > 0 && f.Origin.Day+int32(s.Stale) < a.today
}

// add takes in a subject.
func (a *ages) add(p *fact.Profile) {
	if p.Gone {
		return
	}
	clear(a.oldest)
	district, any := "", false
	for i := range p.Facts {
		f := &p.Facts[i]
		if f.Attr == a.district {
			district = f.Value.Str
		}
		if day, is := a.old(f); is {
			k := f.Origin.Source.Index
			if any = true; a.oldest[k] == 0 || day < a.oldest[k] {
				a.oldest[k] = day
			}
		}
	}
	if !any {
		return
	}
	for i := range p.Facts {
		s := p.Facts[i].Origin.Source
		if s == nil || a.oldest[s.Index] == 0 {
			continue
		}
		day := int64(a.oldest[s.Index])
		a.oldest[s.Index] = 0
		k := [2]string{s.ID, district}
		if a.counts[k] == nil {
			a.counts[k] = &Aged{Source: s.ID, District: district, Oldest: day, Newest: day}
		}
		n := a.counts[k]
		n.Subjects++
		n.Oldest, n.Newest = min(n.Oldest, day), max(n.Newest, day)
	}
}

// list gives the counts in order.
func (a *ages) list() (list []Aged) {
	for _, n := range a.counts {
		list = append(list, *n)
	}
	slices.SortFunc(list, func(x, y Aged) int {
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.District, y.District))
	})
	return list
}

// Old gives, of a register, the subjects of which a source said something so long ago that it is old today, with the
// earliest day. The profile is used again for the next.
func (b *Board) Old(ctx context.Context, register, source string, fn func(p *fact.Profile, day time.Time) error) error {
	s := b.pack.Source(source)
	if s == nil {
		return nil
	}
	a := newAges(b.pack, register, b.day(b.clock()))
	return b.reg.EachProfile(ctx, register, 0, func(p *fact.Profile) error {
		earliest := int32(0)
		for i := range p.Facts {
			if day, is := a.old(&p.Facts[i]); is && p.Facts[i].Origin.Source == s && (earliest == 0 || day < earliest) {
				earliest = day
			}
		}
		if p.Gone || earliest == 0 {
			return nil
		}
		return fn(p, time.Unix(int64(earliest)*86400, 0).UTC())
	})
}

// Gathered gives what of a register is old, as the last search counted it.
func (b *Board) Gathered(ctx context.Context, register string) (list []Aged, err error) {
	err = b.base.Read(ctx, func(r Reader) error {
		p, err := r.Pass(ctx, register)
		if p != nil {
			list = p.Aged
		}
		return err
	})
	return list, err
}
