package disclosed

import (
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/told"
	"eyas/internal/web/words"
)

// The parts of the page, in their order.
const (
	looked   = "looked"
	received = "received"
	changed  = "changed"
)

// rowsPerPage is how many rows a page has.
const rowsPerPage = 50

// view is the page of one part.
type view struct {
	frame.Crumbs
	Part   string
	Tabs   []frame.Option
	Rows   []row
	Pager  address.Pager
	Shares string // address of the page of consents; empty: who asks may give none
	Older  string // address of the rows after these, where they are not counted
}

// row is that somebody looked, took a file along or changed something.
type row struct{ When, Org, Role, Who, What, Purpose, Times string }

// own leads who acts for a subject to the page of that.
func (s *room) own(w http.ResponseWriter, r *http.Request) error {
	id := s.Actors.Acting(r.Context()).Subject
	if id == 0 {
		return s.Actors.Decide(auth.In(r.Context(), auth.Actor{}), auth.Trace, auth.Resource{})
	}
	http.Redirect(w, r, s.Ask(r).Link("/s/"+strconv.FormatInt(id, 10)+"/disclosed"), http.StatusSeeOther)
	return nil
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	if s.Ledger == nil {
		return frame.ErrNoPage()
	}
	p, reg, wr, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	ask := s.Ask(r)
	if s.Actors.Acting(r.Context()).Subject == p.Subject {
		ask.Own = "/my-data"
	}
	v := &view{Crumbs: s.Crumbs(ask, p, reg), Part: looked}
	if at := r.URL.Query().Get("part"); at == received || at == changed && s.Log != nil {
		v.Part = at
	}
	for _, id := range []string{looked, received, changed} {
		if id != changed || s.Log != nil {
			v.Tabs = append(v.Tabs, frame.Option{Label: wr.Text("disclosed." + id), URL: ask.With("part", id, "page", "", "before", ""), On: id == v.Part})
		}
	}
	if s.Shares && s.Actors.Decide(r.Context(), auth.Consent, auth.Resource{}) == nil {
		v.Shares = ask.Link("/s/" + strconv.FormatInt(p.Subject, 10) + "/shares")
	}
	subjects, err := s.merged(r, p.Subject)
	if err != nil {
		return err
	}
	t := &tracing{room: s, r: r, w: wr, ask: ask, reg: reg, subjects: subjects}
	switch v.Part {
	case received:
		err = t.received(v)
	case changed:
		err = t.changed(v)
	default:
		err = t.looked(v)
	}
	if err != nil {
		return err
	}
	return s.Render(w, r, "disclosed", v)
}

// mostMerged bounds how many subjects that were merged into one are asked for with it.
const mostMerged = 50

// merged are a subject and those that were merged into it.
func (s *room) merged(r *http.Request, subject int64) ([]int64, error) {
	list := []int64{subject}
	if s.Pairs == nil {
		return list, nil
	}
	merges, err := s.Pairs.MergesOf(r.Context(), subject)
	for i := range merges {
		if m := &merges[i]; m.Into.Subject == subject && m.UndoneAt.IsZero() && len(list) < mostMerged {
			list = append(list, m.From.Subject)
		}
	}
	return list, err
}

// tracing writes the rows of one request.
type tracing struct {
	*room
	r        *http.Request
	w        words.Writer
	ask      *address.Ask
	reg      *pack.Register
	subjects []int64
}

// who fills in who it was: his organisation and role, and his name where the role is held in office.
func (t *tracing) who(x *row, person, role, org string) {
	own := t.Pack.Role(role)
	if o := t.Pack.Orgs.ByID(org); o != nil {
		x.Org = o.Name.In(t.w.Lang)
	}
	switch {
	case own != nil:
		x.Role = own.Name.In(t.w.Lang)
	case person == auth.Local:
		x.Role = t.w.Actor(person)
	case person == auth.Self:
		x.Role = t.w.Text("log.program")
	}
	if own == nil || !own.Named {
		return
	}
	if x.Who = person; t.Name != nil {
		x.Who = t.Name(t.r.Context(), person)
	}
}

