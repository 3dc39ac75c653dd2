package rule

import (
	"errors"
	"fmt"
	"math"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
)

// errNotCovered marks an expression that the kernels have no form for; the interpreter takes it over.
var errNotCovered = errors.New("not covered by the kernels")

// binding is what turns a checked expression into nodes: the columns, the day, and the numbers.
type binding struct {
	g       *kernel.Graph
	reg     *pack.Register
	day     int32
	base    int
	cities  map[string]bool
	assume  map[string]bool
	numbers map[string]float64 // every number of the rule
	open    map[string]bool    // those that stay open
	blank   bool               // manual attributes count as blank
	score   map[string]*kernel.Node
}

// lower gives the node of an expression.
func (b *binding) lower(e celast.Expr) (*kernel.Node, error) {
	switch e.Kind() {
	case celast.LiteralKind:
		switch v := e.AsLiteral().Value().(type) {
		case float64:
			return b.g.Const(v), nil
		case int64:
			return b.g.Const(float64(v)), nil
		case bool:
			return b.g.True(v), nil
		}
	case celast.IdentKind:
		return b.ident(e.AsIdent())
	case celast.CallKind:
		return b.call(e.AsCall())
	}
	return nil, errNotCovered
}

func (b *binding) ident(name string) (*kernel.Node, error) {
	if n, ok := strings.CutPrefix(name, "number."); ok {
		return b.number(n), nil
	}
	if n, ok := strings.CutPrefix(name, "held."); ok {
		return b.g.Held(b.g.DateCol(col.Key{Attr: "cert_" + n + "_from"}), b.g.DateCol(col.Key{Attr: "cert_" + n + "_until"}), b.day), nil
	}
	switch name {
	case varBaseYear:
		return b.g.Const(float64(b.base)), nil
	case varDay:
		return b.g.Const(float64(b.day)), nil
	}
	attr, key := b.key(name)
	if attr == nil {
		return nil, errNotCovered
	}
	hidden := b.blank && attr.Manual
	switch {
	case attr.Kind.Numeric():
		if hidden {
			key.Attr += "?" // no column has this name
		}
		return b.g.NumCol(key), nil
	case attr.Kind == pack.Boolean:
		if hidden {
			key.Attr += "?"
		}
		return b.g.BoolCol(key, b.assume[attr.ID] && !hidden), nil
	case attr.Kind == pack.Date:
		return b.g.DateCol(key), nil
	case attr.Kind == pack.Code:
		if hidden {
			key.Attr += "?"
		}
		return b.g.TextCol(key), nil
	}
	return b.g.Presence(key), nil
}

// key finds the attribute and year of a variable.
func (b *binding) key(name string) (*pack.Attribute, col.Key) {
	id, ago := name, 0
	if i := strings.Index(name, "@-"); i >= 0 {
		id = name[:i]
		fmt.Sscan(name[i+2:], &ago)
	}
	a := b.reg.Attribute(id)
	if a == nil {
		return nil, col.Key{}
	}
	k := col.Key{Attr: id}
	if a.Yearly {
		k.Year = b.base - ago
	}
	return a, k
}

// number is a figure of the rule: a constant, or open when it is being moved.
func (b *binding) number(name string) *kernel.Node {
	if b.open[name] {
		return b.g.OpenNumber(name, func(p kernel.Params) float64 { return p[name] })
	}
	return b.g.Const(b.numbers[name])
}

var comparisons = map[string]kernel.Comparison{
	operators.GreaterEquals: kernel.AtLeast, operators.Greater: kernel.Above,
	operators.LessEquals: kernel.AtMost, operators.Less: kernel.Below,
	operators.Equals: kernel.Equal, operators.NotEquals: kernel.NotEqual,
}

// mirrored is the comparison with its sides exchanged.
var mirrored = map[kernel.Comparison]kernel.Comparison{
	kernel.AtLeast: kernel.AtMost, kernel.Above: kernel.Below, kernel.AtMost: kernel.AtLeast, kernel.Below: kernel.Above,
	kernel.Equal: kernel.Equal, kernel.NotEqual: kernel.NotEqual,
}

