package api

import (
	"cmp"
	"net/http"
	"slices"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
)

// callRules lists the recognitions, as eyas rule list --json does.
func (s *room) callRules(r *http.Request) (*answered, error) {
	if err := s.sees(r.Context()); err != nil {
		return nil, err
	}
	out := answer.Rules{Rules: []answer.RuleLine{}}
	for _, x := range s.Pack.Rules {
		if !s.MayOf(r.Context(), auth.See, x.Register) {
			continue
		}
		i := slices.IndexFunc(out.Rules, func(o answer.RuleLine) bool { return o.Rule == x.ID })
		if i < 0 {
			out.Rules, i = append(out.Rules, answer.RuleLine{Rule: x.ID, Name: x.Name}), len(out.Rules)
		}
		for j := range x.Laws {
			out.Rules[i].Laws = append(out.Rules[i].Laws, answer.NewLaw(&x.Laws[j]))
		}
	}
	return &answered{value: out}, nil
}

// Ladder counts where the subjects of a register stand.
type Ladder struct {
	Register string   `json:"register"`
	Date     string   `json:"date"`
	Total    int      `json:"total"`
	Rules    []Screen `json:"rules"`
}

// Screen is the result of a screening, with what alone keeps subjects from being met, and by district.
type Screen struct {
	answer.Screened
	Name      string     `json:"name"`
	Law       answer.Law `json:"law"`
	OneAway   []OneAway  `json:"one_away"` // criteria that alone are unmet, the most frequent first
	Districts []District `json:"districts"`
}

// OneAway is a criterion that alone keeps so many from being met.
type OneAway struct {
	Criterion string `json:"criterion"`
	Name      string `json:"name"`
	N         int    `json:"n"`
}

// District is the part of a screening that lies in a district.
type District struct {
	Org  string `json:"org"` // ?: no district is known, or one outside of the city
	Name string `json:"name"`
	rule.Count
}

// callLadder screens a register for all recognitions of the day.
func (s *room) callLadder(r *http.Request) (*answered, error) {
	id := r.URL.Query().Get("register")
	if id == "" {
		id = s.City.Register.ID
	}
	reg, err := s.registerOf(r.Context(), id)
	if err != nil {
		return nil, err
	}
	outcomes, rows, table, err := s.outcomes(r, reg)
	if err != nil {
		return nil, err
	}
	ask := s.Ask(r)
	out := Ladder{Register: reg.ID, Date: ask.Day(), Total: city.CountIn(rows, nil, table.N), Rules: []Screen{}}
	for _, o := range outcomes {
		out.Rules = append(out.Rules, s.screenOf(r, reg, o, rows, table))
	}
	return &answered{value: out}, nil
}

// callScreening screens for one recognition.
func (s *room) callScreening(r *http.Request) (*answered, error) {
	if err := s.sees(r.Context()); err != nil {
		return nil, err
	}
	id := r.PathValue("rule")
	if err := s.ruleOf(id, ""); err != nil {
		return nil, err
	}
	about, _, err := s.Rules.Law(id, s.Ask(r).Date)
	if err != nil {
		return nil, err
	}
	reg, err := s.registerOf(r.Context(), about.Register)
	if err != nil {
		return nil, err
	}
	outcomes, rows, table, err := s.outcomes(r, reg)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(outcomes, func(o *rule.Outcome) bool { return o.Rule.ID == id })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "这一天没有这个资格的规则。", "No rule of this recognition is in force on the day.")
	}
	return &answered{value: s.screenOf(r, reg, outcomes[i], rows, table)}, nil
}

// outcomes are those of the day, with the rows of the table that an address counts; nil: all of them.
func (s *room) outcomes(r *http.Request, reg *pack.Register) ([]*rule.Outcome, col.Bitmap, *col.Table, error) {
	ask := s.Ask(r)
	_, base, err := s.InMemory(r.Context(), reg.ID, ask.Moment())
	if err != nil {
		return nil, nil, nil, err
	}
	outcomes, table, err := base.Outcomes(r.Context(), ask.Date, ask.Assume)
	if err != nil {
		return nil, nil, nil, err
	}
	place := city.ParsePlace(r.URL.Query().Get("in"))
	if err := s.CityOf(reg.ID).CheckPlace(place); err != nil {
		return nil, nil, nil, address.Mistake(err, "in")
	}
	return outcomes, city.Both(s.Counted(ask, reg.ID, table), s.CityOf(reg.ID).RowsIn(table, place)), table, nil
}

func (s *room) screenOf(r *http.Request, reg *pack.Register, o *rule.Outcome, rows col.Bitmap, t *col.Table) Screen {
	ask := s.Ask(r)
	count := func(set col.Bitmap) int { return city.CountIn(set, rows, t.N) }
	x := Screen{Name: o.Rule.Name.In(ask.Lang), OneAway: []OneAway{}, Districts: []District{},
		Screened: answer.Screened{Rule: o.Rule.ID, Date: ask.Day(), BaseYear: o.BaseYear, Assumed: ask.Assume,
			Count: rule.Count{Met: count(o.Met), Near: count(o.Near), Unknown: count(o.Unknown), Pending: count(o.Pending), Unmet: count(o.Unmet)}}}
	if o.Law != nil {
		x.Law = answer.NewLaw(o.Law)
	}
	for _, c := range o.Criteria {
		if n := count(c.Only); n > 0 {
			x.OneAway = append(x.OneAway, OneAway{c.Criterion.ID, c.Criterion.Name.In(ask.Lang), n})
		}
	}
	slices.SortStableFunc(x.OneAway, func(a, b OneAway) int { return cmp.Compare(b.N, a.N) })
	in := s.CityOf(reg.ID)
	if in.DistrictAttr() == "" {
		return x
	}
	parts := make([]map[string]int, 5)
	for i, set := range []col.Bitmap{o.Met, o.Near, o.Unknown, o.Pending, o.Unmet} {
		parts[i] = in.ByDistrict(t, city.Both(rows, set))
	}
	add := func(org, name string) {
		d := District{Org: org, Name: name, Count: rule.Count{Met: parts[0][org], Near: parts[1][org], Unknown: parts[2][org], Pending: parts[3][org], Unmet: parts[4][org]}}
		if d.Count != (rule.Count{}) {
			x.Districts = append(x.Districts, d)
		}
	}
	for _, d := range in.Districts {
		add(d.ID, city.ShortName(d, ask.Lang))
	}
	add(pack.Elsewhere, s.Words(ask.Lang)("api.elsewhere"))
	return x
}
