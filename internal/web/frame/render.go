package frame

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"eyas/internal/auth"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
)

// Page is what a template gets: the address, the frame's own state and the page's view.
type Page struct {
	*address.Ask
	Groups    []roomGroup // of the rail
	Foot      []roomLink  // the entries at the foot of the rail
	Bar       []roomLink  // those at the lower edge of a phone
	Tabs      []roomLink  // of the room of data, on its pages
	Scopes    []PlaceGroup
	ScopeName string    // empty: the whole city
	ScopeNote string    // why the page is not narrowed to the scope; empty: it is
	Org       pack.Text // the city
	Synthetic bool      // synthetic imports are in force: every page says so
	Version   string
	Base      string      // by which papers name the base that they were made from; empty: not said
	Made      string      // when the page was made
	Sealed    string      // the newest head of the operation log; empty: not known
	Assumed   []pack.Text // names of the assumptions in the address
	Jobs      []*JobView  // work that runs now
	Saved     *SavedNote  // what was written just now, or taken back
	Timeless  bool        // the page shows what is, whatever day of knowledge the address names
	Type      string      // how large the letters are: empty, large or largest
	Types     []Option
	Theme     string // empty: light; dark
	Help      string // the address of the help for this page
	Notices   []string
	Written   []address.Field // what a person wrote into a form that was refused
	Refill    string          // that form; see refilled
	Me        *Me             // who has signed in; nil: nobody, or the base has no people
	Outside   bool            // nobody has signed in: the page shows nothing but itself
	Sees      bool            // who acts sees subjects, which parts of the city and searches are about
	View      any

	may func(auth.Action) bool
}

// May reports whether who reads the page may do something at all, by the name of the action: what leads to it is offered to no others.
func (p *Page) May(action string) bool { return p.may == nil || p.may(auth.Action(action)) }

// roomGroup is entries of the rail under one head.
type roomGroup struct {
	Key   string // of the head; empty: none
	Rooms []roomLink
}

// roomLink is an entry of the rail, or a tab.
type roomLink struct {
	Key, URL string
	Here     bool
	N        string // beside it; empty: nothing waits, or it is not known
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
	known := f.pages[ask.Lang][page]
	if known == nil {
		return fmt.Errorf("web: no page %q", page)
	}
	t, err := known.Get()
	if err != nil {
		return err
	}
	out := pageBuffers.Get().(*bytes.Buffer)
	defer func() {
		if out.Cap() <= largestPage {
			pageBuffers.Put(out)
		}
	}()
	out.Reset()
	if n := noticeOf(r); n != nil && status == http.StatusOK && part == "layout" {
		status = n.status
	}
	if page == "start" {
		start, err := startOf(r.Context(), f.Imports, f.Pack.Zone, ask.KnownDay(), ask.With)
		if err != nil {
			return err
		}
		view = start
	}
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
	p := &Page{Ask: ask, Timeless: f.plan.isTimeless(ask.Path()), Version: f.Version, Base: f.BaseName, Made: f.When(f.Clock()), Jobs: f.openJobs(r.Context(), ask), Assumed: f.Assumed(ask),
		Type: typeOf(r), Theme: themeOf(r), Help: ask.Link(helpPath(ask.Path())), Saved: f.savedNote(r, ask), View: view}
	if city := f.Pack.Orgs.City(); city != nil {
		p.Org = city.Name
	} else {
		p.Org = f.Pack.Name
	}
	for _, t := range types {
		p.Types = append(p.Types, Option{Value: t, Label: f.Words(ask.Lang)("frame.type." + t), On: t == p.Type || p.Type == "" && t == types[0]})
	}
	if n := noticeOf(r); n != nil {
		p.Notices, p.Written, p.Refill = n.said, n.written, n.refill
	}
	p.Sees, p.may = true, func(action auth.Action) bool { return f.May(r.Context(), action) }
	if f.Door != nil && f.Door.Peopled(r.Context()) {
		p.Me, p.Sees = f.Door.Me(r.Context(), ask.Lang), f.SeesAny(r.Context())
		p.Outside = p.Me == nil
	}
	if p.Outside {
		p.Jobs = nil
	} else {
		var err error
		if p.Sealed, err = f.headOfLog(r.Context()); err != nil {
			f.Broken(r, "head of the log", err)
		}
		f.rooms(r, ask, p)
		f.scopes(r.Context(), ask, p)
	}
	if f.Imports != nil {
		synthetic, err := f.Imports.Synthetic(auth.As(r.Context(), auth.Self)) // that it is generated is hidden from nobody
		if err != nil {
			f.Broken(r, "synthetic mark", err)
		}
		p.Synthetic = synthetic
	}
	return p
}

