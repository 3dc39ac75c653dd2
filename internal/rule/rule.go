// Package rule evaluates a pack's recognitions: three-valued verdicts over a whole register at once
// (compiled kernels over columns), and for one subject the reasons, gaps and the cheapest plan.
// CEL expressions are parsed and checked by cel-go, whose interpreter is the oracle in tests and the
// fallback for what the kernels do not cover.
package rule

import (
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/tri"
)

// Options of a screening or an explanation.
type Options struct {
	Date    time.Time          // the day D; the base year is the year before
	Assume  []string           // boolean attributes whose blanks are taken as "no": a labelled assumption
	Numbers map[string]float64 // moved numbers, in the base unit (fen for money, 0.3 for 30 %)
	Rows    col.Bitmap         // a what-if and a curve count these rows of the table only; nil: all
}

// Outcome is the verdict of one recognition over a table. The five sets below partition Rows when
// Near is counted inside Unmet and Pending inside Unknown.
type Outcome struct {
	Rule     *pack.Rule
	Law      *pack.Law // the dated law in force on the day
	Date     time.Time
	BaseYear int
	Rows     col.Bitmap // subjects that there were on the day: see col.Table.Begun
	Met      col.Bitmap
	Unmet    col.Bitmap
	Unknown  col.Bitmap
	Near     col.Bitmap // part of Unmet: one criterion away
	Pending  col.Bitmap // part of Unknown: the figures fit, a manual finding is awaited
	Criteria []CriterionOutcome
	// ScoreLow and ScoreHigh are the bounds of the total per row; nil for rules without a score.
	ScoreLow, ScoreHigh []int16
	Fallback            int // rows × criteria that went through the interpreter because the kernels do not cover them
	Seconds             float64
}

// CriterionOutcome is one criterion over the table. True and False are disjoint; what is in neither is unknown.
type CriterionOutcome struct {
	Criterion *pack.Criterion
	True      col.Bitmap
	False     col.Bitmap
	// Only is the rows of Near whose single unmet criterion is this one.
	Only col.Bitmap
}

// Verdict returns the verdict of row i.
func (o *Outcome) Verdict(i int) tri.Bool {
	switch {
	case o.Met.Get(i):
		return tri.True
	case o.Unmet.Get(i):
		return tri.False
	}
	return tri.Unknown
}

// Input is one value that a criterion or score item used.
type Input struct {
	Attr    *pack.Attribute
	Year    int // 0 for attributes that are not yearly
	Known   bool
	Assumed bool    // taken as "no" by the labelled assumption
	Num     float64 // numbers (fen for money), dates as days, booleans as 0 and 1
	Str     string  // codes and texts
}

// Gap is how far an unmet comparison is from met, in the unit of the attribute to change.
type Gap struct {
	Attr      *pack.Attribute // what to change; nil when only the ratio itself can be stated
	Year      int
	Have      float64 // value of the compared expression
	Need      float64
	Unit      string  // unit of Have and Need: money, percent, day, item, person, point …
	Change    float64 // signed change of Attr that would meet it, in its base unit; 0 when it cannot
	Exclusive bool    // Need itself is not enough: strictly more (or less)
	NoValue   bool    // the share has no value, since its denominator is zero or less; Have says nothing
}

// CriterionView is one criterion for one subject.
type CriterionView struct {
	Criterion *pack.Criterion
	Status    pack.Status
	Verdict   tri.Bool
	Pending   bool // unknown only for want of a manual finding
	Inputs    []Input
	Missing   []Input // the inputs whose absence keeps it unknown
	Gaps      []Gap
	Rates     []Rate // the shares and rates of growth that it compares, where they are known
}

// Rate is a share or a rate of growth that a criterion compares with a mark.
type Rate struct {
	Value   float64 // a plain ratio: 0.092 is 9.2 %
	Defined bool    // false: known to have no value, since the denominator is zero or less
	Compare string  // >=, >, <= or <
	Mark    float64
}

// ItemView is one score item for one subject.
type ItemView struct {
	Item      *pack.Item
	Depth     int
	Low, High float64
	Value     *float64 // the banded number, when it has one
	Unit      string
	Inputs    []Input
	Reached   *pack.Band // band reached; nil below the last mark or unknown
	Next      *pack.Band // next better band
	NextMark  float64    // its mark
	Expert    bool       // an expert's points would decide it
	Finding   string     // e.g. a given score outside its band
}

// Change is one change of a plan.
type Change struct {
	Lever    *pack.Lever
	Attr     *pack.Attribute
	Year     int
	From, To float64
	Relative float64 // |To − From| / max(|From|, scale)
}

// Plan is the cheapest set of changes after which no criterion is unmet and only manual findings are open.
type Plan struct {
	Possible bool
	Already  bool // nothing to change
	Changes  []Change
	Cost     float64           // sum of relative changes
	Assumes  []*pack.Criterion // criteria that a person must still find
	Why      string            // message key when not possible: "missing" (values are missing first), "fixed" (an unmet criterion cannot be changed), with Blocking
	Blocking []*pack.Criterion
}

// Explanation is everything about one subject and one recognition on a day.
type Explanation struct {
	Rule                *pack.Rule
	Law                 *pack.Law
	Date                time.Time
	BaseYear            int
	Verdict             tri.Bool
	Near                bool
	Pending             bool
	Criteria            []CriterionView
	ScoreLow, ScoreHigh float64
	HasScore            bool
	Items               []ItemView // in order, groups before their parts
	Plan                Plan
}

// Count is a five-way count.
type Count struct {
	Met     int `json:"met"`
	Near    int `json:"near"`
	Unknown int `json:"unknown"`
	Pending int `json:"pending_manual"`
	Unmet   int `json:"unmet"`
}

// Difference is the result of a what-if.
type Difference struct {
	Before, After Count
	Entered, Left col.Bitmap // rows that become met, and rows that are met no more
	Outcome       *Outcome   // after
	Seconds       float64
}

// Point is one point of a response curve.
type Point struct {
	Value float64 `json:"value"`
	Met   int     `json:"met"`
}

// Face is the interface of the rules for commands and pages; *Set implements it (see Compile).
type Face interface {
	// Law returns the rule and its law in force on a day. When there is none, the error names the first day of a law.
	Law(ruleID string, date time.Time) (*pack.Rule, *pack.Law, error)
	// Screen evaluates recognitions over a table, all when no id is given. Common subexpressions are computed once.
	Screen(t *col.Table, opt Options, ruleIDs ...string) ([]*Outcome, error)
	// Explain explains the verdict of one row of a table.
	Explain(t *col.Table, row int, ruleID string, opt Options) (*Explanation, error)
	// Inputs returns the values that the criteria of a recognition read on a day, without manual findings.
	Inputs(t *col.Table, ruleID string, opt Options) ([]Input, error)
	// WhatIf screens a recognition with moved numbers and compares the results. It caches everything that does not depend
	// on the names of the numbers, so that only the first call for a set of names is slow.
	WhatIf(t *col.Table, opt Options, ruleID string, numbers map[string]float64) (*Difference, error)
	// Curve returns the number of met rows at every value of one number. Other moved numbers (opt.Numbers) stay.
	Curve(t *col.Table, opt Options, ruleID, number string, values []float64) ([]Point, error)
}
