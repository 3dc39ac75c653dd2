package intake

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// taken is a file with rows of an import as they came, which somebody takes along.
type taken struct {
	name              string // last part of its address
	title, lead, take string // keys of texts
	holds             *intake.Original
	members           *disclosure.Members
}

// membersOf are the subjects that the records of an import count for.
func membersOf(o *intake.Original) *disclosure.Members {
	m := &disclosure.Members{}
	for _, id := range o.Subjects {
		m.Add(id)
	}
	return m
}

// originalView is the form by which somebody takes an original, or rows of it, with personal data along.
type originalView struct {
	File, Back, To string
	Title, Lead    string
	Take           string // the word of the button
	Problem        string
	Fields         string // names of the personal data that are known to be in it
	Unread         string // headers of columns of which it is not known
	Numbers        bool   // a column that is not personal has such data
	Purposes       []frame.PurposeChoice
	Reason         string
}

// asks reports whether a file that may have personal data in it is given for a purpose only. The one operator of a base without
// people is not asked.
func (s *room) asks(ctx context.Context, o *intake.Original) bool {
	return s.Ledger != nil && s.Disclosures != nil && o.Personal() && s.Actors.Acting(ctx).ID != auth.Local
}

// disclose writes down that a file of an import is taken along that may have personal data in it, before it is. given is false while
// there is no purpose, and the form was the answer. Of another file the caller writes it.
func (s *room) disclose(w http.ResponseWriter, r *http.Request, imp *intake.Import, f *taken) (given bool, err error) {
	o := f.holds
	if !s.asks(r.Context(), o) {
		return true, nil
	}
	if err := s.Actors.Decide(r.Context(), auth.Unmask, auth.Resource{Register: o.Register}); err != nil {
		return false, err
	}
	asked := disclosure.Ask{Register: o.Register, Fields: o.Fields, Purpose: r.PostForm.Get("purpose"), Reason: r.PostForm.Get("reason")}
	status, problem := http.StatusOK, ""
	if r.Method == http.MethodPost {
		err := s.Ledger.Original(r.Context(), disclosure.File{Import: imp.ID, Name: f.name, Unknown: o.Unknown()}, asked, f.members)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Invalid {
			return err == nil, err
		}
		status, problem = http.StatusUnprocessableEntity, f.In(s.LangOf(r))
	}
	ask := s.Ask(r)
	path := address.ImportPath(imp.ID)
	v := &originalView{File: imp.File, Back: ask.Link(path), To: ask.Link(path + "/" + f.name), Problem: problem, Purposes: s.Purposes(ask.Lang, asked.Purpose), Reason: asked.Reason}
	reg, text := s.Register(o.Register), s.Words(ask.Lang)
	v.Title, v.Lead, v.Take = text(f.title), text(f.lead, "n", figure.Num(f.members.Len())), text(f.take)
	var names []string
	for _, id := range o.Fields {
		names = append(names, reg.Attribute(id).Name.In(ask.Lang))
	}
	v.Fields, v.Unread, v.Numbers = strings.Join(names, text("frame.and")), strings.Join(o.Unread, text("frame.and")), o.Numbers && len(o.Fields) == 0
	s.RenderStatus(w, r, status, "importoriginal", v)
	return false, nil
}
