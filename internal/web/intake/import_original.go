package intake

import (
	"errors"
	"net/http"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// originalView is the form by which somebody takes an original with personal data along.
type originalView struct {
	File, Back, To string
	Problem        string
	Fields         string // names of the personal data that are known to be in it
	Unread         string // headers of columns of which it is not known
	Subjects       int
	Purposes       []frame.PurposeChoice
	Reason         string
}

// disclose writes down that the original of an import is taken along, before it is. An original that may have personal data in it is given
// for a purpose only: given is false while there is none, and the form was the answer.
func (s *room) disclose(w http.ResponseWriter, r *http.Request, imp *intake.Import) (given bool, err error) {
	if s.Ledger == nil || s.Disclosures == nil {
		return true, nil
	}
	o, err := s.Imports.Original(r.Context(), imp.ID)
	if err != nil {
		return false, err
	}
	members := &disclosure.Members{}
	for _, id := range o.Subjects {
		members.Add(id)
	}
	if !o.Personal() || s.Actors.Acting(r.Context()).ID == auth.Local { // the one operator of a base without people
		return true, s.Disclosures.Exported(r.Context(), disclosure.Export{What: address.ImportPath(imp.ID) + "/original"}, members)
	}
	if err := s.Actors.Decide(r.Context(), auth.Unmask, auth.Resource{Register: o.Register}); err != nil {
		return false, err
	}
	asked := disclosure.Ask{Register: o.Register, Fields: o.Fields, Purpose: r.PostForm.Get("purpose"), Reason: r.PostForm.Get("reason")}
	status, problem := http.StatusOK, ""
	if r.Method == http.MethodPost {
		err := s.Ledger.Original(r.Context(), imp.ID, asked, members)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Invalid {
			return err == nil, err
		}
		status, problem = http.StatusUnprocessableEntity, f.In(s.LangOf(r))
	}
	ask := s.Ask(r)
	path := address.ImportPath(imp.ID)
	v := &originalView{File: imp.File, Back: ask.Link(path), To: ask.Link(path + "/original"), Problem: problem, Subjects: len(o.Subjects), Purposes: s.Purposes(ask.Lang, asked.Purpose), Reason: asked.Reason}
	reg, text := s.Register(o.Register), s.Words(ask.Lang)
	var names []string
	for _, id := range o.Fields {
		names = append(names, reg.Attribute(id).Name.In(ask.Lang))
	}
	v.Fields, v.Unread = strings.Join(names, text("frame.and")), strings.Join(o.Unread, text("frame.and"))
	s.RenderStatus(w, r, status, "importoriginal", v)
	return false, nil
}
