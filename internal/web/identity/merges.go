package identity

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

const mergesPerPage = 50

// mergesView is the list of merges, the newest first.
type mergesView struct {
	*grid.View
	Standing  int
	States    []stateTab
	Registers []frame.Option
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

// readMerges reads the register of the address, and what is asked of its merges.
func (s *room) readMerges(r *http.Request) (*mergeList, *grid.Query, error) {
	if s.Identities == nil {
		return nil, nil, frame.ErrNoImports()
	}
	id := r.URL.Query().Get("register")
	reg := s.Register(id)
	if reg == nil {
		return nil, nil, address.UnknownFilter("register", id)
	}
	l := s.listMerges(r, reg)
	q, err := grid.Read(r, l.ask, l, mergeColumns)
	return l, q, err
}

// mergeColumns is the cookie that keeps the columns of the list of merges.
const mergeColumns = frame.ColumnCookie + "-merges"

func (s *room) showMerges(w http.ResponseWriter, r *http.Request) error {
	l, q, err := s.readMerges(r)
	if err != nil {
		return err
	}
	ask, wr, ctx, reg := l.ask, l.writer, r.Context(), l.reg
	which, _ := l.wanted(q)
	v := &mergesView{Done: r.URL.Query().Has("done")}
	for _, state := range []fact.MergeState{"", fact.Standing, fact.Undone} {
		_, n, err := s.Identities.Merges(ctx, reg.ID, state, fact.Wanted{}, 0, 0)
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
		_, n, err := s.Identities.Merges(ctx, other.ID, "", fact.Wanted{}, 0, 0)
		if err != nil {
			return err
		}
		if n > 0 || other == reg {
			v.Registers = append(v.Registers, frame.Option{Label: other.Name.In(ask.Lang) + " " + figure.Num(n), On: other == reg, URL: ask.Link("/merges", "register", other.ID)})
		}
	}
	if len(v.Registers) < 2 {
		v.Registers = nil
	}
	v.View, err = grid.Show(ctx, ask.Without("done"), l, q, grid.Options{PerPage: mergesPerPage, Label: wr.Text("merges.title"), Caption: wr.Text("merges.title"), None: wr.Text("links.none"), Hint: wr.Text("merges.hint"),
		Export: s.ExportAt(r.Context(), "/merges.xlsx"), Picked: wr.Text("merges.picked"), Text: wr.Text, Now: s.Clock, Carry: []address.Field{{Name: "register", Value: reg.ID}}})
	if err != nil {
		return err
	}
	grid.Remember(w, r, l, mergeColumns)
	return s.Render(w, r, "merges", v)
}

// mergeRow writes one merge for people.
// mergeRow writes a merge; links says that the reader may take it back.
func (s *room) mergeRow(ask *address.Ask, w words.Writer, m *identity.Joined, links bool) mergeRow {
	row := mergeRow{ID: m.ID, Codes: [2]string{m.From.Code, m.Into.Code}, When: s.When(m.At), Who: w.Actor(m.Actor), How: joinedBy(w, m.How),
		ByPerson: m.How == string(fact.ByPerson), Evidence: evidence(w, m.Evidence), Reason: cmp.Or(figure.Masked(m.Reason), why(w, m.Evidence)),
		FromURL: ask.Link(s.SubjectPath(m.Register, "", m.From.Subject)), IntoURL: ask.Link(s.SubjectPath(m.Register, m.Into.Code, m.Into.Subject))}
	if !row.ByPerson {
		row.Reason = "" // what linkage went by stands in the evidence, in both languages
	}
	row.Name = m.From.Name
	if links {
		row.UndoURL = ask.Link("/merges/" + strconv.FormatInt(m.ID, 10) + "/undo")
	}
	row.From, row.Into = words.Differences(m.From.Name, m.Into.Name)
	if !m.UndoneAt.IsZero() {
		row.Undone, row.UndoneBy = s.When(m.UndoneAt), w.Actor(m.UndoneBy)
	}
	return row
}

// mergedByOrder are the ways of merging that have a word of their own.
var mergedByOrder = []string{"person", "answer", "code", "slip", "registration", "org", "name", "former", "plain", "score"}

// joinedBy says by what two subjects were merged.
func joinedBy(w words.Writer, how string) string {
	if slices.Contains(mergedByOrder, how) {
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
	if id, err := strconv.ParseInt(r.PostForm.Get("import"), 10, 64); err == nil && id > 0 {
		to = ask.Link(address.ImportPath(id), "done", "unmerged")
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// exportMerges writes all merges of a list, with all columns where the address names none.
func (s *room) exportMerges(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	l, q, err := s.readMerges(r)
	if err != nil {
		return nil, err
	}
	which, w := l.wanted(q)
	_, total, err := s.Identities.Merges(r.Context(), l.reg.ID, which, w, 0, 0)
	if err != nil {
		return nil, err
	}
	text := l.writer.Text
	return grid.Whole(r, l, q, text, grid.File{Name: text("merges.title"), Rows: total, Notes: s.ExportNotes(l.ask, l.reg.Name.In(l.ask.Lang))}, l.ask.Day()), nil
}
