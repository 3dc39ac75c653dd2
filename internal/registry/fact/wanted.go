package fact

import (
	"reflect"
	"time"
)

// Wanted says which rows of a list in the database are wanted, and in which order. The zero value wants all rows, in the list's
// own order. What a list does not have (the weight of a merge) is not asked of it.
type Wanted struct {
	Text     string    // part of the name of one of the two subjects, or its whole code; of an import, part of its file's name
	Hows     []string  // merges: by what; any of them
	From, To time.Time // merged, decided or imported at or after From and before To; zero: no bound
	Who      string    // part of who did it, as pages show it; see WhoIs
	WhoIs    []string  // of Worded, those that are shown with Who in their word
	// Least and Most bound the weight of a question, in thousandths of a bit, both included; nil: no bound.
	Least, Most *int64
	Actors      []string // imports: made by these persons; any of them
	Registers   []string // imports: into which registers; any of them
	Sources     []string // imports: from which sources of the pack, the empty one where none was said; any of them
	Undone      *bool    // imports: taken back or not; nil: either
	Synthetic   *bool    // imports: made by the demonstration generator or not; nil: either
	Chosen      []int64  // these rows only, by their numbers; nil: all
	By          string   // of merges when; of questions weight; of imports when, file, rows, refused. Empty: the list's own order
	Desc        bool
	// After lists those behind a row in the order of their numbers, by its number; 0: from the beginning. The total is not counted
	// then. Only merges have it.
	After int64
}

// All reports whether all rows are wanted, in the list's own order.
func (w Wanted) All() bool { return reflect.ValueOf(w).IsZero() }

// Worded are the ids of actors that pages show as words: the operator of a base without accounts, and linkage. Nobody looks for
// them by their ids.
var Worded = []string{"local", "linkage"}

// Pair is a question or a merge with only its two subjects: of a question the subject and the candidate, of a merge the one that was
// merged and the one that it was merged into.
type Pair struct {
	ID       int64
	Subjects [2]int64
}