func (b *binding) call(c celast.CallExpr) (*kernel.Node, error) {
	name, exprs := c.FunctionName(), c.Args()
	if cmp, ok := comparisons[name]; ok {
		return b.compare(cmp, exprs[0], exprs[1])
	}
	if c.IsMemberFunction() {
		return b.textCall(name, c.Target(), exprs)
	}
	if name == operators.In {
		return b.in(exprs[0], exprs[1])
	}
	args := make([]*kernel.Node, len(exprs))
	uniform := true
	for i, e := range exprs {
		n, err := b.lower(e)
		if err != nil {
			return nil, err
		}
		args[i] = n
		uniform = uniform && n.IsUniform()
	}
	switch name {
	case operators.LogicalAnd:
		return b.g.And(args...), nil
	case operators.LogicalOr:
		return b.g.Or(args...), nil
	case operators.LogicalNot:
		return b.g.Not(args[0]), nil
	case operators.Conditional:
		if args[1].Kind() != args[2].Kind() || args[1].Kind() != kernel.Num && args[1].Kind() != kernel.Bool {
			return nil, errNotCovered
		}
		return b.g.Select(args[0], args[1], args[2]), nil
	case "given":
		if args[0].Kind() == kernel.Bool && !args[0].Leaf() {
			return nil, errNotCovered
		}
		return b.g.Given(args[0]), nil
	case "ratio":
		return b.g.Ratio(args[0], args[1]), nil
	case "sum_years":
		return b.g.SumYears(args[1], b.base, args[2:]...), nil
	case "mean_growth":
		return b.g.MeanGrowth(args[1], b.base, args[2], args[3], args[4]), nil
	}
	if uniform {
		return b.uniform(name, args)
	}
	switch name {
	case operators.Add:
		return b.g.Add(args[0], args[1]), nil
	case operators.Subtract:
		return b.g.Sub(args[0], args[1]), nil
	case operators.Multiply:
		return b.g.Mul(args[0], args[1]), nil
	case operators.Negate:
		return b.g.Neg(args[0]), nil
	}
	return nil, errNotCovered
}

// uniform folds what is the same for all rows: marks made of numbers, days made of years.
func (b *binding) uniform(name string, args []*kernel.Node) (*kernel.Node, error) {
	two := func(fn func(x, y float64) float64) (*kernel.Node, error) {
		return b.g.Uniform(name, func(x []float64) float64 { return fn(x[0], x[1]) }, args...), nil
	}
	switch name {
	case operators.Add:
		return two(func(x, y float64) float64 { return x + y })
	case operators.Subtract:
		return two(func(x, y float64) float64 { return x - y })
	case operators.Multiply:
		return two(func(x, y float64) float64 { return x * y })
	case operators.Divide:
		return two(func(x, y float64) float64 { return x / y })
	case operators.Negate:
		return b.g.Uniform(name, func(x []float64) float64 { return -x[0] }, args...), nil
	case "compound":
		return two(kernel.Compound)
	case "year_end":
		return two(func(base, n float64) float64 { return float64(kernel.YearEnd(int(base) + int(math.Floor(n)))) })
	case "years_before":
		return two(func(day, n float64) float64 { return float64(kernel.YearsBefore(int32(day), int(math.Floor(n)))) })
	case "days_before":
		return two(func(day, n float64) float64 { return float64(int32(day) - int32(math.Floor(n))) })
	}
	return nil, errNotCovered
}

func scoreName(e celast.Expr) (string, bool) {
	if e.Kind() != celast.IdentKind {
		return "", false
	}
	return strings.CutPrefix(e.AsIdent(), "score.")
}

func (b *binding) compare(c kernel.Comparison, x, y celast.Expr) (*kernel.Node, error) {
	if item, ok := scoreName(x); ok {
		mark, err := b.lower(y)
		if err != nil {
			return nil, err
		}
		if !mark.IsUniform() || c != kernel.AtLeast && c != kernel.Above {
			return nil, errNotCovered
		}
		return b.g.PointsAtLeast(b.score[item], mark, c == kernel.Above), nil
	}
	if s, ok := textLiteral(y); ok && (c == kernel.Equal || c == kernel.NotEqual) {
		return b.textTest(x, fmt.Sprintf("%s %q", c, s), func(w string) bool { return (w == s) == (c == kernel.Equal) })
	}
	m, err := b.lower(x)
	if err != nil {
		return nil, err
	}
	n, err := b.lower(y)
	if err != nil {
		return nil, err
	}
	if m.Kind() == kernel.Text || n.Kind() == kernel.Text {
		return nil, errNotCovered
	}
	if m.Kind() == kernel.Bool {
		switch c {
		case kernel.Equal:
			return b.g.EqualBool(m, n), nil
		case kernel.NotEqual:
			return b.g.Not(b.g.EqualBool(m, n)), nil
		}
		return nil, errNotCovered
	}
	if m.IsUniform() && !n.IsUniform() {
		m, n, c = n, m, mirrored[c]
	}
	return b.g.Cmp(c, m, n), nil
}

