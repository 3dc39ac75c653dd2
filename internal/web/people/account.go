package people

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"html/template"
	"image/png"
	"net/http"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/web/frame"
)

func asFault(err error, f **fault.Error) bool { return errors.As(err, f) }

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// freshly has a request enter by the token that was just given to its browser.
func (s *room) freshly(w http.ResponseWriter, r *http.Request) (context.Context, error) {
	answer := http.Response{Header: w.Header()}
	for _, c := range answer.Cookies() {
		if c.Name == s.cookie(r) {
			r.Header = r.Header.Clone()
			r.Header.Set("Cookie", c.Name+"="+c.Value)
		}
	}
	return s.Enter(r)
}

// accountView is the page of who has signed in.
type accountView struct {
	ID, Name, Phone, Mail string
	Second                bool
	Roles                 []roleRow
	Sessions              []sessionRow
	None                  bool // nothing is granted
	Asked                 bool // and an account was only asked for
	Demo                  bool
	Hooks                 bool // webhooks can be made
	Local                 bool // has a password here, and does not sign in by a provider alone
}

type roleRow struct {
	Grant       int64
	Name, Until string
	For         string // whom one stands in for; empty: oneself
	Here        bool
}

type sessionRow struct {
	ID, From, Browser, Made, Seen string
	Here                          bool
}

func (s *room) showAccount(w http.ResponseWriter, r *http.Request) error {
	if err := s.peopled(r); err != nil {
		return err
	}
	e, err := self(r)
	if err != nil {
		return err
	}
	p := e.Person
	v := &accountView{ID: p.ID, Name: p.Name, Phone: p.Phone, Mail: p.Mail, None: len(e.Grants) == 0, Asked: p.State == people.Asked, Demo: p.Demo, Local: e.Local, Hooks: s.Hooks != nil}
	if v.Second, err = s.People.HasSecond(r.Context(), p.ID); err != nil {
		return err
	}
	for i := range e.Grants {
		g := &e.Grants[i]
		row := roleRow{Grant: g.ID, Name: s.grantName(g, s.LangOf(r)), Until: g.Until, Here: g.ID == e.Actor.Grant}
		if g.Person != p.ID {
			row.For = g.Person
		}
		v.Roles = append(v.Roles, row)
	}
	list, err := s.People.Sessions(r.Context(), p.ID)
	if err != nil {
		return err
	}
	for i := range list {
		x := &list[i]
		v.Sessions = append(v.Sessions, sessionRow{x.ID(), x.From, x.Browser, s.When(x.Made), s.When(x.Seen), x.Key == e.Session.Key})
	}
	return s.Render(w, r, "account", v)
}

func (s *room) setName(w http.ResponseWriter, r *http.Request) error {
	if _, err := self(r); err != nil {
		return err
	}
	if err := s.People.SetName(r.Context(), r.PostForm.Get("name"), r.PostForm.Get("phone"), r.PostForm.Get("mail")); err != nil {
		return err
	}
	http.Redirect(w, r, frame.AccountPath, http.StatusSeeOther)
	return nil
}

// passwordView is the page to change one's password.
type passwordView struct {
	rules
	Owed     bool
	ID       string
	Sentence string
}

func (s *room) showPassword(w http.ResponseWriter, r *http.Request) error {
	e, err := self(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, "password", &passwordView{rules: s.rules(r), Owed: e.Owes == people.OwesPassword, ID: e.Person.ID})
}

func (s *room) changePassword(w http.ResponseWriter, r *http.Request) error {
	e, err := self(r)
	if err != nil {
		return err
	}
	if e.Person.Demo {
		return fault.New(fault.Conflict, "示例账号的口令不能改。", "The password of a demonstration account cannot be changed.")
	}
	f := r.PostForm
	if f.Get("password") != f.Get("again") {
		return errTwice()
	}
	token, err := s.People.ChangePassword(r.Context(), s.token(r), f.Get("old"), f.Get("password"), placeOf(r))
	if err != nil {
		return err
	}
	s.keep(w, r, token)
	http.Redirect(w, r, frame.AccountPath, http.StatusSeeOther)
	return nil
}

