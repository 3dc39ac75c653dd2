package people

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/hook"
	"eyas/internal/people"
)

// A person makes a webhook on the page, sees its secret once, pauses and deletes it, and takes both back there. Others see nothing of it.
func TestHooksPage(t *testing.T) {
	l := newLodge(t)
	l.person(t, "wang", "district_officer", "120110")
	l.person(t, "li", "district_officer", "120110")
	b := l.browser(t)
	b.enter("wang", "Rv7#qmLx92pt")
	page := b.ask(http.MethodGet, "/account/hooks")
	grant := regexp.MustCompile(`<option value="(\d+)">区局经办`).FindStringSubmatch(page.Body.String())
	if page.Code != 200 || grant == nil {
		t.Fatalf("%d %s", page.Code, page.Body)
	}
	form := func(pairs ...string) url.Values {
		v := url.Values{"name": {"园区门户"}, "url": {"https://portal.example/in?key=1"}, "grant": {grant[1]}, "event": {"subject.changed", "import.done"}, "register": {"enterprise"}}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	for what, bad := range map[string]url.Values{"http": form("url", "http://portal.example/"), "this machine": form("url", "https://127.0.0.1/"), "no name": form("name", " "), "no event": form("event", "nonsense"), "no register": form("register", "nosuch"), "a subject": form("subject", "x")} {
		if w := b.post("/account/hooks", bad); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s is answered %d", what, w.Code)
		}
	}
	made := b.post("/account/hooks", form())
	secret := regexp.MustCompile(`whsec_[A-Za-z0-9+/=&#;]+`).FindString(made.Body.String())
	at := regexp.MustCompile(`/account/hooks/\d+`).FindString(made.Body.String())
	if made.Code != 200 || secret == "" || at == "" || made.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", made.Code, made.Body)
	}
	if again := b.ask(http.MethodGet, "/account/hooks").Body.String(); strings.Contains(again, "whsec_") || !strings.Contains(again, "园区门户") || !strings.Contains(again, "portal.example") {
		t.Error("the page shows the secret again, or nothing of it")
	}
	for what, says := range map[string]string{"pause": "已暂停", "end": "已删除"} {
		w := b.post(at+"/do", url.Values{"do": {what}})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%s is answered %d %s", what, w.Code, w.Body)
		}
		saved := b.ask(http.MethodGet, w.Header().Get("Location")).Body.String()
		undo := regexp.MustCompile(`action="(/undo/hook/[^"]+)"`).FindStringSubmatch(saved)
		if undo == nil || !strings.Contains(saved, says) {
			t.Fatalf("%s: nothing to take back: %s", what, saved)
		}
		if w := b.post(undo[1], nil); w.Code != http.StatusSeeOther {
			t.Fatalf("taking %s back is answered %d", what, w.Code)
		}
		if on := b.ask(http.MethodGet, at).Body.String(); !strings.Contains(on, `value="pause"`) {
			t.Errorf("after taking %s back it does not go on", what)
		}
	}
	if w := b.post(at+"/do", url.Values{"do": {"test"}}); w.Code != http.StatusSeeOther {
		t.Errorf("a test is answered %d", w.Code)
	}
	if log := b.ask(http.MethodGet, at+"?state=waiting").Body.String(); !strings.Contains(log, "测试") || !strings.Contains(log, "msg_") {
		t.Error("the log does not show the test")
	}
	if w := b.ask(http.MethodGet, at+"?state=nonsense"); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
		t.Errorf("another state is answered %d", w.Code)
	}
	if w := b.post(at+"/do", url.Values{"do": {"rotate"}, "old": {"keep"}}); w.Code != 200 || !strings.Contains(w.Body.String(), "whsec_") || strings.Contains(w.Body.String(), secret) {
		t.Errorf("another secret: %d", w.Code)
	}
	for form, want := range map[string]int{"do=replay&since=2026-11-01": 303, "do=replay&since=x": 422, "do=replay&message=99999": 404, "do=nonsense": 422} {
		v, _ := url.ParseQuery(form)
		if w := b.post(at+"/do", v); w.Code != want {
			t.Errorf("%s is answered %d, want %d", form, w.Code, want)
		}
	}
	// The program turns it off: its page and what waits for its person say so.
	id, err := strconv.ParseInt(at[strings.LastIndexByte(at, '/')+1:], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	wang := auth.In(t.Context(), auth.Actor{ID: "wang", Role: "district_officer", Org: "120110"})
	s := &room{Door: &Door{People: l.People}, Hooks: l.hooks}
	if off, err := s.offHooks(wang); err != nil || len(off) != 0 {
		t.Errorf("%+v %v", off, err)
	}
	if err := l.db.WriteHooks(auth.As(t.Context(), auth.Self), func(ctx context.Context, w hook.Writer) error {
		return w.SetState(ctx, id, hook.Off, l.now, auth.Self)
	}); err != nil {
		t.Fatal(err)
	}
	if off, err := s.offHooks(wang); err != nil || len(off) != 1 || off[0].Name != "园区门户" {
		t.Errorf("%+v %v", off, err)
	}
	if page := b.ask(http.MethodGet, at).Body.String(); !strings.Contains(page, "停用") || !strings.Contains(page, `value="resume"`) {
		t.Error("the page does not say that it is off")
	}
	other := l.browser(t)
	other.enter("li", "Rv7#qmLx92pt")
	for _, path := range []string{at, strings.Replace(at, "/account/", "/people/wang/", 1), "/people/wang/hooks"} {
		if w := other.ask(http.MethodGet, path); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "园区门户") {
			t.Errorf("another person is answered %d by %s", w.Code, path)
		}
	}
	// A system's are made by the system administrator.
	if err := l.MakeSystem(l.as(t, "sys", "system_admin"), "reports", "年报系统"); err != nil {
		t.Fatal(err)
	}
	given, err := l.Give(l.as(t, "sec", "security_admin"), people.GrantAsk{Person: "reports", Role: "bureau", Org: "120000"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Bind(l.as(t, "sys", "system_admin"), "reports", given, "", auth.Bounds{Actions: []auth.Action{auth.See}}); err != nil {
		t.Error(err)
	}
	if a, err := l.Under(t.Context(), "reports", given, "see"); err != nil || a.ID != "reports" || a.Role != "bureau" || a.Bounds != "see" {
		t.Errorf("%+v %v", a, err)
	}
	if err := l.MayToken(l.as(t, "sys", "system_admin"), "reports"); err != nil {
		t.Error(err)
	}
	if err := l.MayToken(l.as(t, "sec", "security_admin"), "reports"); err == nil {
		t.Error("who grants roles makes webhooks")
	}
	if err := l.Lock(l.as(t, "sys", "system_admin"), "reports"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Under(t.Context(), "reports", given, "see"); err == nil {
		t.Error("a locked account acts")
	}
}
