package matter

import (
	"encoding/json"
	"time"

	"eyas/internal/calendar"
	"eyas/internal/pack"
	"eyas/internal/tri"
)

// TheClock is the id of the actor of what a clock did.
const TheClock = "clock"

// Person is who acts: in a role, for an organisation or a subject.
type Person struct {
	ID      string `json:"id"`
	Role    string `json:"role,omitempty"`
	Org     string `json:"org,omitempty"`
	Subject int64  `json:"subject,omitempty"`
	All     bool   `json:"all,omitempty"` // the one person of a base without accounts, who is everybody
}

// World is what an act needs to know beside the case. It is asked while the act is decided; the answers are kept with the event.
type World struct {
	Now      time.Time // in the city's zone: its day is the day of the act
	Calendar *calendar.Calendar
	// Holders are the persons who hold a role now for an organisation or a subject; nil: nobody is looked for, and no seat is empty.
	Holders func(role, org string, subject int64) ([]string, error)
	// Holds says whether a condition of the matter holds for a form, and what it misses where that is not known; nil: there are no conditions.
	Holds func(when string, pos pack.Pos, f Form) (holds tri.Bool, misses []string, err error)
	// Next is the next number of a series of numbers, from 1; nil: the matter gives no numbers by itself.
	Next func(series string) (int64, error)
	// Taken reports whether a number of a certificate is in use; nil: none is.
	Taken func(certificate, number string) (bool, error)
	// Verdict is what the rule says now; kept with the event.
	Verdict json.RawMessage
}

// Today is the day of the act.
func (w World) Today() Day { return dayOf(w.Now) }

func dayOf(t time.Time) Day { return Day(t.Format(time.DateOnly)) }

// Time is the day at midnight UTC; zero for none.
func (d Day) Time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d)) // days are made by dayOf, or were read as dates
	return t
}
