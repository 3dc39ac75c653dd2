package fault

import "fmt"

// At adds the call and its arguments to *err, unless it is nil, so that a log tells for which file, register or subject an
// error happened. An exported function of a package defers it once, as its first statement:
//
//	defer fault.At(&err, "profile.ProfileAt(subject %d)", subject)
//
// The arguments are ids, names of files and numbers of rows, never personal data. A fault inside stays what errors.As
// finds, and its sentence is what users see.
func At(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
