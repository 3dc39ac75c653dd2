package frame

import (
	"net/http"
	"slices"

	"eyas/internal/web/address"
)

// typeCookie keeps how large the letters of all pages are.
const typeCookie = "type"

// types are the sizes of letters, the usual one first.
var types = []string{"usual", "large", "largest"}

// typeOf is the size of letters that a reader has chosen; empty for the usual one.
func typeOf(r *http.Request) string {
	if c, err := r.Cookie(typeCookie); err == nil && slices.Contains(types[1:], c.Value) {
		return c.Value
	}
	return ""
}

// keepType keeps the size of letters that a reader chooses.
func keepType(w http.ResponseWriter, chosen string) error {
	if !slices.Contains(types, chosen) {
		return address.UnknownFilter("size", chosen)
	}
	http.SetCookie(w, &http.Cookie{Name: typeCookie, Value: chosen, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	return nil
}

// dark is the theme of large screens on a wall.
const dark = "dark"

// themeOf is the theme that an address asks for; empty for the light one.
func themeOf(r *http.Request) string {
	if r.URL.Query().Get("theme") == dark {
		return dark
	}
	return ""
}
