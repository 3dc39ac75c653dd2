package people

import (
	"net/http"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/people"
	"eyas/internal/web/frame"
	"eyas/internal/web/lost"
)

// DemoPassword is that of all demonstration accounts. It is shown on the page to sign in of a base that holds generated data only,
// and works nowhere else.
const DemoPassword = "Kestrel-4821-Hover"

// signInView is the page to sign in, or to give the second factor.
type signInView struct {
	Back, Lost string
	LostNote   bool
	ID         string
	Sentence   string // what was wrong
	Second     bool
	Done       string // what was done before one came here
	Provider   string // name of the provider by which one may sign in, too; empty: none
	Begin      string // where that begins
	SignedOut  bool   // from here, and perhaps not from the provider
	Out        string // where one signs out there; empty: nowhere
	Demos      []demo
	Demo       string // the password of all of them
}

// demo is a demonstration account.
type demo struct{ ID, Name, Role string }

func (s *room) signInView(r *http.Request) (*signInView, error) {
	v := &signInView{Demo: DemoPassword, Back: lost.OwnPath(r.FormValue("back"))}
	if l := lost.Of(r); l != nil {
		v.Lost, v.LostNote = l.Text(), true
	}
	s.offerProvider(v, r)
	list, err := s.People.Demos(r.Context())
	slices.SortStableFunc(list, func(a, b people.Seen) int { return s.rank(&a) - s.rank(&b) })
	for _, p := range list {
		d := demo{ID: p.ID, Name: nameOf(&p.Person)}
		if len(p.Grants) > 0 {
			d.Role = s.grantName(&p.Grants[0], s.LangOf(r))
		}
		v.Demos = append(v.Demos, d)
	}
	return v, err
}

// rank orders demonstration accounts as the pack lists the roles, administrators last.
func (s *room) rank(p *people.Seen) int {
	if len(p.Grants) == 0 {
		return len(s.Pack.Roles)
	}
	i := slices.IndexFunc(s.Pack.Roles, func(r *pack.Role) bool { return r.ID == string(p.Grants[0].Role) })
	if i >= 0 && s.Pack.Roles[i].Rows == pack.RowsNone {
		i += len(s.Pack.Roles)
	}
	return i
}

func (s *room) showSignIn(w http.ResponseWriter, r *http.Request) error {
	if !s.Door.Peopled(r.Context()) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	v, err := s.signInView(r)
	if err != nil {
		return err
	}
	if e := entered(r.Context()); e != nil && v.Lost == "" {
		http.Redirect(w, r, back(v.Back), http.StatusSeeOther)
		return nil
	}
	if v.LostNote {
		s.RenderStatus(w, r, http.StatusUnauthorized, "signin", v)
		return nil
	}
	return s.Render(w, r, "signin", v)
}

// back is where one goes after signing in.
func back(path string) string {
	if path == "" || strings.HasPrefix(path, frame.SignIn) {
		return "/"
	}
	return path
}

// signIn takes account and password. Whoever has a second factor gives it next.
func (s *room) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := s.peopled(r); err != nil {
		return err
	}
	id := r.PostForm.Get("person")
	token, half, err := s.People.SignIn(r.Context(), id, r.PostForm.Get("password"), placeOf(r), s.token(r))
	if err != nil {
		return s.again(w, r, id, false, err)
	}
	s.keep(w, r, token)
	if half {
		v, err := s.signInView(r)
		if err != nil {
			return err
		}
		v.Second = true
		return s.Render(w, r, "signin", v)
	}
	return s.come(w, r)
}

func (s *room) signInSecond(w http.ResponseWriter, r *http.Request) error {
	token, err := s.People.SecondFactor(r.Context(), s.token(r), r.PostForm.Get("code"), placeOf(r))
	if isSignedOut(err) {
		err = fault.New(fault.Invalid, "登录超时，请重新输入账号和口令。", "This took too long: give account and password again.").Wrap(err)
		return s.again(w, r, "", false, err)
	}
	if err != nil {
		return s.again(w, r, "", true, err)
	}
	s.keep(w, r, token)
	return s.come(w, r)
}

// come goes on to where somebody wanted, or shows the form that he had sent before.
func (s *room) come(w http.ResponseWriter, r *http.Request) error {
	if l := lost.Of(r); l != nil {
		next := r.Clone(r.Context())
		ctx, err := s.freshly(w, next)
		if err == nil {
			return s.AskAgain(w, r.WithContext(ctx), l)
		}
	}
	http.Redirect(w, r, back(lost.OwnPath(r.PostForm.Get("back"))), http.StatusSeeOther)
	return nil
}