// rooms fills in the rail, the bar and the tabs, with the numbers beside them.
func (f *Frame) rooms(r *http.Request, ask *address.Ask, p *Page) {
	var counts numbers
	if p.Sees {
		counts = f.counts.all(r.Context(), ask.Scope, f.plan.counted())
	}
	here := cmp.Or(ask.Room, f.plan.roomOf(cmp.Or(ask.Own, ask.Path())))
	if e, ok := f.plan.entry(here); ok && e.Lists && f.OwnSubject(r.Context()) != 0 {
		here = f.plan.ownEntry()
	}
	out := *ask
	out.Room = ""
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return figure.Num(n)
	}
	all, inData := 0, 0
	for _, w := range f.plan.waits {
		all += counts.n[w.Key]
		if slices.ContainsFunc(f.plan.tabs, func(t Tab) bool { return t.Key == w.Key }) {
			inData += counts.n[w.Key]
		}
	}
	link := func(key string) (roomLink, bool) {
		e, ok := f.plan.entry(key)
		ok = ok && f.shows(r.Context(), &e)
		l := roomLink{Key: "frame.room." + key, URL: out.Link(e.Path), Here: key == here}
		switch {
		case e.Waits:
			l.N = number(all)
		case e.Wait != "":
			l.N = number(counts.n[e.Wait])
		case len(f.plan.tabs) > 0 && e.Path == f.plan.tabs[0].Path:
			l.N = number(inData)
		}
		return l, ok
	}
	for _, g := range f.plan.order.Rail {
		group := roomGroup{Key: g.Key}
		for _, key := range g.Entries {
			if l, ok := link(key); ok {
				group.Rooms = append(group.Rooms, l)
			}
		}
		switch {
		case len(group.Rooms) == 0:
		case g.Key == "":
			p.Foot = append(p.Foot, group.Rooms...)
		default:
			group.Key = "frame.group." + g.Key
			p.Groups = append(p.Groups, group)
		}
	}
	for _, key := range f.plan.order.Bar {
		if l, ok := link(key); ok {
			p.Bar = append(p.Bar, l)
		}
	}
	if len(p.Bar) == 0 { // who has only rooms that stand at the foot, as administrators have
		p.Bar = p.Foot[:min(len(p.Foot), phoneDoors)]
	}
	at := f.plan.tab(ask.Path())
	if at == "" || !p.Sees {
		return
	}
	for _, t := range f.plan.tabs {
		if counts.denied[t.countName()] && t.Key != at {
			continue
		}
		n := counts.n[t.countName()]
		p.Tabs = append(p.Tabs, roomLink{Key: "frame.tab." + t.Key, URL: out.Link(t.Path), Here: t.Key == at, N: number(n)})
	}
}

// phoneDoors is how many rooms stand at the lower edge of a phone, besides “more”.
const phoneDoors = 3

// scopes fills in the parts of the city that a page can be narrowed to, and what is said where it cannot be.
func (f *Frame) scopes(ctx context.Context, ask *address.Ask, p *Page) {
	text := f.Words(ask.Lang)
	defer f.offered(ctx, p)
	p.Scopes = PlacesOf(f.City, ask.Lang, text, city.ParsePlace(ask.Scope))
	zones := PlaceGroup{Label: text("place.zones")}
	for _, o := range f.City.Zones {
		zones.Places = append(zones.Places, Option{Value: o.ID, Label: city.ShortName(o, ask.Lang), On: ask.Scope == o.ID})
	}
	if len(zones.Places) > 0 {
		p.Scopes = append(p.Scopes, zones)
	}
	if ask.Scope == "" {
		return
	}
	p.ScopeName = f.City.ScopeName(ask.Scope, ask.Lang)
	zone := f.City.Org[ask.Scope].IsZone()
	districts := f.City.DistrictsOf(ask.Scope)
	switch coarse := isAmong(f.plan.coarse, ask.Path()); {
	case f.plan.isWhole(ask.Path()) || coarse && districts == nil:
		p.ScopeNote = text("frame.scope.whole", "scope", p.ScopeName)
		return
	case coarse && zone:
		p.ScopeNote = text("frame.scope.district", "scope", p.ScopeName, "district", f.City.ScopeName(districts[0], ask.Lang))
		return
	}
	id := registerOf(ask.Path())
	reg := f.Pack.Register(id)
	if reg == nil {
		return
	}
	switch of := f.CityOf(id).ScopeOf(ask.Scope); of {
	case ask.Scope:
	case "":
		p.ScopeNote = text("frame.scope.none", "scope", p.ScopeName, "register", reg.Name.In(ask.Lang))
	default:
		p.ScopeNote = text("frame.scope.wider", "scope", p.ScopeName, "register", reg.Name.In(ask.Lang), "district", f.City.ScopeName(of, ask.Lang))
	}
}

// offered leaves of the parts of the city those that the actor may see, and says his organisation in the place of the city.
func (f *Frame) offered(ctx context.Context, p *Page) {
	scope, err := f.Actors.Scope(ctx, "")
	if err == nil && scope.Whole() {
		return
	}
	var own []PlaceGroup
	for _, g := range p.Scopes {
		g.Places = slices.DeleteFunc(slices.Clone(g.Places), func(o Option) bool { return !scope.Has(o.Value) })
		if len(g.Places) > 0 {
			own = append(own, g)
		}
	}
	p.Scopes = own
	if o := f.City.Org[f.Actors.Acting(ctx).Org]; o != nil {
		p.Org = o.Name
	}
}

// OwnPlace names what who acts sees of the city when he does not see all of it: his organisation, or what his role is granted for.
func (f *Frame) OwnPlace(ctx context.Context) (name pack.Text, part bool) {
	scope, err := f.Actors.Scope(ctx, "")
	if err == nil && scope.Whole() {
		return name, false
	}
	if o := f.City.Org[f.Actors.Acting(ctx).Org]; o != nil {
		return o.Name, true
	}
	return pack.Text{ZH: "您看到的", EN: "What you see"}, true
}

// registerOf is the register that an address lists; empty: none, or the main one.
func registerOf(path string) string {
	id, _ := strings.CutPrefix(path, "/registers/")
	return id
}

// helpPath is the address of the help for a page: that of the first step of its own.
func helpPath(path string) string {
	step, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	step, _, _ = strings.Cut(step, ".") // of a file
	if step == "help" {
		return path
	}
	return "/help/" + cmp.Or(step, "ladder")
}
