package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
)

// listQuery is what an address of the list asks for. Every part stands in the address:
// text, in, zone, industry, v.RULE, only.RULE, missing, id, sort, page, col, unit.
type listQuery struct {
	filter   list.Filter
	place    place
	subjects []int64 // explicitly chosen ones
	sort     list.Sort
	page     int // from 1
	cols     []string
	custom   bool // the columns are not the usual ones
	money    moneyUnit
}

// rowsPerPage is how many rows a page of the list has.
const rowsPerPage = 50

const (
	columnCookie = "cols"
	unitCookie   = "unit"
)

// readList reads the query of a list; base is the base year, which yearly attributes without a year mean.
func (s *Server) readList(r *http.Request, base int) (*listQuery, error) {
	q := r.URL.Query()
	lq := &listQuery{place: parsePlace(q.Get("in")), page: s.ask(r).Page, money: s.moneyUnit(r)}
	if err := s.city.checkPlace(lq.place); err != nil {
		return nil, err
	}
	f := &lq.filter
	f.Text = strings.TrimSpace(q.Get("text"))
	if lq.place.district != "" {
		f.Districts = []string{lq.place.district}
	}
	f.Group = lq.place.group
	f.Zone = q.Get("zone")
	if o := s.city.org[f.Zone]; f.Zone != "" && o == nil {
		return nil, fault.New(fault.NotFound, "没有功能区“"+f.Zone+"”。请从列表中选择。", "There is no zone “"+f.Zone+"”. Choose one from the list.")
	}
	f.Industry = strings.TrimSpace(q.Get("industry"))
	f.Verdicts, f.Only = map[string]list.Verdict{}, map[string]string{}
	for name, values := range q {
		kind, id, found := strings.Cut(name, ".")
		if value := values[0]; found && value != "" {
			switch kind {
			case "v":
				if s.city.recognition(id) == nil || !slices.Contains(states, list.Verdict(value)) {
					return nil, unknownFilter(name, value)
				}
				f.Verdicts[id] = list.Verdict(value)
			case "only":
				if s.city.criterion(id, value) == nil {
					return nil, unknownFilter(name, value)
				}
				f.Only[id] = value
			}
		}
	}
	for _, text := range q["missing"] {
		if text == "" {
			continue
		}
		key, err := s.city.key(text, base)
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
		lq.subjects = append(lq.subjects, id)
	}
	sort := q.Get("sort")
	lq.sort.By, lq.sort.Desc = strings.CutPrefix(sort, "-")
	if !lq.sort.Desc {
		lq.sort.By = sort
	}
	if lq.sort.By != "" && lq.sort.By != "name" && lq.sort.By != "code" && lq.sort.By != "district" {
		key, err := s.city.key(lq.sort.By, base)
		if err != nil {
			return nil, err
		}
		lq.sort.By = keyText(key)
	}
	lq.cols, lq.custom = s.chosenColumns(r, lq)
	return lq, nil
}

func unknownFilter(name, value string) error {
	name, value = shortened(name), shortened(value)
	return fault.New(fault.Invalid, "筛选条件 "+name+"="+value+" 看不懂。请从列表页重新选择。",
		"The filter "+name+"="+value+" is not understood. Please choose it again on the list page.")
}

// key reads "staff", "staff@2019"; a yearly attribute without a year means the base year.
func (c *city) key(text string, base int) (col.Key, error) {
	id, year, dated := strings.Cut(text, "@")
	a := c.attributes[id]
	bad := fault.New(fault.Invalid, "没有数据项“"+text+"”。请从列表中选择，例如 staff@2020。", "There is no attribute “"+text+"”. Choose one from the list, e.g. staff@2020.")
	if a == nil {
		return col.Key{}, bad
	}
	k := col.Key{Attr: id}
	switch {
	case a.Yearly && dated:
		n, err := strconv.Atoi(year)
		if err != nil {
			return col.Key{}, bad
		}
		k.Year = n
	case a.Yearly:
		k.Year = base
	case dated:
		return col.Key{}, bad
	}
	return k, nil
}

// moneyUnits are the units that can be chosen.
var moneyUnits = []moneyUnit{inYuan, inWan, inYi}

// checkUnit refuses a unit that an address asks for and that is none.
func checkUnit(text string) error {
	if text != "" && !slices.Contains(moneyUnits, moneyUnit(text)) {
		return unknownFilter("unit", text)
	}
	return nil
}

// moneyUnit is the unit chosen in the address, else the remembered one, else 万元.
func (s *Server) moneyUnit(r *http.Request) moneyUnit {
	if u := moneyUnit(r.URL.Query().Get("unit")); slices.Contains(moneyUnits, u) {
		return u
	}
	if c, err := r.Cookie(unitCookie); err == nil && slices.Contains(moneyUnits, moneyUnit(c.Value)) {
		return moneyUnit(c.Value)
	}
	return inWan
}

// chosenColumns are the columns of the address, else the remembered ones, else the usual ones.
// Recognitions that the filter speaks of are always shown.
func (s *Server) chosenColumns(r *http.Request, lq *listQuery) (ids []string, custom bool) {
	asked := r.URL.Query()["col"]
	if asked == nil {
		if c, err := r.Cookie(columnCookie); err == nil && c.Value != "" {
			asked = strings.Split(c.Value, "|")
		}
	}
	for _, id := range asked {
		if s.isColumn(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	custom = len(ids) > 0
	if !custom {
		ids = s.usualColumns()
	}
	for _, r := range s.city.ladder {
		_, byVerdict := lq.filter.Verdicts[r.ID]
		_, byCriterion := lq.filter.Only[r.ID]
		if id := "v." + r.ID; (byVerdict || byCriterion) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, custom
}

// remember keeps chosen columns and the money unit in cookies, so that the next plain visit shows the same.
func (s *Server) remember(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	keep := func(name, value string) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	if cols := q["col"]; cols != nil {
		cols = slices.DeleteFunc(slices.Clone(cols), func(id string) bool { return !s.isColumn(id) })
		keep(columnCookie, strings.Join(cols, "|"))
	}
	if q.Get("unit") != "" {
		keep(unitCookie, string(s.moneyUnit(r)))
	}
}

// isColumn reports whether a list can show the column.
func (s *Server) isColumn(id string) bool {
	kind, rest, found := strings.Cut(id, ".")
	if found {
		r := s.city.recognition(rest)
		return r != nil && (kind == "v" || kind == "s" && r.Score != nil)
	}
	if id == "code" {
		return true
	}
	attr, _, _ := strings.Cut(id, "@")
	a := s.city.attributes[attr]
	return a != nil && inColumns(a) && attr != s.city.register.CodeAttr
}

// inColumns reports whether the values of an attribute are held in memory: other text is only known to be present.
func inColumns(a *pack.Attribute) bool {
	return !a.Personal && a.Kind != pack.String && a.Kind != pack.List
}

// usualColumns are those of a first visit: where, the first recognitions, and the size.
func (s *Server) usualColumns() []string {
	ids := []string{}
	if d := s.city.districtAttr(); d != "" {
		ids = append(ids, d)
	}
	for i, r := range s.city.ladder {
		if i < 4 {
			ids = append(ids, "v."+r.ID)
		}
	}
	for _, id := range []string{"sales", "rd_expense"} {
		if s.isColumn(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
