package rule

import (
	"fmt"
	"math"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"
)

// boundsKept is the number of bound rules that are kept for explanations.
const boundsKept = 32

// boundFor returns the nodes of a rule for a table and a day. The last few are kept.
func (s *Set) boundFor(t *col.Table, id string, opt Options) (*bound, error) {
	c, law, err := s.find(id, opt.Date)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%p %s", c, moveKey(t, opt, id, nil))
	s.mu.Lock()
	bd := s.bounds[key]
	s.mu.Unlock()
	if bd != nil {
		return bd, nil
	}
	if bd, err = s.bind(kernel.NewGraph(t), c, law, opt, nil); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.bounds) >= boundsKept {
		clear(s.bounds)
	}
	s.bounds[key] = bd
	return bd, nil
}

// subject is one row under one rule.
type subject struct {
	bd    *bound
	row   *kernel.Row
	moved map[col.Key]float64 // see set
}

// Explain implements Face.
func (s *Set) Explain(t *col.Table, row int, id string, opt Options) (*Explanation, error) {
	if row < 0 || row >= t.N {
		return nil, fault.New(fault.NotFound, "没有这家企业", "there is no such enterprise")
	}
	bd, err := s.boundFor(t, id, opt)
	if err != nil {
		return nil, err
	}
	su := &subject{bd: bd, row: kernel.NewRow(t, row, nil)}
	x := &Explanation{Rule: bd.c.rule, Law: bd.law, Date: bd.date, BaseYear: bd.base, Verdict: tri.True}
	unmet, byData, stuck := 0, 0, false
	for i := range bd.criteria {
		v := su.criterion(&bd.criteria[i])
		x.Criteria = append(x.Criteria, v)
		x.Verdict = x.Verdict.And(v.Verdict)
		switch {
		case v.Verdict == tri.False:
			unmet++
			if su.row.Eval(bd.criteria[i].blank).Truth == tri.False {
				byData++
			}
		case v.Verdict == tri.Unknown && !v.Pending:
			stuck = true
		}
	}
	x.Near = unmet == 1 && byData == 1 && !stuck
	x.Pending = x.Verdict == tri.Unknown && !stuck
	if bd.total != nil {
		v := su.row.Eval(bd.total)
		x.HasScore, x.ScoreLow, x.ScoreHigh = true, float64(v.Low), float64(v.High)
		x.Items = su.items(bd.c.rule.Score.Items, 0)
	}
	x.Plan = su.plan()
	return x, nil
}

func (su *subject) criterion(bc *boundCriterion) CriterionView {
	v := CriterionView{Criterion: bc.Criterion, Status: bc.Status, Verdict: su.row.Eval(bc.full).Truth}
	if v.Status == "" {
		v.Status = su.bd.law.Status
	}
	v.Inputs = su.inputs(bc.full)
	v.Rates = su.rates(bc.full)
	switch v.Verdict {
	case tri.Unknown:
		v.Pending = su.row.Eval(bc.determined).Truth == tri.True
		v.Missing = su.missing(bc.full)
	case tri.False:
		v.Gaps = su.gaps(bc.full)
	}
	return v
}

// rates lists the shares and growth rates that a criterion compares, each comparison once.
func (su *subject) rates(n *kernel.Node) []Rate {
	var list []Rate
	n.Each(func(x *kernel.Node) {
		if !x.IsCompare() || x.Args()[0].Kind() != kernel.Rate {
			return
		}
		v, mark := su.row.Eval(x.Args()[0]), su.row.Eval(x.Args()[1])
		if v.Known && mark.Known {
			list = append(list, Rate{Value: v.Num, Defined: v.Defined, Compare: x.Compare.String(), Mark: mark.Num})
		}
	})
	return list
}

// inputs lists the values that a node reads, each once, in the order of the expression.
func (su *subject) inputs(n *kernel.Node) []Input {
	var list []Input
	var seen []col.Key
	su.row.EachNeeded(n, func(x *kernel.Node) {
		if !x.Leaf() || slices.Contains(seen, x.Key) {
			return
		}
		seen = append(seen, x.Key)
		if in, ok := su.input(x); ok {
			list = append(list, in)
		}
	})
	return list
}

func (su *subject) input(leaf *kernel.Node) (Input, bool) {
	a := su.bd.c.reg.Attribute(leaf.Key.Attr)
	if a == nil {
		return Input{}, false
	}
	v := su.row.Eval(leaf)
	in := Input{Attr: a, Year: leaf.Key.Year, Known: v.Known, Num: v.Num, Str: v.Text}
	if a.Kind == pack.Boolean && v.Truth == tri.True {
		in.Num = 1
	}
	if a.Kind == pack.Boolean && v.Known && su.bd.b.Assume[a.ID] {
		c := su.row.Table.Bools[leaf.Key]
		in.Assumed = c == nil || !c.Valid.Get(su.row.Index)
	}
	return in, true
}

