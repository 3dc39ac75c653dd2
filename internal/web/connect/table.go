package connect

import (
	"context"
	"net/http"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/connect"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/template"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/register"
	"eyas/internal/web/words"
)

const (
	rowsPerPage = 20 // of the list of subjects
	firstLacks  = 5  // subjects that are named with what they lack
)

// view is the page of a system.
type view struct {
	Name, Operator, Note string
	All                  string // the page of all systems
	In                   *inView
	Out                  *outView
}

// outView is the table that the system wants.
type outView struct {
	Status   pack.Status
	Standing string
	Columns  []line
	// The rest is empty for who takes no lists along, and while the register has nobody.
	List     *grid.View
	Check    *connect.Check
	Lacks    []lackLine
	First    []rowLine
	More     int // rows that lack something, behind the first
	TooMany  bool
	Most     int
	Open     string // the form by which personal data are taken along unmasked; empty: there is none
	BaseYear int
}

// lackLine is a column in which rows lack something. URL lists them, where lists can.
type lackLine struct {
	Header, Why, URL string
	Rows             int
	Required         bool
}

// rowLine is a subject that lacks something.
type rowLine struct{ Name, Code, URL, Lacks string }

// table is a table that is filled for the list that an address asks for.
type table struct {
	*register.Register
	fill *connect.Filler
	q    *grid.Query
	n    int
}

func (s *room) table(r *http.Request, c *pack.Connector) (*table, error) {
	x, err := register.Open(s.Frame, r, c.Register)
	if err != nil {
		return nil, err
	}
	q, err := grid.Read(r, x.Ask, x, "")
	if err != nil {
		return nil, err
	}
	n, err := x.Total(q)
	if err != nil {
		return nil, err
	}
	t := &table{x, connect.New(s.Pack, c, x.Ask.Date), q, n}
	t.fill.Lang = x.Ask.Lang
	return t, nil
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connector(r)
	if err != nil {
		return err
	}
	lang := s.LangOf(r)
	v := &view{Name: c.Name.In(lang), Operator: c.Operator.In(lang), Note: c.Note.In(lang), All: s.Ask(r).Link(rootPath), In: s.inView(r.Context(), c, lang)}
	if c.Out != nil {
		if v.Out, err = s.outView(r, c); err != nil {
			return err
		}
	}
	return s.Render(w, r, "connector", v)
}

// exports reports whether who acts may have the table filled.
func (s *room) exports(ctx context.Context, c *pack.Connector) bool {
	return s.Known != nil && s.MayOf(ctx, auth.Export, c.Register)
}

func (s *room) outView(r *http.Request, c *pack.Connector) (*outView, error) {
	lang := s.LangOf(r)
	v := &outView{Status: c.Out.Status, Standing: connect.Standing(c.Out.Status, c.Out.Seen).In(lang), Most: connect.MostRows}
	for _, k := range c.Out.Columns {
		v.Columns = append(v.Columns, line{k.Header, words.Begins(connect.From(k).In(lang)), k.Required})
	}
	if !s.exports(r.Context(), c) {
		return v, nil
	}
	t, err := s.table(r, c)
	if err != nil {
		return nil, err
	}
	if t.Table.N == 0 {
		return v, nil
	}
	rows, err := t.Rows(t.q)
	if err != nil {
		return nil, err
	}
	text := t.Writer.Text
	v.Check, v.TooMany, v.BaseYear = t.fill.Check(t.Table, rows), t.n > connect.MostRows, t.fill.Day.Year()-1
	for _, l := range v.Check.Columns {
		line := lackLine{Header: l.Column.Header, Why: text("connect.why." + string(l.Why)), Rows: l.Rows, Required: l.Column.Required}
		if l.Why == connect.Blank {
			line.URL = t.Ask.With("missing", words.Key(l.Key))
		}
		v.Lacks = append(v.Lacks, line)
	}
	first := v.Check.Lacking(firstLacks)
	v.More = v.Check.Incomplete() - len(first)
	for _, row := range first {
		v.First = append(v.First, s.lacking(t, row))
	}
	path := connectorPath(c) + "/export.xlsx"
	o := grid.Options{PerPage: rowsPerPage, Label: t.Pack.Name.In(lang), Hint: text("list.filter.name.hint"), Counted: t.Counted, Export: s.ExportAt(r.Context(), path), Picked: text("list.picked.item"), Text: text, Now: s.Clock,
		None: text("list.none.item"), Carry: t.Carry(t.q)}
	if v.List, err = grid.Show(r.Context(), t.Ask, t, t.q, o); err != nil {
		return nil, err
	}
	if s.mayOpen(r.Context(), t) {
		v.Open = connectorPath(c) + "/open"
		if _, query, _ := strings.Cut(t.Ask.With("page", ""), "?"); query != "" {
			v.Open += "?" + query
		}
	}
	return v, nil
}

