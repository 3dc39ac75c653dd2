package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
)

// shelfView is the list page of a register.
type shelfView struct {
	Register *pack.Register
	Path     string
	NameHead string
	Total    int
	Count    string // with the measure word
	Took     string
	Rows     []listRow
	Columns  []shelfColumn
	NameSort sortLink
	Text     string
	Places   []placeGroup // empty when the district has a column, or the register none
	InHead   []placeGroup
	Filters  []shelfFilter // of attributes without a column
	Chips    []chip
	Hidden   []Field
	Pager    pager
	Units    []option
	Chooser  []columnChoice
	Export   string
	Selected []Field
	Template string
	Upload   string // where a filled template is sent
	Uploads  bool
	New      string
}

// shelfFilter is the control by which a list is filtered: a menu, or a field that takes part of a value and offers the
// most frequent ones.
type shelfFilter struct {
	Name, Label string
	Typed       bool
	Value       string // of a typed one
	Options     []option
}

// ID is the id of what a typed one offers.
func (f shelfFilter) ID() string { return strings.ReplaceAll(f.Name, ".", "-") }

// shelfColumn is a column with its filter.
type shelfColumn struct {
	listColumn
	By shelfFilter
}

// shelfListing is a query of a register's list answered.
type shelfListing struct {
	reg     *pack.Register
	query   *shelfQuery
	table   *col.Table
	index   *list.Index
	base    int
	rows    col.Bitmap
	writer  writer
	columns []column
}

