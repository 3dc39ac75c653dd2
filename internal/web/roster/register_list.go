package roster

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
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
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
	NameSort frame.SortLink
	Text     string
	Places   []frame.PlaceGroup // empty when the district has a column, or the register none
	InHead   []frame.PlaceGroup
	Filters  []shelfFilter // of attributes without a column
	Chips    []frame.Chip
	Hidden   []address.Field
	Pager    address.Pager
	Units    []frame.Option
	Chooser  []columnChoice
	Export   string
	Selected []address.Field
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
	Options     []frame.Option
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
	writer  words.Writer
	columns []column
}

// shelfList answers the query of an address.
func (s *room) shelfList(r *http.Request) (*shelfListing, error) {
	ask := s.Ask(r)
	reg, shelf, err := s.InMemory(r.Context(), r.PathValue("id"), ask.Moment())
	if err != nil {
		return nil, err
	}
	t, err := shelf.Current(r.Context())
	if err != nil {
		return nil, err
	}
	c := s.CityOf(reg.ID)
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
	l.writer = s.WriterIn(reg.ID, ask.Lang, l.query.money)
	l.columns = columns(l.writer, l.query.cols, t, nil, l.base)
	return l, nil
}

// registerList shows a page of a register's subjects.
func (s *room) registerList(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	if s.City.Register != nil && r.PathValue("id") == s.City.Register.ID {
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
		Register: l.reg, Path: path, NameHead: l.writer.Name(l.reg.Title()), Total: page.Total, Count: counted(l.writer, page.Total),
		Took: words.Decimal(float64(took.Microseconds())/1000, 1), Text: l.query.filter.Text,
		NameSort: sortBy(ask, l.query.sort, "name"), Chips: l.chips(s, ask), Pager: pagerOf(ask, l.query.page, page.Total),
		Export:   path + "/export.xlsx" + strings.TrimPrefix(ask.With("page", ""), ask.Path()),
		Template: ask.Link(path + "/template.xlsx"), Upload: ask.Link("/import"), Uploads: s.TakesIn,
		New:     ask.Link(path + "/new"),
		Chooser: l.chooser(),
	}
	s.shelfHeads(ask, l, v)
	for _, row := range page.Rows {
		v.Rows = append(v.Rows, s.shelfRow(ask, l, row))
	}
	for _, u := range []words.Unit{words.InWan, words.InYi, words.InYuan} {
		v.Units = append(v.Units, frame.Option{Label: l.writer.Text("unit.yuan." + string(u)), URL: ask.With("unit", string(u)), On: u == l.query.money})
	}
	for _, f := range ask.Hidden("id", "page") {
		if slices.Contains([]string{"col", "unit", "date", "lang"}, f.Name) {
			v.Selected = append(v.Selected, f)
		}
	}
	if r.URL.Query().Get("unit") != "" {
		http.SetCookie(w, &http.Cookie{Name: frame.UnitCookie, Value: string(l.query.money), Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	return s.Render(w, r, "register", v)
}

// counted writes a number of subjects with their measure word.
func counted(w words.Writer, n int) string {
	if w.Lang != "zh-CN" {
		return words.Num(n)
	}
	measure := w.City.Register.Measure
	if measure == "" {
		measure = "个"
	}
	return words.Num(n) + " " + measure
}

func (s *room) shelfRow(ask *address.Ask, l *shelfListing, row int) listRow {
	lr := listRow{ID: l.table.Subjects[row], Code: string(l.table.Codes.At(row)), Name: string(l.table.Names.At(row))}
	lr.URL = ask.Link(s.SubjectPath(l.reg.ID, lr.Code, lr.ID))
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
func (s *room) shelfHeads(ask *address.Ask, l *shelfListing, v *shelfView) {
	f, c := &l.query.filter, l.writer.City
	all := col.All(l.table.N)
	seen := []string{"text", "page", "missing", "in"}
	blank := map[string]bool{}
	for _, k := range f.Missing {
		blank[words.Key(k)] = true
	}
	places := frame.PlacesOf(c, ask.Lang, l.writer.Text, l.query.place)
	hasDistrict := c.DistrictAttr() == ""
	for _, column := range l.columns {
		lc := shelfColumn{listColumn: listColumn{column: column}}
		if column.Sort != "" {
			lc.SortLink = sortBy(ask, l.query.sort, column.Sort)
		}
		a := c.Attributes[column.ID]
		switch {
		case a != nil && a.Codes == "org":
			lc.Filter, v.InHead, hasDistrict = "place", places, true
		case a != nil && (slices.Contains(l.reg.Filtered, a.ID) || isText(a)):
			lc.Filter, lc.By = "by", filterOf(l.writer, l.index, all, f, a)
			seen = append(seen, lc.By.Name)
		case column.Sort != "" && column.ID != "code":
			lc.Filter, lc.By.Name = "by", "missing"
			lc.By.Options = []frame.Option{{Value: column.Sort, Label: l.writer.Text("list.blankOnly"), On: blank[column.Sort]}}
			delete(blank, column.Sort)
		}
		v.Columns = append(v.Columns, lc)
	}
	if !hasDistrict {
		v.Places = places
	}
	for _, id := range l.reg.Filtered {
		a := c.Attributes[id]
		if a.Codes == "org" {
			continue
		}
		if by := filterOf(l.writer, l.index, all, f, a); by.Name != "" && !slices.Contains(seen, by.Name) {
			seen = append(seen, by.Name)
			v.Filters = append(v.Filters, by)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(blank)) {
		v.Hidden = append(v.Hidden, address.Field{Name: "missing", Value: name})
	}
	v.Hidden = append(v.Hidden, ask.Hidden(seen...)...)
}

// chips name the filters in force; the address of each is the page without it.
func (l *shelfListing) chips(s *room, ask *address.Ask) (chips []frame.Chip) {
	add := func(label string, names ...string) {
		pairs := []string{"page", ""}
		for _, n := range names {
			pairs = append(pairs, n, "")
		}
		chips = append(chips, frame.Chip{Label: label, URL: ask.With(pairs...)})
	}
	text, f, c := l.writer.Text, l.query.filter, l.writer.City
	if f.Text != "" {
		add(text("list.chip.text", "text", f.Text), "text")
	}
	switch {
	case l.query.place.District == pack.Elsewhere:
		add(text("ladder.elsewhere"), "in")
	case l.query.place != city.Place{}:
		add(s.City.PlaceName(l.query.place, ask.Lang), "in")
	}
	if o := c.Org[f.Zone]; o != nil {
		add(o.Name.In(ask.Lang), "zone")
	}
	for _, id := range slices.Sorted(maps.Keys(f.Codes)) {
		a := c.Attributes[id]
		add(text("register.chip.is", "attribute", l.writer.Name(a), "value", c.CodeName(a, f.Codes[id], ask.Lang)), "c."+id)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Contains)) {
		add(text("register.chip.has", "attribute", l.writer.Name(c.Attributes[id]), "text", f.Contains[id]), "t."+id)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Yes)) {
		word := text("value." + map[bool]string{true: "yes", false: "no"}[f.Yes[id]])
		add(text("register.chip.is", "attribute", l.writer.Name(c.Attributes[id]), "value", word), "b."+id)
	}
	for i, k := range f.Missing {
		rest := slices.Delete(slices.Clone(ask.Values("missing")), i, i+1)
		chips = append(chips, frame.Chip{Label: text("list.chip.missing", "attribute", l.writer.KeyName(k)), URL: ask.WithAll("missing", rest)})
	}
	if n := len(l.query.subjects); n > 0 {
		add(text("register.chip.chosen", "n", n), "id")
	}
	return chips
}

// chooser lists all columns that a list can show, by section.
func (l *shelfListing) chooser() (choices []columnChoice) {
	c := l.writer.City
	on := func(id string) bool { return slices.Contains(l.query.cols, id) }
	years := slices.Clone(l.table.Years)
	slices.Reverse(years)
	for _, section := range l.reg.Sections {
		choice := columnChoice{Label: section.Name.In(l.writer.Lang)}
		for _, id := range section.Attributes {
			a := c.Attributes[id]
			switch {
			case id == l.reg.CodeAttr:
				choice.Columns = append(choice.Columns, frame.Option{Value: "code", Label: l.writer.Name(a), On: on("code")})
			case !isShelfColumn(c, id):
			case a.Yearly:
				choice.Columns = append(choice.Columns, frame.Option{Value: id, Label: l.writer.Name(a) + " " + l.writer.Text("list.baseYear", "year", l.base), On: on(id)})
				for _, year := range years {
					if key := words.Key(col.Key{Attr: id, Year: year}); year != l.base {
						choice.Columns = append(choice.Columns, frame.Option{Value: key, Label: l.writer.Name(a) + " " + strconv.Itoa(year), On: on(key)})
					}
				}
			default:
				choice.Columns = append(choice.Columns, frame.Option{Value: id, Label: l.writer.Name(a), On: on(id)})
			}
		}
		if choice.Columns != nil {
			choices = append(choices, choice)
		}
	}
	return choices
}
