package main

import (
	"fmt"
	"time"

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

type ruleObject struct {
	Rule     string          `json:"rule"`
	Name     pack.Text       `json:"name"`
	Law      lawObject       `json:"law"`
	Criteria []ruleCriterion `json:"criteria"`
	Numbers  []ruleNumber    `json:"numbers"`
	Score    []ruleScoreItem `json:"score,omitempty"`
}

type ruleCriterion struct {
	ID      string    `json:"id"`
	Name    pack.Text `json:"name"`
	Article string    `json:"article"`
	Status  string    `json:"status"`
	When    string    `json:"when"`
}

type ruleNumber struct {
	Name  string    `json:"name"`
	Value any       `json:"value"` // money in yuan, shares as plain ratios
	Text  string    `json:"text"`
	Unit  string    `json:"unit"`
	Label pack.Text `json:"label"`
	Min   any       `json:"min,omitempty"`
	Max   any       `json:"max,omitempty"`
	Step  any       `json:"step,omitempty"`
}

type ruleScoreItem struct {
	ID    string    `json:"id"`
	Name  pack.Text `json:"name"`
	Depth int       `json:"depth"`
	Of    string    `json:"of,omitempty"`
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
		return a.object(newRuleObject(r, law))
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

func newRuleObject(r *pack.Rule, law *pack.Law) ruleObject {
	o := ruleObject{Rule: r.ID, Name: r.Name, Law: newLawObject(law), Criteria: []ruleCriterion{}, Numbers: []ruleNumber{}}
	for _, k := range r.Criteria {
		status := k.Status
		if status == "" {
			status = law.Status
		}
		o.Criteria = append(o.Criteria, ruleCriterion{k.ID, k.Name, k.Article, string(status), k.When})
	}
	for _, n := range r.Numbers {
		x := ruleNumber{Name: n.Name, Value: plainNumber(n.Value, n.Unit), Text: n.Text, Unit: n.Unit, Label: n.Label}
		if n.Min < n.Max {
			x.Min, x.Max, x.Step = plainNumber(n.Min, n.Unit), plainNumber(n.Max, n.Unit), plainNumber(n.Step, n.Unit)
		}
		o.Numbers = append(o.Numbers, x)
	}
	var items func(list []*pack.Item, depth int)
	items = func(list []*pack.Item, depth int) {
		for _, it := range list {
			o.Score = append(o.Score, ruleScoreItem{it.ID, it.Name, depth, it.Of})
			items(it.Items, depth+1)
			items(it.BestOf, depth+1)
		}
	}
	if r.Score != nil {
		items(r.Score.Items, 0)
	}
	return o
}

// ruleListCmd lists the rules of the pack with their laws.
type ruleListCmd struct{ plainly }

func (ruleListCmd) examples() []string { return []string{"eyas rule list", "eyas rule list --json"} }

func (ruleListCmd) Run(a *app) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	type entry struct {
		Rule string      `json:"rule"`
		Name pack.Text   `json:"name"`
		Laws []lawObject `json:"laws"`
	}
	out := struct {
		Rules []entry `json:"rules"`
	}{[]entry{}}
	var t grid
	for _, r := range p.Rules {
		e := entry{Rule: r.ID, Name: r.Name}
		for i := range r.Laws {
			l := newLawObject(&r.Laws[i])
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
