package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/web/assets"
	"eyas/internal/web/locale"
)

//go:embed pages
var pageFiles embed.FS

// pageSet is the templates of one language by page name.
type pageSet map[string]*template.Template

// Page is what a template gets: the address, the frame's own state and the page's view.
type Page struct {
	*Ask
	Rooms     []roomLink
	Org       pack.Text // the city
	Synthetic bool      // synthetic imports are in force: every page says so
	Version   string
	Assumed   []pack.Text // names of the assumptions in the address
	Jobs      []*jobView  // work that runs now
	Timeless  bool        // the page shows what is, whatever day of knowledge the address names
	View      any
}

// roomLink is one entry of the left rail.
type roomLink struct {
	Key, URL string
	Here     bool
}

// roomList is the rooms that exist, in the order of the flow.
var roomList = []struct{ key, path string }{
	{"directory", "/directory"}, {"enterprises", "/enterprises"}, {"ladder", "/"}, {"lab", "/lab"}, {"registers", "/registers"}, {"import", "/import"},
}

// roomOf gives the room of pages whose address does not say it.
var roomOf = map[string]string{"/s": "/registers", "/places": "/import", "/quality": "/import", "/links": "/import", "/merges": "/import"}

// timeless reports whether a page shows what is, whatever day of knowledge its address names: the rooms of work, the
// search, and what lies behind a subject's own page.
func timeless(path string) bool {
	switch firstStep(path) {
	case "/import", "/jobs", "/links", "/merges", "/places", "/quality", "/records", "/registers", "/search":
		return true
	case "/s":
		return strings.Count(path, "/") > 2
	}
	return false
}

// firstStep is a path up to its second slash.
func firstStep(path string) string {
	if i := strings.IndexByte(strings.TrimPrefix(path, "/"), '/'); i >= 0 {
		return path[:i+1]
	}
	return path
}

// parsePages parses each folder of pages together with the layout, once per language.
func parsePages(catalogs map[string]*locale.Catalog) (map[string]pageSet, error) {
	entries, err := fs.ReadDir(pageFiles, "pages")
	if err != nil {
		return nil, err
	}
	all := map[string]pageSet{}
	for lang, catalog := range catalogs {
		layout, err := template.New("").Funcs(funcs(catalog)).ParseFS(pageFiles, "pages/layout/*.html")
		if err != nil {
			return nil, fmt.Errorf("web: layout: %w", err)
		}
		set := pageSet{}
		for _, e := range entries {
			if !e.IsDir() || e.Name() == "layout" {
				continue
			}
			t, err := template.Must(layout.Clone()).ParseFS(pageFiles, path.Join("pages", e.Name(), "*.html"))
			if err != nil {
				return nil, fmt.Errorf("web: page %s: %w", e.Name(), err)
			}
			set[e.Name()] = t
		}
		all[lang] = set
	}
	return all, nil
}

func funcs(c *locale.Catalog) template.FuncMap {
	return template.FuncMap{
		"T":       c.Text,
		"H":       c.HTML,
		"name":    func(t pack.Text) string { return t.In(c.Lang) },
		"lang":    func() string { return c.Lang },
		"asset":   assets.URL,
		"num":     num,
		"day":     formatDay,
		"a":       anchor,
		"percent": func(share float64) string { return decimal(100*share, 0) + "%" },
		"reason":  func(i registry.Issue) string { return issueReason(i, c.Lang) },
		"code": func(text string) template.HTML {
			return template.HTML("<code>" + template.HTMLEscapeString(text) + "</code>")
		},
	}
}

// anchor is a link as a piece of a page, for use as an argument of H.
func anchor(href, text string) template.HTML {
	return template.HTML(`<a class="num" href="` + template.HTMLEscapeString(href) + `">` + template.HTMLEscapeString(text) + `</a>`)
}

// render writes a page: the layout with the page's title and content.
func (s *Server) render(w http.ResponseWriter, r *http.Request, page string, view any) error {
	body, err := s.execute(r, page, "layout", view)
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, body)
	return nil
}

// renderPart writes one template of a page alone, for scripts that replace a part of what is shown.
func (s *Server) renderPart(w http.ResponseWriter, r *http.Request, page, part string, view any) error {
	body, err := s.execute(r, page, part, view)
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, body)
	return nil
}

// renderStatus is render with another status. It is the last resort, so it answers plainly when rendering itself fails.
func (s *Server) renderStatus(w http.ResponseWriter, r *http.Request, status int, page string, view any) {
	body, err := s.execute(r, page, "layout", view)
	if err != nil {
		s.Log.Error("render", "page", page, "error", err)
		http.Error(w, http.StatusText(status), status)
		return
	}
	s.write(w, r, status, body)
}

func (s *Server) execute(r *http.Request, page, part string, view any) ([]byte, error) {
	ask := s.ask(r)
	t := s.pages[ask.Lang][page]
	if t == nil {
		return nil, fmt.Errorf("web: no page %q", page)
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, part, s.framed(r, ask, view)); err != nil {
		return nil, fmt.Errorf("web: page %s: %w", page, err)
	}
	return out.Bytes(), nil
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", s.lang(r))
	h.Set("Cache-Control", "no-store") // enterprises' data stays out of shared caches
	h.Add("Vary", "Cookie, Accept-Language")
	if l := r.URL.Query().Get("lang"); l != "" && l == s.lang(r) {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: l, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	w.WriteHeader(status)
	w.Write(body)
}

// framed wraps a view in the frame.
func (s *Server) framed(r *http.Request, ask *Ask, view any) *Page {
	p := &Page{Ask: ask, Timeless: timeless(ask.Path()), Version: s.Version, Jobs: s.openJobs(ask), View: view}
	for _, id := range ask.Assume {
		if a := s.city.attributes[id]; a != nil {
			p.Assumed = append(p.Assumed, a.Name)
		}
	}
	if len(s.Pack.Orgs) > 0 {
		p.Org = s.Pack.Orgs[0].Name
	} else {
		p.Org = s.Pack.Name
	}
	for _, room := range roomList {
		here := ask.Path() == room.path || room.path != "/" && strings.HasPrefix(ask.Path(), room.path+"/") || roomOf[firstStep(ask.Path())] == room.path
		p.Rooms = append(p.Rooms, roomLink{Key: "frame.room." + room.key, URL: ask.Link(room.path), Here: here})
	}
	if s.Registry != nil {
		synthetic, err := s.Registry.Synthetic(r.Context())
		if err != nil {
			s.Log.Error("synthetic mark", "error", err)
		}
		p.Synthetic = synthetic
	}
	return p
}
