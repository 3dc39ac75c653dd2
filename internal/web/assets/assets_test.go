package assets

import (
	"cmp"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	get := func(method, url, accept string) *http.Response {
		r := httptest.NewRequest(method, url, nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		return w.Result()
	}
	sheet := get("GET", URL("app.css"), "")
	if sheet.StatusCode != 200 || sheet.Header.Get("Content-Type") != "text/css; charset=utf-8" ||
		!strings.Contains(sheet.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("app.css: %d %v", sheet.StatusCode, sheet.Header)
	}
	plain, _ := io.ReadAll(sheet.Body)

	packed := get("GET", URL("app.css"), "gzip, br")
	if packed.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("not packed: %v", packed.Header)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != string(plain) {
		t.Errorf("the packed sheet differs from the plain one (%v)", err)
	}
	if head := get("HEAD", URL("app.css"), ""); head.StatusCode != 200 {
		t.Errorf("HEAD: %d", head.StatusCode)
	}
	for url, want := range map[string]int{
		Prefix + "manifest.json":  404,
		Prefix + "app.css":        404, // only names with a hash
		Prefix + "../assets.go":   404,
		Prefix:                    404,
		Prefix + "none-000000.js": 404,
	} {
		if got := get("GET", url, "").StatusCode; got != want {
			t.Errorf("GET %s: %d, want %d", url, got, want)
		}
	}
	if got := get("POST", URL("app.css"), "").StatusCode; got != 405 {
		t.Errorf("POST: %d", got)
	}
}

// A query for the width of a page is a query for a screen: A4 paper is as wide as a small one, and is laid out by "print" alone.
func TestWidthsAreOfScreens(t *testing.T) {
	query := regexp.MustCompile(`@media([^{]*)\{`)
	sheets := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "dist" || d.Name() == "node_modules") {
			return cmp.Or(err, fs.SkipDir)
		}
		if d.IsDir() || filepath.Ext(path) != ".css" {
			return nil
		}
		text, err := os.ReadFile(path)
		sheets++
		for _, found := range query.FindAllStringSubmatch(string(text), -1) {
			for one := range strings.SplitSeq(found[1], ",") {
				if strings.Contains(one, "width") && !strings.Contains(one, "screen") {
					t.Errorf("%s: @media%s{ also rules paper: write “screen and”", path, found[1])
				}
			}
		}
		return err
	})
	if err != nil || sheets < 10 {
		t.Fatalf("%d style sheets, %v", sheets, err)
	}
}

func TestUnknownNamePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("URL of an unknown name gave an address")
		}
	}()
	URL("none.css")
}
