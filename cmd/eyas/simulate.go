package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/rule"
)

// simulateCmd changes numbers of a rule and shows which enterprises enter and leave.
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
	p, err := a.pack()
	if err != nil {
		return err
	}
	s := simulated{answer.Simulated{Table: t, Pack: p, Rule: r, Date: opt.Date, Assume: opt.Assume, Moved: moved, Along: along, Lang: a.lang}, law}
	if len(moved) > 0 {
		if s.Difference, err = set.WhatIf(t, opt, c.Rule, moved); err != nil {
			return err
		}
	}
	if along != nil {
		held := opt
		held.Numbers = moved
		if s.Points, err = set.Curve(t, held, c.Rule, along.Name, values); err != nil {
			return err
		}
	}
	if a.json {
		return a.object(answer.Simulate(s.Simulated))
	}
	s.print(a)
	return nil
}

// numberOf finds a number of a rule by name; the error names all there are.
func numberOf(r *pack.Rule, name string) (*pack.Number, error) {
	if n := r.Number(name); n != nil {
		return n, nil
	}
	var names []string
	for _, n := range r.Numbers {
		names = append(names, n.Name)
	}
	return nil, fault.New(fault.Invalid,
		fmt.Sprintf("规则 %s 里没有名为 %s 的数；可以改动的有：%s。", r.ID, name, strings.Join(names, "、")),
		fmt.Sprintf("rule %s has no number %s; it has %s", r.ID, name, strings.Join(names, ", ")))
}

// mostPoints limits the points of a curve.
const mostPoints = 10_000

// parseCurve parses NUMBER=LO..HI[:STEP]. The default range is that of the slider, the default step is naturalStep.
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
		if figure.IsMoney(n.Unit) {
			v = math.Round(v)
		} else {
			v = math.Round(v*1e12) / 1e12 // 0.1 + 0.2 is no figure that anybody wrote
		}
		values = append(values, v)
	}
	return n, values, nil
}

// naturalStep returns the default step of a curve: one for counts when that gives not too many points, otherwise the step
// of the slider, otherwise a hundredth of the range.
func naturalStep(n *pack.Number, lo, hi float64) float64 {
	counted := !figure.IsMoney(n.Unit) && n.Unit != "percent"
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
	answer.Simulated
	law *pack.Law
}

func (s simulated) print(a *app) {
	a.heading(s.Rule, s.law, rule.Options{Date: s.Date, Assume: s.Assume}, s.Date.Year()-1)
	for _, name := range slices.Sorted(maps.Keys(s.Moved)) {
		n := s.Rule.Number(name)
		fmt.Fprintf(a.out, "%s (%s): %s → %s\n", n.Label.In(a.lang), name, figure.In(a.lang, n.Value, n.Unit), figure.In(a.lang, s.Moved[name], n.Unit))
	}
	if d := s.Difference; d != nil {
		fmt.Fprintf(a.out, a.say("符合 %s → %s，进入 %s，退出 %s（%.1f 毫秒）\n", "met %s → %s, entered %s, left %s (%.1f ms)\n"),
			figure.Grouped(d.Before.Met), figure.Grouped(d.After.Met), figure.Grouped(d.Entered.Count()), figure.Grouped(d.Left.Count()), d.Seconds*1000)
		s.printMovement(a, a.say("进入", "entered"), answer.NewMovement(s.Table, s.Pack, d.Entered, a.lang))
		s.printMovement(a, a.say("退出", "left"), answer.NewMovement(s.Table, s.Pack, d.Left, a.lang))
	}
	if s.Along == nil {
		return
	}
	fmt.Fprintf(a.out, "%s (%s)\n", s.Along.Label.In(a.lang), s.Along.Name)
	most := 1
	for _, p := range s.Points {
		most = max(most, p.Met)
	}
	t := grid{right: map[int]bool{0: true, 1: true}}
	for _, p := range s.Points {
		t.row(figure.In(a.lang, p.Value, s.Along.Unit), figure.Grouped(p.Met), strings.Repeat("▇", p.Met*40/most))
	}
	t.flush(a.out)
}

func (s simulated) printMovement(a *app, what string, m *answer.Movement) {
	if m.Count == 0 {
		return
	}
	fmt.Fprintf(a.out, "%s %s\n", what, figure.Grouped(m.Count))
	t := grid{right: map[int]bool{1: true}}
	for _, d := range m.Districts {
		name := d.Name
		if name == "" {
			name = a.say("（所属区未知）", "(district unknown)")
		}
		t.row("  "+name, figure.Grouped(d.Count))
	}
	t.flush(a.out)
	var list grid
	for _, e := range m.List[:min(shown, len(m.List))] {
		list.row("    "+e.Code, e.Name)
	}
	list.flush(a.out)
	if len(m.List) > shown {
		fmt.Fprintf(a.out, a.say("    … 其余 %s 家见 --json\n", "    … %s more in --json\n"), figure.Grouped(len(m.List)-shown))
	}
}
