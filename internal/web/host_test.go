package web

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"eyas/internal/web/frame"
)

// A page of another site whose name was made to lead here (DNS rebinding) reads and writes nothing.
func TestHosts(t *testing.T) {
	d, _ := rig(t, 20)
	d.Hosts = []string{"eyas.kjj.example", "[2001:db8::7]"}
	h := handler(t, d)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "127.0.0.1:9": 200, "[::1]:8080": 200, "[::1]": 200, "LOCALHOST.": 200, "eyas.kjj.example": 200, "EYAS.kjj.example:443": 200, "[2001:db8::7]:80": 200,
		"10.1.2.3:8080": 200, // as the request came in
		"evil.example":  421, "evil.example:8080": 421, "": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.1.2.4": 421, "eyas.kjj.example.evil": 421, "localhost:80:80": 421, "<b>": 421, "127.0.0.2": 421, "0.0.0.0": 421,
	} {
		for _, path := range []string{"/", "/healthz", "/enterprises.xlsx", "/assets/x", "/none"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 8080}))
			r.Host = host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if refused := w.Code == http.StatusMisdirectedRequest; refused != (want == 421) {
				t.Errorf("Host %q, %s: %d", host, path, w.Code)
			}
			if w.Code == 421 && (!strings.Contains(w.Body.String(), "--host") || strings.Contains(w.Body.String(), "天津") || strings.Contains(w.Body.String(), "<b>")) {
				t.Errorf("Host %q is told %s", host, w.Body)
			}
		}
	}
	// As a browser sends it that takes our page for the foreign site's.
	r := httptest.NewRequest(http.MethodPost, "/registers/enterprise/new", strings.NewReader("f.name=x"))
	r.Host = "evil.example:8080"
	r.Header.Set("Origin", "http://evil.example:8080")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusMisdirectedRequest {
		t.Errorf("a foreign page writes: %d", w.Code)
	}
}

// Texts are packed for those who take it, workbooks and empty answers are not, and what is unpacked is the page.
func TestCompression(t *testing.T) {
	d, _ := rig(t, 40)
	server := httptest.NewServer(handler(t, d))
	defer server.Close()
	get := func(method, path, encoding string) (*http.Response, string) {
		r, err := http.NewRequest(method, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", encoding)
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body io.Reader = res.Body
		if res.Header.Get("Content-Encoding") == "gzip" && method != http.MethodHead {
			if body, err = gzip.NewReader(res.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return res, string(text)
	}
	for path, packed := range map[string]bool{"/": true, "/enterprises": true, "/none": true, "/lab/what-if?rule=tsme": true, "/enterprises.xlsx": false, "/healthz": false} {
		plain, want := get("GET", path, "identity")
		res, got := get("GET", path, "gzip")
		if has := res.Header.Get("Content-Encoding") == "gzip"; has != packed || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: packed %v, plain %q", path, has, plain.Header.Get("Content-Encoding"))
		}
		if strings.HasPrefix(path, "/lab") || strings.HasPrefix(path, "/enterprises") {
			got, want = "", "" // times are in it
		}
		if got != want || packed && !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s: %d bytes packed, %d plain, vary %v", path, len(got), len(want), res.Header.Values("Vary"))
		}
		if head, body := get("HEAD", path, "gzip"); head.StatusCode != plain.StatusCode || body != "" {
			t.Errorf("HEAD %s: %d with %d bytes", path, head.StatusCode, len(body))
		}
	}
}

// Scripts are answered in JSON, errors too; so is whoever accepts nothing else.
func TestProblems(t *testing.T) {
	d, _ := rig(t, 20)
	h := handler(t, d)
	for _, c := range []struct {
		path, accept string
		status       int
	}{
		{"/lab/what-if?rule=tsme&n.score.pass=abc", "", 422}, {"/lab/what-if?rule=none", "text/html", 404}, {"/lab/what-if?assume=bogus", "", 422}, {"/jobs/none/status", "", 404},
		{"/enterprises?sort=none", "application/json", 422}, {"/none", "application/problem+json", 404},
	} {
		w := get(h, c.path, "Accept", c.accept)
		var p frame.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != c.status || p.Status != c.status || p.Detail == "" || p.Code == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s", c.path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	if w := get(h, "/enterprises?sort=none", "Accept", "text/html,application/json"); !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("a browser gets %s", w.Header().Get("Content-Type"))
	}
}
