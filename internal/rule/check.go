package rule

import (
	"fmt"
	"math"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/expr"
	"eyas/internal/rule/kernel"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// check reports faults that type checking cannot see: divisions, a score that is not on the left of >= or >, unused
// numbers, points that are not whole, and comparisons that two levers change.
func (c *compiled) check(p *pack.Pack) pack.Errors {
	var errs pack.Errors
	add := func(pos pack.Pos, zh, en string) { errs = append(errs, &pack.Error{Pos: pos, ZH: zh, Text: en}) }
	used := map[string]bool{}
	for _, e := range c.exprs {
		c.checkExpression(e, used, add)
	}
	if c.rule.Score != nil {
		checkItems(c.rule.Score.Items, used, add)
	}
	for _, n := range c.rule.Numbers {
		if !used[n.Name] {
			add(n.Pos, fmt.Sprintf("没有地方用到数值 %q：请删去，或写 number('%s')", n.Name, n.Name),
				fmt.Sprintf("nothing uses the number %q: remove it, or use number('%s')", n.Name, n.Name))
		}
	}
	if len(errs) == 0 {
		c.checkLevers(p, add)
	}
	return errs
}

func (c *compiled) checkExpression(e *expr.Expression, used map[string]bool, add func(pos pack.Pos, zh, en string)) {
	visitor := celast.NewExprVisitor(func(x celast.Expr) {
		switch x.Kind() {
		case celast.IdentKind:
			if n, ok := expr.NumberName(x); ok {
				used[n] = true
			}
		case celast.CallKind:
			call := x.AsCall()
			switch name := call.FunctionName(); name {
			case operators.Divide:
				for _, a := range call.Args() {
					if expr.ReadsRow(a) {
						add(e.At(x), "用 / 相除，分母为零时会得到无穷大：请写 ratio(a, b)", "dividing attributes with / gives infinity on a zero denominator: write ratio(a, b)")
						break
					}
				}
			default:
				for i, a := range call.Args() {
					isScore := expr.IsPoints(a)
					if isScore && !(i == 0 && (name == operators.GreaterEquals || name == operators.Greater)) {
						add(e.At(x), "缺数据时得分是一个区间：只能写在 >= 或 > 的左边", "a score is an interval while something is missing: it can only stand on the left of >= or >")
					}
				}
			}
		}
	})
	celast.PreOrderVisit(e.Expr(), visitor)
}

func checkItems(items []*pack.Item, used map[string]bool, add func(pos pack.Pos, zh, en string)) {
	whole := func(pos pack.Pos, low, high float64) {
		if low != math.Trunc(low) || high != math.Trunc(high) || low < 0 || high < low || high > 1000 {
			add(pos, fmt.Sprintf("分值须是 0 到 1000 的整数，低的在前；这里是 %g 到 %g", low, high),
				fmt.Sprintf("points must be whole numbers from 0 to 1000, the lower first; found %g to %g", low, high))
		}
	}
	for _, it := range items {
		for _, b := range it.Bands {
			used[b.Number] = true
			whole(it.Pos, b.Low, b.High)
		}
		if len(it.Bands) > 16 {
			add(it.Pos, "一个项目最多 16 档", "an item has at most 16 bands")
		}
		for _, sc := range it.Cases {
			whole(sc.Pos, sc.Low, sc.High)
		}
		if len(it.Cases) > 8 {
			add(it.Pos, "一个项目最多 8 种情形", "an item has at most 8 cases")
		}
		if it.Range != nil {
			whole(it.Pos, it.Range[0], it.Range[1])
		}
		checkItems(it.Items, used, add)
		checkItems(it.BestOf, used, add)
	}
}

func (c *compiled) checkLevers(p *pack.Pack, add func(pos pack.Pos, zh, en string)) {
	s := &Set{pack: p}
	law := &c.rule.Laws[0]
	day := law.From
	if day.IsZero() {
		day = kernel.DateOf(18717) // 2021-03-31: a law without a start is in force on any day
	}
	bd, err := s.bind(kernel.NewGraph(&col.Table{Register: c.reg}), c, law, Options{Date: day}, nil)
	if err != nil {
		add(c.rule.Pos, err.Error(), err.Error())
		return
	}
	for i := range bd.criteria {
		bc := &bd.criteria[i]
		bc.full.Each(func(n *kernel.Node) {
			if !n.IsCompare() && n.Steps() == nil {
				return
			}
			var by []string
			for i := range bd.levers {
				if reads(n, bd.levers[i].keys) {
					by = append(by, bd.levers[i].ID)
				}
			}
			if len(by) > 1 {
				add(bc.Pos, fmt.Sprintf("一个比较同时取决于 %v 这几个可变项：请合成一个一起变动的，最省方案才能算准", by),
					fmt.Sprintf("one comparison depends on the levers %v: join them into one that moves them together, so that the cheapest plan can be found exactly", by))
			}
		})
	}
}
