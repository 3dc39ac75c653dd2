package mandate

import (
	"net/http"
	"strconv"

	"eyas/internal/mandate"
	"eyas/internal/web/frame"
)

// mineView is the page of what is entrusted to who looks.
type mineView struct {
	Waiting []row
	Holding []row
	Past    []row
	Lapsed  bool   // some have lapsed and none holds
	Kept    string // he does as before until this day
	Sees    bool   // he may do something now
	Own     string // where he entrusts others, as the representative of the subject for which he acts
	Problem string
}

func (s *room) mineView(r *http.Request) (*mineView, error) {
	if s.Mandates == nil {
		return nil, frame.ErrNoPage()
	}
	list, err := s.Mandates.Mine(r.Context())
	if err != nil {
		return nil, err
	}
	v := &mineView{Sees: s.SeesAny(r.Context())}
	ask := s.Ask(r)
	for i := range list {
		x := &list[i]
		line := s.row(r, x)
		line.Subject = s.subjectName(r.Context(), x.Subject)
		at := frame.MandatesPath + "/" + strconv.FormatInt(x.ID, 10)
		switch x.State {
		case mandate.Waiting:
			line.Accept, line.End = ask.Link(at+"/accept"), ask.Link(at+"/end")
			v.Waiting = append(v.Waiting, line)
		case mandate.Holds:
			line.End = ask.Link(at + "/end")
			v.Holding = append(v.Holding, line)
		default:
			v.Lapsed = v.Lapsed || x.State == mandate.Lapsed
			v.Past = append(v.Past, line)
		}
	}
	v.Lapsed = v.Lapsed && v.Holding == nil
	if role := s.Pack.Role(string(s.Actors.Acting(r.Context()).Role)); v.Sees && v.Holding == nil && role != nil && role.Mandate != nil {
		v.Kept = role.Mandate.Kept // nothing is entrusted to him, and he sees something
	}
	return v, nil
}

// mine shows what is entrusted to who looks; the representative to whom nothing is is led to the page of his subject.
func (s *room) mine(w http.ResponseWriter, r *http.Request) error {
	if s.Mandates == nil || !s.NeedsMandate(r.Context()) {
		return frame.ErrNoPage()
	}
	a := s.Actors.Acting(r.Context())
	legal, err := s.Mandates.Legal(r.Context(), a)
	if err != nil {
		return err
	}
	v, err := s.mineView(r)
	if err != nil {
		return err
	}
	if legal {
		v.Own = s.Ask(r).Link("/s/" + strconv.FormatInt(a.Subject, 10) + "/mandates")
	}
	if legal && r.Method == http.MethodGet && v.Waiting == nil && v.Holding == nil { // nobody entrusts him with anything, for other subjects
		http.Redirect(w, r, v.Own, http.StatusSeeOther)
		return nil
	}
	return s.Render(w, r, "mymandates", v)
}

func (s *room) accept(w http.ResponseWriter, r *http.Request) error {
	return s.onMine(w, r, func(id int64) error { return s.Mandates.Accept(r.Context(), id) })
}

func (s *room) end(w http.ResponseWriter, r *http.Request) error {
	return s.onMine(w, r, func(id int64) error { return s.Mandates.End(r.Context(), id) })
}

func (s *room) onMine(w http.ResponseWriter, r *http.Request, do func(id int64) error) error {
	id, err := number(r, "mandate")
	if err != nil {
		return err
	}
	if s.Mandates == nil {
		return frame.ErrNoPage()
	}
	err = do(id)
	if problem := said(err, s.LangOf(r)); problem != "" {
		v, err := s.mineView(r)
		if err != nil {
			return err
		}
		v.Problem = problem
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "mymandates", v)
		return nil
	}
	if err != nil {
		return err
	}
	s.Recount(r.Context())
	http.Redirect(w, r, s.Ask(r).Link(frame.MandatesPath), http.StatusSeeOther)
	return nil
}
