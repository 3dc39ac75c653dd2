// Package held is the pages on which the owner of a subject is asked about rows that another organisation brought about it: he takes
// what they say or refuses it, and takes his answer back. Who brought them sees the answers here.
package held

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Held asks and answers about what is held; *registry.Registry does.
type Held interface {
	Asked(ctx context.Context, offset, limit int) ([]identity.Brought, int, error)
	Held(ctx context.Context, subject int64) (b *identity.Brought, says, now *fact.Profile, err error)
	Answers(ctx context.Context, limit int) ([]identity.Brought, error)
	Outcomes(ctx context.Context, limit int) ([]identity.Brought, error)
	AnswerHeld(ctx context.Context, subject, owner int64, take bool, reason string) error
	UndoHeld(ctx context.Context, subject int64) error
}

// Services are what the pages ask of others.
type Services struct {
	Held Held // nil: there are no such pages
	// Name gives the name of a person; nil: persons are called by their ids.
	Name func(ctx context.Context, person string) string
}

const (
	pageRows  = 50 // of what is asked
	mostTold  = 50 // answers of each list
	mostSaid  = 300
	heldPath  = "/held"
	undoneRow = "undo"
)

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{f, services}
	own := frame.Room{
		Under:    map[string]string{heldPath: "/import"},
		Timeless: []string{heldPath},
		Whole:    []string{heldPath},
		Pages:    pages,
		Texts:    texts,
		Routes: func(t *frame.Routes) {
			t.Page("GET /held", s.show)
			t.Page("GET /held/{id}", s.showOne)
			t.Page("POST /held/{id}", s.answer)
			t.Page("POST /held/{id}/undo", s.undo)
		},
	}
	if s.Held != nil {
		own.Tabs = []frame.Tab{{Key: "held", Path: heldPath}}
		own.Waits = []frame.Wait{{Key: "held", Path: heldPath, Count: s.count, First: s.first, Whole: true}}
	}
	return own
}

// asked is Held.Asked; nothing for who may not answer.
func (s *room) asked(ctx context.Context, offset, limit int) ([]identity.Brought, int, error) {
	list, n, err := s.Held.Asked(ctx, offset, limit)
	if fault.Of(err) == fault.Forbidden {
		return nil, 0, nil
	}
	return list, n, err
}

func (s *room) count(ctx context.Context, _ string) (int, error) {
	_, n, err := s.asked(ctx, 0, 0)
	return n, err
}

func (s *room) first(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	list, _, err := s.asked(ctx, 0, most)
	for i := range list {
		w.List = append(w.List, frame.WaitingItem{Name: s.called(&list[i]), Note: s.org(list[i].Org, ask.Lang), URL: ask.Link(onePath(&list[i]))})
	}
	return w, err
}

func onePath(b *identity.Brought) string {
	return heldPath + "/" + strconv.FormatInt(b.Subject.Subject, 10)
}

// called is the name of what was brought, otherwise its code.
func (s *room) called(b *identity.Brought) string {
	if b.Subject.Name != "" {
		return b.Subject.Name
	}
	return b.Subject.Code
}

func (s *room) org(id, lang string) string {
	if o := s.Pack.Orgs.ByID(id); o != nil {
		return o.Name.In(lang)
	}
	return id
}

// view is the page of what was brought.
type view struct {
	Asks     bool // who looks may answer
	Total    int
	Asked    []row
	Newer    string // address of the page before
	Older    string // and of the one after
	Answered []row
	Outcomes []row
}

// row is something brought.
type row struct {
	Name, Code, Register string
	Org                  string // that brought it
	Owner, OwnerURL      string
	State, Reason, When  string
	By                   string
	URL                  string // where it is answered
	Undo                 string // where the answer is taken back
}

func (s *room) row(r *http.Request, ask *address.Ask, b *identity.Brought) row {
	x := row{Name: s.called(b), Code: b.Subject.Code, Org: s.org(b.Org, ask.Lang), State: string(b.State), Reason: b.Reason, URL: ask.Link(onePath(b))}
	if reg := s.Pack.Register(b.Register); reg != nil {
		x.Register = reg.Name.In(ask.Lang)
	}
	if b.Owner.Subject != 0 {
		x.Owner, x.OwnerURL = b.Owner.Name, ask.Link(s.SubjectPath(b.Register, b.Owner.Code, b.Owner.Subject))
	}
	if !b.Decided.IsZero() {
		x.When = s.When(b.Decided)
	}
	if x.By = b.By; s.Name != nil && b.By != "" {
		x.By = s.Name(r.Context(), b.By)
	}
	return x
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	if s.Held == nil {
		return frame.ErrNoPage()
	}
	ask := s.Ask(r)
	at, _ := strconv.Atoi(r.URL.Query().Get("from"))
	at = max(0, min(at, 1<<20))
	v := &view{}
	list, total, err := s.Held.Asked(r.Context(), at, pageRows)
	if v.Asks = fault.Of(err) != fault.Forbidden; err != nil && v.Asks {
		return err
	}
	v.Total = total
	for i := range list {
		v.Asked = append(v.Asked, s.row(r, ask, &list[i]))
	}
	if at > 0 {
		v.Newer = ask.Link(heldPath, "from", strconv.Itoa(max(0, at-pageRows)))
	}
	if at+pageRows < total {
		v.Older = ask.Link(heldPath, "from", strconv.Itoa(at+pageRows))
	}
	if v.Asks {
		answers, err := s.Held.Answers(r.Context(), mostTold)
		if err != nil {
			return err
		}
		for i := range answers {
			x := s.row(r, ask, &answers[i])
			x.Undo = ask.Link(onePath(&answers[i]) + "/" + undoneRow)
			v.Answered = append(v.Answered, x)
		}
	}
	outcomes, err := s.Held.Outcomes(r.Context(), mostTold)
	if err != nil {
		return err
	}
	for i := range outcomes {
		v.Outcomes = append(v.Outcomes, s.row(r, ask, &outcomes[i]))
	}
	return s.Render(w, r, "held", v)
}

