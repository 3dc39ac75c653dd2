package quality

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/figure"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// mostSources is how many sources have a column of their own beside the rules.
const mostSources = 5

// severities of rules, the gravest first.
var severities = []string{"high", "medium", "low"}

// countFindings fills in the counts, each a link to the list behind it.
func (s *room) countFindings(r *http.Request, ask *address.Ask, v *qualityView) error {
	ctx, text := r.Context(), s.Words(ask.Lang)
	reg := v.Register.ID
	link := func(pairs ...string) string {
		return ask.Link("/quality", append([]string{"register", reg}, pairs...)...)
	}
	tallies, at, err := s.Quality.Tallies(ctx, reg)
	if err != nil {
		return err
	}
	tallies = s.inScope(tallies, ask.Scope)
	v.tallies = tallies
	if !at.IsZero() {
		v.When = at.In(origin.ZoneOf(s.Pack)).Format("2006-01-02 15:04")
	}
	for _, other := range s.Quality.Registers() {
		n := 0
		counts := tallies
		if other.ID != reg {
			if counts, err = s.tallied(ctx, other.ID, ask.Scope); err != nil {
				return err
			}
		}
		for _, t := range counts {
			n += t.N
		}
		v.Registers = append(v.Registers, qualityCount{other.Name.In(ask.Lang), ask.Link("/quality", "register", other.ID), n, other.ID == reg})
	}
	if v.Sources, err = s.countSources(ctx, ask, reg, tallies); err != nil {
		return err
	}
	byRule, byDistrict, byState := map[string]int{}, map[string]int{}, map[quality.State]int{}
	cross := map[string]map[int64]int{}
	for _, n := range tallies {
		v.Total += n.N
		byRule[n.Rule] += n.N
		byDistrict[n.District] += n.N
		byState[n.State] += n.N
		if cross[n.Rule] == nil {
			cross[n.Rule] = map[int64]int{}
		}
		cross[n.Rule][n.Import] += n.N
	}
	for _, state := range []quality.State{quality.Open, quality.Assigned, quality.Asked} {
		v.States = append(v.States, qualityCount{Label: text("quality.state." + string(state)), URL: link("state", string(state)), N: byState[state]})
	}
	for _, x := range v.Sources {
		if x.N > 0 && len(v.Columns) < mostSources {
			v.Columns = append(v.Columns, x)
		}
	}
	for _, severity := range severities {
		for _, rule := range s.Pack.Quality {
			n := byRule[rule.ID]
			if n == 0 || rule.Severity != severity {
				continue
			}
			k := qualityKind{qualityCount: qualityCount{Label: rule.Name.In(ask.Lang), URL: link("rule", rule.ID), N: n}, Kind: string(rule.Kind), Severity: severity}
			for _, c := range v.Columns {
				cell := qualityCount{URL: link("rule", rule.ID, "from", c.ID)}
				for _, id := range c.imports {
					cell.N += cross[rule.ID][id]
				}
				k.Cells = append(k.Cells, cell)
			}
			v.Kinds = append(v.Kinds, k)
		}
	}
	for _, id := range sortedByCount(byDistrict) {
		v.Districts = append(v.Districts, qualityCount{Label: s.districtName(ask, id), URL: link("in", districtParam(id)), N: byDistrict[id]})
	}
	return nil
}

// countSources counts by the source of the pack that files came from, the most findings first, with what is old of each.
func (s *room) countSources(ctx context.Context, ask *address.Ask, register string, tallies []quality.Tally) ([]qualitySource, error) {
	text := s.Words(ask.Lang)
	at := map[string]*qualitySource{}
	of := func(id string) *qualitySource {
		if at[id] != nil {
			return at[id]
		}
		x := &qualitySource{ID: "-", Steward: text("quality.steward.unsaid"), qualityCount: qualityCount{Label: text("quality.source.unsaid")}}
		if p := s.Pack.Source(id); p != nil {
			x.ID, x.Steward, x.Label = p.ID, p.Steward.In(ask.Lang), p.Name.In(ask.Lang)
		}
		x.URL = ask.Link("/quality", "register", register, "from", x.ID)
		at[id] = x
		return x
	}
	from, err := s.sourcesOf(ctx, tallies)
	if err != nil {
		return nil, err
	}
	counted := map[int64]bool{}
	for _, n := range tallies {
		x := of(from[n.Import])
		if x.N += n.N; !counted[n.Import] {
			counted[n.Import], x.imports = true, append(x.imports, n.Import)
		}
	}
	aged, err := s.Quality.Gathered(ctx, register)
	if err != nil {
		return nil, err
	}
	days := map[string][2]int64{}
	for _, a := range aged {
		x := of(a.Source)
		x.Old.N += a.Subjects
		d, ok := days[a.Source]
		if !ok {
			d = [2]int64{a.Oldest, a.Newest}
		}
		days[a.Source] = [2]int64{min(d[0], a.Oldest), max(d[1], a.Newest)}
	}
	var sources []qualitySource
	for id, x := range at {
		if d, ok := days[id]; ok {
			x.Old.URL = ask.Link("/quality/old", "register", register, "from", id)
			x.Days = figure.DateOf(&d[0])
			if d[1] != d[0] {
				x.Days += " – " + figure.DateOf(&d[1])
			}
		}
		sources = append(sources, *x)
	}
	slices.SortFunc(sources, func(a, b qualitySource) int {
		return cmp.Or(b.N-a.N, b.Old.N-a.Old.N, cmp.Compare(a.ID, b.ID))
	})
	return sources, nil
}

