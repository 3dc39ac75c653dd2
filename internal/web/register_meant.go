package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
)

// choosable reports whether it can be remembered whom a relation means: it has a code, and names one subject.
func choosable(v *pack.Relation, name string) bool {
	return v.CodeAttr != "" && !strings.Contains(name, "；")
}

// subjectMeant remembers which of several that bear a name is meant: its code is entered beside the name, as a
// correction that can be taken back like any other.
func (s *Server) subjectMeant(w http.ResponseWriter, r *http.Request) error {
	ask := s.ask(r)
	if s.Subjects == nil {
		return errNoPage()
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	chosen, _ := strconv.ParseInt(r.PostForm.Get("subject"), 10, 64)
	register, err := s.Subjects.RegisterOf(r.Context(), id)
	if err != nil {
		return err
	}
	profile, err := s.Registry.Profile(r.Context(), id)
	if err != nil {
		return err
	}
	names, err := s.Subjects.Names(r.Context(), id, register, registry.Moment{})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(names, func(n registry.Related) bool {
		return n.Current && n.Relation.ID == r.PostForm.Get("relation") && slices.ContainsFunc(n.Found, func(f registry.Ref) bool { return f.Subject == chosen })
	})
	if at < 0 {
		return fault.New(fault.Conflict, "数据变了：请回到原来的页面重新选定。", "The data have changed: go back to the page and choose again.")
	}
	named := names[at]
	ref := named.Found[slices.IndexFunc(named.Found, func(f registry.Ref) bool { return f.Subject == chosen })]
	if !choosable(named.Relation, named.Name) || ref.Code == "" {
		return fault.New(fault.Invalid,
			"“"+ref.Name+"”没有代码，记不住选的是它。请先在它的页面上录入代码。",
			"“"+ref.Name+"” has no code by which the choice could be remembered. Enter its code on its page first.")
	}
	text := s.words(ask.Lang)
	e := registry.Entry{Register: register, Subject: id, Values: map[string]string{named.Relation.CodeAttr: ref.Code}, Lang: ask.Lang,
		Form: text("subject.choose.form"), Reason: text("subject.choose.reason", "relation", named.Relation.Name.In(ask.Lang), "name", named.Name, "code", ref.Code)}
	e.Source = registry.HandSource(s.Pack, register, true)
	err = s.upon(r, func(ctx context.Context) error {
		_, _, err := s.Registry.Enter(ctx, operator, e)
		return err
	}, registry.SawSubject(id))
	if err != nil {
		return fmt.Errorf("choose who is meant by subject %d: %w", id, err)
	}
	http.Redirect(w, r, ask.Link(s.subjectPath(register, profile.Code, id))+"#relations", http.StatusSeeOther)
	return nil
}
