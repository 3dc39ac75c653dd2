package subject

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// relations are whom a subject names, and who names it.
type relations struct {
	Names   []relatedLine
	NamedBy []namingGroup
	Ways    []relateWay
}

// count is how many relations there are both ways.
func (v *relations) count() int {
	n := len(v.Names)
	for i := range v.NamedBy {
		n += v.NamedBy[i].Total
	}
	return n
}

type relatedLine struct {
	Relation    string
	Text        string // as it is written
	Found       []subjectLink
	From, Until string
	State       string // of the relation on the day: now, ended, ahead; earlier where the profile says so no more
	Record      string
	Choose      *choice // where several are found; nil: none can be chosen
}

// choice is the form by which a person says which of several is meant.
type choice struct {
	URL, Relation string
	Saw           address.Field // what is known of the subject that names them
	Can           bool          // the relation has a code to remember it by
}

type subjectLink struct {
	Name, URL string
	Code      string
	Subject   int64
}

// namingGroup is one relation from the other side.
type namingGroup struct {
	Key   string // of the address
	Name  string
	Of    string // the register that they are in
	Total int
	Lines []namingLine
	Pager address.Pager
}

type namingLine struct {
	subjectLink
	From, Until string
	State       string
	Record      string
}

// rowsPerRelation is how many of those that name a subject are shown at a time.
const rowsPerRelation = 20

// relate shows a subject's relations both ways. The address turns the pages of one of them: rel=REGISTER.RELATION, page.
func (s *room) relate(r *http.Request, ask *address.Ask, w words.Writer, p *dossier.Dossier) (v relations, err error) {
	if s.Subjects == nil {
		return v, nil
	}
	v.Ways = s.ways(r.Context(), ask, w, p.Subject)
	for _, n := range p.Names {
		line := relatedLine{Relation: n.Relation.Name.In(w.Lang), Text: n.Name, From: figure.DateOf(n.From), Until: figure.DateOf(n.Until), State: stateOn(ask, n.Current, n.From, n.Until)}
		if line.Text == "" {
			line.Text = n.Code
		}
		if n.Record != 0 {
			line.Record = ask.Link("/records/" + strconv.FormatInt(n.Record, 10))
		}
		for _, ref := range n.Found {
			register, err := s.Subjects.RegisterOf(r.Context(), ref.Subject)
			if err != nil {
				return v, err
			}
			line.Found = append(line.Found, subjectLink{cmp.Or(ref.Name, ref.Code), ask.Link(s.SubjectPath(register, ref.Code, ref.Subject)), ref.Code, ref.Subject})
		}
		if len(line.Found) > 1 && n.Current && ask.Known.IsZero() {
			line.Choose = &choice{URL: ask.Link("/s/" + strconv.FormatInt(p.Subject, 10) + "/meant"), Relation: n.Relation.ID, Saw: frame.SawID(sight.SawSubject(p.Subject), p.Change), Can: choosable(n.Relation, n.Name)}
		}
		v.Names = append(v.Names, line)
	}
	for _, x := range p.NamedBy {
		g, err := s.namedBy(r, ask, w, p.Subject, x)
		if err != nil {
			return v, err
		}
		if g.Total > 0 {
			v.NamedBy = append(v.NamedBy, g)
		}
	}
	return v, nil
}

