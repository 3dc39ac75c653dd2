package judge

import (
	"math"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// spread is a histogram of logarithms (base 10). It gives a median and a median absolute deviation in a fixed amount of
// memory for any number of values.
type spread struct {
	n    uint32
	bins [spreadBins]uint32
}

const (
	spreadBins = 320
	binsPerTen = 16 // bins per power of ten
	lowestTen  = -4 // fen per head and similar values lie between 10^-4 and 10^16
)

func (s *spread) add(x float64) {
	i := int((x - lowestTen) * binsPerTen)
	s.bins[max(0, min(i, spreadBins-1))]++
	s.n++
}

// middle is a median, and a standard deviation estimated as 1.4826 times the median absolute deviation (Rousseeuw and
// Croux, 1993).
type middle struct {
	n              uint32
	median, spread float64 // log₁₀
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

// change is a histogram of absolute changes from year to year, from 0 to 2 powers of ten.
type change struct {
	n    uint32
	bins [128]uint32
}

const changesPerTen = 64

func (c *change) add(x float64) {
	c.bins[min(int(math.Abs(x)*changesPerTen), len(c.bins)-1)]++
	c.n++
}

// spread returns the standard deviation of the changes around zero, in powers of ten.
func (c *change) spread() float64 {
	half, seen := (c.n+1)/2, uint32(0)
	for i, n := range c.bins {
		if seen += n; seen >= half {
			return 1.4826 * (float64(i) + .5) / changesPerTen
		}
	}
	return 0
}

// series is what is learned about one attribute of a rule: its changes from year to year, and its values per head among
// enterprises of the same size, and of the same size and industry.
type series struct {
	attr, per *pack.Attribute
	changes   change
	sizes     [sizes]spread
	trades    map[trade]*spread
	all       spread

	yearly  float64 // after Settle: spread of the changes
	whole   middle
	bySize  [sizes]middle
	byTrade map[trade]middle
}

// trade is a size class of a division of industries (GB/T 4754).
type trade struct {
	division string
	size     int
}

// sizes is the number of size classes by staff. Their bounds are those of industry in the statistical classification
// (国统字〔2017〕213号): micro below 20, small below 300, medium below 1000, else large.
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

// usual is the usual values of a register.
type usual struct {
	series []*series
	few    uint32
}

// Least spreads, in powers of ten. Even in a register of very similar enterprises, a year may differ by a fifth from
// the one before, and an enterprise by half from its peers.
const (
	leastChange = 0.08
	leastSpread = 0.2
	// commonChange is used if there are too few years to learn from.
	commonChange = 0.15
)

// prepare makes the series of every rule that learns: one per attribute.
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

// Learn adds a profile to the usual values. Profiles of inactive subjects are ignored.
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

// heads returns the number that a value is divided by. ok is false if it is unknown or zero.
func (j *Judge) heads(per *pack.Attribute, year int) (float64, bool) {
	n, ok := j.number(per, year)
	return n, ok && n > 0
}

// size returns the size class in a year: by all staff if known, else by heads.
func (j *Judge) size(year int, heads float64) int {
	if n, ok := j.number(j.Register.Attribute("staff"), year); ok {
		return sizeOf(n)
	}
	return sizeOf(heads)
}

// divisionOf returns the division of an industry code: its first two digits (GB/T 4754); "" for another code.
func divisionOf(code string) string {
	if len(code) > 0 && code[0] >= 'A' && code[0] <= 'T' {
		code = code[1:]
	}
	if len(code) < 2 || code[0] < '0' || code[0] > '9' || code[1] < '0' || code[1] > '9' {
		return ""
	}
	return code[:2]
}

// Settle ends the learning and computes the usual values. It must come before Check and Fork.
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

// peersOf returns the usual values of the smallest group with enough values. ok is false if none has.
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
