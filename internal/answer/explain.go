package answer

import (
	"fmt"
	"strings"
	"time"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// Explanation says why an enterprise meets a recognition or not. Money is in yuan (or dollars), shares are ratios,
// dates are like 2021-03-31.
type Explanation struct {
	Rule       string      `json:"rule"`
	Name       string      `json:"name"`
	Law        Law         `json:"law"`
	Date       string      `json:"date"`
	BaseYear   int         `json:"base_year"`
	Enterprise fact.Ref    `json:"enterprise"`
	Verdict    string      `json:"verdict"`
	Near       bool        `json:"near"`
	Pending    bool        `json:"pending_manual"`
	Assumed    []string    `json:"assumed,omitempty"`
	Criteria   []Criterion `json:"criteria"`
	Score      *Score      `json:"score,omitempty"`
	Plan       Plan        `json:"plan"`
}

// Law is the document that a rule follows, with its first and last day in force.
type Law struct {
	Title  string `json:"title"`
	Number string `json:"number"`
	From   string `json:"from,omitempty"`
	Until  string `json:"until,omitempty"`
	Status string `json:"status"`
}

// Criterion is one criterion: its inputs, its verdict, and its gap.
type Criterion struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Citation string   `json:"citation"`
	Status   string   `json:"status"`
	Verdict  string   `json:"verdict"`
	Pending  bool     `json:"pending_manual"`
	Inputs   []Input  `json:"inputs"`
	Missing  []string `json:"missing"`
	Gap      []Gap    `json:"gap"`
	Rates    []Rate   `json:"rates,omitempty"`
}

// Rate is a share or growth rate that the criterion compares. Its value is null if a denominator is zero or less.
type Rate struct {
	Value   *float64 `json:"value"`
	Compare string   `json:"compare"`
	Mark    float64  `json:"mark"`
}

// Input is a value that a criterion or a score item used.
type Input struct {
	Attribute string `json:"attribute"`
	Name      string `json:"name"`
	Year      int    `json:"year,omitempty"`
	Value     any    `json:"value"` // null if blank
	Unit      string `json:"unit,omitempty"`
	Assumed   bool   `json:"assumed,omitempty"`
	Source    *Cell  `json:"source"` // null if blank or assumed
}

// Cell is the cell that a value comes from, with its import.
type Cell struct {
	File   string    `json:"file"`
	Sheet  string    `json:"sheet"`
	Row    int       `json:"row"`
	Column string    `json:"column"`
	Cell   string    `json:"cell"`
	Raw    string    `json:"raw"`
	Import int64     `json:"import"`
	Actor  string    `json:"actor"`
	At     time.Time `json:"at"`
}

// Gap is how far a comparison is from being met.
type Gap struct {
	Attribute string `json:"attribute,omitempty"`
	Year      int    `json:"year,omitempty"`
	Have      any    `json:"have"`
	Need      any    `json:"need"`
	Exclusive bool   `json:"exclusive,omitempty"`
	Unit      string `json:"unit"`
	Change    any    `json:"change"` // change of the attribute in its unit; null if changing it alone is not enough
	Text      string `json:"text"`
}

// Score is the total of the points; it is an interval while experts have not given all points.
type Score struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Items []Item  `json:"items"`
}

// Item is a score item. Depth is its level below the total.
type Item struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Article string  `json:"article,omitempty"`
	Depth   int     `json:"depth"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Value   any     `json:"value"`
	Unit    string  `json:"unit,omitempty"`
	Reached *Band   `json:"band"`
	Next    *Band   `json:"next"`
	Expert  bool    `json:"expert,omitempty"`
	Finding string  `json:"finding,omitempty"`
	Inputs  []Input `json:"inputs"`
}

// Band is the number of points for a figure from a mark on.
type Band struct {
	Number string  `json:"number"`
	Mark   any     `json:"mark,omitempty"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// Plan is the cheapest set of changes that meets the recognition.
type Plan struct {
	Possible bool     `json:"possible"`
	Already  bool     `json:"already"`
	Cost     float64  `json:"cost"`
	Changes  []Change `json:"changes"`
	Assumes  []string `json:"assumes"`
	Why      string   `json:"why,omitempty"`
	Blocking []string `json:"blocking"`
}

// Change is one change of a plan.
type Change struct {
	Attribute string  `json:"attribute"`
	Name      string  `json:"name"`
	Year      int     `json:"year,omitempty"`
	From      any     `json:"from"`
	To        any     `json:"to"`
	Unit      string  `json:"unit,omitempty"`
	Relative  float64 `json:"relative"`
}

// explained is an explanation with the sources of its inputs.
type explained struct {
	*rule.Explanation
	sources map[col.Key]*fact.Address
}

func sources(facts []fact.SourcedFact) map[col.Key]*fact.Address {
	m := make(map[col.Key]*fact.Address, len(facts))
	for i := range facts {
		m[col.Key{Attr: facts[i].Attr.ID, Year: facts[i].Year}] = &facts[i].Source
	}
	return m
}

