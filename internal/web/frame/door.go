package frame

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"maps"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/web/address"
	"eyas/internal/web/lost"
)

// Door lets persons in, and says to pages who is in.
type Door interface {
	// Enter tells who asks: it gives the request's context in which he acts. The error is a fault with code
	// fault.Unauthorised when nobody has signed in, or a *lost.Instead.
	Enter(r *http.Request) (context.Context, error)
	// Me is who has signed in, for the frame of a page; nil: nobody has, or the base has no people.
	Me(ctx context.Context, lang string) *Me
	// Peopled reports whether the base has people.
	Peopled(ctx context.Context) bool
}

// Me is who has signed in, as pages name him.
type Me struct {
	Name, Role string
	Viewed     string // as whom the pages are seen, with his role; empty: as oneself
	Choices    bool   // there are other roles to choose from
}

// SignIn is the address of the page where persons sign in.
const SignIn = "/sign-in"

// AccountPath is the page of who has signed in.
const AccountPath = "/account"

// OwnPath leads who stands for one subject to its page.
const OwnPath = "/own"

// MandatesPath is the page of what is entrusted to who has signed in.
const MandatesPath = "/mandates"

// StopLooking is where it ends that pages are seen as another person sees them.
const StopLooking = "/look/end"

// whileLooking are the forms that may be sent while the pages are seen as another person sees them.
var whileLooking = map[string]bool{StopLooking: true, "/sign-out": true, "/type": true}

func errLooking() error {
	return fault.New(fault.Forbidden, "以他人身份查看时只能看，不能改。请先结束查看。", "While you see the pages as another person sees them, you can only look. End that first.")
}

// signIn answers a request of somebody who has not signed in, and reports whether it did: with the page to sign in for the first
// page and for forms, which it carries along, and with a way to it for others.
func (f *Frame) signIn(w http.ResponseWriter, r *http.Request, err error) bool {
	var instead *lost.Instead
	if errors.As(err, &instead) && f.Door != nil && !wantsJSON(r) {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, instead.URL, http.StatusSeeOther)
		return true
	}
	if f.Door == nil || wantsJSON(r) {
		return false
	}
	if fault.Of(err) == fault.Forbidden && r.URL.Path == "/" && r.Method == http.MethodGet && auth.Of(r.Context()) != "" && f.Door.Peopled(r.Context()) {
		begin := AccountPath // who may not see the first page begins with himself
		if f.NeedsMandate(r.Context()) {
			begin = MandatesPath
		}
		http.Redirect(w, r, begin, http.StatusSeeOther)
		return true
	}
	if fault.Of(err) != fault.Unauthorised {
		return false
	}
	page := r.Clone(context.WithValue(r.Context(), noticed{}, (*notice)(nil)))
	switch {
	case r.Method == http.MethodPost && len(r.PostForm) > 0 && !secretIn(r):
		l := &lost.Form{Action: r.URL.RequestURI()}
		for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
			for _, value := range r.PostForm[name] {
				l.Fields = append(l.Fields, address.Field{Name: name, Value: value})
			}
		}
		page = page.WithContext(lost.With(page.Context(), l))
	case r.Method == http.MethodPost: // a file, or a button alone: back to the page that it was sent from
		to := SignIn
		if from, err := url.Parse(cameFrom(r)); err == nil && from.Path != "" && !strings.HasPrefix(from.Path, SignIn) {
			to += "?" + url.Values{"back": {from.Path}}.Encode()
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return true
	case r.URL.Path != "/":
		w.Header().Set("Cache-Control", "no-store")
		if numberAsked(r) != "" { // it is asked for again, rather than to stand in an address
			http.Redirect(w, r, SignIn, http.StatusSeeOther)
			return true
		}
		http.Redirect(w, r, SignIn+"?"+url.Values{"back": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		return true
	}
	page.Method, page.URL, page.RequestURI = http.MethodGet, &url.URL{Path: SignIn}, SignIn
	page.Body, page.ContentLength, page.Form, page.PostForm, page.MultipartForm = http.NoBody, 0, nil, nil, nil
	page.Header = r.Header.Clone()
	page.Header.Del("Content-Type")
	f.mux.ServeHTTP(w, page)
	return true
}

// secretIn reports whether a form has a password or a code in it, which no page carries along.
func secretIn(r *http.Request) bool {
	return slices.ContainsFunc([]string{"password", "old", "again", "code"}, r.PostForm.Has) && (strings.HasPrefix(r.URL.Path, AccountPath) || strings.HasPrefix(r.URL.Path, SignIn))
}

// AskAgain shows a form that was carried along while its writer signed in, to be sent by him.
func (f *Frame) AskAgain(w http.ResponseWriter, r *http.Request, l *lost.Form) error {
	text := f.Words(f.LangOf(r))
	v := &lostView{Status: http.StatusOK, Sentence: text("lost.signedIn"), Action: l.Action, Fields: l.Fields, Back: "/"}
	for _, x := range l.Fields {
		if key := writtenByHand[x.Name]; key != "" && x.Value != "" {
			v.Written = append(v.Written, address.Field{Name: text(key), Value: x.Value})
		}
	}
	return f.Render(w, r, "lost", v)
}

// shows reports whether the frame shows an entry to who acts.
func (f *Frame) shows(ctx context.Context, e *Entry) bool {
	if own := f.OwnSubject(ctx) != 0; e.Single != own && (e.Single || e.Lists) {
		return false
	}
	if e.Shown != nil {
		return e.Shown(ctx)
	}
	if e.Needs != "" {
		return f.Actors.Decide(ctx, e.Needs, auth.Resource{}) == nil
	}
	return f.SeesAny(ctx)
}

// OwnSubject is the subject for which somebody acts whose role sees that one alone, as an enterprise does; 0 for all others.
func (f *Frame) OwnSubject(ctx context.Context) int64 {
	a := f.Actors.Acting(ctx)
	if role := f.Pack.Role(string(a.Role)); role != nil && role.Rows == pack.RowsOwn {
		return a.Subject
	}
	return 0
}

// NeedsMandate reports whether who acts does in his role only what is entrusted to him.
func (f *Frame) NeedsMandate(ctx context.Context) bool {
	role := f.Pack.Role(string(f.Actors.Acting(ctx).Role))
	return role != nil && role.Mandate != nil
}

// SeesAny reports whether who acts sees any subjects: an expert whom nothing is assigned to sees none.
func (f *Frame) SeesAny(ctx context.Context) bool {
	_, err := f.Actors.Scope(ctx, "")
	return err == nil
}

// May reports whether who acts may do something at all, so that what leads to it is offered. Where things lie is decided when they
// are asked for.
func (f *Frame) May(ctx context.Context, action auth.Action) bool {
	return f.Actors.Decide(ctx, action, auth.Resource{}) == nil
}

// MayOf is May for the subjects of a register.
func (f *Frame) MayOf(ctx context.Context, action auth.Action, register string) bool {
	return f.Actors.Decide(ctx, action, auth.Resource{Register: register}) == nil
}
