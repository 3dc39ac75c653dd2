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

// PlaceQuestions lists the addresses of subjects without a district.
type PlaceQuestions struct {
	List    []PlaceQuestion // the phrases with most subjects first
	Asked   int             // number of subjects in the list
	Outside []PlaceSample   // subjects whose address lies elsewhere in the country, by id; at most shownOutside
	Out     int             // number of all subjects elsewhere
	Silent  int             // number of subjects whose address names no place
}

// PlaceQuestion is a phrase in addresses that needs a district.
type PlaceQuestion struct {
	Phrase     string
	Candidates []string // ids of districts, the likeliest first; empty: unknown
	Subjects   int
	Samples    []PlaceSample // a few subjects, by id
}

// PlaceSample is a subject with its address.
type PlaceSample struct {
	fact.Ref
	Address string
}

const (
	shownSamples = 3
	shownOutside = 50
)

// openPlaces holds the subjects without a district under some answers, for the addresses of the main register that were
// read so far.
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

// PlaceQuestions returns the phrases that need an answer. The first call reads all profiles. Later calls read those that
// changed, and those whose address contains a phrase whose answer changed.
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

// differing returns the phrases whose district differs between two sets of answers.
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

// take records what is open in the address of a profile.
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
	sample := PlaceSample{fact.Ref{Subject: p.Subject, Code: strings.Clone(p.Code), Name: strings.Clone(p.Name)}, strings.Clone(address)} // copied, because the profile is reused
	o.subjects[p.Subject] = openPlace{sample, r.Verdict, r.Phrase, r.Candidates}
}

// questions groups the open subjects by phrase.
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
