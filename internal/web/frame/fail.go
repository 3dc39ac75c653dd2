package frame

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/locale"
	"eyas/internal/web/lost"
)

// StatusOf is the status with which an error is answered.
func StatusOf(err error) int { return statuses[fault.Of(err)] }

// statuses is the one table from faults to HTTP.
var statuses = map[fault.Code]int{
	fault.Invalid:   http.StatusUnprocessableEntity,
	fault.NotFound:  http.StatusNotFound,
	fault.Forbidden: http.StatusForbidden,
	fault.Conflict:  http.StatusConflict,
	fault.Internal:  http.StatusInternalServerError,

	fault.Unauthorised: http.StatusUnauthorized,
	fault.TooLarge:     http.StatusRequestEntityTooLarge,
	fault.Unavailable:  http.StatusServiceUnavailable,

	fault.Unconditional: http.StatusPreconditionRequired,
	fault.Stale:         http.StatusPreconditionFailed,
	fault.TooMany:       http.StatusTooManyRequests,
	fault.Unsupported:   http.StatusUnsupportedMediaType,
	fault.NoMethod:      http.StatusMethodNotAllowed,
}

// ErrNoPage is answered where there is no page.
func ErrNoPage() error {
	return fault.New(fault.NotFound, "没有这个页面。请检查网址，或从左侧栏目进入。",
		"There is no such page. Check the address, or start from the rooms on the left.")
}

// ErrCrossSite is answered to a form that another site sends.
func ErrCrossSite() error {
	return fault.New(fault.Forbidden, "这个提交来自另一个网站，已拒绝。请在本系统的页面里操作。",
		"This was submitted from another site and was refused. Please act on a page of this system.")
}

// failView is the error page.
type failView struct {
	Status   int
	Sentence string
	Back     string // the page that led here; empty: not known
	Why      *whyView
}

// whyView explains a refusal.
type whyView struct {
	Action       string
	May, Granted string // roles
}

// why explains a refusal for want of a right; nil: it is none. It says the same of what there is and of what there is not.
func (f *Frame) why(lang string, err error) *whyView {
	x, known := auth.RefusedIn(err), f.Actors
	rights, ok := known.(interface{ Why(*auth.Refused) auth.Why })
	if x == nil || !ok {
		return nil
	}
	w := rights.Why(x)
	if len(w.May) == 0 && len(w.Granted) == 0 {
		return nil
	}
	names := func(roles []*pack.Role) string {
		list := make([]string, len(roles))
		for i, r := range roles {
			list[i] = r.Name.In(lang)
		}
		return strings.Join(list, f.Words(lang)("error.why.and"))
	}
	return &whyView{w.Action.In(lang), names(w.May), names(w.Granted)}
}

// loading is how far the register that an address asks for is.
func (f *Frame) loading(r *http.Request) list.State {
	if strings.HasPrefix(r.URL.Path, "/registers/") {
		if _, base, err := f.InMemory(r.Context(), r.PathValue("id"), f.Ask(r).Moment()); err == nil {
			return base.State()
		}
	}
	base, err := f.BaseOf(r.Context(), f.Ask(r))
	if err != nil {
		_, base, err = f.InMemory(r.Context(), f.City.Register.ID, fact.Moment{})
	}
	if err != nil {
		return list.State{Err: err}
	}
	return base.State()
}

// retryAfter is when a reader, or a script, may ask again what cannot be answered now, in seconds.
const retryAfter = "10"

// gone reports an error that only says that who asked has gone.
func gone(ctx context.Context, err error) bool {
	return errors.Is(err, context.Canceled) && ctx.Err() != nil
}

// Broken logs what failed while a request was answered, but not because who asked has gone. args are more keys and values.
func (f *Frame) Broken(r *http.Request, what string, err error, args ...any) {
	if !gone(r.Context(), err) {
		f.Log.Error(what, append(args, "method", r.Method, "path", r.URL.Path, "error", err)...)
	}
}

