package kernel

import (
	"math"
	"math/bits"
)

// The inner loops. They write 64 comparisons into one word without branches. Slices are cut to one length before a
// loop, so the compiler checks bounds once.

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func atLeast(v []float64, c float64, out []uint64) {
	for w := range out {
		if len(v) < 64 {
			var x uint64
			for j, y := range v {
				x |= bit(y >= c) << uint(j)
			}
			out[w] = x
			return
		}
		var x uint64
		for j := 0; j < 64; j += 8 {
			t := (*[8]float64)(v[j:])
			y := bit(t[0] >= c) | bit(t[1] >= c)<<1 | bit(t[2] >= c)<<2 | bit(t[3] >= c)<<3 |
				bit(t[4] >= c)<<4 | bit(t[5] >= c)<<5 | bit(t[6] >= c)<<6 | bit(t[7] >= c)<<7
			x |= y << uint(j&63)
		}
		out[w] = x
		v = v[64:]
	}
}

func above(v []float64, c float64, out []uint64) {
	for w := range out {
		if len(v) < 64 {
			var x uint64
			for j, y := range v {
				x |= bit(y > c) << uint(j)
			}
			out[w] = x
			return
		}
		var x uint64
		for j := 0; j < 64; j += 8 {
			t := (*[8]float64)(v[j:])
			y := bit(t[0] > c) | bit(t[1] > c)<<1 | bit(t[2] > c)<<2 | bit(t[3] > c)<<3 |
				bit(t[4] > c)<<4 | bit(t[5] > c)<<5 | bit(t[6] > c)<<6 | bit(t[7] > c)<<7
			x |= y << uint(j&63)
		}
		out[w] = x
		v = v[64:]
	}
}

func equal(v []float64, c float64, out []uint64) {
	clear(out)
	for j, y := range v {
		out[j>>6] |= bit(y == c) << uint(j&63)
	}
}

func atLeastEach(v, u []float64, out []uint64) {
	clear(out)
	u = u[:len(v)]
	for j, y := range v {
		out[j>>6] |= bit(y >= u[j]) << uint(j&63)
	}
}

func aboveEach(v, u []float64, out []uint64) {
	clear(out)
	u = u[:len(v)]
	for j, y := range v {
		out[j>>6] |= bit(y > u[j]) << uint(j&63)
	}
}

func equalEach(v, u []float64, out []uint64) {
	clear(out)
	u = u[:len(v)]
	for j, y := range v {
		out[j>>6] |= bit(y == u[j]) << uint(j&63)
	}
}

func dateAtLeast(v []int32, c int32, out []uint64) {
	for w := range out {
		if len(v) < 64 {
			var x uint64
			for j, y := range v {
				x |= bit(y >= c) << uint(j)
			}
			out[w] = x
			return
		}
		var x uint64
		for j := 0; j < 64; j += 8 {
			t := (*[8]int32)(v[j:])
			y := bit(t[0] >= c) | bit(t[1] >= c)<<1 | bit(t[2] >= c)<<2 | bit(t[3] >= c)<<3 |
				bit(t[4] >= c)<<4 | bit(t[5] >= c)<<5 | bit(t[6] >= c)<<6 | bit(t[7] >= c)<<7
			x |= y << uint(j&63)
		}
		out[w] = x
		v = v[64:]
	}
}

func dateEqual(v []int32, c int32, out []uint64) {
	clear(out)
	for j, y := range v {
		out[j>>6] |= bit(y == c) << uint(j&63)
	}
}

// dateEach evaluates one of ≥, >, = for each pair: ≥ for ≥ and <, > for > and ≤, = for = and ≠. The caller negates.
func dateEach(c Comparison, v, u []int32, out []uint64) {
	clear(out)
	u = u[:len(v)]
	for j, y := range v {
		var b bool
		switch c {
		case AtLeast, Below:
			b = y >= u[j]
		case Above, AtMost:
			b = y > u[j]
		default:
			b = y == u[j]
		}
		out[j>>6] |= bit(b) << uint(j&63)
	}
}

func andNot(out, x, y []uint64) {
	x, y = x[:len(out)], y[:len(out)]
	for k := range out {
		out[k] = x[k] &^ y[k]
	}
}

// mask returns all ones if bit j of w is set, else zero.
func mask(w uint64, j int) uint64 { return -(w >> uint(j&63) & 1) }

func selectNum(out []float64, cond []uint64, x, y []float64) {
	x, y = x[:len(out)], y[:len(out)]
	for j := range out {
		m := mask(cond[j>>6], j)
		out[j] = math.Float64frombits(math.Float64bits(x[j])&m | math.Float64bits(y[j])&^m)
	}
}

func addWhere(out, x []float64, where []uint64) {
	x = x[:len(out)]
	for j := range out {
		out[j] += math.Float64frombits(math.Float64bits(x[j]) & mask(where[j>>6], j))
	}
}

func arithmetic(o op, out, x, y []float64) {
	x, y = x[:len(out)], y[:len(out)]
	switch o {
	case opAdd:
		for j := range out {
			out[j] = x[j] + y[j]
		}
	case opSub:
		for j := range out {
			out[j] = x[j] - y[j]
		}
	default:
		for j := range out {
			out[j] = x[j] * y[j]
		}
	}
}

// ratios divides x by y and sets a bit where y is above zero.
func ratios(out, x, y []float64, positive []uint64) {
	rows := len(out)
	x, y = x[:rows], y[:rows]
	for j := range out {
		out[j] = x[j] / y[j]
	}
	above(y, 0, positive[:(rows+63)/64])
}