// oneView is the page of one thing that was brought.
type oneView struct {
	row
	To      string
	All     string // address of the list
	Lines   []line
	OwnerID int64 // the subject that it is shown to be about; 0: none
	Several bool  // several have the name that was brought
	Problem string
	Reason  string // as it was written
}

// line is one value that was brought, beside the one that is known.
type line struct {
	Label, Says, Now string
	Differs          bool
}

func (s *room) one(r *http.Request) (*oneView, int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || s.Held == nil {
		return nil, 0, frame.ErrNoPage()
	}
	b, says, now, err := s.Held.Held(r.Context(), id)
	if err != nil {
		return nil, 0, err
	}
	ask := s.Ask(r)
	v := &oneView{row: s.row(r, ask, b), To: ask.Link(onePath(b)), All: ask.Link(heldPath), OwnerID: b.Owner.Subject, Several: b.Several}
	if now != nil {
		s.Looked(r, b.Owner.Subject)
	}
	writer := s.WriterOf(r, b.Register)
	for i := range says.Facts {
		if f := &says.Facts[i]; len(v.Lines) < mostSaid {
			v.Lines = append(v.Lines, lineOf(writer, f, now))
		}
	}
	return v, id, nil
}

func lineOf(w words.Writer, f *fact.Fact, now *fact.Profile) line {
	x := line{Label: w.YearName(f.Attr, f.Year), Says: w.Value(f.Attr, f.Value)}
	if now == nil {
		return x
	}
	if known := now.Fact(f.Attr.ID, f.Year); known != nil {
		x.Now = w.Value(f.Attr, known.Value)
	}
	x.Differs = x.Now != "" && x.Now != x.Says
	return x
}

func (s *room) showOne(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.one(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, "brought", v)
}

func (s *room) answer(w http.ResponseWriter, r *http.Request) error {
	v, id, err := s.one(r)
	if fault.Of(err) == fault.NotFound && s.Held != nil && s.answered(r) { // the second click
		http.Redirect(w, r, s.Ask(r).Link(heldPath), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	reason := r.PostForm.Get("reason")
	owner, err := strconv.ParseInt(r.PostForm.Get("owner"), 10, 64)
	if err != nil {
		owner = 0
	}
	switch r.PostForm.Get("answer") {
	case "take":
		err = s.Held.AnswerHeld(r.Context(), id, owner, true, reason)
	case "refuse":
		err = s.Held.AnswerHeld(r.Context(), id, owner, false, reason)
	default:
		err = fault.New(fault.Invalid, "请选择采用或不采用。", "Choose whether to take it.")
	}
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid {
		v.Problem, v.Reason = f.In(s.LangOf(r)), reason
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "brought", v)
		return nil
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.All, http.StatusSeeOther)
	return nil
}

// answered reports whether who acts has given the answer of a form before.
func (s *room) answered(r *http.Request) bool {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return false
	}
	list, err := s.Held.Answers(r.Context(), mostTold)
	me, state := s.Actors.Acting(r.Context()).ID, map[string]fact.HeldState{"take": fact.HeldYes, "refuse": fact.HeldNo}[r.PostForm.Get("answer")]
	return err == nil && slices.ContainsFunc(list, func(b identity.Brought) bool { return b.Subject.Subject == id && b.State == state && b.By == me })
}

func (s *room) undo(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || s.Held == nil {
		return frame.ErrNoPage()
	}
	if err := s.Actors.Decide(r.Context(), auth.Link, auth.Resource{}); err != nil {
		return err
	}
	if err := s.Held.UndoHeld(r.Context(), id); err != nil {
		if _, _, _, asked := s.Held.Held(r.Context(), id); fault.Of(err) != fault.NotFound || asked != nil { // otherwise it is the second click
			return err
		}
	}
	http.Redirect(w, r, s.Ask(r).Link(heldPath), http.StatusSeeOther)
	return nil
}
