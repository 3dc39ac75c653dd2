package identity

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

const mergesPerPage = 50

// mergesView is the list of merges, the newest first.
type mergesView struct {
	Standing  int
	States    []stateTab
	Registers []frame.Option
	Rows      []mergeRow
	Pager     address.Pager
	Export    string
	Done      bool // one was taken back just now
}

type mergeRow struct {
	ID             int64
	From, Into     []words.Part
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
	Carry          []address.Field // what the form to take it back carries, to return to where it was
}

// readMerges reads register, state and page of the address.
func (s *room) readMerges(r *http.Request) (reg *pack.Register, which fact.MergeState, page int, err error) {
	if s.Identities == nil {
		return nil, "", 0, frame.ErrNoImports()
	}
	q := r.URL.Query()
	if reg = s.Register(q.Get("register")); reg == nil {
		return nil, "", 0, address.UnknownFilter("register", q.Get("register"))
	}
	switch which = fact.MergeState(q.Get("state")); which {
	case "", fact.Standing, fact.Undone:
	default:
		return nil, "", 0, address.UnknownFilter("state", string(which))
	}
	return reg, which, s.Ask(r).Page, nil
}

func (s *room) showMerges(w http.ResponseWriter, r *http.Request) error {
	reg, which, page, err := s.readMerges(r)
	if err != nil {
		return err
	}
	ask, wr, ctx := s.Ask(r), s.WriterOf(r, reg.ID), r.Context()
	v := &mergesView{Export: ask.Link("/merges.xlsx", "register", r.URL.Query().Get("register"), "state", string(which)), Done: r.URL.Query().Has("done")}
	for _, state := range []fact.MergeState{"", fact.Standing, fact.Undone} {
		_, n, err := s.Identities.Merges(ctx, reg.ID, state, 0, 0)
		if err != nil {
			return err
		}
		label := wr.Text("frame.all")
		if state != "" {
			label = wr.Text("merges.state." + string(state))
		}
		if state == fact.Standing {
			v.Standing = n
		}
		v.States = append(v.States, stateTab{frame.Option{Label: label, On: state == which, URL: ask.With("state", string(state), "page", "", "done", "")}, n})
	}
	for _, other := range s.Pack.Registers {
		_, n, err := s.Identities.Merges(ctx, other.ID, "", 0, 0)
		if err != nil {
			return err
		}
		if n > 0 || other == reg {
			v.Registers = append(v.Registers, frame.Option{Label: other.Name.In(ask.Lang) + " " + words.Num(n), On: other == reg, URL: ask.Link("/merges", "register", other.ID)})
		}
	}
	if len(v.Registers) < 2 {
		v.Registers = nil
	}
	list, total, err := s.Identities.Merges(ctx, reg.ID, which, (page-1)*mergesPerPage, mergesPerPage)
	if err != nil {
		return err
	}
	for i := range list {
		row := s.mergeRow(ask, wr, &list[i])
		row.Carry = []address.Field{{Name: "register", Value: r.URL.Query().Get("register")}, {Name: "state", Value: string(which)}}
		v.Rows = append(v.Rows, row)
	}
	v.Pager = address.Pages(ask, page, total, mergesPerPage, "done", "")
	return s.Render(w, r, "merges", v)
}

// mergeRow writes one merge for people.
func (s *room) mergeRow(ask *address.Ask, w words.Writer, m *identity.Joined) mergeRow {
	row := mergeRow{ID: m.ID, Codes: [2]string{m.From.Code, m.Into.Code}, When: s.When(m.At), Who: w.Actor(m.Actor), How: joinedBy(w, m.How),
		ByPerson: m.How == string(fact.ByPerson), Evidence: evidence(w, m.Evidence), Reason: cmp.Or(m.Reason, why(w, m.Evidence)),
		FromURL: ask.Link(s.SubjectPath(m.Register, "", m.From.Subject)), IntoURL: ask.Link(s.SubjectPath(m.Register, m.Into.Code, m.Into.Subject))}
	if !row.ByPerson {
		row.Reason = "" // what linkage went by stands in the evidence, in both languages
	}
	row.UndoURL, row.Name = ask.Link("/merges/"+strconv.FormatInt(m.ID, 10)+"/undo"), m.From.Name
	row.From, row.Into = words.Differences(m.From.Name, m.Into.Name)
	if !m.UndoneAt.IsZero() {
		row.Undone, row.UndoneBy = s.When(m.UndoneAt), w.Actor(m.UndoneBy)
	}
	return row
}

// mergedBy are the ways of merging that have a word of their own.
var mergedBy = map[string]bool{"person": true, "code": true, "slip": true, "registration": true, "org": true, "answer": true, "name": true, "former": true, "plain": true, "score": true}

// joinedBy says by what two subjects were merged.
func joinedBy(w words.Writer, how string) string {
	if mergedBy[how] {
		return w.Text("merges.how." + how)
	}
	return how
}

// undoMerge takes a merge back and returns to the list, or to the page of a subject that the form names.
func (s *room) undoMerge(w http.ResponseWriter, r *http.Request) error {
	if s.Identities == nil {
		return frame.ErrNoImports()
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return frame.ErrNoPage()
	}
	if err := s.Joins.Unmerge(r.Context(), id); err != nil {
		return err
	}
	ask := s.Ask(r)
	to := ask.Link("/merges", "done", "1", "register", r.PostForm.Get("register"), "state", r.PostForm.Get("state"))
	if subject, err := strconv.ParseInt(r.PostForm.Get("subject"), 10, 64); err == nil {
		to = ask.Link(address.RecordsPath(subject), "done", "unmerged")
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// exportMerges writes all merges of a state.
func (s *room) exportMerges(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	reg, which, _, err := s.readMerges(r)
	if err != nil {
		return nil, err
	}
	_, total, err := s.Identities.Merges(r.Context(), reg.ID, which, 0, 1)
	if err != nil {
		return nil, err
	}
	ask, wr := s.Ask(r), s.WriterOf(r, reg.ID)
	text := wr.Text
	title := text("merges.title")
	head := []any{text("merges.from"), text("links.code"), text("merges.into"), text("links.code"), text("merges.how"), text("links.evidence"), text("links.reason"),
		text("links.col.when"), text("links.col.who"), text("merges.undoneAt"), text("merges.undoneBy")}
	notes := s.ExportNotes(ask, reg.Name.In(ask.Lang))
	fill := func(ctx context.Context, row func(...any) error) error {
		for from := 0; ; from += frame.ExportBatch {
			list, _, err := s.Identities.Merges(ctx, reg.ID, which, from, frame.ExportBatch)
			if err != nil {
				return err
			}
			for i := range list {
				m := &list[i]
				x := s.mergeRow(ask, wr, m)
				if err := row(m.From.Name, m.From.Code, m.Into.Name, m.Into.Code, x.How, evidenceText(wr, m.Evidence), cmp.Or(m.Reason, why(wr, m.Evidence)), s.MinuteCell(m.At), x.Who, s.MinuteCell(m.UndoneAt), x.UndoneBy); err != nil {
					return err
				}
			}
			if len(list) < frame.ExportBatch {
				return nil
			}
		}
	}
	return &frame.Workbook{File: title + "-" + ask.Day() + ".xlsx", Rows: total, Title: title, Notes: notes, Head: head, Fill: fill}, nil
}
