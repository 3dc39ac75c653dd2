package main

import (
	"fmt"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// explainCmd says of one enterprise why it meets a recognition or not.
type explainCmd struct {
	plainly
	scope
	Who string `arg:"" name:"code|name" help:"统一社会信用代码、企业名称或名称的一部分 | credit code, name, or part of the name"`
}

func (explainCmd) detail() pack.Text {
	return pack.Text{
		ZH: "逐条给出条件、依据条款、所用数值及其来源（文件、工作表、行、列）、结论和差距；有评分的给出各项得分；最后是最省的达标方案。\n" +
			"名称对上几家企业时列出它们，请改用代码。",
		EN: "For each criterion: the article, the values used with their sources (file, sheet, row, column), the verdict and the gap; the score item by item; and the cheapest plan.\n" +
			"When a name fits several enterprises they are listed: use the code of one.",
	}
}

func (explainCmd) examples() []string {
	return []string{
		"eyas explain --rule hnte --date 2021-03-31 91120110YY0W7KX21B",
		"eyas explain --rule tsme 海奥软件 --json",
	}
}

func (c explainCmd) Run(a *app) error {
	opt, err := c.options(a)
	if err != nil {
		return err
	}
	set, err := a.rules()
	if err != nil {
		return err
	}
	about, _, err := set.Law(c.Rule, opt.Date)
	if err != nil {
		return err
	}
	svc, err := a.registry()
	if err != nil {
		return err
	}
	who, err := a.find(svc, about.Register, c.Who)
	if err != nil {
		return err
	}
	m, err := c.moment(a, opt)
	if err != nil {
		return err
	}
	t, err := a.columnsAt(about.Register, m)
	if err != nil {
		return err
	}
	row := t.Row(who.Subject)
	if row < 0 {
		return fault.New(fault.NotFound, fmt.Sprintf("到 %s 为止还不知道“%s”。", c.Known, who.Name), fmt.Sprintf("“%s” was not known yet on %s", who.Name, c.Known))
	}
	x, err := set.Explain(t, row, c.Rule, opt)
	if err != nil {
		return err
	}
	facts, err := svc.SourcedAt(a.ctx, who.Subject, m)
	if err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	e := explained{x, p, opt, who, sources(facts)}
	if a.json {
		return a.object(e.object(a.lang))
	}
	e.print(a)
	return nil
}

// find gives the one subject of a register that a code or name means.
func (a *app) find(svc *registry.Registry, register, text string) (fact.Ref, error) {
	list, err := svc.FindIn(a.ctx, register, strings.TrimSpace(text))
	switch {
	case err != nil:
		return fact.Ref{}, err
	case len(list) == 0:
		return fact.Ref{}, fault.New(fault.NotFound, fmt.Sprintf("底库里没有代码或名称是“%s”的企业。", text), fmt.Sprintf("no enterprise has the code or name %q", text))
	case len(list) == 1:
		return list[0], nil
	}
	var t grid
	for _, r := range list {
		t.row("  "+r.Code, r.Name)
	}
	var b strings.Builder
	t.flush(&b)
	return fact.Ref{}, fault.New(fault.Conflict,
		fmt.Sprintf("“%s”对上 %d 家以上企业，请用代码指明一家：\n%s", text, len(list)-1, strings.TrimRight(b.String(), "\n")),
		fmt.Sprintf("%q fits more than one enterprise; name one by its code:\n%s", text, strings.TrimRight(b.String(), "\n")))
}

func sources(facts []fact.SourcedFact) map[col.Key]*fact.Address {
	m := make(map[col.Key]*fact.Address, len(facts))
	for i := range facts {
		m[col.Key{Attr: facts[i].Attr.ID, Year: facts[i].Year}] = &facts[i].Source
	}
	return m
}

// explained is an explanation with what is needed to show it.
type explained struct {
	*rule.Explanation
	pack    *pack.Pack
	opt     rule.Options
	who     fact.Ref
	sources map[col.Key]*fact.Address
}

// The JSON of explain. Money is in yuan (or dollars), shares are plain ratios, dates are 2021-03-31.
type (
	explainObject struct {
		Rule       string            `json:"rule"`
		Name       string            `json:"name"`
		Law        lawObject         `json:"law"`
		Date       string            `json:"date"`
		BaseYear   int               `json:"base_year"`
		Enterprise fact.Ref          `json:"enterprise"`
		Verdict    string            `json:"verdict"`
		Near       bool              `json:"near"`
		Pending    bool              `json:"pending_manual"`
		Assumed    []string          `json:"assumed,omitempty"`
		Criteria   []criterionObject `json:"criteria"`
		Score      *scoreObject      `json:"score,omitempty"`
		Plan       planObject        `json:"plan"`
	}
	lawObject struct {
		Title  string `json:"title"`
		Number string `json:"number"`
		From   string `json:"from,omitempty"`
		Until  string `json:"until,omitempty"`
		Status string `json:"status"`
	}
	criterionObject struct {
		ID       string        `json:"id"`
		Name     string        `json:"name"`
		Citation string        `json:"citation"`
		Status   string        `json:"status"`
		Verdict  string        `json:"verdict"`
		Pending  bool          `json:"pending_manual"`
		Inputs   []inputObject `json:"inputs"`
		Missing  []string      `json:"missing"`
		Gap      []gapObject   `json:"gap"`
		Rates    []rateObject  `json:"rates,omitempty"`
	}
	// rateObject is a share or rate of growth that the criterion compares; null when the denominator is zero or less.
	rateObject struct {
		Value   *float64 `json:"value"`
		Compare string   `json:"compare"`
		Mark    float64  `json:"mark"`
	}
	inputObject struct {
		Attribute string        `json:"attribute"`
		Name      string        `json:"name"`
		Year      int           `json:"year,omitempty"`
		Value     any           `json:"value"` // null when missing
		Unit      string        `json:"unit,omitempty"`
		Assumed   bool          `json:"assumed,omitempty"`
		Source    *sourceObject `json:"source"` // null when missing or assumed
	}
	sourceObject struct {
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
	gapObject struct {
		Attribute string `json:"attribute,omitempty"`
		Year      int    `json:"year,omitempty"`
		Have      any    `json:"have"`
		Need      any    `json:"need"`
		Exclusive bool   `json:"exclusive,omitempty"`
		Unit      string `json:"unit"`
		Change    any    `json:"change"` // of the attribute, in its unit; null when no change of it alone would do
		Text      string `json:"text"`
	}
	scoreObject struct {
		Low   float64      `json:"low"`
		High  float64      `json:"high"`
		Items []itemObject `json:"items"`
	}
	itemObject struct {
		ID      string        `json:"id"`
		Name    string        `json:"name"`
		Article string        `json:"article,omitempty"`
		Depth   int           `json:"depth"`
		Low     float64       `json:"low"`
		High    float64       `json:"high"`
		Value   any           `json:"value"`
		Unit    string        `json:"unit,omitempty"`
		Reached *bandObject   `json:"band"`
		Next    *bandObject   `json:"next"`
		Expert  bool          `json:"expert,omitempty"`
		Finding string        `json:"finding,omitempty"`
		Inputs  []inputObject `json:"inputs"`
	}
	bandObject struct {
		Number string  `json:"number"`
		Mark   any     `json:"mark,omitempty"`
		Low    float64 `json:"low"`
		High   float64 `json:"high"`
	}
	planObject struct {
		Possible bool           `json:"possible"`
		Already  bool           `json:"already"`
		Cost     float64        `json:"cost"`
		Changes  []changeObject `json:"changes"`
		Assumes  []string       `json:"assumes"`
		Why      string         `json:"why,omitempty"`
		Blocking []string       `json:"blocking"`
	}
	changeObject struct {
		Attribute string  `json:"attribute"`
		Name      string  `json:"name"`
		Year      int     `json:"year,omitempty"`
		From      any     `json:"from"`
		To        any     `json:"to"`
		Unit      string  `json:"unit,omitempty"`
		Relative  float64 `json:"relative"`
	}
)

func (e explained) object(lang string) explainObject {
	o := explainObject{
		Rule: e.Rule.ID, Name: e.Rule.Name.In(lang), Law: newLawObject(e.Law),
		Date: e.Date.Format(time.DateOnly), BaseYear: e.BaseYear, Enterprise: e.who,
		Verdict: e.Verdict.String(), Near: e.Near, Pending: e.Pending, Assumed: e.opt.Assume,
		Criteria: []criterionObject{},
	}
	for _, c := range e.Criteria {
		k := criterionObject{
			ID: c.Criterion.ID, Name: c.Criterion.Name.In(lang), Citation: citation(e.Law, c.Criterion.Article),
			Status: string(c.Status), Verdict: c.Verdict.String(), Pending: c.Pending,
			Inputs: e.inputs(c.Inputs, lang), Missing: []string{}, Gap: []gapObject{},
		}
		for _, m := range c.Missing {
			k.Missing = append(k.Missing, key(m.Attr.ID, m.Year))
		}
		for _, g := range c.Gaps {
			k.Gap = append(k.Gap, newGapObject(g, lang))
		}
		for _, r := range c.Rates {
			rate := rateObject{Compare: r.Compare, Mark: r.Mark}
			if r.Defined {
				rate.Value = &r.Value
			}
			k.Rates = append(k.Rates, rate)
		}
		o.Criteria = append(o.Criteria, k)
	}
	if e.HasScore {
		s := &scoreObject{Low: e.ScoreLow, High: e.ScoreHigh, Items: []itemObject{}}
		for _, it := range e.Items {
			s.Items = append(s.Items, e.item(it, lang))
		}
		o.Score = s
	}
	p := e.Plan
	o.Plan = planObject{Possible: p.Possible, Already: p.Already, Cost: p.Cost, Why: p.Why,
		Changes: []changeObject{}, Assumes: ids(p.Assumes), Blocking: ids(p.Blocking)}
	for _, c := range p.Changes {
		o.Plan.Changes = append(o.Plan.Changes, changeObject{
			Attribute: c.Attr.ID, Name: c.Attr.Name.In(lang), Year: c.Year,
			From: plainNumber(c.From, c.Attr.Unit), To: plainNumber(c.To, c.Attr.Unit), Unit: c.Attr.Unit, Relative: c.Relative,
		})
	}
	return o
}

func newLawObject(l *pack.Law) lawObject {
	o := lawObject{Title: l.Title, Number: l.Number, Status: string(l.Status)}
	if !l.From.IsZero() {
		o.From = l.From.Format(time.DateOnly)
	}
	if !l.Until.IsZero() {
		o.Until = l.Until.Format(time.DateOnly)
	}
	return o
}

// citation names the document and the article of a criterion.
func citation(l *pack.Law, article string) string {
	doc := l.Number
	if doc == "" {
		doc = l.Title
	}
	return strings.TrimSpace(doc + " " + article)
}

func (e explained) inputs(list []rule.Input, lang string) []inputObject {
	out := []inputObject{}
	for _, in := range list {
		o := inputObject{Attribute: in.Attr.ID, Name: in.Attr.Name.In(lang), Year: in.Year, Unit: in.Attr.Unit, Assumed: in.Assumed}
		if in.Known || in.Assumed {
			o.Value = inputValue(in)
		}
		if s := e.sources[col.Key{Attr: in.Attr.ID, Year: in.Year}]; in.Known && !in.Assumed && s != nil {
			o.Source = &sourceObject{s.File, s.Sheet, s.Row, s.Column, s.Cell, s.Raw, s.Import, s.Actor, s.At}
		}
		out = append(out, o)
	}
	return out
}

func (e explained) item(it rule.ItemView, lang string) itemObject {
	o := itemObject{ID: it.Item.ID, Name: it.Item.Name.In(lang), Article: it.Item.Article, Depth: it.Depth,
		Low: it.Low, High: it.High, Expert: it.Expert, Finding: it.Finding, Inputs: e.inputs(it.Inputs, lang)}
	if it.Value != nil {
		o.Value, o.Unit = plainNumber(*it.Value, it.Unit), it.Unit
	}
	if b := it.Reached; b != nil {
		o.Reached = &bandObject{Number: b.Number, Low: b.Low, High: b.High}
	}
	if b := it.Next; b != nil {
		o.Next = &bandObject{Number: b.Number, Mark: plainNumber(it.NextMark, it.Unit), Low: b.Low, High: b.High}
	}
	return o
}

func newGapObject(g rule.Gap, lang string) gapObject {
	o := gapObject{Year: g.Year, Have: plainNumber(g.Have, g.Unit), Need: plainNumber(g.Need, g.Unit), Unit: g.Unit, Exclusive: g.Exclusive, Text: gapText(g, lang)}
	if g.NoValue {
		o.Have = nil
	}
	if g.Attr != nil && !g.Attr.Kind.Numeric() && g.Have == 0 && g.Need == 0 {
		o.Have, o.Need = nil, nil // a place or a certificate: the text says what is wanted
	}
	if g.Unit == "boolean" {
		o.Have, o.Need = g.Have != 0, g.Need != 0
	}
	if g.Attr != nil {
		o.Attribute = g.Attr.ID
		if g.Change != 0 {
			o.Change = plainNumber(g.Change, g.Attr.Unit)
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

// key writes an attribute with its year as files and flags do: sales@2020.
func key(attr string, year int) string {
	if year == 0 {
		return attr
	}
	return fmt.Sprintf("%s@%d", attr, year)
}
