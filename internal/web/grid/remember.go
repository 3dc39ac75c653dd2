package grid

import (
	"net/http"
	"slices"
	"strings"
)

// remembered are the columns that were chosen before; nil: none were.
func remembered(r *http.Request, cookie string) []string {
	c, err := r.Cookie(cookie)
	if err != nil || c.Value == "" {
		return nil
	}
	return strings.Split(c.Value, "|")
}

// Remember keeps the columns that the address of a request asks for, so that the next plain visit shows the same; col=- forgets
// them.
func Remember(w http.ResponseWriter, r *http.Request, src Source, cookie string) {
	asked := r.URL.Query()["col"]
	if asked == nil {
		return
	}
	cols, kept := src.Columns(), []string{}
	for _, id := range asked {
		if c := cols.Find(id); c != nil && !c.Bare && !slices.Contains(kept, id) {
			kept = append(kept, id)
		}
	}
	if slices.Contains(asked, Reset) {
		kept = nil
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: strings.Join(kept, "|"), Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
}
