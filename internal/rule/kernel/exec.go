package kernel

import "math"

// exec runs one node over the batch. The registers of leaves are views of the columns, not copies.
func (r *run) exec(i int, n *Node) {
	r.at = r.p.args[i]
	g := &r.regs[i]
	rows, nw := r.hi-r.lo, r.words64()
	w0 := r.lo / 64
	w1 := w0 + nw
	arg := func(k int) *reg { return r.arg(n, k) }
	t := r.p.table
	switch n.op {
	case opAbsentBool:
		g.a, g.b = zeroWords[:nw], zeroWords[:nw]
	case opAbsentNum:
		g.num, g.a = zeroNums[:rows], zeroWords[:nw]
	case opAbsentDate:
		g.date, g.a = zeroDates[:rows], zeroWords[:nw]
	case opAbsentText:
		g.text = zeroTexts[:rows]
	case opBoolCol:
		c := t.Bools[n.Key]
		g.a = c.Val[w0:w1]
		andNot(g.b[:nw], c.Valid[w0:w1], g.a)
	case opBoolAssumed:
		c := t.Bools[n.Key]
		g.a = c.Val[w0:w1]
		for k, x := range g.a {
			g.b[k] = ^x
		}
	case opPresence:
		g.a = t.Texts[n.Key][w0:w1]
		clear(g.b)
	case opNumCol:
		c := t.Nums[n.Key]
		g.num, g.a = c.Val[r.lo:r.hi], c.Valid[w0:w1]
	case opDateCol:
		c := t.Dates[n.Key]
		g.date, g.a = c.Val[r.lo:r.hi], c.Valid[w0:w1]
	case opTextCol:
		g.text = t.Dicts[n.Key].Val[r.lo:r.hi]
	case opUniform:
		// Only nodes that need a number per row read this; comparisons and bands call Uniform.
		x, _ := n.Uniform(r.params)
		v := g.num[:rows]
		for k := range v {
			v[k] = x
		}
		copy(g.a, oneWords)
	case opConstBool:
		if n.value != 0 {
			copy(g.a, oneWords)
			clear(g.b)
		} else {
			clear(g.a)
			copy(g.b, oneWords)
		}
	case opAnd:
		r.and(g, n, nw)
	case opOr:
		r.or(g, n, nw)
	case opNot:
		x := arg(0)
		copy(g.a[:nw], x.b)
		copy(g.b[:nw], x.a)
	case opKnown:
		r.known(g, n, nw)
	case opIsFalse:
		x := arg(0)
		for k := range nw {
			g.a[k], g.b[k] = x.b[k], ^x.b[k]
		}
	case opGiven:
		r.known(g, n, nw)
		clear(g.b)
	case opCompare:
		r.compare(g, n)
	case opEqualBool:
		x, y := arg(0), arg(1)
		for k := range nw {
			g.a[k] = x.a[k]&y.a[k] | x.b[k]&y.b[k]
			g.b[k] = x.a[k]&y.b[k] | x.b[k]&y.a[k]
		}
	case opSelectBool:
		c, x, y := arg(0), arg(1), arg(2)
		for k := range nw {
			g.a[k] = c.a[k]&x.a[k] | c.b[k]&y.a[k]
			g.b[k] = c.a[k]&x.b[k] | c.b[k]&y.b[k]
		}
	case opSelectNum:
		c, x, y := arg(0), arg(1), arg(2)
		selectNum(g.num[:rows], c.a, x.num, y.num)
		for k := range nw {
			g.a[k] = c.a[k]&x.a[k] | c.b[k]&y.a[k]
		}
	case opAdd, opSub, opMul:
		x, y := arg(0), arg(1)
		arithmetic(n.op, g.num[:rows], x.num, y.num)
		for k := range nw {
			g.a[k] = x.a[k] & y.a[k]
		}
	case opNeg:
		x := arg(0)
		for k, v := range x.num[:rows] {
			g.num[k] = -v
		}
		copy(g.a[:nw], x.a)
	case opRatio:
		x, y := arg(0), arg(1)
		ratios(g.num[:rows], x.num, y.num, g.d)
		for k := range nw {
			g.a[k] = y.a[k] & (x.a[k] | ^g.d[k])
		}
	case opSumYears:
		r.sumYears(g, n)
	case opMeanGrowth:
		r.meanGrowth(g, n)
	case opTextTest:
		textTest(arg(0).text[:rows], r.tables[n], g.a, g.b)
	case opHeld:
		from, until := arg(0), arg(1)
		held(from, until, n.day, r.since[n], rows, g.a, g.b)
	case opBands:
		r.bands(g, n)
	case opPointsConst:
		x := packed(n.low, n.high)
		p := g.pts[:rows]
		for k := range p {
			p[k] = x
		}
	case opPointsSum:
		r.pointsSum(g, n)
	case opPointsBest:
		r.pointsBest(g, n)
	case opPointsCap:
		most := int32(n.high)
		x := arg(0).pts[:rows]
		p := g.pts[:rows]
		for k, v := range x {
			p[k] = min(v>>16, most)<<16 | min(int32(int16(v)), most)&0xffff
		}
	case opPointsCases:
		r.pointsCases(g, n)
	case opPointsGiven:
		x, y := arg(0), arg(1)
		pointsGiven(g.pts[:rows], x.pts, y.num, y.a)
	case opPointsAtLeast:
		mark, _ := n.args[1].Uniform(r.params)
		pointsAtLeast(arg(0).pts[:rows], lastMark(mark, n.Compare == Above), g.a, g.b)
	case opPointsExact:
		pointsExact(arg(0).pts[:rows], g.a, g.b)
	case opMoneyTimes, opLeast, opGreatest, opLeastKnown, opGreatestKnown, opSelectLeast, opSelectGreatest:
		r.amount(g, n)
	case opExtern:
		clear(g.a)
		clear(g.b)
		if err := n.extern(r.lo, r.hi, g.a, g.b); err != nil {
			r.err = err
		}
	default:
		panic("kernel: unknown operation")
	}
}

