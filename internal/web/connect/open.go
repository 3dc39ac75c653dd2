package connect

import (
	"errors"
	"net/http"
	"strings"

	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

// openView is the form by which the table is taken along with unmasked personal data.
type openView struct {
	Name, Back, To string
	N              int
	Filters        []string
	Fields         string // in words
	Problem        string
	Purposes       []frame.PurposeChoice
	Reason         string
}

func (s *room) openTable(r *http.Request) (*table, error) {
	c, err := s.connector(r)
	if err != nil {
		return nil, err
	}
	if c.Out == nil || s.Known == nil || s.Ledger == nil {
		return nil, frame.ErrNoPage()
	}
	t, err := s.table(r, c)
	if err == nil && len(t.fill.Personal()) == 0 {
		err = frame.ErrNoPage()
	}
	return t, err
}

func (s *room) openView(t *table, a disclosure.Ask) *openView {
	v := &openView{Name: t.fill.Connector.Name.In(t.Ask.Lang), N: t.n, Filters: grid.Says(t, t.q, t.Writer.Text), To: t.Ask.With("page", ""), Back: connectorPath(t.fill.Connector), Purposes: s.Purposes(t.Ask.Lang, a.Purpose), Reason: a.Reason}
	if _, query, _ := strings.Cut(v.To, "?"); query != "" {
		v.Back += "?" + query
	}
	var names []string
	for _, id := range t.fill.Personal() {
		if at := t.Pack.Attribute(id); at != nil {
			names = append(names, at.Name.In(t.Ask.Lang))
		}
	}
	v.Fields = strings.Join(names, t.Writer.Text("connect.and"))
	return v
}

func (s *room) askOpen(w http.ResponseWriter, r *http.Request) error {
	t, err := s.openTable(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, "connectopen", s.openView(t, disclosure.Ask{}))
}

func (s *room) giveOpen(w http.ResponseWriter, r *http.Request) error {
	return s.Give(w, r, func(w http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
		t, err := s.openTable(r)
		if err != nil {
			return nil, err
		}
		asked := disclosure.Ask{Register: t.Pack.ID, Fields: t.fill.Personal(), Purpose: r.PostForm.Get("purpose"), Reason: r.PostForm.Get("reason")}
		t.fill.Open = map[string]bool{}
		for _, id := range asked.Fields {
			t.fill.Open[id] = true
		}
		book, err := s.book(t, false) // an empty list, or too long a one, is refused before it is logged
		if err == nil {
			var said *disclosure.Ask
			if said, err = s.Ledger.Contacts(r.Context(), asked, strings.Join(grid.Says(t, t.q, t.Writer.Text), "；"), t.n); err == nil {
				book.Purpose, book.Unmasked = said.Purpose, said.Fields
				notes := &book.Further[0].Notes
				*notes = append(*notes, t.Writer.Text("connect.open.mark", "purpose", s.Pack.Purpose(said.Purpose).Name.In(t.Ask.Lang)))
				return book, nil
			}
		}
		var f *fault.Error
		if errors.As(err, &f) && f.Code == fault.Invalid {
			v := s.openView(t, asked)
			v.Problem = f.In(t.Ask.Lang)
			s.RenderStatus(w, r, http.StatusUnprocessableEntity, "connectopen", v)
			return nil, nil
		}
		return nil, err
	})
}
