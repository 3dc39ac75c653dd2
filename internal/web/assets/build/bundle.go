package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"encoding/json"

	"github.com/evanw/esbuild/pkg/api"
)

// engines are the oldest browsers served: bureaus run Chromium derivatives that are some years behind.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "80"},
	{Name: api.EngineFirefox, Version: "78"},
	{Name: api.EngineSafari, Version: "14.1"},
}

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
	result := api.Build(api.BuildOptions{
		EntryPoints:       entries,
		Outdir:            "dist",
		Bundle:            true,
		Format:            api.FormatIIFE,
		Engines:           engines,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone, // their texts are in THIRD-PARTY.txt
		Metafile:          true,
		LogLevel:          api.LogLevelSilent,
	})
	return collect(result, files, used, "")
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
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	result := api.Build(api.BuildOptions{
		Stdin:             &api.StdinOptions{Contents: entry.String(), ResolveDir: dir, Sourcefile: "app.css", Loader: api.LoaderCSS},
		Outdir:            "dist",
		Bundle:            true,
		Engines:           engines,
		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		Metafile:          true,
		LogLevel:          api.LogLevelSilent,
	})
	return collect(result, files, used, "app.css")
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

// collect takes what esbuild made; packages of node_modules that went in are added to used.
func collect(result api.BuildResult, files map[string][]byte, used map[string]bool, name string) error {
	if len(result.Errors) > 0 {
		lines := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return fmt.Errorf("bundle:\n%s", strings.Join(lines, ""))
	}
	for _, out := range result.OutputFiles {
		as := name
		if as == "" {
			as = filepath.Base(out.Path)
		}
		files[as] = out.Contents
	}
	var meta struct {
		Inputs map[string]json.RawMessage `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return fmt.Errorf("metafile: %w", err)
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
