package web

import (
	"cmp"
	"strconv"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// source is where a value came from, and the address of the row with the cell marked.
type source struct {
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

// sourceOf writes an address for people.
func sourceOf(ask *Ask, w writer, a registry.Address) source {
	src := source{File: cmp.Or(a.File, a.Form), Who: w.actor(a.Actor), AsOf: a.AsOf, Reason: a.Reason}
	if s := w.city.pack.Source(a.Source); s != nil {
		src.Name = s.Name.In(w.lang)
	}
	if a.Sheet != "" {
		src.File += " · " + a.Sheet
	}
	switch {
	case a.Whole && a.AsOf != "":
		src.Cell = w.text("identity.absentOn", "date", a.AsOf)
	case a.Whole:
		src.Cell = w.text("identity.absent")
	case a.File == "":
		src.Cell = w.text("identity.entered")
	case a.Cell != "":
		src.Cell = a.Cell
	case a.Column == "":
		src.Cell = w.text("enterprise.declared")
	default:
		src.Cell = w.text("enterprise.row", "row", a.Row)
	}
	if !a.At.IsZero() {
		src.When = a.At.In(zoneOf(w.city.pack)).Format("2006-01-02 15:04")
	}
	switch {
	case a.Record != 0:
		src.URL = ask.Link("/records/"+strconv.FormatInt(a.Record, 10), "cell", a.Cell)
	case a.Whole:
		src.URL = ask.Link(recordPath(a.Import))
	}
	return src
}

// factSource is sourceOf for a value, with a mark when it is no plain word of its source.
func factSource(ask *Ask, w writer, f *registry.SourcedFact) source {
	src := sourceOf(ask, w, f.Source)
	src.Mark = markOf(&f.Fact)
	return src
}

// markOf says in a word of the catalog what makes a value less than a plain one.
func markOf(f *registry.Fact) string {
	switch {
	case f.Void:
		return "void"
	case f.Origin.Weak == registry.Inferred:
		return "inferred"
	case f.Origin.Weak == registry.Borrowed:
		return "borrowed"
	}
	return ""
}

// said writes a value that may have been declared wrong.
func (w writer) said(f *registry.Fact) string {
	if f.Void {
		return "—"
	}
	return w.value(f.Attr, f.Value)
}

// actor names who acted; a base without accounts has one operator.
func (w writer) actor(id string) string {
	switch id {
	case "local":
		return w.text("frame.person")
	case "linkage":
		return w.text("identity.linkage")
	}
	return id
}

func zoneOf(p *pack.Pack) *time.Location {
	if p.Zone != nil {
		return p.Zone
	}
	return time.UTC
}
