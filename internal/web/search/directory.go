package search

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/words"
)

const (
	directoryRows = 50
	// directoryRanks is how far the order of a search goes; who wants more than that narrows the text or takes the list.
	directoryRanks = 1000
)

// directoryView is the directory, or a page of what a text finds in it.
type directoryView struct {
	Text     string
	Counted  bool // Total is known; while someone types it is not waited for
	Total    int
	All      int // enterprises in the directory
	From, To int
	Rows     []directoryRow
	Before   string
	Next     string
	Export   string
	List     string // the list of all that are found, where the pages end before them
}

type directoryRow struct {
	URL    string
	Name   []words.Part
	Code   string
	Where  string
	How    string       // how it was found when its name and code do not show it: former, number; else empty
	Found  []words.Part // the former name or the number
	Badges []pack.Text
}

// showDirectory answers with the page, or with the answers alone while someone types (part=1).
func (s *room) showDirectory(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	base, err := s.BaseOf(r.Context(), ask)
	if err != nil {
		return err
	}
	outcomes, t, err := base.Outcomes(r.Context(), ask.Date, ask.Assume)
	if err != nil {
		return err
	}
	if t.N == 0 {
		return s.Render(w, r, "start", nil)
	}
	q := r.URL.Query()
	typing := q.Get("part") != ""
	page := ask.Page
	d := directoryQuery{ask: ask, table: t, index: base.Index(t), outcomes: outcomes, offset: (page - 1) * directoryRows}
	d.within = s.RowsOf(ask, s.City.Register.ID, t)
	v := directoryView{Text: strings.TrimSpace(q.Get("q")), All: city.CountIn(d.within, nil, t.N), Counted: !typing}
	hits, more, err := d.answer(&v)
	if err != nil {
		return err
	}
	if len(hits) == 0 && page > 1 { // behind the last page
		page, d.offset = 1, 0
		if hits, more, err = d.answer(&v); err != nil {
			return err
		}
	}
	for _, h := range hits {
		v.Rows = append(v.Rows, s.directoryRow(&d, h, v.Text))
	}
	if len(v.Rows) > 0 {
		v.From, v.To = d.offset+1, d.offset+len(v.Rows)
	}
	at := func(n int) string {
		if n == 1 {
			return ask.With("page", "", "part", "")
		}
		return ask.With("page", strconv.Itoa(n), "part", "")
	}
	if page > 1 {
		v.Before = at(page - 1)
	}
	switch {
	case more && (v.Text == "" || d.offset+directoryRows < directoryRanks):
		v.Next = at(page + 1)
	case more:
		v.List = ask.Link("/enterprises", "text", v.Text)
	}
	if len(v.Rows) > 0 {
		v.Export = s.ExportAt(r.Context(), ask.Link("/enterprises.xlsx", "text", v.Text))
	}
	if typing {
		return s.RenderPart(w, r, "directory", "found", v)
	}
	return s.Render(w, r, "directory", v)
}

// directoryQuery is what a page of the directory is answered from.
type directoryQuery struct {
	ask      *address.Ask
	table    *col.Table
	index    *list.Index
	outcomes []*rule.Outcome
	offset   int
	within   col.Bitmap // the rows of the scope of the address; nil: all
}

// answer gives the rows of a page, and whether others follow: the best first, without a text all by name.
func (d *directoryQuery) answer(v *directoryView) (hits []list.Hit, more bool, err error) {
	rows := col.All(d.table.N)
	if d.within != nil {
		rows = d.within
	}
	several := len(strings.Fields(v.Text)) > 1
	if v.Text != "" && (v.Counted || several) {
		if rows, err = d.index.Filter(list.Filter{Text: v.Text, Rows: d.within}, nil); err != nil {
			return nil, false, err
		}
	}
	if v.Counted {
		v.Total = rows.Count()
	}
	if v.Text != "" && d.offset < directoryRanks {
		all := d.search(v.Text)
		if len(all) > 0 {
			hits = all[min(d.offset, len(all)):]
			return hits[:min(len(hits), directoryRows)], len(hits) > directoryRows, nil
		}
	}
	if v.Text == "" || several { // words apart by blanks, which stand together in no name
		page := d.index.Page(rows, list.Sort{By: "name"}, d.offset, directoryRows+1)
		for _, row := range page.Rows[:min(len(page.Rows), directoryRows)] {
			hits = append(hits, list.Hit{Row: row, Code: string(d.table.Codes.At(row)), Name: string(d.table.Names.At(row)), How: "name"})
		}
		more = len(page.Rows) > directoryRows
	}
	return hits, more, nil
}

// search ranks what a text finds in the scope, as far as the page and one behind it need.
func (d *directoryQuery) search(text string) []list.Hit {
	if d.within == nil {
		return d.index.Search(text, d.offset+directoryRows+1)
	}
	return slices.DeleteFunc(d.index.Search(text, mostRanked), func(h list.Hit) bool { return !d.within.Get(h.Row) })
}

func (s *room) directoryRow(d *directoryQuery, h list.Hit, text string) directoryRow {
	row := directoryRow{URL: d.ask.Link(address.EnterprisePath(h.Code, d.table.Subjects[h.Row])), Code: h.Code, Name: words.Marked(h.Name, text)}
	if h.Found != "" {
		row.How, row.Found = h.How, words.Marked(h.Found, text)
	}
	row.Where = s.whereIs(s.City.Register.ID, d.table, h.Row, d.ask.Lang)
	for _, o := range d.outcomes {
		if o.Met.Get(h.Row) {
			row.Badges = append(row.Badges, o.Rule.Name)
		}
	}
	return row
}

// whereIs is the short name of a row's district; empty when it has none.
func (s *room) whereIs(register string, t *col.Table, row int, lang string) string {
	c := s.CityOf(register)
	d := t.Dicts[col.Key{Attr: c.DistrictAttr()}]
	if d == nil || d.Val[row] == 0 {
		return ""
	}
	return c.CodeName(c.Attributes[c.DistrictAttr()], d.Words[d.Val[row]], lang)
}