// strength judges a password while it is typed: of who has signed in, of the person of a link, or of nobody.
func (s *room) strength(w http.ResponseWriter, r *http.Request) error {
	var who *people.Person
	if e := entered(r.Context()); e != nil {
		who = e.Person
	} else if link := r.PostForm.Get("link"); link != "" {
		if _, p, err := s.People.OpenLink(r.Context(), link); err == nil {
			who = p
		}
	}
	got, err := s.People.StrengthFor(r.Context(), who, r.PostForm.Get("password"))
	if err != nil {
		return err
	}
	return frame.WriteJSON(w, map[string]any{"score": got.Score, "broken": got.Broken})
}

// secondView is the page that sets a second factor up, and then gives the recovery codes.
type secondView struct {
	Owed   bool
	Has    bool
	Secret string
	QR     template.URL
	Codes  []string
}

func (s *room) showSecond(w http.ResponseWriter, r *http.Request) error {
	e, err := self(r)
	if err != nil {
		return err
	}
	v := &secondView{Owed: e.Owes == people.OwesSecond}
	if v.Has, err = s.People.HasSecond(r.Context(), e.Person.ID); err != nil {
		return err
	}
	key, err := s.People.FreshFactor(r.Context(), e.Person.ID)
	if err != nil {
		return err
	}
	img, err := key.Image(240, 240)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return err
	}
	v.QR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
	for i, c := range key.Secret() {
		if i > 0 && i%4 == 0 {
			v.Secret += " "
		}
		v.Secret += string(c)
	}
	return s.Render(w, r, "second", v)
}

func (s *room) confirmSecond(w http.ResponseWriter, r *http.Request) error {
	e, err := self(r)
	if err != nil {
		return err
	}
	if e.Person.Demo {
		return fault.New(fault.Conflict, "示例账号不设第二因素。", "A demonstration account has no second factor.")
	}
	codes, token, err := s.People.ConfirmFactor(r.Context(), s.token(r), r.PostForm.Get("code"))
	if err != nil {
		return err
	}
	s.keep(w, r, token)
	return s.Render(w, r, "second", &secondView{Codes: codes})
}

func (s *room) choose(w http.ResponseWriter, r *http.Request) error {
	grant, err := strconv.ParseInt(r.PostForm.Get("grant"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "请选择一个身份。", "Choose a role.")
	}
	token, err := s.People.Choose(r.Context(), s.token(r), grant)
	if err != nil {
		return err
	}
	s.keep(w, r, token)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *room) revoke(w http.ResponseWriter, r *http.Request) error {
	e, err := self(r)
	if err != nil {
		return err
	}
	if err := s.People.Revoke(r.Context(), e.Person.ID, r.PathValue("id")); err != nil {
		return err
	}
	http.Redirect(w, r, frame.AccountPath, http.StatusSeeOther)
	return nil
}

func (s *room) look(w http.ResponseWriter, r *http.Request) error {
	id, err := grantID(r)
	if err != nil {
		return err
	}
	token, err := s.People.SeeAs(r.Context(), s.token(r), id, r.PostForm.Get("reason"))
	if err != nil {
		return err
	}
	s.keep(w, r, token)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *room) stopLooking(w http.ResponseWriter, r *http.Request) error {
	e, err := signedIn(r)
	if err != nil {
		return err
	}
	viewed := ""
	if e.Viewed != nil {
		viewed = e.Viewed.ID
	}
	token, err := s.People.StopLooking(auth.In(r.Context(), auth.Actor{ID: e.Person.ID}), s.token(r))
	if err != nil {
		return err
	}
	s.keep(w, r, token)
	next := "/"
	if viewed != "" {
		next = "/people/" + viewed
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}
