package answer

import (
	"time"

	"eyas/internal/matter/desk"
	"eyas/internal/pack"
)

// Compared is what came of lists of another system.
type Compared struct {
	Matter       string         `json:"matter"`
	Connector    string         `json:"connector"`
	Files        []string       `json:"files"`
	Rows         int            `json:"rows"`
	Matched      int            `json:"matched"`        // rows about a case
	Moved        int            `json:"moved"`          // cases that went on; with preview, that would
	Issued       int            `json:"issued"`         // certificates that followed
	Unchanged    int            `json:"unchanged"`      // matched, and nothing new
	NotFiledHere int            `json:"not_filed_here"` // on the list, and no case here
	NotOnList    int            `json:"not_on_list"`    // waits here, and not on a complete list
	Asked        int            `json:"asked"`          // unclear rows
	Elsewhere    int            `json:"elsewhere"`      // rows about nobody of the actor's
	Questions    []CaseQuestion `json:"questions"`
	Left         []CaseLeft     `json:"left"` // would be moved; who asks may not, or it cannot be done now
	Refused      []pack.Text    `json:"refused"`
	Preview      bool           `json:"preview"`
}

// CaseLeft is a case that was not moved, and why.
type CaseLeft struct {
	Case int64  `json:"case"`
	Why  string `json:"why"`
}

// CaseQuestion is what a list and the cases say differently.
type CaseQuestion struct {
	ID       int64     `json:"id,omitempty"` // 0 of a preview
	Kind     string    `json:"kind"`         // not_filed_here, not_on_list or unclear
	Case     int64     `json:"case,omitempty"`
	Subject  int64     `json:"subject,omitempty"`
	Row      int       `json:"row,omitempty"`
	State    string    `json:"state,omitempty"`
	On       string    `json:"on,omitempty"`
	Says     pack.Text `json:"says"`
	Answer   string    `json:"answer,omitempty"` // moved, noted or settled; absent: open
	Note     string    `json:"note,omitempty"`
	Answerer string    `json:"answerer,omitempty"`
	Answered string    `json:"answered,omitempty"` // RFC 3339
}

// NewCaseQuestion converts one.
func NewCaseQuestion(q *desk.Question) CaseQuestion {
	x := CaseQuestion{ID: q.ID, Kind: q.Kind, Case: q.Case, Subject: q.Subject, Row: q.Row, State: q.State, On: string(q.On), Says: q.Said, Answer: q.Answer, Note: q.Note, Answerer: q.Answerer}
	if !q.Answered.IsZero() {
		x.Answered = q.Answered.Format(time.RFC3339)
	}
	return x
}

// Add adds what came of one file.
func (c *Compared) Add(x *desk.Compared, why func(error) string) {
	c.Connector, c.Files = x.Connector, append(c.Files, x.File)
	c.Rows, c.Matched, c.Moved, c.Issued, c.Unchanged = c.Rows+x.Rows, c.Matched+x.Matched, c.Moved+x.Moved, c.Issued+x.Issued, c.Unchanged+x.Unchanged
	c.NotFiledHere, c.NotOnList, c.Asked, c.Elsewhere = c.NotFiledHere+x.NotFiledHere, c.NotOnList+x.NotOnList, c.Asked+x.Asked, c.Elsewhere+x.Elsewhere
	for i := range x.Questions {
		c.Questions = append(c.Questions, NewCaseQuestion(&x.Questions[i]))
	}
	for _, l := range x.Left {
		c.Left = append(c.Left, CaseLeft{l.Case, why(l.Why)})
	}
	c.Refused = append(c.Refused, x.Refused...)
}

// CaseQuestions is a page of questions.
type CaseQuestions struct {
	Questions []CaseQuestion `json:"questions"`
	Next      int64          `json:"next,omitempty"` // id after which the next page begins
}

// Expiring are certificates that end in a period.
type Expiring struct {
	Date         string                   `json:"date"`  // first day of the period
	Until        string                   `json:"until"` // last day of it
	Total        int                      `json:"total"`
	Counts       map[string]ExpiringCount `json:"counts"`       // by certificate
	Certificates []Expiry                 `json:"certificates"` // those that end first
}

// ExpiringCount says how many of a certificate end, and what the rule says of their holders today.
type ExpiringCount struct {
	Total   int `json:"total"`
	Met     int `json:"met"`
	Unmet   int `json:"unmet"`
	Unknown int `json:"unknown"`
}

// Expiry is a certificate that ends.
type Expiry struct {
	Certificate string   `json:"certificate"`
	Subject     int64    `json:"subject"`
	Code        string   `json:"code"`
	Name        string   `json:"name"`
	Until       string   `json:"until"`   // its last day
	Verdict     string   `json:"verdict"` // met, unmet or unknown by the data of the day; "" without a rule
	Unmet       []string `json:"unmet"`   // criteria
	Missing     []string `json:"missing"` // criteria that lack data
	LastCase    int64    `json:"last_case,omitempty"`
	LastMatter  string   `json:"last_matter,omitempty"`
}

// CaseCertificates are the certificates that a case issued.
type CaseCertificates struct {
	Case         int64             `json:"case"`
	Certificates []CaseCertificate `json:"certificates"`
}

// CaseCertificate is a certificate, and its public check page.
type CaseCertificate struct {
	Certificate string `json:"certificate"`
	Number      string `json:"number"`
	State       string `json:"state"` // valid, revoked, expired, or unknown when it was taken back
	Until       string `json:"until"`
	Revoked     string `json:"revoked,omitempty"`
	Page        string `json:"page"` // path of the server; whoever has it is told
}
