package roster

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// enterpriseList is the list page.
type enterpriseList struct {
	Total    int
	Took     string
	Rows     []listRow
	Columns  []listColumn
	NameSort frame.SortLink
	Text     string // filter by name, code or initials
	Places   []frame.PlaceGroup
	Industry string          // prefix of the industry code
	Sections []frame.Option  // the classification's sections and divisions, to choose from
	Zones    []frame.Option  // empty when the zone has a column
	Verdicts []verdictFilter // recognitions without a column
	Blanks   []frame.Option  // attributes of which only blanks may be asked for
	Chips    []frame.Chip
	// PlaceInHead: the choice of a place stands under the district's head.
	PlaceInHead bool
	Hidden      []address.Field // what the filter form carries along unseen
	Pager       address.Pager
	Units       []frame.Option
	Chooser     []columnChoice
	Export      string
	Selected    []address.Field // what the export of selected rows carries along
}

type listRow struct {
	ID    int64
	URL   string
	Name  string
	Code  string
	Cells []listCell
}

type listCell struct {
	cell
	Head    string
	Numeric bool
	Fact    bool // one of the three facts that a card shows on a phone
}

type listColumn struct {
	column
	SortLink frame.SortLink
	Filter   string // the control under the head: place, select or none
	Name     string // its field
	Options  []frame.Option
}

type verdictFilter struct {
	Name    string // field
	Label   pack.Text
	Options []frame.Option
}

type columnChoice struct {
	Label   string
	Columns []frame.Option
}

// listing is a query answered: the rows that fit, over one table and its outcomes.
type listing struct {
	query    *listQuery
	table    *col.Table
	index    *list.Index
	outcomes []*rule.Outcome
	base     int
	rows     col.Bitmap
	writer   words.Writer
	columns  []column
	facts    map[int]bool // the columns that a card on a phone shows
}

// factsOfCard is how many facts a card on a phone shows.
const factsOfCard = 3

// chooseFacts takes the verdicts that the filter speaks of, then the first columns.
func (l *listing) chooseFacts() {
	l.facts = map[int]bool{}
	for _, asked := range []bool{true, false} {
		for i, c := range l.columns {
			id := strings.TrimPrefix(c.ID, "v.")
			_, byVerdict := l.query.filter.Verdicts[id]
			_, byCriterion := l.query.filter.Only[id]
			if len(l.facts) < factsOfCard && (!asked || c.Verdict && (byVerdict || byCriterion)) {
				l.facts[i] = true
			}
		}
	}
}

// list answers the query of an address; nil when the base is empty.
func (s *room) list(ctx context.Context, r *http.Request) (*listing, error) {
	ask := s.Ask(r)
	base, err := s.BaseOf(ctx, ask)
	if err != nil {
		return nil, err
	}
	outcomes, t, err := base.Outcomes(ctx, ask.Date, ask.Assume)
	if err != nil {
		return nil, err
	}
	if t.N == 0 {
		return nil, nil
	}
	l := &listing{table: t, index: base.Index(t), outcomes: outcomes, base: ask.Date.Year() - 1}
	if l.query, err = s.readList(r, l.base); err != nil {
		return nil, err
	}
	if l.query.subjects != nil {
		chosen := col.NewBitmap(t.N)
		for _, id := range l.query.subjects {
			if row := t.Row(id); row >= 0 {
				chosen.Set(row)
			}
		}
		l.query.filter.Rows = chosen
	}
	if l.rows, err = l.index.Filter(l.query.filter, outcomes); err != nil {
		return nil, err
	}
	l.writer = s.Writer(ask.Lang, l.query.money)
	l.columns = columns(l.writer, l.query.cols, t, outcomes, l.base)
	l.chooseFacts()
	return l, nil
}

// enterpriseList shows a page of the enterprises that fit the filters.
func (s *room) enterpriseList(w http.ResponseWriter, r *http.Request) error {
	start := time.Now() // only to say how long the query took
	l, err := s.list(r.Context(), r)
	if err != nil {
		return err
	}
	if l == nil {
		return s.Render(w, r, "start", nil)
	}
	ask := s.Ask(r)
	page := l.index.Page(l.rows, l.query.sort, (l.query.page-1)*rowsPerPage, rowsPerPage)
	took := time.Since(start)
	v := &enterpriseList{
		Total:    page.Total,
		Took:     words.Decimal(float64(took.Microseconds())/1000, 1),
		Text:     l.query.filter.Text,
		Places:   frame.PlacesOf(s.City, ask.Lang, l.writer.Text, l.query.place),
		NameSort: sortBy(ask, l.query.sort, "name"),
		Chips:    s.chips(ask, l),
		Pager:    pagerOf(ask, l.query.page, page.Total),
		Export:   "/enterprises.xlsx" + strings.TrimPrefix(ask.With("page", ""), ask.Path()),
	}
	s.heads(ask, l, v)
	for _, row := range page.Rows {
		v.Rows = append(v.Rows, listRowOf(ask, l, row))
	}
	for _, u := range []words.Unit{words.InWan, words.InYi, words.InYuan} {
		v.Units = append(v.Units, frame.Option{Label: l.writer.Text("unit.yuan." + string(u)), URL: ask.With("unit", string(u)), On: u == l.query.money})
	}
	v.Chooser = s.chooser(l)
	for _, f := range ask.Hidden("id", "page") {
		if f.Name == "col" || f.Name == "unit" || f.Name == "date" || f.Name == "assume" || f.Name == "lang" {
			v.Selected = append(v.Selected, f)
		}
	}
	s.Remember(w, r)
	return s.Render(w, r, "enterprises", v)
}

