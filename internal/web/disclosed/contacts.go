package disclosed

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/register"
)

// mostContacts is how many subjects a file with unmasked personal data may have.
const mostContacts = 5000

// contactsView is the form by which the personal data of a list are taken along unmasked.
type contactsView struct {
	Title, Back, To string
	N               int
	Filters         []string
	TooMany         bool
	Most            int
	Problem         string
	Fields          []frame.Tick
	Purposes        []frame.PurposeChoice
	Reason          string
}

// list is a register's list as its address asks for it.
type list struct {
	*register.Register
	q *grid.Query
	n int
}

func (s *room) list(r *http.Request) (*list, error) {
	if s.Ledger == nil {
		return nil, frame.ErrNoPage()
	}
	x, err := register.Open(s.Frame, r, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	s.About(r, x.Pack)
	q, err := grid.Read(r, x.Ask, x, "")
	if err != nil {
		return nil, err
	}
	n, err := x.Total(q)
	return &list{x, q, n}, err
}

// view is the form as it is filled in.
func (s *room) contactsView(x *list, a disclosure.Ask) *contactsView {
	ask, text := x.Ask, x.Writer.Text
	v := &contactsView{Title: x.Pack.Name.In(ask.Lang), N: x.n, TooMany: x.n > mostContacts, Most: mostContacts, Purposes: s.Purposes(ask.Lang, a.Purpose), Reason: a.Reason}
	v.Filters, v.To = grid.Says(x, x.q, text), ask.With("page", "")
	v.Back = s.RegisterPath(x.Pack)
	if _, query, _ := strings.Cut(v.To, "?"); query != "" {
		v.Back += "?" + query
	}
	for _, at := range x.Pack.Attributes {
		if at.Personal {
			v.Fields = append(v.Fields, frame.Tick{ID: at.ID, Name: x.Writer.Name(at), On: slices.Contains(a.Fields, at.ID)})
		}
	}
	return v
}

func (s *room) showContacts(w http.ResponseWriter, r *http.Request) error {
	x, err := s.list(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, "contacts", s.contactsView(x, disclosure.Ask{}))
}

func (s *room) contacts(w http.ResponseWriter, r *http.Request) error {
	return s.Give(w, r, func(w http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
		x, err := s.list(r)
		if err != nil {
			return nil, err
		}
		asked := disclosure.Ask{Register: x.Pack.ID, Fields: r.PostForm["field"], Purpose: r.PostForm.Get("purpose"), Reason: r.PostForm.Get("reason")}
		switch {
		case x.n > mostContacts:
			err = fault.New(fault.Invalid, "一次最多导出 "+figure.Num(mostContacts)+" 个主体的个人信息原文。请先筛选名单。",
				"At most "+figure.Num(mostContacts)+" subjects can be taken along with unmasked personal data. Filter the list first.")
		case x.n == 0:
			err = fault.New(fault.Invalid, "名单是空的，没有可导出的内容。", "The list is empty, so there is nothing to export.")
		default:
			var said *disclosure.Ask
			if said, err = s.Ledger.Contacts(r.Context(), asked, strings.Join(grid.Says(x, x.q, x.Writer.Text), "；"), x.n); err == nil {
				return s.book(r, x, said), nil
			}
		}
		var f *fault.Error
		if errors.As(err, &f) && f.Code == fault.Invalid {
			v := s.contactsView(x, asked)
			v.Problem = f.In(x.Ask.Lang)
			s.RenderStatus(w, r, http.StatusUnprocessableEntity, "contacts", v)
			return nil, nil
		}
		return nil, err
	})
}

// book is the file. Its notes, and each of its rows, say who took it along, for whom, when and what for.
func (s *room) book(r *http.Request, x *list, a *disclosure.Ask) *frame.Workbook {
	text, lang := x.Writer.Text, x.Ask.Lang
	by := s.Actors.Acting(r.Context())
	who := x.Writer.Actor(by.ID)
	if s.Name != nil {
		who = s.Name(r.Context(), by.ID)
	}
	org := ""
	if o := s.Pack.Orgs.ByID(by.Org); o != nil {
		org = o.Name.In(lang)
	}
	mark := strings.Join(strings.Fields(who+" "+org+" "+s.When(s.Clock())), " ")
	title := text("contacts.title", "name", x.Pack.Name.In(lang))
	notes := append(s.ExportNotes(x.Ask, x.Where(x.q)), text("contacts.mark", "who", mark, "purpose", s.Pack.Purpose(a.Purpose).Name.In(lang)))
	for _, said := range grid.Says(x, x.q, text) {
		notes = append(notes, strings.TrimSpace(text("sheet.filter")+" "+said))
	}
	head := []any{text("contacts.name"), text("contacts.code")}
	open := map[string]bool{}
	for _, id := range a.Fields {
		head, open[id] = append(head, x.Writer.Name(x.Pack.Attribute(id))), true
	}
	head = append(head, text("contacts.by"))
	w := x.Writer
	w.Open = open
	members := &disclosure.Members{}
	fill := func(ctx context.Context, row func(...any) error) error {
		return x.Each(ctx, x.q, func(g *grid.Row) error {
			p, err := s.Known.Profile(ctx, g.ID)
			if err != nil {
				return err
			}
			members.Add(g.ID)
			cells := []any{p.Name, p.Code}
			for _, id := range a.Fields {
				var cell any
				if f := newest(p, id); f != nil {
					cell = frame.ValueCell(w, f.Attr, f.Value)
				}
				cells = append(cells, cell)
			}
			return row(append(cells, mark)...)
		})
	}
	return &frame.Workbook{File: title + "-" + x.Ask.Day() + ".xlsx", Rows: x.n, Title: title, Notes: notes, Head: head, Fill: fill, Members: members, Purpose: a.Purpose, Unmasked: a.Fields}
}

// newest is a value of a profile, of a yearly one that of the last year; nil: there is none.
func newest(p *fact.Profile, id string) (last *fact.Fact) {
	for i := range p.Facts {
		if f := &p.Facts[i]; f.Attr.ID == id && !f.Void && (last == nil || f.Year > last.Year) {
			last = f
		}
	}
	return last
}
