package intake

import "strings"

// Cases begins the form of a record that a case wrote; the number of the case follows. Such a record stands as long as the case says so,
// and is not undone like a file.
const Cases = "case/"

// OfCase reports whether a record was written by a case.
func OfCase(form string) bool { return strings.HasPrefix(form, Cases) }
