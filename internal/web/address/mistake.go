package address

import (
	"errors"
	"slices"
)

// mistake is an error that some names of an address cause. Without them the same page can be shown.
type mistake struct {
	err   error
	names []string
}

func (m *mistake) Error() string { return m.err.Error() }
func (m *mistake) Unwrap() error { return m.err }

// Mistake says of an error which names of the address cause it, so that the page can be shown without them, with the
// sentence of the error above it. Nil stays nil.
func Mistake(err error, names ...string) error {
	if err == nil {
		return nil
	}
	return &mistake{err, names}
}

// MistakenIn gives the names of an address that cause an error; nil when it is caused by something else.
func MistakenIn(err error) []string {
	var m *mistake
	if !errors.As(err, &m) {
		return nil
	}
	return slices.Clone(m.names)
}
