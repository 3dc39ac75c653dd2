package people

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"eyas/internal/audit"
	"eyas/internal/people"
	"eyas/internal/people/oidc"
	"eyas/internal/people/oidc/idptest"
)

// begin goes to the provider and back, and gives the address at which its answer is taken.
func (b *browser) begin() string {
	b.t.Helper()
	w := b.ask(http.MethodGet, "/sign-in/provider?back=/account")
	if w.Code != http.StatusSeeOther {
		b.t.Fatalf("beginning: %d\n%s", w.Code, w.Body)
	}
	if w = b.ask(http.MethodGet, b.idp.Approve(b.t, w.Header().Get("Location")).RequestURI()); w.Code != http.StatusSeeOther {
		b.t.Fatalf("coming back: %d\n%s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// come signs in by the provider and wants an answer with a status, and a text in it.
func (b *browser) come(status int, says string) {
	b.t.Helper()
	b.back(b.begin(), status, says)
}

func (b *browser) back(address string, status int, says string) {
	b.t.Helper()
	w := b.ask(http.MethodGet, address)
	if w.Code != status || !strings.Contains(w.Body.String(), says) || strings.Contains(w.Body.String(), "data-notice") {
		b.t.Errorf("status %d, want %d with %q\n%s", w.Code, status, says, w.Body)
	}
	if _, in := b.cookies[plainCookie]; in != (status == http.StatusSeeOther) {
		b.t.Errorf("with status %d a session was given: %v", status, in)
	}
}

// roles are those in which who is signed in may act.
func (b *browser) roles() (list []string) {
	b.t.Helper()
	e, err := b.Enter(b.t.Context(), b.cookies[plainCookie], people.Place{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, g := range e.Grants {
		list = append(list, string(g.Role)+" "+g.Org)
	}
	return list
}

func (l *lodge) is(claims map[string]any) { l.idp.Is(claims) }

var li = map[string]any{"sub": "u-17", "preferred_username": "li", "name": "李四", "groups": []string{"officers"}, "district": "120110"}

// with is a person with other claims.
func with(who map[string]any, name string, v any) map[string]any {
	out := map[string]any{}
	for k, x := range who {
		out[k] = x
	}
	out[name] = v
	return out
}

// admitted is a lodge in which li has an account.
func admitted(t *testing.T) (*lodge, *browser) {
	t.Helper()
	l := newLodge(t)
	b := l.browser(t)
	l.is(li)
	b.come(http.StatusForbidden, "已为您提请开通账号 li")
	link, err := l.Confirm(l.as(t, "sys", "system_admin"), "li")
	if err != nil || link != "" {
		t.Fatal(link, err)
	}
	return l, b
}

// Somebody without an account is proposed, made by the system administrator, and signs in with the roles of the file; he signs
// out here, and is told how to at the provider.
func TestProvidedSignIn(t *testing.T) {
	l := newLodge(t)
	b := l.browser(t)
	if w := b.ask(http.MethodGet, "/sign-in"); !strings.Contains(w.Body.String(), "用市统一身份认证登录") || l.idp.Asked() != 0 {
		t.Errorf("%d requests before anybody wanted to sign in\n%s", l.idp.Asked(), w.Body)
	}
	l.is(li)
	b.come(http.StatusForbidden, "已为您提请开通账号 li")
	b.come(http.StatusForbidden, "已为您提请开通账号 li") // and still waits
	if who, err := l.Get(l.as(t, "sys", "system_admin"), "li"); err != nil || who.State != people.Asked || len(who.Grants) != 0 {
		t.Fatalf("%+v, %v", who, err)
	}
	if _, err := l.Confirm(l.as(t, "sys", "system_admin"), "li"); err != nil {
		t.Fatal(err)
	}
	b.come(http.StatusSeeOther, "")
	if got := strings.Join(b.roles(), ","); got != "district_officer 120110" {
		t.Errorf("li acts as %s", got)
	}
	w := b.ask(http.MethodGet, "/account")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "区局经办") {
		t.Errorf("the account: %d\n%s", w.Code, w.Body)
	}
	w = b.ask(http.MethodPost, "/sign-out")
	if to := w.Header().Get("Location"); to != "/sign-in?out=1" {
		t.Errorf("signed out, to %s", to)
	}
	out := l.idp.URL + "/out?client_id=" + idptest.Client
	if w = b.ask(http.MethodGet, "/sign-in?out=1"); !strings.Contains(w.Body.String(), out) {
		t.Errorf("the page does not lead to %s\n%s", out, w.Body)
	}
}

// What does not come from a sign-in that this browser began and that ended well is refused, and the log is told.
func TestProviderIsNotTrustedBlindly(t *testing.T) {
	l, b := admitted(t)
	for what, lie := range map[string]func(claims map[string]any){
		"another nonce":    func(c map[string]any) { c["nonce"] = "another" },
		"no nonce":         func(c map[string]any) { delete(c, "nonce") },
		"another issuer":   func(c map[string]any) { c["iss"] = "https://elsewhere.example" },
		"another audience": func(c map[string]any) { c["aud"] = "another" },
		"expired":          func(c map[string]any) { c["exp"] = l.now.Add(-time.Minute).Unix() },
	} {
		t.Run(what, func(t *testing.T) {
			b := l.browser(t)
			l.idp.Lie(lie)
			defer l.idp.Lie(nil)
			b.come(http.StatusUnprocessableEntity, "不能采信")
		})
	}
	t.Run("a forged signature", func(t *testing.T) {
		l.idp.Forge(t, true)
		defer l.idp.Forge(t, false)
		l.browser(t).come(http.StatusUnprocessableEntity, "不能采信")
	})
	t.Run("a replayed answer", func(t *testing.T) {
		b := l.browser(t)
		answer, cookie := b.begin(), b.cookies[plainFlow]
		b.back(answer, http.StatusSeeOther, "")
		other := l.browser(t)
		other.cookies[plainFlow] = cookie
		other.back(answer, http.StatusUnprocessableEntity, "已用过")
	})
	t.Run("another browser's answer", func(t *testing.T) {
		l.browser(t).back(l.browser(t).begin(), http.StatusUnprocessableEntity, "不是在这个浏览器里")
		twice := l.browser(t)
		first := twice.begin()
		twice.begin()
		twice.back(first, http.StatusUnprocessableEntity, "不是在这个浏览器里")
	})
	t.Run("another issuer's answer", func(t *testing.T) {
		b := l.browser(t)
		u, _ := url.Parse(b.begin())
		q := u.Query()
		q.Set("iss", "https://elsewhere.example")
		u.RawQuery = q.Encode()
		b.back(u.RequestURI(), http.StatusUnprocessableEntity, "不能采信")
	})
	t.Run("another code", func(t *testing.T) {
		b := l.browser(t)
		mine, _ := url.Parse(b.begin())
		theirs, _ := url.Parse(l.browser(t).begin()) // a code of a sign-in with another verifier and nonce
		q := mine.Query()
		q.Set("code", theirs.Query().Get("code"))
		mine.RawQuery = q.Encode()
		b.back(mine.RequestURI(), http.StatusUnprocessableEntity, "不能采信")
	})
	t.Run("too late", func(t *testing.T) {
		b := l.browser(t)
		answer := b.begin()
		l.now = l.now.Add(10 * time.Minute)
		b.back(answer, http.StatusUnprocessableEntity, "用时太长")
	})
	l.now = l.now.Add(time.Hour)
	if err := l.TellFailures(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, _, err := l.db.Entries(t.Context(), audit.Wanted{Actions: []string{"sign-in-failed"}}, 0, 50)
	if err != nil || len(entries) != 2 || !strings.Contains(entries[0].Detail, `"count":11`) {
		t.Errorf("the log tells %+v, %v", entries, err)
	}
	b.come(http.StatusSeeOther, "")
}

// Roles follow the provider: what it takes is gone with the next sign-in, in all browsers; what an administrator took stays taken.
// It never gives an administrator's role, whatever a file would say.
func TestRolesFollowTheProvider(t *testing.T) {
	l, b := admitted(t)
	want := func(b *browser, roles ...string) {
		t.Helper()
		if got := b.roles(); strings.Join(got, ",") != strings.Join(roles, ",") {
			t.Errorf("acts as %q, want %q", got, roles)
		}
	}
	b.come(http.StatusSeeOther, "")
	want(b, "district_officer 120110")

	l.is(with(li, "district", []string{"120110", "120111", "no such"}))
	b.come(http.StatusSeeOther, "")
	want(b, "district_officer 120110", "district_officer 120111")

	other := l.browser(t)
	l.is(with(li, "groups", []string{}))
	other.come(http.StatusSeeOther, "")
	want(other)
	if w := b.ask(http.MethodGet, "/account"); w.Code != http.StatusSeeOther {
		t.Errorf("a browser of before goes on: %d", w.Code)
	}

	l.is(li)
	b.come(http.StatusSeeOther, "")
	want(b, "district_officer 120110")
	who, err := l.Get(l.as(t, "sec", "security_admin"), "li")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range who.Grants {
		if g.State == people.Given {
			if err := l.Take(l.as(t, "sec", "security_admin"), g.ID, "调岗"); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.come(http.StatusSeeOther, "")
	want(b)

	l.file.Roles = append(l.file.Roles, oidc.Role{When: map[string]string{"groups": "officers"}, Role: "security_admin", Org: "120000"})
	b.come(http.StatusSeeOther, "")
	want(b)
}

// A second factor that the provider checked counts; without one the person sets one up here first.
func TestSecondFactorOfTheProvider(t *testing.T) {
	l, b := admitted(t)
	l.is(with(li, "groups", []string{"reviewers"}))
	b.come(http.StatusSeeOther, "")
	want(t, b.ask(http.MethodGet, "/people"), "/account/second")
	l.is(with(with(li, "groups", []string{"reviewers"}), "amr", []string{"pwd", "otp"}))
	b.come(http.StatusSeeOther, "")
	if w := b.ask(http.MethodGet, "/people"); w.Code != http.StatusForbidden { // a reviewer has no list of people
		t.Errorf("status %d, to %s", w.Code, w.Header().Get("Location"))
	}

	// One that is set up here is asked for where the provider checked none.
	key, err := l.FreshFactor(l.as(t, "li", "district_reviewer"), "li")
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		l.now = l.now.Add(time.Minute)
		code, err := totp.GenerateCode(key.Secret(), l.now)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	if _, _, err := l.ConfirmFactor(l.as(t, "li", "district_reviewer"), b.cookies[plainCookie], code()); err != nil {
		t.Fatal(err)
	}
	l.is(with(li, "groups", []string{"reviewers"}))
	b = l.browser(t)
	if w := b.ask(http.MethodGet, b.begin()); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `name="code"`) {
		t.Errorf("no code is asked for: %d\n%s", w.Code, w.Body)
	}
	half := b.cookies[plainCookie]
	if _, err := l.Enter(t.Context(), half, people.Place{}); err == nil {
		t.Error("without the code somebody is in")
	}
	token, err := l.SecondFactor(t.Context(), half, code(), people.Place{})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := l.Enter(t.Context(), token, people.Place{}); err != nil || e.Session.Login != "city" || e.Owes != "" {
		t.Errorf("%+v, %v", e, err)
	}
}

// An address begins a bounded number of sign-ins, so that nobody keeps others from theirs.
func TestFlowsAreBounded(t *testing.T) {
	l := newLodge(t)
	begun := 0
	for range 310 {
		if _, err := l.StartFlow(t.Context(), people.Flow{}, people.Place{Address: "10.1.1.1"}); err == nil {
			begun++
		}
	}
	if begun != 300 {
		t.Errorf("%d were begun from one address", begun)
	}
	if _, err := l.StartFlow(t.Context(), people.Flow{}, people.Place{Address: "10.1.1.2"}); err != nil {
		t.Error("from another address:", err)
	}
}

func want(t *testing.T, w *httptest.ResponseRecorder, to string) {
	t.Helper()
	if got := w.Header().Get("Location"); got != to {
		t.Errorf("status %d to %q, want %q", w.Code, got, to)
	}
}

// Who has no account is refused where the file says so, where he would hold no role, and where an account of somebody else has
// his id. None of them is written down.
func TestWhoIsNotAdmitted(t *testing.T) {
	l := newLodge(t)
	b := l.browser(t)
	for what, claims := range map[string]map[string]any{
		"no role":            with(li, "groups", []string{"guests"}),
		"an id that is none": with(li, "preferred_username", "Li Si"),
		"somebody's id":      with(li, "preferred_username", "sys"),
	} {
		l.is(claims)
		b.come(http.StatusForbidden, "没有可用的账号或角色")
		if _, n, err := l.List(l.as(t, "sys", "system_admin"), people.Wanted{}, 0, 10); err != nil || n != 3 {
			t.Errorf("%s: %d people, %v", what, n, err)
		}
	}
	l.file.Unknown = oidc.Refuse
	l.is(li)
	b.come(http.StatusForbidden, "没有可用的账号或角色")
	l.idp.Is(nil)
	w := l.browser(t).ask(http.MethodGet, "/sign-in/provider/end?error=access_denied")
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("status %d", w.Code)
	}
}
