package rule

import (
	"cmp"
	"math"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"
)

// The plan is exact. Every comparison and every mark of a band depends on at most one lever; the check of the pack
// ensures this. Along one lever, the verdict can therefore change only at the few amounts where one of them changes.
// The cost grows with the amount, so the cheapest plan uses each lever at one of these amounts or not at all. The
// search tries all combinations, cheap ones first, and skips those that cost more than the best so far.

// option is one amount by which a lever can change its numbers.
type option struct {
	by   float64
	cost float64
}

type leverOptions struct {
	lever   *pack.Lever
	keys    []col.Key
	from    []float64
	options []option // ascending by cost; options[0] changes nothing
}

// acceptable reports whether no criterion is unmet and every unknown one waits only for a manual finding.
func (su *subject) acceptable() bool {
	for i := range su.bd.criteria {
		bc := &su.bd.criteria[i]
		switch su.row.Eval(bc.full).Truth {
		case tri.False:
			return false
		case tri.Unknown:
			if su.row.Eval(bc.determined).Truth != tri.True {
				return false
			}
		}
	}
	return true
}

func (su *subject) plan() Plan {
	var p Plan
	var missing, unmet []*pack.Criterion
	for i := range su.bd.criteria {
		bc := &su.bd.criteria[i]
		switch su.row.Eval(bc.full).Truth {
		case tri.False:
			unmet = append(unmet, bc.Criterion)
		case tri.Unknown:
			if su.row.Eval(bc.determined).Truth == tri.True {
				p.Assumes = append(p.Assumes, bc.Criterion)
			} else {
				missing = append(missing, bc.Criterion)
			}
		}
	}
	if len(unmet) == 0 && len(missing) == 0 {
		p.Possible, p.Already = true, true
		return p
	}
	levers := su.levers()
	if best := su.cheapest(levers); best != nil {
		p.Possible = true
		su.describe(&p, levers, best)
		return p
	}
	switch fixed := su.immovable(levers, unmet); {
	case len(fixed) > 0:
		p.Why, p.Blocking = "fixed", fixed
	case len(missing) > 0:
		p.Why, p.Blocking = "missing", missing
	default:
		p.Why, p.Blocking = "fixed", unmet // each criterion can be met, but not all together
	}
	return p
}

// levers lists what this subject can change, with the amounts at which a comparison or band changes.
func (su *subject) levers() []leverOptions {
	var list []leverOptions
	for i := range su.bd.levers {
		l := &su.bd.levers[i]
		from, ok := su.values(l.keys)
		if !ok {
			continue
		}
		most := 0
		if l.most != nil {
			bound, ok := su.values(l.most)
			if ok {
				if most = int(math.Floor((bound[0] - from[0]) * float64(l.Direction) / l.Step)); most <= 0 {
					continue
				}
			}
		}
		lo := leverOptions{lever: l.Lever, keys: l.keys, from: from, options: []option{{}}}
		steps := map[int]bool{}
		step := l.Step * float64(l.Direction)
		for _, at := range l.atoms {
			su.row.Replace(nil)
			now := at(su.row)
			k, ok := su.least(func(k int) bool {
				su.set(l.keys, from, step*float64(k))
				return at(su.row) != now
			}, most)
			if ok {
				steps[k] = true
			}
		}
		for k := range steps {
			o := option{by: step * float64(k)}
			for _, x := range from {
				o.cost += math.Abs(o.by) / max(math.Abs(x), l.Scale)
			}
			lo.options = append(lo.options, o)
		}
		slices.SortFunc(lo.options, func(a, b option) int { return cmp.Compare(a.cost, b.cost) })
		list = append(list, lo)
	}
	su.row.Replace(nil)
	return list
}

// boundLever is a lever for the numbers of one base year, with the comparisons that depend on it.
type boundLever struct {
	*pack.Lever
	keys  []col.Key
	most  []col.Key                      // the number that limits it; nil: none
	atoms []func(r *kernel.Row) tri.Bool // the comparisons and band marks that read one of keys
}

// bindLevers prepares the levers of a rule for all subjects.
func (bd *bound) bindLevers() {
	for _, l := range bd.c.rule.Levers {
		b := boundLever{Lever: l, keys: bd.keysOf(l.Attributes)}
		if l.AtMost != "" {
			b.most = bd.keysOf([]string{l.AtMost})
		}
		b.atoms = bd.atoms(b.keys)
		bd.levers = append(bd.levers, b)
	}
}

