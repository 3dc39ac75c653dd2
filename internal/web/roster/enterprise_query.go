package roster

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// listQuery is what an address of the list asks for. Every part stands in the address:
// text, in, zone, industry, v.RULE, only.RULE, missing, id, sort, page, col, unit.
type listQuery struct {
	filter   list.Filter
	place    city.Place
	subjects []int64 // explicitly chosen ones
	sort     list.Sort
	page     int // from 1
	cols     []string
	custom   bool // the columns are not the usual ones
	money    words.Unit
}

// rowsPerPage is how many rows a page of the list has.
const rowsPerPage = 50

// readList reads the query of a list; base is the base year, which yearly attributes without a year mean.
func (s *room) readList(r *http.Request, base int) (*listQuery, error) {
	q := r.URL.Query()
	lq := &listQuery{place: city.ParsePlace(q.Get("in")), page: s.Ask(r).Page, money: s.MoneyUnit(r)}
	if err := s.City.CheckPlace(lq.place); err != nil {
		return nil, err
	}
	f := &lq.filter
	f.Text = strings.TrimSpace(q.Get("text"))
	if lq.place.District != "" {
		f.Districts = []string{lq.place.District}
	}
	f.Group = lq.place.Group
	f.Zone = q.Get("zone")
	if o := s.City.Org[f.Zone]; f.Zone != "" && o == nil {
		return nil, fault.New(fault.NotFound, "没有功能区“"+f.Zone+"”。请从列表中选择。", "There is no zone “"+f.Zone+"”. Choose one from the list.")
	}
	f.Industry = strings.TrimSpace(q.Get("industry"))
	f.Verdicts, f.Only = map[string]list.Verdict{}, map[string]string{}
	for name, values := range q {
		kind, id, found := strings.Cut(name, ".")
		if value := values[0]; found && value != "" {
			switch kind {
			case "v":
				if s.City.Recognition(id) == nil || !slices.Contains(city.Verdicts, list.Verdict(value)) {
					return nil, address.UnknownFilter(name, value)
				}
				f.Verdicts[id] = list.Verdict(value)
			case "only":
				if s.City.Criterion(id, value) == nil {
					return nil, address.UnknownFilter(name, value)
				}
				f.Only[id] = value
			}
		}
	}
	for _, text := range q["missing"] {
		if text == "" {
			continue
		}
		key, err := s.City.Key(text, base)
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
		lq.subjects = append(lq.subjects, id)
	}
	sort := q.Get("sort")
	lq.sort.By, lq.sort.Desc = strings.CutPrefix(sort, "-")
	if !lq.sort.Desc {
		lq.sort.By = sort
	}
	if lq.sort.By != "" && lq.sort.By != "name" && lq.sort.By != "code" && lq.sort.By != "district" {
		key, err := s.City.Key(lq.sort.By, base)
		if err != nil {
			return nil, err
		}
		lq.sort.By = words.Key(key)
	}
	lq.cols, lq.custom = s.chosenColumns(r, lq)
	return lq, nil
}

// chosenColumns are the columns of the address, else the remembered ones, else the usual ones.
// Recognitions that the filter speaks of are always shown.
func (s *room) chosenColumns(r *http.Request, lq *listQuery) (ids []string, custom bool) {
	asked := r.URL.Query()["col"]
	if asked == nil {
		if c, err := r.Cookie(frame.ColumnCookie); err == nil && c.Value != "" {
			asked = strings.Split(c.Value, "|")
		}
	}
	for _, id := range asked {
		if s.City.IsColumn(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	custom = len(ids) > 0
	if !custom {
		ids = s.usualColumns()
	}
	for _, r := range s.City.Ladder {
		_, byVerdict := lq.filter.Verdicts[r.ID]
		_, byCriterion := lq.filter.Only[r.ID]
		if id := "v." + r.ID; (byVerdict || byCriterion) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, custom
}

// usualColumns are those of a first visit: where, the first recognitions, and the size.
func (s *room) usualColumns() []string {
	ids := []string{}
	if d := s.City.DistrictAttr(); d != "" {
		ids = append(ids, d)
	}
	for i, r := range s.City.Ladder {
		if i < 4 {
			ids = append(ids, "v."+r.ID)
		}
	}
	for _, id := range []string{"sales", "rd_expense"} {
		if s.City.IsColumn(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
