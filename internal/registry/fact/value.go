// Package fact holds the facts of a base and their stored form: typed values with their origin, the rows of the tables,
// and their encodings and digests. It makes no decisions and reads no database.
package fact

import (
	"time"

	"eyas/internal/pack"
)

// Value is one typed value. The kind of the attribute says which field is used: Num for integer, decimal and money (whole
// fen); Int for date (days since 1970-01-01) and boolean (1 yes, 0 no); Str for code, text and list.
type Value struct {
	Num float64
	Int int64
	Str string
}

// Fact is one winning value of a profile with its record and cell.
type Fact struct {
	Attr   *pack.Attribute
	Year   int // 0 for attributes that are not yearly
	Value  Value
	Record int64 // source record
	Cell   int   // column in the source row, from 1; 0: the "no" that a whole list implies
	Origin Origin
	Void   bool  // a person declared the value wrong, and no other is known: it counts as unknown
	Whole  int64 // the import with the whole list that does not name the subject; Record is 0 then
}

// Origin is what decides whether the values of a record win: source, day and weakness.
type Origin struct {
	Source *pack.Source // nil: not given
	Day    int32        // days since 1970-01-01: the day that the file speaks of (valid time), else the day of the import
	Dated  bool         // the file gave the day
	Weak   Weakness
}

// Weakness ranks values: a weaker value never wins against a stronger one.
type Weakness uint8

// The ranks, from the strongest to the weakest.
const (
	Said     Weakness = iota
	Borrowed          // the name in a record that came to the subject by a merge or by a person's word
	Inferred          // follows from another value of the record, as a district from an address
)

// Profile is what is known about a subject: one winning value per attribute and year, sorted by the index of the
// attribute and by year.
type Profile struct {
	Subject int64
	Code    string // identity code; empty when known by name only
	Name    string
	Facts   []Fact
	Gone    bool  // inactive: every import that named the subject was undone
	Change  int64 // change counter at the last derivation
	Held    Held  // not empty: see Held
}

// Fact returns the fact of an attribute and year; nil when it is unknown. year is 0 for attributes that are not yearly.
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

// Value returns the value of an attribute that is not yearly; nil when it is unknown.
func (p *Profile) Value(attr string) *Value {
	if f := p.Fact(attr, 0); f != nil {
		return &f.Value
	}
	return nil
}

// Fill adds the source and day of the import. A day that the row itself gave stays.
func (o *Origin) Fill(i Origin) {
	o.Source = i.Source
	if !o.Dated {
		o.Day, o.Dated = i.Day, i.Dated
	}
}

// AsOf returns the day that the import speaks of (valid time); 0 when it gave none.
func (o Origin) AsOf() int32 {
	if !o.Dated {
		return 0
	}
	return o.Day
}
