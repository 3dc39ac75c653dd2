package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The texts of licences are told apart, and what is none is unknown.
func TestTerms(t *testing.T) {
	mit := `MIT License

Copyright (c) 2020 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"one", map[string]string{"LICENSE": mit, "NOTICE": "Made by somebody."}, "MIT"},
		{"a licence that nobody knows", map[string]string{"LICENSE": "You may use this on Tuesdays."}, unknownTerms},
		{"a second one that nobody knows", map[string]string{"LICENSE": mit, "COPYING": "You may use this on Tuesdays."}, "MIT, " + unknownTerms},
		{"none", map[string]string{"README": "hello"}, unknownTerms},
	} {
		dir := t.TempDir()
		for name, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		names, _, err := module{"example.com/x", "v1.0.0", dir}.terms()
		if got := strings.Join(names, ", "); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

// An unknown licence and one that is not allowed are refused; what is allowed for one part is not for another.
func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		part
		ok bool
	}{
		{part{name: "a", terms: "MIT"}, true}, {part{name: "a", terms: "BSD-3-Clause, MIT"}, true}, {part{name: "axe-core", terms: "MPL-2.0"}, true},
		{part{name: "a", terms: "MPL-2.0"}, false}, {part{name: "a", terms: "MIT, GPL-3.0"}, false}, {part{name: "a", terms: "AGPL-3.0"}, false}, {part{name: "a", terms: unknownTerms}, false}, {part{name: "a"}, false},
	} {
		if err := c.check(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.part, err)
		}
	}
}

// Every package of the lock file is listed, and one without a licence is unknown.
func TestPackagesUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "package-lock.json")
	if err := os.WriteFile(file, []byte(`{"packages": {"": {"name": "x"}, "node_modules/b": {"version": "1.0.0", "license": "MIT"}, "node_modules/@a/c": {"version": "2.0.0", "dev": true}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := packagesUsed(file)
	if err != nil || len(list) != 2 || list[0] != (part{"@a/c", "2.0.0", unknownTerms, forWork}) || list[1] != (part{"b", "1.0.0", "MIT", inPages}) {
		t.Errorf("%+v, %v", list, err)
	}
}
