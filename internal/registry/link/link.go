// Package link decides which subject of a register a row is about. It tries the code, older identifiers, and current
// and former names. If none of them matches exactly, it scores names (Fellegi and Sunter, "A Theory for Record
// Linkage", 1969). It works in memory, on an index of the register, and returns the evidence with every decision. It
// never changes the register.
//
// The weights of the score are learned from the register and the incoming rows. u, how often parts of names of
// different subjects agree by chance, is counted on random pairs. m, how often parts of names of one subject agree, is
// estimated by expectation maximisation from the candidates of a sample of rows.
package link

// Entry is a subject of the register. All fields but ID may be empty.
type Entry struct {
	ID           int64
	Code         string   // unified social credit code (GB 32100-2015), or any number if Options.Plain
	Name         string   // current name
	Former       []string // former names
	Registration string   // business registration number from before 2015
	Org          string   // organisation code (GB 11714), with or without hyphen
	Address      string
}

// Row is what an incoming row says about its subject. All fields may be empty.
type Row struct {
	Name         string
	Code         string // as it was typed, valid or not
	Former       []string
	Registration string
	Org          string
	Address      string
	Except       int64 // id of the subject that the row was made from, which must not be found; 0: none
}

// Answer is a person's statement about a name and a subject. It counts more than any score, and less than a usable code
// or identifier.
type Answer struct {
	Name    string // as it was typed
	Subject int64
	Same    bool // true: the name belongs to the subject; false: it does not
}

// Decision is what to do with a row.
type Decision string

// The decisions.
const (
	Link  Decision = "link"  // the row is about the subject
	Ask   Decision = "ask"   // a person should decide
	Leave Decision = "leave" // no subject of the register is similar enough
)

// By is the reason for a decision.
type By string

// The reasons, in the order in which they are tried.
const (
	ByCode         By = "code"         // the subject has this code
	BySlip         By = "slip"         // the subject's code differs by one typing error
	ByRegistration By = "registration" // the subject has this registration number
	ByOrg          By = "org"          // the subject has this organisation code
	ByAnswer       By = "answer"       // a person answered earlier
	ByName         By = "name"         // this is the subject's current name
	ByFormer       By = "former"       // this is a former name of the subject, or a former name of the row is one of its names
	ByPlain        By = "plain"        // the names differ only in writing
	ByScore        By = "score"        // the names were scored
	ByNothing      By = "nothing"      // nothing is similar enough
)

// Evidence is the result of one comparison.
type Evidence struct {
	Field  Field
	Level  string  // see levelNames
	Row    string  // value of the row
	Entry  string  // value of the subject
	Bits   float64 // weight: positive for the link, negative against it, 0 if the field decides without a weight
	ZH, EN string  // explanation
}

// Candidate is a subject that was considered.
type Candidate struct {
	ID       int64
	Code     string
	Name     string  // current name
	Matched  string  // the name that was compared: the current one or a former one
	Former   bool    // Matched is a former name
	Weight   float64 // log₂ odds; 0 if nothing was weighed
	Evidence []Evidence
}

// Match is a decision with its evidence.
type Match struct {
	Decision Decision
	By       By
	ID       int64   // the subject; 0 with Leave
	Weight   float64 // of the best candidate, log₂ odds: 0 is 1 to 1, 7 is 128 to 1
	Margin   float64 // bits between the best candidate and the second; +Inf without a second
	ZH, EN   string  // why, in one or more sentences
	// Candidates are the best first. With Link and Ask, the first one is the subject. With Leave, only the most similar
	// one is listed, if there is one.
	Candidates []Candidate
}

// Options are the thresholds. If all of them are zero, DefaultOptions are used.
type Options struct {
	Link   float64 // weight from which a candidate is linked without asking, bits
	Ask    float64 // weight from which a person is asked, bits
	Margin float64 // lead over the second candidate that a link needs, bits
	Shown  int     // most candidates in a Match
	Plain  bool    // codes are numbers of unknown form: no check character, and no slips
}

// DefaultOptions links at odds of about 100 to 1 with a second candidate as far behind. It asks from about 1 to 16: a
// question takes seconds, while an enterprise that is entered twice costs more.
func DefaultOptions() Options { return Options{Link: 7, Ask: -4, Margin: 6, Shown: 4} }
