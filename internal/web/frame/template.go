package frame

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/web/assets"
	"eyas/internal/web/locale"
	"eyas/internal/web/markup"
	"eyas/internal/web/origin"
)

//go:embed pages
var pageFiles embed.FS

// pageSet is the templates of one language by page name.
type pageSet map[string]*template.Template

// parsePages parses each folder of pages together with the layout of the frame and the parts of its room, once per language.
func parsePages(catalogs map[string]*locale.Catalog, frame fs.FS, rooms []Room) (map[string]pageSet, error) {
	all := map[string]pageSet{}
	for lang, catalog := range catalogs {
		layout, err := template.New("").Funcs(funcs(catalog)).ParseFS(frame, "pages/layout/*.html")
		if err != nil {
			return nil, fmt.Errorf("web: layout: %w", err)
		}
		set := pageSet{}
		for _, room := range rooms {
			if room.Pages == nil {
				continue
			}
			if err := parseRoom(set, layout, catalog, room); err != nil {
				return nil, err
			}
		}
		all[lang] = set
	}
	return all, nil
}

// parseRoom parses the pages of one room.
func parseRoom(set pageSet, layout *template.Template, catalog *locale.Catalog, room Room) error {
	entries, err := fs.ReadDir(room.Pages, "pages")
	if err != nil {
		return err
	}
	base := template.Must(layout.Clone())
	if room.Funcs != nil {
		base.Funcs(room.Funcs(catalog))
	}
	if room.Parts != nil {
		if base, err = base.ParseFS(room.Parts, "pages/parts/*.html"); err != nil {
			return fmt.Errorf("web: parts of several rooms: %w", err)
		}
	}
	for _, e := range entries {
		if e.Name() == "parts" {
			if base, err = base.ParseFS(room.Pages, "pages/parts/*.html"); err != nil {
				return fmt.Errorf("web: parts of a room: %w", err)
			}
		}
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "layout" || e.Name() == "parts" {
			continue
		}
		if set[e.Name()] != nil {
			return fmt.Errorf("web: two rooms have a page %q", e.Name())
		}
		t, err := template.Must(base.Clone()).ParseFS(room.Pages, path.Join("pages", e.Name(), "*.html"))
		if err != nil {
			return fmt.Errorf("web: page %s: %w", e.Name(), err)
		}
		markup.Settle(t, catalog)
		set[e.Name()] = t
	}
	return nil
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
