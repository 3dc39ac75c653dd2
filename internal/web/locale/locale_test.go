package locale

import (
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func load(t *testing.T) map[string]*Catalog {
	t.Helper()
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var place = regexp.MustCompile(`\{([a-z0-9_]+)[|}]`)

func TestCatalogsAreComplete(t *testing.T) {
	all := load(t)
	zh, en := all[Chinese], all[English]
	for key, text := range zh.Keys() {
		other, ok := en.Keys()[key]
		if !ok {
			t.Errorf("en lacks %q", key)
			continue
		}
		if text == "" || other == "" {
			t.Errorf("%q is empty in a language", key)
		}
		places := func(s string) map[string]bool {
			m := map[string]bool{}
			for _, p := range place.FindAllStringSubmatch(s, -1) {
				m[p[1]] = true
			}
			return m
		}
		a, b := places(text), places(other)
		for p := range a {
			if !b[p] {
				t.Errorf("%q: en lacks {%s}", key, p)
			}
		}
		for p := range b {
			if !a[p] {
				t.Errorf("%q: zh-CN lacks {%s}", key, p)
			}
		}
	}
	for key := range en.Keys() {
		if _, ok := zh.Keys()[key]; !ok {
			t.Errorf("zh-CN lacks %q", key)
		}
	}
}

// Every key stands in a template, a script or a Go file of the pages: whole, or as a beginning that code completes ("verdict." + state).
func TestNoKeyIsUnused(t *testing.T) {
	var source strings.Builder
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "locale") {
			return fs.SkipDir
		}
		switch ext := filepath.Ext(p); {
		case ext == ".html", ext == ".ts", ext == ".go" && !strings.HasSuffix(p, "_test.go"):
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			source.Write(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text := source.String()
	used := func(key string) bool {
		if strings.Contains(text, `"`+key+`"`) {
			return true
		}
		for i, r := range key {
			if r == '.' && strings.Contains(text, `"`+key[:i+1]+`"`) {
				return true
			}
		}
		return false
	}
	for key := range load(t)[Chinese].Keys() {
		if !used(key) {
			t.Errorf("%q is used nowhere", key)
		}
	}
}

func TestFill(t *testing.T) {
	c := &Catalog{Lang: English, text: map[string]string{
		"x.count":  "{n} {n|company|companies} in <{where}>",
		"x.broken": "{n",
	}}
	for _, tt := range []struct{ n, want string }{{"1", "1 company in <here>"}, {"2", "2 companies in <here>"}, {"0", "0 companies in <here>"}} {
		if got, err := c.Text("x.count", "n", tt.n, "where", "here"); err != nil || got != tt.want {
			t.Errorf("Text(%s) = %q, %v; want %q", tt.n, got, err, tt.want)
		}
	}
	got, err := c.HTML("x.count", "n", template.HTML(`<a href="/">1</a>`), "where", "<script>")
	if want := template.HTML(`<a href="/">1</a> company in &lt;&lt;script&gt;&gt;`); err != nil || got != want {
		t.Errorf("HTML = %q, %v; want %q", got, err, want)
	}
	for _, bad := range [][]any{{"x.none"}, {"x.count", "n", 1}, {"x.count", "n"}, {"x.broken", "n", 1}} {
		if got, err := c.Text(bad[0].(string), bad[1:]...); err == nil {
			t.Errorf("Text(%v) = %q without an error", bad, got)
		}
	}
}
