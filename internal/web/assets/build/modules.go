package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// module is a Go module of which packages are compiled in.
type module struct{ path, version, dir string }

// modulesOf are the modules, but this one, of all packages that some packages of the repository need; with tests also those that
// their tests need.
func modulesOf(root string, tests bool, packages ...string) (list []module, err error) {
	args := []string{"list", "-e", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}"}
	if tests {
		args = append(args, "-test")
	}
	cmd := exec.Command("go", append(args, packages...)...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 {
			list = append(list, module{f[0], f[1], f[2]})
		}
	}
	slices.SortFunc(list, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return slices.Compact(list), nil
}

// isLicence reports whether a file at the root of a module says under which terms it may be used.
func isLicence(name string) bool {
	name = strings.ToUpper(name)
	for _, begins := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT"} {
		if strings.HasPrefix(name, begins) && !strings.HasSuffix(name, ".GO") {
			return true
		}
	}
	return false
}

// terms are the names (SPDX) of the licences of a module, and the texts of their files. It is an error when a file of the name LICENSE
// has a text that is no known licence's.
func (m module) terms() (names []string, texts []string, err error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", m.path, err)
	}
	for _, e := range entries {
		if e.IsDir() || !isLicence(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.dir, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		texts = append(texts, strings.TrimSpace(string(text)))
		found := licensecheck.Scan(text)
		for _, x := range found.Match {
			if !x.IsURL && !slices.Contains(names, x.ID) {
				names = append(names, x.ID)
			}
		}
		if upper := strings.ToUpper(e.Name()); len(found.Match) == 0 && !strings.HasPrefix(upper, "NOTICE") && !strings.HasPrefix(upper, "COPYRIGHT") {
			names = append(names, unknownTerms)
		}
	}
	if len(names) == 0 {
		names = []string{unknownTerms}
	}
	slices.Sort(names)
	return slices.Compact(names), texts, nil
}

// unknownTerms stands for a licence that is not known.
const unknownTerms = "unknown"

// moduleNotices gathers version and licence texts of the Go modules that are in the program.
func moduleNotices(root string) ([]byte, error) {
	list, err := modulesOf(root, false, "./cmd/eyas")
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	out.WriteString("\nParts of other projects in the program, with their licences.\n")
	for _, m := range list {
		names, texts, err := m.terms()
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "\n%s\n%s %s (%s)\n", strings.Repeat("=", 78), m.path, m.version, strings.Join(names, ", "))
		for _, text := range texts {
			fmt.Fprintf(&out, "\n%s\n", text)
		}
	}
	return []byte(out.String()), nil
}
