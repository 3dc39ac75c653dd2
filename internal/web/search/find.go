package search

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// searchView is the answers of a search: pages and commands, then what is found in each register, the main one first.
type searchView struct {
	Text   string
	Places []searchPlace
	Parts  []searchPart
	Total  int // subjects found in all registers; on the page only
	// Numbered says that they were found by an identity number, which the page does not repeat.
	Numbered bool
}

type searchPlace struct{ Label, Kind, URL string }

// searchPart is what was found in one register.
type searchPart struct {
	ID    string
	Name  string
	Hits  []searchHit
	Total int    // on the page only
	All   string // the list of all of them
}

type searchHit struct {
	URL   string
	Code  string
	Where string
	Parts []words.Part
	How   string // former or number: what Found is; else empty
	Found []words.Part
}

const (
	hitsOnPage    = 20
	hitsInPalette = 10
	// hitsElsewhere is how many hits of a register other than the main one are named.
	hitsElsewhere, hitsElsewhereInPalette = 20, 3
	mostPlaces                            = 8
	// mostRanked is how many hits are ranked where only those of a scope are wanted.
	mostRanked = 2000
)

// searchFind answers with a page, or with the answers alone for the palette (part=1).
func (s *room) searchFind(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	palette := r.URL.Query().Get("part") != ""
	v := searchView{Text: strings.TrimSpace(r.URL.Query().Get("q"))}
	if v.Text != "" {
		v.Places = s.findPlaces(r.Context(), ask, v.Text)
		for _, reg := range s.searched() {
			part, err := s.findIn(r, ask, reg, v.Text, palette)
			if reg != s.City.Register && (errors.Is(err, list.ErrLoading) || fault.Of(err) == fault.NotFound) {
				continue // it has no list, or not yet
			}
			if err != nil {
				return err
			}
			if v.Total += part.Total; len(part.Hits) > 0 {
				v.Parts = append(v.Parts, part)
			}
		}
	}
	if list, ok := r.URL.Query()["numbered"]; ok && v.Text == "" {
		if err := s.numbered(r, &v, list[0]); err != nil {
			return err
		}
	}
	if palette {
		return s.RenderPart(w, r, "search", "options", v)
	}
	return s.Render(w, r, "search", v)
}

// searched are all registers, the main one first.
func (s *room) searched() []*pack.Register {
	all := []*pack.Register{s.City.Register}
	for _, reg := range s.Pack.Registers {
		if reg != s.City.Register {
			all = append(all, reg)
		}
	}
	return all
}

// findIn finds the subjects of a register that a text may mean, within the scope of the address.
func (s *room) findIn(r *http.Request, ask *address.Ask, reg *pack.Register, text string, palette bool) (searchPart, error) {
	part := searchPart{ID: reg.ID, Name: reg.Name.In(ask.Lang)}
	most := map[bool]int{false: hitsOnPage, true: hitsInPalette}[palette]
	if reg != s.City.Register {
		most = map[bool]int{false: hitsElsewhere, true: hitsElsewhereInPalette}[palette]
	}
	_, base, err := s.InMemory(r.Context(), reg.ID, fact.Moment{})
	if err != nil {
		return part, err
	}
	t, err := base.Current(r.Context())
	if err != nil {
		return part, err
	}
	index, within := base.Index(t), s.RowsOf(ask, reg.ID, t)
	if !palette {
		rows, err := index.Filter(list.Filter{Text: text, Rows: within}, nil)
		if err != nil {
			return part, err
		}
		part.Total = rows.Count()
	}
	ranked := most
	if within != nil {
		ranked = mostRanked
	}
	for _, hit := range index.Search(text, ranked) {
		if within != nil && !within.Get(hit.Row) {
			continue
		}
		h := searchHit{URL: ask.Link(s.SubjectPath(reg.ID, hit.Code, t.Subjects[hit.Row])), Code: hit.Code, Parts: words.Marked(hit.Name, text)}
		h.Where = s.whereIs(reg.ID, t, hit.Row, ask.Lang)
		if hit.Found != "" {
			h.How, h.Found = hit.How, words.Marked(hit.Found, text)
		}
		if part.Hits = append(part.Hits, h); len(part.Hits) == most {
			break
		}
	}
	if len(part.Hits) > 0 {
		part.All = ask.Link(s.RegisterPath(reg), "text", text)
	}
	return part, nil
}

// findPlaces finds pages and commands by their names and by other words for them, recognitions by a part or an abbreviation of
// their names, and parts of the city.
func (s *room) findPlaces(ctx context.Context, ask *address.Ask, text string) (found []searchPlace) {
	say, lower := s.Words(ask.Lang), strings.ToLower(text)
	add := func(label, kind, url, also string) {
		if strings.Contains(strings.ToLower(label+" "+also), lower) {
			found = append(found, searchPlace{label, kind, url})
		}
	}
	page := say("search.page")
	for _, e := range s.RailOf(ctx) {
		add(say("frame.room."+e.Key), page, ask.Link(e.Path), say("search.words."+e.Key))
	}
	for _, t := range s.TabsOf(ctx) {
		add(say("frame.room.import")+" · "+say("frame.tab."+t.Key), page, ask.Link(t.Path), say("search.words."+t.Key))
	}
	for _, r := range s.City.Ladder {
		name := r.Name.In(ask.Lang)
		also := ""
		if abbreviates(r.Name.ZH, text) {
			also = text
		}
		add(name+" · "+say("verdict.met"), say("list.title"), ask.Link("/enterprises", "v."+r.ID, "met"), also)
		add(name+" · "+say("verdict.near"), say("list.title"), ask.Link("/enterprises", "v."+r.ID, "near"), also)
		if s.May(ctx, auth.Study) {
			add(name, say("frame.room.lab"), ask.Link("/lab", "rule", r.ID), also)
		}
	}
	for _, reg := range s.searched() {
		if !s.MayOf(ctx, auth.See, reg.ID) {
			continue
		}
		name, path := reg.Name.In(ask.Lang), "/registers/"+reg.ID
		add(name, page, ask.Link(s.RegisterPath(reg)), "")
		if reg != s.City.Register && s.MayOf(ctx, auth.Enter, reg.ID) {
			add(say("search.new", "name", name), say("search.command"), ask.Link(path+"/new"), "")
		}
		add(say("search.template", "name", name), say("search.command"), ask.Link(path+"/template.xlsx"), "")
		if to := s.ExportAt(ctx, map[bool]string{true: "/enterprises.xlsx", false: path + "/export.xlsx"}[reg == s.City.Register]); to != "" {
			add(say("search.export", "name", name), say("search.command"), ask.Link(to), "")
		}
	}
	for _, o := range s.City.Districts {
		add(o.Name.In(ask.Lang), say("frame.scope"), ask.Link("/", "scope", o.ID), "")
	}
	add(say("frame.help"), page, ask.Link("/help"), say("search.words.help"))
	return found[:min(len(found), mostPlaces)]
}

// abbreviates reports whether a text is an abbreviation of a Chinese name, as 高企 is of 国家高新技术企业: two characters or more
// of the name, in its order.
func abbreviates(name, text string) bool {
	if utf8.RuneCountInString(text) < 2 {
		return false
	}
	rest := name
	for _, r := range text {
		i := strings.IndexRune(rest, r)
		if !unicode.Is(unicode.Han, r) || i < 0 {
			return false
		}
		rest = rest[i+utf8.RuneLen(r):]
	}
	return true
}
