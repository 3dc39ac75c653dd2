package kernel

import (
	"math"
	"math/bits"

	"eyas/internal/tri"
)

// mostFen is the largest amount that a float64 holds exactly to the fen.
const mostFen = 1 << 53

// MoneyTimes multiplies an amount of whole fen by a number and rounds to the fen, half away from zero. A number with up
// to twelve decimals counts as that decimal, not as the nearest double: 50 fen times 0.29 is 14.5 fen, rounded 15. ok
// is false for a product that a float64 does not hold to the fen.
func MoneyTimes(fen, x float64) (product float64, ok bool) {
	const decimals = 1e12
	scaled := math.RoundToEven(x * decimals)
	if scaled/decimals == x && math.Abs(scaled) < 1<<63 && math.Abs(fen) <= mostFen && fen == math.Trunc(fen) {
		hi, lo := bits.Mul64(uint64(math.Abs(fen)), uint64(math.Abs(scaled)))
		if hi >= decimals {
			return 0, false
		}
		q, rest := bits.Div64(hi, lo, decimals)
		if rest >= decimals/2 {
			q++
		}
		product = float64(q)
		if math.Signbit(fen) != math.Signbit(x) {
			product = -product
		}
	} else {
		product = fen * x
		rest := math.FMA(fen, x, -product) // the rounding error of product
		whole := math.Round(product)
		if half := math.Abs(product-math.Trunc(product)) == 0.5; half && rest != 0 && math.Signbit(rest) != math.Signbit(product) {
			whole = math.Trunc(product) // the exact product is just below the half
		}
		product = whole
	}
	if product == 0 {
		product = 0 // no negative zero
	}
	return product, math.Abs(product) <= mostFen
}

// MoneyTimes is an amount in fen times a number, rounded to the fen. It is unknown where an operand is, or where the
// product is too large for a float64 to hold to the fen.
func (g *Graph) MoneyTimes(fen, x *Node) *Node { return g.arith(opMoneyTimes, fen, x) }

// Least is the smaller of two numbers; unknown where one of them is.
func (g *Graph) Least(a, b *Node) *Node { return g.arith(opLeast, a, b) }

// Greatest is the greater of two numbers; unknown where one of them is.
func (g *Graph) Greatest(a, b *Node) *Node { return g.arith(opGreatest, a, b) }

// Bounds returns the smallest and the largest possible value of a number. Where the number is known, both are equal to
// it. Each is unknown where nothing bounds the number on that side.
func (g *Graph) Bounds(n *Node) (low, high *Node) {
	if n.kind != Num || len(n.args) == 0 {
		return n, n
	}
	part := func(k int) (*Node, *Node) { return g.Bounds(n.args[k]) }
	switch n.op {
	case opAdd:
		al, ah := part(0)
		bl, bh := part(1)
		return g.Add(al, bl), g.Add(ah, bh)
	case opSub:
		al, ah := part(0)
		bl, bh := part(1)
		return g.Sub(al, bh), g.Sub(ah, bl)
	case opNeg:
		l, h := part(0)
		return g.Neg(h), g.Neg(l)
	case opMul, opMoneyTimes:
		return g.boundsOfProduct(n)
	case opLeast:
		al, ah := part(0)
		bl, bh := part(1)
		return g.Least(al, bl), g.arith(opLeastKnown, ah, bh)
	case opGreatest:
		al, ah := part(0)
		bl, bh := part(1)
		return g.arith(opGreatestKnown, al, bl), g.Greatest(ah, bh)
	case opSelectNum:
		al, ah := part(1)
		bl, bh := part(2)
		return g.add("", &Node{op: opSelectLeast, kind: Num, args: []*Node{n.args[0], al, bl}}),
			g.add("", &Node{op: opSelectGreatest, kind: Num, args: []*Node{n.args[0], ah, bh}})
	}
	return n, n
}

func (g *Graph) boundsOfProduct(n *Node) (low, high *Node) {
	al, ah := g.Bounds(n.args[0])
	bl, bh := g.Bounds(n.args[1])
	if al == ah && bl == bh {
		return n, n
	}
	times := func(a, b *Node) *Node { return g.arith(n.op, a, b) }
	p, q, r, s := times(al, bl), times(al, bh), times(ah, bl), times(ah, bh)
	return g.Least(g.Least(p, q), g.Least(r, s)), g.Greatest(g.Greatest(p, q), g.Greatest(r, s))
}

// amount evaluates nodes of amounts and bounds over the batch.
func (r *run) amount(g *reg, n *Node) {
	rows, nw := r.hi-r.lo, r.words64()
	out := g.num[:rows]
	switch n.op {
	case opMoneyTimes:
		x, y := r.arg(n, 0), r.arg(n, 1)
		for k := range nw {
			g.a[k] = x.a[k] & y.a[k]
		}
		for j := range out {
			v, ok := MoneyTimes(x.num[j], y.num[j])
			if out[j] = v; !ok {
				g.a[j>>6] &^= 1 << uint(j&63)
			}
		}
	case opLeast, opGreatest, opLeastKnown, opGreatestKnown:
		x, y := r.arg(n, 0), r.arg(n, 1)
		either := n.op == opLeastKnown || n.op == opGreatestKnown
		for k := range nw {
			if g.a[k] = x.a[k] & y.a[k]; either {
				g.a[k] = x.a[k] | y.a[k]
			}
		}
		for j := range out {
			out[j] = n.op.better(x.num[j], y.num[j], bitAt(x.a, j), bitAt(y.a, j))
		}
	case opSelectLeast, opSelectGreatest:
		c, x, y := r.arg(n, 0), r.arg(n, 1), r.arg(n, 2)
		for k := range nw {
			g.a[k] = c.a[k]&x.a[k] | c.b[k]&y.a[k] | x.a[k]&y.a[k]
		}
		for j := range out {
			switch {
			case bitAt(c.a, j):
				out[j] = x.num[j]
			case bitAt(c.b, j):
				out[j] = y.num[j]
			default:
				out[j] = n.op.better(x.num[j], y.num[j], true, true)
			}
		}
	}
}

func bitAt(w []uint64, j int) bool { return w[j>>6]>>uint(j&63)&1 != 0 }

// better returns the operand that the operation chooses. An unknown operand is never chosen unless both are.
func (o op) better(x, y float64, knownX, knownY bool) float64 {
	switch {
	case !knownY:
		return x
	case !knownX:
		return y
	case o == opLeast || o == opLeastKnown || o == opSelectLeast:
		return min(x, y)
	}
	return max(x, y)
}

// amount evaluates nodes of amounts and bounds for one row.
func (r *Row) amount(n *Node) Value {
	if n.op == opSelectLeast || n.op == opSelectGreatest {
		x, y := r.Eval(n.args[1]), r.Eval(n.args[2])
		switch r.Eval(n.args[0]).Truth {
		case tri.True:
			return x
		case tri.False:
			return y
		}
		return Value{Known: x.Known && y.Known, Num: n.op.better(x.Num, y.Num, true, true)}
	}
	x, y := r.Eval(n.args[0]), r.Eval(n.args[1])
	switch n.op {
	case opMoneyTimes:
		v, ok := MoneyTimes(x.Num, y.Num)
		return Value{Known: x.Known && y.Known && ok, Num: v}
	case opLeastKnown, opGreatestKnown:
		return Value{Known: x.Known || y.Known, Num: n.op.better(x.Num, y.Num, x.Known, y.Known)}
	}
	return Value{Known: x.Known && y.Known, Num: n.op.better(x.Num, y.Num, true, true)}
}
