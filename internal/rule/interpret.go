package rule

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"
)

// activation gives cel-go's interpreter the values of one row; what is blank is an unknown.
type activation struct {
	b   *binding
	row int
	t   *col.Table
	// manual, when set, stands in for blank manual attributes: yes, or no.
	manual *bool
	// score gives the points of an item; nil for rules without a score.
	score func(item string) float64
	names map[string]variable
}

// variable is what a name of an expression resolves to, worked out once.
type variable struct {
	attr *pack.Attribute
	key  col.Key
	val  any
}

var _ interpreter.Activation = (*activation)(nil)

func (a *activation) Parent() interpreter.Activation { return nil }

var blank = types.NewUnknown(0, nil)

// ResolveName implements cel-go's Activation.
func (a *activation) ResolveName(name string) (any, bool) {
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
	if val == blank && a.manual != nil && v.attr.Manual {
		switch v.attr.Kind {
		case pack.Boolean:
			return types.Bool(*a.manual), true
		case pack.Code:
			return types.String("given"), true
		}
	}
	return val, true
}

func (a *activation) variable(name string) variable {
	if n, ok := strings.CutPrefix(name, "number."); ok {
		return variable{val: types.Double(a.b.numbers[n])}
	}
	switch name {
	case varBaseYear:
		return variable{val: types.Double(a.b.base)}
	case varDay:
		return variable{val: celDate(a.b.day)}
	case varDistricts:
		var list []string
		for id := range a.b.cities {
			list = append(list, id)
		}
		return variable{val: list}
	}
	attr, key := a.b.key(name)
	return variable{attr: attr, key: key}
}

func (a *activation) computed(name string) (any, bool) {
	if item, ok := strings.CutPrefix(name, "score."); ok && a.score != nil {
		return types.Double(a.score(item)), true
	}
	if cert, ok := strings.CutPrefix(name, "held."); ok {
		from := a.date(col.Key{Attr: "cert_" + cert + "_from"})
		until := a.date(col.Key{Attr: "cert_" + cert + "_until"})
		switch {
		case from == nil && until == nil:
			return types.False, true
		case from == nil && *until < a.b.day:
			return types.False, true
		case from == nil:
			return blank, true
		case until == nil:
			end := kernel.HeldUntil(*from)
			until = &end
		}
		return types.Bool(*from <= a.b.day && a.b.day <= *until), true
	}
	return nil, false
}

func (a *activation) date(k col.Key) *int32 {
	c := a.t.Dates[k]
	if c == nil || !c.Valid.Get(a.row) {
		return nil
	}
	return &c.Val[a.row]
}

func (a *activation) value(attr *pack.Attribute, k col.Key) ref.Val {
	switch {
	case attr.Kind.Numeric():
		if c := a.t.Nums[k]; c != nil && c.Valid.Get(a.row) {
			return types.Double(c.Val[a.row])
		}
	case attr.Kind == pack.Boolean:
		if c := a.t.Bools[k]; c != nil && c.Valid.Get(a.row) {
			return types.Bool(c.Val.Get(a.row))
		}
		if a.b.assume[attr.ID] {
			return types.False
		}
	case attr.Kind == pack.Date:
		if d := a.date(k); d != nil {
			return celDate(*d)
		}
	case attr.Kind == pack.Code:
		if c := a.t.Dicts[k]; c != nil && c.Val[a.row] != 0 {
			return types.String(c.Words[c.Val[a.row]])
		}
	default:
		if c := a.t.Texts[k]; c != nil && c.Get(a.row) {
			return types.String("present")
		}
	}
	return blank
}

// evaluate runs a program on one row.
func evaluate(p cel.Program, a *activation) (tri.Bool, error) {
	v, _, err := p.Eval(a)
	if types.IsUnknown(v) {
		return tri.Unknown, nil
	}
	if err != nil {
		return tri.Unknown, err
	}
	return tri.Of(v == types.True), nil
}

// interpret gives a criterion to the interpreter, row by row. Scores are not covered by this way: their
// comparisons always have a kernel form.
func (s *Set) interpret(bd *bound, bc *boundCriterion, e *expression) error {
	p, err := bd.c.program(e)
	if err != nil {
		return err
	}
	bd.fallback++
	over := func(manual *bool) kernel.Extern {
		return func(lo, hi int, isTrue, isFalse []uint64) error {
			a := &activation{b: bd.b, t: bd.b.g.Table(), manual: manual, names: map[string]variable{}}
			for i := lo; i < hi; i++ {
				a.row = i
				t, err := evaluate(p, a)
				if err != nil {
					return fmt.Errorf("%s: row %d: %w", e.pos, i, err)
				}
				switch t {
				case tri.True:
					isTrue[(i-lo)>>6] |= 1 << uint((i-lo)&63)
				case tri.False:
					isFalse[(i-lo)>>6] |= 1 << uint((i-lo)&63)
				}
			}
			return nil
		}
	}
	g := bd.b.g
	key := fmt.Sprintf("%s %s %d %v %v", bd.c.rule.ID, bc.ID, bd.b.day, bd.b.numbers, bd.b.assume)
	yes, no := true, false
	bc.full = g.ExternBool(key, over(nil))
	bc.blank = bc.full
	y, n := g.ExternBool(key+" yes", over(&yes)), g.ExternBool(key+" no", over(&no))
	bc.determined = g.And(g.Known(y), g.Known(n))
	return nil
}
