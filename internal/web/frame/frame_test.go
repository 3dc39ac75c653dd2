package frame

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// exporting is a frame with one room, of one export.
func exporting(t *testing.T, l Limits, plan func(http.ResponseWriter, *http.Request) (*Workbook, error)) (*Frame, http.Handler) {
	t.Helper()
	f, err := New(Deps{Pack: &pack.Pack{Zone: time.UTC}, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	h, _, err := f.Open(Order{}, Room{Routes: func(t *Routes) { t.Export("GET /x.xlsx", plan) }})
	if err != nil {
		t.Fatal(err)
	}
	return f, h
}

// Only some exports are written at a time; others wait, and those that would wait too long are told to come again.
func TestExportsTakeTurns(t *testing.T) {
	f, h := exporting(t, Limits{Exports: 1, ExportsWaiting: 1, ExportPatience: time.Hour}, func(_ http.ResponseWriter, r *http.Request) (*Workbook, error) {
		if r.URL.Query().Has("sort") {
			return nil, fault.New(fault.Invalid, "看不懂。", "It is not understood.")
		}
		return &Workbook{File: "x.xlsx", Title: "x", Fill: func(_ context.Context, row func(...any) error) error { return row("x") }}, nil
	})
	answer := func(address string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		return w
	}
	leave, err := f.exports.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan int)
	go func() { first <- answer("/x.xlsx").Code }()
	for len(f.exports.queue) == 0 {
		runtime.Gosched()
	}
	w := answer("/x.xlsx?lang=en")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Try again in a moment") {
		t.Errorf("status %d, %v\n%s", w.Code, w.Header(), w.Body)
	}
	leave()
	leave() // twice is once
	if code := <-first; code != 200 {
		t.Errorf("the one that waited: status %d", code)
	}
	f.exports.patience = 0
	if leave, err = f.exports.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w := answer("/x.xlsx"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("nobody's turn came: status %d", w.Code)
	}
	leave()
	for range 3 { // every turn was given back, whatever came of it
		for address, want := range map[string]int{"/x.xlsx": 200, "/x.xlsx?sort=nothing": 422} {
			if w := answer(address); w.Code != want {
				t.Errorf("%s: status %d", address, w.Code)
			}
		}
	}
}

// Only some pages are made at a time; who would wait too long is told to come again, in his language, as a page and as a
// problem. A turn ends when the page is made, so that who takes it slowly holds up nobody, and every turn is given back.
func TestPagesTakeTurns(t *testing.T) {
	f, err := New(Deps{Pack: &pack.Pack{Zone: time.UTC}, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Limits: Limits{Pages: 1, PagesWaiting: 1, PagePatience: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	inside, outside := make(chan struct{}), make(chan struct{})
	h, _, err := f.Open(Order{}, Room{Routes: func(t *Routes) {
		t.Page("GET /slow", func(http.ResponseWriter, *http.Request) error { inside <- struct{}{}; <-outside; return nil })
		t.Page("GET /made", func(w http.ResponseWriter, r *http.Request) error {
			f.RenderStatus(w, r, 200, "error", failView{Status: 200})
			inside <- struct{}{}
			<-outside
			return nil
		})
		t.Page("GET /page", func(http.ResponseWriter, *http.Request) error { return nil })
		t.Page("GET /wrong", func(http.ResponseWriter, *http.Request) error { return ErrNoPage() })
		t.Data("GET /data", func(http.ResponseWriter, *http.Request) error { return nil })
		t.Data("POST /data", func(http.ResponseWriter, *http.Request) error { return nil })
		t.Page("POST /page", func(http.ResponseWriter, *http.Request) error { return nil })
	}})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(method, address string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, address, nil))
		return w
	}
	go answer("GET", "/slow")
	<-inside
	waited := make(chan int)
	go func() { waited <- answer("GET", "/page").Code }()
	for len(f.opening.queue) == 0 {
		runtime.Gosched()
	}
	w := answer("GET", "/page?lang=en")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Too many people are using the system") {
		t.Errorf("status %d, %v\n%s", w.Code, w.Header(), w.Body)
	}
	if w := answer("GET", "/data"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("status %d, %v\n%s", w.Code, w.Header(), w.Body)
	}
	for _, address := range []string{"/page", "/data"} {
		if w := answer("POST", address); w.Code != 200 {
			t.Errorf("a form waits for pages: status %d", w.Code)
		}
	}
	outside <- struct{}{}
	if code := <-waited; code != 200 {
		t.Errorf("the one that waited: status %d", code)
	}
	go answer("GET", "/made")
	<-inside
	if w := answer("GET", "/page"); w.Code != 200 {
		t.Errorf("a page that is made holds up others: status %d", w.Code)
	}
	outside <- struct{}{}
	for range 3 {
		for address, want := range map[string]int{"/page": 200, "/wrong": 404, "/data": 200} {
			if w := answer("GET", address); w.Code != want {
				t.Errorf("%s: status %d", address, w.Code)
			}
		}
	}
}
