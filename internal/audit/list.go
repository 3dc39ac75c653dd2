package audit

import "time"

// Wanted is what a list of entries asks for; what is empty asks for nothing.
type Wanted struct {
	Actors   []string // any of these ids
	Actor    string   // a part of the id
	Actions  []string
	Kinds    []string  // of things: see Entry.Kind
	Orgs     []string  // for which the actors acted
	Subjects []string  // exactly one of these things: "subject/12"
	Begins   []string  // or a thing whose name begins so: "finding/12."
	From, To time.Time // from the one to before the other
	Until    int64     // no entry after this number; 0: no bound
	Chosen   []int64   // only entries with these numbers; nil: all
}

// Any reports whether a list asks for nothing but a bound, so that its entries are numbered without gaps.
func (w *Wanted) Any() bool {
	return len(w.Actors)+len(w.Actions)+len(w.Kinds)+len(w.Orgs)+len(w.Subjects)+len(w.Begins)+len(w.Chosen) == 0 && w.Actor == "" && w.From.IsZero() && w.To.IsZero()
}
