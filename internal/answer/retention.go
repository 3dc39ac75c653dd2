package answer

import (
	"eyas/internal/retention"
)

// Retention is what is due by rules of retention, or a plan of erasure.
type Retention struct {
	Day    string         `json:"day"`
	Cells  int            `json:"cells"`
	Plan   int64          `json:"plan,omitempty"` // 0: nothing was asked for
	State  string         `json:"state,omitempty"`
	Erased int            `json:"erased,omitempty"`
	Kept   int            `json:"kept,omitempty"` // held meanwhile
	Due    []RetentionDue `json:"due"`
	Holds  int            `json:"holds"` // that stand against erasures
}

// RetentionDue is how many cells are due of one register by one rule.
type RetentionDue struct {
	Register string `json:"register"`
	Rule     string `json:"rule,omitempty"`
	Imports  int    `json:"imports"`
	Cells    int    `json:"cells"`
}

// NewRetention answers with what is due.
func NewRetention(day string, tallies []retention.Tally, holds int) Retention {
	r := Retention{Day: day, Due: []RetentionDue{}, Holds: holds}
	for _, t := range tallies {
		r.Cells += t.Cells
		r.Due = append(r.Due, RetentionDue{t.Register, t.Rule, t.Imports, t.Cells})
	}
	return r
}

// Of adds a plan.
func (r Retention) Of(p *retention.Plan) Retention {
	r.Plan, r.State, r.Erased, r.Kept, r.Day = p.ID, string(p.State), p.Erased, p.Kept, p.Day
	return r
}

// Held is a legal hold.
type Held struct {
	Hold  int64  `json:"hold"`
	Ended bool   `json:"ended,omitempty"`
	Until string `json:"until,omitempty"`
}
