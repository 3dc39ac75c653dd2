package pack

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
)

// readRule reads a file of rules/: a recognition under one or more laws.
func (l *loader) readRule(n *node) {
	if n == nil {
		return
	}
	r := &Rule{ID: n.get("id").str(), Name: text(n.get("name")), Register: n.get("register").str(), Summary: text(n.get("summary")), Pos: n.pos}
	if r.ID == "" {
		return
	}
	l.pack.Rules = append(l.pack.Rules, r)
	reg := l.register(r.Register)
	if x := n.get("register"); x.str() != "" && reg == nil && !l.unread["registers"] {
		l.add(x.pos, "没有库 %q", "there is no register %q", r.Register)
	}
	l.readLaws(r, n.get("laws"))
	for _, x := range n.get("criteria").list() {
		c := &Criterion{ID: x.get("id").str(), Name: text(x.get("name")), Article: x.get("article").str(), Status: Status(x.get("status").str()), Note: text(x.get("note"))}
		c.When, c.Pos = l.expression(x.get("when"))
		if slices.ContainsFunc(r.Criteria, func(o *Criterion) bool { return o.ID == c.ID }) {
			l.add(x.get("id").place(x), "条件 %q 写了两次", "criterion %q is given twice", c.ID)
			continue
		}
		r.Criteria = append(r.Criteria, c)
	}
	l.readNumbers(r, n.get("numbers"))
	if s := n.get("score"); s != nil {
		l.readScore(r, reg, s)
	}
	l.readLevers(r, reg, n.get("levers"))
	if x := n.get("certificate"); x != nil && x.str() != "none" {
		r.Certificate = l.readCertificate(x, reg)
		if r.Certificate.ID = r.ID; r.Certificate.Name.ZH == "" {
			r.Certificate.Name = r.Name
		}
	}
}

