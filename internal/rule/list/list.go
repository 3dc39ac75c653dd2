// Package list answers lists, counts and searches over a register in memory: filter, sort, page, group and find
// by name, code or pinyin initials. Base keeps the columns and the verdicts of the current day up to date.
package list

import (
	"time"

	"eyas/internal/rule/col"
)

// Verdict names one of the states of a recognition's funnel.
type Verdict string

// The states; near is counted inside unmet and pending inside unknown.
const (
	Met     Verdict = "met"
	Near    Verdict = "near"
	Unknown Verdict = "unknown"
	Pending Verdict = "pending"
	Unmet   Verdict = "unmet"
)

// Filter says which rows are wanted; all parts that are given must hold.
type Filter struct {
	Text      string   // part of a name or a former one, a code or an old registration number, or pinyin initials
	Districts []string // org ids; "?" for blank or outside the city
	Group     string   // org group id
	Zone      string
	Industry  string             // prefix of the industry code
	Verdicts  map[string]Verdict // rule id → state
	Only      map[string]string  // rule id → criterion id: near, and this criterion is the one that is unmet
	Criterion map[string]string  // "rule/criterion" → met, unmet, unknown
	Missing   []col.Key          // values that are blank
	Codes     map[string]string  // attribute → code: the value is the code, or lies below it in its list
	Contains  map[string]string  // code or text attribute → part of it, or of the name of its code, whatever the width or case
	Yes       map[string]bool    // yes/no attribute → what it must be
	Rows      col.Bitmap         // an explicit set (e.g. who enters in a what-if); nil: all
}

// Sort orders rows: by "name", "code", "district", or an attribute key; blanks last. Ties by subject id.
type Sort struct {
	By   string // "name", "code", or "attr" / "attr@year"
	Desc bool
}

// Page is one page of a list.
type Page struct {
	Rows  []int // table rows
	Total int
	Took  time.Duration
}

// Hit is one answer of a search, best first.
type Hit struct {
	Row        int
	Code, Name string
	How        string // code, name, pinyin, former (a former name) or number (an old registration number)
	Found      string // the former name or the number that was met; else empty
}

// GroupCount is a count for one value of a code column.
type GroupCount struct {
	Code  string // "" for blank
	Count int
}
