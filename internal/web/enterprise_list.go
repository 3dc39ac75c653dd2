package web

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
)

// enterpriseList is the list page.
type enterpriseList struct {
	Total    int
	Took     string
	Rows     []listRow
	Columns  []listColumn
	NameSort sortLink
	Text     string // filter by name, code or initials
	Places   []placeGroup
	Industry string          // prefix of the industry code
	Sections []option        // the classification's sections and divisions, to choose from
	Zones    []option        // empty when the zone has a column
	Verdicts []verdictFilter // recognitions without a column
	Blanks   []option        // attributes of which only blanks may be asked for
	Chips    []chip
	// PlaceInHead: the choice of a place stands under the district's head.
	PlaceInHead bool
	Hidden      []Field // what the filter form carries along unseen
	Pager       pager
	Units       []option
	Chooser     []columnChoice
	Export      string
	Selected    []Field // what the export of selected rows carries along
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
	SortLink sortLink
	Filter   string // the control under the head: place, select or none
	Name     string // its field
	Options  []option
}

// sortLink is a head that sorts: the address, and how the list is sorted by it now.
type sortLink struct {
	URL  string
	Aria string // ascending, descending or empty
}

type verdictFilter struct {
	Name    string // field
	Label   pack.Text
	Options []option
}

// chip is one filter in force, and the address without it.
type chip struct{ Label, URL string }

type columnChoice struct {
	Label   string
	Columns []option
}

func (s *Server) enterpriseRoutes(t *routes) {
	t.page("GET /enterprises", s.enterpriseList)
	t.export("GET /enterprises.xlsx", s.enterpriseExport)
}