func (l *loader) register(id string) *Register {
	for _, r := range l.pack.Registers {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (l *loader) readLaws(r *Rule, n *node) {
	for _, x := range n.list() {
		w := Law{Title: x.get("title").str(), Number: x.get("number").str(), From: l.date(x.get("from")), Until: l.date(x.get("until")),
			Status: Status(x.get("status").str()), CheckedOn: l.date(x.get("checked_on")), Note: text(x.get("note"))}
		if w.Until.IsZero() && x.get("until") != nil {
			w.Until = w.From // reported elsewhere; the law must not stay in force for ever
		}
		if w.Until.Before(w.From) && !w.Until.IsZero() {
			l.add(x.get("until").pos, "失效日期早于施行日期", "the last day in force is before the first")
		}
		r.Laws = append(r.Laws, w)
		l.lawsAt[r] = append(l.lawsAt[r], x.pos)
	}
}

var numberName = regexp.MustCompile(`^([a-z][a-z0-9_]*)\.[a-z][a-z0-9_]*$`)

func (l *loader) readNumbers(r *Rule, n *node) {
	for _, e := range n.entries() {
		m := numberName.FindStringSubmatch(e.key)
		if m == nil || m[1] != "score" && !slices.ContainsFunc(r.Criteria, func(c *Criterion) bool { return c.ID == m[1] }) {
			l.add(e.pos, "数值的名称是“条件.名称”，例如 staff.max；%q 前一段须是本规则的条件，或 score", "a number is named criterion.name, such as staff.max; the first part of %q must be a criterion of this rule, or score", e.key)
		}
		l.addNumber(r, e.key, e.value.get("value"), text(e.value.get("label")), e.value.get("slider"), e.pos)
	}
}

// addNumber reads a number with its slider.
func (l *loader) addNumber(r *Rule, name string, value *node, label Text, slider *node, pos Pos) *Number {
	num := &Number{Name: name, Label: label, Pos: pos}
	f, ok := l.figure(value)
	if !ok {
		return num
	}
	num.Value, num.Text, num.Unit = f.Value, f.Text, f.Unit
	num.Min, num.Max, num.Step = l.slider(slider, f)
	r.Numbers = append(r.Numbers, num)
	return num
}

// slider reads the limits of a slider. They must enclose the number and have its unit.
func (l *loader) slider(n *node, of figure.Figure) (lo, hi, step float64) {
	list := n.list()
	if len(list) != 3 {
		return 0, 0, 0
	}
	var v [3]float64
	for i, x := range list {
		f, ok := l.figure(x)
		if !ok {
			return 0, 0, 0
		}
		if f.Unit != of.Unit {
			l.add(x.pos, "%q 的单位与数值 %s 的不同", "%q is not in the unit of the number %s", x.str(), of.Text)
			return 0, 0, 0
		}
		v[i] = f.Value
	}
	if v[0] >= v[1] || v[2] <= 0 || of.Value < v[0] || of.Value > v[1] {
		l.add(n.pos, "滑块是 [最小, 最大, 步长]：须最小 < 最大、步长 > 0，且含数值 %s", "a slider is [least, greatest, step]: the least must be below the greatest, the step above 0, and the number %s between them", of.Text)
		return 0, 0, 0
	}
	return v[0], v[1], v[2]
}

func (l *loader) figure(n *node) (figure.Figure, bool) {
	if n == nil || n.str() == "" {
		return figure.Figure{}, false
	}
	f, err := figure.Parse(n.str())
	if err != nil {
		l.add(n.pos, "%s", "%s", sentence(err))
		return f, false
	}
	return f, true
}

func (l *loader) readLevers(r *Rule, reg *Register, n *node) {
	attribute := func(x *node) string {
		if x.str() == "" || reg == nil {
			return x.str()
		}
		if a := reg.Attribute(x.str()); a == nil {
			l.add(x.pos, "库里没有数据项 %q", "the register has no attribute %q", x.str())
		} else if !a.Kind.Numeric() {
			l.add(x.pos, "%s 不是数，不能当作可变的量", "%s is not a number and cannot be moved", x.str())
		}
		return x.str()
	}
	for _, x := range n.list() {
		v := &Lever{ID: x.get("id").str(), Name: text(x.get("name")), Direction: 1, AtMost: attribute(x.get("at_most")), Pos: x.pos}
		if x.get("direction").str() == "lower" {
			v.Direction = -1
		}
		for _, m := range x.get("moves").list() {
			v.Attributes = append(v.Attributes, attribute(m))
		}
		for _, s := range []struct {
			key string
			to  *float64
		}{{"step", &v.Step}, {"scale", &v.Scale}} {
			f, ok := l.figure(x.get(s.key))
			if ok && f.Value <= 0 {
				l.add(x.get(s.key).pos, "%s 须大于 0", "%s must be above 0", s.key)
			}
			*s.to = f.Value
		}
		if slices.ContainsFunc(r.Levers, func(o *Lever) bool { return o.ID == v.ID }) {
			l.add(x.get("id").place(x), "可变的量 %q 写了两次", "lever %q is given twice", v.ID)
			continue
		}
		r.Levers = append(r.Levers, v)
	}
}

// orderRules sorts the rules in the order of the ladder, and versions by date.
func (l *loader) orderRules() {
	rung := map[string]int{}
	for i, x := range l.ladder {
		id := x.str()
		if id == "" {
			continue
		}
		if _, ok := rung[id]; ok {
			l.add(x.pos, "%q 列了两次", "%q is listed twice", id)
		}
		rung[id] = i
		if !l.unread["rules"] && !slices.ContainsFunc(l.pack.Rules, func(r *Rule) bool { return r.ID == id }) {
			l.add(x.pos, "rules 目录里没有规则 %q", "there is no rule %q in rules", id)
		}
	}
	for _, r := range l.pack.Rules {
		if _, ok := rung[r.ID]; !ok && l.ladder != nil {
			l.add(r.Pos, "pack.yaml 的 ladder 没有列出规则 %q", "rule %q is not listed under ladder in pack.yaml", r.ID)
		}
	}
	slices.SortStableFunc(l.pack.Rules, func(a, b *Rule) int {
		if c := cmp.Compare(rung[a.ID], rung[b.ID]); c != 0 {
			return c
		}
		return first(a).Compare(first(b))
	})
	l.checkDates()
}

func first(r *Rule) (day time.Time) {
	for i, w := range r.Laws {
		if i == 0 || w.From.Before(day) {
			day = w.From
		}
	}
	return day
}

// checkDates reports laws of a rule that are in force on the same day.
func (l *loader) checkDates() {
	type dated struct {
		Law
		rule *Rule
		pos  Pos
	}
	byID := map[string][]dated{}
	for _, r := range l.pack.Rules {
		for i, w := range r.Laws {
			byID[r.ID] = append(byID[r.ID], dated{w, r, l.lawsAt[r][i]})
		}
	}
	for _, laws := range byID {
		slices.SortStableFunc(laws, func(a, b dated) int { return a.From.Compare(b.From) })
		for i := 1; i < len(laws); i++ {
			if prev := laws[i-1]; prev.Until.IsZero() || !laws[i].From.After(prev.Until) {
				l.add(laws[i].pos, "与 %s 的规定在时间上重叠；前一个要写失效日期（until）", "this law is in force on the same days as the law at %s: give the earlier one its last day (until)", prev.pos)
			}
		}
	}
}

// Rule returns a recognition and its law in force on a day. The error is fault.NotFound for an unknown id. It is
// fault.Invalid if no law is in force on the day; the message then names the first day of the earliest law.
func (p *Pack) Rule(id string, date time.Time) (*Rule, *Law, error) {
	day := time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, time.UTC)
	var ids []string
	var start, end time.Time
	known := false
	for _, r := range p.Rules {
		if !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
		if r.ID != id {
			continue
		}
		for i := range r.Laws {
			w := &r.Laws[i]
			if !day.Before(w.From) && (w.Until.IsZero() || !day.After(w.Until)) {
				return r, w, nil
			}
			if !known || w.From.Before(start) {
				start = w.From
			}
			if w.Until.After(end) {
				end = w.Until
			}
			known = true
		}
	}
	if !known {
		return nil, nil, fault.New(fault.NotFound, fmt.Sprintf("没有名为 %s 的规则；有 %s", id, strings.Join(ids, "、")),
			fmt.Sprintf("there is no rule %s; the rules are %s", id, strings.Join(ids, ", ")))
	}
	on, from := day.Format(time.DateOnly), start.Format(time.DateOnly)
	if day.Before(start) {
		return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("%s 没有施行中的 %s；最早的自 %s 起施行", on, id, from),
			fmt.Sprintf("no version of %s is in force on %s; the earliest applies from %s", id, on, from))
	}
	return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("%s 没有施行中的 %s；最早的自 %s 起施行，最后的到 %s 为止", on, id, from, end.Format(time.DateOnly)),
		fmt.Sprintf("no version of %s is in force on %s; the earliest applies from %s, and the last until %s", id, on, from, end.Format(time.DateOnly)))
}
