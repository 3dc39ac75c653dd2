package pack

import (
	"encoding/json"
	"fmt"
	"strings"

	"eyas/internal/figure"
)

// readScore reads a scorecard. Its marks become numbers of the rule, named score.item.pN for N points: score.staff.p20.
// For an item of best_of the name is score.rnd.sales.p50.
func (l *loader) readScore(r *Rule, reg *Register, n *node) {
	s := &Score{Full: whole(n.get("full"))}
	ids := map[string]Pos{"total": n.pos}
	var most float64
	for _, x := range n.get("items").list() {
		it, top := l.readItem(r, reg, x, "", Text{}, ids)
		s.Items = append(s.Items, it)
		most += top
	}
	if f := n.get("full"); f != nil && most != s.Full {
		l.add(f.pos, "各项最高分之和是 %g，不是 %g", "the items give at most %g points in total, not %g", most, s.Full)
	}
	r.Score = s
}

func whole(n *node) float64 {
	if n == nil {
		return 0
	}
	num, _ := n.json.(json.Number)
	v, _ := num.Float64()
	return v
}

// readItem reads an item and returns its highest points. An item in best_of has an id below that of its parent.
func (l *loader) readItem(r *Rule, reg *Register, x *node, prefix string, above Text, ids map[string]Pos) (*Item, float64) {
	it := &Item{ID: prefix + x.get("id").str(), Name: text(x.get("name")), Article: x.get("article").str(), Points: x.get("points").str(), Pos: x.pos}
	full := it.Name
	if above.ZH != "" {
		full = Text{ZH: above.ZH + "（" + it.Name.ZH + "）", EN: above.EN + " (" + it.Name.EN + ")"}
	}
	at := x.get("id").place(x)
	if _, ok := ids[it.ID]; ok {
		l.add(at, "评分项 %q 写了两次（total 是总分，不能用）", "score item %q is given twice (total is the sum and cannot be used)", it.ID)
	}
	ids[it.ID] = at
	var most float64
	ways := 0
	if x.get("of") != nil || x.get("bands") != nil {
		ways++
		it.Of, it.Pos = l.expression(x.get("of"))
		for _, missing := range []string{"of", "bands"} {
			if x.get(missing) == nil {
				l.add(at, "of 和 bands 要一起写；缺少 %s", "of and bands go together; %s is missing", missing)
				it.Pos = at
			}
		}
		it.Bands = l.readBands(r, it, full, x)
		if len(it.Bands) > 0 {
			most = it.Bands[0].High
		}
	}
	if list := x.get("best_of"); list != nil {
		ways++
		for _, p := range list.list() {
			part, top := l.readItem(r, reg, p, it.ID+".", full, ids)
			it.BestOf = append(it.BestOf, part)
			most = max(most, top)
		}
	}
	if list := x.get("items"); list != nil {
		ways++
		for _, p := range list.list() {
			part, top := l.readItem(r, reg, p, "", Text{}, ids)
			it.Items = append(it.Items, part)
			most += top
		}
	}
	if list := x.get("cases"); list != nil {
		ways++
		most = l.readCasesOfItem(it, list)
	}
	if rg := x.get("range"); rg != nil {
		ways++
		if p, ok := pair(rg); ok {
			it.Range, most = &p, p[1]
		} else if len(rg.list()) == 2 {
			l.add(rg.pos, "分值写作 [最低, 最高]", "points are written [lowest, highest]")
		}
	}
	if ways != 1 {
		l.add(at, "评分项须有且只有一种写法：of 加 bands、best_of、items、cases 或 range", "a score item has exactly one of: of with bands, best_of, items, cases, range")
	}
	if m := x.get("max"); m != nil {
		v := whole(m)
		it.Max = &v
		most = min(most, v)
	}
	l.checkPoints(reg, it, x.get("points"), most)
	return it, most
}

// checkPoints checks that the points attribute of an item holds expert points up to the item's maximum.
func (l *loader) checkPoints(reg *Register, it *Item, n *node, most float64) {
	if n == nil || reg == nil {
		return
	}
	switch a := reg.Attribute(it.Points); {
	case a == nil:
		l.add(n.pos, "库里没有数据项 %q", "the register has no attribute %q", it.Points)
	case !a.Expert:
		l.add(n.pos, "%s 不是专家打分的数据项（expert）", "%s is not an attribute with expert points (expert)", it.Points)
	case a.Range != nil && a.Range[1] != most:
		l.add(n.pos, "%s 最高 %g 分，本项最高 %g 分", "%s goes up to %g points, but this item to %g", it.Points, a.Range[1], most)
	}
}

// readBands reads the bands, from the highest mark down. Each mark becomes a number of the rule.
func (l *loader) readBands(r *Rule, it *Item, name Text, x *node) []Band {
	var bands []Band
	var last figure.Figure
	for i, e := range x.get("bands").entries() {
		low, high, ok := l.points(e.value)
		mark, over := strings.CutPrefix(e.key, ">")
		written := &node{pos: e.pos, text: strings.TrimSpace(mark)}
		if !ok {
			continue
		}
		label := Text{ZH: fmt.Sprintf("%s：得 %g 分的标准", name.ZH, low), EN: fmt.Sprintf("%s: mark for %g points", name.EN, low)}
		if over {
			label = Text{ZH: fmt.Sprintf("%s：超过此值得 %g 分", name.ZH, low), EN: fmt.Sprintf("%s: above this %g points", name.EN, low)}
		}
		num := l.addNumber(r, fmt.Sprintf("score.%s.p%g", it.ID, low), written, label, x.get("slider"), e.pos)
		f := figure.Figure{Value: num.Value, Unit: num.Unit, Text: num.Text}
		if i > 0 && len(bands) > 0 {
			prev := bands[len(bands)-1]
			if f.Value >= last.Value {
				l.add(e.pos, "标准须从高到低：%s 不低于上一个 %s", "marks must go down: %s is not below the mark before it, %s", f.Text, last.Text)
			}
			if f.Unit != last.Unit {
				l.add(e.pos, "标准的单位须相同", "the marks must be in one unit")
			}
			if high >= prev.Low {
				l.add(e.value.pos, "分值须随标准递减", "points must go down with the marks")
			}
		}
		last = f
		bands = append(bands, Band{Number: num.Name, Over: over, Low: low, High: high})
	}
	return bands
}

// points reads "20" or "[1, 6]".
func (l *loader) points(n *node) (low, high float64, ok bool) {
	if n == nil {
		return 0, 0, false
	}
	if n.kind == sequenceNode {
		p, ok := pair(n)
		if !ok && len(n.items) == 2 {
			l.add(n.pos, "分值写作 [最低, 最高]", "points are written [lowest, highest]")
		}
		return p[0], p[1], ok
	}
	_, isNumber := n.json.(json.Number)
	v := whole(n)
	return v, v, isNumber
}

// readCasesOfItem reads the cases of an item. Only the last one has no condition.
func (l *loader) readCasesOfItem(it *Item, list *node) (most float64) {
	arms := list.list()
	for i, x := range arms {
		c := ScoreCase{Pos: x.pos}
		if w := x.get("when"); w != nil {
			c.When, c.Pos = l.expression(w)
		}
		if (c.When == "") != (i == len(arms)-1) {
			l.add(x.pos, "各种情形都要有 when，只有最后一个没有", "every case except the last needs a condition (when), and the last has none")
		}
		var ok bool
		if c.Low, c.High, ok = l.points(x.get("points")); ok {
			most = max(most, c.High)
		}
		it.Cases = append(it.Cases, c)
	}
	return most
}
