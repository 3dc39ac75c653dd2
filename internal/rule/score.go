package rule

import (
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/expr"
	"eyas/internal/rule/kernel"
)

// binding makes nodes of the expressions of a rule.
type binding struct{ *expr.Scope }

// scoreNodes makes the nodes of a score, by item id (with "total") and by item.
func (b binding) scoreNodes(c *compiled) (map[string]*kernel.Node, map[*pack.Item]*kernel.Node, error) {
	byItem := map[*pack.Item]*kernel.Node{}
	byID := map[string]*kernel.Node{}
	var sum []*kernel.Node
	for _, it := range c.rule.Score.Items {
		n, err := b.item(c, it, byItem)
		if err != nil {
			return nil, nil, err
		}
		sum = append(sum, n)
	}
	for it, n := range byItem {
		if it.ID != "" {
			byID[it.ID] = n
		}
	}
	byID["total"] = b.Graph.PointsSum(sum...)
	return byID, byItem, nil
}

func (b binding) item(c *compiled, it *pack.Item, byItem map[*pack.Item]*kernel.Node) (*kernel.Node, error) {
	n, err := b.itemBand(c, it, byItem)
	if err != nil {
		return nil, err
	}
	if it.Points != "" && !b.Blank {
		n = b.Graph.PointsGiven(n, b.Graph.NumCol(col.Key{Attr: it.Points}))
	}
	if it.Max != nil {
		n = b.Graph.PointsCap(n, int(*it.Max))
	}
	byItem[it] = n
	return n, nil
}

// itemBand returns the points of an item before an expert's points.
func (b binding) itemBand(c *compiled, it *pack.Item, byItem map[*pack.Item]*kernel.Node) (*kernel.Node, error) {
	parts := func(items []*pack.Item) ([]*kernel.Node, error) {
		var ns []*kernel.Node
		for _, p := range items {
			n, err := b.item(c, p, byItem)
			if err != nil {
				return nil, err
			}
			ns = append(ns, n)
		}
		return ns, nil
	}
	switch {
	case len(it.BestOf) > 0:
		ns, err := parts(it.BestOf)
		if err != nil {
			return nil, err
		}
		return b.Graph.PointsBest(ns...), nil
	case len(it.Items) > 0:
		ns, err := parts(it.Items)
		if err != nil {
			return nil, err
		}
		return b.Graph.PointsSum(ns...), nil
	case len(it.Cases) > 0:
		var conds []*kernel.Node
		var points [][2]int
		for i, sc := range it.Cases {
			points = append(points, [2]int{int(sc.Low), int(sc.High)})
			if sc.When == "" {
				continue
			}
			n, err := b.Lower(c.exprs[exprKey{item: it, index: i}])
			if err != nil {
				return nil, err
			}
			conds = append(conds, n)
		}
		return b.Graph.PointsCases(conds, points), nil
	case it.Range != nil:
		return b.Graph.PointsConst(int(it.Range[0]), int(it.Range[1])), nil
	}
	n, err := b.Lower(c.exprs[exprKey{item: it}])
	if err != nil {
		return nil, err
	}
	var steps []kernel.Step
	for _, band := range it.Bands {
		steps = append(steps, kernel.Step{Mark: b.Number(band.Number), Over: band.Over, Low: int(band.Low), High: int(band.High)})
	}
	return b.Graph.Bands(n, steps), nil
}
