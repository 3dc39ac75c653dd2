package judge

import (
	"math"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// spread is a histogram on a scale of powers of ten: enough for a median and a median absolute deviation, in a
// fixed amount of memory for any number of values.
type spread struct {
	n    uint32
	bins [spreadBins]uint32
}

const (
	spreadBins = 320
	binsPerTen = 16 // a bin is a sixteenth of a power of ten
	lowestTen  = -4 // fen per head and the like run from 10^-4 to 10^16
)

func (s *spread) add(x float64) {
	i := int((x - lowestTen) * binsPerTen)
	s.bins[max(0, min(i, spreadBins-1))]++
	s.n++
}

// middle is the median and the standard deviation that the median absolute deviation would be of in a normal
// distribution (factor 1.4826; Rousseeuw and Croux 1993).
type middle struct {
	n              uint32
	median, spread float64 // powers of ten
}

func (s *spread) middle() middle {
	if s == nil || s.n == 0 {
		return middle{}
	}
	half, seen, at := (s.n+1)/2, uint32(0), 0
	for ; at < spreadBins; at++ {
		if seen += s.bins[at]; seen >= half {
			break
		}
	}
	near := s.bins[at]
	width := 0
	for near < half && width < spreadBins {
		width++
		if i := at - width; i >= 0 {
			near += s.bins[i]
		}
		if i := at + width; i < spreadBins {
			near += s.bins[i]
		}
	}
	return middle{s.n, lowestTen + (float64(at)+.5)/binsPerTen, 1.4826 * (float64(width) + .25) / binsPerTen}
}

// change is a histogram of year-on-year changes without their sign, from none to two powers of ten.
type change struct {
	n    uint32
	bins [128]uint32
}

const changesPerTen = 64

func (c *change) add(x float64) {
	c.bins[min(int(math.Abs(x)*changesPerTen), len(c.bins)-1)]++
	c.n++
}

// spread is the normal deviation of the changes around none.
func (c *change) spread() float64 {
	half, seen := (c.n+1)/2, uint32(0)
	for i, n := range c.bins {
		if seen += n; seen >= half {
			return 1.4826 * (float64(i) + .5) / changesPerTen
		}
	}
	return 0
}

// series is one attribute of a rule that learns: how it changes from year to year, and per head how it lies among
// enterprises of a size, and of a size in an industry.
type series struct {
	attr, per *pack.Attribute
	changes   change
	sizes     [sizes]spread
	trades    map[trade]*spread
	all       spread

	yearly  float64 // settled: spread of changes
	whole   middle
	bySize  [sizes]middle
	byTrade map[trade]middle
}

// trade is a size class in a division of an industry.
type trade struct {
	division string
	size     int
}

// sizes is the number of size classes by staff, with the bounds of the statistical classes of industry
// (国统字〔2017〕213号): micro below 20, small below 300, medium below 1000, large.
const sizes = 4

func sizeOf(staff float64) int {
	switch {
	case staff < 20:
		return 0
	case staff < 300:
		return 1
	case staff < 1000:
		return 2
	}
	return 3
}

// usual is what the register's values usually are.
type usual struct {
	series []*series
	few    uint32
}

// Least spreads, in powers of ten: however alike a register's enterprises are, a year may differ by a fifth from the
// one before, and an enterprise from its peers by half.
const (
	leastChange = 0.08
	leastSpread = 0.2
	// commonChange is taken where there are too few years to learn from.
	commonChange = 0.15
)

// prepare gives every learning rule its series; rules that look at the same share one.
func (u *usual) prepare(rules []bound) {
	for i := range rules {
		r := &rules[i]
		if r.Test != "unit" && r.Test != "peers" {
			continue
		}
		u.few = max(u.few, uint32(r.Number("few")))
		r.series = len(u.series)
		for k, a := range r.attrs {
			u.series = append(u.series, &series{attr: a, per: r.per[k], trades: map[trade]*spread{}})
		}
	}
}

// Learn lets a profile into what is usual.
func (j *Judge) Learn(p *fact.Profile) {
	if p.Gone || len(j.usual.series) == 0 {
		return
	}
	j.profile.load(p)
	division := ""
	if j.industry != nil {
		if f := j.fact(j.industry, 0); f != nil {
			division = divisionOf(f.Value.Str)
		}
	}
	for _, s := range j.usual.series {
		list := j.facts(s.attr)
		for i := range list {
			f := &list[i]
			v := math.Abs(f.Value.Num)
			if v == 0 {
				continue
			}
			if i > 0 && list[i-1].Year == f.Year-1 && list[i-1].Value.Num != 0 {
				s.changes.add(math.Log10(v / math.Abs(list[i-1].Value.Num)))
			}
			heads, ok := j.heads(s.per, f.Year)
			if !ok {
				continue
			}
			x, size := math.Log10(v/heads), j.size(f.Year, heads)
			s.all.add(x)
			s.sizes[size].add(x)
			if division != "" {
				k := trade{division, size}
				if s.trades[k] == nil {
					s.trades[k] = &spread{}
				}
				s.trades[k].add(x)
			}
		}
	}
}

// heads gives the count that a value is divided by.
func (j *Judge) heads(per *pack.Attribute, year int) (float64, bool) {
	n, ok := j.number(per, year)
	return n, ok && n > 0
}

// size gives the size class of a year: by all staff where they are known.
func (j *Judge) size(year int, heads float64) int {
	if n, ok := j.number(j.Register.Attribute("staff"), year); ok {
		return sizeOf(n)
	}
	return sizeOf(heads)
}

// divisionOf gives the division of an industry code: its first two figures (GB/T 4754).
func divisionOf(code string) string {
	if len(code) > 0 && code[0] >= 'A' && code[0] <= 'T' {
		code = code[1:]
	}
	if len(code) < 2 || code[0] < '0' || code[0] > '9' || code[1] < '0' || code[1] > '9' {
		return ""
	}
	return code[:2]
}

// Settle ends the learning.
func (j *Judge) Settle() {
	for _, s := range j.usual.series {
		s.yearly = commonChange
		if s.changes.n >= j.usual.few {
			s.yearly = max(leastChange, s.changes.spread())
		}
		s.whole = s.all.middle()
		for i := range s.sizes {
			s.bySize[i] = s.sizes[i].middle()
		}
		s.byTrade = make(map[trade]middle, len(s.trades))
		for k, v := range s.trades {
			if v.n >= j.usual.few {
				s.byTrade[k] = v.middle()
			}
		}
		s.trades = nil
	}
}

// peersOf gives the usual of the narrowest group that has enough values; ok is false when none has.
func (j *Judge) peersOf(s *series, year int, heads float64) (m middle, ok bool) {
	size := j.size(year, heads)
	m = s.whole
	if b := s.bySize[size]; b.n >= j.usual.few {
		m = b
	}
	if j.industry != nil {
		if f := j.fact(j.industry, 0); f != nil {
			if b, found := s.byTrade[trade{divisionOf(f.Value.Str), size}]; found {
				m = b
			}
		}
	}
	m.spread = max(m.spread, leastSpread)
	return m, m.n >= j.usual.few
}
