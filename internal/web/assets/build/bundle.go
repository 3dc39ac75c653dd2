package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// engines are the oldest browsers served: bureaus run Chromium derivatives that are some years behind.
const engines = "chrome80,firefox78,safari14.1"

// bundleScripts makes one script for each file directly in src/ts.
func bundleScripts(files map[string][]byte, used map[string]bool) error {
	entries, err := filepath.Glob("src/ts/*.ts")
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(name string) bool { return strings.HasSuffix(name, ".d.ts") })
	if len(entries) == 0 {
		return nil
	}
	return bundle(nil, files, used, append(entries, "--format=iife")...)
}

// bundleStyles makes app.css: tokens first, the rest by name, then the pages' own sheets, print last.
func bundleStyles(files map[string][]byte, used map[string]bool) error {
	base, err := filepath.Glob("src/css/*.css")
	if err != nil {
		return err
	}
	pages, err := pageSheets()
	if err != nil {
		return err
	}
	rank := func(name string) int {
		switch {
		case strings.HasPrefix(name, ".."):
			return 2
		case filepath.Base(name) == "tokens.css":
			return 0
		case filepath.Base(name) == "print.css":
			return 3
		}
		return 1
	}
	sheets := append(base, pages...)
	slices.SortStableFunc(sheets, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if rank(a) == 2 {
			return 0 // as they are
		}
		return strings.Compare(a, b)
	})
	var entry strings.Builder
	for _, name := range sheets {
		if !strings.HasPrefix(name, "..") {
			name = "./" + name
		}
		fmt.Fprintf(&entry, "@import %q;\n", filepath.ToSlash(name))
	}
	return bundle(strings.NewReader(entry.String()), files, used, "--loader=css", "--sourcefile=app.css")
}

// pageSheets are the sheets that stand beside the templates of pages in the rooms, by the name of the page.
func pageSheets() ([]string, error) {
	sheets, err := filepath.Glob("../*/pages/*/*.css")
	if err != nil {
		return nil, err
	}
	page := func(sheet string) string { return filepath.Base(filepath.Dir(sheet)) }
	slices.SortFunc(sheets, func(a, b string) int { return strings.Compare(page(a), page(b)) })
	return sheets, nil
}

// bundle runs esbuild and adds what it makes to files; the style sheet that it reads from in is app.css. Packages of node_modules that
// went in are added to used.
func bundle(in io.Reader, files map[string][]byte, used map[string]bool, args ...string) error {
	dir, err := os.MkdirTemp("", "eyas-assets-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out, about := filepath.Join(dir, "out"), filepath.Join(dir, "meta.json")
	args = append(args, "--bundle", "--minify", "--target="+engines, "--charset=utf8", "--legal-comments=none", // their texts are in THIRD-PARTY.txt
		"--metafile="+about, "--log-level=error")
	if in == nil {
		args = append(args, "--outdir="+out)
	} else {
		args = append(args, "--outfile="+filepath.Join(out, "app.css"))
	}
	cmd := exec.Command("node", append([]string{"node_modules/esbuild/bin/esbuild"}, args...)...)
	cmd.Stdin = in
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("esbuild: %w\n%s", err, said)
	}
	made, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	for _, e := range made {
		if files[e.Name()], err = os.ReadFile(filepath.Join(out, e.Name())); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(about)
	if err != nil {
		return err
	}
	var meta struct {
		Inputs map[string]json.RawMessage `json:"inputs"`
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return fmt.Errorf("metafile of esbuild: %w", err)
	}
	for input := range meta.Inputs {
		if _, rest, ok := strings.Cut(input, "node_modules/"); ok {
			parts := strings.Split(rest, "/")
			if strings.HasPrefix(rest, "@") && len(parts) > 1 {
				used[parts[0]+"/"+parts[1]] = true
			} else {
				used[parts[0]] = true
			}
		}
	}
	return nil
}
