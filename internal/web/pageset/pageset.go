// Package pageset parses the templates of pages: those of a room together with the layout of all pages and the parts that its
// pages share, once per language.
package pageset

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"sync"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/web/assets"
	"eyas/internal/web/locale"
	"eyas/internal/web/markup"
	"eyas/internal/web/origin"
)

// Set is the templates of one language by page name.
type Set map[string]*Page

// Room is what the pages of a room are made of.
type Room struct {
	Pages fs.FS                                  // pages/PAGE/*.html, and pages/parts/*.html for all of them; nil: it has none
	Parts fs.FS                                  // pages/parts/*.html that several rooms share; nil: none
	Funcs func(*locale.Catalog) template.FuncMap // nil: none of its own
}

// Page is the templates of one page, which are parsed once.
type Page struct {
	once  sync.Once
	parse func() (*template.Template, error)
	t     *template.Template
	err   error
}

// Get parses the templates when that has not been done.
func (p *Page) Get() (*template.Template, error) {
	p.once.Do(func() {
		p.t, p.err = p.parse()
		p.parse = nil
	})
	return p.t, p.err
}

// parsedOnce holds the pages that have been parsed in this process. The same files parse again.
var parsedOnce sync.Map

type parsedPage struct {
	lang, name string
	files      embed.FS
}

// Parse parses each folder of pages together with the layout of the frame and the parts of its room, once per language. A
// page that has been parsed in this process already, for a frame of other classes of fields, is parsed when it is first shown.
func Parse(catalogs map[string]*locale.Catalog, frame fs.FS, rooms []Room) (map[string]Set, error) {
	all := map[string]Set{}
	for lang, catalog := range catalogs {
		layout, err := template.New("").Funcs(funcs(catalog)).ParseFS(frame, "pages/layout/*.html")
		if err != nil {
			return nil, fmt.Errorf("web: layout: %w", err)
		}
		set := Set{}
		for _, room := range rooms {
			if room.Pages == nil {
				continue
			}
			if err := findPages(set, layout, catalog, room); err != nil {
				return nil, err
			}
		}
		all[lang] = set
	}
	return all, nil
}

// findPages adds the pages of one room to a set.
func findPages(set Set, layout *template.Template, catalog *locale.Catalog, room Room) error {
	entries, err := fs.ReadDir(room.Pages, "pages")
	if err != nil {
		return err
	}
	base := sync.OnceValues(func() (*template.Template, error) { return parseParts(layout, catalog, room, entries) })
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "layout" || e.Name() == "parts" {
			continue
		}
		if set[e.Name()] != nil {
			return fmt.Errorf("web: two rooms have a page %q", e.Name())
		}
		set[e.Name()] = &Page{parse: func() (*template.Template, error) {
			base, err := base()
			if err != nil {
				return nil, err
			}
			t, err := template.Must(base.Clone()).ParseFS(room.Pages, path.Join("pages", e.Name(), "*.html"))
			if err != nil {
				return nil, fmt.Errorf("web: page %s: %w", e.Name(), err)
			}
			markup.Settle(t, catalog)
			return t, nil
		}}
		if err := check(set[e.Name()], catalog.Lang, e.Name(), room.Pages); err != nil {
			return err
		}
	}
	return nil
}

// check parses a page, unless the same one has been parsed already.
func check(p *Page, lang, name string, files fs.FS) error {
	own, built := files.(embed.FS)
	key := parsedPage{lang, name, own}
	if _, parsed := parsedOnce.Load(key); built && parsed {
		return nil
	}
	_, err := p.Get()
	if err == nil && built {
		parsedOnce.Store(key, true)
	}
	return err
}

// parseParts parses what all pages of one room share.
func parseParts(layout *template.Template, catalog *locale.Catalog, room Room, entries []fs.DirEntry) (*template.Template, error) {
	base, err := layout.Clone()
	if err != nil {
		return nil, fmt.Errorf("web: layout: %w", err)
	}
	if room.Funcs != nil {
		base.Funcs(room.Funcs(catalog))
	}
	if room.Parts != nil {
		if base, err = base.ParseFS(room.Parts, "pages/parts/*.html"); err != nil {
			return nil, fmt.Errorf("web: parts of several rooms: %w", err)
		}
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "parts" }) {
		if base, err = base.ParseFS(room.Pages, "pages/parts/*.html"); err != nil {
			return nil, fmt.Errorf("web: parts of a room: %w", err)
		}
	}
	return base, nil
}

func funcs(c *locale.Catalog) template.FuncMap {
	return template.FuncMap{
		"T":       c.Text,
		"H":       c.HTML,
		"name":    func(t pack.Text) string { return t.In(c.Lang) },
		"lang":    func() string { return c.Lang },
		"asset":   assets.URL,
		"num":     figure.Num,
		"day":     figure.Date,
		"a":       anchor,
		"percent": func(share float64) string { return figure.Decimal(100*share, 0) + "%" },
		"verdict": func(state any) (template.HTML, error) {
			return markup.Write(c, func(p *markup.Pieces) { p.Verdict(fmt.Sprint(state), "verdict."+fmt.Sprint(state)) })
		},
		"status": func(s pack.Status) (template.HTML, error) {
			return markup.Write(c, func(p *markup.Pieces) { p.Status(s) })
		},
		"source": func(s origin.Source) (template.HTML, error) {
			return markup.Write(c, func(p *markup.Pieces) { origin.Put(p, s) })
		},
		"put": func(w interface{ Put(*markup.Pieces) }) (template.HTML, error) { return markup.Write(c, w.Put) },
		"code": func(text string) template.HTML {
			return template.HTML("<code>" + template.HTMLEscapeString(text) + "</code>")
		},
	}
}

// anchor is a link as a piece of a page, for use as an argument of H.
func anchor(href, text string) template.HTML {
	return template.HTML(`<a class="num" href="` + template.HTMLEscapeString(href) + `">` + template.HTMLEscapeString(text) + `</a>`)
}
