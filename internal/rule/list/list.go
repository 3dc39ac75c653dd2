// Package list answers lists, counts and searches over a register in memory. It filters, sorts, pages and groups, and
// it finds subjects by name, code or pinyin initials. A Base keeps the columns and the verdicts up to date.
package list

import (
	"time"

	"eyas/internal/rule/col"
)

// Verdict is a state of a subject under a recognition.
type Verdict string

// The states. A Near subject is also Unmet, and a Pending one is also Unknown; see rule.Outcome.
const (
	Met     Verdict = "met"
	Near    Verdict = "near"
	Unknown Verdict = "unknown"
	Pending Verdict = "pending"
	Unmet   Verdict = "unmet"
)

// Filter selects rows. A row must fit every part that is set. Where a part lists several values, one must fit.
type Filter struct {
	Text      string               // part of a name or a former name, a code, an old registration number, or pinyin initials
	Districts []string             // org ids; "?" for blank or outside the city
	Groups    []string             // ids of org groups; a row fits if it is in one of these or of Districts
	Industry  string               // code of the industry or of one above it
	Verdicts  map[string][]Verdict // rule id → states
	Only      map[string][]string  // rule id → criterion ids: Near, with one of these as the unmet criterion
	Scores    map[string]Bounds    // rule id → bounds of the score; the whole interval of the score must lie within
	Criterion map[string]string    // "rule/criterion" → met, unmet, unknown
	// Missing are values that must be blank. If another part also names the value, a row fits that is blank or fits
	// that part.
	Missing  []col.Key
	Codes    map[col.Key][]string // the value is one of the codes or lies below one in their list
	Contains map[col.Key]string   // part of a text, of a code or of a code's name; width and case do not matter
	Yes      map[col.Key][]bool   // yes/no
	Between  map[col.Key]Bounds   // numbers (money in fen), and dates in days since 1970-01-01
	Rows     col.Bitmap           // rows chosen elsewhere, such as those that enter in a what-if; nil: all
}

// Bounds are an inclusive range. nil means no bound on that side.
type Bounds struct{ From, To *float64 }

// Sort is the order of a list. Blank values come last, also with Desc. Equal values are in the order of subject ids.
type Sort struct {
	By   string // "name", "code", "attr" or "attr@year"; of a recognition "v.RULE" its state, "s.RULE" its score, "o.RULE" the one criterion that is unmet
	Desc bool
}

// Page is one page of a list.
type Page struct {
	Rows  []int // rows of the table
	Total int
	Took  time.Duration
}

// Hit is one result of a search.
type Hit struct {
	Row        int
	Code, Name string
	How        string // what was matched: code, name, pinyin, former (a former name) or number (an old registration number)
	Found      string // the former name or the old number that was matched; else ""
}

// GroupCount is the number of rows with one value of a code column.
type GroupCount struct {
	Code  string // "" for blank
	Count int
}
