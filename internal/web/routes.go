package web

import (
	"context"
	"net/http"
)

// routes collects what the rooms answer: every route passes through it, so that each is wrapped alike and can be
// counted up.
type routes struct {
	server *Server
	mux    *http.ServeMux
	list   []string
}

// handler answers a request, or says why it cannot.
type handlerFunc = func(http.ResponseWriter, *http.Request) error

// page adds a route that answers people: its errors are pages.
func (t *routes) page(pattern string, h handlerFunc) { t.add(pattern, t.server.page(h)) }

// data adds a route that answers scripts: its errors are JSON.
func (t *routes) data(pattern string, h handlerFunc) { t.add(pattern, t.server.data(h)) }

func (t *routes) add(pattern string, h http.Handler) {
	t.list = append(t.list, pattern)
	t.mux.Handle(pattern, h)
}

// Handler answers the requests of the server's pages.
type Handler struct {
	http.Handler
	routes []string
}

// Routes are the patterns that are answered, such as "GET /s/{id}", in the order in which the rooms added them.
func (h *Handler) Routes() []string { return h.routes }

// addressed is the key of a request's context for its address as it was read and checked.
type addressed struct{}

// scripted is the key of a request's context for a route that answers scripts.
type scripted struct{}

// page turns a handler into one whose request was read and checked, and whose errors are answered.
func (s *Server) page(h handlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ask, err := s.readAsk(r)
		r = r.WithContext(context.WithValue(r.Context(), addressed{}, ask))
		if err == nil {
			err = readForm(w, r)
		}
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}
}

// data is page for a route that answers scripts.
func (s *Server) data(h handlerFunc) http.HandlerFunc {
	page := s.page(h)
	return func(w http.ResponseWriter, r *http.Request) {
		page(w, r.WithContext(context.WithValue(r.Context(), scripted{}, true)))
	}
}
