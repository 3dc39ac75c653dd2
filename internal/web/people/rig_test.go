package people

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/hook"
	"eyas/internal/people"
	"eyas/internal/people/oidc"
	"eyas/internal/people/oidc/idptest"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/web/frame"
	"eyas/packs"
)

// lodge is a base with people whose pages offer a provider that runs in this process.
type lodge struct {
	*people.People
	hooks  *hook.Hooks
	idp    *idptest.IDP
	db     *store.DB
	pages  http.Handler
	routes []string
	file   *oidc.Config
	now    time.Time
}

func newLodge(t *testing.T) *lodge {
	t.Helper()
	l := &lodge{now: time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return l.now }
	pack, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	if l.db, err = store.Open(t.Context(), basetest.Path(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.db.Close() })
	if l.People, err = people.New(people.Config{Pack: pack, Storage: l.db, Clock: clock, Synthetic: func(context.Context) (bool, error) { return true, nil }}); err != nil {
		t.Fatal(err)
	}
	l.idp = idptest.New(t, clock)
	l.file = &oidc.Config{ID: "city", Issuer: l.idp.URL, Client: idptest.Client, Unknown: oidc.Propose, Second: oidc.Second{AMR: []string{"otp"}}, Roles: []oidc.Role{
		{When: map[string]string{"groups": "officers"}, Role: "district_officer", OrgFrom: "district"},
		{When: map[string]string{"groups": "reviewers"}, Role: "district_reviewer", Org: "120111"},
	}}
	l.file.Name.ZH, l.file.Name.EN = "市统一身份认证", "City sign-in"
	l.hooks = hook.Open(hook.Config{Pack: pack, Storage: l.db, People: l.People, Actors: l.People, Clock: clock, Every: -1})
	door := &Door{People: l.People, Provider: oidc.New(l.file, idptest.Secret, clock)}
	f, err := frame.New(frame.Deps{Pack: pack, Clock: clock, Log: slog.New(slog.DiscardHandler), Door: door, Actors: l.People})
	if err != nil {
		t.Fatal(err)
	}
	if l.pages, l.routes, err = f.Open(frame.Order{Rail: []frame.RailGroup{{Entries: []string{"people"}}}}, New(f, door, l.hooks)); err != nil {
		t.Fatal(err)
	}
	link, err := l.NewStart(auth.As(t.Context(), auth.Self))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.StartWith(t.Context(), link, []people.Person{{ID: "sys", Name: "王一"}, {ID: "sec", Name: "李二"}, {ID: "aud", Name: "张三"}}); err != nil {
		t.Fatal(err)
	}
	return l
}

// as is a context in which an administrator acts.
func (l *lodge) as(t *testing.T, id string, role auth.Role) context.Context {
	return auth.In(t.Context(), auth.Actor{ID: id, Role: role, Org: "120000"})
}

// browser keeps cookies.
type browser struct {
	*lodge
	t       *testing.T
	cookies map[string]string
}

func (l *lodge) browser(t *testing.T) *browser { return &browser{l, t, map[string]string{}} }

func (b *browser) ask(method, address string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.send(httptest.NewRequest(method, address, nil))
}

// enter signs in by a password.
func (b *browser) enter(id, password string) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(url.Values{"person": {id}, "password": {password}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if w := b.send(r); w.Code != http.StatusSeeOther {
		b.t.Fatalf("%s is not let in: %d\n%s", id, w.Code, w.Body)
	}
}

func (b *browser) send(r *http.Request) *httptest.ResponseRecorder {
	b.t.Helper()
	for name, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: v})
	}
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}
