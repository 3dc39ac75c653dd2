package expr

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// Scope turns checked expressions into nodes of a graph, for one day, with assumptions and numbers.
type Scope struct {
	Graph   *kernel.Graph
	Day     int32
	Base    int             // base year: the year before Day's
	Assume  map[string]bool // ids of yes/no attributes whose blanks are taken as no
	Numbers map[string]float64
	Open    map[string]bool // names of numbers that are given anew at every run
	Blank   bool            // manual attributes are read as blank
	Points  map[string]*kernel.Node

	lang *Language
}

// Scope returns a scope for a day, with the pack's own numbers and no assumptions.
func (l *Language) Scope(g *kernel.Graph, date time.Time) *Scope {
	s := &Scope{Graph: g, Day: kernel.Days(date), Base: date.Year() - 1, Assume: map[string]bool{}, Numbers: map[string]float64{}, lang: l}
	for name, n := range l.numbers {
		s.Numbers[name] = n.Value
	}
	return s
}

// ErrNotCovered is returned for an expression that the kernels cannot evaluate. The interpreter evaluates it instead.
var ErrNotCovered = errors.New("not covered by the kernels")

// Lower returns the node of an expression. It returns ErrNotCovered when the kernels cannot evaluate it.
func (b *Scope) Lower(e *Expression) (*kernel.Node, error) {
	n, err := b.lower(e.Expr())
	if err != nil {
		return nil, fmt.Errorf("expr.Lower(%s): %w", e.Pos, err)
	}
	return n, nil
}

func (b *Scope) lower(e celast.Expr) (*kernel.Node, error) {
	switch e.Kind() {
	case celast.LiteralKind:
		switch v := e.AsLiteral().Value().(type) {
		case float64:
			return b.Graph.Const(v), nil
		case int64:
			return b.Graph.Const(float64(v)), nil
		case bool:
			return b.Graph.True(v), nil
		}
	case celast.IdentKind:
		return b.ident(e.AsIdent())
	case celast.CallKind:
		return b.call(e.AsCall())
	}
	return nil, ErrNotCovered
}

func (b *Scope) ident(name string) (*kernel.Node, error) {
	if n, ok := strings.CutPrefix(name, "number."); ok {
		return b.Number(n), nil
	}
	if n, ok := strings.CutPrefix(name, "held."); ok {
		c := b.lang.Register.Certificate(n)
		if c == nil {
			return nil, ErrNotCovered
		}
		from, until := b.Graph.DateCol(col.Key{Attr: c.From}), b.Graph.DateCol(col.Key{Attr: c.Until})
		var any []*kernel.Node
		for _, t := range c.Terms {
			any = append(any, b.Graph.Held(from, until, b.Day, t))
		}
		return b.Graph.Or(any...), nil
	}
	switch name {
	case varBaseYear:
		return b.Graph.Const(float64(b.Base)), nil
	case varDay:
		return b.Graph.Const(float64(b.Day)), nil
	}
	attr, key := b.key(name)
	if attr == nil {
		return nil, ErrNotCovered
	}
	hidden := b.Blank && attr.Manual
	switch {
	case attr.Kind.Numeric():
		if hidden {
			key.Attr += "?" // no column has this name, so it reads as blank
		}
		return b.Graph.NumCol(key), nil
	case attr.Kind == pack.Boolean:
		if hidden {
			key.Attr += "?"
		}
		return b.Graph.BoolCol(key, b.Assume[attr.ID] && !hidden), nil
	case attr.Kind == pack.Date:
		return b.Graph.DateCol(key), nil
	case attr.Kind == pack.Code:
		if hidden {
			key.Attr += "?"
		}
		return b.Graph.TextCol(key), nil
	}
	return b.Graph.Presence(key), nil
}

// key returns the attribute and the column that a variable reads; nil where it is no attribute.
func (b *Scope) key(name string) (*pack.Attribute, col.Key) {
	a, ago := attribute(b.lang.Register, name)
	if a == nil {
		return nil, col.Key{}
	}
	return a, Read{a, ago}.Key(b.Base)
}

// Number returns the node of a pack number: an open number when Open names it, else a constant.
func (b *Scope) Number(name string) *kernel.Node {
	if b.Open[name] {
		return b.Graph.OpenNumber(name, func(p kernel.Params) float64 { return p[name] })
	}
	return b.Graph.Const(b.Numbers[name])
}

var comparisons = map[string]kernel.Comparison{
	operators.GreaterEquals: kernel.AtLeast, operators.Greater: kernel.Above,
	operators.LessEquals: kernel.AtMost, operators.Less: kernel.Below,
	operators.Equals: kernel.Equal, operators.NotEquals: kernel.NotEqual,
}

// mirrored is the comparison after its two sides were exchanged.
var mirrored = map[kernel.Comparison]kernel.Comparison{
	kernel.AtLeast: kernel.AtMost, kernel.Above: kernel.Below, kernel.AtMost: kernel.AtLeast, kernel.Below: kernel.Above,
	kernel.Equal: kernel.Equal, kernel.NotEqual: kernel.NotEqual,
}

