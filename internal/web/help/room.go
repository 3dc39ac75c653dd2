// Package help is the help of every page, one screen each, in the words of the work. Its topics are data: a file for each in both
// languages, beside the texts.
package help

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"

	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/locale"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

//go:embed topics
var topicFiles embed.FS

// topic is what one page of help says.
type topic struct {
	Key   string `json:"-"`
	Title string `json:"title"`
	Lead  string `json:"lead"`
	Asks  []struct {
		Question string   `json:"question"`
		Steps    []string `json:"steps"`
	} `json:"asks"`
}

// order is the topics in the order of the rail, with the address of the page that each is about; empty: it has none of its own.
var order = []struct{ key, path string }{
	{"ladder", "/"}, {"enterprises", "/enterprises"}, {"registers", "/registers"}, {"subject", ""}, {"todo", "/todo"}, {"cases", "/cases"}, {"lab", "/lab"},
	{"import", "/import"}, {"connect", "/connect"}, {"quality", "/quality"}, {"links", "/links"}, {"places", "/places"}, {"merges", "/merges"}, {"retention", "/retention"}, {"search", "/search"}, {"jobs", ""}, {"log", "/log"}, {"people", "/people"}, {"verify", "/verify"}, {"api", "/api"},
}

// meant are the topics of pages that have none under the first step of their addresses.
var meant = map[string]string{"directory": "search", "s": "subject", "records": "subject", "my-data": "subject", "own": "subject", "held": "todo", "account": "people", "mandates": "people", "sign-in": "people", "join": "people"}

type room struct {
	*frame.Frame
	topics map[string]map[string]*topic // by language and key
}

// New makes the room. A topic that is missing in a language is a programming fault.
func New(f *frame.Frame) frame.Room {
	s := &room{Frame: f, topics: map[string]map[string]*topic{}}
	for _, lang := range locale.Langs {
		s.topics[lang] = map[string]*topic{}
		for _, o := range order {
			t, err := read(lang, o.key)
			if err != nil {
				panic(err)
			}
			s.topics[lang][o.key] = t
		}
	}
	return frame.Room{
		Timeless: []string{"/help"},
		Whole:    []string{"/help"},
		Pages:    pages,
		Texts:    texts,
		Routes: func(t *frame.Routes) {
			t.Page("GET /help", s.list)
			t.Page("GET /help/{topic}", s.show)
		},
	}
}

func read(lang, key string) (*topic, error) {
	raw, err := topicFiles.ReadFile(path.Join("topics", lang, key+".json"))
	if err != nil {
		return nil, fmt.Errorf("help: %w", err)
	}
	t := &topic{Key: key}
	if err := json.Unmarshal(raw, t); err != nil {
		return nil, fmt.Errorf("help: %s in %s: %w", key, lang, err)
	}
	return t, nil
}

// Topic is the key of the topic of a page, by the first step of its address; empty: there is none.
func Topic(step string) string {
	if m := meant[step]; m != "" {
		return m
	}
	if slices.ContainsFunc(order, func(o struct{ key, path string }) bool { return o.key == step }) {
		return step
	}
	return ""
}

type link struct {
	Title, Lead, URL string
	Here             bool
}

type view struct {
	Topic  *topic
	URL    string // of the page that it is about; empty: none
	Others []link
}

func (s *room) links(ask *address.Ask, here string) (list []link) {
	for _, o := range order {
		t := s.topics[ask.Lang][o.key]
		list = append(list, link{t.Title, t.Lead, ask.Link("/help/" + o.key), o.key == here})
	}
	return list
}

func (s *room) list(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, "helps", &view{Others: s.links(s.Ask(r), "")})
}

func (s *room) show(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	key := Topic(r.PathValue("topic"))
	t := s.topics[ask.Lang][key]
	if t == nil {
		http.Redirect(w, r, ask.Link("/help"), http.StatusSeeOther)
		return nil
	}
	v := &view{Topic: t, Others: s.links(ask, key)}
	for _, o := range order {
		if o.key == key && o.path != "" && (o.key == "search" || o.key == "api" || s.Offers(r.Context(), o.path)) {
			v.URL = ask.Link(o.path)
		}
	}
	return s.Render(w, r, "help", v)
}