// shelfList answers the query of an address.
func (s *Server) shelfList(r *http.Request) (*shelfListing, error) {
	ask := s.ask(r)
	reg, shelf, err := s.shelf(r.Context(), ask, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	t, err := shelf.Current()
	if err != nil {
		return nil, err
	}
	c := s.cities[reg.ID]
	l := &shelfListing{reg: reg, table: t, index: shelf.Index(t), base: ask.Date.Year() - 1}
	if l.query, err = s.readShelf(r, c, l.base); err != nil {
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
	if l.rows, err = l.index.Filter(l.query.filter, nil); err != nil {
		return nil, err
	}
	l.writer = writer{city: c, lang: ask.Lang, money: l.query.money, text: s.words(ask.Lang)}
	l.columns = l.writer.columns(l.query.cols, t, nil, l.base)
	return l, nil
}

// registerList shows a page of a register's subjects.
func (s *Server) registerList(w http.ResponseWriter, r *http.Request) error {
	ask := s.ask(r)
	if s.city.register != nil && r.PathValue("id") == s.city.register.ID {
		http.Redirect(w, r, ask.Link("/enterprises"), http.StatusSeeOther)
		return nil
	}
	start := time.Now() // only to say how long the query took
	l, err := s.shelfList(r)
	if err != nil {
		return err
	}
	page := l.index.Page(l.rows, l.query.sort, (l.query.page-1)*rowsPerPage, rowsPerPage)
	took := time.Since(start)
	path := "/registers/" + l.reg.ID
	v := &shelfView{
		Register: l.reg, Path: path, NameHead: l.writer.name(l.reg.Title()), Total: page.Total, Count: l.writer.counted(page.Total),
		Took: decimal(float64(took.Microseconds())/1000, 1), Text: l.query.filter.Text,
		NameSort: sortBy(ask, l.query.sort, "name"), Chips: l.chips(s, ask), Pager: pages(ask, l.query.page, page.Total),
		Export:   path + "/export.xlsx" + strings.TrimPrefix(ask.With("page", ""), ask.Path()),
		Template: ask.Link(path + "/template.xlsx"), Upload: ask.Link("/import"), Uploads: s.importsReady() == nil,
		New:     ask.Link(path + "/new"),
		Chooser: l.chooser(),
	}
	s.shelfHeads(ask, l, v)
	for _, row := range page.Rows {
		v.Rows = append(v.Rows, s.shelfRow(ask, l, row))
	}
	for _, u := range []moneyUnit{inWan, inYi, inYuan} {
		v.Units = append(v.Units, option{Label: l.writer.text("unit.yuan." + string(u)), URL: ask.With("unit", string(u)), On: u == l.query.money})
	}
	for _, f := range ask.Hidden("id", "page") {
		if slices.Contains([]string{"col", "unit", "date", "lang"}, f.Name) {
			v.Selected = append(v.Selected, f)
		}
	}
	if r.URL.Query().Get("unit") != "" {
		http.SetCookie(w, &http.Cookie{Name: unitCookie, Value: string(l.query.money), Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	return s.render(w, r, "register", v)
}

// counted writes a number of subjects with their measure word.
func (w writer) counted(n int) string {
	if w.lang != "zh-CN" {
		return num(n)
	}
	measure := w.city.register.Measure
	if measure == "" {
		measure = "个"
	}
	return num(n) + " " + measure
}

func (s *Server) shelfRow(ask *Ask, l *shelfListing, row int) listRow {
	lr := listRow{ID: l.table.Subjects[row], Code: string(l.table.Codes.At(row)), Name: string(l.table.Names.At(row))}
	lr.URL = ask.Link(s.subjectPath(l.reg.ID, lr.Code, lr.ID))
	for i, c := range l.columns {
		lc := listCell{cell: c.cell(row), Head: c.Head, Numeric: c.Numeric, Fact: i > 0 && i <= factsOfCard}
		if c.Unit != "" && lc.Text != "" {
			lc.Head += " (" + c.Unit + ")"
		}
		lr.Cells = append(lr.Cells, lc)
	}
	return lr
}

// shelfHeads fills the heads with their sorting and filters, and the form with what has no head.
func (s *Server) shelfHeads(ask *Ask, l *shelfListing, v *shelfView) {
	f, c := &l.query.filter, l.writer.city
	all := col.All(l.table.N)
	seen := []string{"text", "page", "missing", "in"}
	blank := map[string]bool{}
	for _, k := range f.Missing {
		blank[keyText(k)] = true
	}
	places := c.places(ask.Lang, l.writer.text, l.query.place)
	hasDistrict := c.districtAttr() == ""
	for _, column := range l.columns {
		lc := shelfColumn{listColumn: listColumn{column: column}}
		if column.Sort != "" {
			lc.SortLink = sortBy(ask, l.query.sort, column.Sort)
		}
		a := c.attributes[column.ID]
		switch {
		case a != nil && a.Codes == "org":
			lc.Filter, v.InHead, hasDistrict = "place", places, true
		case a != nil && (slices.Contains(l.reg.Filtered, a.ID) || isText(a)):
			lc.Filter, lc.By = "by", l.writer.filterOf(l.index, all, f, a)
			seen = append(seen, lc.By.Name)
		case column.Sort != "" && column.ID != "code":
			lc.Filter, lc.By.Name = "by", "missing"
			lc.By.Options = []option{{Value: column.Sort, Label: l.writer.text("list.blankOnly"), On: blank[column.Sort]}}
			delete(blank, column.Sort)
		}
		v.Columns = append(v.Columns, lc)
	}
	if !hasDistrict {
		v.Places = places
	}
	for _, id := range l.reg.Filtered {
		a := c.attributes[id]
		if a.Codes == "org" {
			continue
		}
		if by := l.writer.filterOf(l.index, all, f, a); by.Name != "" && !slices.Contains(seen, by.Name) {
			seen = append(seen, by.Name)
			v.Filters = append(v.Filters, by)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(blank)) {
		v.Hidden = append(v.Hidden, Field{"missing", name})
	}
	v.Hidden = append(v.Hidden, ask.Hidden(seen...)...)
}

// chips name the filters in force; the address of each is the page without it.
func (l *shelfListing) chips(s *Server, ask *Ask) (chips []chip) {
	add := func(label string, names ...string) {
		pairs := []string{"page", ""}
		for _, n := range names {
			pairs = append(pairs, n, "")
		}
		chips = append(chips, chip{label, ask.With(pairs...)})
	}
	text, f, c := l.writer.text, l.query.filter, l.writer.city
	if f.Text != "" {
		add(text("list.chip.text", "text", f.Text), "text")
	}
	switch {
	case l.query.place.district == elsewhere:
		add(text("ladder.elsewhere"), "in")
	case l.query.place != place{}:
		add(s.city.placeName(l.query.place, ask.Lang), "in")
	}
	if o := c.org[f.Zone]; o != nil {
		add(o.Name.In(ask.Lang), "zone")
	}
	for _, id := range slices.Sorted(maps.Keys(f.Codes)) {
		a := c.attributes[id]
		add(text("register.chip.is", "attribute", l.writer.name(a), "value", c.codeName(a, f.Codes[id], ask.Lang)), "c."+id)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Contains)) {
		add(text("register.chip.has", "attribute", l.writer.name(c.attributes[id]), "text", f.Contains[id]), "t."+id)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Yes)) {
		word := text("value." + map[bool]string{true: "yes", false: "no"}[f.Yes[id]])
		add(text("register.chip.is", "attribute", l.writer.name(c.attributes[id]), "value", word), "b."+id)
	}
	for i, k := range f.Missing {
		rest := slices.Delete(slices.Clone(ask.url.Query()["missing"]), i, i+1)
		chips = append(chips, chip{text("list.chip.missing", "attribute", l.writer.keyName(k)), ask.withAll("missing", rest)})
	}
	if n := len(l.query.subjects); n > 0 {
		add(text("register.chip.chosen", "n", n), "id")
	}
	return chips
}

// chooser lists all columns that a list can show, by section.
func (l *shelfListing) chooser() (choices []columnChoice) {
	c := l.writer.city
	on := func(id string) bool { return slices.Contains(l.query.cols, id) }
	years := slices.Clone(l.table.Years)
	slices.Reverse(years)
	for _, section := range l.reg.Sections {
		choice := columnChoice{Label: section.Name.In(l.writer.lang)}
		for _, id := range section.Attributes {
			a := c.attributes[id]
			switch {
			case id == l.reg.CodeAttr:
				choice.Columns = append(choice.Columns, option{Value: "code", Label: l.writer.name(a), On: on("code")})
			case !c.isShelfColumn(id):
			case a.Yearly:
				choice.Columns = append(choice.Columns, option{Value: id, Label: l.writer.name(a) + " " + l.writer.text("list.baseYear", "year", l.base), On: on(id)})
				for _, year := range years {
					if key := keyText(col.Key{Attr: id, Year: year}); year != l.base {
						choice.Columns = append(choice.Columns, option{Value: key, Label: l.writer.name(a) + " " + strconv.Itoa(year), On: on(key)})
					}
				}
			default:
				choice.Columns = append(choice.Columns, option{Value: id, Label: l.writer.name(a), On: on(id)})
			}
		}
		if choice.Columns != nil {
			choices = append(choices, choice)
		}
	}
	return choices
}
