package rule

import (
	"fmt"

	"eyas/internal/rule/expr"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"
)

// interpret evaluates a criterion in cel-go's interpreter, row by row. Criteria on scores never come here, because the
// kernels cover all comparisons of scores.
func (s *Set) interpret(bd *bound, bc *boundCriterion, e *expr.Expression) error {
	bd.fallback++
	over := func(manual *bool) kernel.Extern {
		return func(lo, hi int, isTrue, isFalse []uint64) error {
			a := bd.b.Reading()
			a.Manual = manual
			for i := lo; i < hi; i++ {
				a.Row = i
				t, err := e.Truth(a)
				if err != nil {
					return fmt.Errorf("%s: row %d: %w", e.Pos, i, err)
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
	g := bd.b.Graph
	key := fmt.Sprintf("%s %s %d %v %v", bd.c.rule.ID, bc.ID, bd.b.Day, bd.b.Numbers, bd.b.Assume)
	yes, no := true, false
	bc.full = g.ExternBool(key, over(nil))
	bc.blank = bc.full
	y, n := g.ExternBool(key+" yes", over(&yes)), g.ExternBool(key+" no", over(&no))
	bc.determined = g.And(g.Known(y), g.Known(n))
	return nil
}
