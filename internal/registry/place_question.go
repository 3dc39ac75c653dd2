package registry

import (
	"cmp"
	"context"
	"slices"
	"strings"

	places "eyas/internal/registry/place"
)

// PlaceQuestions are the addresses that leave the district open, of subjects without one.
type PlaceQuestions struct {
	List    []PlaceQuestion // the phrases with most subjects first
	Asked   int             // subjects that the list is about
	Outside []PlaceSample   // subjects whose address begins elsewhere in the country, by subject; at most shownOutside
	Out     int             // all of those
	Silent  int             // subjects whose address names no place
}

// PlaceQuestion is a part of addresses that a person has to place.
type PlaceQuestion struct {
	Phrase     string
	Candidates []string // ids of districts, the likeliest first; none: not known at all
	Subjects   int
	Samples    []PlaceSample // a few, by subject
}

// PlaceSample is a subject with such an address.
type PlaceSample struct {
	Ref
	Address string
}

const (
	shownSamples = 3
	shownOutside = 50
)

// openPlaces are the subjects without a district, as far as a change and under some answers.
type openPlaces struct {
	version  Version
	answers  map[string]string
	subjects map[int64]openPlace
}

type openPlace struct {
	sample  PlaceSample
	verdict places.Verdict
	phrase  string
	among   []string
}

// PlaceQuestions gives what people have to say about addresses. The first time reads all profiles; later what changed.
func (g *Registry) PlaceQuestions(ctx context.Context) (*PlaceQuestions, error) {
	list, err := g.PlaceAnswers(ctx)
	if err != nil {
		return nil, err
	}
	b := g.places
	b.mu.Lock()
	defer b.mu.Unlock()
	answers := inForce(list)
	resolver := b.under(g, answers)
	was, before := b.open, Version{}
	if was != nil {
		before = was.version
	}
	version, own, err := g.Since(ctx, before)
	if err != nil {
		return nil, err
	}
	open := &openPlaces{version: version, answers: answers}
	switch after := int64(0); {
	case was != nil && own && grew(was.answers, answers):
		// More answers settle only what was open; fewer, or others, open what is not kept.
		open.subjects, after = was.subjects, was.version.Change
		if len(answers) > len(was.answers) {
			for id, o := range open.subjects {
				open.judge(resolver, id, o.sample)
			}
		}
		if after == version.Change {
			break
		}
		fallthrough
	default:
		if open.subjects == nil {
			open.subjects = map[int64]openPlace{}
		}
		b.open = nil // half read is nothing
		if err := g.Scan(ctx, after, func(p *Profile) error { open.take(resolver, p); return nil }); err != nil {
			return nil, err
		}
	}
	b.open = open
	return open.questions(), nil
}

// grew reports that all of the answers still hold.
func grew(was, now map[string]string) bool {
	for phrase, org := range was {
		if now[phrase] != org {
			return false
		}
	}
	return true
}

// take notes what a profile's address leaves open.
func (o *openPlaces) take(resolver *places.Resolver, p *Profile) {
	address := ""
	for _, f := range p.Facts {
		switch f.Attr.ID {
		case "district":
			address = ""
			delete(o.subjects, p.Subject)
			return
		case "address":
			address = f.Value.Str
		}
	}
	if p.Gone || address == "" {
		delete(o.subjects, p.Subject)
		return
	}
	o.judge(resolver, p.Subject, PlaceSample{Ref{Subject: p.Subject, Code: strings.Clone(p.Code), Name: strings.Clone(p.Name)}, strings.Clone(address)}) // of a profile that is let go
}

func (o *openPlaces) judge(resolver *places.Resolver, id int64, s PlaceSample) {
	r := resolver.Resolve(s.Address)
	if r.Verdict == places.Found {
		delete(o.subjects, id)
		return
	}
	o.subjects[id] = openPlace{s, r.Verdict, r.Phrase, r.Candidates}
}

// questions gathers the open subjects by phrase.
func (o *openPlaces) questions() *PlaceQuestions {
	out := &PlaceQuestions{}
	by := map[string]*PlaceQuestion{}
	ids := make([]int64, 0, len(o.subjects))
	for id := range o.subjects {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		s := o.subjects[id]
		switch s.verdict {
		case places.Outside:
			if out.Out++; len(out.Outside) < shownOutside {
				out.Outside = append(out.Outside, s.sample)
			}
		case places.Nothing:
			out.Silent++
		case places.Ask:
			out.Asked++
			q := by[s.phrase]
			if q == nil {
				q = &PlaceQuestion{Phrase: s.phrase, Candidates: s.among}
				by[s.phrase] = q
			}
			if q.Subjects++; len(q.Samples) < shownSamples {
				q.Samples = append(q.Samples, s.sample)
			}
		}
	}
	for _, q := range by {
		out.List = append(out.List, *q)
	}
	slices.SortFunc(out.List, func(a, b PlaceQuestion) int {
		return cmp.Or(cmp.Compare(b.Subjects, a.Subjects), cmp.Compare(a.Phrase, b.Phrase))
	})
	return out
}
