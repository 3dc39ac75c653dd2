package roster

import (
	"bytes"
	"net/http"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/template"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
)

// registersView is the page of all registers.
type registersView struct{ Registers []registerLine }

type registerLine struct {
	Name     pack.Text
	URL      string
	Count    string // empty while it is loaded
	Measure  string
	Imports  int // in force
	Last     string
	LastURL  string
	When     string
	Template string
	Import   string
	Status   pack.Status
	Note     pack.Text
}

// registers lists the registers: how many subjects each has, what was imported last, its template.
func (s *room) registers(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	var last map[string]intake.Import
	var count map[string]int
	if s.Subjects != nil {
		var err error
		if last, count, err = s.Subjects.LastImports(r.Context(), ask.Moment()); err != nil {
			return err
		}
	}
	v := &registersView{}
	for _, reg := range s.Pack.Registers {
		if reg == s.City.Register {
			continue // it has a door of its own
		}
		if !s.MayOf(r.Context(), auth.See, reg.ID) {
			continue
		}
		_, base, err := s.InMemory(r.Context(), reg.ID, ask.Moment())
		if fault.Of(err) == fault.NotFound {
			continue // a register that is not in memory has no page to lead to
		}
		if err != nil {
			return err
		}
		line := registerLine{Name: reg.Name, URL: ask.Link(s.RegisterPath(reg)), Measure: reg.Measure, Imports: count[reg.ID], Status: reg.Status, Note: reg.Note,
			Template: ask.Link("/registers/" + reg.ID + "/template.xlsx"), Import: ask.Link("/import", "register", reg.ID)}
		if !s.MayOf(r.Context(), auth.Import, reg.ID) {
			line.Import = ""
		}
		if ask.Lang != "zh-CN" {
			line.Measure = ""
		}
		if t, err := base.Current(r.Context()); err == nil {
			line.Count = figure.Num(city.CountIn(s.Counted(ask, reg.ID, t), nil, t.N))
		}
		if imp, ok := last[reg.ID]; ok {
			line.Last, line.LastURL, line.When = imp.File, ask.Link(address.ImportPath(imp.ID)), s.When(imp.At)
		}
		v.Registers = append(v.Registers, line)
	}
	return s.Render(w, r, "registers", v)
}

// registerTemplate sends the workbook that people fill in to import a register; its years are the last full one.
func (s *room) registerTemplate(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	reg := s.Pack.Register(r.PathValue("id"))
	if reg == nil {
		_, _, err := s.InMemory(r.Context(), r.PathValue("id"), ask.Moment())
		return err
	}
	var book bytes.Buffer
	if err := template.Write(&book, s.Pack, reg, ask.Date.Year()-1, ask.Lang); err != nil {
		return err
	}
	frame.BookHead(w, s.Words(ask.Lang)("register.template.file", "name", reg.Name.In(ask.Lang))+".xlsx")
	_, err := w.Write(book.Bytes())
	return err
}
