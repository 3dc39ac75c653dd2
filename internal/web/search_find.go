package web

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"eyas/internal/rule/list"
)

// searchView is the answers of a search, best first.
type searchView struct {
	Text   string
	Places []searchPlace
	Hits   []searchHit
	Total  int    // enterprises found; on the page only
	All    string // the list of all of them
}

type searchPlace struct{ Label, Kind, URL string }

type searchHit struct {
	URL   string
	Code  string
	Where string
	Parts []part
	How   string // former or number: what Found is; else empty
	Found []part
}

// part is a piece of a name; the found ones are marked.
type part struct {
	Text  string
	Found bool
}

const (
	hitsOnPage    = 50
	hitsInPalette = 10
)

func (s *Server) searchRoutes(t *routes) {
	t.page("GET /search", s.searchFind)
}

// searchFind answers with a page, or with the answers alone for the palette (part=1).
func (s *Server) searchFind(w http.ResponseWriter, r *http.Request) error {
	ask := s.ask(r)
	limit, palette := hitsOnPage, r.URL.Query().Get("part") != ""
	if palette {
		limit = hitsInPalette
	}
	v := searchView{Text: strings.TrimSpace(r.URL.Query().Get("q"))}
	if v.Text != "" {
		v.Places = s.findPlaces(ask, v.Text)
		t, err := s.Base.Current()
		if err != nil {
			return err
		}
		index := s.Base.Index(t)
		if !palette {
			rows, err := index.Filter(list.Filter{Text: v.Text}, nil)
			if err != nil {
				return err
			}
			v.Total = rows.Count()
		}
		for _, hit := range index.Search(v.Text, limit) {
			h := searchHit{URL: ask.Link(enterprisePath(hit.Code, t.Subjects[hit.Row])), Code: hit.Code, Parts: mark(hit.Name, v.Text)}
			h.Where = s.whereIs(t, hit.Row, ask.Lang)
			if hit.Found != "" {
				h.How, h.Found = hit.How, mark(hit.Found, v.Text)
			}
			v.Hits = append(v.Hits, h)
		}
		if len(v.Hits) > 0 {
			v.All = ask.Link("/enterprises", "text", v.Text)
		}
	}
	if palette {
		return s.renderPart(w, r, "search", "hits", v)
	}
	return s.render(w, r, "search", v)
}

// findPlaces finds rooms, recognitions and districts by name.
func (s *Server) findPlaces(ask *Ask, text string) []searchPlace {
	words := s.words(ask.Lang)
	var all []searchPlace
	for _, room := range roomList {
		all = append(all, searchPlace{words("frame.room." + room.key), words("search.room"), ask.Link(room.path)})
	}
	for _, r := range s.city.ladder {
		all = append(all, searchPlace{r.Name.In(ask.Lang) + " · " + words("verdict.met"), words("list.title"), ask.Link("/enterprises", "v."+r.ID, "met")})
		all = append(all, searchPlace{r.Name.In(ask.Lang), words("frame.room.lab"), ask.Link("/lab", "rule", r.ID)})
	}
	for _, o := range s.city.districts {
		all = append(all, searchPlace{o.Name.In(ask.Lang), words("frame.room.ladder"), ask.Link("/", "in", o.ID)})
	}
	lower := strings.ToLower(text)
	all = slices.DeleteFunc(all, func(p searchPlace) bool { return !strings.Contains(strings.ToLower(p.Label), lower) })
	return all[:min(len(all), 6)]
}

// mark splits a name at the text that was found in it.
func mark(name, text string) []part {
	i := strings.Index(strings.ToLower(name), strings.ToLower(text))
	if i < 0 || !utf8.ValidString(name) || i+len(text) > len(name) {
		return []part{{Text: name}}
	}
	parts := []part{{Text: name[:i]}, {name[i : i+len(text)], true}, {Text: name[i+len(text):]}}
	return slices.DeleteFunc(parts, func(p part) bool { return p.Text == "" })
}
