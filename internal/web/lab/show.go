package lab

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/expr"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
)

// labView is the page of the lab.
type labView struct {
	Rules    []labRule
	Rule     *pack.Rule
	Law      *pack.Law
	Problems []string
	Answered bool // the rest is set
	Groups   []labGroup
	Assumes  []frame.Tick
	Moved    int
	Reset    string // address with nothing moved
	*labAnswer
}

type labRule struct {
	*pack.Rule
	URL  string
	Here bool
}

// labGroup is the numbers of one criterion, or of one item of its score.
type labGroup struct {
	Name    string
	Article string
	Status  pack.Status
	Note    string
	Folded  bool // marks of a score item: shown on demand
	Open    bool // one of them is moved
	Numbers []labNumber
}

// labNumber is one slider. Its values are texts in Unit, as fields want them.
type labNumber struct {
	ID, Name, Label       string
	Law                   string // as the pack writes it
	Unit                  scale
	Value, Original       string
	Min, Max, Step, Slide string
	Moved                 bool
	Curve                 string // address of its curve
}

// labAnswer is what a trial gives.
type labAnswer struct {
	Before, After rule.Count
	Entered, Left int
	// Addresses of the lists behind the headline's figures.
	WasURL, MetURL, EnteredURL, LeftURL string
	States                              []labState
	Districts, Industries               labTable
	Map                                 mapView
	Took                                time.Duration
	Fallback                            int
	N                                   int
}

// Millis is the time of computing as it is shown.
func (a *labAnswer) Millis() string { return millis(a.Took) }

func millis(d time.Duration) string { return figure.Decimal(float64(d)/float64(time.Millisecond), 1) }

type labState struct {
	State         string // met, near, …: also a locale key
	Before, After int
	Inside        bool   // counted inside the state before it
	BeforeURL     string // lists of enterprises
	AfterURL      string
}

// Key is the state's name in rule.Count's JSON.
func (l labState) Key() string {
	if l.State == "pending" {
		return "pending_manual"
	}
	return l.State
}

// labTable is a table of tallies by district or by section.
type labTable struct {
	By   string
	Rows []labTally
}

type labTally struct {
	tally
	Name string
	// Addresses of the lists behind the figures; the client keeps the last three in step. What was met without
	// a known industry has no list.
	BeforeURL, AfterURL, EnteredURL, LeftURL string
}

// Empty rows are not shown.
func (l labTally) Empty() bool { return l.Before == 0 && l.After == 0 }

func (s *room) showLab(w http.ResponseWriter, r *http.Request) error {
	t, err := s.readTrial(r)
	view := &labView{Rule: t.rule, Law: t.law}
	for _, known := range s.Pack.Rules {
		view.Rules = append(view.Rules, labRule{known, t.ask.Link("/lab", "rule", known.ID), known == t.rule})
	}
	var f *fault.Error
	if err != nil {
		// The frame with the list of recognitions stays, so that another can be chosen.
		if !errors.As(err, &f) || f.Code == fault.Internal || t.rule == nil {
			return err
		}
		view.Problems = []string{f.In(t.ask.Lang)}
		s.RenderStatus(w, r, frame.StatusOf(f), "lab", view)
		return nil
	}
	if q := r.URL.Query(); q.Has("form") { // sent without script: to the address that can be copied
		http.Redirect(w, r, t.link("/lab"), http.StatusSeeOther)
		return nil
	}
	for _, p := range t.problems {
		if errors.As(p, &f) {
			view.Problems = append(view.Problems, f.In(t.ask.Lang))
		}
	}
	if view.labAnswer, err = s.tried(r, t); err != nil {
		return err
	}
	view.Answered = true
	view.Groups = s.labGroups(t)
	view.Assumes = s.labAssumes(t)
	view.Moved = len(t.moved)
	reset := *t
	reset.moved = nil
	view.Reset = reset.link("/lab")
	serverTiming(w, "lab", view.Took)
	return s.Render(w, r, "lab", view)
}

// serverTiming tells the browser's tools how long the answer took.
func serverTiming(w http.ResponseWriter, name string, d time.Duration) {
	w.Header().Set("Server-Timing", fmt.Sprintf("%s;dur=%.3f", name, float64(d)/float64(time.Millisecond)))
}

// tried answers a trial for the page.
func (s *room) tried(r *http.Request, t *trial) (*labAnswer, error) {
	start := s.Clock()
	d, table, err := s.answer(r.Context(), t)
	if err != nil {
		return nil, err
	}
	m, err := loadOutlines()
	if err != nil {
		return nil, err
	}
	list := s.RegisterPath(s.Pack.Register(t.rule.Register))
	byDistrict, byIndustry := s.byDistrict(d, table), s.byIndustry(d, table)
	a := &labAnswer{
		Before: d.Before, After: d.After, Entered: d.Entered.Count(), Left: d.Left.Count(),
		WasURL: t.ask.Link(list, "v."+t.rule.ID, "met"),
		MetURL: t.link("/lab/list", "who", "met"), EnteredURL: t.link("/lab/list", "who", "entered"), LeftURL: t.link("/lab/list", "who", "left"),
		Map: s.drawShades(m, t.ask.Lang, byDistrict), N: city.CountIn(s.Counted(t.ask, t.rule.Register, table), nil, table.N), Fallback: d.Outcome.Fallback,
	}
	for _, state := range []labState{
		{State: "met", Before: d.Before.Met, After: d.After.Met},
		{State: "unknown", Before: d.Before.Unknown, After: d.After.Unknown},
		{State: "pending", Before: d.Before.Pending, After: d.After.Pending, Inside: true},
		{State: "unmet", Before: d.Before.Unmet, After: d.After.Unmet},
		{State: "near", Before: d.Before.Near, After: d.After.Near, Inside: true},
	} {
		state.BeforeURL = t.ask.Link(list, "v."+t.rule.ID, state.State)
		state.AfterURL = t.link("/lab/list", "who", state.State)
		a.States = append(a.States, state)
	}
	names := map[string]string{}
	for _, o := range s.Pack.Orgs {
		names[o.ID] = o.Name.In(t.ask.Lang)
	}
	a.Districts = labTallies(t, list, "district", byDistrict, names)
	names = map[string]string{}
	if codes := s.industries(table.Register); codes != nil {
		for _, item := range codes.Items {
			names[item.Code] = item.Name.In(t.ask.Lang)
		}
	}
	a.Industries = labTallies(t, list, "section", byIndustry, names)
	a.Took = s.Clock().Sub(start)
	return a, nil
}

