package expr

import (
	"strings"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// Reading gives the values of one row at a time to cel-go's interpreter. A blank value is an unknown. A Reading is not
// safe for concurrent use.
type Reading struct {
	Row int
	// Manual, when not nil, is the value of blank manual attributes (those that a person judges).
	Manual *bool
	// Points returns the points of a score item; nil for rules without a score.
	Points func(item string) float64

	b     *Scope
	t     *col.Table
	names map[string]variable
}

// Reading returns a reading of the table's rows. Set Row before each evaluation.
func (b *Scope) Reading() *Reading {
	return &Reading{b: b, t: b.Graph.Table(), names: map[string]variable{}}
}

// variable is the resolved form of a name in an expression.
type variable struct {
	attr *pack.Attribute
	key  col.Key
	val  any
}

var _ interpreter.Activation = (*Reading)(nil)

func (a *Reading) Parent() interpreter.Activation { return nil }

var blank = types.NewUnknown(0, nil)

// ResolveName implements cel-go's Activation.
func (a *Reading) ResolveName(name string) (any, bool) {
	v, ok := a.names[name]
	if !ok {
		v = a.variable(name)
		a.names[name] = v
	}
	if v.val != nil {
		return v.val, true
	}
	if v.attr == nil {
		return a.computed(name)
	}
	val := a.value(v.attr, v.key)
	if val == blank && a.Manual != nil && v.attr.Manual {
		switch v.attr.Kind {
		case pack.Boolean:
			return types.Bool(*a.Manual), true
		case pack.Code:
			return types.String("given"), true
		}
	}
	return val, true
}

func (a *Reading) variable(name string) variable {
	if n, ok := strings.CutPrefix(name, "number."); ok {
		return variable{val: types.Double(a.b.Numbers[n])}
	}
	switch name {
	case varBaseYear:
		return variable{val: types.Double(a.b.Base)}
	case varDay:
		return variable{val: celDate(a.b.Day)}
	case varDistricts:
		var list []string
		for id := range a.b.lang.districts {
			list = append(list, id)
		}
		return variable{val: list}
	}
	attr, key := a.b.key(name)
	return variable{attr: attr, key: key}
}

func (a *Reading) computed(name string) (any, bool) {
	if item, ok := strings.CutPrefix(name, "score."); ok && a.Points != nil {
		return types.Double(a.Points(item)), true
	}
	if id, ok := strings.CutPrefix(name, "held."); ok {
		return a.held(a.b.lang.Register.Certificate(id)), true
	}
	return nil, false
}

// held returns whether a certificate is held on the day. A nil certificate is not held. An unknown is returned where
// the dates leave it open.
func (a *Reading) held(c *pack.Certificate) ref.Val {
	if c == nil {
		return types.False
	}
	from, until := a.date(col.Key{Attr: c.From}), a.date(col.Key{Attr: c.Until})
	switch {
	case from == nil && until == nil:
		return types.False
	case from == nil && *until < a.b.Day:
		return types.False
	case from == nil:
		return blank
	case until == nil:
		last, known := c.Last(kernel.DateOf(*from))
		if !known {
			return types.False
		}
		end := kernel.Days(last)
		until = &end
	}
	return types.Bool(*from <= a.b.Day && a.b.Day <= *until)
}

func (a *Reading) date(k col.Key) *int32 {
	c := a.t.Dates[k]
	if c == nil || !c.Valid.Get(a.Row) {
		return nil
	}
	return &c.Val[a.Row]
}

func (a *Reading) value(attr *pack.Attribute, k col.Key) ref.Val {
	switch {
	case attr.Kind.Numeric():
		if c := a.t.Nums[k]; c != nil && c.Valid.Get(a.Row) {
			return types.Double(c.Val[a.Row])
		}
	case attr.Kind == pack.Boolean:
		if c := a.t.Bools[k]; c != nil && c.Valid.Get(a.Row) {
			return types.Bool(c.Val.Get(a.Row))
		}
		if a.b.Assume[attr.ID] {
			return types.False
		}
	case attr.Kind == pack.Date:
		if d := a.date(k); d != nil {
			return celDate(*d)
		}
	case attr.Kind == pack.Code:
		if c := a.t.Dicts[k]; c != nil && c.Val[a.Row] != 0 {
			return types.String(c.Words[c.Val[a.Row]])
		}
	default:
		if c := a.t.Texts[k]; c != nil && c.Get(a.Row) {
			return types.String("present")
		}
	}
	return blank
}

// Eval evaluates the expression for the reading's row in cel-go's interpreter. An unknown result is a types.Unknown.
func (e *Expression) Eval(a *Reading) (ref.Val, error) {
	p, err := e.interpreted()
	if err != nil {
		return nil, err
	}
	v, _, err := p.Eval(a)
	return v, err
}

// Truth evaluates an expression of type Truth. The result is tri.Unknown where a blank leaves it open, and on an error.
func (e *Expression) Truth(a *Reading) (tri.Bool, error) {
	v, err := e.Eval(a)
	if types.IsUnknown(v) {
		return tri.Unknown, nil
	}
	if err != nil {
		return tri.Unknown, err
	}
	return tri.Of(v == types.True), nil
}
