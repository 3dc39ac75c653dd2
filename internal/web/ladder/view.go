package ladder

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
)

// ladderView is the first page: the base as a funnel per recognition, by district.
type ladderView struct {
	Place     string // the district, group or city that the page speaks of
	InCity    bool   // the page speaks of the whole city
	Total     figure
	Lead      *ladderRow
	Rows      []ladderRow
	Dormant   []city.Dormant
	Show      list.Verdict // state that the table of districts counts
	Shows     []frame.Option
	Districts []districtGroup
	Assume    []assumption
	Export    string
}

// figure is a number with the address of the rows behind it.
type figure struct {
	N   int
	URL string
}

type ladderRow struct {
	Rule    *pack.Rule
	Law     *pack.Law
	RuleURL string
	Figures []stateFigure // in the order of states
	Bar     []segment
	Reasons []reason
}

// Met, Near and Unknown are the figures of the headline.
func (r *ladderRow) Met() figure     { return r.Figures[0].figure }
func (r *ladderRow) Near() figure    { return r.Figures[1].figure }
func (r *ladderRow) Unknown() figure { return r.Figures[2].figure }

type stateFigure struct {
	State list.Verdict
	figure
}

// segment is a part of a bar, in percent of its length.
type segment struct {
	State       string
	From, Width string
}

// reason is one criterion that alone keeps so many from being met.
type reason struct {
	Name   pack.Text
	Status pack.Status
	figure
}

type districtGroup struct {
	Name    string
	Rows    []districtRow
	Summary *districtRow
}

type districtRow struct {
	Name    string
	URL     string
	Total   figure
	Figures []figure
}

// assumption is a yes/no attribute whose blanks may be taken as "no".
type assumption struct {
	ID   string
	Name pack.Text
	On   bool
}

// ladderView shows who stands where.
func (s *room) ladderView(w http.ResponseWriter, r *http.Request) error {
	if s.OwnSubject(r.Context()) != 0 { // who stands for one subject begins with it
		begin := frame.OwnPath
		if s.NeedsMandate(r.Context()) && !s.SeesAny(r.Context()) { // nothing is entrusted to him
			begin = frame.MandatesPath
		}
		http.Redirect(w, r, s.Ask(r).Link(begin), http.StatusSeeOther)
		return nil
	}
	view, err := s.ladder(r)
	if err != nil {
		return err
	}
	if view == nil {
		return s.Render(w, r, "start", nil)
	}
	return s.Render(w, r, "ladder", view)
}

