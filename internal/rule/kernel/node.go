// Package kernel evaluates expressions over the columns of a register, a batch of rows at a time. A Graph holds
// expressions as a directed acyclic graph, in which equal subexpressions are one node. A Program runs the nodes that
// its outputs need. Truth is three-valued, stored as two bitmaps (definitely true, definitely false), so that Kleene's
// AND and OR take two machine words for 64 rows. A Row evaluates the same nodes for one row, with values that the
// caller may replace.
package kernel

import (
	"fmt"
	"math"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// Kind is the kind of value that a node has in each row.
type Kind uint8

// Kinds of nodes. A Num is a number or unknown. A Rate can also be known to have no value; every comparison with it is
// then false. Points is an interval of whole points. A Date is days since 1970-01-01.
const (
	Bool Kind = iota
	Num
	Rate
	Date
	Text
	Points
)

type op uint8

const (
	opAbsentBool op = iota // unknown in every row
	opAbsentNum
	opAbsentDate
	opAbsentText
	opBoolCol
	opBoolAssumed // blanks count as "no"
	opNumCol
	opDateCol
	opTextCol
	opPresence // text attributes: only whether there is a text
	opUniform  // one number for all rows (dates as days, truth as 0 and 1)
	opConstBool
	opAnd
	opOr
	opNot
	opKnown   // yes where known, no elsewhere
	opIsFalse // yes where known to be false, no elsewhere
	opGiven   // yes where present, unknown elsewhere
	opCompare // arg 0 against arg 1
	opEqualBool
	opSelectNum // arg 0 ? arg 1 : arg 2
	opSelectBool
	opAdd
	opSub
	opMul
	opNeg
	opRatio
	opSumYears   // args: the years newest first, then for each year but the newest whether it counts
	opMeanGrowth // args: x in base year B, x in B-1, x in B-2, registered by the end of B-1, by the end of B-2
	opTextTest
	opHeld // args: from, until; whether the certificate is held on day
	opBands
	opPointsConst
	opPointsSum
	opPointsBest
	opPointsCap
	opPointsCases
	opPointsGiven // arg 0 points, arg 1 number: the number replaces the interval where it lies inside
	opPointsAtLeast
	opPointsExact
	opExtern
	opMoneyTimes // arg 0 (fen) times arg 1, rounded to the fen
	opLeast
	opGreatest
	opLeastKnown // of what is known
	opGreatestKnown
	opSelectLeast // arg 0 ? arg 1 : arg 2, the smaller one where arg 0 is unknown
	opSelectGreatest
)

// Comparison is an order (≥, >, ≤, <), equality or inequality.
type Comparison uint8

// Comparisons.
const (
	AtLeast Comparison = iota
	Above
	AtMost
	Below
	Equal
	NotEqual
)

func (c Comparison) String() string { return [...]string{">=", ">", "<=", "<", "==", "!="}[c] }

// Step is one band of a score item. A value of at least Mark (above Mark if Over) gets from Low to High points.
type Step struct {
	Mark      *Node // uniform
	Over      bool
	Low, High int
}

// Params gives the open numbers of a run, by name, in their base unit.
type Params map[string]float64

// Extern evaluates rows lo…hi-1 outside the kernels. It sets bits in isTrue and isFalse, where bit 0 is row lo.
type Extern func(lo, hi int, isTrue, isFalse []uint64) error

// Node is one expression. A Graph makes nodes; they never change.
type Node struct {
	op   op
	kind Kind
	args []*Node
	id   int

	Key       col.Key // of nodes that read a column
	Compare   Comparison
	day       int32
	term      pack.Term
	value     float64              // of uniform nodes without open numbers
	eval      func(Params) float64 // of uniform nodes with open numbers
	low, high int
	steps     []Step
	test      func(word string) bool
	cases     [][2]int
	extern    Extern
	open      bool // depends on an open number
}

// Kind returns the kind of the node's values.
func (n *Node) Kind() Kind { return n.kind }

// Args returns the operands.
func (n *Node) Args() []*Node { return n.args }

// Open reports whether the node depends on an open number.
func (n *Node) Open() bool { return n.open }

// Uniform returns the node's value under p if it is one number for all rows, and whether it is.
func (n *Node) Uniform(p Params) (float64, bool) {
	if n.op != opUniform {
		return 0, false
	}
	if n.eval != nil {
		return n.eval(p), true
	}
	return n.value, true
}

// IsUniform reports whether the node has one value for all rows.
func (n *Node) IsUniform() bool { return n.op == opUniform }

// Leaf reports whether the node reads a column.
func (n *Node) Leaf() bool { return n.op <= opPresence }

// IsAnd and the methods below tell the operation of a node, for explanations of verdicts.
func (n *Node) IsAnd() bool           { return n.op == opAnd }
func (n *Node) IsOr() bool            { return n.op == opOr }
func (n *Node) IsNot() bool           { return n.op == opNot }
func (n *Node) IsCompare() bool       { return n.op == opCompare }
func (n *Node) IsPointsAtLeast() bool { return n.op == opPointsAtLeast }
func (n *Node) IsHeld() bool          { return n.op == opHeld }

// Steps returns the bands of a banded item, highest mark first; nil for other nodes.
func (n *Node) Steps() []Step { return n.steps }

// Each calls fn once for every node that n depends on, and for n. Operands come before their users.
func (n *Node) Each(fn func(*Node)) {
	var seen nodeSet
	each(n, &seen, fn)
}

func each(n *Node, seen *nodeSet, fn func(*Node)) {
	if !seen.add(n) {
		return
	}
	for _, a := range n.args {
		each(a, seen, fn)
	}
	for _, s := range n.steps {
		each(s.Mark, seen, fn)
	}
	fn(n)
}

// nodeSet is a set of nodes of one graph, by their numbers.
type nodeSet struct {
	first [8]uint64
	more  []uint64
}

// add puts a node in and reports whether it is new.
func (s *nodeSet) add(n *Node) bool {
	words, at := s.first[:], n.id/64
	if at >= len(words) {
		if at -= len(words); at >= len(s.more) {
			s.more = append(s.more, make([]uint64, at+1-len(s.more))...)
		}
		words = s.more
	}
	bit := uint64(1) << (n.id % 64)
	was := words[at]&bit != 0
	words[at] |= bit
	return !was
}

// Graph makes nodes over the columns of one table. Equal expressions become one node. It is not safe for concurrent
// use.
type Graph struct {
	table *col.Table
	nodes map[string]*Node
	count int
}

// NewGraph returns an empty graph over a table's columns.
func NewGraph(t *col.Table) *Graph { return &Graph{table: t, nodes: map[string]*Node{}} }

// Table returns the table that the graph reads.
func (g *Graph) Table() *col.Table { return g.table }

func (g *Graph) add(key string, n *Node) *Node {
	var b strings.Builder
	fmt.Fprintf(&b, "%d|%s", n.op, key)
	for _, a := range n.args {
		fmt.Fprintf(&b, "|%d", a.id)
		n.open = n.open || a.open
	}
	for _, s := range n.steps {
		fmt.Fprintf(&b, "|s%d,%v,%d,%d", s.Mark.id, s.Over, s.Low, s.High)
		n.open = n.open || s.Mark.open
	}
	k := b.String()
	if old := g.nodes[k]; old != nil {
		return old
	}
	g.count++
	n.id = g.count
	g.nodes[k] = n
	return n
}

// NumCol reads a numeric column. It is unknown in every row if the table has no such column.
func (g *Graph) NumCol(k col.Key) *Node {
	o := opNumCol
	if g.table.Nums[k] == nil {
		o = opAbsentNum
	}
	return g.add(fmt.Sprint(k), &Node{op: o, kind: Num, Key: k})
}

// BoolCol reads a yes/no column. If assumed is true, blanks count as "no". Without such a column it is unknown, or
// "no", in every row.
func (g *Graph) BoolCol(k col.Key, assumed bool) *Node {
	o := opBoolCol
	switch {
	case assumed && g.table.Bools[k] == nil:
		n := g.add(fmt.Sprint(k, "no"), &Node{op: opConstBool, kind: Bool, Key: k})
		return n
	case assumed:
		o = opBoolAssumed
	case g.table.Bools[k] == nil:
		o = opAbsentBool
	}
	return g.add(fmt.Sprint(k), &Node{op: o, kind: Bool, Key: k})
}

// DateCol reads a date column. It is unknown in every row if the table has no such column.
func (g *Graph) DateCol(k col.Key) *Node {
	o := opDateCol
	if g.table.Dates[k] == nil {
		o = opAbsentDate
	}
	return g.add(fmt.Sprint(k), &Node{op: o, kind: Date, Key: k})
}

// TextCol reads a code column. It is unknown in every row if the table has no such column.
func (g *Graph) TextCol(k col.Key) *Node {
	o := opTextCol
	if g.table.Dicts[k] == nil {
		o = opAbsentText
	}
	return g.add(fmt.Sprint(k), &Node{op: o, kind: Text, Key: k})
}

// Presence is yes where a text attribute is present and unknown where it is blank.
func (g *Graph) Presence(k col.Key) *Node {
	o := opPresence
	if g.table.Texts[k] == nil {
		o = opAbsentBool
	}
	return g.add("presence"+fmt.Sprint(k), &Node{op: o, kind: Bool, Key: k})
}

// Const is one number for all rows, or one date as days since 1970-01-01.
func (g *Graph) Const(v float64) *Node {
	return g.add(fmt.Sprintf("%x", math.Float64bits(v)), &Node{op: opUniform, kind: Num, value: v})
}

// OpenNumber is a number that each run computes from its Params. Nodes with equal keys are one node.
func (g *Graph) OpenNumber(key string, eval func(Params) float64) *Node {
	return g.add("open:"+key, &Node{op: opUniform, kind: Num, eval: eval, open: true})
}

// Uniform applies fn to the values of uniform nodes. The result is uniform. key must be unique for fn.
func (g *Graph) Uniform(key string, fn func(x []float64) float64, args ...*Node) *Node {
	open := false
	vals := make([]float64, len(args))
	for i, a := range args {
		if a.op != opUniform {
			panic("kernel: Uniform over rows")
		}
		open = open || a.open
		vals[i] = a.value
		key += fmt.Sprintf(",%d", a.id)
	}
	if !open {
		return g.Const(fn(vals))
	}
	return g.OpenNumber(key, func(p Params) float64 {
		x := make([]float64, len(args))
		for i, a := range args {
			x[i], _ = a.Uniform(p)
		}
		return fn(x)
	})
}

// True is yes (or no) in every row.
func (g *Graph) True(yes bool) *Node {
	n := &Node{op: opConstBool, kind: Bool}
	if yes {
		n.value = 1
	}
	return g.add(fmt.Sprint("const", yes), n)
}

// And is Kleene's AND of all arguments; yes without arguments.
func (g *Graph) And(args ...*Node) *Node { return g.junction(opAnd, args) }

// Or is Kleene's OR of all arguments; no without arguments.
func (g *Graph) Or(args ...*Node) *Node { return g.junction(opOr, args) }

func (g *Graph) junction(o op, args []*Node) *Node {
	var flat []*Node
	seen := map[*Node]bool{}
	for _, a := range args {
		parts := []*Node{a}
		if a.op == o {
			parts = a.args
		}
		for _, p := range parts {
			if !seen[p] {
				seen[p] = true
				flat = append(flat, p)
			}
		}
	}
	switch len(flat) {
	case 0:
		return g.True(o == opAnd)
	case 1:
		return flat[0]
	}
	return g.add("", &Node{op: o, kind: Bool, args: flat})
}

// Not is Kleene's NOT.
func (g *Graph) Not(a *Node) *Node { return g.add("", &Node{op: opNot, kind: Bool, args: []*Node{a}}) }

// Known is yes where a is known, and no elsewhere. a may be of any kind but Points.
func (g *Graph) Known(a *Node) *Node {
	return g.add("", &Node{op: opKnown, kind: Bool, args: []*Node{a}})
}

// IsFalse is yes where a is known to be false, and no elsewhere.
func (g *Graph) IsFalse(a *Node) *Node {
	return g.add("", &Node{op: opIsFalse, kind: Bool, args: []*Node{a}})
}

// Given is yes where a is known, and unknown elsewhere.
func (g *Graph) Given(a *Node) *Node {
	return g.add("", &Node{op: opGiven, kind: Bool, args: []*Node{a}})
}

// Cmp compares two numbers, a rate with a number, or two dates. It is unknown where an operand is, and false where a
// rate has no value.
func (g *Graph) Cmp(c Comparison, a, b *Node) *Node {
	return g.add(c.String(), &Node{op: opCompare, kind: Bool, args: []*Node{a, b}, Compare: c})
}

// EqualBool is whether two truths are equal; unknown where one of them is.
func (g *Graph) EqualBool(a, b *Node) *Node {
	return g.add("", &Node{op: opEqualBool, kind: Bool, args: []*Node{a, b}})
}

// Select is "cond ? a : b". It is unknown where cond is.
func (g *Graph) Select(cond, a, b *Node) *Node {
	o := opSelectNum
	if a.kind == Bool {
		o = opSelectBool
	}
	return g.add("", &Node{op: o, kind: a.kind, args: []*Node{cond, a, b}})
}

// Arithmetic on numbers. A result is unknown where an operand is.

// Add is a + b.
func (g *Graph) Add(a, b *Node) *Node { return g.arith(opAdd, a, b) }

// Sub is a − b.
func (g *Graph) Sub(a, b *Node) *Node { return g.arith(opSub, a, b) }

// Mul is a · b.
func (g *Graph) Mul(a, b *Node) *Node { return g.arith(opMul, a, b) }

// Neg is −a.
func (g *Graph) Neg(a *Node) *Node { return g.arith(opNeg, a) }

func (g *Graph) arith(o op, args ...*Node) *Node {
	return g.add("", &Node{op: o, kind: Num, args: args})
}

// Ratio is a/b. It has no value where b is known and ≤ 0. It is unknown where b is unknown, and where b > 0 but a is
// unknown.
func (g *Graph) Ratio(a, b *Node) *Node {
	return g.add("", &Node{op: opRatio, kind: Rate, args: []*Node{a, b}})
}

// SumYears sums yearly values from the year of registration on. years starts with baseYear and goes back. See sum_years
// in docs/rule-language.md.
func (g *Graph) SumYears(registered *Node, baseYear int, years ...*Node) *Node {
	args := append([]*Node{}, years...)
	for i := range years {
		args = append(args, g.registeredBy(registered, baseYear-i))
	}
	return g.add(fmt.Sprint(len(years)), &Node{op: opSumYears, kind: Num, args: args, low: len(years)})
}

// MeanGrowth is the mean of the two last yearly rates of growth. x0 is the value of baseYear, x1 and x2 of the years
// before. See mean_growth in docs/rule-language.md.
func (g *Graph) MeanGrowth(registered *Node, baseYear int, x0, x1, x2 *Node) *Node {
	return g.add("", &Node{op: opMeanGrowth, kind: Rate, args: []*Node{x0, x1, x2,
		g.registeredBy(registered, baseYear-1), g.registeredBy(registered, baseYear-2)}})
}

func (g *Graph) registeredBy(registered *Node, year int) *Node {
	return g.Cmp(AtMost, registered, g.Const(float64(YearEnd(year))))
}

// TextTest applies a test to codes. key must be unique for the test.
func (g *Graph) TextTest(key string, a *Node, test func(word string) bool) *Node {
	return g.add(key, &Node{op: opTextTest, kind: Bool, args: []*Node{a}, test: test})
}

// Held is whether a certificate is held on a day (days since 1970-01-01): from ≤ day ≤ until. With a blank until, the
// last day of the term stands in for it; if it was issued outside the term's period, it is not held. Without both dates
// it is not held. With until alone, it is not held once until has passed, and unknown before.
func (g *Graph) Held(from, until *Node, day int32, t pack.Term) *Node {
	return g.add(fmt.Sprint(day, t.Since, t.Before, t.Years, t.Month, t.Day), &Node{op: opHeld, kind: Bool, args: []*Node{from, until}, day: day, term: t})
}

// Bands gives the points for a number or a rate. These are the points of the highest mark that it reaches, or 0 below
// the lowest mark and for a rate without value. While the number is unknown, they are from 0 to the highest points.
// steps start with the highest mark.
func (g *Graph) Bands(a *Node, steps []Step) *Node {
	return g.add("", &Node{op: opBands, kind: Points, args: []*Node{a}, steps: steps})
}

// PointsConst is the same interval of points in every row.
func (g *Graph) PointsConst(low, high int) *Node {
	return g.add(fmt.Sprint(low, high), &Node{op: opPointsConst, kind: Points, low: low, high: high})
}

// PointsSum is the sum of intervals.
func (g *Graph) PointsSum(args ...*Node) *Node {
	if len(args) == 1 {
		return args[0]
	}
	return g.add("", &Node{op: opPointsSum, kind: Points, args: args})
}

// PointsBest is the best of several intervals: the highest low end and the highest high end.
func (g *Graph) PointsBest(args ...*Node) *Node {
	return g.add("", &Node{op: opPointsBest, kind: Points, args: args})
}

// PointsCap limits an interval to at most the given points.
func (g *Graph) PointsCap(a *Node, most int) *Node {
	return g.add(fmt.Sprint(most), &Node{op: opPointsCap, kind: Points, args: []*Node{a}, high: most})
}

// PointsCases gives the points of the first condition that holds. The last case has no condition. While conditions are
// unknown, the result covers all cases that are still possible. len(cases) is len(conds)+1, at most 8.
func (g *Graph) PointsCases(conds []*Node, cases [][2]int) *Node {
	return g.add(fmt.Sprint(cases), &Node{op: opPointsCases, kind: Points, args: conds, cases: cases})
}

// PointsGiven replaces an interval by the points that an expert gave, where they lie inside it.
func (g *Graph) PointsGiven(a, given *Node) *Node {
	return g.add("", &Node{op: opPointsGiven, kind: Points, args: []*Node{a, given}})
}

// PointsAtLeast is yes where the low end reaches the mark, no where the high end does not, and unknown between. With
// over, the points must exceed the mark.
func (g *Graph) PointsAtLeast(a, mark *Node, over bool) *Node {
	c := AtLeast
	if over {
		c = Above
	}
	return g.add(c.String(), &Node{op: opPointsAtLeast, kind: Bool, args: []*Node{a, mark}, Compare: c})
}

// PointsExact is yes where the interval is one number, and no elsewhere.
func (g *Graph) PointsExact(a *Node) *Node {
	return g.add("", &Node{op: opPointsExact, kind: Bool, args: []*Node{a}})
}

// ExternBool is a condition that fn evaluates outside the kernels. key must be unique for fn.
func (g *Graph) ExternBool(key string, fn Extern) *Node {
	return g.add("extern:"+key, &Node{op: opExtern, kind: Bool, extern: fn})
}

// lastMark returns the smallest whole number of points that passes a mark.
func lastMark(mark float64, over bool) int32 {
	k := math.Ceil(mark)
	if over && k == mark {
		k++
	}
	return int32(max(min(k, 30000), -30000))
}

// Banded returns the node with the bands of a score item, without its expert points and cap; nil if it has no bands.
func (n *Node) Banded() *Node {
	for n.op == opPointsGiven || n.op == opPointsCap {
		n = n.args[0]
	}
	if n.op != opBands {
		return nil
	}
	return n
}

// Unexperted returns the node of a score item without its expert points and cap.
func (n *Node) Unexperted() *Node {
	for n.op == opPointsGiven || n.op == opPointsCap {
		n = n.args[0]
	}
	return n
}
