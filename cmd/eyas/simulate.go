package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// simulateCmd moves numbers of a rule and says who enters and who leaves.
type simulateCmd struct {
	plainly
	scope
	Set   []string `name:"set" sep:"none" placeholder:"NUMBER=VALUE" help:"改动一个数，可多次：55、2.5亿元、25% | move a number, may be repeated: 55, 2.5亿元, 25%"`
	Curve string   `name:"curve" placeholder:"NUMBER=LO..HI[:STEP]" help:"这个数取各值时各有多少家符合 | how many would be met at every value of this number"`
}

func (simulateCmd) detail() pack.Text {
	return pack.Text{
		ZH: "可以改动的数由 eyas rule show 列出，名称是 条件.名称。金额写 2.5亿元、5000万元、元（可省）；比例写 25% 或 0.25。\n" +
			"什么都不写入：规则和底库都不变。",
		EN: "eyas rule show lists the numbers that can be moved; their names are criterion.name. Amounts are written 2.5亿元, 5000万元, or in yuan; shares 25% or 0.25.\n" +
			"Nothing is written: neither the rule nor the base changes.",
	}
}

func (simulateCmd) examples() []string {
	return []string{
		"eyas simulate --rule tsme --date 2021-03-31 --set score.pass=55",
		"eyas simulate --rule tsme --date 2021-03-31 --set sales.max=2.5亿元 --set staff.max=800 --json",
		"eyas simulate --rule tsme --date 2021-03-31 --curve score.pass=40..80",
	}
}

func (c simulateCmd) Run(a *app) error {
	if len(c.Set) == 0 && c.Curve == "" {
		return fault.New(fault.Invalid, "请用 --set 改动至少一个数，或用 --curve 给出一个数的范围。", "move at least one number with --set, or give the range of one with --curve")
	}
	opt, err := c.options(a)
	if err != nil {
		return err
	}
	set, err := a.rules()
	if err != nil {
		return err
	}
	r, law, err := set.Law(c.Rule, opt.Date)
	if err != nil {
		return err
	}
	moved := map[string]float64{}
	for _, s := range c.Set {
		name, text, ok := strings.Cut(s, "=")
		if !ok {
			return fault.New(fault.Invalid, fmt.Sprintf("--set 的写法是 score.pass=55，给出的是 %q。", s), fmt.Sprintf("--set is written score.pass=55, not %q", s))
		}
		n, err := numberOf(r, strings.TrimSpace(name))
		if err != nil {
			return err
		}
		if moved[n.Name], err = n.Read(text); err != nil {
			return err
		}
	}
	var along *pack.Number
	var values []float64
	if c.Curve != "" {
		if along, values, err = parseCurve(r, c.Curve); err != nil {
			return err
		}
		if _, both := moved[along.Name]; both {
			return fault.New(fault.Invalid, along.Name+" 不能同时用于 --set 和 --curve。", along.Name+" cannot stand in both --set and --curve")
		}
	}
	m, err := c.moment(a, opt)
	if err != nil {
		return err
	}
	t, err := a.columnsAt(r.Register, m)
	if err != nil {
		return err
	}
	s := simulated{table: t, rule: r, law: law, opt: opt, moved: moved, along: along}
	if s.pack, err = a.pack(); err != nil {
		return err
	}
	if len(moved) > 0 {
		if s.difference, err = set.WhatIf(t, opt, c.Rule, moved); err != nil {
			return err
		}
	}
	if along != nil {
		held := opt
		held.Numbers = moved
		if s.points, err = set.Curve(t, held, c.Rule, along.Name, values); err != nil {
			return err
		}
	}
	if a.json {
		return a.object(s.object())
	}
	s.print(a)
	return nil
}

