package search

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// mostNumbered is how many subjects of one identity number a page shows.
const mostNumbered = 50

// posted takes a search by POST, so that an identity number does not stand in an address. Any other text goes on to the address that
// the search has.
func (s *room) posted(w http.ResponseWriter, r *http.Request) error {
	text := strings.TrimSpace(r.PostForm.Get("q"))
	if number := address.NumberIn(text); number != "" {
		return s.byNumber(w, r, number)
	}
	http.Redirect(w, r, s.Ask(r).Link("/search", "q", text), http.StatusSeeOther)
	return nil
}

// byNumber answers a search for an identity number, whichever page it was asked on: with the subject, or with a page of those that were
// found. Neither has the number in its address, so it is in no history, bookmark or log of a proxy. The script of the search field
// asks with part.
func (s *room) byNumber(w http.ResponseWriter, r *http.Request, number string) error {
	ask := s.Ask(r)
	found, err := s.Known.WithNumber(r.Context(), number)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	var ids []string
	var only string
	v := searchView{Numbered: true}
	for _, reg := range s.searched() {
		part := searchPart{ID: reg.ID, Name: reg.Name.In(ask.Lang)}
		for _, p := range found[reg.ID] {
			hit := s.numberedHit(ask, reg.ID, p)
			ids, only = append(ids, strconv.FormatInt(p.Subject, 10)), hit.URL
			part.Hits, part.Total = append(part.Hits, hit), part.Total+1
		}
		if v.Total += part.Total; part.Total > 0 {
			v.Parts = append(v.Parts, part)
		}
	}
	switch {
	case r.FormValue("part") != "":
		return s.RenderPart(w, r, "search", "options", v)
	case len(ids) == 1:
		http.Redirect(w, r, only, http.StatusSeeOther)
	default:
		next := url.URL{Path: "/search", RawQuery: url.Values{"numbered": {strings.Join(ids[:min(len(ids), mostNumbered)], ",")}}.Encode()}
		if lang := r.URL.Query().Get("lang"); lang != "" {
			next.RawQuery += "&" + url.Values{"lang": {lang}}.Encode()
		}
		http.Redirect(w, r, next.String(), http.StatusSeeOther)
	}
	return nil
}

// numbered fills in the subjects that a search for an identity number has found, as far as the reader sees them.
func (s *room) numbered(r *http.Request, v *searchView, list string) error {
	ask := s.Ask(r)
	v.Numbered = true
	parts := map[string]*searchPart{}
	ids := strings.Split(list, ",")
	for _, text := range ids[:min(len(ids), mostNumbered)] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			continue
		}
		p, err := s.Known.Profile(r.Context(), id)
		if fault.Of(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		register, err := s.Known.RegisterOf(r.Context(), id)
		if err != nil {
			return err
		}
		if parts[register] == nil {
			parts[register] = &searchPart{ID: register}
		}
		parts[register].Hits = append(parts[register].Hits, s.numberedHit(ask, register, p))
	}
	for _, reg := range s.searched() {
		if part := parts[reg.ID]; part != nil && !slices.ContainsFunc(v.Parts, func(x searchPart) bool { return x.ID == reg.ID }) {
			part.Name, part.Total = reg.Name.In(ask.Lang), len(part.Hits)
			v.Total += part.Total
			v.Parts = append(v.Parts, *part)
		}
	}
	return nil
}

func (s *room) numberedHit(ask *address.Ask, register string, p *fact.Profile) searchHit {
	return searchHit{URL: ask.Link(s.SubjectPath(register, p.Code, p.Subject)), Code: p.Code, Parts: words.Marked(p.Name, "")}
}