func (s *room) namedBy(r *http.Request, ask *address.Ask, w words.Writer, subject int64, x *pack.Relation) (namingGroup, error) {
	from := s.Pack.Register(x.From)
	g := namingGroup{Key: x.From + "." + x.ID, Name: x.Back.In(w.Lang), Of: from.Name.In(w.Lang)}
	page := 1
	if r.URL.Query().Get("rel") == g.Key {
		page = ask.Page
	}
	list, page, total, err := address.ReadPage(page, rowsPerRelation, func(offset, limit int) ([]dossier.Naming, int, error) {
		return s.Subjects.NamedBy(r.Context(), subject, x, ask.Moment(), offset, limit)
	})
	if err != nil {
		return g, err
	}
	g.Total = total
	for _, n := range list {
		line := namingLine{subjectLink: subjectLink{cmp.Or(n.Name, n.Code), ask.Link(s.SubjectPath(n.Register, n.Code, n.Subject)), n.Code, n.Subject},
			From: figure.DateOf(n.From), Until: figure.DateOf(n.Until), State: stateOn(ask, n.Current, n.From, n.Until)}
		if n.Record != 0 {
			line.Record = ask.Link("/records/" + strconv.FormatInt(n.Record, 10))
		}
		g.Lines = append(g.Lines, line)
	}
	at := func(n int) string {
		return ask.With("tab", tabRelations, "rel", g.Key, "page", strconv.Itoa(n)) + "#" + g.Key
	}
	g.Pager = address.Pager{Page: page, Total: total, Pages: max(1, (total+rowsPerRelation-1)/rowsPerRelation),
		From: min((page-1)*rowsPerRelation+1, total), To: min(page*rowsPerRelation, total)}
	if page > 1 {
		g.Pager.First, g.Pager.Before = at(1), at(page-1)
	}
	if page < g.Pager.Pages {
		g.Pager.Next, g.Pager.Last = at(page+1), at(g.Pager.Pages)
	}
	return g, nil
}

// stateOn says how a relation stands on the day of an address.
func stateOn(ask *address.Ask, current bool, from, until *int64) string {
	on := ask.Date.Unix() / 86400
	switch {
	case until != nil && *until < on:
		return "ended"
	case !current:
		return "earlier"
	case from != nil && *from > on:
		return "ahead"
	}
	return "now"
}

// choosable reports whether it can be remembered whom a relation means: it has a code, and names one subject.
func choosable(v *pack.Relation, name string) bool {
	return v.CodeAttr != "" && !strings.Contains(name, "；")
}

// subjectMeant remembers which of several that bear a name is meant: its code is entered beside the name, as a
// correction that can be taken back like any other.
func (s *room) subjectMeant(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	if s.Subjects == nil {
		return frame.ErrNoPage()
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	chosen, _ := strconv.ParseInt(r.PostForm.Get("subject"), 10, 64)
	register, err := s.Subjects.RegisterOf(r.Context(), id)
	if err != nil {
		return err
	}
	profile, err := s.Known.Profile(r.Context(), id)
	if err != nil {
		return err
	}
	names, err := s.Subjects.Names(r.Context(), id, register, fact.Moment{})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(names, func(n dossier.Related) bool {
		return n.Current && n.Relation.ID == r.PostForm.Get("relation") && slices.ContainsFunc(n.Found, func(f fact.Ref) bool { return f.Subject == chosen })
	})
	if at < 0 {
		return fault.New(fault.Conflict, "数据变了：请回到原来的页面重新选定。", "The data have changed: go back to the page and choose again.")
	}
	named := names[at]
	ref := named.Found[slices.IndexFunc(named.Found, func(f fact.Ref) bool { return f.Subject == chosen })]
	if !choosable(named.Relation, named.Name) || ref.Code == "" {
		return fault.New(fault.Invalid,
			"“"+ref.Name+"”没有代码，记不住选的是它。请先在它的页面上录入代码。",
			"“"+ref.Name+"” has no code by which the choice could be remembered. Enter its code on its page first.")
	}
	text := s.Words(ask.Lang)
	e := intake.Entry{Register: register, Subject: id, Values: map[string]string{named.Relation.CodeAttr: ref.Code}, Lang: ask.Lang,
		Form: text("subject.choose.form"), Reason: text("subject.choose.reason", "relation", named.Relation.Name.In(ask.Lang), "name", named.Name, "code", ref.Code)}
	e.Source = intake.HandSource(s.Pack, register, true)
	var entered int64
	err = s.Upon(r, func(ctx context.Context) (err error) {
		entered, _, err = s.Entries.Enter(ctx, e)
		return err
	}, sight.SawSubject(id))
	if err != nil {
		return fmt.Errorf("choose who is meant by subject %d: %w", id, err)
	}
	pairs := append(frame.EntryPair(entered), "tab", tabRelations)
	http.Redirect(w, r, ask.Link(s.SubjectPath(register, profile.Code, id), pairs...)+"#relations", http.StatusSeeOther)
	return nil
}
