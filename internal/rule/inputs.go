package rule

import (
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
)

// Inputs gives the values that the criteria of a recognition may read on a day, each once and without findings that a
// person must make: what is asked for of an enterprise. Nothing is known of them: it is nobody's.
func (s *Set) Inputs(t *col.Table, ruleID string, opt Options) ([]Input, error) {
	bd, err := s.boundFor(t, ruleID, opt)
	if err != nil {
		return nil, err
	}
	var list []Input
	seen := map[col.Key]bool{}
	for i := range bd.criteria {
		bd.criteria[i].full.Each(func(x *kernel.Node) {
			if !x.Leaf() || seen[x.Key] {
				return
			}
			seen[x.Key] = true
			if a := bd.c.reg.Attribute(x.Key.Attr); a != nil && !a.Manual {
				list = append(list, Input{Attr: a, Year: x.Key.Year})
			}
		})
	}
	return list, nil
}
