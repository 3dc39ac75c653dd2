// Package place finds the district, and the zone or park, of an address by the words in it: names of districts, zones
// and parks of the pack, streets and towns of the city, and earlier answers of people. It never guesses. If the words
// fit several districts, the result is a question with candidates. An address that begins with a place elsewhere in the
// country is outside. An address without known words stays unknown.
//
// A full name of a district decides alone. Otherwise every word fits some districts. If one district fits all words, it
// is the result. If several or none do, the result is a question. Wide zones, which cover several districts, count only
// if there is no more exact word.
package place

import (
	"fmt"

	"eyas/internal/pack"
)

// Verdict is the kind of a result.
type Verdict uint8

// The verdicts.
const (
	Nothing Verdict = iota // no address, or one without a place in the city
	Found                  // the district is known
	Ask                    // a person must decide; Phrase is what to ask about
	Outside                // the address lies outside the city
)

func (v Verdict) String() string {
	switch v {
	case Nothing:
		return "nothing"
	case Found:
		return "found"
	case Ask:
		return "ask"
	case Outside:
		return "outside"
	}
	return fmt.Sprintf("verdict %d", v)
}

// Elsewhere is the answer that a phrase means a place outside the city. Other answers are district ids.
const Elsewhere = "elsewhere"

// Kind is the kind of an entry.
type Kind string

// Kinds of entries.
const (
	District Kind = "district" // a district of org.yaml
	Zone     Kind = "zone"     // a zone or park of org.yaml
	Place    Kind = "place"    // a name of places.yaml
	Town     Kind = "town"     // a street office or town
	Answer   Kind = "answer"   // an answer of a person
	Country  Kind = "country"  // a province, city or county elsewhere
)

// Entry is a name in addresses and what it means.
type Entry struct {
	Name      string // first spelling
	Kind      Kind
	Districts []string // org ids, the most likely first; none: it says nothing about the district
	Zone      string   // org id of the zone or park; "" for none
	Status    pack.Status
	Source    string // where the entry comes from: a file of the pack, or the source of streets
	Note      string
	wide      bool
	begins    bool // counts only at the beginning of an address, or directly after the city's name
	common    bool // places elsewhere in the country have this name too
}

// Clue is a part of an address and its entry.
type Clue struct {
	Entry    *Entry
	From, To int // byte offsets in the address; To is exclusive
}

// Result is what was found in an address. The zero Result is that of an empty address.
type Result struct {
	Verdict    Verdict
	District   string   // org id; "" unless Found
	Zone       string   // org id of the zone or park that the address names; "" for none
	Candidates []string // of Ask: org ids, the most likely first; none if no word is known. The slice is shared and must not be changed
	Phrase     string   // of Ask: the part of the folded address that an answer must be about
	clues      [maxClues]Clue
	n          uint8
}

// maxClues is the most clues of a result; more than three are rare.
const maxClues = 6

// Clues returns the parts of the address behind the result. The slice belongs to the result.
func (r *Result) Clues() []Clue { return r.clues[:r.n] }

// Status returns the weakest status of the clues: how well the decisive entries were checked. It is "" without clues.
func (r *Result) Status() pack.Status {
	var worst pack.Status
	for _, c := range r.Clues() {
		if s := c.Entry.Status; worst == "" || s == pack.Modelled || s == pack.Quoted && worst == pack.Verified {
			worst = s
		}
	}
	return worst
}

func (r *Result) note(c Clue) {
	for _, have := range r.clues[:r.n] {
		if have == c {
			return
		}
	}
	if int(r.n) < maxClues {
		r.clues[r.n] = c
		r.n++
	}
}