func (r *run) and(g *reg, n *Node, nw int) {
	x, y := r.arg(n, 0), r.arg(n, 1)
	a, b := g.a[:nw], g.b[:nw]
	xa, xb, ya, yb := x.a[:nw], x.b[:nw], y.a[:nw], y.b[:nw]
	for k := range a {
		a[k] = xa[k] & ya[k]
		b[k] = xb[k] | yb[k]
	}
	for j := 2; j < len(n.args); j++ {
		x := r.arg(n, j)
		xa, xb := x.a[:nw], x.b[:nw]
		for k := range a {
			a[k] &= xa[k]
			b[k] |= xb[k]
		}
	}
}

func (r *run) or(g *reg, n *Node, nw int) {
	x, y := r.arg(n, 0), r.arg(n, 1)
	a, b := g.a[:nw], g.b[:nw]
	xa, xb, ya, yb := x.a[:nw], x.b[:nw], y.a[:nw], y.b[:nw]
	for k := range a {
		a[k] = xa[k] | ya[k]
		b[k] = xb[k] & yb[k]
	}
	for j := 2; j < len(n.args); j++ {
		x := r.arg(n, j)
		xa, xb := x.a[:nw], x.b[:nw]
		for k := range a {
			a[k] |= xa[k]
			b[k] &= xb[k]
		}
	}
}

func (r *run) arg(_ *Node, k int) *reg { return &r.regs[r.at[k]] }

// known sets bits of a where the operand is known, and bits of b elsewhere.
func (r *run) known(g *reg, n *Node, nw int) {
	x := r.arg(n, 0)
	switch n.args[0].kind {
	case Bool:
		for k := range nw {
			g.a[k] = x.a[k] | x.b[k]
		}
	case Text:
		textPresent(x.text, g.a)
	default:
		copy(g.a[:nw], x.a)
	}
	for k := range nw {
		g.b[k] = ^g.a[k]
	}
}

// compare compares argument 0 with argument 1. With a rate that has no value, every comparison is false.
func (r *run) compare(g *reg, n *Node) {
	rows, nw := r.hi-r.lo, r.words64()
	x, y := r.arg(n, 0), r.arg(n, 1)
	c := n.Compare
	negate := c == AtMost || c == Below || c == NotEqual
	w := g.a[:nw]
	known := g.b[:nw] // overwritten with "false" below
	if n.args[0].kind == Date || n.args[1].kind == Date {
		r.compareDates(w, known, n)
	} else if c2, ok := n.args[1].Uniform(r.params); ok {
		v := x.num[:rows]
		switch c {
		case AtLeast, Below:
			atLeast(v, c2, w)
		case Above, AtMost:
			above(v, c2, w)
		default:
			equal(v, c2, w)
		}
		copy(known, x.a)
	} else {
		v, u := x.num[:rows], y.num[:rows]
		switch c {
		case AtLeast, Below:
			atLeastEach(v, u, w)
		case Above, AtMost:
			aboveEach(v, u, w)
		default:
			equalEach(v, u, w)
		}
		for k := range known {
			known[k] = x.a[k] & y.a[k]
		}
	}
	for k := range w {
		t := w[k]
		if negate {
			t = ^t
		}
		t &= known[k]
		w[k] = t
		known[k] &^= t
	}
	r.withoutValue(g, n, nw)
}

// withoutValue makes comparisons of rates that have no value false instead of unknown.
func (r *run) withoutValue(g *reg, n *Node, nw int) {
	for j := range n.args {
		if n.args[j].kind != Rate {
			continue
		}
		d := r.arg(n, j).d
		for k := range nw {
			g.b[k] |= g.a[k] &^ d[k]
			g.a[k] &= d[k]
		}
	}
}

func (r *run) compareDates(w, known []uint64, n *Node) {
	rows := r.hi - r.lo
	x, y := r.arg(n, 0), r.arg(n, 1)
	c := n.Compare
	if day, ok := n.args[1].Uniform(r.params); ok {
		v := x.date[:rows]
		switch c {
		case AtLeast, Below:
			dateAtLeast(v, int32(day), w)
		case Above, AtMost:
			dateAtLeast(v, int32(day)+1, w)
		default:
			dateEqual(v, int32(day), w)
		}
		copy(known, x.a)
		return
	}
	v, u := x.date[:rows], y.date[:rows]
	dateEach(c, v, u, w)
	for k := range known {
		known[k] = x.a[k] & y.a[k]
	}
}