// Explain returns the answer for an explanation, in a language. assume are the ids of assumed attributes, who is the
// enterprise, and facts are its facts with their sources.
func Explain(x *rule.Explanation, assume []string, who fact.Ref, facts []fact.SourcedFact, lang string) Explanation {
	e := explained{x, sources(facts)}
	o := Explanation{
		Rule: e.Rule.ID, Name: e.Rule.Name.In(lang), Law: NewLaw(e.Law),
		Date: e.Date.Format(time.DateOnly), BaseYear: e.BaseYear, Enterprise: who,
		Verdict: e.Verdict.String(), Near: e.Near, Pending: e.Pending, Assumed: assume,
		Criteria: []Criterion{},
	}
	for _, c := range e.Criteria {
		k := Criterion{
			ID: c.Criterion.ID, Name: c.Criterion.Name.In(lang), Citation: Citation(e.Law, c.Criterion.Article),
			Status: string(c.Status), Verdict: c.Verdict.String(), Pending: c.Pending,
			Inputs: e.inputs(c.Inputs, lang), Missing: []string{}, Gap: []Gap{},
		}
		for _, m := range c.Missing {
			k.Missing = append(k.Missing, key(m.Attr.ID, m.Year))
		}
		for _, g := range c.Gaps {
			k.Gap = append(k.Gap, newGap(g, lang))
		}
		for _, r := range c.Rates {
			rate := Rate{Compare: r.Compare, Mark: r.Mark}
			if r.Defined {
				rate.Value = &r.Value
			}
			k.Rates = append(k.Rates, rate)
		}
		o.Criteria = append(o.Criteria, k)
	}
	if e.HasScore {
		s := &Score{Low: e.ScoreLow, High: e.ScoreHigh, Items: []Item{}}
		for _, it := range e.Items {
			s.Items = append(s.Items, e.item(it, lang))
		}
		o.Score = s
	}
	p := e.Plan
	o.Plan = Plan{Possible: p.Possible, Already: p.Already, Cost: p.Cost, Why: p.Why,
		Changes: []Change{}, Assumes: ids(p.Assumes), Blocking: ids(p.Blocking)}
	for _, c := range p.Changes {
		o.Plan.Changes = append(o.Plan.Changes, Change{
			Attribute: c.Attr.ID, Name: c.Attr.Name.In(lang), Year: c.Year,
			From: figure.Plain(c.From, c.Attr.Unit), To: figure.Plain(c.To, c.Attr.Unit), Unit: c.Attr.Unit, Relative: c.Relative,
		})
	}
	return o
}

// NewLaw returns the answer for a law.
func NewLaw(l *pack.Law) Law {
	o := Law{Title: l.Title, Number: l.Number, Status: string(l.Status)}
	if !l.From.IsZero() {
		o.From = l.From.Format(time.DateOnly)
	}
	if !l.Until.IsZero() {
		o.Until = l.Until.Format(time.DateOnly)
	}
	return o
}

// Citation returns the document and the article of a criterion as text.
func Citation(l *pack.Law, article string) string {
	doc := l.Number
	if doc == "" {
		doc = l.Title
	}
	return strings.TrimSpace(doc + " " + article)
}

func (e explained) inputs(list []rule.Input, lang string) []Input {
	out := []Input{}
	for _, in := range list {
		o := Input{Attribute: in.Attr.ID, Name: in.Attr.Name.In(lang), Year: in.Year, Unit: in.Attr.Unit, Assumed: in.Assumed}
		if in.Known || in.Assumed {
			o.Value = InputValue(in)
		}
		if s := e.sources[col.Key{Attr: in.Attr.ID, Year: in.Year}]; in.Known && !in.Assumed && s != nil {
			o.Source = &Cell{s.File, s.Sheet, s.Row, s.Column, s.Cell, s.Raw, s.Import, s.Actor, s.At}
		}
		out = append(out, o)
	}
	return out
}

func (e explained) item(it rule.ItemView, lang string) Item {
	o := Item{ID: it.Item.ID, Name: it.Item.Name.In(lang), Article: it.Item.Article, Depth: it.Depth,
		Low: it.Low, High: it.High, Expert: it.Expert, Finding: it.Finding, Inputs: e.inputs(it.Inputs, lang)}
	if it.Value != nil {
		o.Value, o.Unit = figure.Plain(*it.Value, it.Unit), it.Unit
	}
	if b := it.Reached; b != nil {
		o.Reached = &Band{Number: b.Number, Low: b.Low, High: b.High}
	}
	if b := it.Next; b != nil {
		o.Next = &Band{Number: b.Number, Mark: figure.Plain(it.NextMark, it.Unit), Low: b.Low, High: b.High}
	}
	return o
}

func newGap(g rule.Gap, lang string) Gap {
	o := Gap{Year: g.Year, Have: figure.Plain(g.Have, g.Unit), Need: figure.Plain(g.Need, g.Unit), Unit: g.Unit, Exclusive: g.Exclusive, Text: GapText(g, lang)}
	if g.NoValue {
		o.Have = nil
	}
	if g.Attr != nil && !g.Attr.Kind.Numeric() && g.Have == 0 && g.Need == 0 {
		o.Have, o.Need = nil, nil // a district or a certificate: the text says what is required
	}
	if g.Unit == "boolean" {
		o.Have, o.Need = g.Have != 0, g.Need != 0
	}
	if g.Attr != nil {
		o.Attribute = g.Attr.ID
		if g.Change != 0 {
			o.Change = figure.Plain(g.Change, g.Attr.Unit)
		}
	}
	return o
}

func ids(list []*pack.Criterion) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, c.ID)
	}
	return out
}

// key returns an attribute with its year in the form of files and flags: sales@2020.
func key(attr string, year int) string {
	if year == 0 {
		return attr
	}
	return fmt.Sprintf("%s@%d", attr, year)
}