// sourcesOf gives the source of the pack from which each import came. An import that the reader does not see has none.
func (s *room) sourcesOf(ctx context.Context, tallies []quality.Tally) (map[int64]string, error) {
	from, ids := map[int64]string{}, []int64{}
	for _, n := range tallies {
		ids = append(ids, n.Import)
	}
	slices.Sort(ids)
	for some := range slices.Chunk(slices.Compact(ids), 500) {
		list, _, err := s.Imports.Imports(ctx, fact.Wanted{Chosen: some}, 0, len(some))
		if err != nil {
			return nil, err
		}
		for i := range list {
			if id := list[i].Options.Source; s.Pack.Source(id) != nil {
				from[list[i].ID] = id
			}
		}
	}
	return from, nil
}

// mostWanted is how many values of a recognition are named.
const mostWanted = 4

// wantedValues fills in, for the recognitions in force, the values that enterprises without a verdict lack most.
func (s *room) wantedValues(r *http.Request, ask *address.Ask, v *qualityView) error {
	if len(s.CityOf(v.Register.ID).Ladder) == 0 || s.Registers == nil || s.Rules == nil {
		return nil
	}
	reg, base, err := s.InMemory(r.Context(), v.Register.ID, fact.Moment{})
	if err != nil {
		return err
	}
	outcomes, table, err := base.Outcomes(r.Context(), ask.Date, ask.Assume)
	if errors.Is(err, list.ErrLoading) {
		return nil
	}
	if err != nil {
		return err
	}
	index := base.Index(table)
	counted := s.Counted(ask, reg.ID, table)
	for _, o := range outcomes {
		unsaid, err := index.Filter(list.Filter{Rows: counted, Verdicts: map[string][]list.Verdict{o.Rule.ID: {list.Unknown}}}, outcomes)
		if err != nil {
			return err
		}
		if unsaid.Count() == 0 {
			continue
		}
		inputs, err := s.Rules.Inputs(table, o.Rule.ID, rule.Options{Date: ask.Date, Assume: ask.Assume})
		if err != nil {
			return err
		}
		w := qualityWanted{Rule: o.Rule.Name.In(ask.Lang)}
		for _, in := range inputs {
			key := col.Key{Attr: in.Attr.ID, Year: in.Year}
			rows, err := index.Filter(list.Filter{Rows: unsaid, Missing: []col.Key{key}}, nil)
			if err != nil {
				return err
			}
			if n := rows.Count(); n > 0 {
				name := in.Attr.Name.In(ask.Lang)
				if in.Year != 0 {
					name += " " + strconv.Itoa(in.Year)
				}
				w.Items = append(w.Items, qualityCount{Label: name, N: n, URL: ask.Link(s.RegisterPath(reg), "v."+o.Rule.ID, string(list.Unknown), "missing", words.Key(key))})
			}
		}
		slices.SortStableFunc(w.Items, func(a, b qualityCount) int { return b.N - a.N })
		if w.Items = w.Items[:min(len(w.Items), mostWanted)]; len(w.Items) > 0 {
			v.Wanted = append(v.Wanted, w)
		}
	}
	return nil
}

func districtParam(id string) string {
	if id == "" {
		return "-"
	}
	return id
}

// districtOf is the id that districtParam writes.
func districtOf(param string) string {
	if param == "-" {
		return ""
	}
	return param
}

func sortedByCount[K int64 | string](counts map[K]int) []K {
	keys := make([]K, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		if a < b {
			return -1
		}
		return 1
	})
	return keys
}

func (s *room) districtName(ask *address.Ask, id string) string {
	if o := s.Pack.Orgs.ByID(id); o != nil {
		return o.Name.In(ask.Lang)
	}
	if id != "" { // outside of the city
		return id
	}
	return s.Words(ask.Lang)("quality.noDistrict")
}

func (s *room) importName(ctx context.Context, id int64) string {
	if imp, err := s.Imports.ImportByID(ctx, id); err == nil {
		return imp.File
	}
	return "#" + strconv.FormatInt(id, 10)
}
