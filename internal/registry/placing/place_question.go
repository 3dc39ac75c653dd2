package placing

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
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
	fact.Ref
	Address string
}

const (
	shownSamples = 3
	shownOutside = 50
)

// openPlaces are the subjects without a district under some answers, as far as the addresses of the main register were followed.
type openPlaces struct {
	answers  map[string]string
	resolver *places.Resolver
	subjects map[int64]openPlace
}

type openPlace struct {
	sample  PlaceSample
	verdict places.Verdict
	phrase  string
	among   []string
}

// PlaceQuestions gives what people have to say about addresses. The first time reads all profiles; later what changed, and
// those whose address has words that were answered since, or not any more.
func (g *Answers) PlaceQuestions(ctx context.Context) (_ *PlaceQuestions, err error) {
	defer fault.At(&err, "placing.PlaceQuestions")
	list, err := g.PlaceAnswers(ctx)
	if err != nil {
		return nil, err
	}
	b, answers := g.book, fact.InForce(list)
	resolver := g.base.PlacesUnder(answers)
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.open == nil {
		b.open = &openPlaces{answers: answers, resolver: resolver, subjects: map[int64]openPlace{}}
		delete(b.addresses, g.base.Pack.Main().ID)
	}
	book, err := b.follow(ctx, g, g.base.Pack.Main())
	if err != nil {
		return nil, err
	}
	if phrases := differing(b.open.answers, answers); len(phrases) > 0 {
		judged := &openPlaces{answers: answers, resolver: resolver, subjects: maps.Clone(b.open.subjects)}
		if err := g.eachNamed(ctx, g.base.Pack.Main(), book.having(phrases), judged.take); err != nil {
			return nil, err
		}
		b.open = judged
	}
	return b.open.questions(), nil
}

// differing gives the phrases that do not mean the same under two sets of answers.
func differing(was, now map[string]string) (phrases []string) {
	for _, pair := range [][2]map[string]string{{was, now}, {now, was}} {
		for phrase, org := range pair[0] {
			if pair[1][phrase] != org {
				phrases = append(phrases, phrase)
			}
		}
	}
	slices.Sort(phrases)
	return slices.Compact(phrases)
}

// take notes what a profile's address leaves open.
func (o *openPlaces) take(p *fact.Profile) {
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
	r := o.resolver.Resolve(address)
	if r.Verdict == places.Found {
		delete(o.subjects, p.Subject)
		return
	}
	sample := PlaceSample{fact.Ref{Subject: p.Subject, Code: strings.Clone(p.Code), Name: strings.Clone(p.Name)}, strings.Clone(address)} // of a profile that is let go
	o.subjects[p.Subject] = openPlace{sample, r.Verdict, r.Phrase, r.Candidates}
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
