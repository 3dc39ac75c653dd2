package web

import "net/http"

// frameRoutes adds what belongs to no room.
func (s *Server) frameRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.page(s.startView))
}

// startView guides from an empty base to an import or to the demonstration city.
func (s *Server) startView(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, "start", nil)
}
