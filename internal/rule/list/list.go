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

// Filter says which rows are wanted; all parts that are given must hold. Where a part lists several values, one of them must.
type Filter struct {
	Text      string               // part of a name or a former one, a code or an old registration number, or pinyin initials
	Districts []string             // org ids; "?" for blank or outside the city
	Groups    []string             // ids of org groups: a row fits if it lies in one of these or of Districts
	Industry  string               // prefix of the industry code
	Verdicts  map[string][]Verdict // rule id → states
	Only      map[string][]string  // rule id → criterion ids: near, and one of these criteria is the one that is unmet
	Scores    map[string]Bounds    // rule id → bounds: the whole interval of the score lies between them
	Criterion map[string]string    // "rule/criterion" → met, unmet, unknown
	// Missing are values that are blank. Where another part speaks of the same value, a row fits that is blank or fits it.
	Missing  []col.Key
	Codes    map[col.Key][]string // codes: the value is one of them, or lies below one in their list
	Contains map[col.Key]string   // part of a text, of a code or of its name, whatever the width or case
	Yes      map[col.Key][]bool   // yes/no
	Between  map[col.Key]Bounds   // numbers as columns hold them (money in fen), days since 1970-01-01
	Rows     col.Bitmap           // an explicit set (e.g. who enters in a what-if); nil: all
}

// Bounds are what a number must lie between, both included; nil: it has no bound on this side.
type Bounds struct{ From, To *float64 }

// Sort orders rows; blanks last. Ties by subject id.
type Sort struct {
	By   string // "name", "code", "attr" or "attr@year"; of a recognition "v.RULE" its state, "s.RULE" its score, "o.RULE" the one criterion that is unmet
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