func (b *Scope) call(c celast.CallExpr) (*kernel.Node, error) {
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
		return b.Graph.And(args...), nil
	case operators.LogicalOr:
		return b.Graph.Or(args...), nil
	case operators.LogicalNot:
		return b.Graph.Not(args[0]), nil
	case operators.Conditional:
		if args[1].Kind() != args[2].Kind() || args[1].Kind() != kernel.Num && args[1].Kind() != kernel.Bool {
			return nil, ErrNotCovered
		}
		return b.Graph.Select(args[0], args[1], args[2]), nil
	case "given":
		if args[0].Kind() == kernel.Bool && !args[0].Leaf() {
			return nil, ErrNotCovered
		}
		return b.Graph.Given(args[0]), nil
	case "ratio":
		return b.Graph.Ratio(args[0], args[1]), nil
	case "sum_years":
		return b.Graph.SumYears(args[1], b.Base, args[2:]...), nil
	case "mean_growth":
		return b.Graph.MeanGrowth(args[1], b.Base, args[2], args[3], args[4]), nil
	}
	if uniform {
		return b.uniform(name, args)
	}
	switch name {
	case operators.Add:
		return b.Graph.Add(args[0], args[1]), nil
	case operators.Subtract:
		return b.Graph.Sub(args[0], args[1]), nil
	case operators.Multiply:
		return b.Graph.Mul(args[0], args[1]), nil
	case operators.Negate:
		return b.Graph.Neg(args[0]), nil
	case moneyTimes:
		return b.Graph.MoneyTimes(args[0], args[1]), nil
	case "least":
		return b.Graph.Least(args[0], args[1]), nil
	case "greatest":
		return b.Graph.Greatest(args[0], args[1]), nil
	}
	return nil, ErrNotCovered
}

// uniform evaluates a function of uniform nodes once for all rows, such as a mark computed from numbers.
func (b *Scope) uniform(name string, args []*kernel.Node) (*kernel.Node, error) {
	two := func(fn func(x, y float64) float64) (*kernel.Node, error) {
		return b.Graph.Uniform(name, func(x []float64) float64 { return fn(x[0], x[1]) }, args...), nil
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
		return b.Graph.Uniform(name, func(x []float64) float64 { return -x[0] }, args...), nil
	case moneyTimes:
		return two(func(m, x float64) float64 { fen, _ := kernel.MoneyTimes(m, x); return fen })
	case "least":
		return two(func(x, y float64) float64 { return min(x, y) })
	case "greatest":
		return two(func(x, y float64) float64 { return max(x, y) })
	case "compound":
		return two(kernel.Compound)
	case "year_end":
		return two(func(base, n float64) float64 { return float64(kernel.YearEnd(int(base) + int(math.Floor(n)))) })
	case "years_before":
		return two(func(day, n float64) float64 { return float64(kernel.YearsBefore(int32(day), int(math.Floor(n)))) })
	case "days_before":
		return two(func(day, n float64) float64 { return float64(int32(day) - int32(math.Floor(n))) })
	}
	return nil, ErrNotCovered
}

func scoreName(e celast.Expr) (string, bool) {
	if e.Kind() != celast.IdentKind {
		return "", false
	}
	return strings.CutPrefix(e.AsIdent(), "score.")
}

func (b *Scope) compare(c kernel.Comparison, x, y celast.Expr) (*kernel.Node, error) {
	if item, ok := scoreName(x); ok {
		mark, err := b.lower(y)
		if err != nil {
			return nil, err
		}
		if !mark.IsUniform() || c != kernel.AtLeast && c != kernel.Above {
			return nil, ErrNotCovered
		}
		return b.Graph.PointsAtLeast(b.Points[item], mark, c == kernel.Above), nil
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
		return nil, ErrNotCovered
	}
	if m.Kind() == kernel.Bool {
		switch c {
		case kernel.Equal:
			return b.Graph.EqualBool(m, n), nil
		case kernel.NotEqual:
			return b.Graph.Not(b.Graph.EqualBool(m, n)), nil
		}
		return nil, ErrNotCovered
	}
	if m.IsUniform() && !n.IsUniform() {
		m, n, c = n, m, mirrored[c]
	}
	return b.Graph.Cmp(c, m, n), nil
}

func textLiteral(e celast.Expr) (string, bool) {
	if e.Kind() != celast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().Value().(string)
	return s, ok
}

func (b *Scope) textTest(x celast.Expr, key string, test func(string) bool) (*kernel.Node, error) {
	n, err := b.lower(x)
	if err != nil {
		return nil, err
	}
	if n.Kind() != kernel.Text {
		return nil, ErrNotCovered
	}
	return b.Graph.TextTest(key, n, test), nil
}

func (b *Scope) textCall(name string, target celast.Expr, args []celast.Expr) (*kernel.Node, error) {
	if len(args) != 1 {
		return nil, ErrNotCovered
	}
	s, ok := textLiteral(args[0])
	if !ok {
		return nil, ErrNotCovered
	}
	tests := map[string]func(string, string) bool{
		"startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix, "contains": strings.Contains,
	}
	test := tests[name]
	if test == nil {
		return nil, ErrNotCovered
	}
	return b.textTest(target, fmt.Sprintf("%s %q", name, s), func(w string) bool { return test(w, s) })
}

func (b *Scope) in(x, list celast.Expr) (*kernel.Node, error) {
	if list.Kind() == celast.IdentKind && list.AsIdent() == varDistricts {
		return b.textTest(x, "in "+varDistricts, func(w string) bool { return b.lang.districts[w] })
	}
	if list.Kind() != celast.ListKind {
		return nil, ErrNotCovered
	}
	set := map[string]bool{}
	var key strings.Builder
	for _, e := range list.AsList().Elements() {
		s, ok := textLiteral(e)
		if !ok {
			return nil, ErrNotCovered
		}
		set[s] = true
		fmt.Fprintf(&key, "%q,", s)
	}
	return b.textTest(x, "in "+key.String(), func(w string) bool { return set[w] })
}