// numberOf finds a number of a rule by name; the error names all there are.
func numberOf(r *pack.Rule, name string) (*pack.Number, error) {
	var names []string
	for _, n := range r.Numbers {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return nil, fault.New(fault.Invalid,
		fmt.Sprintf("规则 %s 里没有名为 %s 的数；可以改动的有：%s。", r.ID, name, strings.Join(names, "、")),
		fmt.Sprintf("rule %s has no number %s; it has %s", r.ID, name, strings.Join(names, ", ")))
}

// mostPoints bounds a curve.
const mostPoints = 10_000

// parseCurve reads NUMBER=LO..HI[:STEP]. Without a range the slider's bounds are taken, without a step the
// natural one.
func parseCurve(r *pack.Rule, s string) (*pack.Number, []float64, error) {
	name, span, given := strings.Cut(s, "=")
	n, err := numberOf(r, strings.TrimSpace(name))
	if err != nil {
		return nil, nil, err
	}
	lo, hi, step, stepped := n.Min, n.Max, n.Step, false
	if given {
		var stepText string
		span, stepText, _ = strings.Cut(span, ":")
		from, to, ok := strings.Cut(span, "..")
		if !ok {
			return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("--curve 的写法是 score.pass=40..80 或 score.pass=40..80:5，给出的是 %q。", s),
				fmt.Sprintf("--curve is written score.pass=40..80 or score.pass=40..80:5, not %q", s))
		}
		if lo, err = n.Read(from); err != nil {
			return nil, nil, err
		}
		if hi, err = n.Read(to); err != nil {
			return nil, nil, err
		}
		if stepped = stepText != ""; stepped {
			if step, err = n.Read(stepText); err != nil {
				return nil, nil, err
			}
		}
	}
	if !stepped {
		step = naturalStep(n, lo, hi)
	}
	count := math.Floor((hi-lo)/step + 1e-9)
	if step <= 0 || hi < lo || lo == hi && !given || count+1 > mostPoints {
		return nil, nil, fault.New(fault.Invalid,
			fmt.Sprintf("--curve 的范围要从小到大，取值不超过 %d 个，给出的是 %q。", mostPoints, s),
			fmt.Sprintf("--curve goes from low to high in at most %d values, not %q", mostPoints, s))
	}
	var values []float64
	for i := range int(count) + 1 {
		v := lo + float64(i)*step
		if isMoney(n.Unit) {
			v = math.Round(v)
		} else {
			v = math.Round(v*1e12) / 1e12 // 0.1 + 0.2 is no figure that anybody wrote
		}
		values = append(values, v)
	}
	return n, values, nil
}

// naturalStep is the step of a curve that names none: every value of what is counted, where that is not too many,
// else the slider's step, else a hundredth of the range.
func naturalStep(n *pack.Number, lo, hi float64) float64 {
	counted := !isMoney(n.Unit) && n.Unit != "percent"
	switch {
	case counted && hi-lo <= 1000:
		return 1
	case n.Step > 0 && n.Step <= hi-lo:
		return n.Step
	case n.Unit == "percent":
		return 0.01
	}
	return max(1, math.Round((hi-lo)/100))
}

// simulated is the answer of a what-if.
type simulated struct {
	table      *col.Table
	pack       *pack.Pack
	rule       *pack.Rule
	law        *pack.Law
	opt        rule.Options
	moved      map[string]float64
	difference *rule.Difference // nil without --set
	along      *pack.Number     // nil without --curve
	points     []rule.Point
}

type (
	simulateObject struct {
		Rule     string         `json:"rule"`
		Date     string         `json:"date"`
		BaseYear int            `json:"base_year"`
		Assumed  []string       `json:"assumed,omitempty"`
		Set      map[string]any `json:"set,omitempty"`
		Before   *int           `json:"before,omitempty"` // how many are met
		After    *int           `json:"after,omitempty"`
		Entered  *movement      `json:"entered,omitempty"`
		Left     *movement      `json:"left,omitempty"`
		Counts   *countsObject  `json:"counts,omitempty"`
		Curve    *curveObject   `json:"curve,omitempty"`
		Seconds  float64        `json:"seconds"`
	}
	countsObject struct {
		Before rule.Count `json:"before"`
		After  rule.Count `json:"after"`
	}
	movement struct {
		Count     int              `json:"count"`
		Districts []districtCount  `json:"by_district"`
		List      []enterpriseLine `json:"list"`
	}
	districtCount struct {
		District string `json:"district"` // GB/T 2260 code; empty when unknown
		Name     string `json:"name"`
		Count    int    `json:"count"`
	}
	enterpriseLine struct {
		Code     string `json:"code"`
		Name     string `json:"name"`
		District string `json:"district"`
	}
	curveObject struct {
		Number string       `json:"number"`
		Unit   string       `json:"unit"`
		Points []curvePoint `json:"points"`
	}
	curvePoint struct {
		Value any `json:"value"` // money in yuan, shares as plain ratios
		Met   int `json:"met"`
	}
)

