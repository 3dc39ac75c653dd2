package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// historyRoutes adds what lies behind a subject's page: everything that was said of it, its records, and the forms by
// which values are corrected, subjects merged and records moved.
func (s *Server) historyRoutes(t *routes) {
	t.page("GET /s/{id}/history", s.showHistory)
	t.export("GET /s/{id}/history.xlsx", s.exportHistory)
	t.page("GET /s/{id}/records", s.showRecords)
	t.page("POST /s/{id}/merge", s.mergeSubjects)
	t.page("GET /s/{id}/correct", s.askCorrection)
	t.page("POST /s/{id}/correct", s.enterCorrection)
	t.page("POST /s/{id}/entries/{import}/undo", s.undoEntry)
	t.page("GET /records/{id}/move", s.askMove)
	t.page("POST /records/{id}/move", s.moveRecord)
	t.page("POST /moves/{id}/undo", s.undoMove)
}

// historyView is everything that was ever said of a subject, by attribute.
type historyView struct {
	subjectHead
	Said   int
	Undone int // of them, in imports that were taken back since
	Groups []historyGroup
	Export string
}

// subjectHead names the subject that a page behind its own is about.
type subjectHead struct {
	Name, Code, URL string
	Register        pack.Text
	RegisterURL     string
}

func (s *Server) subjectHead(ask *Ask, p *registry.Profile, reg *pack.Register) subjectHead {
	return subjectHead{p.Name, p.Code, ask.Link(s.subjectPath(reg.ID, p.Code, p.Subject)), reg.Name, ask.Link(s.registerPath(reg))}
}

type historyGroup struct {
	ID, Name, Unit string
	Lines          []historyLine
}

type historyLine struct {
	Value  string
	Source source
	How    string
	Wins   bool
	Undone string // when its import was taken back
}

func (s *Server) showHistory(w http.ResponseWriter, r *http.Request) error {
	p, reg, wr, err := s.identityOf(r)
	if err != nil {
		return err
	}
	ask := s.ask(r)
	said, err := s.Registry.History(r.Context(), p.Subject)
	if err != nil {
		return err
	}
	v := &historyView{subjectHead: s.subjectHead(ask, p, reg), Said: len(said), Export: ask.Link(subjectStep(p.Subject, "history.xlsx"))}
	for _, f := range inOrder(said) {
		id := "of-" + valueKey(f.Attr, f.Year)
		if n := len(v.Groups); n == 0 || v.Groups[n-1].ID != id {
			v.Groups = append(v.Groups, historyGroup{ID: id, Name: wr.yearName(f.Attr, f.Year), Unit: wr.unit(f.Attr)})
		}
		line := s.historyLine(ask, wr, &f)
		if line.Undone != "" {
			v.Undone++
		}
		g := &v.Groups[len(v.Groups)-1]
		g.Lines = append(g.Lines, line)
	}
	return s.render(w, r, "history", v)
}

// inOrder sorts what was said by attribute and year, of each the newest first.
func inOrder(said []registry.SaidFact) []registry.SaidFact {
	slices.Reverse(said)
	slices.SortStableFunc(said, func(a, b registry.SaidFact) int {
		if a.Attr.Index != b.Attr.Index {
			return a.Attr.Index - b.Attr.Index
		}
		return b.Year - a.Year
	})
	return said
}

func (s *Server) historyLine(ask *Ask, w writer, f *registry.SaidFact) historyLine {
	line := historyLine{Value: w.said(&f.Fact), Source: sourceOf(ask, w, f.Source), How: w.how(f.How), Wins: f.Wins}
	line.Source.Mark = markOf(&f.Fact)
	if !f.Undone.IsZero() {
		line.Undone = s.when(f.Undone)
	}
	return line
}

// how says by what a record is linked.
func (w writer) how(how registry.How) string {
	switch how {
	case registry.ByCode, registry.ByName, registry.ByAdopted, registry.ByPerson:
		return w.text("identity.how." + string(how))
	}
	return string(how)
}

// exportHistory writes everything that was said of a subject.
func (s *Server) exportHistory(_ http.ResponseWriter, r *http.Request) (*workbook, error) {
	p, reg, wr, err := s.identityOf(r)
	if err != nil {
		return nil, err
	}
	said, err := s.Registry.History(r.Context(), p.Subject)
	if err != nil {
		return nil, err
	}
	ask, text := s.ask(r), wr.text
	title := text("identity.history")
	notes := append(s.exportNotes(ask, reg.Name.In(ask.Lang)), p.Name+" "+p.Code)
	head := []any{text("enterprise.attribute"), text("enterprise.value"), text("enterprise.unit"), text("identity.counts"), text("enterprise.source"), text("identity.place"),
		text("identity.source"), text("identity.asOf"), text("identity.came"), text("links.col.who"), text("identity.linkedBy"), text("identity.undoneAt")}
	fill := func(_ context.Context, row func(...any) error) error {
		for _, f := range inOrder(said) {
			l := s.historyLine(ask, wr, &f)
			counts := ""
			if l.Wins {
				counts = text("identity.counts")
			}
			if err := row(wr.yearName(f.Attr, f.Year), l.Value, wr.unit(f.Attr), counts, l.Source.File, l.Source.Cell, l.Source.Name, l.Source.AsOf, l.Source.When, l.Source.Who, l.How, l.Undone); err != nil {
				return err
			}
		}
		return nil
	}
	file := title + "-" + p.Name + "-" + ask.Today.Format(time.DateOnly) + ".xlsx"
	return &workbook{file: file, rows: len(said), title: title, notes: notes, head: head, widths: []float64{28, 24, 10, 10, 36}, fill: fill}, nil
}
