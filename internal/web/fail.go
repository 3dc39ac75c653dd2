package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/rule/list"
)

// statuses is the one table from faults to HTTP.
var statuses = map[fault.Code]int{
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.NotFound:    http.StatusNotFound,
	fault.Forbidden:   http.StatusForbidden,
	fault.Conflict:    http.StatusConflict,
	fault.Internal:    http.StatusInternalServerError,
	fault.Unavailable: http.StatusServiceUnavailable,
}

func errNoPage() error {
	return fault.New(fault.NotFound, "没有这个页面。请检查网址，或从左侧栏目进入。",
		"There is no such page. Check the address, or start from the rooms on the left.")
}

func errCrossSite() error {
	return fault.New(fault.Forbidden, "这个提交来自另一个网站，已拒绝。请在本系统的页面里操作。",
		"This was submitted from another site and was refused. Please act on a page of this system.")
}

// failView is the error page.
type failView struct {
	Status   int
	Sentence string
}

// loading is how far the register that an address asks for is.
func (s *Server) loading(r *http.Request) list.State {
	if strings.HasPrefix(r.URL.Path, "/registers/") {
		if _, shelf, err := s.shelf(r.Context(), s.ask(r), r.PathValue("id")); err == nil {
			return shelf.State()
		}
	}
	base, err := s.base(r.Context(), s.ask(r))
	if err != nil {
		base = s.Base
	}
	return base.State()
}

// fail answers with an error page in the reader's language. What is not a fault is logged and shown as an apology.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	if errors.Is(err, list.ErrLoading) {
		w.Header().Set("Retry-After", "2")
		s.renderStatus(w, r, http.StatusServiceUnavailable, "loading", s.loading(r))
		return
	}
	status := statuses[fault.Of(err)]
	ask := s.ask(r)
	view := failView{Status: status}
	var f *fault.Error
	if errors.As(err, &f) && f.Code != fault.Internal {
		view.Sentence = f.In(ask.Lang)
	} else {
		s.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		view.Sentence, _ = s.catalogs[ask.Lang].Text("error.internal")
	}
	s.renderStatus(w, r, status, "error", view)
}
