package web

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"eyas/internal/web/locale"
)

// messages are the messages of the frame and of all rooms.
func messages(t *testing.T) map[string]*locale.Catalog {
	t.Helper()
	d, _ := rig(t, 1)
	f, _, err := open(d)
	if err != nil {
		t.Fatal(err)
	}
	var texts []fs.FS
	for _, room := range rooms(f, d) {
		if room.Texts != nil {
			texts = append(texts, room.Texts)
		}
		if room.Parts != nil && !slices.Contains(texts, room.Parts) {
			texts = append(texts, room.Parts)
		}
	}
	all, err := locale.Load(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var blanksOf = regexp.MustCompile(`\{([a-z0-9_]+)[|}]`)

func TestCatalogsAreComplete(t *testing.T) {
	all := messages(t)
	zh, en := all[locale.Chinese], all[locale.English]
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
			for _, p := range blanksOf.FindAllStringSubmatch(s, -1) {
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
	text := sources(t, ".")
	for key := range messages(t)[locale.Chinese].Keys() {
		if !names(text, key) {
			t.Errorf("%q is used nowhere", key)
		}
	}
}

// A text that two rooms use belongs to neither: it stands in locale.
func TestTextsStandInTheirRooms(t *testing.T) {
	texts, err := filepath.Glob("*/texts")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, own := range texts {
		room := filepath.Dir(own)
		if room == "locale" {
			continue
		}
		files, err := filepath.Glob(own + "/" + locale.Chinese + "/*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range texts {
			if other == own || other == filepath.Join("locale", "texts") {
				continue
			}
			text := sources(t, filepath.Dir(other))
			for _, file := range files {
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				var keys map[string]string
				if err := json.Unmarshal(raw, &keys); err != nil {
					t.Fatal(err)
				}
				for key := range keys {
					if checked++; names(text, key) {
						t.Errorf("%s, a text of %s, is used in %s", key, room, filepath.Dir(other))
					}
				}
			}
		}
	}
	if checked == 0 {
		t.Error("no room has texts")
	}
}

// sources are the templates, scripts and Go files of a folder.
func sources(t *testing.T, dir string) string {
	t.Helper()
	var source strings.Builder
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
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
	return source.String()
}

// names reports whether sources name a key: whole, or by a beginning.
func names(text, key string) bool {
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
