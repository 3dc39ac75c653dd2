package answer

import (
	"eyas/internal/figure"
	"eyas/internal/pack"
)

// Rule is a version of a rule: its law, its criteria, and the numbers that what-ifs can change.
type Rule struct {
	Rule     string          `json:"rule"`
	Name     pack.Text       `json:"name"`
	Law      Law             `json:"law"`
	Criteria []RuleCriterion `json:"criteria"`
	Numbers  []RuleNumber    `json:"numbers"`
	Score    []RuleItem      `json:"score,omitempty"`
}

// RuleCriterion is a criterion of a rule, as a CEL expression.
type RuleCriterion struct {
	ID      string    `json:"id"`
	Name    pack.Text `json:"name"`
	Article string    `json:"article"`
	Status  string    `json:"status"`
	When    string    `json:"when"`
}

// RuleNumber is a number of a rule. Min, Max and Step are the limits of its slider, left out if it has none.
type RuleNumber struct {
	Name  string    `json:"name"`
	Value any       `json:"value"` // money in yuan, shares as ratios
	Text  string    `json:"text"`
	Unit  string    `json:"unit"`
	Label pack.Text `json:"label"`
	Min   any       `json:"min,omitempty"`
	Max   any       `json:"max,omitempty"`
	Step  any       `json:"step,omitempty"`
}

// RuleItem is an item of the rule's score. Depth is 0 for the top level.
type RuleItem struct {
	ID    string    `json:"id"`
	Name  pack.Text `json:"name"`
	Depth int       `json:"depth"`
	Of    string    `json:"of,omitempty"`
}

// RuleLine is a rule with all its laws.
type RuleLine struct {
	Rule string    `json:"rule"`
	Name pack.Text `json:"name"`
	Laws []Law     `json:"laws"`
}

// Rules are the rules of a pack.
type Rules struct {
	Rules []RuleLine `json:"rules"`
}

// NewRule returns the answer for a rule under a law.
func NewRule(r *pack.Rule, law *pack.Law) Rule {
	o := Rule{Rule: r.ID, Name: r.Name, Law: NewLaw(law), Criteria: []RuleCriterion{}, Numbers: []RuleNumber{}}
	for _, k := range r.Criteria {
		status := k.Status
		if status == "" {
			status = law.Status
		}
		o.Criteria = append(o.Criteria, RuleCriterion{k.ID, k.Name, k.Article, string(status), k.When})
	}
	for _, n := range r.Numbers {
		x := RuleNumber{Name: n.Name, Value: figure.Plain(n.Value, n.Unit), Text: n.Text, Unit: n.Unit, Label: n.Label}
		if n.Min < n.Max {
			x.Min, x.Max, x.Step = figure.Plain(n.Min, n.Unit), figure.Plain(n.Max, n.Unit), figure.Plain(n.Step, n.Unit)
		}
		o.Numbers = append(o.Numbers, x)
	}
	var items func(list []*pack.Item, depth int)
	items = func(list []*pack.Item, depth int) {
		for _, it := range list {
			o.Score = append(o.Score, RuleItem{it.ID, it.Name, depth, it.Of})
			items(it.Items, depth+1)
			items(it.BestOf, depth+1)
		}
	}
	if r.Score != nil {
		items(r.Score.Items, 0)
	}
	return o
}
