package subject

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/frame"
)

// Ledger shows personal data unmasked; disclosure.Ledger does.
type Ledger interface {
	Unmask(ctx context.Context, subject int64, a disclosure.Ask) (*disclosure.Unmasking, error)
	EndUnmask(ctx context.Context, subject int64) error
}

// unmasked is, on the pages of a subject, which personal data are shown unmasked, or the way to it.
type unmasked struct {
	Ask     string // address of the form; empty: who looks may not, or there are no personal data
	Fields  string // names of what is shown unmasked; empty: nothing is
	Purpose string
	Minutes int    // that are left
	Until   string // time of day
	End     string // address that ends it
}

// unmaskPage is the form by which personal data of a subject are shown unmasked.
type unmaskPage struct {
	frame.Crumbs
	To       string
	Problem  string
	Fields   []maskedField
	Purposes []frame.PurposeChoice
	Reason   string
	Minutes  int
}

// maskedField is a field that can be unmasked.
type maskedField struct {
	ID, Name, Value string
	On              bool
}

// unmask opens the personal data that who looks sees unmasked now, before anything of the subject is written.
func (s *room) unmask(w http.ResponseWriter, r *http.Request, x *open) error {
	if s.Disclosures == nil || s.Ledger == nil || s.Actors.Decide(r.Context(), auth.Unmask, auth.Resource{}) != nil {
		return nil
	}
	subject := x.known.Profile.Subject
	u, err := s.SeesUnmasked(w, r, subject)
	if err != nil {
		return err
	}
	path := subjectStep(subject, "unmask")
	if slices.ContainsFunc(x.known.Profile.Facts, func(f fact.Fact) bool { return f.Attr.Personal && !f.Void }) {
		x.shown.Ask = x.Link(path)
	}
	if u == nil {
		return nil
	}
	x.W.Open = map[string]bool{}
	var names []string
	for _, id := range u.Fields {
		x.W.Open[id] = true
		names = append(names, x.W.Name(x.reg.Attribute(id)))
	}
	left := u.Ends.Sub(s.Clock())
	x.shown.Fields, x.shown.End = strings.Join(names, x.W.Text("frame.and")), x.Link(path+"/end")
	x.shown.Minutes, x.shown.Until = int(math.Ceil(left.Minutes())), u.Ends.In(s.Pack.Zone).Format("15:04")
	if p := s.Pack.Purpose(u.Purpose); p != nil {
		x.shown.Purpose = p.Name.In(x.Lang)
	}
	return nil
}

func (s *room) showUnmask(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.unmaskForm(r, disclosure.Ask{})
	if err != nil {
		return err
	}
	return s.Render(w, r, "unmask", v)
}

// unmaskForm is the form as it is filled in; with nothing chosen, the fields of class personal are.
func (s *room) unmaskForm(r *http.Request, a disclosure.Ask) (*unmaskPage, *pack.Register, error) {
	if s.Ledger == nil {
		return nil, nil, frame.ErrNoPage()
	}
	p, reg, wr, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, nil, err
	}
	ask := s.Ask(r)
	v := &unmaskPage{Crumbs: s.Crumbs(ask, p, reg), To: ask.Link(subjectStep(p.Subject, "unmask")), Reason: a.Reason, Minutes: int(disclosure.UnmaskedFor.Minutes())}
	for i := range p.Facts {
		f := &p.Facts[i]
		if f.Attr.Personal && !f.Void && !slices.ContainsFunc(v.Fields, func(m maskedField) bool { return m.ID == f.Attr.ID }) {
			v.Fields = append(v.Fields, maskedField{f.Attr.ID, wr.Name(f.Attr), wr.Value(f.Attr, f.Value), slices.Contains(a.Fields, f.Attr.ID)})
		}
	}
	v.Purposes = s.Purposes(wr.Lang, a.Purpose)
	return v, reg, nil
}

// askedOf is what a form asks to see unmasked.
func askedOf(r *http.Request, register string) disclosure.Ask {
	return disclosure.Ask{Register: register, Fields: r.PostForm["field"], Purpose: r.PostForm.Get("purpose"), Reason: r.PostForm.Get("reason")}
}

func (s *room) startUnmask(w http.ResponseWriter, r *http.Request) error {
	asked := askedOf(r, "")
	v, reg, err := s.unmaskForm(r, asked)
	if err != nil {
		return err
	}
	asked.Register = reg.ID
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return frame.ErrNoPage()
	}
	_, err = s.Ledger.Unmask(r.Context(), id, asked)
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid {
		v.Problem = f.In(s.LangOf(r))
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "unmask", v)
		return nil
	}
	if err != nil {
		return err
	}
	s.backToData(w, r, v.URL)
	return nil
}

func (s *room) endUnmask(w http.ResponseWriter, r *http.Request) error {
	p, reg, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	if s.Ledger == nil {
		return frame.ErrNoPage()
	}
	if err := s.Ledger.EndUnmask(r.Context(), p.Subject); err != nil {
		return err
	}
	s.backToData(w, r, s.Crumbs(s.Ask(r), p, reg).URL)
	return nil
}

// backToData goes on to what is known of a subject.
func (s *room) backToData(w http.ResponseWriter, r *http.Request, url string) {
	sep := "?"
	if strings.Contains(url, "?") {
		sep = "&"
	}
	http.Redirect(w, r, url+sep+"tab="+tabData, http.StatusSeeOther)
}
