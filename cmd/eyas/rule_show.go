package main

import (
	"fmt"
	"time"

	"eyas/internal/answer"
	"eyas/internal/pack"
)

// ruleShowCmd shows one rule: its law, criteria and the numbers that can be moved.
type ruleShowCmd struct {
	plainly
	Date string `name:"date" placeholder:"YYYY-MM-DD" help:"哪一天施行的版本，默认今天 | the version in force on this day, today by default"`
	ID   string `arg:"" name:"rule" help:"规则 id，见 eyas rule list | id of the rule, see eyas rule list"`
}

func (ruleShowCmd) detail() pack.Text { return pack.Text{} }

func (ruleShowCmd) examples() []string {
	return []string{"eyas rule show tsme", "eyas rule show eaglet --date 2020-06-30 --json"}
}

func (c ruleShowCmd) Run(a *app) error {
	d, err := a.date(c.Date)
	if err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	if err := knownRule(p, c.ID); err != nil {
		return err
	}
	set, err := a.rules()
	if err != nil {
		return err
	}
	r, law, err := set.Law(c.ID, d)
	if err != nil {
		return err
	}
	if a.json {
		return a.object(answer.NewRule(r, law))
	}
	fmt.Fprintf(a.out, "%s  %s\n", r.ID, r.Name.In(a.lang))
	fmt.Fprintf(a.out, a.say("依据：%s %s（%s）", "under: %s %s (%s)"), law.Title, law.Number, a.status(law.Status))
	if !law.From.IsZero() {
		fmt.Fprintf(a.out, a.say("，自 %s 施行", ", in force since %s"), law.From.Format(time.DateOnly))
	}
	if !law.Until.IsZero() {
		fmt.Fprintf(a.out, a.say("，至 %s", ", until %s"), law.Until.Format(time.DateOnly))
	}
	fmt.Fprintf(a.out, "\n\n%s\n", a.say("条件：", "criteria:"))
	var t grid
	for _, k := range r.Criteria {
		status := k.Status
		if status == "" {
			status = law.Status
		}
		t.row("  "+k.ID, k.Name.In(a.lang), k.Article, a.status(status))
	}
	t.flush(a.out)
	fmt.Fprintf(a.out, "\n%s\n", a.say("可以改动的数：", "numbers that can be moved:"))
	for _, n := range r.Numbers {
		t.row("  "+n.Name, n.Text, n.Label.In(a.lang))
	}
	t.flush(a.out)
	return nil
}

// ruleListCmd lists the rules of the pack with their laws.
type ruleListCmd struct{ plainly }

func (ruleListCmd) examples() []string { return []string{"eyas rule list", "eyas rule list --json"} }

func (ruleListCmd) Run(a *app) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	out := answer.Rules{Rules: []answer.RuleLine{}}
	var t grid
	for _, r := range p.Rules {
		e := answer.RuleLine{Rule: r.ID, Name: r.Name}
		for i := range r.Laws {
			l := answer.NewLaw(&r.Laws[i])
			e.Laws = append(e.Laws, l)
			t.row(r.ID, r.Name.In(a.lang), l.Number, l.From+"…"+l.Until, a.status(r.Laws[i].Status))
		}
		out.Rules = append(out.Rules, e)
	}
	if a.json {
		return a.object(out)
	}
	t.flush(a.out)
	return nil
}
