package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/door"
)

func TestLanguage(t *testing.T) {
	d, _ := rig(t, 40)
	h := handler(t, d)
	for _, tt := range []struct{ url, accept, cookie, want string }{
		{"/", "", "", "zh-CN"},
		{"/", "en-GB,en;q=0.8", "", "en"},
		{"/", "fr", "", "zh-CN"},
		{"/", "en", "lang=zh-CN", "zh-CN"},
		{"/?lang=en", "zh", "lang=zh-CN", "en"},
		{"/?lang=xx", "", "", "zh-CN"},
	} {
		w := get(h, tt.url, "Accept-Language", tt.accept, "Cookie", tt.cookie)
		if !strings.Contains(w.Body.String(), `<html lang="`+tt.want+`"`) {
			t.Errorf("%+v: got %s", tt, w.Header().Get("Content-Language"))
		}
	}
	if c := get(h, "/?lang=en").Header().Get("Set-Cookie"); !strings.HasPrefix(c, "lang=en;") {
		t.Errorf("the chosen language is not remembered: %q", c)
	}
}

func TestSecurityHeaders(t *testing.T) {
	d, _ := rig(t, 40)
	h := handler(t, d)
	for _, url := range []string{"/", "/none", "/healthz", "/enterprises.xlsx"} {
		w := get(h, url)
		policy := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %q: %s", url, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is lax: %s", url, policy)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no nosniff", url)
		}
	}
}

func TestCrossSiteWritesAreRefused(t *testing.T) {
	d, _ := rig(t, 40)
	h := handler(t, d)
	r := httptest.NewRequest(http.MethodPost, "/start/demo", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "另一个网站") {
		t.Errorf("a cross-site write got %d", w.Code)
	}
}

// A failure shows a sentence to the reader and its cause to the log only.
func TestFailures(t *testing.T) {
	d, _ := rig(t, 40)
	f, _, err := open(d)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	fails := func(path string, err error) {
		mux.HandleFunc(path, f.Page(func(http.ResponseWriter, *http.Request) error { return err }))
	}
	fails("/conflict", fault.New(fault.Conflict, "别人先改了", "someone changed it first").Wrap(errors.New("row 7")))
	fails("/internal", errors.New("disk full at /var/lib"))
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("boom at line 7") })
	h := door.Guard(f, mux)
	for _, tt := range []struct {
		path, lang string
		status     int
		want       string
	}{
		{"/conflict", "zh-CN", 409, "别人先改了"},
		{"/conflict", "en", 409, "someone changed it first"},
		{"/internal", "en", 500, "logged"},
		{"/panic", "zh-CN", 500, "已记入日志"},
	} {
		w := get(h, tt.path+"?lang="+tt.lang)
		body := w.Body.String()
		if w.Code != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%+v: got %d", tt, w.Code)
		}
		for _, secret := range []string{"row 7", "disk full", "boom"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s shows %q", tt.path, secret)
			}
		}
	}
}

// loadingBase is a base that is not in memory yet.
type loadingBase struct {
	tableBase
	state list.State
}

func (b loadingBase) State() list.State                           { return b.state }
func (b loadingBase) Current(context.Context) (*col.Table, error) { return nil, list.ErrLoading }
func (b loadingBase) Outcomes(context.Context, time.Time, []string) ([]*rule.Outcome, *col.Table, error) {
	return nil, nil, list.ErrLoading
}

func TestLoadingPage(t *testing.T) {
	d, _ := rig(t, 10)
	base := loadingBase{mainBase(d).(tableBase), list.State{Stage: list.Scanning, Rows: 1200, Total: 20000}}
	d.Registers = only(d.Pack, base)
	h := handler(t, d)
	for _, url := range []string{"/?lang=en", "/enterprises?lang=en", "/search?q=x&lang=en", "/enterprises/s-1?lang=en"} {
		w := get(h, url)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "1,200 of 20,000") || !strings.Contains(w.Body.String(), "data-reload") {
			t.Errorf("%s answers %d without progress", url, w.Code)
		}
	}
	base.state = list.State{Err: errors.New("disk at /var")}
	d.Registers = only(d.Pack, base)
	body := get(handler(t, d), "/?lang=en").Body.String()
	if !strings.Contains(body, "Loading failed") || strings.Contains(body, "/var") || strings.Contains(body, "data-reload") {
		t.Error("a failed load is not told, or tells too much")
	}
}

// Links carry the day, the assumptions and a chosen language along, and nothing else.
func TestLinksCarryTheState(t *testing.T) {
	d, _ := rig(t, 1)
	f, _, err := open(d)
	if err != nil {
		t.Fatal(err)
	}
	f.City.Assumable = append(f.City.Assumable, f.City.Attributes["breach_list"])
	ids := []string{"abnormal_list", "breach_list"}
	slices.Sort(ids)
	a, b := ids[0], ids[1]
	for _, tt := range []struct{ at, want string }{
		{"/", "/enterprises?in=120116"},
		{"/?in=120110&show=near&page=3", "/enterprises?in=120116"},
		{"/?date=2020-01-31&lang=en", "/enterprises?date=2020-01-31&in=120116&lang=en"},
		{"/?assume=" + b + "&assume=" + a + "&assume=", "/enterprises?assume=" + a + "%2C" + b + "&in=120116"}, // a form sends one for each tick
		{"/?assume=" + a + "," + b + "," + a, "/enterprises?assume=" + a + "%2C" + b + "&in=120116"},
	} {
		if got := f.Ask(httptest.NewRequest(http.MethodGet, tt.at, nil)).Link("/enterprises", "in", "120116", "zone", ""); got != tt.want {
			t.Errorf("from %s: %s, want %s", tt.at, got, tt.want)
		}
	}
}
