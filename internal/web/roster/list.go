package roster

import (
	"net/http"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
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
	Template string // what belongs to registers that are filled in; empty: not offered
	Upload   string // where a filled template is sent; empty: nothing is taken in
	New      string
}

// cookie keeps the columns of a register's list.
func (x *register) cookie() string {
	if x.isMain() {
		return frame.ColumnCookie
	}
	return frame.ColumnCookie + "-" + x.reg.ID
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
	if x.isMain() && x.table.N == 0 {
		return s.Render(w, r, "start", nil)
	}
	q, err := grid.Read(r, x.ask, x, x.cookie())
	if err != nil {
		return err
	}
	text, name := x.writer.Text, x.reg.Name.In(x.ask.Lang)
	path := "/registers/" + x.reg.ID
	v := &listView{Register: x.reg, Title: name, Back: x.ask.Link("/registers"), Template: x.ask.Link(path + "/template.xlsx"), New: x.ask.Link(path + "/new")}
	o := grid.Options{PerPage: rowsPerPage, Label: name, Hint: text("list.filter.name.hint"), Counted: x.counted, Export: path + "/export.xlsx", Picked: text("register.picked"), Text: text, Now: s.Clock,
		None: text("register.none"), Carry: x.carry(q)}
	if x.table.N == 0 {
		o.None = text("register.empty")
	}
	if x.isMain() {
		v.Title, v.Back, v.Template, v.New = text("list.title"), "", "", ""
		o.Label, o.Export, o.None, o.Picked = v.Title, "/enterprises.xlsx", text("list.none"), text("list.picked")
	} else if s.TakesIn {
		v.Upload = x.ask.Link("/import")
	}
	if v.View, err = grid.Show(r.Context(), x.ask, x, q, o); err != nil {
		return err
	}
	x.say(v)
	for _, u := range []words.Unit{words.InWan, words.InYi, words.InYuan} {
		v.Units = append(v.Units, frame.Option{Label: text("unit.yuan." + string(u)), URL: x.inUnit(u), On: u == x.writer.Money})
	}
	s.Remember(w, r)
	grid.Remember(w, r, x, x.cookie())
	return s.Render(w, r, "list", v)
}

// say writes the headline and the caption of a list.
func (x *register) say(v *listView) {
	text := x.writer.Text
	if x.isMain() {
		v.Lead = text("list.lead", "n", words.Num(v.Total))
		v.Caption = text("list.caption", "n", words.Num(v.Total), "date", x.ask.Day())
	} else {
		v.Lead = text("register.lead", "name", v.Title, "n", x.counted(v.Total))
		v.Caption = text("register.caption", "name", v.Title, "n", x.counted(v.Total))
	}
	if n := len(x.ask.Assume); n > 0 && len(x.outcomes) > 0 {
		v.FootMark = text("frame.assumed.mark", "n", n)
		v.Caption += " " + v.FootMark
	}
}

// carry is what the filters carry along: the unit in which bounds of amounts are written.
func (x *register) carry(q *grid.Query) []address.Field {
	if !x.moneyShown(q) {
		return nil
	}
	return []address.Field{{Name: "unit", Value: string(x.writer.Money)}}
}

// counted writes a number of subjects with their measure word.
func (x *register) counted(n int) string {
	if x.ask.Lang != "zh-CN" {
		return words.Num(n)
	}
	measure := x.reg.Measure
	if measure == "" {
		measure = "个"
	}
	return words.Num(n) + " " + measure
}

// mainExport plans the file of the main register's list.
func (s *room) mainExport(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	x, err := s.open(r, s.City.Register.ID)
	if err != nil {
		return nil, err
	}
	if x.table.N == 0 {
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
func (x *register) book(r *http.Request) (*frame.Workbook, error) {
	q, err := grid.Read(r, x.ask, x, x.cookie())
	if err != nil {
		return nil, err
	}
	page, err := x.page(q, 0, 0)
	if err != nil {
		return nil, err
	}
	text := x.writer.Text
	title := x.reg.Name.In(x.ask.Lang)
	f := grid.File{Rows: page.Total}
	if x.isMain() {
		title = text("list.title")
		if code := x.reg.Code(); code != nil {
			f.Code = x.writer.Name(code)
			q.Drop("code")
		}
	}
	f.Title, f.Name = title, title+"-"+x.ask.Day()+".xlsx"
	f.Notes = x.ExportNotes(x.ask, x.where(q))
	for _, said := range grid.Says(x, q, text) {
		f.Notes = append(f.Notes, strings.TrimSpace(text("sheet.filter")+" "+said))
	}
	return grid.Workbook(x, q, f), nil
}
