package standing

import (
	"slices"

	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/list"
	"eyas/internal/web/markup"
	"eyas/internal/web/words"
)

// Sentence is the sentence that says how a subject stands and what is next. Its parts are messages of the catalog with what fills
// them.
type Sentence []said

// said is one part of the sentence.
type said struct {
	Key   string
	Links []link // fill {rules} or {rule}; each with what stands behind it
	Pairs []any
}

type link struct{ Text, URL, More string }

// mostNamed is how many things the sentence names before it counts.
const mostNamed = 3

// Of says which recognitions are met and what the nearest one lacks.
func (s *Sentence) Of(x *Reader, cards []Card) {
	met := said{Key: "object.met"}
	for _, c := range cards {
		if c.State != list.Met {
			continue
		}
		l := link{Text: c.Rule.Name.In(x.Lang), URL: c.URL}
		if c.Score != "" {
			l.More = x.W.Text("object.points", "points", c.Score)
		}
		met.Links = append(met.Links, l)
	}
	if met.Links == nil {
		met.Key = "object.met.none"
	}
	*s = append(*s, met)
	at := Nearest(cards)
	if at < 0 {
		return
	}
	c := &cards[at]
	if d := x.Doubts.List; len(d) > 0 && slices.ContainsFunc(cards, func(c Card) bool { return c.Doubted && c.State != list.Met }) && c.Plan.Doubted == nil {
		check := said{Key: "object.check", Links: []link{{Text: d[0].Name, URL: d[0].URL}}, Pairs: []any{"more", ""}}
		if len(d) > 1 {
			check.Pairs[1] = x.W.Text("object.more", "n", len(d)-1)
		}
		*s = append(*s, check)
	}
	next := said{Links: []link{{Text: c.Rule.Name.In(x.Lang), URL: c.URL}}}
	missing := func(state list.Verdict, missing bool) (names []string) {
		for _, k := range c.Criteria {
			if k.State != state {
				continue
			}
			if !missing {
				names = append(names, k.Name.In(x.Lang))
			}
			for _, m := range k.Missing {
				if missing && !slices.Contains(names, m) {
					names = append(names, m)
				}
			}
		}
		return names
	}
	var what []string
	switch {
	case c.Plan.Doubted != nil:
		next.Key = "object.next.doubted"
		for _, d := range c.Plan.Doubted {
			what = append(what, d.Name)
		}
	case c.State == list.Pending:
		next.Key, what = "object.next.pending", missing(list.Pending, false)
	case c.Choice: // as the plan below says it
		if next.Key = "object.next.plan"; len(c.Raises) > 1 {
			next.Key = "object.next.any"
		}
		for _, raise := range c.Raises {
			what = append(what, raise.Does)
		}
	case c.Plan.Possible && len(c.Plan.Steps) > 0:
		next.Key = "object.next.plan"
		for _, step := range c.Plan.Steps {
			what = append(what, step.Does)
		}
		if c.Plan.Upto != "" {
			next.Key = "object.next.score"
			next.Pairs = append(next.Pairs, "points", c.Plan.Upto)
		}
	case c.State == list.Unknown:
		next.Key, what = "object.next.unknown", missing(list.Unknown, true)
		if open := c.Failing(); slices.ContainsFunc(open, func(k Criterion) bool { return k.AnyOf }) && !slices.ContainsFunc(open, func(k Criterion) bool { return k.State == list.Unknown && !k.AnyOf }) {
			next.Key = "object.next.unknownAny"
		}
	default:
		next.Key, what = "object.next.unmet", missing(list.Unmet, false)
		next.Pairs = append(next.Pairs, "n", figure.Num(len(what)))
	}
	next.Pairs = append(next.Pairs, "what", listed(x, what))
	*s = append(*s, next)
}

// listed names the first of several things and counts the others.
func listed(x *Reader, list []string) (text string) {
	for i, one := range list {
		if i == mostNamed && len(list) > mostNamed+1 {
			return text + x.W.Text("object.more", "n", len(list)-mostNamed)
		}
		if i > 0 {
			text += x.W.Text("frame.and")
		}
		text += one
	}
	return text
}

// Known says of a subject that no recognition is about how many of whom name it, how much is known of it and from how many
// files, and what should be known next.
func (s *Sentence) Known(x *Reader, named []Named, facts, files int, lacks []string) {
	if facts == 0 {
		return
	}
	for _, g := range named {
		*s = append(*s, said{Key: "object.named", Pairs: []any{"name", words.Begins(g.Name), "n", figure.Num(g.N)}})
	}
	*s = append(*s, said{Key: "object.known", Pairs: []any{"n", figure.Num(facts), "files", figure.Num(files)}})
	switch {
	case len(x.Doubts.List) > 0:
		*s = append(*s, said{Key: "object.next.check", Pairs: []any{"n", figure.Num(len(x.Doubts.List))}})
	case lacks != nil:
		*s = append(*s, said{Key: "object.next.lacks", Pairs: []any{"what", listed(x, lacks)}})
	default:
		*s = append(*s, said{Key: "object.next.none"})
	}
}

// Early says that a subject was not there yet on the day of the page, which counts it nowhere.
func (s *Sentence) Early(x *Reader, first *fact.SourcedFact) {
	*s = append(*s, said{Key: "object.early", Pairs: []any{"attr", x.W.Name(first.Attr), "first", x.W.Value(first.Attr, first.Value), "day", figure.Date(x.Date)}})
}

// Named is how many subjects name another one by a relation.
type Named struct {
	Name string
	N    int
}

// PutSentence writes the sentence.
func PutSentence(p *markup.Pieces, s Sentence) {
	for i, part := range s {
		if i > 0 {
			p.Raw(` `)
		}
		links, err := markup.Write(p.Catalog, func(p *markup.Pieces) {
			for i, l := range part.Links {
				if i > 0 {
					p.Say("frame.and")
				}
				p.Link(l.URL)
				p.Raw(`>`)
				p.Text(l.Text)
				p.Raw(`</a>`)
				p.Text(l.More)
			}
		})
		if err != nil {
			p.Fail(err)
			return
		}
		p.SayHTML(part.Key, append(slices.Clone(part.Pairs), "rules", links, "rule", links)...)
	}
}
