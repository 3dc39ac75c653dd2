package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
)

func testServer(t *testing.T) http.Handler {
	t.Helper()
	h, err := New(Deps{
		Pack:    &pack.Pack{ID: "tianjin", Name: pack.Text{ZH: "天津市", EN: "Tianjin"}, Zone: time.UTC},
		Clock:   func() time.Time { return time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC) },
		Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, url string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestLanguage(t *testing.T) {
	h := testServer(t)
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
}
