package frame

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/list"
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

// Fail answers with an error page in the reader's language, or with a problem in JSON to those who want no page. What is
// not a fault is logged and shown as an apology.
func (f *Frame) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
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
			f.problem(w, r, http.StatusServiceUnavailable, fault.Unavailable, text)
			return
		}
		f.RenderStatus(w, r, http.StatusServiceUnavailable, "loading", f.loading(r))
		return
	}
	code := fault.Of(err)
	view := failView{Status: statuses[code]}
	if view.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	var said *fault.Error
	if errors.As(err, &said) && code != fault.Internal {
		view.Sentence = said.In(ask.Lang)
	} else {
		f.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		view.Sentence, _ = f.catalogs[ask.Lang].Text("error.internal")
	}
	if wantsJSON(r) {
		f.problem(w, r, view.Status, code, view.Sentence)
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
	f.RenderStatus(w, r, view.Status, "error", view)
}

// Problem is an error as RFC 9457 writes it for scripts.
type Problem struct {
	Title  string     `json:"title"`
	Status int        `json:"status"`
	Detail string     `json:"detail"`
	Code   fault.Code `json:"code"`
}

func (f *Frame) problem(w http.ResponseWriter, r *http.Request, status int, code fault.Code, sentence string) {
	text, err := json.Marshal(Problem{http.StatusText(status), status, sentence, code})
	if err != nil {
		f.Log.Error("problem", "error", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", f.LangOf(r))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(text)
}

// wantsJSON reports whether a request is answered to a script: its route says so, or what it accepts.
func wantsJSON(r *http.Request) bool {
	if r.Context().Value(scripted{}) != nil {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// ErrNoImports is answered by a server that was wired without registry, jobs or a folder for uploads.
func ErrNoImports() error {
	return fault.New(fault.Conflict, "这个程序启动时没有启用导入。请用 eyas serve 启动。", "This program was started without imports: start it with eyas serve.")
}
