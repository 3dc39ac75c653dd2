// Package matter runs cases (办件): a case goes through the stages that its matter in the pack defines. It has no input or output.
//
// A case is what its recorded events make of it. Decide checks an act against the state of a case and returns the event that records it:
// who, when, for which organisation, what was given, and what changed. Fold applies events, and nothing else changes a case. What was
// computed at an act, such as a last day, is kept with the event; so a replay needs no calendar and no rules.
//
// A stage may be entered many times. Each time is a visit, with its own seats (who must act) and its own clock. Parallel branches are
// paths of visits; they meet in a stage that joins them.
package matter

import (
	"slices"
	"time"

	"eyas/internal/pack"
)

// Day is a day of the calendar, such as 2021-03-02; empty: none.
type Day string

// Case is the state of a case.
type Case struct {
	Head
	Form   Form          `json:"form"`
	Visits []*Visit      `json:"visits"`
	Seq    int           `json:"seq"`            // number of its last event
	Keys   map[string]Do `json:"keys,omitempty"` // acts that carried a key of their client
}

// Do is what an act with a key was.
type Do struct {
	Seq    int    `json:"seq"`
	Digest string `json:"digest"` // of its content
}

// Head is what a case is beside its form and its visits.
type Head struct {
	ID         int64                    `json:"id"`
	Matter     string                   `json:"matter"`
	Version    int                      `json:"version"` // of the matter
	Subject    int64                    `json:"subject"`
	Base       int                      `json:"base"` // base year: the year before it was opened
	Orgs       map[pack.Relative]string `json:"orgs"` // by relation to the subject
	Opened     time.Time                `json:"opened"`
	Filed      Day                      `json:"filed,omitempty"` // when it was filed first
	Closed     time.Time                `json:"closed,omitzero"`
	End        string                   `json:"end,omitempty"` // how it ended
	Suspended  *Stop                    `json:"suspended,omitempty"`
	FormNo     int                      `json:"form_no"`              // version of the form; every save makes one
	Applicants []string                 `json:"applicants,omitempty"` // persons who acted for the subject
	Arrived    []Arrival                `json:"arrived,omitempty"`    // branches that wait for others
	Promises   []Promise                `json:"promises,omitempty"`
	Objections []Objection              `json:"objections,omitempty"`
	Issued     []Issue                  `json:"issued,omitempty"`
	Copies     []string                 `json:"copies,omitempty"` // persons who were sent a copy
}

// Stop is a suspension of a case.
type Stop struct {
	By   string `json:"by"`
	On   Day    `json:"on"`
	Note string `json:"note"`
}

// Arrival is a branch that has come to the stage where branches meet.
type Arrival struct {
	Stage string `json:"stage"`
	Split int    `json:"split"` // visit after which the branches began
	At    int    `json:"at"`    // which of them, from 0
	From  int    `json:"from"`  // its last visit
}

// Promise is a paper that was promised until a day (容缺受理).
type Promise struct {
	Attachment string `json:"attachment"`
	Until      Day    `json:"until"`
	Known      bool   `json:"known"` // of the day; see calendar
	By         string `json:"by"`
	Kept       Day    `json:"kept,omitempty"`
	Broken     bool   `json:"broken,omitempty"`
}

// Objection is what somebody objects during a public notice.
type Objection struct {
	No      int    `json:"no"`
	Visit   int    `json:"visit"`
	By      string `json:"by"`
	On      Day    `json:"on"`
	Note    string `json:"note"`
	Settled Day    `json:"settled,omitempty"`
	Upheld  bool   `json:"upheld,omitempty"`
	Answer  string `json:"answer,omitempty"`
}

// Issue is a certificate that was issued.
type Issue struct {
	Certificate string `json:"certificate"`
	Number      string `json:"number"`
	On          Day    `json:"on"`
	Until       Day    `json:"until,omitempty"`   // its last day; empty: it has none
	Revoked     Day    `json:"revoked,omitempty"` // from this day on it does not hold; its day of issue: it never did
	Why         string `json:"why,omitempty"`
}

// Standing reports whether a certificate was not revoked.
func (i *Issue) Standing() bool { return i.Revoked == "" }

// Never reports whether a certificate counts as never issued.
func (i *Issue) Never() bool { return i.Revoked != "" && i.Revoked <= i.On }

// Form is what was filled in: values by field as people write them, repeated rows, and files by attachment.
type Form struct {
	Values map[string]string              `json:"values,omitempty"`
	Rows   map[string][]map[string]string `json:"rows,omitempty"`
	Files  map[string][]File              `json:"files,omitempty"`
}

// File is a file of an attachment. Its bytes lie in the file store.
type File struct {
	Name string `json:"name"`
	Hash string `json:"hash"` // SHA-256 of its bytes
	Size int64  `json:"size"`
}

// Branch is a step of a path: the case was split after a visit, and this is one of its branches.
type Branch struct {
	Split int `json:"split"`
	At    int `json:"at"`
	Of    int `json:"of"`
}

