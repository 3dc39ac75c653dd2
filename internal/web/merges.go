package web

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// mergesRoutes adds the list of merges, made by people and by linkage.
func (s *Server) mergesRoutes(t *routes) {
	t.page("GET /merges", s.showMerges)
	t.export("GET /merges.xlsx", s.exportMerges)
	t.page("POST /merges/{id}/undo", s.undoMerge)
}

const mergesPerPage = 50

// mergesView is the list of merges, the newest first.
type mergesView struct {
	Standing  int
	States    []stateTab
	Registers []option
	Rows      []mergeRow
	Pager     pager
	Export    string
	Done      bool // one was taken back just now
}

type mergeRow struct {
	ID             int64
	From, Into     []part
	FromURL        string
	IntoURL        string
	Codes          [2]string
	When, Who, How string
	ByPerson       bool
	Evidence       []evidenceRow
	Reason         string
	Undone         string // when it was taken back; empty: stands
	UndoneBy       string
	UndoURL, Name  string
	Carry          []Field // what the form to take it back carries, to return to where it was
}

// readMerges reads register, state and page of the address.
func (s *Server) readMerges(r *http.Request) (reg *pack.Register, which registry.MergeState, page int, err error) {
	if s.Registry == nil {
		return nil, "", 0, errNoImports()
	}
	q := r.URL.Query()
	if reg = s.register(q.Get("register")); reg == nil {
		return nil, "", 0, unknownFilter("register", q.Get("register"))
	}
	switch which = registry.MergeState(q.Get("state")); which {
	case "", registry.Standing, registry.Undone:
	default:
		return nil, "", 0, unknownFilter("state", string(which))
	}
	return reg, which, s.ask(r).Page, nil
}

func (s *Server) showMerges(w http.ResponseWriter, r *http.Request) error {
	reg, which, page, err := s.readMerges(r)
	if err != nil {
		return err
	}
	ask, wr, ctx := s.ask(r), s.writerOf(r, reg.ID), r.Context()
	v := &mergesView{Export: ask.Link("/merges.xlsx", "register", r.URL.Query().Get("register"), "state", string(which)), Done: r.URL.Query().Has("done")}
	for _, state := range []registry.MergeState{"", registry.Standing, registry.Undone} {
		_, n, err := s.Registry.Merges(ctx, reg.ID, state, 0, 0)
		if err != nil {
			return err
		}
		label := wr.text("frame.all")
		if state != "" {
			label = wr.text("merges.state." + string(state))
		}
		if state == registry.Standing {
			v.Standing = n
		}
		v.States = append(v.States, stateTab{option{Label: label, On: state == which, URL: ask.With("state", string(state), "page", "", "done", "")}, n})
	}
	for _, other := range s.Pack.Registers {
		_, n, err := s.Registry.Merges(ctx, other.ID, "", 0, 0)
		if err != nil {
			return err
		}
		if n > 0 || other == reg {
			v.Registers = append(v.Registers, option{Label: other.Name.In(ask.Lang) + " " + num(n), On: other == reg, URL: ask.Link("/merges", "register", other.ID)})
		}
	}
	if len(v.Registers) < 2 {
		v.Registers = nil
	}
	list, total, err := s.Registry.Merges(ctx, reg.ID, which, (page-1)*mergesPerPage, mergesPerPage)
	if err != nil {
		return err
	}
	for i := range list {
		row := s.mergeRow(ask, wr, &list[i])
		row.Carry = []Field{{"register", r.URL.Query().Get("register")}, {"state", string(which)}}
		v.Rows = append(v.Rows, row)
	}
	v.Pager = pagesOf(ask, page, total, mergesPerPage, "done", "")
	return s.render(w, r, "merges", v)
}