// keysOf returns the columns of attributes, of the base year for yearly ones.
func (bd *bound) keysOf(attributes []string) []col.Key {
	keys := make([]col.Key, len(attributes))
	for i, id := range attributes {
		keys[i] = col.Key{Attr: id}
		if a := bd.c.reg.Attribute(id); a != nil && a.Yearly {
			keys[i].Year = bd.base
		}
	}
	return keys
}

func (bd *bound) atoms(keys []col.Key) []func(*kernel.Row) tri.Bool {
	var list []func(*kernel.Row) tri.Bool
	seen := map[*kernel.Node]bool{}
	for i := range bd.criteria {
		bd.criteria[i].full.Each(func(n *kernel.Node) {
			if seen[n] || !n.IsCompare() && n.Steps() == nil || !reads(n, keys) {
				return
			}
			seen[n] = true
			if n.IsCompare() {
				list = append(list, func(r *kernel.Row) tri.Bool { return r.Eval(n).Truth })
				return
			}
			for k := range n.Steps() {
				list = append(list, func(r *kernel.Row) tri.Bool {
					reached, ok := r.BandsOf(n)
					return tri.Of(ok && reached <= k)
				})
			}
		})
	}
	return list
}

func reads(n *kernel.Node, keys []col.Key) bool {
	found := false
	n.Each(func(x *kernel.Node) { found = found || x.Leaf() && slices.Contains(keys, x.Key) })
	return found
}

// cheapest searches all combinations. It returns the index of the chosen option per lever, or nil if none is
// acceptable.
func (su *subject) cheapest(levers []leverOptions) []int {
	defer su.row.Replace(nil)
	var best []int
	bestCost := math.Inf(1)
	chosen := make([]int, len(levers))
	set := map[col.Key]float64{}
	var choose func(i int, cost float64)
	choose = func(i int, cost float64) {
		if cost >= bestCost {
			return
		}
		if i == len(levers) {
			su.row.Replace(set)
			if su.acceptable() {
				best, bestCost = slices.Clone(chosen), cost
			}
			return
		}
		l := &levers[i]
		for k, o := range l.options {
			for j, key := range l.keys {
				set[key] = l.from[j] + o.by
			}
			chosen[i] = k
			choose(i+1, cost+o.cost)
		}
		for _, key := range l.keys {
			delete(set, key)
		}
		chosen[i] = 0
	}
	choose(0, 0)
	return best
}

func (su *subject) describe(p *Plan, levers []leverOptions, chosen []int) {
	set := map[col.Key]float64{}
	for i, l := range levers {
		o := l.options[chosen[i]]
		if o.by == 0 {
			continue
		}
		p.Cost += o.cost
		for j, key := range l.keys {
			set[key] = l.from[j] + o.by
			p.Changes = append(p.Changes, Change{Lever: l.lever, Attr: su.bd.c.reg.Attribute(key.Attr), Year: key.Year,
				From: l.from[j], To: l.from[j] + o.by, Relative: math.Abs(o.by) / max(math.Abs(l.from[j]), l.lever.Scale)})
		}
	}
	// After the plan, other criteria may be open than today.
	p.Assumes = nil
	su.row.Replace(set)
	defer su.row.Replace(nil)
	for i := range su.bd.criteria {
		if su.row.Eval(su.bd.criteria[i].full).Truth == tri.Unknown {
			p.Assumes = append(p.Assumes, su.bd.criteria[i].Criterion)
		}
	}
}

// immovable lists the unmet criteria that are unmet under every combination.
func (su *subject) immovable(levers []leverOptions, unmet []*pack.Criterion) []*pack.Criterion {
	defer su.row.Replace(nil)
	fixed := map[*pack.Criterion]*kernel.Node{}
	for i := range su.bd.criteria {
		if bc := &su.bd.criteria[i]; slices.Contains(unmet, bc.Criterion) {
			fixed[bc.Criterion] = bc.full
		}
	}
	set := map[col.Key]float64{}
	var choose func(i int)
	choose = func(i int) {
		if len(fixed) == 0 {
			return
		}
		if i == len(levers) {
			su.row.Replace(set)
			for k, n := range fixed {
				if su.row.Eval(n).Truth != tri.False {
					delete(fixed, k)
				}
			}
			return
		}
		l := &levers[i]
		for _, o := range slices.Backward(l.options) {
			for j, key := range l.keys {
				set[key] = l.from[j] + o.by
			}
			choose(i + 1)
		}
	}
	choose(0)
	return slices.DeleteFunc(slices.Clone(unmet), func(k *pack.Criterion) bool { return fixed[k] == nil })
}
