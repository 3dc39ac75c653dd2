// Package tri holds three-valued truth after Kleene (1952): yes, no and unknown.
// The zero value is unknown, so that a forgotten verdict is no verdict.
package tri

// Bool is a three-valued truth.
type Bool int8

// The three values.
const (
	Unknown Bool = 0
	True    Bool = 1
	False   Bool = -1
)

// Of lifts a plain truth.
func Of(b bool) Bool {
	if b {
		return True
	}
	return False
}

// Known reports whether the value is decided.
func (b Bool) Known() bool { return b != Unknown }

// Not is Kleene negation.
func (b Bool) Not() Bool { return -b }

// And is Kleene conjunction: false wins, then unknown.
func (b Bool) And(o Bool) Bool { return min(b, o) }

// Or is Kleene disjunction: true wins, then unknown.
func (b Bool) Or(o Bool) Bool { return max(b, o) }

// String gives met, unmet or unknown: the words that scripts and CSV files carry.
func (b Bool) String() string {
	switch b {
	case True:
		return "met"
	case False:
		return "unmet"
	}
	return "unknown"
}
