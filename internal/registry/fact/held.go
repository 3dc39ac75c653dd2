package fact

import (
	"fmt"
	"slices"
	"strings"
)

// A row that somebody brings about a subject that he does not see is not about that subject yet: its owner is asked. Until he answers,
// the row has a subject of its own, the held one. Whoever brought it sees it as he would see a new subject, so that nothing tells
// him whether there is another. Nobody else's rows find it: its code and its name key are stored with a mark.

// heldMark stands between a code or name key and for which organisation it is held. No code and no name has it.
const heldMark = "\x1e"

// The ends of what ProfileRow.Held says when an owner has answered. Without one he is still asked.
const (
	heldTaken   = "#"
	heldRefused = "!"
)

// Held says for which organisation a subject is held, and what its owner answered. Empty: it is a subject like others.
type Held string

// HeldFor is a held subject whose owner is asked.
func HeldFor(org string) Held { return Held(org) }

// Org is the organisation that brought it.
func (h Held) Org() string {
	org, _, _ := strings.Cut(string(h), heldTaken)
	org, _, _ = strings.Cut(org, heldRefused)
	return org
}

// Open reports whether its owner is still asked.
func (h Held) Open() bool { return h != "" && h.Org() == string(h) }

// Refused reports whether its owner refused it: what it says counts for nothing.
func (h Held) Refused() bool { return strings.Contains(string(h), heldRefused) }

// Taken is h after its owner took what it says, and Turned after he refused it. subject makes the stored code one of its own.
func (h Held) Taken(subject int64) Held {
	return Held(fmt.Sprint(h.Org(), heldTaken, subject))
}

// Turned is h after its owner refused it.
func (h Held) Turned(subject int64) Held {
	return Held(fmt.Sprint(h.Org(), heldRefused, subject))
}

// Key returns a code or name key as it is stored.
func (h Held) Key(text string) string {
	if h == "" || text == "" {
		return text
	}
	return text + heldMark + string(h)
}

// Unheld splits a stored code or name key.
func Unheld(stored string) (text string, h Held) {
	text, mark, _ := strings.Cut(stored, heldMark)
	return text, Held(mark)
}

// Stored returns the row with its code and name key as they are stored.
func (p *ProfileRow) Stored() ProfileRow {
	s := *p
	s.Code, s.NameKey, s.Held = p.Held.Key(p.Code), p.Held.Key(p.NameKey), ""
	return s
}

// Hold makes a new subject a held one, of the code and the name key that its row says. An empty h leaves it as it is.
func (p *ProfileRow) Hold(h Held, code, key string) {
	if h != "" {
		p.Held, p.Code, p.NameKey = h, code, key
	}
}

// Unhold undoes Stored.
func (p *ProfileRow) Unhold() {
	p.Held = ""
	if strings.Contains(p.Code, heldMark) {
		p.Code, p.Held = Unheld(p.Code)
	}
	if strings.Contains(p.NameKey, heldMark) {
		p.NameKey, p.Held = Unheld(p.NameKey)
	}
}

// StoredProfiles returns profiles with codes and name keys as they are stored; the given slice when none is held.
func StoredProfiles(rows []ProfileRow) []ProfileRow {
	if !slices.ContainsFunc(rows, func(p ProfileRow) bool { return p.Held != "" }) {
		return rows
	}
	stored := make([]ProfileRow, len(rows))
	for i := range rows {
		stored[i] = rows[i].Stored()
	}
	return stored
}

// HeldAnswer is what the owner of a subject answered about rows that another organisation brought.
type HeldAnswer struct {
	Subject   int64 // the held one
	Register  string
	Org       string // that brought it
	Owner     int64  // the subject that the rows are about; 0: none
	State     HeldState
	Reason    string
	Merge     int64 // the merge that taking them made; 0: none
	Records   int   // how many records the subject had, taken without a merge; 0: not known
	Decided   int64 // milliseconds since 1970
	DecidedBy string
}

// HeldState is an answer.
type HeldState string

// The answers.
const (
	HeldAgain HeldState = "open" // an answer was taken back
	HeldYes   HeldState = "taken"
	HeldNo    HeldState = "refused"
)
