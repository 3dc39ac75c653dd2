package main

import (
	"fmt"
	"strconv"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/tri"
)

// print writes an explanation for people.
func (e explained) print(a *app) {
	code := e.who.Code
	if code == "" {
		code = a.say("（无代码）", "(no code)")
	}
	fmt.Fprintf(a.out, "%s  %s\n", e.who.Name, code)
	a.heading(e.Rule, e.Law, e.opt, e.BaseYear)
	head := a.verdict(e.Verdict)
	switch {
	case e.Near:
		head += a.say("，只差一项", ", one criterion away")
	case e.Pending:
		head += a.say("：数据符合，待人工核查", ": the figures fit, a manual finding is awaited")
	}
	if e.HasScore {
		head += a.say("   综合得分 ", "   score ") + figure.Span(e.ScoreLow, e.ScoreHigh)
	}
	fmt.Fprintf(a.out, a.say("结论：%s\n\n", "verdict: %s\n\n"), head)

	for _, c := range e.Criteria {
		v := a.verdict(c.Verdict)
		if c.Pending {
			v = a.say("☞ 待人工核查", "☞ pending")
		}
		fmt.Fprintf(a.out, "%s%s  %s（%s）\n", v, strings.Repeat(" ", max(0, 13-places(v))), c.Criterion.Name.In(a.lang), answer.Citation(e.Law, c.Criterion.Article))
		var t grid
		for _, in := range c.Inputs {
			t.row("    "+inputName(in, a.lang), e.inputText(a, in), e.sourceText(a, in))
		}
		t.flush(a.out)
		for _, r := range c.Rates {
			value := "—"
			if r.Defined {
				value = figure.In(a.lang, r.Value, "percent")
			}
			fmt.Fprintf(a.out, "    = %s（%s %s）\n", value, strings.NewReplacer(">=", "≥", "<=", "≤").Replace(r.Compare), figure.In(a.lang, r.Mark, "percent"))
		}
		if c.Verdict != tri.True {
			for i, g := range c.Gaps {
				if g.Choice != 0 && (i == 0 || c.Gaps[i-1].Choice != g.Choice) {
					fmt.Fprintf(a.out, "    %s\n", a.say("任选其一：", "any one of:"))
				}
				fmt.Fprintf(a.out, "    %s %s\n", wayMark(c.Gaps, i), answer.GapText(g, a.lang))
			}
		}
	}
	if e.HasScore {
		e.printScore(a)
	}
	e.printPlan(a)
}

// wayMark begins the line of a gap: an arrow, or the number of the alternative that it belongs to.
func wayMark(gaps []rule.Gap, i int) string {
	switch g := gaps[i]; {
	case g.Choice == 0:
		return "→"
	case i > 0 && gaps[i-1].Choice == g.Choice && gaps[i-1].Way == g.Way:
		return " +"
	default:
		return strconv.Itoa(g.Way) + ")"
	}
}

func inputName(in rule.Input, lang string) string {
	if in.Year == 0 {
		return in.Attr.Name.In(lang)
	}
	return in.Attr.Name.In(lang) + " " + strconv.Itoa(in.Year)
}

func (e explained) inputText(a *app, in rule.Input) string {
	switch {
	case in.Assumed:
		return a.say("否（假定）", "no (assumed)")
	case !in.Known:
		return a.say("缺", "missing")
	}
	if name := answer.CodeName(e.pack, in, a.lang); name != "" {
		return name
	}
	return answer.InputText(in, a.lang)
}

func (e explained) sourceText(a *app, in rule.Input) string {
	s := e.sources[col.Key{Attr: in.Attr.ID, Year: in.Year}]
	if s == nil || !in.Known || in.Assumed {
		return ""
	}
	return address(a, s)
}

// address names a cell: file, sheet, row, column.
func address(a *app, s *fact.Address) string {
	where := s.File
	if s.Sheet != "" {
		where += " " + s.Sheet
	}
	where += fmt.Sprintf(a.say(" 第%d行", " row %d"), s.Row)
	if s.Column == "" {
		return where + a.say("（名单完整，空白即否）", " (complete list: a blank is a no)")
	}
	return where + " " + s.Column
}

func (e explained) printScore(a *app) {
	fmt.Fprintf(a.out, "\n%s\n", a.say("得分：", "score:"))
	var t grid
	for _, it := range e.Items {
		value := ""
		if it.Value != nil {
			value = figure.In(a.lang, *it.Value, it.Unit)
		}
		next := ""
		if it.Next != nil {
			next = fmt.Sprintf(a.say("到 %s 得 %s", "%s gives %s"), figure.In(a.lang, it.NextMark, it.Unit), figure.Span(it.Next.Low, it.Next.High))
		}
		if it.Expert && it.Low != it.High {
			next = strings.TrimSpace(next + a.say("  待专家评分", "  awaits an expert"))
		}
		t.row(strings.Repeat("  ", it.Depth+1)+it.Item.Name.In(a.lang), figure.Span(it.Low, it.High), value, next)
	}
	t.row("  "+a.say("合计", "total"), figure.Span(e.ScoreLow, e.ScoreHigh))
	t.flush(a.out)
}

func (e explained) printPlan(a *app) {
	p := e.Plan
	var names []string
	for _, c := range p.Blocking {
		names = append(names, c.Name.In(a.lang))
	}
	list := strings.Join(names, a.say("、", ", "))
	fmt.Fprintln(a.out)
	switch {
	case p.Already:
		fmt.Fprintln(a.out, a.say("方案：无需改变。", "plan: nothing needs to change"))
	case !p.Possible && p.Why == "missing":
		fmt.Fprintf(a.out, a.say("方案：先补齐数据（%s）才能算出。\n", "plan: values are missing first (%s)\n"), list)
	case !p.Possible && p.Why == "beyond":
		fmt.Fprintf(a.out, a.say("方案：没有。超出合理的倍数才能满足：%s。\n", "plan: none; only changes beyond reason would meet: %s\n"), list)
		for _, c := range p.Beyond {
			fmt.Fprintf(a.out, "  %s %s → %s\n", c.Attr.Name.In(a.lang), figure.In(a.lang, c.From, c.Attr.Unit), figure.In(a.lang, c.To, c.Attr.Unit))
		}
	case !p.Possible && p.Why == "score":
		fmt.Fprintf(a.out, a.say("方案：没有。企业能改变的都做到，评分最高也只有 %g 分。\n", "plan: none; with all that the enterprise can change the score reaches %g at most\n"), p.High)
	case !p.Possible:
		fmt.Fprintf(a.out, a.say("方案：没有。企业自身改变不了：%s。\n", "plan: none; the enterprise cannot change: %s\n"), list)
	default:
		fmt.Fprintf(a.out, a.say("最省的达标方案（相对变化合计 %s）：\n", "cheapest plan (relative change %s in all):\n"), strconv.FormatFloat(p.Cost*100, 'f', 1, 64)+" %")
		var t grid
		for _, c := range p.Changes {
			t.row("  "+c.Attr.Name.In(a.lang), figure.In(a.lang, c.From, c.Attr.Unit)+" → "+figure.In(a.lang, c.To, c.Attr.Unit), figure.Change(a.lang, c.To-c.From, c.Attr.Unit))
		}
		t.flush(a.out)
	}
	if p.Possible && len(p.Assumes) > 0 {
		names = nil
		for _, c := range p.Assumes {
			names = append(names, c.Name.In(a.lang))
		}
		fmt.Fprintf(a.out, a.say("另需人工核查：%s\n", "a person must still find: %s\n"), strings.Join(names, a.say("、", ", ")))
	}
}
