package grid

import (
	"cmp"
	"context"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/figure"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// View is what the template "grid" shows.
type View struct {
	Path     string // of the list
	Label    string // names the table to those who do not see it
	Caption  string // above the table
	None     string // in the place of rows where there are none
	Text     string
	TextHint string
	Head     string // of what rows are called by
	NameSort frame.SortLink
	Heads    []Head
	Rows     []LineOf
	Further  []Filter // filters of columns that are not shown
	Chips    []frame.Chip
	Hidden   []address.Field // what the filters carry along unseen
	Chooser  []Group
	Chosen   []address.Field // what choosing columns carries along
	Reset    string          // the address with the usual columns
	Export   string
	CSV      string          // Export as a CSV
	Picked   []address.Field // what the export of picked rows carries along
	Pager    address.Pager
	Total    int
	Took     string
	Foot     string   // below the table: how many, in how many milliseconds
	Paper    string   // the same on paper, where it says which of them are printed
	FootMark string   // behind that: under which assumptions it holds; empty: none
	PickedIs string   // after the number of picked rows
	Blanks   []Option // columns without a control that asks for blanks, of which they can be asked for
	// ExportPath is Export without what is asked.
	ExportPath string
	// Form is the form by which picked rows are sent, nil where none can be picked; ExportPicked says that it exports them.
	Form         *PickForm
	ExportPicked bool
}

// Head is the head of a column.
type Head struct {
	*Column
	SortLink frame.SortLink
	Filter   *Filter // nil: none
}

// Filter is the control by which a column is filtered.
type Filter struct {
	ID, Label  string
	Hint       string
	By         By
	Name       string // of its field
	Value      string // of a typed one
	From, To   string
	FromName   string
	ToName     string
	Day        bool
	Choices    []Option
	Offers     []Option // what a typed one suggests
	Blank      bool     // it can be asked for blanks,
	BlankValue string   // with this value,
	BlankOn    bool     // and is
	Unit       string
	Says       string // what is asked now; empty: nothing
}

// IsTyped reports whether the filter is one field that takes text.
func (f *Filter) IsTyped() bool { return f.By == Contain || f.By == Prefix }

// Option is a value that a filter offers.
type Option struct {
	Value, Label string
	On           bool
	Head         string // of the values from this one on; empty: that of the one before
}

// Group is columns to choose from under one head.
type Group struct {
	Label   string
	Columns []Option
}

// LineOf is a row as it is shown.
type LineOf struct {
	ID    int64
	Pick  Pick
	Name  string
	URL   string
	HTML  template.HTML
	Muted bool
	Here  bool
	Cells []Shown
}

// Shown is a cell as it is shown, with the head that a phone writes above it.
type Shown struct {
	Cell
	Head   string
	Number bool
	Fact   bool // one of the three facts that a card shows on a phone
}

// Options are what a list says besides its rows.
type Options struct {
	PerPage int
	Label   string // names the table
	Caption string // above it, given what Counted writes
	None    string // where no row fits
	Hint    string // in the field of the text
	// Counted writes a number of rows with what they are, e.g. 30 家; nil: the number alone.
	Counted func(n int) string
	Export  string // path of the export; empty: none
	Picked  string // what picked rows are called after their number
	// Unnumbered says that rows have no numbers to pick them by: the file has all of them.
	Unnumbered bool
	// Pick is the form of the room that takes picked rows, instead of the one that exports them; its page has the form.
	Pick *PickForm
	// Carry are names and values that the filters and the export carry along, whatever the address has; a name may have several values.
	Carry []address.Field
	Text  func(key string, pairs ...any) string // messages
	Now   func() time.Time                      // measures how long the query took
}

// factsOfCard is how many facts a card on a phone shows.
const factsOfCard = 3

// Show answers a query with a page of its rows and all that stands around them.
func Show(ctx context.Context, ask *address.Ask, src Source, q *Query, o Options) (*View, error) {
	begun := o.Now()
	rows, page, total, err := address.ReadPage(q.Page, o.PerPage, func(offset, limit int) ([]Row, int, error) { return src.Page(ctx, q, offset, limit) })
	if err != nil {
		return nil, err
	}
	if o.Counted == nil {
		o.Counted = func(n int) string { return figure.Num(n) }
	}
	took := o.Now().Sub(begun)
	cols := src.Columns()
	v := &View{Path: ask.Path(), Label: o.Label, Caption: o.Caption, None: o.None, Text: q.Text, TextHint: o.Hint, Head: cols.Title, Total: total,
		Took: figure.Decimal(float64(took.Microseconds())/1000, 1), PickedIs: o.Picked, Pager: address.Pages(ask, page, total, o.PerPage)}
	v.Foot = o.Text("grid.took", "n", o.Counted(total), "ms", v.Took)
	if v.Paper = o.Text("grid.paper.all", "n", o.Counted(total)); v.Pager.Pages > 1 {
		v.Paper = o.Text("grid.paper.part", "from", figure.Num(v.Pager.From), "to", figure.Num(v.Pager.To), "n", o.Counted(total))
	}
	if cols.SortTitle != "" {
		v.NameSort = sortLink(ask, q, cols.SortTitle)
	}
	v.heads(ask, cols, q, o)
	v.chips(ask, cols, q, o)
	v.chooser(ask, cols, q, o)
	v.export(ask, q, o)
	if v.Form = o.Pick; v.Form == nil && o.Export != "" && !o.Unnumbered {
		v.Form, v.ExportPicked = &PickForm{ID: "select", Name: "id"}, true
	}
	v.lines(q, rows)
	return v, nil
}

// sortLink is a head's link: once ascending, then descending, then not at all.
func sortLink(ask *address.Ask, q *Query, by string) frame.SortLink {
	switch {
	case q.Sort != by:
		return frame.SortLink{URL: ask.With("sort", by, "page", "")}
	case !q.Desc:
		return frame.SortLink{URL: ask.With("sort", "-"+by, "page", ""), Aria: "ascending"}
	}
	return frame.SortLink{URL: ask.With("sort", "", "page", ""), Aria: "descending"}
}

// heads fills the heads with their sorting and filters, and the form with what has no head.
func (v *View) heads(ask *address.Ask, cols *Columns, q *Query, o Options) {
	seen := []string{"text", "page", "missing"}         // names that have a field of their own
	shown, asks := map[string]bool{}, map[string]bool{} // asks: the control of the column asks for blanks too
	for _, c := range q.Columns {
		shown[c.ID] = true
		h := Head{Column: c}
		if c.Sort != "" {
			h.SortLink = sortLink(ask, q, c.Sort)
		}
		if c.By != ByNothing || c.Blank {
			h.Filter = filterOf(c, q, o)
			asks[c.ID] = !h.Filter.IsTyped()
			seen = append(seen, c.names()...)
		}
		v.Heads = append(v.Heads, h)
	}
	for _, c := range cols.List {
		if c.Offered && !shown[c.ID] {
			f := filterOf(c, q, o)
			v.Further = append(v.Further, *f)
			asks[c.ID] = !f.IsTyped()
			seen = append(seen, c.names()...)
		}
	}
	for _, c := range cols.List {
		if c.Blank && !asks[c.ID] {
			v.Blanks = append(v.Blanks, Option{Value: c.ID, Label: c.Head})
		}
	}
	for _, f := range o.Carry {
		seen = append(seen, f.Name)
		v.Hidden = append(v.Hidden, f)
	}
	for _, id := range q.Asked() {
		v.Hidden = append(v.Hidden, q.by[id].beside(q.Where[id])...)
	}
	v.Hidden = append(v.Hidden, ask.Hidden(seen...)...)
	for _, id := range q.Asked() {
		if q.Where[id].Blank && !asks[id] {
			v.Hidden = append(v.Hidden, address.Field{Name: "missing", Value: id})
		}
	}
}

// names are all names that addresses may give the column's filter.
func (c *Column) names() []string {
	switch c.By {
	case ByNothing:
		return nil
	case Range:
		names := []string{"from." + c.ID, "to." + c.ID}
		if c.Alias != "" {
			names = append(names, "from."+c.Alias, "to."+c.Alias)
		}
		return names
	}
	return append([]string{c.field(), c.part()}, c.Also...)
}

// beside is what a condition asks that the column's control has no place for.
func (c *Column) beside(x Condition) (fields []address.Field) {
	if c.By != Contain && x.Part != "" {
		fields = append(fields, address.Field{Name: c.part(), Value: x.Part})
	}
	if c.By != Choose {
		for _, v := range x.Values {
			fields = append(fields, address.Field{Name: c.Also[0], Value: v})
		}
	}
	return fields
}

// filterOf is the control of a column.
func filterOf(c *Column, q *Query, o Options) *Filter {
	x := q.Where[c.ID]
	f := &Filter{ID: "f-" + elementID(c.ID), Label: c.Head, Hint: cmp.Or(c.Hint, o.Text("grid.part")), By: c.By, Name: c.field(), Unit: c.Unit, Blank: c.Blank, BlankValue: c.ID, BlankOn: x.Blank, Says: c.says(x, o.Text)}
	switch c.By {
	case Range:
		f.FromName, f.ToName, f.Day = "from."+c.ID, "to."+c.ID, c.Day
		f.From, f.To = c.bound(x.From), c.bound(x.To)
		return f
	case Prefix:
		f.Value = x.Prefix
	case Contain:
		f.Value = x.Part
	}
	var choices []Choice
	if c.Choices != nil {
		choices = c.Choices()
	}
	if c.By == Choose {
		f.Choices = c.options(choices, x.Values)
	} else {
		for _, choice := range choices {
			f.Offers = append(f.Offers, Option{Value: choice.Value, Label: choice.Label})
		}
	}
	return f
}

// options are the choices of a column, with those that were chosen although they are not offered.
func (c *Column) options(choices []Choice, chosen []string) (list []Option) {
	under := ""
	for _, x := range choices {
		o := Option{Value: x.Value, Label: x.Label, On: slices.Contains(chosen, x.Value)}
		if x.Under != under {
			o.Head, under = x.Under, x.Under
		}
		list = append(list, o)
	}
	for _, v := range chosen {
		if !slices.ContainsFunc(list, func(o Option) bool { return o.Value == v }) {
			list = append(list, Option{Value: v, Label: c.name(v), On: true})
		}
	}
	return list
}

func (c *Column) bound(b *float64) string {
	switch {
	case b == nil:
		return ""
	case c.Write != nil:
		return c.Write(*b)
	}
	return strconv.FormatFloat(*b, 'f', -1, 64)
}

// setBounds writes the bounds of a condition into an address as the fields show them: what is carried along says how they are
// written, in which unit for instance.
func (c *Column) setBounds(values url.Values, x Condition) {
	if c.By != Range {
		return
	}
	for _, name := range c.names() {
		values.Del(name)
	}
	if x.From != nil {
		values.Set("from."+c.ID, c.bound(x.From))
	}
	if x.To != nil {
		values.Set("to."+c.ID, c.bound(x.To))
	}
}

// said writes a bound for people.
func (c *Column) said(b *float64) string {
	if b == nil || c.Say == nil {
		return c.bound(b)
	}
	return c.Say(*b)
}

// name writes a value of the filter.
func (c *Column) name(value string) string {
	if c.Name != nil {
		return c.Name(value)
	}
	return value
}

// says writes what is asked of the column; empty for nothing.
func (c *Column) says(x Condition, text func(string, ...any) string) string {
	var all []string // must hold together
	add := func(s string) { all = append(all, s) }
	if len(x.Values) > 0 {
		names := make([]string, len(x.Values))
		for i, value := range x.Values {
			names[i] = c.name(value)
		}
		add(strings.Join(names, text("grid.or")))
	}
	if x.Part != "" {
		add(text("grid.has", "text", x.Part))
	}
	if x.Prefix != "" {
		add(text("grid.begins", "text", x.Prefix))
	}
	from, to := c.said(x.From), c.said(x.To)
	unit := func(bound string) string {
		if c.Unit == "" {
			return bound
		}
		return text("grid.amount", "n", bound, "unit", c.Unit)
	}
	switch {
	case x.From != nil && x.To != nil:
		add(text("grid.between", "from", from, "to", unit(to)))
	case x.From != nil:
		add(text("grid.from", "from", unit(from)))
	case x.To != nil:
		add(text("grid.to", "to", unit(to)))
	}
	said := strings.Join(all, text("grid.and"))
	switch {
	case x.Blank && said != "":
		return said + text("grid.or") + text("grid.blank")
	case x.Blank:
		return text("grid.blank")
	}
	return said
}

// sentence names a condition with its column.
func (c *Column) sentence(x Condition, text func(string, ...any) string) string {
	if x.Part != "" && x.Prefix == "" && len(x.Values) == 0 && !x.Blank {
		return text("grid.chip.has", "column", c.Head, "text", x.Part)
	}
	return text("grid.chip", "column", c.Head, "says", c.says(x, text))
}

// chips name the filters in force; the address of each is the page without it.
func (v *View) chips(ask *address.Ask, cols *Columns, q *Query, o Options) {
	add := func(label string, without func(url.Values)) {
		values := ask.Query()
		values.Del("page")
		without(values)
		v.Chips = append(v.Chips, frame.Chip{Label: label, URL: addressOf(ask.Path(), values)})
	}
	if q.Text != "" {
		add(o.Text("grid.chip.text", "text", q.Text), func(u url.Values) { u.Del("text") })
	}
	for _, id := range q.order(cols) {
		c := q.by[id]
		add(c.sentence(q.Where[id], o.Text), func(u url.Values) {
			for _, name := range c.names() {
				u.Del(name)
			}
			if rest := slices.DeleteFunc(u["missing"], c.is); len(rest) > 0 {
				u["missing"] = rest
			} else {
				u.Del("missing")
			}
		})
	}
	if n := len(q.Chosen); n > 0 {
		add(o.Text("grid.chip.chosen", "n", n), func(u url.Values) { u.Del("id") })
	}
}

// order gives the columns that are filtered by, in the order in which there are columns.
func (q *Query) order(cols *Columns) []string {
	ids := q.Asked()
	at := map[string]int{}
	for i, c := range cols.List {
		at[c.ID] = i + 1
	}
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(cmp.Or(at[a], len(at)+1), cmp.Or(at[b], len(at)+1)) })
	return ids
}

