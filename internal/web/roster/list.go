package roster

import (
	"net/http"
	"slices"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/register"
)

// rowsPerPage is how many rows a page of a list has.
const rowsPerPage = 50

// listView is the list page of a register.
type listView struct {
	*grid.View
	Register *pack.Register
	Title    string
	Lead     string
	Back     string // the list of registers; empty: it is the main one
	Units    []frame.Option
	Template string // the workbook that is filled in
	Find     string // the page that answers while somebody types a name; empty: none
	Upload   string // where a filled template is sent; empty: nothing is taken in
	New      string
	Connect  string // the systems whose tables can be filled with the list; empty: there are none
	Contacts string // the form by which personal data are taken along unmasked; empty: who looks may not
}

// listing is a register as this room lists it.
type listing struct{ *register.Register }

func (s *room) open(r *http.Request, id string) (listing, error) {
	x, err := register.Open(s.Frame, r, id)
	return listing{x}, err
}

// cookie keeps the columns of a register's list.
func (x listing) cookie() string {
	if x.IsMain() {
		return frame.ColumnCookie
	}
	return frame.ColumnCookie + "-" + x.Pack.ID
}

// mainList shows the main register.
func (s *room) mainList(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, s.City.Register.ID)
}

// registerList shows any register; the main one has an address of its own.
func (s *room) registerList(w http.ResponseWriter, r *http.Request) error {
	if reg := s.City.Register; reg != nil && r.PathValue("id") == reg.ID {
		http.Redirect(w, r, s.Ask(r).Link(s.RegisterPath(reg)), http.StatusSeeOther)
		return nil
	}
	return s.show(w, r, r.PathValue("id"))
}

// show shows a page of a register's subjects.
func (s *room) show(w http.ResponseWriter, r *http.Request, id string) error {
	x, err := s.open(r, id)
	if err != nil {
		return err
	}
	if x.IsMain() && x.Table.N == 0 {
		return s.Render(w, r, "start", nil)
	}
	q, err := grid.Read(r, x.Ask, x, x.cookie())
	if err != nil {
		return err
	}
	text, name := x.Writer.Text, x.Pack.Name.In(x.Ask.Lang)
	path := "/registers/" + x.Pack.ID
	v := &listView{Register: x.Pack, Title: name, Back: x.Ask.Link("/registers"), Template: x.Ask.Link(path + "/template.xlsx"), New: x.Ask.Link(path + "/new")}
	if !s.MayOf(r.Context(), auth.Enter, x.Pack.ID) {
		v.New = ""
	}
	o := grid.Options{PerPage: rowsPerPage, Label: name, Hint: text("list.filter.name.hint"), Counted: x.Counted, Export: s.ExportAt(r.Context(), path+"/export.xlsx"), Picked: text("list.picked.item"), Text: text, Now: s.Clock,
		None: text("list.none.item"), Carry: x.Carry(q)}
	if x.Table.N == 0 {
		o.None = text("register.empty")
	}
	if x.IsMain() {
		v.Title, v.Back, v.New, v.Find = text("list.title"), "", "", x.Ask.Link("/directory")
		o.Label, o.Export, o.None, o.Picked = v.Title, s.ExportAt(r.Context(), "/enterprises.xlsx"), text("list.none"), text("list.picked")
	} else if s.TakesIn && s.MayOf(r.Context(), auth.Import, x.Pack.ID) {
		v.Upload = x.Ask.Link("/import")
	}
	if v.View, err = grid.Show(r.Context(), x.Ask, x, q, o); err != nil {
		return err
	}
	if s.Disclosures != nil && s.Actors.Decide(r.Context(), auth.Contacts, auth.Resource{Register: x.Pack.ID}) == nil &&
		slices.ContainsFunc(x.Pack.Attributes, func(a *pack.Attribute) bool { return a.Personal }) {
		v.Contacts = path + "/contacts"
		if _, query, _ := strings.Cut(x.Ask.With("page", ""), "?"); query != "" {
			v.Contacts += "?" + query
		}
	}
	if _, query, _ := strings.Cut(x.Ask.With("page", ""), "?"); x.IsMain() && s.Offers(r.Context(), "/connect") && v.Export != "" {
		if v.Connect = "/connect"; query != "" {
			v.Connect += "?" + query
		}
	}
	x.say(v)
	v.Units = x.Units()
	s.Remember(w, r)
	grid.Remember(w, r, x, x.cookie())
	return s.Render(w, r, "list", v)
}

// say writes the headline and the caption of a list.
func (x listing) say(v *listView) {
	text := x.Writer.Text
	if x.IsMain() {
		v.Lead = text("list.lead", "n", figure.Num(v.Total))
		v.Caption = text("list.caption", "n", figure.Num(v.Total), "date", x.Ask.Day())
	} else {
		v.Lead = text("register.lead", "name", v.Title, "n", x.Counted(v.Total))
		v.Caption = text("register.caption", "name", v.Title, "n", x.Counted(v.Total))
	}
	if n := len(x.Ask.Assume); n > 0 && x.HasVerdicts() {
		v.FootMark = text("frame.assumed.mark", "n", n)
		v.Caption += " " + v.FootMark
	}
}

// mainExport plans the file of the main register's list.
func (s *room) mainExport(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	x, err := s.open(r, s.City.Register.ID)
	if err != nil {
		return nil, err
	}
	if x.Table.N == 0 {
		return nil, fault.New(fault.NotFound, "库里还没有企业，没有可导出的内容。", "There are no enterprises yet, so there is nothing to export.")
	}
	return x.book(r)
}

// registerExport plans the file of any register's list. Personal data are not among the columns of lists.
func (s *room) registerExport(w http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	if reg := s.City.Register; reg != nil && r.PathValue("id") == reg.ID {
		http.Redirect(w, r, s.Ask(r).Link("/enterprises.xlsx"), http.StatusSeeOther)
		return nil, nil
	}
	x, err := s.open(r, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return x.book(r)
}

// book plans the file with all rows of a list, in its order and with its columns.
func (x listing) book(r *http.Request) (*frame.Workbook, error) {
	q, err := grid.Read(r, x.Ask, x, x.cookie())
	if err != nil {
		return nil, err
	}
	title := x.Pack.Name.In(x.Ask.Lang)
	if x.IsMain() {
		title = x.Writer.Text("list.title")
	}
	return x.Workbook(q, register.File{Title: title})
}
