// Package rule evaluates the recognitions of a pack. For a whole register it gives three-valued verdicts, with compiled
// kernels over columns. For one subject it gives the reasons, the gaps and the cheapest plan. cel-go parses and checks
// the expressions. Its interpreter evaluates what the kernels do not cover, and tests compare the kernels with it.
package rule

import (
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/tri"
)

// Options of a screening or an explanation. What is assumed or moved must be shown with the result.
type Options struct {
	Date    time.Time          // the day of the verdict; the base year is the year before
	Assume  []string           // ids of yes/no attributes whose blanks count as "no"
	Numbers map[string]float64 // numbers that replace the pack's, by name, in their base unit (fen for money, 0.3 for 30 %)
	Rows    col.Bitmap         // the rows of the table that a what-if and a curve count; nil: all
	Doubted []col.Key          // of the subject that is explained: values that nobody should plan with; screenings take no notice
}

// Outcome is the verdicts of one recognition over a table. Met, Unmet and Unknown partition Rows. Near is a part of
// Unmet, and Pending a part of Unknown.
type Outcome struct {
	Rule     *pack.Rule
	Law      *pack.Law // the law in force on the day
	Date     time.Time
	BaseYear int
	Rows     col.Bitmap // subjects that existed on the day; see col.Table.Begun
	Met      col.Bitmap
	Unmet    col.Bitmap
	Unknown  col.Bitmap
	Near     col.Bitmap // exactly one criterion is unmet, by the data alone; no other one lacks data
	Pending  col.Bitmap // every unknown criterion waits only for a manual finding
	Criteria []CriterionOutcome
	// ScoreLow and ScoreHigh bound the total score of each row, in points. They are nil for rules without a score.
	ScoreLow, ScoreHigh []int16
	Fallback            int // rows × criteria that the interpreter evaluated, because the kernels do not cover them
	Seconds             float64
}

// CriterionOutcome is one criterion over a table. True and False are disjoint. A row in neither is unknown.
type CriterionOutcome struct {
	Criterion *pack.Criterion
	True      col.Bitmap
	False     col.Bitmap
	// Only is the rows of Near whose unmet criterion is this one.
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

// Input is one value that a criterion or a score item reads.
type Input struct {
	Attr    *pack.Attribute
	Year    int // 0 for attributes that are not yearly
	Known   bool
	Assumed bool    // blank, and taken as "no" by Options.Assume
	Num     float64 // numbers in the unit of Attr (fen for money), dates in days since 1970-01-01, yes/no as 1/0
	Str     string  // of codes and texts
}

// Gap is how far an unmet comparison is from being met.
type Gap struct {
	Attr      *pack.Attribute // the attribute to change; nil if only the ratio can be stated
	Year      int
	Have      float64 // value of the compared expression, in Unit
	Need      float64
	Unit      string  // of Have and Need: money (fen), percent, day, item, person, point …
	Change    float64 // signed change of Attr that meets the comparison, in its base unit; 0 if there is none
	Exclusive bool    // Need itself does not meet it; the value must be above (or below) Need
	NoValue   bool    // the share has no value, because its denominator is zero or less; Have means nothing
	// Choice and Way tell duties and alternatives apart. A gap of choice 0 must be closed. Of the gaps of one other choice, those
	// of one way suffice; choices and their ways count from 1.
	Choice, Way int
	Item        *pack.Item // the score item whose points fall short; nil for the total and for all else
}

// CriterionView is one criterion for one subject.
type CriterionView struct {
	Criterion *pack.Criterion
	Status    pack.Status
	Verdict   tri.Bool
	Pending   bool // unknown, and a manual finding would settle it
	Inputs    []Input
	Missing   []Input // the blank inputs that keep it unknown
	AnyOf     bool    // any one of several unknown conditions would meet it: Missing are alternatives
	Gaps      []Gap
	Rates     []Rate // the known shares and growth rates that it compares
	// Numbers are the figures of the rule that are named for the criterion and decide it for this subject; Others are those
	// of other tiers.
	Numbers, Others []*pack.Number
	Scored          bool // it reads the total or an item of the score
}

// Rate is a share or a growth rate that a criterion compares with a mark.
type Rate struct {
	Value   float64 // as a ratio: 0.092 is 9.2 %
	Defined bool    // false: it has no value, because a denominator is zero or less
	Compare string  // >=, >, <= or <
	Mark    float64
}

// ItemView is one score item for one subject. Low and High are points.
type ItemView struct {
	Item      *pack.Item
	Depth     int
	Low, High float64
	Value     *float64 // the number that the bands are for; nil if there is none or it is unknown
	Unit      string
	Inputs    []Input
	Reached   *pack.Band // nil below the lowest mark and while unknown
	Next      *pack.Band // the next better band; nil in the best one
	NextMark  float64    // the mark of Next
	Expert    bool       // an expert's points are missing and would decide it
	Finding   string     // what is wrong with the expert's points: "12 ∉ 6–10"
}

// Change is one change of a plan, in the base unit of Attr (fen for money).
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
	Already  bool // no change is needed
	Changes  []Change
	Cost     float64           // sum of the relative changes
	Assumes  []*pack.Criterion // criteria that wait for a manual finding after the changes
	// Low and High are the bounds of the total after the changes; of a plan that fails for the score, High is the most that
	// the levers give. Both are 0 for rules without a score.
	Low, High float64
	// Why says why it is not possible: "missing" (values are missing first), "fixed" (an unmet criterion cannot be changed),
	// "score" (the levers do not give points enough), "beyond" (only changes beyond what the levers allow would do, see
	// Beyond) or "doubted" (it would rest on doubted values, see Doubted). Blocking are the criteria in the way.
	Why      string // if not Possible: "missing" (Blocking lack data) or "fixed" (no change meets Blocking)
	Blocking []*pack.Criterion
	Beyond   []Change
	Doubted  []Input
}

