// Package door is what a request passes before any room: whether it asks by our name, comes from our pages and keeps
// moving; and how its answer is packed and protected.
package door

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"eyas/internal/web/frame"
)

// policy lets a page load what this server serves and nothing else; scripts and styles inside a page are refused.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Guard sets the security headers, refuses requests by a foreign name and writes that another site sends, turns a panic
// into an error page, and compresses what is answered.
func Guard(f *frame.Frame, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(f.Page(func(http.ResponseWriter, *http.Request) error { return frame.ErrCrossSite() }))
	inner := admitted(f, cross.Handler(next))
	return compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				f.Log.Error("panic", "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				f.Fail(w, r, fmt.Errorf("panic: %v", p))
			}
		}()
		inner.ServeHTTP(w, r)
	}))
}
