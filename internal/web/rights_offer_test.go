package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"eyas/internal/auth"
)

// TestNothingRefusedIsOffered follows, for each role, one link of every kind that a page offers, and those of the pages behind it:
// none of them leads to a page that is refused, and no page has a form that would be.
func TestNothingRefusedIsOffered(t *testing.T) {
	v := newProvince(t)
	who := map[string]auth.Actor{"agent": v.agent("here")}
	for _, role := range v.deps.Pack.Roles {
		org := mineOrg
		if len(role.Orgs) > 0 && role.Orgs[0] == "city" {
			org = "120000"
		}
		who[role.ID] = v.in(role, org, "here")
	}
	for name, a := range who {
		t.Run(name, func(t *testing.T) {
			w := v.send(a, http.MethodGet, "/", nil)
			for to := w.Header().Get("Location"); to != ""; to = w.Header().Get("Location") { // who stands for one subject
				w = v.send(a, http.MethodGet, to, nil)
			}
			if w.Code == http.StatusForbidden { // who may not see enterprises begins elsewhere
				w = v.send(a, http.MethodGet, "/help", nil)
			}
			seen := map[string]bool{"/": true} // who may not see the first page is led to his own
			type link struct{ from, to string }
			var next []link
			add := func(from, body string) {
				for _, to := range offered(t, from, body, seen) {
					next = append(next, link{from, to})
				}
			}
			for add("/", w.Body.String()); len(next) > 0; next = next[1:] {
				l := next[0]
				w := v.ready(a, l.to)
				if w.Code == http.StatusForbidden {
					t.Errorf("%s offers %s, which is refused", l.from, l.to)
				}
				if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
					continue
				}
				add(l.to, w.Body.String())
				for _, to := range sends(t, l.to, w.Body.String()) {
					action, known := v.needs(to)
					if !known {
						t.Errorf("%s has a form for %s, which no route takes", l.to, to)
					} else if action != "" && v.rights.Decide(auth.In(t.Context(), a), action, auth.Resource{}) != nil {
						t.Errorf("%s has a form for %s, which is refused", l.to, to)
					}
				}
			}
			if len(seen) < 3 {
				t.Errorf("only %d links were followed", len(seen))
			}
		})
	}
}

// offered are the addresses of this server that a page links to, one of each kind: numbers and values in them do not matter.
func offered(t *testing.T, from, body string, seen map[string]bool) (list []string) {
	t.Helper()
	for _, to := range named(t, from, body, "a", "href") {
		kind := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, to.Path)
		if !seen[kind] && !strings.HasPrefix(to.Path, "/static/") {
			seen[kind] = true
			to.Fragment = ""
			list = append(list, to.String())
		}
	}
	return list
}

// sends are the paths to which the forms of a page write.
func sends(t *testing.T, from, body string) (list []string) {
	t.Helper()
	for _, to := range named(t, from, body, "form", "action") {
		list = append(list, to.Path)
	}
	return list
}

// named are the addresses of this server in an attribute of a kind of element; of forms, of those that write.
func named(t *testing.T, from, body, element, key string) (list []*url.URL) {
	t.Helper()
	base, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	page, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range page.Descendants() {
		if n.Type != html.ElementNode || n.Data != element {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		if at, ok := attr[key]; (ok || element == "form") && (element != "form" || attr["method"] == "post") {
			if to, err := base.Parse(at); err == nil && to.Host == "" {
				list = append(list, to)
			}
		}
	}
	return list
}

// needs is the right that a path needs when something is written to it; false where no route takes it.
func (v *province) needs(path string) (auth.Action, bool) {
	mux := http.NewServeMux()
	for _, pattern := range v.handler.Routes() {
		if strings.HasPrefix(pattern, http.MethodPost+" ") {
			mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		}
	}
	r := httptest.NewRequest(http.MethodPost, path, nil)
	_, pattern := mux.Handler(r)
	return needed[pattern], pattern != ""
}
