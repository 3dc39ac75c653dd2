package frame

import (
	"net/http"
	"strings"
)

// APIPath begins the addresses of the API. They are answered to programs, which say by a token who they are; what a browser sends along
// by itself does not count there.
const APIPath = "/api/v1/"

// IsAPI reports whether a request is one of the API.
func IsAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, APIPath) }

// Bearer is the token that a request carries; empty: none.
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// WithoutCookies answers requests of the API as if they had no cookies.
func WithoutCookies(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if IsAPI(r) {
			r.Header.Del("Cookie")
		}
		h.ServeHTTP(w, r)
	})
}
