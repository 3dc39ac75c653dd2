package standing

import (
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/web/markup"
)

// Doubt is a value that is doubted, as it is marked wherever it is used.
type Doubt struct {
	Key   col.Key
	Name  string // of the value, with its year
	Value string
	Offer string // what it may be; empty for none
	Why   string
	URL   string // of the page on which it is decided
}

// Doubts are the doubted values of a subject.
type Doubts struct {
	List []*Doubt // each value once, the gravest first
	At   map[col.Key]*Doubt
}

// Of gives what is doubted of a value; nil: nothing.
func (d Doubts) Of(f *fact.SourcedFact) *Doubt { return d.At[col.Key{Attr: f.Attr.ID, Year: f.Year}] }

// Keys are the doubted values.
func (d Doubts) Keys() (keys []col.Key) {
	for _, x := range d.List {
		keys = append(keys, x.Key)
	}
	return keys
}

// PutDoubt marks a doubted value: what it may be, why, and the way to the page on which that is decided.
func PutDoubt(p *markup.Pieces, d *Doubt, short bool) {
	if d == nil {
		return
	}
	p.Raw(` `)
	p.Link(d.URL)
	p.Raw(` class="doubt" title="`)
	p.Text(d.Why)
	p.Raw(`"><svg class="icon" aria-hidden="true"><use href="#i-warn"/></svg>`)
	if short {
		p.Raw(`<span class="visually-hidden">`)
	}
	if d.Offer != "" {
		p.Say("object.doubt.offer", "value", d.Offer)
	} else {
		p.Say("object.doubt")
	}
	if short {
		p.Raw(`</span>`)
	}
	p.Raw(`</a>`)
}
