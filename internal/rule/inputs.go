package rule

import (
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/expr"
	"eyas/internal/rule/kernel"
)

// Reads returns the values that the criteria and the score of a recognition read on any day, each once.
func Reads(reg *pack.Register, r *pack.Rule) (list []expr.Read) {
	seen := map[expr.Read]bool{}
	add := func(source string) {
		for _, x := range expr.ReadsOf(reg, source) {
			if !seen[x] {
				seen[x] = true
				list = append(list, x)
			}
		}
	}
	for _, c := range r.Criteria {
		add(c.When)
	}
	var walk func([]*pack.Item)
	walk = func(items []*pack.Item) {
		for _, it := range items {
			add(it.Of)
			for _, c := range it.Cases {
				add(c.When)
			}
			walk(it.Items)
			walk(it.BestOf)
		}
	}
	if r.Score != nil {
		walk(r.Score.Items)
	}
	return list
}

// Inputs implements Face.
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