func listRowOf(ask *address.Ask, l *listing, row int) listRow {
	lr := listRow{ID: l.table.Subjects[row], Code: string(l.table.Codes.At(row)), Name: string(l.table.Names.At(row))}
	lr.URL = ask.Link(address.EnterprisePath(lr.Code, lr.ID))
	for i, c := range l.columns {
		lc := listCell{cell: c.cell(row), Head: c.Head, Numeric: c.Numeric, Fact: l.facts[i]}
		if c.Unit != "" && lc.Text != "" {
			lc.Head += " (" + c.Unit + ")"
		}
		lr.Cells = append(lr.Cells, lc)
	}
	return lr
}

// heads fills the heads with their sorting and filters, and the form with what has no head.
func (s *room) heads(ask *address.Ask, l *listing, v *enterpriseList) {
	text, f := l.writer.Text, &l.query.filter
	seen := []string{"text", "page", "missing", "industry", "zone", "in"} // fields that stand in the form
	blank := map[string]bool{}
	for _, k := range f.Missing {
		blank[words.Key(k)] = true
	}
	zones := s.zones(ask.Lang, f.Zone)
	hasZone := false
	for _, c := range l.columns {
		lc := listColumn{column: c}
		if c.Sort != "" {
			lc.SortLink = sortBy(ask, l.query.sort, c.Sort)
		}
		switch a := s.City.Attributes[c.ID]; {
		case c.Verdict:
			lc.Filter, lc.Name = "select", c.ID
			lc.Options = verdictOptions(text, f.Verdicts[strings.TrimPrefix(c.ID, "v.")])
			seen = append(seen, c.ID)
		case a != nil && a.Codes == "org":
			lc.Filter, v.PlaceInHead = "place", true
		case a != nil && a.Codes == "zone":
			lc.Filter, lc.Name, lc.Options = "select", "zone", zones
			hasZone = true
		case c.Sort != "" && c.ID != "code":
			lc.Filter, lc.Name = "select", "missing"
			lc.Options = []frame.Option{{Value: c.Sort, Label: text("list.blankOnly"), On: blank[c.Sort]}}
			delete(blank, c.Sort)
		}
		v.Columns = append(v.Columns, lc)
	}
	if !hasZone {
		v.Zones = zones
	}
	for _, r := range s.City.Ladder {
		if name := "v." + r.ID; !slices.Contains(seen, name) {
			seen = append(seen, name)
			v.Verdicts = append(v.Verdicts, verdictFilter{name, r.Name, verdictOptions(text, f.Verdicts[r.ID])})
		}
	}
	v.Industry, v.Sections = f.Industry, s.sections(ask.Lang)
	for _, a := range s.City.Register.Attributes {
		if !a.Manual && !a.Personal && a.ID != s.City.Register.CodeAttr && a.ID != s.City.Register.NameAttr {
			key := col.Key{Attr: a.ID}
			if a.Yearly {
				key.Year = l.base
			}
			v.Blanks = append(v.Blanks, frame.Option{Value: words.Key(key), Label: l.writer.KeyName(key)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(blank)) {
		v.Hidden = append(v.Hidden, address.Field{Name: "missing", Value: name})
	}
	v.Hidden = append(v.Hidden, ask.Hidden(seen...)...)
}

func verdictOptions(text func(string, ...any) string, chosen list.Verdict) []frame.Option {
	options := make([]frame.Option, len(city.Verdicts))
	for i, state := range city.Verdicts {
		options[i] = frame.Option{Value: string(state), Label: text("verdict." + string(state)), On: state == chosen}
	}
	return options
}

// sections lists the sections of the industry classification, each with its divisions.
func (s *room) sections(lang string) []frame.Option {
	var options []frame.Option
	a := s.City.Attributes["industry"]
	if a == nil {
		return nil
	}
	for _, list := range s.Pack.Codes {
		if list.ID != a.Codes {
			continue
		}
		for _, item := range list.Items {
			if item.Parent == "" || len(item.Code) == 2 {
				options = append(options, frame.Option{Value: item.Code, Label: item.Code + " " + item.Name.In(lang)})
			}
		}
	}
	return options
}

func (s *room) zones(lang, chosen string) []frame.Option {
	options := make([]frame.Option, len(s.City.Zones))
	for i, o := range s.City.Zones {
		options[i] = frame.Option{Value: o.ID, Label: o.Name.In(lang), On: o.ID == chosen}
	}
	return options
}

// sortBy is a head's link: once ascending, then descending, then not at all.
func sortBy(ask *address.Ask, now list.Sort, by string) frame.SortLink {
	switch {
	case now.By != by:
		return frame.SortLink{URL: ask.With("sort", by, "page", "")}
	case !now.Desc:
		return frame.SortLink{URL: ask.With("sort", "-"+by, "page", ""), Aria: "ascending"}
	}
	return frame.SortLink{URL: ask.With("sort", "", "page", ""), Aria: "descending"}
}

// chips name the filters in force; the address of each is the page without it.
func (s *room) chips(ask *address.Ask, l *listing) []frame.Chip {
	var chips []frame.Chip
	add := func(label string, names ...string) {
		pairs := []string{"page", ""}
		for _, n := range names {
			pairs = append(pairs, n, "")
		}
		chips = append(chips, frame.Chip{Label: label, URL: ask.With(pairs...)})
	}
	text, f := l.writer.Text, l.query.filter
	if f.Text != "" {
		add(text("list.chip.text", "text", f.Text), "text")
	}
	switch {
	case l.query.place.District == pack.Elsewhere:
		add(text("ladder.elsewhere"), "in")
	case l.query.place != city.Place{}:
		add(s.City.PlaceName(l.query.place, ask.Lang), "in")
	}
	if o := s.City.Org[f.Zone]; o != nil {
		add(o.Name.In(ask.Lang), "zone")
	}
	if f.Industry != "" {
		add(text("list.chip.industry", "code", f.Industry), "industry")
	}
	for _, r := range s.City.Ladder {
		if v, ok := f.Verdicts[r.ID]; ok {
			add(text("list.chip.verdict", "rule", r.Name.In(ask.Lang), "verdict", text("verdict."+string(v))), "v."+r.ID)
		}
		if id, ok := f.Only[r.ID]; ok {
			add(text("list.chip.only", "rule", r.Name.In(ask.Lang), "criterion", s.City.Criterion(r.ID, id).Name.In(ask.Lang)), "only."+r.ID)
		}
	}
	for i, k := range f.Missing {
		rest := slices.Delete(slices.Clone(ask.Values("missing")), i, i+1)
		chips = append(chips, frame.Chip{Label: text("list.chip.missing", "attribute", l.writer.KeyName(k)), URL: ask.WithAll("missing", rest)})
	}
	if n := len(l.query.subjects); n > 0 {
		add(text("list.chip.chosen", "n", n), "id")
	}
	return chips
}

// chooser lists all columns that a list can show, by kind.
func (s *room) chooser(l *listing) []columnChoice {
	text, lang := l.writer.Text, l.writer.Lang
	on := func(id string) bool { return slices.Contains(l.query.cols, id) }
	var plain, yearly, rules []frame.Option
	plain = append(plain, frame.Option{Value: "code", Label: l.writer.Name(s.City.Attributes[s.City.Register.CodeAttr]), On: on("code")})
	years := slices.Clone(l.table.Years)
	slices.Reverse(years)
	for _, a := range s.City.Register.Attributes {
		switch {
		case !city.InColumns(a) || a.ID == s.City.Register.CodeAttr:
		case a.Yearly:
			yearly = append(yearly, frame.Option{Value: a.ID, Label: l.writer.Name(a) + " " + text("list.baseYear", "year", l.base), On: on(a.ID)})
			for _, year := range years {
				if id := words.Key(col.Key{Attr: a.ID, Year: year}); year != l.base && (year > l.base-4 && year < l.base || on(id)) {
					yearly = append(yearly, frame.Option{Value: id, Label: l.writer.Name(a) + " " + strconv.Itoa(year), On: on(id)})
				}
			}
		default:
			plain = append(plain, frame.Option{Value: a.ID, Label: l.writer.Name(a), On: on(a.ID)})
		}
	}
	for _, r := range s.City.Ladder {
		rules = append(rules, frame.Option{Value: "v." + r.ID, Label: r.Name.In(lang), On: on("v." + r.ID)})
		if r.Score != nil {
			rules = append(rules, frame.Option{Value: "s." + r.ID, Label: r.Name.In(lang) + " " + text("list.score"), On: on("s." + r.ID)})
		}
	}
	return []columnChoice{{text("list.columns.rules"), rules}, {text("list.columns.plain"), plain}, {text("list.columns.yearly"), yearly}}
}

// pagerOf is the links from page to page of a list.
func pagerOf(ask *address.Ask, page, total int) address.Pager {
	return address.Pages(ask, page, total, rowsPerPage)
}