// ladder counts the funnel; nil when the base is empty.
func (s *room) ladder(r *http.Request) (*ladderView, error) {
	ask := s.Ask(r)
	base, err := s.BaseOf(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	outcomes, table, err := base.Outcomes(r.Context(), ask.Date, ask.Assume)
	if err != nil {
		return nil, err
	}
	if table.N == 0 {
		return nil, nil
	}
	q := r.URL.Query()
	place := city.ParsePlace(q.Get("in"))
	if err := s.City.CheckPlace(place); err != nil {
		return nil, address.Mistake(err, "in")
	}
	v := &ladderView{Place: s.City.PlaceName(place, ask.Lang), InCity: place == city.ParsePlace(""), Show: list.Met}
	scope := s.Counted(ask, s.City.Register.ID, table)
	if v.InCity {
		v.Place = s.City.ScopeName(ask.Scope, ask.Lang)
		if own, ok := s.OwnPlace(r.Context()); ok && ask.Scope == "" {
			v.Place = own.In(ask.Lang)
		}
	}
	if show := list.Verdict(q.Get("show")); slices.Contains(city.Verdicts, show) {
		v.Show = show
	} else if show != "" {
		return nil, address.UnknownFilter("show", string(show))
	}
	rows := city.Both(scope, s.City.RowsIn(table, place))
	v.Total = figure{city.CountIn(rows, nil, table.N), ask.Link("/enterprises", place.Pairs()...)}
	for _, o := range outcomes {
		v.Rows = append(v.Rows, s.ladderRow(ask, o, rows, table.N, place))
	}
	if len(v.Rows) > 0 {
		v.Lead = &v.Rows[0]
	}
	v.Dormant = s.City.Dormant(outcomes)
	v.Districts = s.districtTable(r.Context(), ask, outcomes, table, v.Show, scope)
	for _, state := range city.Verdicts {
		v.Shows = append(v.Shows, frame.Option{Value: string(state), URL: ask.With("show", string(state)), On: state == v.Show})
	}
	v.Assume = s.assumptions(ask)
	v.Export = s.ExportAt(r.Context(), ask.Link("/ladder.xlsx", place.Pairs()...))
	return v, nil
}

func (s *room) ladderRow(ask *address.Ask, o *rule.Outcome, rows col.Bitmap, n int, in city.Place) ladderRow {
	row := ladderRow{Rule: o.Rule, Law: o.Law}
	counts := map[list.Verdict]int{}
	for _, state := range city.Verdicts {
		counts[state] = city.CountIn(stateRows(o, state), rows, n)
		pairs := append(in.Pairs(), "v."+o.Rule.ID, string(state))
		row.Figures = append(row.Figures, stateFigure{state, figure{counts[state], ask.Link("/enterprises", pairs...)}})
	}
	row.Bar = bar(counts)
	for _, c := range o.Criteria {
		if k := city.CountIn(c.Only, rows, n); k > 0 {
			pairs := append(in.Pairs(), "only."+o.Rule.ID, c.Criterion.ID)
			row.Reasons = append(row.Reasons, reason{c.Criterion.Name, c.Criterion.Status, figure{k, ask.Link("/enterprises", pairs...)}})
		}
	}
	slices.SortStableFunc(row.Reasons, func(a, b reason) int { return cmp.Compare(b.N, a.N) })
	return row
}

// bar lays the five parts end to end from zero; what is counted inside another is taken out of it.
func bar(counts map[list.Verdict]int) []segment {
	parts := []struct {
		state list.Verdict
		n     int
	}{
		{list.Met, counts[list.Met]},
		{list.Near, counts[list.Near]},
		{list.Pending, counts[list.Pending]},
		{list.Unknown, counts[list.Unknown] - counts[list.Pending]},
		{list.Unmet, counts[list.Unmet] - counts[list.Near]},
	}
	total := 0
	for _, p := range parts {
		total += p.n
	}
	var segments []segment
	from := 0
	percent := func(n int) string { return strconv.FormatFloat(100*float64(n)/float64(total), 'f', 3, 64) + "%" }
	for _, p := range parts {
		if p.n > 0 {
			segments = append(segments, segment{string(p.state), percent(from), percent(p.n)})
			from += p.n
		}
	}
	return segments
}

// districtTable counts one state of every recognition by district, the districts in their groups.
func (s *room) districtTable(ctx context.Context, ask *address.Ask, outcomes []*rule.Outcome, t *col.Table, show list.Verdict, scope col.Bitmap) []districtGroup {
	total := s.City.ByDistrict(t, scope)
	_, part := s.OwnPlace(ctx)
	part = part || scope != nil
	counts := make([]map[string]int, len(outcomes))
	for i, o := range outcomes {
		counts[i] = s.City.ByDistrict(t, city.Both(scope, stateRows(o, show)))
	}
	row := func(name string, in city.Place, ids ...string) districtRow {
		sum := func(m map[string]int) int {
			n := 0
			for _, id := range ids {
				n += m[id]
			}
			return n
		}
		d := districtRow{Name: name, URL: ask.With("scope", in.String(), "in", ""),
			Total: figure{sum(total), ask.Link("/enterprises", in.Pairs()...)}}
		if in.District == pack.Elsewhere {
			d.URL = ""
		}
		for i, o := range outcomes {
			d.Figures = append(d.Figures, figure{sum(counts[i]), ask.Link("/enterprises", append(in.Pairs(), "v."+o.Rule.ID, string(show))...)})
		}
		return d
	}
	var groups []districtGroup
	seen := map[string]bool{}
	for _, g := range s.Pack.Groups {
		group := districtGroup{Name: g.Name.In(ask.Lang)}
		for _, id := range g.Members {
			if o := s.City.Org[id]; o != nil && !seen[id] {
				if seen[id] = true; part && total[id] == 0 {
					continue // outside of the scope
				}
				group.Rows = append(group.Rows, row(city.ShortName(o, ask.Lang), city.Place{District: id}, id))
			}
		}
		if len(group.Rows) > 1 {
			sum := row(group.Name, city.Place{Group: g.ID}, g.Members...)
			group.Summary = &sum
		}
		if len(group.Rows) > 0 {
			groups = append(groups, group)
		}
	}
	rest := districtGroup{Name: s.Words(ask.Lang)("ladder.otherDistricts")}
	for _, o := range s.City.Districts {
		if !seen[o.ID] && (!part || total[o.ID] > 0) {
			rest.Rows = append(rest.Rows, row(city.ShortName(o, ask.Lang), city.Place{District: o.ID}, o.ID))
		}
	}
	if total[pack.Elsewhere] > 0 {
		rest.Rows = append(rest.Rows, row(s.Words(ask.Lang)("ladder.elsewhere"), city.Place{District: pack.Elsewhere}, pack.Elsewhere))
	}
	if len(rest.Rows) > 0 {
		groups = append(groups, rest)
	}
	return groups
}

// assumptions are the yes/no attributes that an address may take as "no" where blank.
func (s *room) assumptions(ask *address.Ask) []assumption {
	var all []assumption
	for _, a := range s.City.Assumable {
		all = append(all, assumption{a.ID, a.Name, slices.Contains(ask.Assume, a.ID)})
	}
	return all
}

// stateRows are an outcome's rows in one state.
func stateRows(o *rule.Outcome, state list.Verdict) col.Bitmap {
	switch state {
	case list.Met:
		return o.Met
	case list.Near:
		return o.Near
	case list.Unknown:
		return o.Unknown
	case list.Pending:
		return o.Pending
	}
	return o.Unmet
}
