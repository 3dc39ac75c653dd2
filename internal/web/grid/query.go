package grid

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/web/address"
)

// Query is what an address asks of a list.
type Query struct {
	Text    string               // part of what rows are called by
	Where   map[string]Condition // by the id of the column
	Chosen  []int64              // these rows only; nil: all
	Sort    string               // Column.Sort, or Columns.SortTitle; empty: the order of the source
	Desc    bool
	Page    int       // from 1
	Columns []*Column // that are shown
	by      map[string]*Column
}

// Condition is what is asked of one column. A row fits if its value is among Values, has Part in it, begins with Prefix and
// lies between From and To, as far as each of these is asked; or, with Blank, if it has none.
type Condition struct {
	Values   []string
	Part     string
	Prefix   string
	From, To *float64
	Blank    bool
}

// Column gives the column of a condition.
func (q *Query) Column(id string) *Column { return q.by[id] }

// Asked gives the ids of the columns that conditions are about, in the order of their names.
func (q *Query) Asked() []string {
	ids := make([]string, 0, len(q.Where))
	for id := range q.Where {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Reset is the value of col= that brings the usual columns back.
const Reset = "-"

// Read reads the query of a request. What the columns do not know is a fault. Columns are those of the address, else those that
// were remembered in a cookie of this name, else those that are usual.
func Read(r *http.Request, ask *address.Ask, src Source, cookie string) (*Query, error) {
	cols := src.Columns()
	q := &Query{Where: map[string]Condition{}, Page: ask.Page, by: map[string]*Column{}}
	values := r.URL.Query()
	q.Text = strings.TrimSpace(values.Get("text"))
	for _, name := range slices.Sorted(maps.Keys(values)) { // so that of two names for one thing always the same one counts
		if err := q.condition(cols, name, values[name]); err != nil {
			return nil, err
		}
	}
	for _, id := range values["missing"] {
		if id == "" {
			continue
		}
		c := cols.Find(id)
		if c == nil || !c.Blank {
			return nil, address.UnknownFilter("missing", id)
		}
		x := q.Where[c.ID]
		x.Blank = true
		q.Where[c.ID], q.by[c.ID] = x, c
	}
	for _, text := range values["id"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, address.UnknownFilter("id", text)
		}
		if !slices.Contains(q.Chosen, id) {
			q.Chosen = append(q.Chosen, id)
		}
	}
	if err := q.sort(cols, values.Get("sort")); err != nil {
		return nil, err
	}
	q.choose(cols, values["col"], remembered(r, cookie))
	return q, nil
}

// condition reads one name of the address.
func (q *Query) condition(cols *Columns, name string, list []string) error {
	list = slices.DeleteFunc(slices.Clone(list), func(v string) bool { return strings.TrimSpace(v) == "" })
	if len(list) == 0 {
		return nil
	}
	c, kind := cols.field(name)
	if c == nil {
		if strings.Contains(name, ".") && (cols.Other == nil || !cols.Other(name)) {
			return address.UnknownFilter(name, list[0])
		}
		return nil // a name that other parts of the page read
	}
	x := q.Where[c.ID]
	switch kind {
	case valueField:
		for _, v := range list {
			if c.Check != nil {
				if err := c.Check(v); err != nil {
					return address.Mistake(c.unknown(v, err), name)
				}
			}
			if !slices.Contains(x.Values, v) {
				x.Values = append(x.Values, v)
			}
		}
		slices.Sort(x.Values)
	case partField:
		x.Part = strings.TrimSpace(list[0])
	case prefixField:
		x.Prefix = strings.TrimSpace(list[0])
	case fromField, toField:
		v, err := c.Bound(strings.TrimSpace(list[0]))
		if err != nil {
			return address.Mistake(err, name)
		}
		if kind == fromField {
			x.From = &v
		} else {
			x.To = &v
		}
	}
	q.Where[c.ID], q.by[c.ID] = x, c
	return nil
}

// unknown says of a value of the filter that there is none such; another refusal stays as it is.
func (c *Column) unknown(value string, err error) error {
	if fault.Of(err) != fault.Invalid {
		return err
	}
	value = address.Shortened(value)
	return fault.New(fault.Invalid, "“"+c.Head+"”没有“"+value+"”这个选项，没有采用。请在本页重新选择。",
		"“"+c.Head+"” has no choice “"+value+"”, and it was left out. Please choose again on this page.").Wrap(err)
}

// What a name of an address gives of a column.
type fieldKind int

const (
	valueField fieldKind = iota
	partField
	prefixField
	fromField
	toField
)

// field finds the column that a name of the address is about.
func (c *Columns) field(name string) (*Column, fieldKind) {
	for _, x := range c.List {
		if kind, ok := x.means(name); ok {
			return x, kind
		}
	}
	if _, id, dotted := strings.Cut(name, "."); dotted && c.More != nil {
		if x := c.More(id); x != nil {
			if kind, ok := x.means(name); ok {
				return x, kind
			}
		}
	}
	return nil, 0
}

// means reports whether a name of the address is one of the column's fields.
func (c *Column) means(name string) (fieldKind, bool) {
	switch {
	case c.By == ByNothing:
		return 0, false
	case c.By == Range:
		switch kind, id, _ := strings.Cut(name, "."); {
		case !c.is(id):
		case kind == "from":
			return fromField, true
		case kind == "to":
			return toField, true
		}
		return 0, false
	case c.By == Prefix && name == c.Field:
		return prefixField, true
	case c.Part != "" && name == c.Part, c.By == Contain && name == c.part():
		return partField, true
	case c.By == Choose && name == c.field(), slices.Contains(c.Also, name):
		return valueField, true
	}
	return 0, false
}

func (q *Query) sort(cols *Columns, text string) error {
	by, desc := strings.CutPrefix(text, "-")
	if q.Desc = desc; by == "" || by == cols.SortTitle {
		q.Sort = by
		return nil
	}
	for _, c := range cols.List {
		if c.Sort != "" && (c.Sort == by || c.ID == by) {
			q.Sort = c.Sort
			return nil
		}
	}
	if c := cols.Find(by); c != nil && c.Sort != "" {
		q.Sort = c.Sort
		return nil
	}
	return address.UnknownFilter("sort", text)
}

// choose gives the query its columns: those of the address, else the remembered ones, else the usual ones, and behind them those
// that it is filtered by.
func (q *Query) choose(cols *Columns, asked, kept []string) {
	if asked == nil {
		asked = kept
	}
	if !slices.Contains(asked, Reset) {
		for _, id := range asked {
			q.show(cols.Find(id))
		}
	}
	if len(q.Columns) == 0 {
		for _, id := range cols.Usual {
			q.show(cols.Find(id))
		}
	}
	for _, id := range q.Asked() {
		if c := q.by[id]; !c.Offered || c.Fact {
			q.show(c)
		}
	}
}

// Drop leaves out a column.
func (q *Query) Drop(id string) {
	q.Columns = slices.DeleteFunc(q.Columns, func(c *Column) bool { return c.ID == id })
}

func (q *Query) show(c *Column) {
	if c != nil && !c.Bare && !slices.Contains(q.Columns, c) && !slices.ContainsFunc(q.Columns, func(o *Column) bool { return o.ID == c.ID }) {
		q.Columns = append(q.Columns, c)
	}
}

// Reads reports whether a name of an address is one that lists with these columns read: of a filter, an order, a choice.
func (c *Columns) Reads(name string) bool {
	switch name {
	case "text", "missing", "id", "sort", "col":
		return true
	}
	x, _ := c.field(name)
	return x != nil
}
