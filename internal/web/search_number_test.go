package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/registry/intake"
)

// A whole identity number finds its subject, and after the answer it stands in no address: not in that of a page, of a link on
// it, or of the page to sign in.
func TestNumberStandsInNoAddress(t *testing.T) {
	const number, twice, nobody = "11010519491231002X", "440524188001010014", "120101199003070013"
	v := newProvince(t)
	city := auth.In(t.Context(), auth.Actor{ID: "chen", Role: "bureau", Org: "120000"})
	for _, x := range [][2]string{{"RY-N1", number}, {"RY-N2", twice}, {"RY-N3", twice}} {
		_, _, err := v.reg.Enter(city, intake.Entry{Register: "person", Values: map[string]string{"person_no": x[0], "name": "证人" + x[0], "person_kind": "评审专家", "unit": "海河示例大学", "id_number": x[1]}, Source: "form", Form: "录入", New: true})
		if err != nil {
			t.Fatal(err)
		}
	}
	bureau := auth.Actor{ID: "chen", Role: "bureau", Org: "120000"}
	park := auth.Actor{ID: "p", Role: "park", Org: "huayuan"}
	final := func(a auth.Actor, method, at string, form url.Values) (string, string) {
		t.Helper()
		var w *httptest.ResponseRecorder
		if method == http.MethodPost {
			w = v.send(a, method, at, form)
		} else {
			w = v.ready(a, at)
		}
		for hops := 0; w.Code == http.StatusSeeOther && hops < 5; hops++ {
			at = w.Header().Get("Location")
			for _, n := range []string{number, twice, nobody} {
				if strings.Contains(at, n) || strings.Contains(at, strings.ToLower(n)) {
					t.Errorf("%s %s leads to %s", method, at, at)
				}
			}
			w = v.ready(a, at)
		}
		if w.Code != http.StatusOK {
			t.Fatalf("%s %s is answered %d", method, at, w.Code)
		}
		for _, n := range []string{number, twice, nobody} {
			if bytes.Contains(bytes.ToUpper(w.Body.Bytes()), []byte(n)) {
				t.Errorf("the page %s has the number in it", at)
			}
		}
		return at, w.Body.String()
	}
	for _, way := range []struct {
		method, at string
		form       func(n string) url.Values
	}{
		{http.MethodGet, "/search?q=", nil}, {http.MethodGet, "/directory?q=", nil}, {http.MethodGet, "/enterprises?text=", nil}, {http.MethodGet, "/registers/person?text=", nil},
		{http.MethodPost, "/search", func(n string) url.Values { return url.Values{"q": {n}} }},
	} {
		ask := func(a auth.Actor, n string) (string, string) {
			if way.form != nil {
				return final(a, way.method, way.at, way.form(n))
			}
			return final(a, way.method, way.at+url.QueryEscape(n), nil)
		}
		for _, n := range []string{number, strings.ToLower(number), "110105 19491231 002x", "１１０１０５１９４９１２３１００２Ｘ"} {
			if at, page := ask(bureau, n); !strings.Contains(page, "证人RY-N1") || strings.Contains(at, "search") {
				t.Errorf("%s%s leads to %s", way.at, n, at)
			}
		}
		if at, page := ask(bureau, twice); !strings.Contains(page, "证人RY-N2") || !strings.Contains(page, "证人RY-N3") {
			t.Errorf("of two with one number not both are found: %s", at)
		}
		_, none := ask(bureau, nobody)
		if !strings.Contains(none, "没有这个身份证号") {
			t.Error("nobody is not said")
		}
		// Who may not see the number gets the answer of one that nobody has.
		_, hidden := ask(park, number)
		if _, none := ask(park, nobody); hidden != none {
			t.Errorf("%s: a hidden number is answered otherwise than none", way.at)
		}
	}
	// While somebody types.
	w := v.send(bureau, http.MethodPost, "/search", url.Values{"q": {number}, "part": {"1"}})
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "证人RY-N1") || strings.Contains(w.Body.String(), number) {
		t.Errorf("the list under the field: %d %s", w.Code, w.Body)
	}
	if at := v.send(bureau, http.MethodPost, "/search", url.Values{"q": {"甲区"}}).Header().Get("Location"); at != "/search?q="+url.QueryEscape("甲区") {
		t.Errorf("another text goes to %s", at)
	}
	// What a list of subjects in the address names is shown to who sees it only.
	if _, page := final(park, http.MethodGet, "/search?numbered="+fmt.Sprint(v.subject["there"])+",x,99999999", nil); strings.Contains(page, secret) {
		t.Error("a subject that is not seen is shown")
	}
}