// Fail answers with an error page in the reader's language, or with a problem in JSON to those who want no page. What is
// not a fault is logged and shown as an apology.
func (f *Frame) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if gone(r.Context(), err) {
		return // nobody is there to read it
	}
	if f.signIn(w, r, err) {
		return
	}
	ask := f.Ask(r)
	if v := f.lost(r, err); v != nil {
		w.Header().Set("Retry-After", retryAfter)
		f.RenderStatus(w, r, v.Status, "lost", v)
		return
	}
	if errors.Is(err, list.ErrLoading) {
		w.Header().Set("Retry-After", "2")
		if wantsJSON(r) {
			text, _ := f.catalogs[ask.Lang].Text("loading.title")
			f.problem(w, r, Problem{Status: http.StatusServiceUnavailable, Code: fault.Unavailable, Detail: text})
			return
		}
		f.RenderStatus(w, r, http.StatusServiceUnavailable, "loading", f.loading(r))
		return
	}
	code := fault.Of(err)
	view := failView{Status: statuses[code]}
	if view.Status == http.StatusServiceUnavailable || view.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", retryAfter)
	}
	var said *fault.Error
	if errors.As(err, &said) && code != fault.Internal {
		view.Sentence = said.In(ask.Lang)
	} else {
		f.Broken(r, "request failed", err)
		view.Sentence, _ = f.catalogs[ask.Lang].Text("error.internal")
	}
	if wantsJSON(r) {
		f.problem(w, r, Problem{Status: view.Status, Code: code, Detail: view.Sentence, Errors: problemFields(err, ask.Lang)})
		return
	}
	if v := f.conflict(r, err, view.Sentence); v != nil {
		f.RenderStatus(w, r, view.Status, "conflict", v)
		return
	}
	if f.back(w, r, code, view.Sentence) {
		return
	}
	view.Sentence = allSaid(r, view.Sentence)
	if from := cameFrom(r); from != "" && from != r.URL.RequestURI() {
		view.Back = from
	}
	view.Why = f.why(ask.Lang, err)
	f.RenderStatus(w, r, view.Status, "error", view)
}

// problem answers with a problem; its title follows from its code.
func (f *Frame) problem(w http.ResponseWriter, r *http.Request, p Problem) {
	lang := f.LangOf(r)
	p.Title = titles[p.Code].In(lang)
	text, err := json.Marshal(p)
	if err != nil {
		f.Log.Error("problem", "error", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", lang)
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
	if p.Status == http.StatusUnauthorized && IsAPI(r) {
		h.Set("WWW-Authenticate", `Bearer realm="eyas"`)
	}
	w.WriteHeader(p.Status)
	w.Write(text)
}

// ErrNoImports is answered by a server that was wired without registry, jobs or a folder for uploads.
func ErrNoImports() error {
	return fault.New(fault.Conflict, "这个程序启动时没有启用导入。请用 eyas serve 启动。", "This program was started without imports: start it with eyas serve.")
}

// A mistake in an address is no dead end: the same page is shown without what is wrong, with the sentence above it. A form that
// was refused comes back to the page that it was sent from, with the sentence and with what somebody wrote.

// mistaken is the key of a request's context for a mistake that reading its address has found.
type mistaken struct{}

// noticed is the key of a request's context for what is said above its page.
type noticed struct{}

// notice is what is said above a page that is shown in the place of another answer.
type notice struct {
	status  int // of the answer
	said    []string
	written []address.Field // what a person wrote into a form that was refused
	refill  string          // the form as it was sent, from which the page is filled in again; empty: it is not
}

// noticeOf is what is said above the page of a request; nil: nothing.
func noticeOf(r *http.Request) *notice {
	n, _ := r.Context().Value(noticed{}).(*notice)
	return n
}

// mends reports whether a request is answered with a page for people, which can be shown without what is wrong.
func (f *Frame) mends(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || wantsJSON(r) || r.URL.Query().Has("part") {
		return false
	}
	_, pattern := f.mux.Handler(r)
	return f.shown[pattern]
}

// mostMistakes is how many mistakes of one address are left out, one after the other.
const mostMistakes = 8

// mended is a page that is shown without the mistakes of its address.
func (f *Frame) mended(h handlerFunc) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		err, _ := r.Context().Value(mistaken{}).(error)
		for range mostMistakes {
			if err == nil {
				err = h(w, r)
			}
			next := f.without(r, err)
			if next == nil {
				return err
			}
			r = next
			_, err = f.reader.Read(r)
			if err != nil && address.MistakenIn(err) == nil {
				return err
			}
		}
		return err
	}
}

