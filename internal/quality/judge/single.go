package judge

import (
	"math"

	"eyas/internal/pack"
)

// single finds single amounts in another unit, after whole rows were corrected: a value of a series that fits its
// neighbours only when shifted.
func (j *Judge) single(r *bound) {
	t := &j.trellis
	var line [64]amount
	for k, a := range r.attrs {
		list := line[:0]
		facts := j.facts(a)
		for i := range facts {
			f := &facts[i]
			if f.Value.Num == 0 || len(list) == cap(line) {
				continue
			}
			c := amount{f, k, math.Log10(math.Abs(f.Value.Num))}
			for _, s := range t.statements {
				if x := s.cell(k); x != nil && x.fact == f {
					c.log = x.log
				}
			}
			list = append(list, c)
		}
		if len(list) < 2 || r.nearNothing[k] && len(list) < 3 {
			continue
		}
		j.singleIn(r, list)
	}
}

// singleIn finds such amounts in one series, with the same scores as for whole rows. For an amount that can be near
// zero, it finds only values that are too large.
func (j *Judge) singleIn(r *bound, list []amount) {
	s := j.usual.series[r.series+list[0].at]
	rare := math.Log(r.Number("rare"))
	at := make([][units]float64, len(list))
	back := make([][units]int, len(list))
	level := 1 / float64(len(list))
	null, peers := 0.0, false
	for i, c := range list {
		years := 1.0
		if i > 0 {
			years = math.Sqrt(float64(c.fact.Year - list[i-1].fact.Year))
			null += student((c.log - list[i-1].log) / (s.yearly * years))
		}
		m, heads, known := j.peersAt(r, c, c.fact.Year)
		peers = peers || known
		for u, shift := range shifts {
			own := 0.0
			if known {
				own = level * student((c.log+float64(shift)-math.Log10(heads)-m.median)/m.spread)
			}
			if u == 0 {
				null += own
			} else {
				own += rare
				if r.nearNothing[list[0].at] && max(shift, -shift) == widest/2 {
					own -= seldom
				}
			}
			best := 0.0
			if i > 0 {
				best = math.Inf(-1)
				for v := range units {
					x := at[i-1][v] + student((c.log+float64(shift)-list[i-1].log-float64(shifts[v]))/(s.yearly*years))
					if x > best+1e-9 {
						best, back[i][u] = x, v
					}
				}
			}
			at[i][u] = best + own
		}
	}
	last := len(list) - 1
	end := latest(&at[last])
	if at[last][end] < null+r.Number("margin") {
		return
	}
	for i := last; i >= 0; i-- {
		if shift := shifts[end]; shift < 0 || shift > 0 && !r.nearNothing[list[0].at] && !j.gone(r.per[list[0].at], list[i].fact.Year) {
			zh, en := comparison(list, i)
			if len(list) == 2 && !peers {
				zh, en = either(zh, en)
			}
			j.slip(r, list[i].fact, shift, zh, en)
		}
		end = back[i][end]
	}
}

// seldom is the penalty for a slip of a million where an amount can be near zero, and can therefore change a
// hundredfold by itself. Tables in millions are about four times rarer than tables in ten thousands: ln 4 ≈ 1.4.
const seldom = 1.4

// gone reports whether most of the people that an amount depends on left in its year. Then the amount may really have
// fallen.
func (j *Judge) gone(people *pack.Attribute, year int) bool {
	now, known := j.number(people, year)
	then, before := j.number(people, year-1)
	return known && before && now*mostLeft < then
}

// mostLeft is the factor by which the number of people falls if most of them left.
const mostLeft = 3
