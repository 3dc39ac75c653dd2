package kernel

import "eyas/internal/rule/col"

// Determined is yes where n would be known for any values of the manual columns, and no elsewhere. Where it is yes, n
// waits only for what a person must judge.
func (g *Graph) Determined(n *Node, manual func(col.Key) bool) *Node {
	asks := map[*Node]bool{}
	n.Each(func(x *Node) {
		if x.Leaf() && manual(x.Key) {
			asks[x] = true
		}
		for _, a := range x.args {
			asks[x] = asks[x] || asks[a]
		}
	})
	return g.findings(n, asks).known
}

// findings are three facts about a node that hold for any values of the manual columns: it is known, true, false. Each
// is yes or no in every row.
type findings struct{ known, isTrue, isFalse *Node }

func (g *Graph) findings(n *Node, asks map[*Node]bool) findings {
	if n.kind == Points {
		return findings{known: g.pointsFound(n, asks)}
	}
	if n.kind != Bool {
		return findings{known: g.valueFound(n, asks)}
	}
	known := g.Known(n)
	f := findings{known: known, isTrue: g.And(known, n), isFalse: g.IsFalse(n)}
	if !asks[n] {
		return f
	}
	var args []findings
	for _, a := range n.args {
		args = append(args, g.findings(a, asks))
	}
	all := func(part func(findings) *Node) *Node { return g.And(partsOf(args, part)...) }
	some := func(part func(findings) *Node) *Node { return g.Or(partsOf(args, part)...) }
	isKnown := func(f findings) *Node { return f.known }
	isTrue := func(f findings) *Node { return f.isTrue }
	isFalse := func(f findings) *Node { return f.isFalse }
	switch {
	case n.Leaf():
		f.known = g.True(true)
	case n.op == opAnd:
		f.isTrue, f.isFalse = all(isTrue), some(isFalse)
		f.known = g.Or(all(isKnown), f.isFalse)
	case n.op == opOr:
		f.isTrue, f.isFalse = some(isTrue), all(isFalse)
		f.known = g.Or(all(isKnown), f.isTrue)
	case n.op == opNot:
		f = findings{args[0].known, args[0].isFalse, args[0].isTrue}
	case n.op == opGiven:
		f.known, f.isTrue = args[0].known, args[0].known
	default:
		f.known = g.Or(known, all(isKnown))
	}
	return f
}

func partsOf(args []findings, part func(findings) *Node) []*Node {
	nodes := make([]*Node, len(args))
	for i, a := range args {
		nodes[i] = part(a)
	}
	return nodes
}

// pointsFound is yes where an interval of points becomes one number for any values of the manual columns.
func (g *Graph) pointsFound(n *Node, asks map[*Node]bool) *Node {
	if !asks[n] {
		return g.PointsExact(n)
	}
	if n.op == opPointsGiven && asks[n.args[1]] {
		return g.True(true)
	}
	return g.valueFound(n, asks)
}

// valueFound is yes where a value becomes known for any values of the manual columns.
func (g *Graph) valueFound(n *Node, asks map[*Node]bool) *Node {
	if n.IsUniform() || n.Leaf() && asks[n] {
		return g.True(true)
	}
	if !asks[n] {
		return g.Known(n)
	}
	var parts []*Node
	for _, a := range n.args {
		parts = append(parts, g.findings(a, asks).known)
	}
	return g.And(parts...)
}