// again shows the page to sign in with what was wrong.
func (s *room) again(w http.ResponseWriter, r *http.Request, id string, second bool, err error) error {
	var f *fault.Error
	if fault.Of(err) != fault.Invalid || !asFault(err, &f) {
		return err
	}
	v, err := s.signInView(r)
	if err != nil {
		return err
	}
	v.ID, v.Second, v.Sentence = id, second, f.In(s.LangOf(r))
	s.RenderStatus(w, r, http.StatusUnprocessableEntity, "signin", v)
	return nil
}

func (s *room) signOut(w http.ResponseWriter, r *http.Request) error {
	to := frame.SignIn
	if token := s.token(r); token != "" {
		by, err := s.People.SignOut(r.Context(), token)
		if err != nil {
			return err
		}
		if s.Provider != nil && by == s.Provider.ID {
			to += "?" + signedOut + "=1"
		}
	}
	s.keep(w, r, "")
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// startView is the page that makes the three administrators, and the one that gives their links.
type startView struct {
	Roles []startRole
	Links []madeLink // afterwards
}

type startRole struct{ ID, Name, Note string }

// madeLink is a one-time link as it is shown once.
type madeLink struct{ ID, Name, Role, URL string }

func (s *room) startView(r *http.Request) *startView {
	v := &startView{}
	for _, id := range people.Administrators {
		if role := s.People.Role(id); role != nil {
			v.Roles = append(v.Roles, startRole{string(id), role.Name.In(s.LangOf(r)), role.Note.In(s.LangOf(r))})
		}
	}
	return v
}

func (s *room) showStart(w http.ResponseWriter, r *http.Request) error {
	if l, _, err := s.People.OpenLink(r.Context(), r.PathValue("token")); err != nil || l.Kind != people.Start {
		return first(err, frame.ErrNoPage())
	}
	return s.Render(w, r, "start-people", s.startView(r))
}

func (s *room) start(w http.ResponseWriter, r *http.Request) error {
	var three []people.Person
	for _, id := range people.Administrators {
		three = append(three, people.Person{ID: r.PostForm.Get(string(id)), Name: r.PostForm.Get(string(id) + ".name")})
	}
	links, err := s.People.StartWith(r.Context(), r.PathValue("token"), three)
	if err != nil {
		return err
	}
	v := s.startView(r)
	for i, l := range links {
		v.Links = append(v.Links, madeLink{three[i].ID, three[i].Name, v.Roles[i].Name, s.linkURL(r, l)})
	}
	return s.Render(w, r, "start-people", v)
}

// linkURL is a one-time link with the name by which this server was asked.
func (s *room) linkURL(r *http.Request, token string) string {
	return s.origin(r) + "/link/" + token
}

// linkView is the page on which the person of a one-time link chooses a password.
type linkView struct {
	rules
	ID, Name, Token string
	Recovery        bool
	Done            bool
}

func (s *room) showLink(w http.ResponseWriter, r *http.Request) error {
	l, who, err := s.People.OpenLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if l.Kind == people.Start {
		return frame.ErrNoPage()
	}
	return s.Render(w, r, "choose", &linkView{rules: s.rules(r), ID: who.ID, Name: nameOf(who), Token: r.PathValue("token"), Recovery: l.Kind == people.Recovery})
}

func (s *room) useLink(w http.ResponseWriter, r *http.Request) error {
	if r.PostForm.Get("password") != r.PostForm.Get("again") {
		return errTwice()
	}
	id, err := s.People.UseLink(r.Context(), r.PathValue("token"), r.PostForm.Get("password"))
	if err != nil {
		return err
	}
	return s.Render(w, r, "choose", &linkView{ID: id, Done: true})
}

func errTwice() error {
	return fault.New(fault.Invalid, "两次输入的口令不一样，请重新输入。", "The two passwords differ: type them again.")
}

// joinView is the page on which somebody of an enterprise asks for an account.
type joinView struct {
	rules
	Code, Name, Phone string
	ID                string // afterwards: of the account
	Sentence          string
}

func (s *room) showJoin(w http.ResponseWriter, r *http.Request) error {
	if err := s.peopled(r); err != nil {
		return err
	}
	return s.Render(w, r, "join", &joinView{rules: s.rules(r)})
}

func (s *room) join(w http.ResponseWriter, r *http.Request) error {
	if err := s.peopled(r); err != nil {
		return err
	}
	f := r.PostForm
	v := &joinView{rules: s.rules(r), Code: f.Get("code"), Name: f.Get("name"), Phone: f.Get("phone")}
	var err error
	if f.Get("password") != f.Get("again") {
		err = errTwice()
	} else {
		v.ID, err = s.People.Join(r.Context(), v.Code, v.Name, v.Phone, f.Get("password"), placeOf(r))
	}
	var said *fault.Error
	if fault.Of(err) == fault.Invalid && asFault(err, &said) { // the fields come back, but for the password
		v.ID, v.Sentence = "", said.In(s.LangOf(r))
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "join", v)
		return nil
	}
	if err != nil {
		return err
	}
	return s.Render(w, r, "join", v)
}
