package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// licencesFile is the list of all that Eyas is made of and with, from the root of the repository.
var licencesFile = filepath.Join("docs", "licences.md")

// allowed are the licences under which parts may be compiled in or bundled, and used for building and testing. A part under another one
// is talked about before it is added here.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "CC0-1.0", "ISC", "MIT", "Unlicense", "Zlib"}

// besides are licences that are allowed for single parts, with the reason.
var besides = map[string]map[string]string{
	"axe-core":           {"MPL-2.0": "used by tests only, unchanged"},
	"pgregory.net/rapid": {"MPL-2.0": "used by tests only, unchanged"},
	"modernc.org/sqlite": {"MPL-2.0": "its LICENSE-3RD-PARTY.md: golang-lru, of which no package is compiled in", unknownTerms: "LICENSE-SQLITE: SQLite is in the public domain"},
	"modernc.org/memory": {unknownTerms: "LICENSE-LOGO is about a picture, which is not compiled in"},
}

// part is one line of the list.
type part struct{ name, version, terms, where string }

// licences checks that every part has an allowed licence and that the list in the repository is that of now. With write it writes
// the list. It runs in the root of the repository and needs no network.
func licences(root string, write bool) error {
	parts, err := modulesUsed(root)
	if err != nil {
		return err
	}
	packages, err := packagesUsed(filepath.Join(root, "internal", "web", "assets", "package-lock.json"))
	if err != nil {
		return err
	}
	var wrong []error
	for _, p := range slices.Concat(parts, packages) {
		wrong = append(wrong, p.check())
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	text := listOf(parts, packages)
	file := filepath.Join(root, licencesFile)
	if write {
		return os.WriteFile(file, []byte(text), 0o644)
	}
	have, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if string(have) != text {
		return fmt.Errorf("%s is not what the program is made of now:\n%swrite it again: go run ./internal/web/assets/build -licences write", licencesFile, changed(string(have), text))
	}
	return nil
}

// check reports a licence that is not allowed.
func (p part) check() error {
	for name := range strings.SplitSeq(p.terms, ", ") {
		if !slices.Contains(allowed, name) && besides[p.name][name] == "" {
			return fmt.Errorf("%s %s has a licence that is not allowed: %s (see allowed in internal/web/assets/build/licences.go)", p.name, p.version, name)
		}
	}
	return nil
}

const (
	inProgram = "program"
	inPages   = "pages"
	forWork   = "tests and tools"
)

// modulesUsed are the Go modules of the program, and those of tests and tools.
func modulesUsed(root string) (list []part, err error) {
	program, err := modulesOf(root, false, "./cmd/eyas")
	if err != nil {
		return nil, err
	}
	all, err := modulesOf(root, true, "./...", "tool")
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		names, _, err := m.terms()
		if err != nil {
			return nil, err
		}
		where := forWork
		if slices.Contains(program, m) {
			where = inProgram
		}
		list = append(list, part{m.path, m.version, strings.Join(names, ", "), where})
	}
	return list, nil
}

// packagesUsed are the npm packages of a lock file. Those for development are not bundled.
func packagesUsed(lock string) (list []part, err error) {
	text, err := os.ReadFile(lock)
	if err != nil {
		return nil, err
	}
	var l struct {
		Packages map[string]struct {
			Version, License string
			Dev              bool
		}
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("%s: %w", lock, err)
	}
	for path, x := range l.Packages {
		_, name, named := strings.Cut(path, "node_modules/")
		if !named { // the project itself
			continue
		}
		where := inPages
		if x.Dev {
			where = forWork
		}
		list = append(list, part{name, x.Version, cmp.Or(x.License, unknownTerms), where})
	}
	slices.SortFunc(list, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

// listOf writes the list.
func listOf(modules, packages []part) string {
	var out strings.Builder
	out.WriteString("# What Eyas is made of, and under which licences\n\n" +
		"`go run ./internal/web/assets/build -licences write` writes this list; `make check` fails when it is not that of now, and on a part whose licence is unknown or not\n" +
		"allowed. `eyas licences` prints the texts of what is in the program and its pages.\n")
	for _, table := range []struct {
		title string
		parts []part
	}{{"Go modules", modules}, {"npm packages", packages}} {
		fmt.Fprintf(&out, "\n## %s\n\n| part | version | licence | in |\n| --- | --- | --- | --- |\n", table.title)
		for _, p := range table.parts {
			fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", p.name, p.version, p.terms, p.where)
		}
	}
	return out.String()
}

// changed are the lines that only one of two texts has.
func changed(have, want string) string {
	var out strings.Builder
	a, b := strings.Split(have, "\n"), strings.Split(want, "\n")
	for _, line := range a {
		if !slices.Contains(b, line) {
			fmt.Fprintf(&out, "- %s\n", line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			fmt.Fprintf(&out, "+ %s\n", line)
		}
	}
	return out.String()
}
