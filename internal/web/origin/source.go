// Package origin is where a value came from, as pages show it: the file or form, the cell, who and when.
package origin

import (
	"cmp"
	"strconv"
	"time"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/markup"
	"eyas/internal/web/words"
)

// Source is where a value came from, and the address of the row with the cell marked.
type Source struct {
	URL    string
	File   string // file and sheet, or the form
	Cell   string // or the row, where there is no cell
	When   string
	Who    string
	Name   string // of the source of the pack; empty when it was not said
	AsOf   string // the day that the file speaks of
	Reason string // why it was entered
	Mark   string // inferred, borrowed or void; empty for a plain value
}

// Of writes an address for people.
func Of(ask *address.Ask, w words.Writer, a fact.Address) Source {
	src := Source{File: cmp.Or(a.File, a.Form), Who: w.Actor(a.Actor), AsOf: a.AsOf, Reason: figure.Masked(a.Reason)}
	if s := w.City.Pack.Source(a.Source); s != nil {
		src.Name = s.Name.In(w.Lang)
	}
	if a.Sheet != "" {
		src.File += " · " + a.Sheet
	}
	switch {
	case a.Whole && a.AsOf != "":
		src.Cell = w.Text("identity.absentOn", "date", a.AsOf)
	case a.Whole:
		src.Cell = w.Text("identity.absent")
	case a.File == "":
		src.Cell = w.Text("identity.entered")
	case a.Cell != "":
		src.Cell = a.Cell
	case a.Column == "":
		src.Cell = w.Text("enterprise.declared")
	default:
		src.Cell = w.Text("enterprise.row", "row", a.Row)
	}
	if !a.At.IsZero() {
		src.When = a.At.In(ZoneOf(w.City.Pack)).Format("2006-01-02 15:04")
	}
	switch {
	case a.Record != 0:
		src.URL = ask.Link("/records/"+strconv.FormatInt(a.Record, 10), "cell", a.Cell)
	case a.Whole:
		src.URL = ask.Link(address.ImportPath(a.Import))
	}
	return src
}

// OfFact is sourceOf for a value, with a mark when it is no plain word of its source.
func OfFact(ask *address.Ask, w words.Writer, f *fact.SourcedFact) Source {
	src := Of(ask, w, f.Source)
	src.Mark = words.MarkOf(&f.Fact)
	if src.Mark == "" && f.Attr.Kind == pack.Boolean && f.Value.Int == 0 && f.Source.Cell != "" && cell.Blank([]byte(f.Source.Raw)) {
		src.Mark = "declared" // the cell says nothing: whoever imported the file declared that its blanks mean no
	}
	return src
}

// ZoneOf is the time zone of a city; UTC when it says none.
func ZoneOf(p *pack.Pack) *time.Location {
	if p.Zone != nil {
		return p.Zone
	}
	return time.UTC
}

// Put writes where a value came from.
func Put(p *markup.Pieces, s Source) {
	if s.URL != "" {
		p.Link(s.URL)
		p.Raw(` title="`)
		p.Text(s.When)
		p.Raw(` `)
		p.Text(s.Who)
		p.Raw(`">`)
		p.Text(s.File)
		p.Raw(` · `)
		p.Text(s.Cell)
		p.Raw(`</a>`)
	}
	if s.Mark != "" {
		p.Raw(` `)
		p.Mark("status", "identity.mark."+s.Mark)
	}
}