func addressOf(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// chooser lists the columns that can be chosen.
func (v *View) chooser(ask *address.Ask, cols *Columns, q *Query, o Options) {
	on := map[string]bool{}
	for _, c := range q.Columns {
		on[c.ID] = true
	}
	add := func(c *Column) {
		if c.Bare {
			return
		}
		label := cmp.Or(c.Label, c.Head)
		i := slices.IndexFunc(v.Chooser, func(g Group) bool { return g.Label == c.Group })
		if i < 0 {
			v.Chooser = append(v.Chooser, Group{Label: c.Group})
			i = len(v.Chooser) - 1
		}
		v.Chooser[i].Columns = append(v.Chooser[i].Columns, Option{Value: c.ID, Label: label, On: on[c.ID]})
		delete(on, c.ID)
	}
	for _, c := range cols.List {
		add(c)
	}
	for _, c := range q.Columns {
		if on[c.ID] { // of an earlier year
			add(c)
		}
	}
	v.Chosen = ask.Hidden("col", "page")
	values := ask.Query()
	values["col"] = []string{Reset}
	values.Del("page")
	v.Reset = addressOf(ask.Path(), values)
}

// export gives the address of the file with the rows and columns that are shown, and what the export of picked rows carries.
func (v *View) export(ask *address.Ask, q *Query, o Options) {
	if o.Export == "" {
		return
	}
	values := ask.Query()
	values.Del("page")
	var cols []string
	for _, c := range q.Columns {
		cols = append(cols, c.ID)
	}
	if values["col"] = cols; len(cols) == 0 {
		values["col"] = []string{Reset}
	}
	for _, id := range q.Asked() {
		q.by[id].setBounds(values, q.Where[id])
	}
	for _, f := range o.Carry {
		values.Del(f.Name)
	}
	for _, f := range o.Carry {
		values.Add(f.Name, f.Value)
	}
	values.Del("as")
	v.ExportPath, v.Export = o.Export, addressOf(o.Export, values)
	values.Set("as", "csv")
	v.CSV = addressOf(o.Export, values)
	lasting := []string{"assume", "col", "date", "known", "lang", "scope", "sort", "unit"}
	for _, name := range lasting {
		for _, value := range values[name] {
			v.Picked = append(v.Picked, address.Field{Name: name, Value: value})
		}
	}
	for _, f := range o.Carry {
		if !slices.Contains(lasting, f.Name) {
			v.Picked = append(v.Picked, f)
		}
	}
}

// lines are the rows of the page.
func (v *View) lines(q *Query, rows []Row) {
	fact := q.facts()
	heads := make([]string, len(q.Columns))
	for i, c := range q.Columns {
		if heads[i] = c.Head; c.Unit != "" {
			heads[i] += " (" + c.Unit + ")"
		}
	}
	for _, r := range rows {
		line := LineOf{ID: r.ID, Pick: r.Pick, Name: cmp.Or(r.Name, r.Code), URL: r.URL, HTML: r.HTML, Muted: r.Muted, Here: r.Here, Cells: make([]Shown, len(q.Columns))}
		line.Pick.Value = cmp.Or(r.Pick.Value, strconv.FormatInt(r.ID, 10))
		line.Pick.Label = cmp.Or(r.Pick.Label, line.Name)
		for i, c := range q.Columns {
			line.Cells[i] = Shown{Cell: r.Cells[i], Head: heads[i], Number: c.Number, Fact: fact[i]}
			if line.Cells[i].Blank() {
				line.Cells[i].Head = c.Head
			}
		}
		v.Rows = append(v.Rows, line)
	}
}

// facts are the columns that a card on a phone shows: those that are wanted and filtered by, then the first.
func (q *Query) facts() map[int]bool {
	facts := map[int]bool{}
	for _, asked := range []bool{true, false} {
		for i, c := range q.Columns {
			_, by := q.Where[c.ID]
			if len(facts) < factsOfCard && (!asked || c.Fact && by) {
				facts[i] = true
			}
		}
	}
	return facts
}