// mayOpen reports whether who acts may take the table along with unmasked personal data.
func (s *room) mayOpen(ctx context.Context, t *table) bool {
	return s.Ledger != nil && s.Disclosures != nil && len(t.fill.Personal()) > 0 && s.MayOf(ctx, auth.Contacts, t.Pack.ID)
}

// lacking says what a subject lacks.
func (s *room) lacking(t *table, row int) rowLine {
	code := string(t.Table.Codes.At(row))
	x := rowLine{Name: string(t.Table.Names.At(row)), Code: code, URL: t.Ask.Link(s.SubjectPath(t.Pack.ID, code, t.Table.Subjects[row]))}
	x.Lacks = strings.Join(t.fill.LackedBy(t.Table, row), t.Writer.Text("connect.and"))
	return x
}

// export plans the table.
func (s *room) export(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	c, err := s.connector(r)
	if err != nil {
		return nil, err
	}
	if c.Out == nil || s.Known == nil {
		return nil, frame.ErrNoPage()
	}
	if err := s.Actors.Decide(r.Context(), auth.Export, auth.Resource{Register: c.Register}); err != nil {
		return nil, err
	}
	t, err := s.table(r, c)
	if err != nil {
		return nil, err
	}
	return s.book(t, r.URL.Query().Get("as") == "csv")
}

// book plans the file: the table as the system wants it, and behind it a sheet of explanations with what the rows lack.
func (s *room) book(t *table, plain bool) (*frame.Workbook, error) {
	switch {
	case t.n == 0:
		return nil, fault.New(fault.NotFound, "名单是空的，没有可导出的内容。", "The list is empty, so there is nothing to export.")
	case t.n > connect.MostRows:
		return nil, fault.New(fault.Invalid, "一张表最多 "+figure.Num(connect.MostRows)+" 行，名单里有 "+figure.Num(t.n)+"。请先筛选。",
			"A table has at most "+figure.Num(connect.MostRows)+" rows, and the list has "+figure.Num(t.n)+". Filter it first.")
	}
	t.fill.Plain = plain
	lang, out := t.Ask.Lang, t.fill.Connector.Out
	members, lacks, moment := &disclosure.Members{}, &connect.Lacks{}, t.Ask.Moment()
	notes := t.fill.Notes(lang)
	for _, said := range grid.Says(t, t.q, t.Writer.Text) {
		notes = append(notes, strings.TrimSpace(t.Writer.Text("sheet.filter")+" "+said))
	}
	book := &frame.Workbook{File: t.fill.Connector.Name.In(lang) + "-" + t.Ask.Day() + ".xlsx", Rows: t.n, Title: out.Sheet, Heading: out.Title, Head: t.fill.Head(), Exact: true, Members: members}
	book.Fill = func(ctx context.Context, put func(...any) error) error {
		serial, cells := 0, []any(nil)
		return t.Each(ctx, t.q, func(g *grid.Row) error {
			p, err := s.Known.ProfileAt(ctx, g.ID, moment)
			if err != nil {
				return err
			}
			members.Add(g.ID)
			serial++
			var problems []connect.Problem
			cells, problems = t.fill.Row(p, serial, cells[:0])
			lacks.Add(t.fill, p, serial, problems)
			return put(cells...)
		})
	}
	book.Further = []frame.Part{{Name: t.Writer.Text("connect.notes"), Title: template.NotesHead(lang), Notes: notes, Head: connect.LackHead(lang), Fill: func(_ context.Context, put func(...any) error) error {
		for _, l := range lacks.List {
			if err := put(l.Cells(lang)...); err != nil {
				return err
			}
		}
		return nil
	}}}
	return book, nil
}
