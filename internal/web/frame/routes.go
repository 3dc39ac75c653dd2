package frame

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/web/address"
	"eyas/internal/web/lost"
)

// Routes collects what the rooms answer: every route passes through it, so that each is wrapped alike and can be
// counted up.
type Routes struct {
	frame *Frame
	mux   *http.ServeMux
	list  []string
	// unsaid are the routes that change something and of which nobody says which right they need.
	unsaid []string
}

// needing is a handler for who may do an action.
func (f *Frame) needing(action auth.Action, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := f.acting(r)
		if err == nil {
			err = f.Actors.Decide(ctx, action, auth.Resource{})
		}
		if err != nil {
			f.Page(func(http.ResponseWriter, *http.Request) error { return err })(w, r.WithContext(ctx))
			return
		}
		h.ServeHTTP(w, r)
	})
}

// handler answers a request, or says why it cannot.
type handlerFunc = func(http.ResponseWriter, *http.Request) error

// Page adds a route that answers people: its errors are pages, and a page whose address has a mistake in it is shown without it.
func (t *Routes) Page(pattern string, h handlerFunc) {
	if strings.HasPrefix(pattern, "GET ") {
		t.frame.shown[pattern] = true
		t.Add(pattern, t.frame.byTurns(t.frame.Page(t.frame.mended(h))))
		return
	}
	t.Add(pattern, t.frame.Page(h))
}

// Open is Page for a route that answers those, too, who have not signed in: the context names nobody then.
func (t *Routes) Open(pattern string, h handlerFunc) {
	if strings.HasPrefix(pattern, "GET ") {
		t.frame.shown[pattern] = true
		h = t.frame.mended(h)
	}
	page := t.frame.Page(h)
	t.Add(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page(w, r.WithContext(context.WithValue(r.Context(), opened{}, true)))
	}))
}

// opened is the key of a request's context for a route that needs nobody to have signed in.
type opened struct{}

// form adds a route that shows no page of its own: it takes a form, or gives a file.
func (t *Routes) form(pattern string, h handlerFunc) { t.Add(pattern, t.frame.Page(h)) }

// Data adds a route that answers scripts: its errors are JSON.
func (t *Routes) Data(pattern string, h handlerFunc) {
	page := t.frame.Page(h)
	if strings.HasPrefix(pattern, "GET ") { // the body of a form may come slowly
		page = t.frame.byTurns(page)
	}
	t.Add(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page(w, r.WithContext(context.WithValue(r.Context(), scripted{}, true)))
	}))
}

// Add adds a route. Who may not do what Deps.Needs says of it is refused before anything of the request is looked at.
func (t *Routes) Add(pattern string, h http.Handler) {
	t.list = append(t.list, pattern)
	if f := t.frame; f.Needs != nil {
		action, said := f.Needs[pattern]
		if !said && !strings.HasPrefix(pattern, "GET ") && strings.Contains(pattern, " ") {
			t.unsaid = append(t.unsaid, pattern)
		}
		if action != "" {
			h = f.needing(action, h)
		}
	}
	t.mux.Handle(pattern, h)
}

// addressed is the key of a request's context for its address as it was read and checked.
type addressed struct{}

// Page turns a handler into one whose request was read and checked, and whose errors are answered.
func (f *Frame) Page(h handlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ask, err := f.reader.Read(r)
		f.enter(r, ask)
		ctx, refused := f.acting(r)
		r = r.WithContext(context.WithValue(ctx, addressed{}, ask))
		if refused == nil && auth.Named(ctx).Viewer != "" && r.Method == http.MethodPost && !whileLooking[r.URL.Path] {
			refused = errLooking()
		}
		if refused != nil {
			if f.Door != nil { // what was written comes back with the page to sign in
				address.ReadForm(w, r)
			}
			f.Fail(w, r, refused)
			return
		}
		if address.MistakenIn(err) != nil && f.mends(r) {
			r = r.WithContext(context.WithValue(r.Context(), mistaken{}, err))
			err = nil
		}
		if err == nil && !IsAPI(r) {
			err = address.ReadForm(w, r)
		}
		if err == nil {
			if number := numberAsked(r); number != "" && f.ByNumber != nil {
				err = f.ByNumber(w, r, number)
			} else {
				err = h(w, r)
			}
		}
		if err != nil {
			f.Fail(w, r, err)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			f.Recount(r.Context())
		}
	}
}

// numberAsked is the identity number that the address of a page searches for; empty: none.
func numberAsked(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.RawQuery == "" || IsAPI(r) {
		return ""
	}
	return address.NumberAsked(r.URL.Query())
}

// byTurns makes pages one turn each, so that under more requests than the machine can answer the served ones stay quick and
// the others are told to come again. A turn ends with the first byte of the answer: who takes it slowly holds up nobody.
func (f *Frame) byTurns(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		leave, err := f.opening.take(r.Context())
		switch {
		case err == nil:
			defer leave()
			h(&turnWriter{w, leave}, r)
		case fault.Of(err) == fault.Unavailable:
			f.turnAway(w, r, err)
		}
	}
}

// turnWriter ends a turn with the first byte of the answer.
type turnWriter struct {
	http.ResponseWriter
	leave func()
}

func (w *turnWriter) WriteHeader(status int) {
	w.leave()
	w.ResponseWriter.WriteHeader(status)
}

func (w *turnWriter) Write(p []byte) (int, error) {
	w.leave()
	return w.ResponseWriter.Write(p)
}

// Unwrap gives the writer below, for http.ResponseController.
func (w *turnWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Asked gives the context of a request in which its actor acts, before any page looks at it.
func (f *Frame) Asked(r *http.Request) (context.Context, error) { return f.acting(r) }

// Peopled reports whether the base has people.
func (f *Frame) Peopled(ctx context.Context) bool {
	return f.Who != nil || f.Door != nil && f.Door.Peopled(ctx)
}

// acting gives the context of a request, in which somebody acts. A job that answers a request for somebody has named him.
func (f *Frame) acting(r *http.Request) (context.Context, error) {
	switch ctx := r.Context(); {
	case auth.Of(ctx) != "":
		return ctx, nil
	case f.Door != nil:
		ctx, err := f.Door.Enter(r)
		if open, _ := ctx.Value(opened{}).(bool); open && err != nil {
			if fault.Of(err) == fault.Unauthorised || errors.As(err, new(*lost.Instead)) {
				err = nil
			}
		}
		return ctx, err
	case f.Who == nil:
		return auth.As(ctx, auth.Local), nil
	default:
		a, err := f.Who(r)
		return auth.In(ctx, a), err
	}
}

// Ask gives what the address of a request carries. It was read and checked before the handler was called; only before
// that, as for a request that is refused at the door, it is read here, and what cannot be read is left out.
func (f *Frame) Ask(r *http.Request) *address.Ask {
	if a, ok := r.Context().Value(addressed{}).(*address.Ask); ok {
		return a
	}
	a, _ := f.reader.Read(r)
	return a
}

// LangOf is the language of a request.
func (f *Frame) LangOf(r *http.Request) string { return f.reader.LangOf(r) }

// WriteJSON answers a script of our own pages.
func WriteJSON(w http.ResponseWriter, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(text)
	return nil
}

// chooseType keeps the size of letters that a reader chooses, and shows the page again on which it was chosen.
func (f *Frame) chooseType(w http.ResponseWriter, r *http.Request) error {
	if err := keepType(w, r.PostForm.Get("size")); err != nil {
		return err
	}
	back := cameFrom(r)
	if back == "" {
		back = f.Ask(r).Link("/")
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}
