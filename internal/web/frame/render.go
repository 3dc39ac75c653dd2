package frame

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"

	"eyas/internal/pack"
	"eyas/internal/web/address"
)

// Page is what a template gets: the address, the frame's own state and the page's view.
type Page struct {
	*address.Ask
	Rooms     []roomLink
	Org       pack.Text // the city
	Synthetic bool      // synthetic imports are in force: every page says so
	Version   string
	Assumed   []pack.Text // names of the assumptions in the address
	Jobs      []*JobView  // work that runs now
	Saved     *SavedNote  // what was written just now, or taken back
	Timeless  bool        // the page shows what is, whatever day of knowledge the address names
	View      any
}

// roomLink is one entry of the left rail.
type roomLink struct {
	Key, URL string
	Here     bool
}

// Render writes a page: the layout with the page's title and content.
func (f *Frame) Render(w http.ResponseWriter, r *http.Request, page string, view any) error {
	return f.renderAs(w, r, http.StatusOK, page, "layout", view)
}

// RenderPart writes one template of a page alone, for scripts that replace a part of what is shown.
func (f *Frame) RenderPart(w http.ResponseWriter, r *http.Request, page, part string, view any) error {
	return f.renderAs(w, r, http.StatusOK, page, part, view)
}

// RenderStatus is Render with another status. It is the last resort, so it answers plainly when rendering itself fails.
func (f *Frame) RenderStatus(w http.ResponseWriter, r *http.Request, status int, page string, view any) {
	if err := f.renderAs(w, r, status, page, "layout", view); err != nil {
		f.Log.Error("render", "page", page, "error", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// pageBuffers are used again; one that grew larger than most pages are is not kept.
var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const largestPage = 1 << 20

// renderAs writes one template of a page. Nothing is written when it fails.
func (f *Frame) renderAs(w http.ResponseWriter, r *http.Request, status int, page, part string, view any) error {
	ask := f.Ask(r)
	t := f.pages[ask.Lang][page]
	if t == nil {
		return fmt.Errorf("web: no page %q", page)
	}
	out := pageBuffers.Get().(*bytes.Buffer)
	defer func() {
		if out.Cap() <= largestPage {
			pageBuffers.Put(out)
		}
	}()
	out.Reset()
	if err := t.ExecuteTemplate(out, part, f.framed(r, ask, view)); err != nil {
		return fmt.Errorf("web: page %s: %w", page, err)
	}
	f.write(w, r, status, out.Bytes())
	return nil
}

func (f *Frame) write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", f.LangOf(r))
	h.Set("Cache-Control", "no-store") // enterprises' data stays out of shared caches
	h.Add("Vary", "Cookie, Accept-Language")
	if l := r.URL.Query().Get("lang"); l != "" && l == f.LangOf(r) {
		http.SetCookie(w, &http.Cookie{Name: address.LangCookie, Value: l, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	w.WriteHeader(status)
	w.Write(body)
}

// framed wraps a view in the frame.
func (f *Frame) framed(r *http.Request, ask *address.Ask, view any) *Page {
	p := &Page{Ask: ask, Timeless: f.plan.isTimeless(ask.Path()), Version: f.Version, Jobs: f.openJobs(r.Context(), ask), Assumed: f.Assumed(ask), Saved: f.savedNote(r, ask), View: view}
	if city := f.Pack.Orgs.City(); city != nil {
		p.Org = city.Name
	} else {
		p.Org = f.Pack.Name
	}
	for _, e := range f.plan.rail {
		p.Rooms = append(p.Rooms, roomLink{Key: "frame.room." + e.Key, URL: ask.Link(e.Path), Here: f.plan.here(e, ask.Path())})
	}
	if f.Imports != nil {
		synthetic, err := f.Imports.Synthetic(r.Context())
		if err != nil {
			f.Log.Error("synthetic mark", "error", err)
		}
		p.Synthetic = synthetic
	}
	return p
}
