package kernel

import (
	"math"

	"eyas/internal/rule/col"
	"eyas/internal/tri"
)

// Value is the value of a node in one row.
type Value struct {
	Truth     tri.Bool // of Bool
	Known     bool     // of Num, Rate, Date, Text
	Defined   bool     // of Rate: it has a value
	Num       float64  // of Num and Rate; of Date in days since 1970-01-01
	Text      string
	Low, High int // of Points
}

// Row evaluates the nodes of one Graph for one row. It is the reference that tests compare the batches with. It is not
// safe for concurrent use.
type Row struct {
	Table  *col.Table
	Index  int
	Params Params
	// Set replaces numbers of the row for a what-if ("two more employees").
	Set map[col.Key]float64

	memo []rowValue // by the node's number
	turn uint32     // values of this turn are valid
}

// rowValue is a value with the turn in which it was computed. A replacement starts a new turn.
type rowValue struct {
	Value
	turn uint32
}

// NewRow returns the row with a given index (from 0).
func NewRow(t *col.Table, index int, p Params) *Row {
	return &Row{Table: t, Index: index, Params: p, turn: 1}
}

// Replace sets numbers of the row and discards computed values. nil restores the row's own numbers.
func (r *Row) Replace(set map[col.Key]float64) {
	r.Set = set
	r.turn++
}

// Eval returns the value of a node.
func (r *Row) Eval(n *Node) Value {
	if n.id >= len(r.memo) { // operands have lower numbers than their users, so this is rare
		r.memo = append(r.memo, make([]rowValue, n.id+1-len(r.memo))...)
	}
	if m := &r.memo[n.id]; m.turn == r.turn {
		return m.Value
	}
	v := r.eval(n)
	r.memo[n.id] = rowValue{v, r.turn}
	return v
}

func truth(b tri.Bool) Value { return Value{Truth: b, Known: b.Known()} }

func (r *Row) eval(n *Node) Value {
	i := r.Index
	arg := func(k int) Value { return r.Eval(n.args[k]) }
	switch n.op {
	case opAbsentBool, opAbsentDate, opAbsentText:
		return Value{}
	case opAbsentNum:
		if x, ok := r.Set[n.Key]; ok {
			return Value{Known: true, Num: x}
		}
		return Value{}
	case opBoolCol, opBoolAssumed:
		c := r.Table.Bools[n.Key]
		switch {
		case c.Val.Get(i):
			return truth(tri.True)
		case n.op == opBoolAssumed || c.Valid.Get(i):
			return truth(tri.False)
		}
		return Value{}
	case opPresence:
		if r.Table.Texts[n.Key].Get(i) {
			return truth(tri.True)
		}
		return Value{}
	case opNumCol:
		if x, ok := r.Set[n.Key]; ok {
			return Value{Known: true, Num: x}
		}
		c := r.Table.Nums[n.Key]
		return Value{Known: c.Valid.Get(i), Num: c.Val[i]}
	case opDateCol:
		c := r.Table.Dates[n.Key]
		return Value{Known: c.Valid.Get(i), Num: float64(c.Val[i])}
	case opTextCol:
		c := r.Table.Dicts[n.Key]
		return Value{Known: c.Val[i] != 0, Text: c.Words[c.Val[i]]}
	case opUniform:
		x, _ := n.Uniform(r.Params)
		return Value{Known: true, Num: x}
	case opConstBool:
		return truth(tri.Of(n.value != 0))
	case opAnd:
		t := tri.True
		for k := range n.args {
			t = t.And(arg(k).Truth)
		}
		return truth(t)
	case opOr:
		t := tri.False
		for k := range n.args {
			t = t.Or(arg(k).Truth)
		}
		return truth(t)
	case opNot:
		return truth(arg(0).Truth.Not())
	case opKnown:
		return truth(tri.Of(arg(0).Known))
	case opIsFalse:
		return truth(tri.Of(arg(0).Truth == tri.False))
	case opGiven:
		if arg(0).Known {
			return truth(tri.True)
		}
		return Value{}
	case opCompare:
		return r.compare(n, arg(0), arg(1))
	case opEqualBool:
		x, y := arg(0).Truth, arg(1).Truth
		if !x.Known() || !y.Known() {
			return Value{}
		}
		return truth(tri.Of(x == y))
	case opSelectNum, opSelectBool:
		switch arg(0).Truth {
		case tri.True:
			return arg(1)
		case tri.False:
			return arg(2)
		}
		return Value{}
	case opAdd, opSub, opMul:
		x, y := arg(0), arg(1)
		v := Value{Known: x.Known && y.Known}
		switch n.op {
		case opAdd:
			v.Num = x.Num + y.Num
		case opSub:
			v.Num = x.Num - y.Num
		default:
			v.Num = x.Num * y.Num
		}
		return v
	case opNeg:
		x := arg(0)
		return Value{Known: x.Known, Num: -x.Num}
	case opRatio:
		x, y := arg(0), arg(1)
		switch {
		case y.Known && y.Num <= 0:
			return Value{Known: true}
		case x.Known && y.Known:
			return Value{Known: true, Defined: true, Num: x.Num / y.Num}
		}
		return Value{}
	case opSumYears:
		return r.sumYears(n)
	case opMeanGrowth:
		return r.meanGrowth(n)
	case opTextTest:
		x := arg(0)
		if !x.Known {
			return Value{}
		}
		return truth(tri.Of(n.test(x.Text)))
	case opHeld:
		return r.held(n, arg(0), arg(1))
	case opMoneyTimes, opLeast, opGreatest, opLeastKnown, opGreatestKnown, opSelectLeast, opSelectGreatest:
		return r.amount(n)
	case opExtern:
		var t, f [1]uint64
		if err := n.extern(i, i+1, t[:], f[:]); err != nil {
			return Value{}
		}
		switch {
		case t[0]&1 != 0:
			return truth(tri.True)
		case f[0]&1 != 0:
			return truth(tri.False)
		}
		return Value{}
	}
	return r.points(n)
}