// without is a request without the names of its address that cause an error, which is said above the page; nil where the error
// is no such one.
func (f *Frame) without(r *http.Request, err error) *http.Request {
	names := address.MistakenIn(err)
	if names == nil || !f.mends(r) {
		return nil
	}
	values, changed := r.URL.Query(), false
	for _, name := range names {
		if values.Has(name) {
			values.Del(name)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	values.Del("page") // of another list
	n := &notice{status: statuses[fault.Of(err)]}
	if before := noticeOf(r); before != nil {
		n.said = append(n.said, before.said...)
	}
	n.said = append(n.said, f.sentence(f.LangOf(r), err))
	next := r.Clone(context.WithValue(context.WithValue(r.Context(), noticed{}, n), mistaken{}, nil))
	next.URL.RawQuery = values.Encode()
	ask, _ := f.reader.Read(next)
	f.enter(next, ask)
	return next.WithContext(context.WithValue(next.Context(), addressed{}, ask))
}

// back answers a form that was refused with the page that it was sent from, and reports whether it could. A refusal that lies in
// the program, or on the way, is none of the form's.
func (f *Frame) back(w http.ResponseWriter, r *http.Request, code fault.Code, sentence string) bool {
	if r.Method != http.MethodPost || noticeOf(r) != nil || code != fault.Invalid && code != fault.Conflict && code != fault.NotFound {
		return false
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host || from.Path == "" {
		return false
	}
	n := &notice{status: statuses[code], said: []string{sentence}, written: f.written(r), refill: refilled(r)}
	page := r.Clone(context.WithValue(r.Context(), noticed{}, n))
	page.Method, page.URL, page.RequestURI = http.MethodGet, &url.URL{Path: from.Path, RawPath: from.RawPath, RawQuery: from.RawQuery}, from.RequestURI()
	page.Body, page.ContentLength, page.Form, page.PostForm, page.MultipartForm = http.NoBody, 0, nil, nil, nil
	page.Header = r.Header.Clone()
	for _, name := range []string{"Content-Type", "Content-Length", "Origin", "Referer"} {
		page.Header.Del(name)
	}
	if _, pattern := f.mux.Handler(page); !f.shown[pattern] {
		return false
	}
	f.mux.ServeHTTP(w, page)
	return true
}

// mostRefilled bounds the form with which a page is filled in again, in bytes: what is longer is a list that was pasted.
const mostRefilled = 16 << 10

// refilled is the form of a request, for the page that it was sent from. Passwords and codes are left out, wherever they stand.
func refilled(r *http.Request) string {
	l := &lost.Form{Action: r.URL.Path}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		switch name {
		case "password", "old", "again", "code", SeenField:
			continue
		}
		for _, value := range r.PostForm[name] {
			l.Fields = append(l.Fields, address.Field{Name: name, Value: value})
		}
	}
	text := l.Text()
	if len(text) > mostRefilled {
		return ""
	}
	return text
}

// written are the fields of a form that a person filled in, as pages call them.
func (f *Frame) written(r *http.Request) (list []address.Field) {
	for name, key := range writtenByHand {
		for _, value := range r.PostForm[name] {
			if strings.TrimSpace(value) != "" {
				list = append(list, address.Field{Name: f.Words(f.LangOf(r))(key), Value: value})
			}
		}
	}
	return list
}

// allSaid are the sentences of what was refused before, for a page that could not be shown either.
func allSaid(r *http.Request, sentence string) string {
	n := noticeOf(r)
	if n == nil {
		return sentence
	}
	return strings.Join(append(n.said[:len(n.said):len(n.said)], sentence), " ")
}

// enter says from which room a page was entered that is of none of its own: the room that its address names, else that of the
// page that led here.
func (f *Frame) enter(r *http.Request, ask *address.Ask) {
	named := ask.Room
	ask.Room = ""
	if _, ok := f.plan.guest(ask.Path()); !ok {
		return
	}
	if named == "" {
		from, err := url.Parse(r.Referer())
		if err != nil || from.Host != r.Host || from.Path == "" {
			return
		}
		if named = f.plan.roomOf(from.Path); from.Query().Has("room") {
			if _, ok := f.plan.guest(from.Path); ok {
				named = from.Query().Get("room")
			}
		}
	}
	if _, known := f.plan.entry(named); known && named != f.plan.roomOf(ask.Path()) {
		ask.Room = named
	}
}

// pageRetry is when a page that was turned away is asked for again, in seconds.
const pageRetry = 3

// turnAway tells somebody to come again. The page stands alone, for nothing may be looked up for it.
func (f *Frame) turnAway(w http.ResponseWriter, r *http.Request, err error) {
	lang := f.LangOf(r)
	var said *fault.Error
	if !errors.As(err, &said) {
		return
	}
	h := w.Header()
	h.Set("Retry-After", fmt.Sprint(pageRetry))
	if wantsJSON(r) {
		f.problem(w, r, Problem{Status: http.StatusServiceUnavailable, Code: fault.Unavailable, Detail: said.In(lang)})
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	title, again := "请稍候", "再试一次"
	if lang != locale.Chinese {
		title, again = "One moment", "Try again"
	}
	if err := awayPage.Execute(w, map[string]any{"Lang": lang, "Title": title, "Text": said.In(lang), "Again": again, "In": pageRetry}); err != nil {
		f.Log.Warn("turned away", "path", address.Shortened(r.URL.Path), "error", err)
	}
}

var awayPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="{{.In}}"><title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p><p><a href="">{{.Again}}</a></p></main></body></html>
`))

func exportsBusy() error {
	return fault.New(fault.Unavailable, "同时导出的人太多，请过一会儿再试。", "Too many exports are being made at the same time. Try again in a moment.")
}

func pagesBusy() error {
	return fault.New(fault.Unavailable, "现在使用的人太多，这一页没有打开，也没有改动任何内容。请过几秒再试。", "Too many people are using the system now. The page was not opened and nothing was changed. Try again in a few seconds.")
}
