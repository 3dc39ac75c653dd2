// Package place tells the district, and the zone or park, that an address lies in, from the words of the address:
// districts written out, zones and parks of the pack, the streets and towns of the city, and what people answered
// before. It never guesses: an address whose words fit several districts is a question with candidates, one that
// begins elsewhere in the country is outside, one that says nothing stays unknown.
//
// How the words are weighed. A district written out decides, whatever else stands there. Otherwise every word says
// which districts it fits, and what all of them fit is the answer, or, if more than one, the question; words that fit
// nothing in common are a question too. Wide zones, which spread over districts, speak only when nothing more exact
// does.
package place

import (
	"fmt"

	"eyas/internal/pack"
)

// Verdict is what came of an address.
type Verdict uint8

// The verdicts.
const (
	Nothing Verdict = iota // no address, or one that names no place in the city
	Found                  // the district is known
	Ask                    // a person has to say; Phrase is what to ask about
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

// Elsewhere is the answer that a phrase means a place outside the city; other answers are ids of districts.
const Elsewhere = "elsewhere"

// Kind says what an entry is.
type Kind string

// The kinds of entries.
const (
	District Kind = "district" // a district of org.yaml
	Zone     Kind = "zone"     // a zone or park of org.yaml
	Place    Kind = "place"    // a name of places.yaml
	Town     Kind = "town"     // a street office or town
	Answer   Kind = "answer"   // what a person said
	Country  Kind = "country"  // a province, city or county elsewhere
)

// Entry is a name that addresses carry, and what it says.
type Entry struct {
	Name      string // its first spelling
	Kind      Kind
	Districts []string // org ids, the likeliest first; none: it says nothing of the district
	Zone      string   // org id of the zone or park; empty: none
	Status    pack.Status
	Source    string // where it was read
	Note      string
	wide      bool
	begins    bool // counts only where an address begins or right after the city's name
	common    bool // places elsewhere in the country have the name too
}

// Clue is a part of an address and the entry that it was read by.
type Clue struct {
	Entry    *Entry
	From, To int // bytes of the address
}

// Result is what an address says. The zero Result is that of no address.
type Result struct {
	Verdict    Verdict
	District   string   // org id; empty unless Found
	Zone       string   // org id of the zone or park that the address names; empty: none
	Candidates []string // of a question: org ids, the likeliest first; none when the words are not known at all. Shared: not to be changed
	Phrase     string   // of a question: the part of the address, as compared, that would decide
	clues      [maxClues]Clue
	n          uint8
}

// maxClues is how many clues a result carries; more than three are rare.
const maxClues = 6

// Clues gives the parts of the address by which it was decided, or by which it could not be.
func (r *Result) Clues() []Clue { return r.clues[:r.n] }

// Status is the weakest status of the clues: how far what decided was checked. Empty without clues.
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