// Visit is one time in a stage.
type Visit struct {
	ID       int               `json:"id"` // from 1, in the order of opening
	Stage    string            `json:"stage"`
	Path     []Branch          `json:"path,omitempty"`
	From     int               `json:"from,omitempty"`   // visit that led here
	Back     int               `json:"back,omitempty"`   // visit that returned the case; a pass goes straight back to its stage
	Joined   []Arrival         `json:"joined,omitempty"` // branches that met here
	Opened   time.Time         `json:"opened"`
	Clock    Clock             `json:"clock"`
	Seats    []*Seat           `json:"seats,omitempty"`
	Closed   time.Time         `json:"closed,omitzero"`
	Outcome  string            `json:"outcome,omitempty"`
	By       string            `json:"by,omitempty"`      // who ended it; TheClock for the clock
	Note     string            `json:"note,omitempty"`    // of a return: why
	Void     bool              `json:"void,omitempty"`    // its approval counts no more
	Kept     bool              `json:"kept,omitempty"`    // its approval survived a return and is not asked for again
	Carried  int               `json:"carried,omitempty"` // visit whose approval counted here
	Score    *float64          `json:"score,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"` // of the stage
	Remarks  []Remark          `json:"remarks,omitempty"`
	Asked    []Supplement      `json:"asked,omitempty"`
	Reported []Report          `json:"reported,omitempty"` // by another system
	Urged    []Urge            `json:"urged,omitempty"`
}

// Remark is what is wrong with a field or an attachment.
type Remark struct {
	Field string `json:"field"`
	Text  string `json:"text"`
}

// Supplement is that the applicant was asked for more (补正).
type Supplement struct {
	By       string   `json:"by"`
	On       Day      `json:"on"`
	Due      Day      `json:"due"`
	Known    bool     `json:"known"`
	Remarks  []Remark `json:"remarks"`
	Supplied Day      `json:"supplied,omitempty"`
	Late     bool     `json:"late,omitempty"`
}

// Report is what another system says about a case.
type Report struct {
	State string `json:"state"` // code of outside_state
	On    Day    `json:"on"`
	By    string `json:"by"`
	Note  string `json:"note,omitempty"`
}

// Urge is that somebody asked for haste (催办).
type Urge struct {
	By   string `json:"by"`
	On   Day    `json:"on"`
	Note string `json:"note,omitempty"`
}

// Clock is the time that a visit may take. It belongs to the visit: the next visit of the stage has its own.
type Clock struct {
	Limit  pack.Limit `json:"limit,omitzero"`
	Due    Day        `json:"due,omitempty"` // last day; while the clock stands, what it was
	Known  bool       `json:"known"`         // false: no notice of holidays was kept for a year on the way
	Stops  []string   `json:"stops,omitempty"`
	Left   int        `json:"left,omitempty"` // days that were left when it was stopped
	Warned bool       `json:"warned,omitempty"`
	Late   bool       `json:"late,omitempty"`
}

// Stands reports whether a clock is stopped.
func (k *Clock) Stands() bool { return len(k.Stops) > 0 }

// The kinds of seats.
const (
	SeatMain      = "main"      // by the matter
	SeatAdded     = "added"     // 加签: another person who must agree, or score
	SeatDelegated = "delegated" // 委派: gives an opinion, and the case comes back
	SeatClerk     = "clerk"     // in place of a seat that nobody can take
	SeatSupply    = "supply"    // of the applicant, who was asked for more
)

// The states of seats.
const (
	SeatOpen    = "open"
	SeatWaiting = "waiting" // it was delegated
	SeatDone    = "done"
	SeatGone    = "gone" // not needed any more
)

// Seat is who must act in a visit: a person, or whoever has a role in an organisation or for the subject.
type Seat struct {
	No      int                `json:"no"`
	Kind    string             `json:"kind"`
	Person  string             `json:"person,omitempty"`
	Role    string             `json:"role,omitempty"`
	Org     string             `json:"org,omitempty"`
	Subject int64              `json:"subject,omitempty"`
	For     int                `json:"for,omitempty"` // seat in whose place it is
	State   string             `json:"state"`
	Empty   string             `json:"empty,omitempty"` // why nobody can take it: nobody, own or apart
	Outcome string             `json:"outcome,omitempty"`
	By      string             `json:"by,omitempty"`
	At      time.Time          `json:"at,omitzero"`
	Note    string             `json:"note,omitempty"`
	Points  map[string]float64 `json:"points,omitempty"`
}

// Outcomes of visits beside those of the pack.
const (
	OutcomeCancelled = "cancelled" // a return, a withdrawal or the end of the case
	OutcomeWithdrawn = "withdrawn"
)

// Visit returns a visit by its number; nil when there is none.
func (c *Case) Visit(id int) *Visit {
	if id < 1 || id > len(c.Visits) {
		return nil
	}
	return c.Visits[id-1]
}

// Open are the visits that are not closed, in their order.
func (c *Case) Open() (list []*Visit) {
	for _, v := range c.Visits {
		if v.Closed.IsZero() {
			list = append(list, v)
		}
	}
	return list
}

// Running reports whether the case has not ended.
func (c *Case) Running() bool { return c.Seq > 0 && c.End == "" }

// Seat returns a seat by its number; nil when there is none.
func (v *Visit) Seat(no int) *Seat {
	if no < 1 || no > len(v.Seats) {
		return nil
	}
	return v.Seats[no-1]
}

// asked is the supplement that the applicant has not given yet; nil when there is none.
func (v *Visit) asked() *Supplement {
	if n := len(v.Asked); n > 0 && v.Asked[n-1].Supplied == "" {
		return &v.Asked[n-1]
	}
	return nil
}

// under reports whether a path begins with another one.
func under(path, prefix []Branch) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

// shared is the longest beginning that two paths have in common.
func shared(a, b []Branch) []Branch {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// Sheets is the number of score sheets of a review.
func (v *Visit) Sheets() (n int) {
	for _, s := range v.Seats {
		if s.Kind == SeatAdded && s.State == SeatDone {
			n++
		}
	}
	return n
}