// Raise is a change of one lever by which the score table gives more points.
type Raise struct {
	Changes   []Change // of all attributes that the lever moves
	Low, High float64  // bounds of the total after it
	Enough    bool     // no criterion fails for the score any more
}

// Explanation is the verdict on one subject under one recognition on a day, with its reasons.
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
	Items               []ItemView // a group comes before its parts
	Raises              []Raise    // while the score does not suffice: one for each lever that helps, those that are enough first
	Plan                Plan
}

// Count is the sizes of an Outcome's sets. Near is included in Unmet, and Pending in Unknown.
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
	Entered, Left col.Bitmap // rows that become met, and rows that are no longer met
	Outcome       *Outcome   // after the change
	Seconds       float64
}

// Point is one point of a curve: the number of met rows at a value in base units.
type Point struct {
	Value float64 `json:"value"`
	Met   int     `json:"met"`
}

// Face is what commands and pages need of the rules. *Set implements it (see Compile). All methods return
// fault.NotFound for an unknown rule, and fault.Invalid for a day without a law in force, an unknown number, or an
// attribute that cannot be assumed.
type Face interface {
	// Law returns a rule and its law in force on a day. If there is none, the message names the first day of the
	// earliest law.
	Law(ruleID string, date time.Time) (*pack.Rule, *pack.Law, error)
	// Screen evaluates recognitions over a table. Without ids, it evaluates every rule about the table's register that
	// has a law in force on the day. Equal subexpressions are computed once.
	Screen(t *col.Table, opt Options, ruleIDs ...string) ([]*Outcome, error)
	// ScreenAfter is Screen of a table of which all but some rows are those of the table that earlier outcomes are of; see
	// col.Table.Differing. The outcomes come from this set, with the same options and ids.
	ScreenAfter(t *col.Table, opt Options, before []*Outcome, rows col.Bitmap, ruleIDs ...string) ([]*Outcome, error)
	// Explain explains the verdict of one row. A row outside the table is fault.NotFound.
	Explain(t *col.Table, row int, ruleID string, opt Options) (*Explanation, error)
	// Inputs returns the values that the criteria of a recognition can read on a day, each once, without manual
	// findings. They are the attributes to ask an enterprise for. Only Attr and Year are set.
	Inputs(t *col.Table, ruleID string, opt Options) ([]Input, error)
	// WhatIf screens a recognition with moved numbers and compares the result with that of opt. It keeps what does not
	// depend on the moved numbers, so only the first call for a set of names is slow.
	WhatIf(t *col.Table, opt Options, ruleID string, numbers map[string]float64) (*Difference, error)
	// Curve returns the number of met rows for each value of one number. Other moved numbers (opt.Numbers) keep their
	// value.
	Curve(t *col.Table, opt Options, ruleID, number string, values []float64) ([]Point, error)
}
