package rule

import (
	"fmt"
	"math"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
)

// check reports what type checking cannot see: divisions, uses of a score that are not an interval's, numbers that
// nothing uses, points that are not whole, and comparisons that two levers move at once.
func (c *compiled) check(p *pack.Pack) pack.Errors {
	var errs pack.Errors
	add := func(pos pack.Pos, format string, args ...any) {
		errs = append(errs, &pack.Error{Pos: pos, Text: fmt.Sprintf(format, args...)})
	}
	used := map[string]bool{}
	for _, e := range c.exprs {
		c.checkExpression(e, used, add)
	}
	if c.rule.Score != nil {
		checkItems(c.rule.Score.Items, used, add)
	}
	for _, n := range c.rule.Numbers {
		if !used[n.Name] {
			add(n.Pos, "nothing uses the number %q: remove it, or use number('%s')", n.Name, n.Name)
		}
	}
	if len(errs) == 0 {
		c.checkLevers(p, add)
	}
	return errs
}

func (c *compiled) checkExpression(e *expression, used map[string]bool, add func(pack.Pos, string, ...any)) {
	info := e.ast.NativeRep().SourceInfo()
	at := func(x celast.Expr) pack.Pos {
		l := info.GetStartLocation(x.ID())
		return place(e.pos, l.Line(), l.Column())
	}
	visitor := celast.NewExprVisitor(func(x celast.Expr) {
		switch x.Kind() {
		case celast.IdentKind:
			if n, ok := cutNumber(x.AsIdent()); ok {
				used[n] = true
			}
		case celast.CallKind:
			call := x.AsCall()
			switch name := call.FunctionName(); name {
			case operators.Divide:
				for _, a := range call.Args() {
					if readsRow(a) {
						add(at(x), "dividing attributes with / gives infinity on a zero denominator: write ratio(a, b)")
						break
					}
				}
			default:
				for i, a := range call.Args() {
					_, isScore := scoreName(a)
					if isScore && !(i == 0 && (name == operators.GreaterEquals || name == operators.Greater)) {
						add(at(x), "a score is an interval while something is missing: it can only stand on the left of >= or >")
					}
				}
			}
		}
	})
	celast.PreOrderVisit(e.expr(), visitor)
}

func cutNumber(name string) (string, bool) {
	if len(name) > 7 && name[:7] == "number." {
		return name[7:], true
	}
	return "", false
}

// readsRow reports whether an expression depends on a row (not only on numbers of the rule).
func readsRow(e celast.Expr) bool {
	found := false
	celast.PreOrderVisit(e, celast.NewExprVisitor(func(x celast.Expr) {
		if x.Kind() == celast.IdentKind {
			if _, ok := cutNumber(x.AsIdent()); !ok && x.AsIdent() != varBaseYear && x.AsIdent() != varDay {
				found = true
			}
		}
	}))
	return found
}

func checkItems(items []*pack.Item, used map[string]bool, add func(pack.Pos, string, ...any)) {
	whole := func(pos pack.Pos, low, high float64) {
		if low != math.Trunc(low) || high != math.Trunc(high) || low < 0 || high < low || high > 1000 {
			add(pos, "points must be whole numbers from 0 to 1000, the lower first; found %g to %g", low, high)
		}
	}
	for _, it := range items {
		for _, b := range it.Bands {
			used[b.Number] = true
			whole(it.Pos, b.Low, b.High)
		}
		if len(it.Bands) > 16 {
			add(it.Pos, "an item has at most 16 bands")
		}
		for _, sc := range it.Cases {
			whole(sc.Pos, sc.Low, sc.High)
		}
		if len(it.Cases) > 8 {
			add(it.Pos, "an item has at most 8 cases")
		}
		if it.Range != nil {
			whole(it.Pos, it.Range[0], it.Range[1])
		}
		checkItems(it.Items, used, add)
		checkItems(it.BestOf, used, add)
	}
}

func (c *compiled) checkLevers(p *pack.Pack, add func(pack.Pos, string, ...any)) {
	s := &Set{pack: p}
	law := &c.rule.Laws[0]
	day := law.From
	if day.IsZero() {
		day = kernel.DateOf(18717) // 2021-03-31: a rule without a start is in force on any day
	}
	bd, err := s.bind(kernel.NewGraph(&col.Table{Register: c.reg}), c, law, Options{Date: day}, nil)
	if err != nil {
		add(c.rule.Pos, "%v", err)
		return
	}
	su := &subject{bd: bd}
	for i := range bd.criteria {
		bc := &bd.criteria[i]
		bc.full.Each(func(n *kernel.Node) {
			if !n.IsCompare() && n.Steps() == nil {
				return
			}
			var by []string
			for _, l := range c.rule.Levers {
				if reads(n, su.leverKeys(l)) {
					by = append(by, l.ID)
				}
			}
			if len(by) > 1 {
				add(bc.Pos, "one comparison depends on the levers %v: join them into one that moves them together, so that the cheapest plan can be found exactly", by)
			}
		})
	}
}
