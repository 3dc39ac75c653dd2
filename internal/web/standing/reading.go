// Package standing writes for people where a subject stands with the recognitions: a sentence, each criterion with what it
// reads, what is short and what would help, with doubted values marked.
package standing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/tri"
	"eyas/internal/web/address"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// Reader is who an explanation is written for: an address, the words of a language, and what is doubted of the subject.
type Reader struct {
	*address.Ask
	W      words.Writer
	Doubts Doubts
}

// Reading is an explanation written out for people.
type Reading struct {
	Rule     *pack.Rule
	Law      *pack.Law
	Criteria []Criterion // those that are not met first
	Open     int         // how many of them are not met
	Short    string      // what is not met, in a line; empty when all is
	MetNames string      // what is met, in a line
	Items    []Item
	Total    string
	Raises   []raiseView
	Helps    bool // one of them alone may be enough
	Choice   bool // the score alone fails, and any one of the raises may be enough: they are the plan
	Plan     Plan
	Doubted  bool // it reads a doubted value
}

// Failing and Fine are the criteria that are not met, and those that are.
func (r *Reading) Failing() []Criterion { return r.Criteria[:r.Open] }
func (r *Reading) Fine() []Criterion    { return r.Criteria[r.Open:] }

type Criterion struct {
	Name    pack.Text
	Article string
	Status  pack.Status // only where it differs from the law's
	Numbers []figureOf  // the figures of the rule that decide it
	Others  []figureOf  // those of other tiers
	Note    pack.Text
	Inputs  []inputGroup
	State   list.Verdict
	Missing []string
	AnyOf   bool // what is missing are alternatives
	Gaps    []gapView
	Choices [][]wayView // of each choice any one way suffices
	Rates   []string    // "9.2 % ≥ 10 %"; only where no gap says it
}

// figureOf is a figure of the rule, with the name by which commands and the lab know it.
type figureOf struct{ Text, Name string }

// wayView is all that one alternative takes.
type wayView []gapView

// inputGroup is one attribute that a criterion reads, with its values of one or more years.
type inputGroup struct {
	Name   string
	Values []inputValue
}

type inputValue struct {
	Value   string
	Unit    string
	Year    string
	Doubt   *Doubt
	Known   bool
	Assumed bool
	Source  origin.Source
	Same    bool // the source is in the same sheet as the value before: its cell is enough
}

// gapView is what would have to change, and how far off it is.
type gapView struct {
	Change string // "科技人员数 +1 人"
	Detail string // "9.2 % → ≥ 10 %"
}

type Item struct {
	Name    pack.Text
	Article string
	Depth   int
	Points  string
	Value   string // the banded figure
	Reached string
	Next    string
	Expert  bool
	Finding string
}

type Plan struct {
	Possible, Already bool
	Steps             []planStep
	Cost              string
	Upto              string // the most points after it, where experts still decide; else empty
	Assumes           []pack.Text
	Why               string // message key
	Most              string // the most points that the levers give, where they are not enough
	Blocking          []pack.Text
	Fill              []string // values to fill in first
	Beyond            []beyondStep
	Doubted           []*Doubt
}

// raiseView is a change by which the score grows, and what it gives.
type raiseView struct{ Does, Gives string }

type planStep struct{ Name, From, To, Change, Does string }

// beyondStep is a change that no plan proposes, with how many times what there is would be the most.
type beyondStep struct {
	Name, From, To, Times string
	Zero                  bool // there is none of it now
}