func textLiteral(e celast.Expr) (string, bool) {
	if e.Kind() != celast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().Value().(string)
	return s, ok
}

func (b *binding) textTest(x celast.Expr, key string, test func(string) bool) (*kernel.Node, error) {
	n, err := b.lower(x)
	if err != nil {
		return nil, err
	}
	if n.Kind() != kernel.Text {
		return nil, errNotCovered
	}
	return b.g.TextTest(key, n, test), nil
}

func (b *binding) textCall(name string, target celast.Expr, args []celast.Expr) (*kernel.Node, error) {
	if len(args) != 1 {
		return nil, errNotCovered
	}
	s, ok := textLiteral(args[0])
	if !ok {
		return nil, errNotCovered
	}
	tests := map[string]func(string, string) bool{
		"startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix, "contains": strings.Contains,
	}
	test := tests[name]
	if test == nil {
		return nil, errNotCovered
	}
	return b.textTest(target, fmt.Sprintf("%s %q", name, s), func(w string) bool { return test(w, s) })
}

func (b *binding) in(x, list celast.Expr) (*kernel.Node, error) {
	if list.Kind() == celast.IdentKind && list.AsIdent() == varDistricts {
		return b.textTest(x, "in "+varDistricts, func(w string) bool { return b.cities[w] })
	}
	if list.Kind() != celast.ListKind {
		return nil, errNotCovered
	}
	set := map[string]bool{}
	var key strings.Builder
	for _, e := range list.AsList().Elements() {
		s, ok := textLiteral(e)
		if !ok {
			return nil, errNotCovered
		}
		set[s] = true
		fmt.Fprintf(&key, "%q,", s)
	}
	return b.textTest(x, "in "+key.String(), func(w string) bool { return set[w] })
}

// scoreNodes makes the nodes of a score: every item by its id, and "total".
func (b *binding) scoreNodes(c *compiled) (map[string]*kernel.Node, map[*pack.Item]*kernel.Node, error) {
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
	byID["total"] = b.g.PointsSum(sum...)
	return byID, byItem, nil
}

func (b *binding) item(c *compiled, it *pack.Item, byItem map[*pack.Item]*kernel.Node) (*kernel.Node, error) {
	n, err := b.itemBand(c, it, byItem)
	if err != nil {
		return nil, err
	}
	if it.Points != "" && !b.blank {
		n = b.g.PointsGiven(n, b.g.NumCol(col.Key{Attr: it.Points}))
	}
	if it.Max != nil {
		n = b.g.PointsCap(n, int(*it.Max))
	}
	byItem[it] = n
	return n, nil
}

// itemBand gives an item's points before an expert's are taken into account.
func (b *binding) itemBand(c *compiled, it *pack.Item, byItem map[*pack.Item]*kernel.Node) (*kernel.Node, error) {
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
		return b.g.PointsBest(ns...), nil
	case len(it.Items) > 0:
		ns, err := parts(it.Items)
		if err != nil {
			return nil, err
		}
		return b.g.PointsSum(ns...), nil
	case len(it.Cases) > 0:
		var conds []*kernel.Node
		var points [][2]int
		for i, sc := range it.Cases {
			points = append(points, [2]int{int(sc.Low), int(sc.High)})
			if sc.When == "" {
				continue
			}
			n, err := b.lower(c.exprs[exprKey{item: it, index: i}].expr())
			if err != nil {
				return nil, err
			}
			conds = append(conds, n)
		}
		return b.g.PointsCases(conds, points), nil
	case it.Range != nil:
		return b.g.PointsConst(int(it.Range[0]), int(it.Range[1])), nil
	}
	n, err := b.lower(c.exprs[exprKey{item: it}].expr())
	if err != nil {
		return nil, err
	}
	var steps []kernel.Step
	for _, band := range it.Bands {
		steps = append(steps, kernel.Step{Mark: b.number(band.Number), Over: band.Over, Low: int(band.Low), High: int(band.High)})
	}
	return b.g.Bands(n, steps), nil
}