func (r *run) sumYears(g *reg, n *Node) {
	rows, nw := r.hi-r.lo, r.words64()
	years := n.low
	first := r.arg(n, 0)
	counts := r.arg(n, years) // registered by the end of the newest year
	out := g.num[:rows]
	copy(out, first.num)
	known := g.a[:nw]
	for k := range known {
		known[k] = first.a[k] & counts.a[k] // no year counts: unknown
	}
	for j := 1; j < years; j++ {
		x, c := r.arg(n, j), r.arg(n, years+j)
		addWhere(out, x.num, c.a)
		for k := range known {
			known[k] &= x.a[k] | c.b[k]
		}
	}
}

func (r *run) meanGrowth(g *reg, n *Node) {
	rows, nw := r.hi-r.lo, r.words64()
	x0, x1, x2, by1, by2 := r.arg(n, 0), r.arg(n, 1), r.arg(n, 2), r.arg(n, 3), r.arg(n, 4)
	var positive1, positive2 [batchWords]uint64
	above(x1.num[:rows], 0, positive1[:nw])
	above(x2.num[:rows], 0, positive2[:nw])
	for k := range nw {
		young := by1.a[k] & by2.b[k] // registered in B-1: only one rate of growth
		none := by1.b[k]             // registered in B or later: no rate
		none |= x1.a[k] &^ positive1[k]
		none |= x2.a[k] &^ positive2[k] &^ young
		g.d[k] = ^none
		g.a[k] = none | x0.a[k]&x1.a[k]&(x2.a[k]|young)
		positive2[k] = young
	}
	growth(g.num[:rows], x0.num, x1.num, x2.num, positive2[:nw])
}

// packed stores an interval of points in one word: the high end in the upper 16 bits. One addition then adds two
// intervals. Points are never negative.
func packed(low, high int) int32 { return int32(high)<<16 | int32(low) }

func (r *run) bands(g *reg, n *Node) {
	rows, nw := r.hi-r.lo, r.words64()
	x := r.arg(n, 0)
	var marks [16]float64 // of the bands, ascending
	var table [17]int32   // points by the number of marks that are reached
	steps := n.steps
	least := math.Inf(1)
	for j, step := range steps {
		mark, _ := step.Mark.Uniform(r.params)
		if step.Over {
			mark = justAbove(mark)
		}
		// A higher mark that was moved below this one also gives this band.
		least = min(least, mark)
		k := len(steps) - 1 - j
		marks[k] = least
		table[k+1] = packed(step.Low, step.High)
	}
	most := 0
	for _, s := range steps {
		most = max(most, s.High)
	}
	known, defined := x.a[:nw], oneWords[:nw]
	if n.args[0].kind == Rate {
		defined = x.d[:nw]
	}
	bandPoints(g.pts[:rows], x.num, marks[:len(steps)], &table, known, defined, packed(0, most))
}

func (r *run) pointsSum(g *reg, n *Node) {
	rows := r.hi - r.lo
	p := g.pts[:rows]
	x, y := r.arg(n, 0).pts[:rows], r.arg(n, 1).pts[:rows]
	for k := range p {
		p[k] = x[k] + y[k]
	}
	for j := 2; j < len(n.args); j++ {
		x := r.arg(n, j).pts[:rows]
		for k := range p {
			p[k] += x[k]
		}
	}
}

func (r *run) pointsBest(g *reg, n *Node) {
	rows := r.hi - r.lo
	p := g.pts[:rows]
	copy(p, r.arg(n, 0).pts)
	for j := 1; j < len(n.args); j++ {
		x := r.arg(n, j).pts[:rows]
		for k := range p {
			v, u := p[k], x[k]
			p[k] = max(v&^0xffff, u&^0xffff) | max(v&0xffff, u&0xffff)
		}
	}
}

func (r *run) pointsCases(g *reg, n *Node) {
	rows := r.hi - r.lo
	// The result depends only on which cases are possible, so one table serves all rows.
	var table [256]int32
	for m := 1; m < 1<<len(n.cases); m++ {
		low, high := 1<<14, 0
		for j, c := range n.cases {
			if m>>j&1 != 0 {
				low, high = min(low, c[0]), max(high, c[1])
			}
		}
		table[m] = packed(low, high)
	}
	p := g.pts[:rows]
	for k := 0; k < rows; k += 64 {
		w := k / 64
		open := ^uint64(0) // no earlier case certainly holds
		var possible [8]uint64
		for j := range n.args {
			c := r.arg(n, j)
			possible[j] = open &^ c.b[w]
			open &^= c.a[w]
		}
		possible[len(n.args)] = open
		q := p[k:min(k+64, rows)]
		for i := range q {
			m := uint64(0)
			for j := range n.cases {
				m |= possible[j] >> uint(i) & 1 << uint(j)
			}
			q[i] = table[m&255]
		}
	}
}