// read writes an explanation out, each input with its source. What is not met comes first.
func read(o *Reader, x *rule.Explanation, sources map[col.Key]*fact.SourcedFact) *Reading {
	w := o.W
	r := &Reading{Rule: x.Rule, Law: x.Law, Plan: readPlan(o, x)}
	for _, c := range x.Criteria {
		row := Criterion{Name: c.Criterion.Name, Article: cmp.Or(c.Criterion.Article, x.Law.Number), Note: c.Criterion.Note, State: stateOfCriterion(c),
			Inputs: readInputs(o, c.Inputs, sources)}
		doubted := slices.ContainsFunc(c.Inputs, func(in rule.Input) bool { return o.Doubts.At[col.Key{Attr: in.Attr.ID, Year: in.Year}] != nil })
		r.Doubted = r.Doubted || doubted
		if c.Status != x.Law.Status {
			row.Status = c.Status
		}
		row.Numbers, row.Others = figuresOf(w, c.Numbers), figuresOf(w, c.Others)
		for _, m := range c.Missing {
			row.Missing = append(row.Missing, w.KeyName(col.Key{Attr: m.Attr.ID, Year: m.Year}))
		}
		row.AnyOf = c.AnyOf && len(row.Missing) > 1
		row.Gaps, row.Choices = readGaps(w, c.Gaps)
		for i := range row.Gaps {
			if doubted && row.Gaps[i].Detail != "" {
				row.Gaps[i].Change = "" // how far it is holds only if the value does
			}
		}
		if len(c.Gaps) == 0 {
			row.Rates = readRates(w, c.Rates)
		}
		r.Criteria = append(r.Criteria, row)
	}
	r.order(o)
	short := func(c rule.CriterionView) bool { return c.Verdict == tri.False }
	r.Choice = x.Plan.Possible && len(x.Raises) > 0 && x.Raises[0].Enough &&
		!slices.ContainsFunc(x.Criteria, func(c rule.CriterionView) bool { return short(c) && !c.Scored })
	if slices.ContainsFunc(x.Criteria, func(c rule.CriterionView) bool { return short(c) && c.Scored }) && x.Plan.Doubted == nil {
		open := "raise.missing"
		if slices.ContainsFunc(x.Items, func(i rule.ItemView) bool { return i.Expert }) {
			open = "raise.expert"
		}
		for _, raise := range x.Raises {
			if r.Helps = x.Raises[0].Enough; raise.Enough || !r.Helps {
				r.Raises = append(r.Raises, readRaise(w, raise, open))
			}
		}
	}
	r.Choice = r.Choice && r.Raises != nil
	if x.HasScore {
		r.Total = figure.Points(x.ScoreLow, x.ScoreHigh)
	}
	for _, i := range x.Items {
		row := Item{Name: i.Item.Name, Article: i.Item.Article, Depth: i.Depth, Points: figure.Points(i.Low, i.High), Expert: i.Expert, Finding: i.Finding}
		if i.Value != nil {
			row.Value = w.Amount(*i.Value, i.Unit, 2)
		}
		if i.Reached != nil {
			row.Reached = figure.Points(i.Reached.Low, i.Reached.High)
		}
		if i.Next != nil {
			row.Next = w.Text("enterprise.next", "mark", w.Amount(i.NextMark, i.Unit, 2), "points", figure.Points(i.Next.Low, i.Next.High))
		}
		r.Items = append(r.Items, row)
	}
	return r
}

func readRates(w words.Writer, rates []rule.Rate) []string {
	signs := map[string]string{">=": "≥", "<=": "≤"}
	var list []string
	for _, r := range rates {
		value := "—"
		if r.Defined {
			value = w.Amount(r.Value, "percent", 2)
		}
		list = append(list, value+"（"+cmp.Or(signs[r.Compare], r.Compare)+" "+w.Amount(r.Mark, "percent", 2)+"）")
	}
	return list
}

func stateOfCriterion(c rule.CriterionView) list.Verdict {
	switch {
	case c.Verdict == tri.True:
		return list.Met
	case c.Verdict == tri.False:
		return list.Unmet
	case c.Pending:
		return list.Pending
	}
	return list.Unknown
}

// order puts the criteria that are not met first: what fails, what lacks a value, what waits for a person.
func (r *Reading) order(o *Reader) {
	rank := []list.Verdict{list.Unmet, list.Unknown, list.Pending, list.Met}
	slices.SortStableFunc(r.Criteria, func(a, b Criterion) int { return slices.Index(rank, a.State) - slices.Index(rank, b.State) })
	var open, met []string
	for _, c := range r.Criteria {
		if c.State == list.Met {
			met = append(met, c.Name.In(o.Lang))
			continue
		}
		r.Open++
		open = append(open, c.Name.In(o.Lang))
	}
	r.Short, r.MetNames = listed(o, open), strings.Join(met, o.W.Text("frame.and"))
}

// figuresOf writes the figures of a rule: "上限 500 人".
func figuresOf(w words.Writer, numbers []*pack.Number) (list []figureOf) {
	for _, n := range numbers {
		text := n.Text // as the rule has it: 2亿元, 30%
		if n.Unit != "money" && n.Unit != "percent" {
			text = w.Amount(n.Value, n.Unit, 2)
		}
		list = append(list, figureOf{strings.TrimSpace(n.Label.In(w.Lang) + " " + text), n.Name})
	}
	return list
}