func (r *Row) compare(n *Node, x, y Value) Value {
	if !x.Known || !y.Known {
		return Value{}
	}
	if n.args[0].kind == Rate && !x.Defined || n.args[1].kind == Rate && !y.Defined {
		return truth(tri.False)
	}
	return truth(tri.Of(n.Compare.holds(x.Num, y.Num)))
}

func (c Comparison) holds(x, y float64) bool {
	switch c {
	case AtLeast:
		return x >= y
	case Above:
		return x > y
	case AtMost:
		return x <= y
	case Below:
		return x < y
	case Equal:
		return x == y
	}
	return x != y
}

func (r *Row) sumYears(n *Node) Value {
	v := Value{Known: true}
	for k := range n.low {
		counts := r.Eval(n.args[n.low+k]).Truth
		if !counts.Known() {
			return Value{}
		}
		if counts == tri.False {
			if k == 0 {
				return Value{} // registered after the base year: no year counts
			}
			continue
		}
		x := r.Eval(n.args[k])
		v.Known = v.Known && x.Known
		v.Num += x.Num
	}
	return v
}

func (r *Row) meanGrowth(n *Node) Value {
	x0, x1, x2 := r.Eval(n.args[0]), r.Eval(n.args[1]), r.Eval(n.args[2])
	by1, by2 := r.Eval(n.args[3]).Truth, r.Eval(n.args[4]).Truth
	one := by1 == tri.True && by2 == tri.False
	switch {
	case by1 == tri.False, x1.Known && x1.Num <= 0, !one && x2.Known && x2.Num <= 0:
		return Value{Known: true}
	case !x0.Known || !x1.Known || !one && !x2.Known:
		return Value{}
	case one:
		return Value{Known: true, Defined: true, Num: OneRate(x0.Num, x1.Num)}
	}
	return Value{Known: true, Defined: true, Num: MeanRate(x0.Num, x1.Num, x2.Num)}
}

func (r *Row) held(n *Node, from, until Value) Value {
	switch {
	case !from.Known && !until.Known:
		return truth(tri.False)
	case !from.Known && until.Num < float64(n.day):
		return truth(tri.False)
	case !from.Known:
		return Value{}
	}
	if !until.Known {
		first, last := issuedBetween(n.day, n.term)
		return truth(tri.Of(from.Num >= float64(first) && from.Num <= float64(last)))
	}
	return truth(tri.Of(from.Num <= float64(n.day) && float64(n.day) <= until.Num))
}

