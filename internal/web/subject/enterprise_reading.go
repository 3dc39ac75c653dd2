package subject

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

// reading is an explanation written out for people.
type reading struct {
	Rule     *pack.Rule
	Law      *pack.Law
	Criteria []criterionRow
	Items    []itemRow
	Total    string
	Plan     planView
}

type criterionRow struct {
	Name    pack.Text
	Article string
	Status  pack.Status // only where it differs from the law's
	Numbers []string    // the figures of the rule that decide it
	Note    pack.Text
	Inputs  []inputGroup
	State   list.Verdict
	Missing []string
	Gaps    []gapView
	Rates   []string // "9.2 % ≥ 10 %"; only where no gap says it
}

// inputGroup is one attribute that a criterion reads, with its values of one or more years.
type inputGroup struct {
	Name   string
	Unit   string // empty when no value is known
	Values []inputValue
}

type inputValue struct {
	Value   string
	Year    string
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

type itemRow struct {
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

type planView struct {
	Possible, Already bool
	Steps             []planStep
	Cost              string
	Assumes           []pack.Text
	Why               string // message key
	Blocking          []pack.Text
}

type planStep struct{ Name, From, To, Change string }

// readExplanation writes an explanation out, each input with its source.
func readExplanation(ask *address.Ask, w words.Writer, x *rule.Explanation, sources map[col.Key]*fact.SourcedFact) *reading {
	r := &reading{Rule: x.Rule, Law: x.Law, Plan: readPlan(w, x.Plan)}
	for _, c := range x.Criteria {
		row := criterionRow{Name: c.Criterion.Name, Article: cmp.Or(c.Criterion.Article, x.Law.Number), Note: c.Criterion.Note, State: stateOfCriterion(c),
			Inputs: readInputs(ask, w, c.Inputs, sources)}
		if c.Status != x.Law.Status {
			row.Status = c.Status
		}
		row.Numbers = ownNumbers(w, x.Rule, c.Criterion.ID)
		for _, m := range c.Missing {
			row.Missing = append(row.Missing, w.KeyName(col.Key{Attr: m.Attr.ID, Year: m.Year}))
		}
		for _, g := range c.Gaps {
			row.Gaps = append(row.Gaps, readGap(w, g))
		}
		if len(row.Gaps) == 0 {
			row.Rates = readRates(w, c.Rates)
		}
		r.Criteria = append(r.Criteria, row)
	}
	if x.HasScore {
		r.Total = figure.Points(x.ScoreLow, x.ScoreHigh)
	}
	for _, i := range x.Items {
		row := itemRow{Name: i.Item.Name, Article: i.Item.Article, Depth: i.Depth, Points: figure.Points(i.Low, i.High), Expert: i.Expert, Finding: i.Finding}
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

// ownNumbers are the figures that a criterion declares: "上限 500 人".
func ownNumbers(w words.Writer, r *pack.Rule, criterion string) []string {
	var list []string
	for _, n := range r.Numbers {
		if prefix := criterion + "."; len(n.Name) > len(prefix) && n.Name[:len(prefix)] == prefix && !isMark(n.Name[len(prefix):]) {
			label := n.Label.In(w.Lang)
			if label != "" {
				label += " "
			}
			list = append(list, label+n.Text)
		}
	}
	return list
}

// isMark reports whether the rest of a number's name is that of a score item's band ("staff.p20"), which the score shows.
func isMark(rest string) bool {
	for i := range rest {
		if rest[i] == '.' {
			return true
		}
	}
	return false
}

// readInputs writes what a criterion read, the years of an attribute together.
func readInputs(ask *address.Ask, w words.Writer, inputs []rule.Input, sources map[col.Key]*fact.SourcedFact) []inputGroup {
	var groups []inputGroup
	at := map[string]int{}
	for _, in := range inputs {
		i, ok := at[in.Attr.ID]
		if !ok {
			i = len(groups)
			at[in.Attr.ID] = i
			groups = append(groups, inputGroup{Name: w.Name(in.Attr)})
		}
		g := &groups[i]
		v := readInput(ask, w, in, sources)
		if v.Known && in.Attr.Kind != pack.Boolean {
			g.Unit = w.Unit(in.Attr)
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
		v.Value = w.Number(in.Attr, in.Num)
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
		v.Change = w.Text("enterprise.gap.certificate")
		return v
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

// change writes a signed change of an attribute with its unit.
func change(w words.Writer, a *pack.Attribute, by float64) string {
	sign := "+"
	if by < 0 {
		sign, by = "−", -by
	}
	text := sign + w.Number(a, by)
	if unit := w.Unit(a); unit != "" {
		text += " " + unit
	}
	return text
}

func readPlan(w words.Writer, p rule.Plan) planView {
	v := planView{Possible: p.Possible, Already: p.Already, Cost: figure.Decimal(p.Cost*100, 1) + " %"}
	if !p.Possible && p.Why != "" {
		v.Why = "plan." + p.Why
	}
	for _, c := range p.Changes {
		v.Steps = append(v.Steps, planStep{w.KeyName(col.Key{Attr: c.Attr.ID, Year: c.Year}), w.Number(c.Attr, c.From), w.Number(c.Attr, c.To), change(w, c.Attr, c.To-c.From)})
	}
	for _, c := range p.Assumes {
		v.Assumes = append(v.Assumes, c.Name)
	}
	for _, c := range p.Blocking {
		v.Blocking = append(v.Blocking, c.Name)
	}
	return v
}