// listing is a query answered: the rows that fit, over one table and its outcomes.
type listing struct {
	query    *listQuery
	table    *col.Table
	index    *list.Index
	outcomes []*rule.Outcome
	base     int
	rows     col.Bitmap
	writer   writer
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
func (s *Server) list(ctx context.Context, r *http.Request) (*listing, error) {
	ask := s.ask(r)
	base, err := s.base(ctx, ask)
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
	l.writer = s.newWriter(ask.Lang, l.query.money)
	l.columns = l.writer.columns(l.query.cols, t, outcomes, l.base)
	l.chooseFacts()
	return l, nil
}

// enterpriseList shows a page of the enterprises that fit the filters.
func (s *Server) enterpriseList(w http.ResponseWriter, r *http.Request) error {
	start := time.Now() // only to say how long the query took
	l, err := s.list(r.Context(), r)
	if err != nil {
		return err
	}
	if l == nil {
		return s.render(w, r, "start", nil)
	}
	ask := s.ask(r)
	page := l.index.Page(l.rows, l.query.sort, (l.query.page-1)*rowsPerPage, rowsPerPage)
	took := time.Since(start)
	v := &enterpriseList{
		Total:    page.Total,
		Took:     decimal(float64(took.Microseconds())/1000, 1),
		Text:     l.query.filter.Text,
		Places:   s.city.places(ask.Lang, l.writer.text, l.query.place),
		NameSort: sortBy(ask, l.query.sort, "name"),
		Chips:    s.chips(ask, l),
		Pager:    pages(ask, l.query.page, page.Total),
		Export:   "/enterprises.xlsx" + strings.TrimPrefix(ask.With("page", ""), ask.Path()),
	}
	s.heads(ask, l, v)
	for _, row := range page.Rows {
		v.Rows = append(v.Rows, listRowOf(ask, l, row))
	}
	for _, u := range []moneyUnit{inWan, inYi, inYuan} {
		v.Units = append(v.Units, option{Label: l.writer.text("unit.yuan." + string(u)), URL: ask.With("unit", string(u)), On: u == l.query.money})
	}
	v.Chooser = s.chooser(l)
	for _, f := range ask.Hidden("id", "page") {
		if f.Name == "col" || f.Name == "unit" || f.Name == "date" || f.Name == "assume" || f.Name == "lang" {
			v.Selected = append(v.Selected, f)
		}
	}
	s.remember(w, r)
	return s.render(w, r, "enterprises", v)
}

func listRowOf(ask *Ask, l *listing, row int) listRow {
	lr := listRow{ID: l.table.Subjects[row], Code: string(l.table.Codes.At(row)), Name: string(l.table.Names.At(row))}
	lr.URL = ask.Link(enterprisePath(lr.Code, lr.ID))
	for i, c := range l.columns {
		lc := listCell{cell: c.cell(row), Head: c.Head, Numeric: c.Numeric, Fact: l.facts[i]}
		if c.Unit != "" && lc.Text != "" {
			lc.Head += " (" + c.Unit + ")"
		}
		lr.Cells = append(lr.Cells, lc)
	}
	return lr
}

// enterprisePath is the address of an enterprise: by its code, else by its number in the base.
func enterprisePath(code string, subject int64) string {
	if code != "" {
		return "/enterprises/" + code
	}
	return "/enterprises/s-" + strconv.FormatInt(subject, 10)
}

// heads fills the heads with their sorting and filters, and the form with what has no head.
func (s *Server) heads(ask *Ask, l *listing, v *enterpriseList) {
	text, f := l.writer.text, &l.query.filter
	seen := []string{"text", "page", "missing", "industry", "zone", "in"} // fields that stand in the form
	blank := map[string]bool{}
	for _, k := range f.Missing {
		blank[keyText(k)] = true
	}
	zones := s.zones(ask.Lang, f.Zone)
	hasZone := false
	for _, c := range l.columns {
		lc := listColumn{column: c}
		if c.Sort != "" {
			lc.SortLink = sortBy(ask, l.query.sort, c.Sort)
		}
		switch a := s.city.attributes[c.ID]; {
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
			lc.Options = []option{{Value: c.Sort, Label: text("list.blankOnly"), On: blank[c.Sort]}}
			delete(blank, c.Sort)
		}
		v.Columns = append(v.Columns, lc)
	}
	if !hasZone {
		v.Zones = zones
	}
	for _, r := range s.city.ladder {
		if name := "v." + r.ID; !slices.Contains(seen, name) {
			seen = append(seen, name)
			v.Verdicts = append(v.Verdicts, verdictFilter{name, r.Name, verdictOptions(text, f.Verdicts[r.ID])})
		}
	}
	v.Industry, v.Sections = f.Industry, s.sections(ask.Lang)
	for _, a := range s.city.register.Attributes {
		if !a.Manual && !a.Personal && a.ID != s.city.register.CodeAttr && a.ID != s.city.register.NameAttr {
			key := col.Key{Attr: a.ID}
			if a.Yearly {
				key.Year = l.base
			}
			v.Blanks = append(v.Blanks, option{Value: keyText(key), Label: l.writer.keyName(key)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(blank)) {
		v.Hidden = append(v.Hidden, Field{"missing", name})
	}
	v.Hidden = append(v.Hidden, ask.Hidden(seen...)...)
}

// keyName names an attribute, with its year where it has one.
func (w writer) keyName(k col.Key) string {
	a := w.city.attributes[k.Attr]
	if k.Year != 0 {
		return strconv.Itoa(k.Year) + " " + a.Name.In(w.lang)
	}
	return w.name(a)
}

func verdictOptions(text func(string, ...any) string, chosen list.Verdict) []option {
	options := make([]option, len(states))
	for i, state := range states {
		options[i] = option{Value: string(state), Label: text("verdict." + string(state)), On: state == chosen}
	}
	return options
}

// sections lists the sections of the industry classification, each with its divisions.
func (s *Server) sections(lang string) []option {
	var options []option
	a := s.city.attributes["industry"]
	if a == nil {
		return nil
	}
	for _, list := range s.Pack.Codes {
		if list.ID != a.Codes {
			continue
		}
		for _, item := range list.Items {
			if item.Parent == "" || len(item.Code) == 2 {
				options = append(options, option{Value: item.Code, Label: item.Code + " " + item.Name.In(lang)})
			}
		}
	}
	return options
}

func (s *Server) zones(lang, chosen string) []option {
	options := make([]option, len(s.city.zones))
	for i, o := range s.city.zones {
		options[i] = option{Value: o.ID, Label: o.Name.In(lang), On: o.ID == chosen}
	}
	return options
}

// sortBy is a head's link: once ascending, then descending, then not at all.
func sortBy(ask *Ask, now list.Sort, by string) sortLink {
	switch {
	case now.By != by:
		return sortLink{URL: ask.With("sort", by, "page", "")}
	case !now.Desc:
		return sortLink{URL: ask.With("sort", "-"+by, "page", ""), Aria: "ascending"}
	}
	return sortLink{URL: ask.With("sort", "", "page", ""), Aria: "descending"}
}

// chips name the filters in force; the address of each is the page without it.
func (s *Server) chips(ask *Ask, l *listing) []chip {
	var chips []chip
	add := func(label string, names ...string) {
		pairs := []string{"page", ""}
		for _, n := range names {
			pairs = append(pairs, n, "")
		}
		chips = append(chips, chip{label, ask.With(pairs...)})
	}
	text, f := l.writer.text, l.query.filter
	if f.Text != "" {
		add(text("list.chip.text", "text", f.Text), "text")
	}
	switch {
	case l.query.place.district == elsewhere:
		add(text("ladder.elsewhere"), "in")
	case l.query.place != place{}:
		add(s.city.placeName(l.query.place, ask.Lang), "in")
	}
	if o := s.city.org[f.Zone]; o != nil {
		add(o.Name.In(ask.Lang), "zone")
	}
	if f.Industry != "" {
		add(text("list.chip.industry", "code", f.Industry), "industry")
	}
	for _, r := range s.city.ladder {
		if v, ok := f.Verdicts[r.ID]; ok {
			add(text("list.chip.verdict", "rule", r.Name.In(ask.Lang), "verdict", text("verdict."+string(v))), "v."+r.ID)
		}
		if id, ok := f.Only[r.ID]; ok {
			add(text("list.chip.only", "rule", r.Name.In(ask.Lang), "criterion", s.city.criterion(r.ID, id).Name.In(ask.Lang)), "only."+r.ID)
		}
	}
	for i, k := range f.Missing {
		rest := slices.Delete(slices.Clone(ask.url.Query()["missing"]), i, i+1)
		chips = append(chips, chip{text("list.chip.missing", "attribute", l.writer.keyName(k)), ask.withAll("missing", rest)})
	}
	if n := len(l.query.subjects); n > 0 {
		add(text("list.chip.chosen", "n", n), "id")
	}
	return chips
}

// chooser lists all columns that a list can show, by kind.
func (s *Server) chooser(l *listing) []columnChoice {
	text, lang := l.writer.text, l.writer.lang
	on := func(id string) bool { return slices.Contains(l.query.cols, id) }
	var plain, yearly, rules []option
	plain = append(plain, option{Value: "code", Label: l.writer.name(s.city.attributes[s.city.register.CodeAttr]), On: on("code")})
	years := slices.Clone(l.table.Years)
	slices.Reverse(years)
	for _, a := range s.city.register.Attributes {
		switch {
		case !inColumns(a) || a.ID == s.city.register.CodeAttr:
		case a.Yearly:
			yearly = append(yearly, option{Value: a.ID, Label: l.writer.name(a) + " " + text("list.baseYear", "year", l.base), On: on(a.ID)})
			for _, year := range years {
				if id := keyText(col.Key{Attr: a.ID, Year: year}); year != l.base && (year > l.base-4 && year < l.base || on(id)) {
					yearly = append(yearly, option{Value: id, Label: l.writer.name(a) + " " + strconv.Itoa(year), On: on(id)})
				}
			}
		default:
			plain = append(plain, option{Value: a.ID, Label: l.writer.name(a), On: on(a.ID)})
		}
	}
	for _, r := range s.city.ladder {
		rules = append(rules, option{Value: "v." + r.ID, Label: r.Name.In(lang), On: on("v." + r.ID)})
		if r.Score != nil {
			rules = append(rules, option{Value: "s." + r.ID, Label: r.Name.In(lang) + " " + text("list.score"), On: on("s." + r.ID)})
		}
	}
	return []columnChoice{{text("list.columns.rules"), rules}, {text("list.columns.plain"), plain}, {text("list.columns.yearly"), yearly}}
}
