package kernel

import "eyas/internal/rule/col"

// Determined is yes where n would be known whatever values the manual columns were given, and no elsewhere:
// what it then waits for is only a person's finding.
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
	return g.determined(n, asks)
}

func (g *Graph) determined(n *Node, asks map[*Node]bool) *Node {
	if !asks[n] {
		if n.kind == Points {
			return g.PointsExact(n)
		}
		return g.Known(n)
	}
	if n.Leaf() {
		return g.True(true)
	}
	all := func() *Node {
		parts := make([]*Node, len(n.args))
		for i, a := range n.args {
			parts[i] = g.determined(a, asks)
		}
		return g.And(parts...)
	}
	switch n.op {
	case opAnd:
		parts := []*Node{all()}
		for _, a := range n.args {
			if !asks[a] {
				parts = append(parts, g.IsFalse(a))
			}
		}
		return g.Or(parts...)
	case opOr:
		parts := []*Node{all()}
		for _, a := range n.args {
			if !asks[a] {
				parts = append(parts, g.And(g.Known(a), a))
			}
		}
		return g.Or(parts...)
	case opPointsGiven:
		if asks[n.args[1]] {
			return g.True(true)
		}
	case opPointsAtLeast:
		return g.Or(g.Known(n), g.determined(n.args[0], asks))
	}
	return all()
}
