// Package link decides which subject of a register a row is about: by credit code, by older identifiers, by name and
// former names, and by a scored match after Fellegi and Sunter ("A Theory for Record Linkage", 1969) where nothing is
// exact. It works in memory over an index of the register, which it never changes, and gives its evidence with every
// decision.
//
// The weights of the scored match are learned from the register and the incoming rows themselves: how often the parts of
// two names that do not belong together agree by chance (u) is counted on random pairs, how often those of two names of
// one subject agree (m) by expectation and maximisation over the candidates of a sample of rows.
package link

// Entry is a subject of the register. All but ID may be empty.
type Entry struct {
	ID           int64
	Code         string   // unified social credit code
	Name         string   // the name now
	Former       []string // former names
	Registration string   // registration number from before 2015
	Org          string   // organisation code (GB 11714), with or without its hyphen
	Address      string
}

// Row is what an incoming row says of its subject. All may be empty.
type Row struct {
	Name         string
	Code         string // as it came: also what is no code
	Former       []string
	Registration string
	Org          string
	Address      string
	Except       int64 // a subject that it is not about: the one that the row was made of; 0: none
}

// Answer is what a person said of a name and a subject. It outweighs every score, and is outweighed by a usable code.
type Answer struct {
	Name    string // as it came
	Subject int64
	Same    bool // the name is this subject's; false: it is not
}

// Decision says what is to be done with a row.
type Decision string

// The decisions.
const (
	Link  Decision = "link"  // it is about the subject
	Ask   Decision = "ask"   // a person should look at it
	Leave Decision = "leave" // no subject of the register is like it
)

// By says what a decision rests on.
type By string

// What decisions rest on, in the order in which they are tried.
const (
	ByCode         By = "code"         // the subject has this code
	BySlip         By = "slip"         // one slip would make the code the subject's, and the names agree
	ByRegistration By = "registration" // the subject has this registration number
	ByOrg          By = "org"          // the subject has this organisation code
	ByAnswer       By = "answer"       // a person said so before
	ByName         By = "name"         // the subject has exactly this name
	ByFormer       By = "former"       // the subject had exactly this name
	ByPlain        By = "plain"        // the names are the same but for ways of writing
	ByScore        By = "score"        // the parts of the names were weighed
	ByNothing      By = "nothing"      // nothing is like it
)

// Evidence is one thing that was compared.
type Evidence struct {
	Field  Field
	Level  string  // how well it agrees; see the levels of the field
	Row    string  // what the row has
	Entry  string  // what the subject has
	Bits   float64 // weight: positive speaks for the link, negative against it; 0 for what decides without weighing
	ZH, EN string  // a sentence
}

// Candidate is a subject that was considered.
type Candidate struct {
	ID       int64
	Code     string
	Name     string  // the name now
	Matched  string  // the name that was compared: the name now or a former one
	Former   bool    // Matched is a former name
	Weight   float64 // bits; 0 where nothing was weighed
	Evidence []Evidence
}

// Match is a decision with all that it rests on.
type Match struct {
	Decision Decision
	By       By
	ID       int64   // the subject; 0 when left
	Weight   float64 // bits for the best candidate: 0 is as likely as not, 7 is 128 to 1
	Margin   float64 // bits between the best candidate and the second; +Inf when there is none
	ZH, EN   string  // why, in a sentence or more
	// Candidates are those that were considered, the best first; the first is the subject of a link or question. A row
	// that is left shows only what came closest.
	Candidates []Candidate
}

// Options are the thresholds. With all thresholds zero DefaultOptions' are meant.
type Options struct {
	Link   float64 // bits from which a candidate is linked without asking
	Ask    float64 // bits from which a person is asked
	Margin float64 // bits by which the best candidate must lead to be linked
	Shown  int     // candidates that a Match carries at most
	Plain  bool    // codes are numbers of no known form, not credit codes: there is nothing to check and no slip to mend
}

// DefaultOptions links at odds of about 100 to 1 where the second is as far behind, and asks from about 1 to 16:
// a question costs a glance, an enterprise that is entered twice costs more.
func DefaultOptions() Options { return Options{Link: 7, Ask: -4, Margin: 6, Shown: 4} }