// mergeRow writes one merge for people.
func (s *Server) mergeRow(ask *Ask, w writer, m *registry.Joined) mergeRow {
	row := mergeRow{ID: m.ID, Codes: [2]string{m.From.Code, m.Into.Code}, When: s.when(m.At), Who: w.actor(m.Actor), How: w.joinedBy(m.How),
		ByPerson: m.How == string(registry.ByPerson), Evidence: w.evidence(m.Evidence), Reason: cmp.Or(m.Reason, w.why(m.Evidence)),
		FromURL: ask.Link(s.subjectPath(m.Register, "", m.From.Subject)), IntoURL: ask.Link(s.subjectPath(m.Register, m.Into.Code, m.Into.Subject))}
	if !row.ByPerson {
		row.Reason = "" // what linkage went by stands in the evidence, in both languages
	}
	row.UndoURL, row.Name = ask.Link("/merges/"+strconv.FormatInt(m.ID, 10)+"/undo"), m.From.Name
	row.From, row.Into = differences(m.From.Name, m.Into.Name)
	if !m.UndoneAt.IsZero() {
		row.Undone, row.UndoneBy = s.when(m.UndoneAt), w.actor(m.UndoneBy)
	}
	return row
}

// mergedBy are the ways of merging that have a word of their own.
var mergedBy = map[string]bool{"person": true, "code": true, "slip": true, "registration": true, "org": true, "answer": true, "name": true, "former": true, "plain": true, "score": true}

// joinedBy says by what two subjects were merged.
func (w writer) joinedBy(how string) string {
	if mergedBy[how] {
		return w.text("merges.how." + how)
	}
	return how
}

// undoMerge takes a merge back and returns to the list, or to the page of a subject that the form names.
func (s *Server) undoMerge(w http.ResponseWriter, r *http.Request) error {
	if s.Registry == nil {
		return errNoImports()
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoPage()
	}
	if err := s.Registry.Unmerge(r.Context(), operator, id); err != nil {
		return err
	}
	ask := s.ask(r)
	to := ask.Link("/merges", "done", "1", "register", r.PostForm.Get("register"), "state", r.PostForm.Get("state"))
	if subject, err := strconv.ParseInt(r.PostForm.Get("subject"), 10, 64); err == nil {
		to = ask.Link(identityPath(subject), "done", "unmerged")
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// identityPath is the page of the records of a subject: which are its own, what was merged and moved.
func identityPath(subject int64) string { return "/s/" + strconv.FormatInt(subject, 10) + "/records" }

// exportMerges writes all merges of a state.
func (s *Server) exportMerges(_ http.ResponseWriter, r *http.Request) (*workbook, error) {
	reg, which, _, err := s.readMerges(r)
	if err != nil {
		return nil, err
	}
	_, total, err := s.Registry.Merges(r.Context(), reg.ID, which, 0, 1)
	if err != nil {
		return nil, err
	}
	ask, wr := s.ask(r), s.writerOf(r, reg.ID)
	text := wr.text
	title := text("merges.title")
	head := []any{text("merges.from"), text("links.code"), text("merges.into"), text("links.code"), text("merges.how"), text("links.evidence"), text("links.reason"),
		text("links.col.when"), text("links.col.who"), text("merges.undoneAt"), text("merges.undoneBy")}
	notes := s.exportNotes(ask, reg.Name.In(ask.Lang))
	fill := func(ctx context.Context, row func(...any) error) error {
		for from := 0; ; from += exportBatch {
			list, _, err := s.Registry.Merges(ctx, reg.ID, which, from, exportBatch)
			if err != nil {
				return err
			}
			for i := range list {
				m := &list[i]
				x := s.mergeRow(ask, wr, m)
				if err := row(m.From.Name, m.From.Code, m.Into.Name, m.Into.Code, x.How, wr.evidenceText(m.Evidence), cmp.Or(m.Reason, wr.why(m.Evidence)), s.minuteCell(m.At), x.Who, s.minuteCell(m.UndoneAt), x.UndoneBy); err != nil {
					return err
				}
			}
			if len(list) < exportBatch {
				return nil
			}
		}
	}
	return &workbook{file: title + "-" + ask.Day() + ".xlsx", rows: total, title: title, notes: notes, head: head, widths: []float64{36, 22, 36, 22}, fill: fill}, nil
}
