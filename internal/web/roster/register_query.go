package roster

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// shelfQuery is what the address of a register's list asks for: text, in, zone, c.ATTRIBUTE, t.ATTRIBUTE
// (part of it), b.ATTRIBUTE, missing, id, sort, page, col, unit.
type shelfQuery struct {
	filter   list.Filter
	place    city.Place
	subjects []int64
	sort     list.Sort
	page     int // from 1
	cols     []string
	money    words.Unit
}

// readShelf reads the query of a register's list.
func (s *room) readShelf(r *http.Request, c *city.City, base int) (*shelfQuery, error) {
	q := r.URL.Query()
	sq := &shelfQuery{place: city.ParsePlace(q.Get("in")), page: s.Ask(r).Page, money: s.MoneyUnit(r)}
	if err := c.CheckPlace(sq.place); err != nil {
		return nil, err
	}
	f := &sq.filter
	f.Text, f.Group, f.Zone = strings.TrimSpace(q.Get("text")), sq.place.Group, q.Get("zone")
	if sq.place.District != "" {
		f.Districts = []string{sq.place.District}
	}
	f.Codes, f.Contains, f.Yes = map[string]string{}, map[string]string{}, map[string]bool{}
	for name, values := range q {
		kind, id, found := strings.Cut(name, ".")
		value := values[0]
		if !found || value == "" {
			continue
		}
		a := c.Attributes[id]
		switch {
		case kind == "c" && a != nil && a.Kind == pack.Code:
			f.Codes[id] = value
		case kind == "t" && a != nil && isShelfColumn(c, id) && !a.Yearly && (isText(a) || a.Kind == pack.Code):
			f.Contains[id] = strings.TrimSpace(value)
		case kind == "b" && a != nil && a.Kind == pack.Boolean && (value == "yes" || value == "no"):
			f.Yes[id] = value == "yes"
		default:
			return nil, address.UnknownFilter(name, value)
		}
	}
	for _, text := range q["missing"] {
		if text == "" {
			continue
		}
		key, err := c.Key(text, base)
		if err != nil {
			return nil, err
		}
		f.Missing = append(f.Missing, key)
	}
	for _, text := range q["id"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, address.UnknownFilter("id", text)
		}
		sq.subjects = append(sq.subjects, id)
	}
	sort, desc := strings.CutPrefix(q.Get("sort"), "-")
	if sort != "" && sort != "name" && sort != "code" {
		key, err := c.Key(sort, base)
		if err != nil {
			return nil, err
		}
		sort = words.Key(key)
	}
	sq.sort = list.Sort{By: sort, Desc: desc}
	for _, id := range q["col"] {
		if isShelfColumn(c, id) && !slices.Contains(sq.cols, id) {
			sq.cols = append(sq.cols, id)
		}
	}
	if sq.cols == nil {
		sq.cols = listed(c)
	}
	return sq, nil
}

// isShelfColumn reports whether a register's list can show the column: any attribute but the name, and the code as "code".
// Personal ones are shown masked where one subject is shown, and in lists not at all.
func isShelfColumn(c *city.City, id string) bool {
	if id == "code" {
		return c.Register.Code() != nil
	}
	attr, year, dated := strings.Cut(id, "@")
	if _, err := strconv.Atoi(year); dated && err != nil {
		return false
	}
	a := c.Attributes[attr]
	return a != nil && !a.Personal && a.ID != c.Register.NameAttr && a.ID != c.Register.CodeAttr && (!dated || a.Yearly)
}

// listed are the columns of a first visit.
func listed(c *city.City) (ids []string) {
	for _, id := range c.Register.Listed {
		switch {
		case id == c.Register.CodeAttr:
			ids = append(ids, "code")
		case isShelfColumn(c, id):
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
func filterOf(w words.Writer, x *list.Index, all col.Bitmap, f *list.Filter, a *pack.Attribute) shelfFilter {
	by := shelfFilter{Label: w.Name(a)}
	switch {
	case a.Yearly:
	case a.Kind == pack.Boolean:
		by.Name = "b." + a.ID
		chosen, asked := f.Yes[a.ID]
		for _, yes := range []bool{true, false} {
			word := map[bool]string{true: "yes", false: "no"}[yes]
			by.Options = append(by.Options, frame.Option{Value: word, Label: w.Text("value." + word), On: asked && chosen == yes})
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
			o := frame.Option{Value: n.Code, Label: w.City.CodeName(a, n.Code, w.Lang) + " (" + words.Num(n.Count) + ")", On: f.Codes[a.ID] == n.Code}
			if by.Typed {
				o = frame.Option{Value: w.City.CodeName(a, n.Code, w.Lang), Label: words.Num(n.Count)}
			}
			by.Options = append(by.Options, o)
		}
		if chosen := f.Codes[a.ID]; chosen != "" && !by.Typed && !slices.ContainsFunc(by.Options, func(o frame.Option) bool { return o.On }) {
			by.Options = append(by.Options, frame.Option{Value: chosen, Label: w.City.CodeName(a, chosen, w.Lang), On: true})
		}
	}
	return by
}

// mostOptions is from how many values of a column on they are typed and not chosen; the most frequent are offered.
const mostOptions = 100
