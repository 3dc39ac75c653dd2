package lab

import (
	"context"
	"net/http"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// labListPage is the rows of one page of a list behind a trial.
const labListPage = 50

// labListView is a list of who is met, enters or leaves.
type labListView struct {
	Rule       *pack.Rule
	Law        *pack.Law
	Who        string // met, near, unknown, pending, unmet, entered, left
	Where      string // district or section, in words; empty for the whole city
	Year       int    // of the yearly columns
	Rows       []labListRow
	Total      int
	From, To   int
	Prev, Next string
	Back       string
	Export     string
	Changes    []labNumber
}

type labListRow struct {
	URL, Code, Name, District, Industry string
	Sales                               string // 万元
	Staff                               string
	First                               int
}

// whatIfRows gives the rows that the address asks for, and the table they are of.
func (s *room) whatIfRows(r *http.Request, t *trial) (col.Bitmap, *col.Table, error) {
	d, table, err := s.answer(r.Context(), t)
	if err != nil {
		return nil, nil, err
	}
	q := r.URL.Query()
	var rows col.Bitmap
	switch who := q.Get("who"); who {
	case "entered":
		rows = d.Entered
	case "left":
		rows = d.Left
	case "met", "":
		rows = d.Outcome.Met
	case "near":
		rows = d.Outcome.Near
	case "unknown":
		rows = d.Outcome.Unknown
	case "pending":
		rows = d.Outcome.Pending
	case "unmet":
		rows = d.Outcome.Unmet
	default:
		return nil, nil, fault.New(fault.Invalid, "名单“"+who+"”不存在。请从政策实验室的数字进入。", "There is no list “"+who+"”: start from a figure of the policy lab.")
	}
	if code := q.Get("district"); code != "" {
		rows = groupRows(rows, table.Dicts[col.Key{Attr: "district"}], list.ByDistrict(s.Pack.Orgs), code)
	}
	if code := q.Get("section"); code != "" {
		rows = groupRows(rows, table.Dicts[col.Key{Attr: "industry"}], list.BySection(s.industries(table.Register)), code)
	}
	return rows, table, nil
}

func (s *room) readTrialStrictly(r *http.Request) (*trial, error) {
	t, err := s.readTrial(r)
	if err == nil && len(t.problems) > 0 {
		err = t.problems[0]
	}
	return t, err
}

func (s *room) listWhatIf(w http.ResponseWriter, r *http.Request) error {
	t, err := s.readTrialStrictly(r)
	if err != nil {
		return err
	}
	rows, table, err := s.whatIfRows(r, t)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	page := t.ask.Page
	v := &labListView{Rule: t.rule, Law: t.law, Who: q.Get("who"), Year: t.ask.Date.Year() - 1, Total: rows.Count(), Back: t.link("/lab")}
	if v.Who == "" {
		v.Who = "met"
	}
	v.Where = s.placeName(t, table, q.Get("district"), q.Get("section"))
	for _, g := range s.labGroups(t) {
		for _, n := range g.Numbers {
			if n.Moved {
				v.Changes = append(v.Changes, n)
			}
		}
	}
	here := []string{"who", v.Who, "district", q.Get("district"), "section", q.Get("section")}
	v.Export = t.link("/lab/list.xlsx", here...)
	if last := max(1, (v.Total+labListPage-1)/labListPage); page > last {
		page = last
	}
	if page > 1 {
		v.Prev = t.link("/lab/list", append(here, "page", strconv.Itoa(page-1))...)
	}
	if page*labListPage < v.Total {
		v.Next = t.link("/lab/list", append(here, "page", strconv.Itoa(page+1))...)
	}
	v.From, v.To = min(v.Total, (page-1)*labListPage+1), min(v.Total, page*labListPage)
	at := 0
	words := s.newWording(t, table)
	rows.Each(func(row int) {
		if at++; at >= v.From && at <= v.To {
			v.Rows = append(v.Rows, words.row(row))
		}
	})
	return s.Render(w, r, "lablist", v)
}

// placeName says in words which district or section a list is limited to.
func (s *room) placeName(t *trial, table *col.Table, district, section string) string {
	if district == pack.Elsewhere || section == pack.Elsewhere {
		return s.Words(t.ask.Lang)("lab.other")
	}
	if o := s.Pack.Orgs.ByID(district); o != nil {
		return o.Name.In(t.ask.Lang)
	}
	if list := s.industries(table.Register); list != nil && section != "" {
		for _, item := range list.Items {
			if item.Code == section {
				return item.Name.In(t.ask.Lang)
			}
		}
	}
	return district + section
}

// wording turns table rows into words.
type wording struct {
	t          *trial
	table      *col.Table
	orgs       map[string]string
	industries map[string]string
	year       int
}

func (s *room) newWording(t *trial, table *col.Table) *wording {
	w := &wording{t: t, table: table, orgs: map[string]string{}, industries: map[string]string{}, year: t.ask.Date.Year() - 1}
	for _, o := range s.Pack.Orgs {
		w.orgs[o.ID] = o.Name.In(t.ask.Lang)
	}
	if list := s.industries(table.Register); list != nil {
		for _, item := range list.Items {
			w.industries[item.Code] = item.Name.In(t.ask.Lang)
		}
	}
	return w
}

func (w *wording) row(row int) labListRow {
	out := labListRow{Code: string(w.table.Codes.At(row)), Name: string(w.table.Names.At(row))}
	id := out.Code
	if id == "" {
		id = "s-" + strconv.FormatInt(w.table.Subjects[row], 10)
	}
	out.URL = w.t.ask.Link("/enterprises/" + id)
	out.District = w.word("district", row, w.orgs)
	out.Industry = w.word("industry", row, w.industries)
	if v, ok := w.number("sales", row); ok {
		out.Sales = words.Decimal(v/unitWan.Factor, 2)
	}
	if v, ok := w.number("staff", row); ok {
		out.Staff = words.Decimal(v, 0)
	}
	return out
}

func (w *wording) word(attr string, row int, names map[string]string) string {
	d := w.table.Dicts[col.Key{Attr: attr}]
	if d == nil {
		return ""
	}
	word := d.Words[d.Val[row]]
	if name := names[word]; name != "" {
		return name
	}
	return word
}

func (w *wording) number(attr string, row int) (float64, bool) {
	n := w.table.Nums[col.Key{Attr: attr, Year: w.year}]
	if n == nil || !n.Valid.Get(row) {
		return 0, false
	}
	return n.Val[row], true
}

// exportWhatIf writes the whole list as XLSX.
func (s *room) exportWhatIf(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	t, err := s.readTrialStrictly(r)
	if err != nil {
		return nil, err
	}
	rows, table, err := s.whatIfRows(r, t)
	if err != nil {
		return nil, err
	}
	text := s.Words(t.ask.Lang)
	who := r.URL.Query().Get("who")
	if who == "" {
		who = "met"
	}
	words := s.newWording(t, table)
	title := t.rule.Name.In(t.ask.Lang) + " · " + text("lab.list."+who) + " · " + t.ask.Day()
	head := []any{text("lab.col.code"), text("lab.col.name"), text("lab.col.district"), text("lab.col.industry"),
		text("lab.col.sales", "year", words.year), text("lab.col.staff", "year", words.year)}
	fill := func(_ context.Context, put func(...any) error) (err error) {
		rows.Each(func(row int) {
			if err != nil {
				return
			}
			v := words.row(row)
			cells := []any{v.Code, v.Name, v.District, v.Industry, nil, nil}
			if n, ok := words.number("sales", row); ok {
				cells[4] = frame.AmountCell(n, 6)
			}
			if n, ok := words.number("staff", row); ok {
				cells[5] = n
			}
			err = put(cells...)
		})
		return err
	}
	return &frame.Workbook{File: t.rule.ID + "-" + who + "-" + t.ask.Day() + ".xlsx", Rows: rows.Count(), Title: text("lab.list." + who), Heading: title,
		Notes: append(s.ExportNotes(t.ask, s.Pack.Name.In(t.ask.Lang)), t.link("/lab")), Head: head, Fill: fill}, nil
}
