// Package fact is what a base knows and how it is written down: values with where they came from, rows as they are stored,
// and their encodings and digests. It decides nothing and reads no database.
package fact

import (
	"time"

	"eyas/internal/pack"
)

// Value is one typed value. Which field counts follows from the attribute's kind:
// Num for integer, decimal and money (whole fen), Int for date (days since 1970-01-01) and boolean (1 yes, 0 no),
// Str for code, text and list.
type Value struct {
	Num float64
	Int int64
	Str string
}

// Fact is one winning value of a profile with its address.
type Fact struct {
	Attr   *pack.Attribute
	Year   int // 0 for attributes that are not yearly
	Value  Value
	Record int64 // source record
	Cell   int   // column in the source row, from 1; 0: a declared "no" of a complete list
	Origin Origin
	Void   bool  // a person declared it wrong, and nothing better is known: it counts as unknown
	Whole  int64 // the import that is the whole list of this, and does not have the subject; Record is 0 then
}

// Origin is what of a record decides whether its values win.
type Origin struct {
	Source *pack.Source // nil: not said
	Day    int32        // days since 1970-01-01: the day that its file speaks of, else the day on which it came
	Dated  bool         // the file said the day
	Weak   Weakness
}

// Weakness says that a value is worth less than any that is not weak.
type Weakness uint8

// From the strongest on.
const (
	Said     Weakness = iota
	Borrowed          // the name in a record that came to the subject by a merge or by a person's word
	Inferred          // follows from another value of the record, as a district from an address
)

// Profile is what is known of a subject: the winning value per attribute and year, sorted by attribute index and year.
type Profile struct {
	Subject int64
	Code    string // identity code; empty when known by name only
	Name    string
	Facts   []Fact
	Gone    bool  // every import that named the subject has been undone
	Change  int64 // change counter at the last derivation
}

// Fact finds a value; nil when unknown.
func (p *Profile) Fact(attr string, year int) *Fact {
	for i := range p.Facts {
		if p.Facts[i].Year == year && p.Facts[i].Attr.ID == attr {
			return &p.Facts[i]
		}
	}
	return nil
}

// Address says where a value came from, for people and for scripts.
type Address struct {
	Import int64     `json:"import"`
	File   string    `json:"file"`
	Sheet  string    `json:"sheet,omitempty"`
	Row    int       `json:"row"`              // as a spreadsheet numbers it, from 1
	Column string    `json:"column,omitempty"` // header text; empty for a declared "no"
	Cell   string    `json:"cell,omitempty"`   // e.g. "F12"
	Raw    string    `json:"raw,omitempty"`    // the cell as it came
	Source string    `json:"source,omitempty"` // id of the source of the pack
	AsOf   string    `json:"as_of,omitempty"`  // the day that the file speaks of
	Form   string    `json:"form,omitempty"`   // what form it was entered in; File is empty then
	Reason string    `json:"reason,omitempty"` // why it was entered
	Whole  bool      `json:"whole,omitempty"`  // the file is the whole list, and the subject is not in it
	Actor  string    `json:"actor"`
	At     time.Time `json:"at"`
	Record int64     `json:"record"`
}

// SourcedFact is a fact with its address and the values that lost against it, newest first.
type SourcedFact struct {
	Fact
	Source Address
	Losers []SourcedFact
}

// Ref names a subject.
type Ref struct {
	Subject int64  `json:"subject"`
	Code    string `json:"code"`
	Name    string `json:"name"`
}

// Value finds a value that is not yearly; nil when it is unknown.
func (p *Profile) Value(attr string) *Value {
	if f := p.Fact(attr, 0); f != nil {
		return &f.Value
	}
	return nil
}

// Fill fills in what an import says of where its facts are from; a row may have given a day of its own.
func (o *Origin) Fill(i Origin) {
	o.Source = i.Source
	if !o.Dated {
		o.Day, o.Dated = i.Day, i.Dated
	}
}

// AsOf is the day that an import says it speaks of; 0: none.
func (o Origin) AsOf() int32 {
	if !o.Dated {
		return 0
	}
	return o.Day
}
