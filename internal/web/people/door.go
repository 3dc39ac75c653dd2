package people

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/people/oidc"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/lost"
)

// Door lets persons in by the cookie of their session. It implements frame.Door.
type Door struct {
	People *people.People
	// TLS says that browsers come by HTTPS, although a proxy in front of the program ends it.
	TLS bool
	// Provider is a provider of identities by which people may sign in, too; nil: there is none.
	Provider *oidc.Provider

	rates rates // of the API
}

var _ frame.Door = (*Door)(nil)

// The cookies that hold the token of a session. A browser sends the first back by HTTPS only, and no page of another host can
// set it.
const (
	secureCookie = "__Host-eyas"
	plainCookie  = "eyas-session"
)

// enteredKey is the key of a request's context for who has signed in.
type enteredKey struct{}

// entered is who has signed in; nil: nobody, or the base has no people.
func entered(ctx context.Context) *people.Entered {
	e, _ := ctx.Value(enteredKey{}).(*people.Entered)
	return e
}

func (d *Door) secure(r *http.Request) bool { return d.TLS || r.TLS != nil }

func (d *Door) cookie(r *http.Request) string {
	if d.secure(r) {
		return secureCookie
	}
	return plainCookie
}

// token is the token that a request carries; empty: none.
func (d *Door) token(r *http.Request) string {
	c, err := r.Cookie(d.cookie(r))
	if err != nil {
		return ""
	}
	return c.Value
}

// keep has the browser keep a token; an empty one is forgotten. Session cookies end with the browser.
func (d *Door) keep(w http.ResponseWriter, r *http.Request, token string) {
	c := &http.Cookie{Name: d.cookie(r), Value: token, Path: "/", HttpOnly: true, Secure: d.secure(r), SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// placeOf is from where a request came.
func placeOf(r *http.Request) people.Place {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return people.Place{Address: host, Browser: r.UserAgent()}
}

// Peopled implements frame.Door.
func (d *Door) Peopled(ctx context.Context) bool {
	any, err := d.People.Any(ctx)
	return any || err != nil
}

// Enter implements frame.Door. On a base without people the local operator acts.
func (d *Door) Enter(r *http.Request) (context.Context, error) {
	ctx := r.Context()
	any, err := d.People.Any(ctx)
	if err != nil {
		return ctx, err
	}
	if frame.IsAPI(r) {
		return d.enterAPI(r, any)
	}
	if !any {
		return auth.As(ctx, auth.Local), nil
	}
	e, err := d.People.Enter(ctx, d.token(r), placeOf(r))
	if err != nil {
		return ctx, err
	}
	ctx = context.WithValue(auth.In(ctx, e.Actor), enteredKey{}, e)
	if own := strings.HasPrefix(r.URL.Path, frame.AccountPath) || r.URL.Path == "/sign-out"; e.Owes != "" && !own {
		return ctx, &lost.Instead{URL: frame.AccountPath + "/" + string(e.Owes)}
	}
	return ctx, nil
}

// Me implements frame.Door.
func (d *Door) Me(ctx context.Context, lang string) *frame.Me {
	e := entered(ctx)
	if e == nil {
		return nil
	}
	me := &frame.Me{Name: nameOf(e.Person), Role: d.roleOf(e.Actor, lang), Choices: len(e.Grants) > 1}
	if e.Viewed != nil {
		me.Viewed = nameOf(e.Viewed)
		if me.Role != "" {
			me.Viewed += " · " + me.Role
		}
	}
	return me
}

func nameOf(p *people.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

// roleOf names the role in which somebody acts, with his organisation.
func (d *Door) roleOf(a auth.Actor, lang string) string {
	return d.grantName(&people.Grant{Role: a.Role, Org: a.Org}, lang)
}

// grantName names what was granted.
func (d *Door) grantName(g *people.Grant, lang string) string {
	r := d.People.Role(g.Role)
	if r == nil {
		return ""
	}
	name := r.Name.In(lang)
	if o := d.People.Pack.Orgs.ByID(g.Org); o != nil {
		name += " · " + city.ShortName(o, lang)
	}
	if g.Code != "" {
		name += " · " + g.Code
	}
	return name
}

// actor names who did something: a person by his id, others in words.
func (s *room) actor(id, lang string) string {
	if p := s.Provider; p != nil && id == "oidc:"+p.ID {
		return p.In(lang)
	}
	if id == auth.Self {
		return s.Words(lang)("log.program")
	}
	return s.WriterIn("", lang, "").Actor(id)
}

// signedIn is who has signed in; an error when the base has no people, or nobody has.
func signedIn(r *http.Request) (*people.Entered, error) {
	if e := entered(r.Context()); e != nil {
		return e, nil
	}
	return nil, people.ErrSignedOut()
}

// self is who has signed in as himself: what is his own is shown to nobody who looks as he does.
func self(r *http.Request) (*people.Entered, error) {
	e, err := signedIn(r)
	if err == nil && e.Viewed != nil {
		err = fault.New(fault.Forbidden, "以他人身份查看时看不到账号。请先结束查看。", "While you see the pages as another person sees them, accounts are not shown. End that first.")
	}
	return e, err
}

// isSignedOut reports whether an error says that nobody has signed in.
func isSignedOut(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == fault.Unauthorised
}

// may reports whether who acts may do one of some actions.
func (s *room) may(ctx context.Context, actions ...auth.Action) bool {
	return slices.ContainsFunc(actions, func(a auth.Action) bool { return s.People.Decide(ctx, a, auth.Resource{}) == nil })
}

// day writes a time as the day in the city.
func (s *room) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.Pack.Zone).Format(time.DateOnly)
}