// unknown reports whether the value of a node is unknown for this row.
func (su *subject) unknown(n *kernel.Node) bool {
	v := su.row.Eval(n)
	if n.Kind() == kernel.Points {
		return v.Low != v.High
	}
	return !v.Known
}

// missing lists the blank values that keep a node unknown.
func (su *subject) missing(n *kernel.Node) []Input {
	var list []Input
	seen := map[*kernel.Node]bool{}
	var visit func(n *kernel.Node)
	visit = func(n *kernel.Node) {
		if seen[n] || !su.unknown(n) {
			return
		}
		seen[n] = true
		if n.Leaf() {
			if in, ok := su.input(n); ok && !slices.ContainsFunc(list, func(o Input) bool { return o.Attr == in.Attr && o.Year == in.Year }) {
				list = append(list, in)
			}
			return
		}
		for _, a := range su.row.Needs(n) {
			visit(a)
		}
	}
	visit(n)
	return list
}

// gaps returns the possible changes that would make a false node true. It includes all alternatives of an "or".
func (su *subject) gaps(n *kernel.Node) []Gap {
	if su.row.Eval(n).Truth != tri.False {
		return nil
	}
	switch {
	case n.IsAnd(), n.IsOr():
		var list []Gap
		for _, a := range n.Args() {
			list = append(list, su.gaps(a)...)
		}
		return list
	case n.IsCompare():
		return []Gap{su.compareGap(n)}
	case n.IsPointsAtLeast():
		mark, _ := n.Args()[1].Uniform(nil)
		return []Gap{{Have: float64(su.row.Eval(n.Args()[0]).High), Need: mark, Unit: "point", Exclusive: n.Compare == kernel.Above}}
	case n.IsNot() && n.Args()[0].Leaf():
		if a := su.bd.c.reg.Attribute(n.Args()[0].Key.Attr); a != nil {
			return []Gap{{Attr: a, Have: 1, Need: 0, Unit: "boolean"}}
		}
	case n.Leaf() && n.Kind() == kernel.Bool:
		if a := su.bd.c.reg.Attribute(n.Key.Attr); a != nil {
			return []Gap{{Attr: a, Have: 0, Need: 1, Unit: "boolean"}}
		}
	case len(n.Args()) > 0 && n.Args()[0].Leaf():
		if a := su.bd.c.reg.Attribute(n.Args()[0].Key.Attr); a != nil {
			unit := string(a.Kind)
			if n.IsHeld() {
				unit = "certificate"
			}
			return []Gap{{Attr: a, Unit: unit}}
		}
	}
	return nil
}

func (su *subject) compareGap(n *kernel.Node) Gap {
	x, y := n.Args()[0], n.Args()[1]
	have := su.row.Eval(x)
	g := Gap{Have: have.Num, NoValue: x.Kind() == kernel.Rate && !have.Defined, Need: su.row.Eval(y).Num, Unit: su.unit(x), Exclusive: n.Compare == kernel.Above || n.Compare == kernel.Below}
	attr, key := su.toChange(x)
	if attr == nil {
		return g
	}
	g.Attr, g.Year = attr, key.Year
	if attr.Kind == pack.Date {
		return g
	}
	up, step := 1.0, stepOf(attr)
	if n.Compare == kernel.AtMost || n.Compare == kernel.Below {
		up = -1
	}
	keys := []col.Key{key}
	for i := range su.bd.levers {
		if l := &su.bd.levers[i]; slices.Contains(l.Attributes, attr.ID) {
			keys, step = l.keys, l.Step
		}
	}
	if k, ok := su.search(n, keys, up*step, 0); ok {
		g.Change = up * step * float64(k)
	}
	return g
}

// toChange returns the attribute that a person would change to change a number: one that the pack marks as changeable,
// else the numerator (or the number itself) of the base year.
func (su *subject) toChange(n *kernel.Node) (*pack.Attribute, col.Key) {
	var first *kernel.Node
	var lever *kernel.Node
	n.Each(func(x *kernel.Node) {
		if !x.Leaf() || x.Kind() != kernel.Num && x.Kind() != kernel.Date {
			return
		}
		if first == nil {
			first = x
		}
		for i := range su.bd.levers {
			if lever == nil && slices.Contains(su.bd.levers[i].keys, x.Key) {
				lever = x
			}
		}
	})
	if lever != nil {
		first = lever
	}
	if first == nil {
		return nil, col.Key{}
	}
	return su.bd.c.reg.Attribute(first.Key.Attr), first.Key
}