func (s simulated) object() simulateObject {
	o := simulateObject{Rule: s.rule.ID, Date: s.opt.Date.Format(time.DateOnly), BaseYear: s.opt.Date.Year() - 1, Assumed: s.opt.Assume}
	if d := s.difference; d != nil {
		o.Set = map[string]any{}
		for name, v := range s.moved {
			n, _ := numberOf(s.rule, name)
			o.Set[name] = plainNumber(v, n.Unit)
		}
		o.Before, o.After = &d.Before.Met, &d.After.Met
		o.Entered, o.Left = s.movement(d.Entered), s.movement(d.Left)
		o.Counts = &countsObject{d.Before, d.After}
		o.Seconds = d.Seconds
	}
	if s.along != nil {
		c := &curveObject{Number: s.along.Name, Unit: s.along.Unit}
		for _, p := range s.points {
			c.Points = append(c.Points, curvePoint{plainNumber(p.Value, s.along.Unit), p.Met})
		}
		o.Curve = c
	}
	return o
}

// movement lists a set of rows, and counts it by district in the order of the org tree.
func (s simulated) movement(rows col.Bitmap) *movement {
	m := &movement{Count: rows.Count(), Districts: []districtCount{}, List: []enterpriseLine{}}
	district := s.table.Dicts[col.Key{Attr: "district"}]
	by := map[string]int{}
	rows.Each(func(i int) {
		code := ""
		if district != nil {
			code = district.Words[district.Val[i]]
		}
		by[code]++
		m.List = append(m.List, enterpriseLine{string(s.table.Codes.At(i)), string(s.table.Names.At(i)), code})
	})
	for _, o := range s.pack.Orgs {
		if n := by[o.ID]; n > 0 {
			m.Districts = append(m.Districts, districtCount{o.ID, o.Name.ZH, n})
			delete(by, o.ID)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(by)) { // outside the city, or unknown
		m.Districts = append(m.Districts, districtCount{code, code, by[code]})
	}
	return m
}

func (s simulated) print(a *app) {
	a.heading(s.rule, s.law, s.opt, s.opt.Date.Year()-1)
	for _, name := range slices.Sorted(maps.Keys(s.moved)) {
		n, _ := numberOf(s.rule, name)
		fmt.Fprintf(a.out, "%s (%s): %s → %s\n", n.Label.In(a.lang), name, quantity(n.Value, n.Unit, a.lang), quantity(s.moved[name], n.Unit, a.lang))
	}
	if d := s.difference; d != nil {
		fmt.Fprintf(a.out, a.say("符合 %s → %s，进入 %s，退出 %s（%.1f 毫秒）\n", "met %s → %s, entered %s, left %s (%.1f ms)\n"),
			grouped(d.Before.Met), grouped(d.After.Met), grouped(d.Entered.Count()), grouped(d.Left.Count()), d.Seconds*1000)
		s.printMovement(a, a.say("进入", "entered"), s.movement(d.Entered))
		s.printMovement(a, a.say("退出", "left"), s.movement(d.Left))
	}
	if s.along == nil {
		return
	}
	fmt.Fprintf(a.out, "%s (%s)\n", s.along.Label.In(a.lang), s.along.Name)
	most := 1
	for _, p := range s.points {
		most = max(most, p.Met)
	}
	t := grid{right: map[int]bool{0: true, 1: true}}
	for _, p := range s.points {
		t.row(quantity(p.Value, s.along.Unit, a.lang), grouped(p.Met), strings.Repeat("▇", p.Met*40/most))
	}
	t.flush(a.out)
}

func (s simulated) printMovement(a *app, what string, m *movement) {
	if m.Count == 0 {
		return
	}
	fmt.Fprintf(a.out, "%s %s\n", what, grouped(m.Count))
	t := grid{right: map[int]bool{1: true}}
	for _, d := range m.Districts {
		name := d.Name
		if name == "" {
			name = a.say("（所属区未知）", "(district unknown)")
		}
		t.row("  "+name, grouped(d.Count))
	}
	t.flush(a.out)
	var list grid
	for _, e := range m.List[:min(shown, len(m.List))] {
		list.row("    "+e.Code, e.Name)
	}
	list.flush(a.out)
	if len(m.List) > shown {
		fmt.Fprintf(a.out, a.say("    … 其余 %s 家见 --json\n", "    … %s more in --json\n"), grouped(len(m.List)-shown))
	}
}
