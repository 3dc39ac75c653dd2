package search

import (
	"net/http"
	"slices"
	"strings"

	"eyas/internal/registry/fact"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
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
	Parts []words.Part
	How   string // former or number: what Found is; else empty
	Found []words.Part
}

const (
	hitsOnPage    = 50
	hitsInPalette = 10
)

// searchFind answers with a page, or with the answers alone for the palette (part=1).
func (s *room) searchFind(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	limit, palette := hitsOnPage, r.URL.Query().Get("part") != ""
	if palette {
		limit = hitsInPalette
	}
	v := searchView{Text: strings.TrimSpace(r.URL.Query().Get("q"))}
	if v.Text != "" {
		v.Places = s.findPlaces(ask, v.Text)
		_, base, err := s.InMemory(r.Context(), s.City.Register.ID, fact.Moment{})
		if err != nil {
			return err
		}
		t, err := base.Current(r.Context())
		if err != nil {
			return err
		}
		index := base.Index(t)
		if !palette {
			rows, err := index.Filter(list.Filter{Text: v.Text}, nil)
			if err != nil {
				return err
			}
			v.Total = rows.Count()
		}
		for _, hit := range index.Search(v.Text, limit) {
			h := searchHit{URL: ask.Link(address.EnterprisePath(hit.Code, t.Subjects[hit.Row])), Code: hit.Code, Parts: words.Marked(hit.Name, v.Text)}
			h.Where = s.whereIs(t, hit.Row, ask.Lang)
			if hit.Found != "" {
				h.How, h.Found = hit.How, words.Marked(hit.Found, v.Text)
			}
			v.Hits = append(v.Hits, h)
		}
		if len(v.Hits) > 0 {
			v.All = ask.Link("/enterprises", "text", v.Text)
		}
	}
	if palette {
		return s.RenderPart(w, r, "search", "hits", v)
	}
	return s.Render(w, r, "search", v)
}

// findPlaces finds rooms, recognitions and districts by name.
func (s *room) findPlaces(ask *address.Ask, text string) []searchPlace {
	words := s.Words(ask.Lang)
	var all []searchPlace
	for _, room := range s.Rail() {
		all = append(all, searchPlace{words("frame.room." + room.Key), words("search.room"), ask.Link(room.Path)})
	}
	for _, r := range s.City.Ladder {
		all = append(all, searchPlace{r.Name.In(ask.Lang) + " · " + words("verdict.met"), words("list.title"), ask.Link("/enterprises", "v."+r.ID, "met")})
		all = append(all, searchPlace{r.Name.In(ask.Lang), words("frame.room.lab"), ask.Link("/lab", "rule", r.ID)})
	}
	for _, o := range s.City.Districts {
		all = append(all, searchPlace{o.Name.In(ask.Lang), words("frame.room.ladder"), ask.Link("/", "in", o.ID)})
	}
	lower := strings.ToLower(text)
	all = slices.DeleteFunc(all, func(p searchPlace) bool { return !strings.Contains(strings.ToLower(p.Label), lower) })
	return all[:min(len(all), 6)]
}
