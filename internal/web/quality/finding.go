package quality

import (
	"net/http"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// findingView is one doubted value with what it is held against and what can be done about it.
type findingView struct {
	findingRow
	Says     string
	Note     string // who mends it, in words
	Years    []findingYear
	Question string
	Letter   string
	Open     bool
	Mends    bool
	Stewards []string
	Back     string
	File     string
	When     string
	SawValue address.Field // the doubted value, as it is now
}

// findingYear is the value of one year beside the doubted one.
type findingYear struct {
	Attr, Value, URL, File string
	Year                   int
	Here                   bool
}

func (s *room) readFinding(r *http.Request) (*quality.Row, error) {
	if s.Quality == nil {
		return nil, errNoQuality()
	}
	k, ok := quality.ParseKey(r.PathValue("key"))
	if !ok {
		return nil, fault.New(fault.NotFound, "没有这个可疑的值。请从“数据质量”页的名单进入。", "There is no such doubted value: start from the list on the page “Data quality”.")
	}
	return s.Quality.Found(r.Context(), k)
}

func (s *room) findingView(r *http.Request, f *quality.Row) (*findingView, error) {
	ask := s.Ask(r)
	row, ok := s.findingRow(ask, f)
	if !ok {
		return nil, fault.New(fault.NotFound, "查出这个值的规则已不在城市包里。", "The rule that found this value is no longer in the pack.")
	}
	rule, a := s.findingAttribute(f.Key)
	text := s.Words(ask.Lang)
	v := &findingView{findingRow: row, Says: rule.Says.In(ask.Lang), Note: text("quality.mends." + rule.Mends), Open: f.ResolvedAt.IsZero(), Mends: s.Correct != nil,
		Back: backTo(r, f.Register), Letter: ask.Link("/quality/" + row.Key + "/letter"), File: s.importName(r.Context(), f.Import),
		When: f.FoundAt.In(origin.ZoneOf(s.Pack)).Format("2006-01-02 15:04")}
	v.Question = figure.Masked(f.Reason)
	if f.State != quality.Asked {
		key := "quality.question"
		switch {
		case rule.Kind == pack.Lacking:
			key = "quality.question.missing"
		case row.Year != 0:
			key = "quality.question.year"
		}
		v.Question = text(key, "attr", row.Attr, "year", row.Year, "value", row.Value, "because", row.Because)
	}
	v.Stewards = s.stewards(r, ask, f)
	facts, err := s.Known.Sourced(r.Context(), f.Subject)
	if err != nil {
		return nil, err
	}
	beside := map[string]bool{a.ID: true, rule.Against: true, rule.Loss: true, rule.Per[a.ID]: true}
	v.SawValue = frame.SawField(sight.SawValue(f.Subject, words.ValueKey(a, f.Year)), sight.Mark(nil))
	for i := range facts {
		x := &facts[i]
		if x.Attr == a && x.Year == f.Year {
			v.SawValue = frame.SawField(sight.SawValue(f.Subject, words.ValueKey(a, f.Year)), sight.Mark(&x.Fact))
		}
		if !beside[x.Attr.ID] {
			continue
		}
		v.Years = append(v.Years, findingYear{Attr: x.Attr.Name.In(ask.Lang), Year: x.Year, Value: judge.Shown(x.Attr, judge.Text(x.Attr, x.Value)).In(ask.Lang),
			URL: ask.Link("/records/"+strconv.FormatInt(x.Record, 10), "cell", x.Source.Cell), File: x.Source.File, Here: x.Attr == a && x.Year == f.Year})
	}
	return v, nil
}

// stewards suggests who could mend a finding: who keeps the source, the bureaus of the district and of the city.
func (s *room) stewards(r *http.Request, ask *address.Ask, f *quality.Row) []string {
	text := s.Words(ask.Lang)
	var list []string
	if imp, err := s.Imports.ImportByID(r.Context(), f.Import); err == nil {
		if source := s.Pack.Source(imp.Options.Source); source != nil {
			list = append(list, source.Steward.In(ask.Lang))
		}
	}
	for _, o := range s.Pack.Orgs {
		if o.Kind == "city" || o.ID == f.District && f.District != "" {
			list = append(list, text("quality.bureau", "org", o.Name.In(ask.Lang)))
		}
	}
	return list
}

// backTo is the list that a finding was reached from, as its address carries it.
func backTo(r *http.Request, register string) string {
	q := r.URL.Query()
	q.Set("register", register)
	return "/quality?" + q.Encode()
}

func (s *room) showFinding(w http.ResponseWriter, r *http.Request) error {
	f, err := s.readFinding(r)
	if err != nil {
		return err
	}
	v, err := s.findingView(r, f)
	if err != nil {
		return err
	}
	s.Looked(r, f.Key.Subject)
	return s.Render(w, r, "finding", v)
}

// showLetter is the question to the enterprise as a letter to print.
func (s *room) showLetter(w http.ResponseWriter, r *http.Request) error {
	f, err := s.readFinding(r)
	if err != nil {
		return err
	}
	v, err := s.findingView(r, f)
	if err != nil {
		return err
	}
	s.Looked(r, f.Key.Subject)
	return s.Render(w, r, "letter", v)
}
