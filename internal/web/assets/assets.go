// Package assets holds the front-end files that the build program in build/ bundled: style sheets,
// scripts and the map's outlines, each under a name with a hash of its content.
package assets

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Prefix is the path below which Handler serves.
const Prefix = "/assets/"

// manifest is dist/manifest.json: plain name → name with hash.
type manifest struct {
	Files map[string]string `json:"files"`
}

var load = sync.OnceValues(func() (manifest, error) {
	var m manifest
	text, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		return m, fmt.Errorf("assets: nothing was built, run make assets: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("assets: manifest.json: %w", err)
	}
	return m, nil
})

// URL gives the address of an asset, e.g. "app.css". It panics on a name that was not built:
// names are written by programmers, and every page is rendered in tests.
func URL(name string) string { return Prefix + hashed(name) }

// Read gives the content of an asset; it panics like URL.
func Read(name string) []byte {
	text, err := dist.ReadFile("dist/" + hashed(name))
	if err != nil {
		panic(fmt.Sprintf("assets: %v", err))
	}
	return text
}

func hashed(name string) string {
	m, err := load()
	if err != nil {
		panic(err)
	}
	file, ok := m.Files[name]
	if !ok {
		panic(fmt.Sprintf("assets: %q was not built: is it in src/, and was make assets run?", name))
	}
	return file
}

var types = map[string]string{
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".txt":  "text/plain; charset=utf-8",
}

// Handler serves the assets below Prefix. A name never changes its content, so browsers keep it for good.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, Prefix)
		kind, ok := types[path.Ext(name)]
		if !ok || name == "manifest.json" || !fs.ValidPath(name) {
			http.NotFound(w, r)
			return
		}
		text, err := dist.ReadFile("dist/" + name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			if packed, err := dist.ReadFile("dist/" + name + ".gz"); err == nil {
				h.Set("Content-Encoding", "gzip")
				text = packed
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodGet {
			w.Write(text)
		}
	})
}