// readGaps writes what must change, and apart from it the alternatives of which one suffices.
func readGaps(w words.Writer, gaps []rule.Gap) (duties []gapView, choices [][]wayView) {
	for _, g := range gaps {
		if g.Choice == 0 {
			duties = append(duties, readGap(w, g))
			continue
		}
		if g.Choice > len(choices) {
			choices = append(choices, nil)
		}
		ways := &choices[g.Choice-1]
		if g.Way > len(*ways) {
			*ways = append(*ways, nil)
		}
		(*ways)[g.Way-1] = append((*ways)[g.Way-1], readGap(w, g))
	}
	return duties, choices
}

// readInputs writes what a criterion read, the years of an attribute together.
func readInputs(o *Reader, inputs []rule.Input, sources map[col.Key]*fact.SourcedFact) []inputGroup {
	var groups []inputGroup
	at := map[string]int{}
	for _, in := range inputs {
		i, ok := at[in.Attr.ID]
		if !ok {
			i = len(groups)
			at[in.Attr.ID] = i
			groups = append(groups, inputGroup{Name: o.W.Name(in.Attr)})
		}
		g := &groups[i]
		v := readInput(o.Ask, o.W, in, sources)
		v.Doubt = o.Doubts.At[col.Key{Attr: in.Attr.ID, Year: in.Year}]
		if v.Known && in.Attr.Kind != pack.Boolean {
			v.Unit = o.W.Unit(in.Attr)
		}
		g.Values = append(g.Values, v)
	}
	for _, g := range groups {
		slices.SortStableFunc(g.Values, func(a, b inputValue) int { return strings.Compare(b.Year, a.Year) }) // the last year first, as in the profile
		for i := 1; i < len(g.Values); i++ {
			g.Values[i].Same = g.Values[i].Source.File == g.Values[i-1].Source.File
		}
	}
	return groups
}

func readInput(ask *address.Ask, w words.Writer, in rule.Input, sources map[col.Key]*fact.SourcedFact) inputValue {
	v := inputValue{Known: in.Known, Assumed: in.Assumed}
	if in.Year != 0 {
		v.Year = strconv.Itoa(in.Year)
	}
	if !in.Known {
		return v
	}
	switch in.Attr.Kind {
	case pack.Code, pack.String, pack.List:
		v.Value = w.Value(in.Attr, fact.Value{Str: in.Str})
		if in.Str == "" {
			v.Value = w.Text("enterprise.given")
		}
	default:
		v.Value = w.Aligned(in.Attr, in.Num)
	}
	if f := sources[col.Key{Attr: in.Attr.ID, Year: in.Year}]; f != nil && !in.Assumed {
		v.Source = origin.OfFact(ask, w, f)
	}
	return v
}

func readGap(w words.Writer, g rule.Gap) gapView {
	var v gapView
	name := ""
	if g.Attr != nil {
		name = w.KeyName(col.Key{Attr: g.Attr.ID, Year: g.Year})
	}
	if g.Unit == "boolean" {
		v.Change = w.Text("enterprise.gap.boolean", "name", name, "value", w.Number(g.Attr, g.Need))
		return v
	}
	if g.Unit == "certificate" {
		v.Change = w.Text("enterprise.gap.certificate", "name", certificateOf(w, g.Attr))
		return v
	}
	if g.Unit == "point" {
		name = w.Text("enterprise.gap.total")
		if g.Item != nil {
			name = w.Text("enterprise.gap.item", "name", g.Item.Name.In(w.Lang))
		}
		key := "enterprise.gap"
		if g.Exclusive {
			key = "enterprise.gap.over"
		}
		return gapView{name, w.Text(key, "have", w.Amount(g.Have, g.Unit, 2), "need", w.Amount(g.Need, g.Unit, 2))}
	}
	unit := g.Unit
	if g.Attr != nil && g.Attr.Unit == "usd" && unit == "money" {
		unit = "usd"
	}
	if g.Attr != nil && g.Change != 0 {
		v.Change = name + " " + change(w, g.Attr, g.Change)
	}
	if g.Have == 0 && g.Need == 0 {
		if v.Change == "" {
			v.Change = name
		}
		return v
	}
	key := "enterprise.gap"
	if g.Exclusive {
		key = "enterprise.gap.over"
	}
	have := w.Amount(g.Have, unit, 2)
	if g.NoValue {
		have = w.Text("enterprise.gap.novalue")
	}
	v.Detail = w.Text(key, "have", have, "need", w.Amount(g.Need, unit, 2))
	if v.Change == "" && name != "" {
		v.Change = name
	}
	return v
}

