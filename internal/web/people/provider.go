package people

import (
	"crypto/subtle"
	"net/http"
	"net/url"

	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/people/oidc"
	"eyas/internal/web/frame"
	"eyas/internal/web/lost"
)

// The addresses of a sign-in by a provider of identities: where it begins and where the browser comes back.
const (
	providerPath = frame.SignIn + "/provider"
	donePath     = providerPath + "/done"
	endPath      = providerPath + "/end"
	// signedOut is the name in the address of the page to sign in that says that one has just signed out.
	signedOut = "out"
)

// The cookies that bind a sign-in at the provider to the browser that began it.
const (
	secureFlow = "__Host-eyas-flow"
	plainFlow  = "eyas-flow"
	flowAge    = 600 // seconds
)

// offerProvider fills in the page to sign in with what it says about the provider.
func (s *room) offerProvider(v *signInView, r *http.Request) {
	if s.Provider == nil {
		return
	}
	v.Provider, v.Begin = s.Provider.In(s.LangOf(r)), providerPath
	if v.Back != "" {
		v.Begin += "?" + url.Values{"back": {v.Back}}.Encode()
	}
	if v.SignedOut = r.FormValue(signedOut) != ""; v.SignedOut {
		v.Out = s.Provider.SignOut(s.origin(r) + frame.SignIn)
	}
}

// origin is this server by the name by which it was asked.
func (s *room) origin(r *http.Request) string {
	if s.secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// provided refuses where there is no provider, or the base has no people.
func (s *room) provided(r *http.Request) error {
	if s.Provider == nil {
		return frame.ErrNoPage()
	}
	return s.peopled(r)
}

// goToProvider sends the browser to the provider.
func (s *room) goToProvider(w http.ResponseWriter, r *http.Request) error {
	if err := s.provided(r); err != nil {
		return err
	}
	secrets := oidc.NewSecrets()
	state, err := s.People.StartFlow(r.Context(), people.Flow{Nonce: secrets.Nonce, Verifier: secrets.Verifier, Back: back(lost.OwnPath(r.FormValue("back")))}, placeOf(r))
	if err != nil {
		return err
	}
	to, err := s.Provider.Begin(r.Context(), state, secrets, s.origin(r)+donePath)
	if err != nil {
		s.noted(err)
		return err
	}
	s.bind(w, r, state)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// bind has the browser keep the state of its sign-in; an empty one is forgotten.
func (s *room) bind(w http.ResponseWriter, r *http.Request, state string) {
	c := &http.Cookie{Name: plainFlow, Value: state, Path: "/", MaxAge: flowAge, HttpOnly: true, Secure: s.secure(r), SameSite: http.SameSiteLaxMode}
	if c.Secure {
		c.Name = secureFlow
	}
	if state == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// bound reports whether a state is that of the browser's own sign-in.
func (s *room) bound(r *http.Request, state string) bool {
	name := plainFlow
	if s.secure(r) {
		name = secureFlow
	}
	c, err := r.Cookie(name)
	return err == nil && state != "" && subtle.ConstantTimeCompare([]byte(c.Value), []byte(state)) == 1
}

// answered goes on with what is needed of the provider's answer: of the other names in its address some mean something else on the
// pages here, such as scope.
func (s *room) answered(w http.ResponseWriter, r *http.Request) error {
	if err := s.provided(r); err != nil {
		return err
	}
	all, needed := r.URL.Query(), url.Values{}
	for _, name := range []string{"code", "state", "iss", "error"} {
		if v := all.Get(name); v != "" {
			needed.Set(name, v)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, endPath+"?"+needed.Encode(), http.StatusSeeOther)
	return nil
}

// comeFromProvider signs in whom the provider sends back. What fails is said on the page to sign in, and told to the log.
func (s *room) comeFromProvider(w http.ResponseWriter, r *http.Request) error {
	if err := s.provided(r); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	token, half, to, err := s.endOfFlow(w, r)
	if err != nil {
		s.noted(err)
		if fault.Of(err) != fault.Invalid {
			return s.saidAgain(w, r, http.StatusForbidden, err, fault.Forbidden)
		}
		if err := s.People.ProviderFailed(r.Context(), placeOf(r)); err != nil {
			return err
		}
		return s.saidAgain(w, r, http.StatusUnprocessableEntity, err, fault.Invalid)
	}
	s.keep(w, r, token)
	if half {
		v, err := s.signInView(r)
		if err != nil {
			return err
		}
		v.Second, v.Back = true, to
		return s.Render(w, r, "signin", v)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// noted tells the log of the program why nobody was signed in: pages say no more than what a person can do.
func (s *room) noted(err error) {
	s.Log.Warn("sign-in by the provider", "provider", s.Provider.ID, "error", err)
}

// endOfFlow takes the answer of the provider, once, from the browser that began.
func (s *room) endOfFlow(w http.ResponseWriter, r *http.Request) (token string, half bool, to string, err error) {
	q := r.URL.Query()
	state := q.Get("state")
	own := s.bound(r, state)
	s.bind(w, r, "")
	flow, err := s.People.TakeFlow(r.Context(), state)
	if err != nil {
		return "", false, "", err
	}
	if !own {
		return "", false, "", fault.New(fault.Invalid, "这次登录不是在这个浏览器里开始的。请从登录页重新开始。", "This sign-in was not begun in this browser. Begin again on the page to sign in.")
	}
	who, err := s.Provider.End(r.Context(), q, oidc.Secrets{Nonce: flow.Nonce, Verifier: flow.Verifier}, s.origin(r)+donePath)
	if err != nil {
		return "", false, "", err
	}
	k := people.Known{Provider: s.Provider.ID, Issuer: s.Provider.Issuer, Subject: who.Subject, ID: who.Account, Name: who.Display, Mail: who.Mail, Factor: who.Factor}
	for _, h := range who.Roles {
		k.Roles = append(k.Roles, people.GrantAsk{Role: h.Role, Org: h.Org, Code: h.Code})
	}
	token, half, err = s.People.SignInBy(r.Context(), k, s.Provider.Unknown == oidc.Propose, placeOf(r), s.token(r))
	return token, half, flow.Back, err
}

// saidAgain shows the page to sign in with a fault of a kind; what is of another kind is answered as it is.
func (s *room) saidAgain(w http.ResponseWriter, r *http.Request, status int, err error, code fault.Code) error {
	var f *fault.Error
	if fault.Of(err) != code || !asFault(err, &f) {
		return err
	}
	v, err := s.signInView(r)
	if err != nil {
		return err
	}
	v.Sentence = f.In(s.LangOf(r))
	s.RenderStatus(w, r, status, "signin", v)
	return nil
}
