package quality

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/sight"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// listFindings fills in one page of the list, its filters and its order.
func (s *room) listFindings(r *http.Request, ask *address.Ask, v *qualityView) error {
	f, err := s.qualityFilter(r, v.Sources)
	if err != nil {
		return err
	}
	list, page, total, err := address.ReadPage(ask.Page, findingsPage, func(offset, limit int) ([]quality.Row, int, error) {
		return s.Quality.Listed(r.Context(), f, offset, limit)
	})
	if err != nil {
		return err
	}
	for i := range list {
		if row, ok := s.findingRow(ask, &list[i]); ok {
			v.Rows = append(v.Rows, row)
		}
	}
	v.Listed, v.From, v.To = total, min(total, (page-1)*findingsPage+1), min(total, page*findingsPage)
	if page > 1 {
		v.Prev = ask.With("page", strconv.Itoa(page-1))
	}
	if page*findingsPage < total {
		v.Next = ask.With("page", strconv.Itoa(page+1))
	}
	q := r.URL.Query()
	text := s.Words(ask.Lang)
	v.Sorts = map[string]frame.SortLink{}
	for _, by := range []string{"severity", "name", "found"} {
		link := frame.SortLink{URL: ask.With("sort", by, "desc", "", "page", "")}
		if f.Sort == by {
			link.Aria = "ascending"
			if f.Desc {
				link.Aria = "descending"
			} else {
				link.URL = ask.With("sort", by, "desc", "1", "page", "")
			}
		}
		v.Sorts[by] = link
	}
	for _, k := range v.Kinds {
		id := mustParam(k.URL, "rule")
		v.Rules = append(v.Rules, frame.Option{Value: id, Label: k.Label, On: q.Get("rule") == id})
	}
	for _, d := range v.Districts {
		id := mustParam(d.URL, "in")
		v.InDistr = append(v.InDistr, frame.Option{Value: id, Label: d.Label, On: q.Get("in") == id})
	}
	for _, d := range v.States {
		id := mustParam(d.URL, "state")
		v.InState = append(v.InState, frame.Option{Value: id, Label: d.Label, On: q.Get("state") == id})
	}
	v.Export = "/quality.xlsx"
	if r.URL.RawQuery != "" {
		v.Export += "?" + r.URL.RawQuery
	}
	for _, x := range v.Sources {
		v.Stewards = append(v.Stewards, x.Steward)
		if x.ID == q.Get("from") {
			v.Chips = append(v.Chips, frame.Chip{Label: x.Label, URL: ask.With("from", "", "page", "")})
		}
	}
	slices.Sort(v.Stewards)
	v.Stewards = slices.Compact(v.Stewards)
	if f.Assignee != "" {
		v.Chips = append(v.Chips, frame.Chip{Label: text("quality.assignee") + " " + f.Assignee, URL: ask.With("assignee", "", "page", "")})
	}
	return nil
}

// mustParam gives a parameter of an address that the program made.
func mustParam(link, name string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

// exportQuality gives the list of the address as Excel.
func (s *room) exportQuality(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	if s.Quality == nil {
		return nil, errNoQuality()
	}
	ask := s.Ask(r)
	text := s.Words(ask.Lang)
	name := text("quality.title")
	head := []any{}
	for _, h := range []string{"name", "code", "district", "attr", "year", "value", "rule", "because", "offer", "state", "assignee", "reason", "source", "cell"} {
		head = append(head, text("quality.col."+h))
	}
	tallies, _, err := s.Quality.Tallies(r.Context(), s.qualityRegister(r).ID)
	if err != nil {
		return nil, err
	}
	sources, err := s.countSources(r.Context(), ask, s.qualityRegister(r).ID, tallies)
	if err != nil {
		return nil, err
	}
	f, err := s.qualityFilter(r, sources)
	if err != nil {
		return nil, err
	}
	_, total, err := s.Quality.Listed(r.Context(), f, 0, 1)
	if err != nil {
		return nil, err
	}
	fill := func(ctx context.Context, row func(...any) error) error {
		files := map[int64]string{}
		for at := 0; ; at += frame.ExportBatch {
			list, _, err := s.Quality.Listed(ctx, f, at, frame.ExportBatch)
			if err != nil {
				return err
			}
			for i := range list {
				x, ok := s.findingRow(ask, &list[i])
				if !ok {
					continue
				}
				id := list[i].Import
				if files[id] == "" {
					files[id] = s.importName(ctx, id)
				}
				var year any
				if x.Year != 0 {
					year = sheet.Plain(x.Year)
				}
				if err := row(x.Name, x.Code, x.District, x.Attr, year, x.Value, x.Rule, x.Because, x.Offer,
					text("quality.state."+string(x.State)), x.Assignee, x.Reason, files[id], list[i].Cell); err != nil {
					return err
				}
			}
			if len(list) < frame.ExportBatch {
				return nil
			}
		}
	}
	return &frame.Workbook{File: name + " " + ask.Day() + ".xlsx", Rows: total, Title: name, Notes: s.ExportNotes(ask, s.Pack.Name.In(ask.Lang)), Head: head, Fill: fill}, nil
}

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
		Back: ask.Link("/quality", "register", f.Register), Letter: ask.Link("/quality/" + row.Key + "/letter"), File: s.importName(r.Context(), f.Import),
		When: f.FoundAt.In(origin.ZoneOf(s.Pack)).Format("2006-01-02 15:04")}
	v.Question = f.Reason
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

func (s *room) showFinding(w http.ResponseWriter, r *http.Request) error {
	f, err := s.readFinding(r)
	if err != nil {
		return err
	}
	v, err := s.findingView(r, f)
	if err != nil {
		return err
	}
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
	return s.Render(w, r, "letter", v)
}