// growth computes the rate of every row. Callers mask rows that are unknown or have no value.
func growth(out, x0, x1, x2 []float64, one []uint64) {
	n := len(out)
	x0, x1, x2 = x0[:n], x1[:n], x2[:n]
	for j := range out {
		// With one rate only: its mean with itself.
		m := mask(one[j>>6], j)
		a := math.Float64frombits(math.Float64bits(x0[j])&m | math.Float64bits(x1[j])&^m)
		b := math.Float64frombits(math.Float64bits(x1[j])&m | math.Float64bits(x2[j])&^m)
		out[j] = meanRate(x0[j], x1[j], a, b)
	}
}

func textTest(v []uint32, table []uint8, isTrue, isFalse []uint64) {
	clear(isTrue)
	clear(isFalse)
	for j, code := range v {
		x := uint64(table[code])
		isTrue[j>>6] |= x & 1 << uint(j&63)
		isFalse[j>>6] |= x >> 1 << uint(j&63)
	}
}

func textPresent(v []uint32, out []uint64) {
	clear(out)
	for j, code := range v {
		out[j>>6] |= bit(code != 0) << uint(j&63)
	}
}

// held finds the certificates that are held on a day. One without an end is held if its day of issue lies in issued.
func held(from, until *reg, day int32, issued [2]int32, rows int, isTrue, isFalse []uint64) {
	clear(isTrue)
	clear(isFalse)
	f, u := from.date[:rows], until.date[:rows]
	first, span, none := issued[0], uint32(issued[1]-issued[0]), issued[1] < issued[0]
	for w := 0; w*64 < rows; w++ {
		fk, uk := from.a[w], until.a[w]
		if fk|uk == 0 {
			isFalse[w] = ^uint64(0)
			continue
		}
		var begun, endless, runs uint64
		for j := w * 64; j < min(w*64+64, rows); j++ {
			begun |= bit(f[j] <= day) << uint(j&63)
			endless |= bit(uint32(f[j]-first) <= span) << uint(j&63)
			runs |= bit(u[j] >= day) << uint(j&63)
		}
		if none {
			endless = 0
		}
		isTrue[w] = fk & begun & (uk&runs | ^uk&endless)
		// A certificate with an end but no start is unknown until the end has passed.
		isFalse[w] = ^isTrue[w] &^ (^fk & uk & runs)
	}
}

// justAbove returns the smallest double above x; y > x is the same as y ≥ justAbove(x).
func justAbove(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }

// bandPoints writes points by the number of marks that a value reaches. marks ascend.
func bandPoints(out []int32, v, marks []float64, table *[17]int32, known, defined []uint64, open int32) {
	v = v[:len(out)]
	var m [5]float64
	for i := range m {
		m[i] = math.Inf(1)
	}
	copy(m[:], marks)
	m0, m1, m2, m3, m4 := m[0], m[1], m[2], m[3], m[4]
	for base := 0; base < len(out); base += 64 {
		p := out[base:min(base+64, len(out))]
		x := v[base : base+len(p)]
		switch {
		case len(marks) == 1:
			for j := range p {
				p[j] = table[bit(x[j] >= m0)]
			}
		case len(marks) <= 5:
			for j := range p {
				y := x[j]
				k := bit(y >= m0) + bit(y >= m1) + bit(y >= m2) + bit(y >= m3) + bit(y >= m4)
				p[j] = table[k&7]
			}
		default:
			for j := range p {
				k := uint64(0)
				for _, mark := range marks {
					k += bit(x[j] >= mark)
				}
				p[j] = table[k]
			}
		}
		w := base / 64
		if u := ^known[w]; u != 0 {
			fill(p, u, open)
		}
		if none := known[w] &^ defined[w]; none != 0 {
			fill(p, none, 0)
		}
	}
}

// fill writes x where bits of where are set.
func fill(p []int32, where uint64, x int32) {
	for ; where != 0; where &= where - 1 {
		if j := bits.TrailingZeros64(where); j < len(p) {
			p[j] = x
		}
	}
}

func pointsGiven(out, x []int32, given []float64, known []uint64) {
	x, given = x[:len(out)], given[:len(out)]
	copy(out, x)
	for base := 0; base < len(out); base += 64 {
		k := known[base/64]
		if k == 0 {
			continue
		}
		for ; k != 0; k &= k - 1 {
			j := base + bits.TrailingZeros64(k)
			if j >= len(out) {
				break
			}
			v, g := x[j], given[j]
			if g >= float64(v&0xffff) && g <= float64(v>>16) && g == math.Trunc(g) {
				out[j] = packed(int(g), int(g))
			}
		}
	}
}

func pointsAtLeast(p []int32, mark int32, isTrue, isFalse []uint64) {
	highMark := mark << 16 // a packed interval is ≥ this exactly when its high end reaches the mark
	for w := 0; w*64 < len(p); w++ {
		q := p[w*64 : min(w*64+64, len(p))]
		var t, f uint64
		for j, v := range q {
			t |= bit(v&0xffff >= mark) << uint(j&63)
			f |= bit(v < highMark) << uint(j&63)
		}
		isTrue[w], isFalse[w] = t, f
	}
}

func pointsExact(p []int32, isTrue, isFalse []uint64) {
	for w := 0; w*64 < len(p); w++ {
		q := p[w*64 : min(w*64+64, len(p))]
		var t uint64
		for j, v := range q {
			t |= bit(v>>16 == v&0xffff) << uint(j&63)
		}
		isTrue[w], isFalse[w] = t, ^t
	}
}