// certificateOf names the certificate whose first day an attribute holds.
func certificateOf(w words.Writer, a *pack.Attribute) string {
	for _, c := range w.City.Register.Certificates {
		if c.From == a.ID {
			return c.Name.In(w.Lang)
		}
	}
	return w.Name(a)
}

// change writes a signed change of an attribute with its unit.
func change(w words.Writer, a *pack.Attribute, by float64) string {
	sign := "+"
	if by < 0 {
		sign, by = "−", -by
	}
	return sign + amount(w, a, by)
}

func readPlan(o *Reader, x *rule.Explanation) Plan {
	w, p := o.W, x.Plan
	v := Plan{Possible: p.Possible, Already: p.Already, Cost: figure.Decimal(p.Cost*100, 1) + " %"}
	if !p.Possible && p.Why != "" {
		v.Why = "plan." + p.Why
	}
	for _, c := range p.Changes {
		v.Steps = append(v.Steps, planStep{w.YearName(c.Attr, c.Year), w.Number(c.Attr, c.From), w.Number(c.Attr, c.To), change(w, c.Attr, c.To-c.From), does(w, c)})
	}
	for _, c := range p.Assumes {
		v.Assumes = append(v.Assumes, c.Name)
		if at := slices.IndexFunc(x.Criteria, func(k rule.CriterionView) bool { return k.Criterion == c }); at >= 0 && x.Criteria[at].Scored && p.Low != p.High {
			v.Upto = figure.Points(p.High, p.High)
		}
	}
	for _, c := range p.Blocking {
		v.Blocking = append(v.Blocking, c.Name)
	}
	for _, c := range x.Criteria {
		for _, in := range c.Inputs {
			if name := w.YearName(in.Attr, in.Year); p.Why == "missing" && slices.Contains(p.Blocking, c.Criterion) && !in.Known && !in.Attr.Manual && !in.Attr.Expert && !slices.Contains(v.Fill, name) {
				v.Fill = append(v.Fill, name)
			}
		}
	}
	if p.Why == "score" {
		v.Most = figure.Points(p.High, p.High)
	}
	for _, c := range p.Beyond {
		v.Beyond = append(v.Beyond, beyondStep{w.YearName(c.Attr, c.Year), amount(w, c.Attr, c.From), amount(w, c.Attr, c.To), figure.Decimal(c.Lever.Times, 1), c.From == 0})
	}
	for _, in := range p.Doubted {
		if d := o.Doubts.At[col.Key{Attr: in.Attr.ID, Year: in.Year}]; d != nil {
			v.Doubted = append(v.Doubted, d)
		}
	}
	return v
}

// amount writes a value with its unit.
func amount(w words.Writer, a *pack.Attribute, v float64) string {
	switch unit := w.Unit(a); {
	case unit == "":
		return w.Number(a, v)
	case v == 1 && (a.Unit == "item" || a.Unit == "person"):
		return w.Text("raise.unit." + a.Unit)
	default:
		return w.Number(a, v) + " " + unit
	}
}

// does says what a change is: one more class I right, 2020 R&D expense up by 41 万元.
func does(w words.Writer, c rule.Change) string {
	by := c.To - c.From
	switch {
	case by < 0:
		return w.Text("raise.less", "name", w.YearName(c.Attr, c.Year), "by", amount(w, c.Attr, -by))
	case c.Attr.Kind == pack.Integer && c.Year == 0:
		return w.Text("raise.count", "name", c.Attr.Name.In(w.Lang), "by", amount(w, c.Attr, by))
	}
	return w.Text("raise.by", "name", w.YearName(c.Attr, c.Year), "by", amount(w, c.Attr, by))
}

// readRaise says what one lever gives; open says what still decides within the bounds: experts, or values that are missing.
func readRaise(w words.Writer, r rule.Raise, open string) raiseView {
	var what []string
	for _, c := range r.Changes {
		what = append(what, does(w, c))
	}
	v := raiseView{Does: strings.Join(what, w.Text("frame.and"))}
	if r.Low == r.High {
		v.Gives = w.Text("raise.gives", "points", figure.Points(r.High, r.High))
	} else {
		v.Gives = w.Text("raise.upto", "points", figure.Points(r.High, r.High))
	}
	if !r.Enough {
		v.Gives += w.Text("raise.short")
	}
	if r.Low != r.High {
		v.Gives += w.Text(open)
	}
	return v
}