// stepOf returns the smallest useful change of an attribute: one person, one item, one yuan.
func stepOf(a *pack.Attribute) float64 {
	if a.Kind == pack.Money {
		return 100
	}
	return 1
}

// unit returns the unit of a number.
func (su *subject) unit(n *kernel.Node) string {
	if n.Kind() == kernel.Rate {
		return "percent"
	}
	if n.Kind() == kernel.Date {
		return "date"
	}
	unit := ""
	n.Each(func(x *kernel.Node) {
		if a := su.bd.c.reg.Attribute(x.Key.Attr); x.Leaf() && a != nil && unit == "" {
			unit = a.Unit
			if a.Kind == pack.Money && a.Unit != "usd" {
				unit = "money"
			}
		}
	})
	return unit
}

// search returns the smallest number of steps that makes a condition true when all keys change by them. most limits the
// steps; 0 means a large default. It evaluates the condition itself, so the result needs no formula and always holds.
func (su *subject) search(n *kernel.Node, keys []col.Key, step float64, most int) (int, bool) {
	from, ok := su.values(keys)
	if !ok {
		return 0, false
	}
	return su.least(func(k int) bool {
		su.set(keys, from, step*float64(k))
		return su.row.Eval(n).Truth == tri.True
	}, most)
}

// values returns the row's own numbers. ok is false if one is blank.
func (su *subject) values(keys []col.Key) (vals []float64, ok bool) {
	su.row.Replace(nil)
	for _, k := range keys {
		c := su.row.Table.Nums[k]
		if c == nil || !c.Valid.Get(su.row.Index) {
			return nil, false
		}
		vals = append(vals, c.Val[su.row.Index])
	}
	return vals, true
}

func (su *subject) set(keys []col.Key, from []float64, by float64) {
	if su.moved == nil {
		su.moved = make(map[col.Key]float64, len(keys))
	}
	clear(su.moved)
	for i, k := range keys {
		su.moved[k] = from[i] + by
	}
	su.row.Replace(su.moved)
}

// least returns the smallest k ≥ 1 for which holds is true. holds must not become false again as k grows. ok is false
// if k would exceed most.
func (su *subject) least(holds func(k int) bool, most int) (int, bool) {
	defer su.row.Replace(nil)
	limit := most
	if limit <= 0 {
		limit = math.MaxInt32 * 1024
	}
	hi := 1
	for !holds(hi) {
		if hi >= limit {
			return 0, false
		}
		hi = min(hi*2, limit)
	}
	lo := hi / 2 // holds(lo) is false, or lo is 0
	for lo+1 < hi {
		if m := lo + (hi-lo)/2; holds(m) {
			hi = m
		} else {
			lo = m
		}
	}
	return hi, true
}

// items lists score items. A group comes before its parts.
func (su *subject) items(list []*pack.Item, depth int) []ItemView {
	var views []ItemView
	for _, it := range list {
		n := su.bd.items[it]
		v := su.row.Eval(n)
		view := ItemView{Item: it, Depth: depth, Low: float64(v.Low), High: float64(v.High), Inputs: su.inputs(n)}
		if b := n.Banded(); b != nil {
			su.band(&view, b)
		}
		if it.Points != "" {
			su.expert(&view, n)
		}
		views = append(views, view)
		views = append(views, su.items(it.Items, depth+1)...)
		views = append(views, su.items(it.BestOf, depth+1)...)
	}
	return views
}

func (su *subject) band(view *ItemView, n *kernel.Node) {
	x := n.Args()[0]
	v := su.row.Eval(x)
	if !v.Known {
		return
	}
	if x.Kind() != kernel.Rate || v.Defined {
		view.Value = &v.Num
	}
	view.Unit = su.unit(x)
	next := len(n.Steps()) - 1
	if i, ok := su.row.BandsOf(n); ok {
		view.Reached = &view.Item.Bands[i]
		next = i - 1
	}
	if next >= 0 {
		view.Next = &view.Item.Bands[next]
		view.NextMark, _ = n.Steps()[next].Mark.Uniform(nil)
	}
}

// expert notes whether an expert's points are missing or outside their band.
func (su *subject) expert(view *ItemView, n *kernel.Node) {
	given := su.row.Table.Nums[col.Key{Attr: view.Item.Points}]
	if given == nil || !given.Valid.Get(su.row.Index) {
		view.Expert = view.Low != view.High
		return
	}
	band := su.row.Eval(n.Unexperted())
	if x := given.Val[su.row.Index]; x < float64(band.Low) || x > float64(band.High) {
		view.Finding = fmt.Sprintf("%g ∉ %d–%d", x, band.Low, band.High)
	}
}

// DateText formats a date in days since 1970-01-01 as YYYY-MM-DD.
func DateText(days float64) string { return kernel.DateOf(int32(days)).Format(time.DateOnly) }
