package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/template"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
)

// Shelf is a register in memory, for lists; *list.Base is one.
type Shelf interface {
	State() list.State
	Current() (*col.Table, error)
	Index(t *col.Table) *list.Index
}

// Subjects answers what pages ask about the subjects of any register; *registry.Registry does.
type Subjects interface {
	RegisterOf(ctx context.Context, subject int64) (string, error)
	Names(ctx context.Context, subject int64, register string, m registry.Moment) ([]registry.Related, error)
	NamedBy(ctx context.Context, subject int64, v *pack.Relation, m registry.Moment, offset, limit int) ([]registry.Naming, int, error)
	LastImports(ctx context.Context, m registry.Moment) (map[string]registry.Import, map[string]int, error)
}

// shelvesView is the page of all registers.
type shelvesView struct{ Registers []shelfLine }

type shelfLine struct {
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

func (s *Server) registerRoutes(t *routes) {
	t.page("GET /registers", s.registers)
	t.page("GET /registers/{id}", s.registerList)
	t.page("GET /registers/{id}/template.xlsx", s.registerTemplate)
	t.export("GET /registers/{id}/export.xlsx", s.registerExport)
	t.page("GET /registers/{id}/new", s.subjectForm)
	t.page("POST /registers/{id}/new", s.subjectEnter)
	t.page("GET /s/{id}", s.subject)
	t.page("GET /s/{id}/edit", s.subjectForm)
	t.page("POST /s/{id}/edit", s.subjectEnter)
	t.page("POST /s/{id}/meant", s.subjectMeant)
}

// shelf gives a register with its columns in memory, as of the moment that an address asks for.
func (s *Server) shelf(ctx context.Context, ask *Ask, id string) (*pack.Register, Shelf, error) {
	reg := s.Pack.Register(id)
	if reg == nil {
		return nil, nil, fault.New(fault.NotFound, "没有名为“"+id+"”的库。请从库的列表中选择。", "There is no register “"+id+"”. Choose one from the list of registers.")
	}
	if reg == s.city.register {
		base, err := s.base(ctx, ask)
		return reg, base, err
	}
	shelf := s.Shelves[id]
	if shelf == nil {
		return nil, nil, fault.New(fault.NotFound, reg.Name.ZH+"没有列表。", "The register of "+reg.Name.EN+" has no list.")
	}
	if m := ask.Moment(); s.PastOf != nil && !m.Latest() {
		shelf, err := s.PastOf(ctx, id, m)
		return reg, shelf, err
	}
	return reg, shelf, nil
}

// registerPath is the address of a register's list.
func (s *Server) registerPath(reg *pack.Register) string {
	if reg == s.city.register {
		return "/enterprises"
	}
	return "/registers/" + reg.ID
}

// subjectPath is the address of a subject.
func (s *Server) subjectPath(register, code string, subject int64) string {
	if s.city.register != nil && register == s.city.register.ID {
		return enterprisePath(code, subject)
	}
	return fmt.Sprintf("/s/%d", subject)
}

// registers lists the registers: how many subjects each has, what was imported last, its template.
func (s *Server) registers(w http.ResponseWriter, r *http.Request) error {
	ask := s.ask(r)
	var last map[string]registry.Import
	var count map[string]int
	if s.Subjects != nil {
		var err error
		if last, count, err = s.Subjects.LastImports(r.Context(), ask.Moment()); err != nil {
			return err
		}
	}
	v := &shelvesView{}
	for _, reg := range s.Pack.Registers {
		_, shelf, err := s.shelf(r.Context(), ask, reg.ID)
		if fault.Of(err) == fault.NotFound {
			continue // a register that is in no shelf has no page to lead to
		}
		if err != nil {
			return err
		}
		line := shelfLine{Name: reg.Name, URL: ask.Link(s.registerPath(reg)), Measure: reg.Measure, Imports: count[reg.ID], Status: reg.Status, Note: reg.Note,
			Template: ask.Link("/registers/" + reg.ID + "/template.xlsx"), Import: ask.Link("/import", "register", reg.ID)}
		if ask.Lang != "zh-CN" {
			line.Measure = ""
		}
		if t, err := shelf.Current(); err == nil {
			line.Count = num(t.N)
		}
		if imp, ok := last[reg.ID]; ok {
			line.Last, line.LastURL, line.When = imp.File, ask.Link(recordPath(imp.ID)), s.when(imp.At)
		}
		v.Registers = append(v.Registers, line)
	}
	return s.render(w, r, "registers", v)
}

// registerTemplate sends the workbook that people fill in to import a register; its years are the last full one.
func (s *Server) registerTemplate(w http.ResponseWriter, r *http.Request) error {
	ask := s.ask(r)
	reg := s.Pack.Register(r.PathValue("id"))
	if reg == nil {
		_, _, err := s.shelf(r.Context(), ask, r.PathValue("id"))
		return err
	}
	var book bytes.Buffer
	if err := template.Write(&book, s.Pack, reg, ask.Date.Year()-1, ask.Lang); err != nil {
		return err
	}
	bookHead(w, s.words(ask.Lang)("register.template.file", "name", reg.Name.In(ask.Lang))+".xlsx")
	_, err := w.Write(book.Bytes())
	return err
}
