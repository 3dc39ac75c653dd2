// Package fault is the one kind of error that people are meant to read: a code, a sentence in each
// language, and the cause. Anything else is internal: it is logged at the edge and shown as a plain apology.
package fault

import (
	"errors"
	"fmt"
)

// Code groups faults by what the edge answers with.
type Code string

// The codes; the command line and the web each map them to a status in one table.
const (
	Invalid   Code = "invalid"   // wrong use: exit 2, HTTP 422
	NotFound  Code = "not_found" // exit 1, HTTP 404
	Forbidden Code = "forbidden" // exit 1, HTTP 403
	Conflict  Code = "conflict"  // exit 1, HTTP 409
	Internal  Code = "internal"  // exit 1, HTTP 500

	Unauthorised Code = "unauthorised" // nobody has signed in: exit 1, HTTP 401
	TooLarge     Code = "too_large"    // more than is taken at once: exit 1, HTTP 413
	Unavailable  Code = "unavailable"  // not now, but later: exit 1, HTTP 503

	// Of requests by programs.
	Unconditional Code = "unconditional" // it does not say what it was decided upon: exit 1, HTTP 428
	Stale         Code = "stale"         // what it was decided upon has changed: exit 1, HTTP 412
	TooMany       Code = "too_many"      // more requests than are answered in a minute: exit 1, HTTP 429
	Unsupported   Code = "unsupported"   // content of a kind that is not taken: exit 1, HTTP 415
	NoMethod      Code = "no_method"     // the method is none of the address: exit 1, HTTP 405
)

// Error is a fault with sentences in both languages, written where the fault is known best.
type Error struct {
	Code   Code
	ZH, EN string
	Cause  error
}

// New makes a fault with a sentence in each language.
func New(code Code, zh, en string) *Error { return &Error{Code: code, ZH: zh, EN: en} }

// Wrap adds a cause, which is logged and never shown.
func (e *Error) Wrap(cause error) *Error { e.Cause = cause; return e }

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %v", e.EN, e.Cause)
	}
	return e.EN
}

func (e *Error) Unwrap() error { return e.Cause }

// In gives the sentence in a language ("zh-CN", "en").
func (e *Error) In(lang string) string {
	if len(lang) >= 2 && lang[:2] == "en" {
		return e.EN
	}
	return e.ZH
}

// Of gives the code of an error, Internal when it is not a fault.
func Of(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