func (t *tracing) purpose(id string) string {
	if p := t.Pack.Purpose(id); p != nil {
		return p.Name.In(t.w.Lang)
	}
	return id
}

// page is the number of the page that is asked for.
func (t *tracing) page() int { return max(1, t.ask.Page) }

func (t *tracing) looked(v *view) error {
	list, page, total, err := address.ReadPage(t.page(), rowsPerPage, func(offset, limit int) ([]disclosure.Look, int, error) {
		return t.Ledger.Looks(t.r.Context(), t.subjects, offset, limit)
	})
	if err != nil {
		return err
	}
	for _, l := range list {
		x := row{When: l.Day, What: t.w.Text("disclosed.what." + string(l.What)), Purpose: t.purpose(l.Purpose), Times: figure.Num(l.Times)}
		t.who(&x, l.Person, string(l.Role), l.Org)
		v.Rows = append(v.Rows, x)
	}
	v.Pager = address.Pages(t.ask, page, total, rowsPerPage)
	return nil
}

func (t *tracing) received(v *view) error {
	before, err := int64(0), error(nil)
	if text := t.r.URL.Query().Get("before"); text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return fault.New(fault.Invalid, "网址里的“before”不对。请从页面上翻页。", "“before” in the address is wrong. Turn the pages by their links.")
		}
	}
	list, more, err := t.Ledger.Exports(t.r.Context(), t.subjects, before, rowsPerPage)
	if err != nil {
		return err
	}
	for _, e := range list {
		x := row{When: t.When(e.At), What: t.file(&e), Purpose: t.purpose(e.Purpose)}
		t.who(&x, e.Person, string(e.Role), e.Org)
		v.Rows = append(v.Rows, x)
	}
	if more {
		v.Older = t.ask.With("before", strconv.FormatInt(list[len(list)-1].ID, 10))
	}
	return nil
}

// files are the words for files by how their addresses begin.
var files = []struct{ path, key string }{
	{"/enterprises", "list"}, {"/registers/", "list"}, {"/lab/", "lab"}, {"/links", "pairs"}, {"/merges", "pairs"}, {"/quality", "quality"}, {"/import/record/", "original"}, {"/cases/", "paper"}, {"/cases", "cases"}, {"/s/", "own"},
}

// file says what a file is.
func (t *tracing) file(e *disclosure.Export) string {
	key := "other"
	for _, f := range files {
		if strings.HasPrefix(e.What, f.path) {
			key = f.key
			break
		}
	}
	text := t.w.Text("disclosed.file." + key)
	if e.Subject == 0 {
		text += " " + t.w.Text("disclosed.among", "n", figure.Num(e.Subjects))
	}
	var fields []string
	for _, id := range e.Fields {
		if a := t.reg.Attribute(id); a != nil {
			fields = append(fields, t.w.Name(a))
		}
	}
	if fields != nil {
		text += " " + t.w.Text("disclosed.unmasked", "fields", strings.Join(fields, t.w.Text("frame.and")))
	}
	return text
}

// changes are the actions of the log that change a subject.
var changes = []string{"import", "undo", "enter", "merge", "unmerge", "relink", "unrelink", "erase"}

func (t *tracing) changed(v *view) error {
	about, _, err := told.Things{Records: t.Known, Pairs: t.Pairs}.Of(t.r.Context(), t.subjects[0])
	if err != nil {
		return err
	}
	list, page, total, err := address.ReadPage(t.page(), rowsPerPage, func(offset, limit int) ([]audit.Entry, int, error) {
		return t.Log.Entries(t.r.Context(), audit.Wanted{Actions: changes, Subjects: about}, offset, limit)
	})
	if err != nil {
		return err
	}
	for i := range list {
		e := &list[i]
		as := e.As()
		x := row{When: t.Frame.When(e.At), What: told.ActionName(t.w.Text, e.Action)}
		t.who(&x, e.Actor, as.Role, as.Org)
		v.Rows = append(v.Rows, x)
	}
	v.Pager = address.Pages(t.ask, page, total, rowsPerPage)
	return nil
}
