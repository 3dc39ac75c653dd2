package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
)

// shelfQuery is what the address of a register's list asks for: text, in, zone, c.ATTRIBUTE, t.ATTRIBUTE
// (part of it), b.ATTRIBUTE, missing, id, sort, page, col, unit.
type shelfQuery struct {
	filter   list.Filter
	place    place
	subjects []int64
	sort     list.Sort
	page     int // from 1
	cols     []string
	money    moneyUnit
}

// readShelf reads the query of a register's list.
func (s *Server) readShelf(r *http.Request, c *city, base int) (*shelfQuery, error) {
	q := r.URL.Query()
	sq := &shelfQuery{place: parsePlace(q.Get("in")), page: s.ask(r).Page, money: s.moneyUnit(r)}
	if err := c.checkPlace(sq.place); err != nil {
		return nil, err
	}
	f := &sq.filter
	f.Text, f.Group, f.Zone = strings.TrimSpace(q.Get("text")), sq.place.group, q.Get("zone")
	if sq.place.district != "" {
		f.Districts = []string{sq.place.district}
	}
	f.Codes, f.Contains, f.Yes = map[string]string{}, map[string]string{}, map[string]bool{}
	for name, values := range q {
		kind, id, found := strings.Cut(name, ".")
		value := values[0]
		if !found || value == "" {
			continue
		}
		a := c.attributes[id]
		switch {
		case kind == "c" && a != nil && a.Kind == pack.Code:
			f.Codes[id] = value
		case kind == "t" && a != nil && c.isShelfColumn(id) && !a.Yearly && (isText(a) || a.Kind == pack.Code):
			f.Contains[id] = strings.TrimSpace(value)
		case kind == "b" && a != nil && a.Kind == pack.Boolean && (value == "yes" || value == "no"):
			f.Yes[id] = value == "yes"
		default:
			return nil, unknownFilter(name, value)
		}
	}
	for _, text := range q["missing"] {
		if text == "" {
			continue
		}
		key, err := c.key(text, base)
		if err != nil {
			return nil, err
		}
		f.Missing = append(f.Missing, key)
	}
	for _, text := range q["id"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, unknownFilter("id", text)
		}
		sq.subjects = append(sq.subjects, id)
	}
	sort, desc := strings.CutPrefix(q.Get("sort"), "-")
	if sort != "" && sort != "name" && sort != "code" {
		key, err := c.key(sort, base)
		if err != nil {
			return nil, err
		}
		sort = keyText(key)
	}
	sq.sort = list.Sort{By: sort, Desc: desc}
	for _, id := range q["col"] {
		if c.isShelfColumn(id) && !slices.Contains(sq.cols, id) {
			sq.cols = append(sq.cols, id)
		}
	}
	if sq.cols == nil {
		sq.cols = c.listed()
	}
	return sq, nil
}

// isShelfColumn reports whether a register's list can show the column: any attribute but the name, and the code as "code".
// Personal ones are shown masked where one subject is shown, and in lists not at all.
func (c *city) isShelfColumn(id string) bool {
	if id == "code" {
		return c.register.Code() != nil
	}
	attr, year, dated := strings.Cut(id, "@")
	if _, err := strconv.Atoi(year); dated && err != nil {
		return false
	}
	a := c.attributes[attr]
	return a != nil && !a.Personal && a.ID != c.register.NameAttr && a.ID != c.register.CodeAttr && (!dated || a.Yearly)
}

// listed are the columns of a first visit.
func (c *city) listed() (ids []string) {
	for _, id := range c.register.Listed {
		switch {
		case id == c.register.CodeAttr:
			ids = append(ids, "code")
		case c.isShelfColumn(id):
			ids = append(ids, id)
		}
	}
	return ids
}

// isText reports whether a column holds words that no list has: it is filtered by part of them.
func isText(a *pack.Attribute) bool {
	return !a.Yearly && (a.Kind == pack.String || a.Kind == pack.List || a.Kind == pack.Code && a.Codes == "")
}

// filterOf is the control by which a column of a list is filtered; without a name when there is none.
func (w writer) filterOf(x *list.Index, all col.Bitmap, f *list.Filter, a *pack.Attribute) shelfFilter {
	by := shelfFilter{Label: w.name(a)}
	switch {
	case a.Yearly:
	case a.Kind == pack.Boolean:
		by.Name = "b." + a.ID
		chosen, asked := f.Yes[a.ID]
		for _, yes := range []bool{true, false} {
			word := map[bool]string{true: "yes", false: "no"}[yes]
			by.Options = append(by.Options, option{Value: word, Label: w.text("value." + word), On: asked && chosen == yes})
		}
	case isText(a):
		by.Name, by.Typed, by.Value = "t."+a.ID, true, f.Contains[a.ID]
	case a.Kind == pack.Code:
		counts := x.CountBy(all, a.ID)
		if by.Typed = len(counts) > mostOptions; by.Typed {
			by.Name, by.Value = "t."+a.ID, f.Contains[a.ID]
		} else {
			by.Name = "c." + a.ID
		}
		for _, n := range counts {
			if n.Code == "" || len(by.Options) == mostOptions {
				continue
			}
			o := option{Value: n.Code, Label: w.city.codeName(a, n.Code, w.lang) + " (" + num(n.Count) + ")", On: f.Codes[a.ID] == n.Code}
			if by.Typed {
				o = option{Value: w.city.codeName(a, n.Code, w.lang), Label: num(n.Count)}
			}
			by.Options = append(by.Options, o)
		}
		if chosen := f.Codes[a.ID]; chosen != "" && !by.Typed && !slices.ContainsFunc(by.Options, func(o option) bool { return o.On }) {
			by.Options = append(by.Options, option{Value: chosen, Label: w.city.codeName(a, chosen, w.lang), On: true})
		}
	}
	return by
}

// mostOptions is from how many values of a column on they are typed and not chosen; the most frequent are offered.
const mostOptions = 100