func labTallies(t *trial, list, by string, tallies []tally, names map[string]string) labTable {
	out := make([]labTally, len(tallies))
	for i, c := range tallies {
		before := ""
		if by == "district" || c.Code != pack.Elsewhere {
			before = t.ask.Link(list, "v."+t.rule.ID, "met", map[string]string{"district": "in", "section": "industry"}[by], c.Code)
		}
		out[i] = labTally{
			tally: c, Name: names[c.Code], BeforeURL: before,
			AfterURL:   t.link("/lab/list", "who", "met", by, c.Code),
			EnteredURL: t.link("/lab/list", "who", "entered", by, c.Code),
			LeftURL:    t.link("/lab/list", "who", "left", by, c.Code),
		}
	}
	return labTable{by, out}
}

// labGroups orders a rule's numbers: those of the criteria, then the marks of each score item.
func (s *room) labGroups(t *trial) []labGroup {
	var groups []labGroup
	at := map[string]int{}
	put := func(key string, g labGroup, n *pack.Number) {
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, g)
		}
		number := s.labNumber(t, n)
		groups[i].Numbers = append(groups[i].Numbers, number)
		groups[i].Open = groups[i].Open || number.Moved
	}
	lang := t.ask.Lang
	items := map[string]labGroup{}
	if t.rule.Score != nil {
		collectItems(items, t.rule.Score.Items, labGroup{Status: t.law.Status, Folded: true}, lang)
	}
	var marks []*pack.Number
	for _, n := range t.rule.Numbers {
		if _, ok := items[markItem(n.Name)]; ok {
			marks = append(marks, n)
			continue
		}
		criterion, _, _ := strings.Cut(n.Name, ".")
		g := labGroup{Name: criterion}
		for _, c := range t.rule.Criteria {
			if c.ID == criterion {
				g = labGroup{Name: c.Name.In(lang), Article: c.Article, Status: statusOf(c, t.law), Note: c.Note.In(lang)}
			}
		}
		put(criterion, g, n)
	}
	for _, n := range marks {
		item := markItem(n.Name)
		put("score."+item, items[item], n)
	}
	return groups
}

// markItem is the score item whose mark a number of this name would be: "rnd.sales" of "score.rnd.sales.p50".
func markItem(name string) string {
	rest, ok := strings.CutPrefix(name, "score.")
	i := strings.LastIndexByte(rest, '.')
	if !ok || i < 0 {
		return ""
	}
	return rest[:i]
}

// statusOf is a criterion's own status, or its law's.
func statusOf(c *pack.Criterion, law *pack.Law) pack.Status {
	if c.Status != "" {
		return c.Status
	}
	return law.Status
}

// collectItems makes a group for each item of a score, named with the items it is part of.
func collectItems(into map[string]labGroup, items []*pack.Item, within labGroup, lang string) {
	for _, item := range items {
		g := within
		if name := item.Name.In(lang); g.Name == "" {
			g.Name = name
		} else if name != "" {
			g.Name += " · " + name
		}
		if item.Article != "" {
			g.Article = item.Article
		}
		into[item.ID] = g
		collectItems(into, item.Items, g, lang)
		collectItems(into, item.BestOf, g, lang)
	}
}

func (s *room) labNumber(t *trial, n *pack.Number) labNumber {
	u := scaleOf(n)
	lo, hi, step := sliderRange(n)
	v := t.value(n)
	_, moved := t.moved[n.Name]
	return labNumber{
		ID: "n-" + strings.ReplaceAll(n.Name, ".", "-"), Name: n.Name, Label: n.Label.In(t.ask.Lang), Law: n.Text, Unit: u,
		Value: u.show(v), Original: u.show(n.Value), Min: u.show(lo), Max: u.show(hi), Step: u.show(step), Slide: u.show(min(max(v, lo), hi)),
		Moved: moved, Curve: t.link("/lab/curve", "number", n.Name),
	}
}

// labAssumes offers "a blank is no" for the yes/no attributes that a person does not decide and that the rule reads.
func (s *room) labAssumes(t *trial) []frame.Tick {
	on := map[string]bool{}
	for _, id := range t.ask.Assume {
		on[id] = true
	}
	var out []frame.Tick
	for _, reg := range s.Pack.Registers {
		if reg.ID != t.rule.Register {
			continue
		}
		read := map[*pack.Attribute]bool{}
		for _, c := range t.rule.Criteria {
			for _, x := range expr.ReadsOf(reg, c.When) {
				read[x.Attr] = true
			}
		}
		for _, a := range reg.Attributes {
			if a.Kind == pack.Boolean && !a.Manual && (on[a.ID] || read[a]) {
				out = append(out, frame.Tick{ID: a.ID, Name: a.Name.In(t.ask.Lang), On: on[a.ID]})
			}
		}
	}
	return out
}
