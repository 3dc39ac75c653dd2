package quality

import (
	"cmp"
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Aged counts the subjects with old values of a source in a district. A value is old if its day is more than
// pack.Source.Stale days ago.
type Aged struct {
	Source   string `json:"source"`
	District string `json:"district"` // org id; "" if unknown
	Subjects int    `json:"subjects"`
	Oldest   int64  `json:"oldest"` // earliest day of the subjects' oldest values, days since 1970-01-01
	Newest   int64  `json:"newest"` // latest day of the subjects' oldest values, days since 1970-01-01
}

// ages counts old values during a pass over a register.
type ages struct {
	today    int32
	district *pack.Attribute
	counts   map[[2]string]*Aged
	oldest   []int32 // by source: earliest old day of the current subject; 0: none
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

// old returns the day of a value, and whether it is old for its source.
func (a *ages) old(f *fact.Fact) (day int32, is bool) {
	s := f.Origin.Source
	return f.Origin.Day, s != nil && s.Stale > 0 && f.Origin.Day+int32(s.Stale) < a.today
}

// add counts a subject.
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

// list returns the counts, sorted by source and district.
func (a *ages) list() (list []Aged) {
	for _, n := range a.counts {
		list = append(list, *n)
	}
	slices.SortFunc(list, func(x, y Aged) int {
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.District, y.District))
	})
	return list
}

// Old calls fn for every subject of a register with an old value of a source, with the day of the oldest one. The
// profile is reused for the next call. Old does nothing for an unknown source.
func (b *Board) Old(ctx context.Context, register, source string, fn func(p *fact.Profile, day time.Time) error) error {
	s := b.pack.Source(source)
	if s == nil {
		return nil
	}
	seen, err := b.reg.Seen(ctx, register)
	if err != nil {
		return err
	}
	a := newAges(b.pack, register, b.day(b.clock()))
	return b.reg.EachProfile(auth.As(ctx, auth.Self), register, 0, func(p *fact.Profile) error {
		if !seen(p.Subject) {
			return nil
		}
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

// Gathered returns the counts of old values in a register at the last search; nil if there was none, and for who sees a part
// of the register.
func (b *Board) Gathered(ctx context.Context, register string) (list []Aged, err error) {
	scope, err := b.actors.Scope(ctx, register)
	if err != nil || !scope.Whole() {
		return nil, err // they were counted over the whole city
	}
	err = b.base.Read(ctx, func(r Reader) error {
		p, err := r.Pass(ctx, register)
		if p != nil {
			list = p.Aged
		}
		return err
	})
	return list, err
}
