package people

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/people"
)

var madeToken = regexp.MustCompile(`eyas_[A-Z2-7]+`)

// person makes an account with a password and a role.
func (l *lodge) person(t *testing.T, id string, role auth.Role, org string) {
	t.Helper()
	link, err := l.Make(l.as(t, "sys", "system_admin"), people.Person{ID: id, Name: "赵钱孙"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.UseLink(t.Context(), link, "Rv7#qmLx92pt"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Give(l.as(t, "sec", "security_admin"), people.GrantAsk{Person: id, Role: role, Org: org}); err != nil {
		t.Fatal(err)
	}
}

// post sends a form.
func (b *browser) post(at string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, at, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

// A person makes a token on the page, sees it once, and revokes it there. The door lets in who has it, on the API alone, and lets nobody
// in there by a cookie.
func TestTokensPage(t *testing.T) {
	l := newLodge(t)
	l.person(t, "wang", "district_officer", "120110")
	b := l.browser(t)
	b.enter("wang", "Rv7#qmLx92pt")
	page := b.ask(http.MethodGet, "/account/tokens")
	grant := regexp.MustCompile(`<option value="(\d+)">区局经办`).FindStringSubmatch(page.Body.String())
	if page.Code != 200 || grant == nil {
		t.Fatalf("%d %s", page.Code, page.Body)
	}
	// A form that is refused comes back as it was filled in.
	refused := b.post("/account/tokens", url.Values{"name": {"取"}, "grant": {grant[1]}, "may": {"enter", "import"}, "register": {"carrier"}, "subject": {"12"}, "days": {"180"}, "per_minute": {"1200"}})
	for _, want := range []string{`role="alert"`, `value="取"`, `value="12"`, `value="enter" checked`, `value="import" checked`, `<option value="carrier" selected`, `<option value="180" selected`, `<option value="1200" selected`} {
		if body := refused.Body.String(); refused.Code != http.StatusUnprocessableEntity || !strings.Contains(body, want) || strings.Contains(body, `value="see" checked`) {
			t.Errorf("%d, without %s: %s", refused.Code, want, body)
		}
	}
	made := b.post("/account/tokens", url.Values{"name": {"取名单"}, "grant": {grant[1]}, "may": {"see"}, "register": {"enterprise"}, "days": {"30"}, "per_minute": {"60"}})
	token := madeToken.FindString(made.Body.String())
	if made.Code != 200 || token == "" || made.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", made.Code, made.Body)
	}
	if again := b.ask(http.MethodGet, "/account/tokens").Body.String(); strings.Contains(again, token) || !strings.Contains(again, "取名单") || !strings.Contains(again, "没有用过") {
		t.Error("the page shows the token again, or nothing of it")
	}
	door := &Door{People: l.People}
	enter := func(at string, headers ...string) (auth.Actor, error) {
		r := httptest.NewRequest(http.MethodGet, at, nil)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		ctx, err := door.Enter(r)
		return auth.Named(ctx), err
	}
	bearer := "Bearer " + token
	if a, err := enter("/api/v1/me", "Authorization", bearer); err != nil || a.ID != "wang" || a.Bounds != "see:enterprise" {
		t.Errorf("%+v %v", a, err)
	}
	cookie := plainCookie + "=" + b.cookies[plainCookie]
	for what, headers := range map[string][]string{"nothing": nil, "a cookie": {"Cookie", cookie}, "a token as a cookie": {"Cookie", plainCookie + "=" + token}, "another scheme": {"Authorization", "Basic " + token}, "the token alone": {"Authorization", token},
		"a wrong one": {"Authorization", bearer + "A"}, "that of a session": {"Authorization", "Bearer " + b.cookies[plainCookie]}, "an empty one": {"Authorization", "Bearer "}} {
		if a, err := enter("/api/v1/me", headers...); fault.Of(err) != fault.Unauthorised || a.ID != "" {
			t.Errorf("%s enters the API as %+v: %v", what, a, err)
		}
	}
	if _, err := enter("/enterprises", "Authorization", bearer); fault.Of(err) != fault.Unauthorised {
		t.Errorf("a token enters the pages: %v", err)
	}
	// At most 60 in a minute; what is left over grows again.
	n := 0
	for ; n < 100; n++ {
		if _, err := enter("/api/v1/me", "Authorization", bearer); err != nil {
			if fault.Of(err) != fault.TooMany {
				t.Fatal(err)
			}
			break
		}
	}
	if n != 59 {
		t.Errorf("%d more requests were let in", n)
	}
	l.now = l.now.Add(2 * time.Second)
	if _, err := enter("/api/v1/me", "Authorization", bearer); err != nil {
		t.Errorf("two seconds later: %v", err)
	}
	if used := b.ask(http.MethodGet, "/account/tokens").Body.String(); strings.Contains(used, "没有用过") {
		t.Error("the page does not tell the last use")
	}
	end := regexp.MustCompile(`/account/tokens/(\d+)/end`).FindString(b.ask(http.MethodGet, "/account/tokens").Body.String())
	if w := b.post(end, nil); w.Code != http.StatusSeeOther {
		t.Errorf("%s answers %d", end, w.Code)
	}
	l.now = l.now.Add(time.Minute)
	if _, err := enter("/api/v1/me", "Authorization", bearer); fault.Of(err) != fault.Unauthorised {
		t.Errorf("a revoked token: %v", err)
	}
}

// The system administrator makes the account of a system and its tokens; nobody else sees or makes them.
func TestTokensOfSystems(t *testing.T) {
	l := newLodge(t)
	if err := l.MakeSystem(l.as(t, "sys", "system_admin"), "reports", "年报系统"); err != nil {
		t.Fatal(err)
	}
	grant, err := l.Give(l.as(t, "sec", "security_admin"), people.GrantAsk{Person: "reports", Role: "bureau", Org: "120000"})
	if err != nil {
		t.Fatal(err)
	}
	l.person(t, "wang", "district_officer", "120110")
	b := l.browser(t)
	b.enter("wang", "Rv7#qmLx92pt")
	for _, at := range []string{"/people/reports/tokens", "/people/sys/tokens", "/people/nobody/tokens"} {
		if w := b.ask(http.MethodGet, at); w.Code != http.StatusForbidden {
			t.Errorf("wang is answered %d by %s", w.Code, at)
		}
	}
	ask := people.APIAsk{Person: "reports", Grant: grant, Name: "取数", Bounds: auth.Bounds{Actions: []auth.Action{auth.See}}, Days: 30, PerMinute: 60}
	if _, _, err := l.NewAPIToken(l.as(t, "sec", "security_admin"), ask); fault.Of(err) != fault.Forbidden {
		t.Errorf("who grants roles makes tokens: %v", err)
	}
	if _, _, err := l.NewAPIToken(l.as(t, "sys", "system_admin"), ask); err != nil {
		t.Error(err)
	}
}

// Who has to sign in again comes back to the page from which a file or a button was sent; never to another host, nor to the page to sign in.
func TestButtonsComeBack(t *testing.T) {
	b := newLodge(t).browser(t)
	for from, want := range map[string]string{"http://example.com/account/tokens?x=1": "/sign-in?back=%2Faccount%2Ftokens", "http://elsewhere.example/account/tokens": "/sign-in", "": "/sign-in", "http://example.com/sign-in?back=%2F": "/sign-in"} {
		r := httptest.NewRequest(http.MethodPost, "/account/tokens/1/end", strings.NewReader(""))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", from)
		if w := b.send(r); w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("from %q: %d %q", from, w.Code, w.Header().Get("Location"))
		}
	}
}