// BandsOf returns the index of the band that a banded node reaches. ok is false below the lowest mark, without value,
// and while unknown.
func (r *Row) BandsOf(n *Node) (step int, ok bool) {
	x := r.Eval(n.args[0])
	if !x.Known || n.args[0].kind == Rate && !x.Defined {
		return 0, false
	}
	for i, s := range n.steps {
		mark, _ := s.Mark.Uniform(r.Params)
		if x.Num > mark || !s.Over && x.Num == mark {
			return i, true
		}
	}
	return 0, false
}

func (r *Row) points(n *Node) Value {
	switch n.op {
	case opBands:
		if i, ok := r.BandsOf(n); ok {
			return Value{Low: n.steps[i].Low, High: n.steps[i].High}
		}
		if r.Eval(n.args[0]).Known {
			return Value{}
		}
		most := 0
		for _, s := range n.steps {
			most = max(most, s.High)
		}
		return Value{High: most}
	case opPointsConst:
		return Value{Low: n.low, High: n.high}
	case opPointsSum, opPointsBest:
		var v Value
		for _, a := range n.args {
			x := r.Eval(a)
			if n.op == opPointsSum {
				v.Low, v.High = v.Low+x.Low, v.High+x.High
			} else {
				v.Low, v.High = max(v.Low, x.Low), max(v.High, x.High)
			}
		}
		return v
	case opPointsCap:
		x := r.Eval(n.args[0])
		return Value{Low: min(x.Low, n.high), High: min(x.High, n.high)}
	case opPointsCases:
		v := Value{Low: 1 << 14}
		for k, c := range n.cases {
			cond := tri.True
			if k < len(n.args) {
				cond = r.Eval(n.args[k]).Truth
			}
			if cond != tri.False {
				v.Low, v.High = min(v.Low, c[0]), max(v.High, c[1])
			}
			if cond == tri.True {
				break
			}
		}
		return v
	case opPointsGiven:
		x, g := r.Eval(n.args[0]), r.Eval(n.args[1])
		if g.Known && g.Num >= float64(x.Low) && g.Num <= float64(x.High) && g.Num == math.Trunc(g.Num) {
			return Value{Low: int(g.Num), High: int(g.Num)}
		}
		return x
	case opPointsAtLeast:
		x := r.Eval(n.args[0])
		mark := r.Eval(n.args[1]).Num
		k := int(lastMark(mark, n.Compare == Above))
		switch {
		case x.Low >= k:
			return truth(tri.True)
		case x.High < k:
			return truth(tri.False)
		}
		return Value{}
	case opPointsExact:
		x := r.Eval(n.args[0])
		return truth(tri.Of(x.Low == x.High))
	}
	panic("kernel: unknown operation")
}

// Needs returns the operands that matter for this row. Years before the registration do not enter a sum or a rate of
// growth.
func (r *Row) Needs(n *Node) []*Node {
	switch n.op {
	case opSumYears:
		var used []*Node
		for k := range n.low {
			counts := n.args[n.low+k]
			if r.Eval(counts).Truth != tri.False {
				used = append(used, n.args[k], counts)
			} else if k == 0 {
				used = append(used, counts)
			}
		}
		return used
	case opMeanGrowth:
		if r.Eval(n.args[3]).Truth == tri.True && r.Eval(n.args[4]).Truth == tri.False {
			return []*Node{n.args[0], n.args[1], n.args[3], n.args[4]}
		}
	}
	return n.args
}

// EachNeeded calls fn once for every node that n depends on in this row, and for n. Operands come first.
func (r *Row) EachNeeded(n *Node, fn func(*Node)) {
	var seen nodeSet
	var visit func(*Node)
	visit = func(n *Node) {
		if !seen.add(n) {
			return
		}
		for _, a := range r.Needs(n) {
			visit(a)
		}
		fn(n)
	}
	visit(n)
}
