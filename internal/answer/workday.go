package answer

import (
	"time"

	"eyas/internal/calendar"
)

// Workday is the working day that so many working days lead to.
type Workday struct {
	Date    string `json:"date"`
	Known   bool   `json:"known"`             // false: days were counted by weekends only
	Unknown []int  `json:"unknown,omitempty"` // years whose notice of holidays is not kept
}

// NewWorkday answers with a day.
func NewWorkday(d calendar.Day) Workday {
	return Workday{Date: d.Date.Format(time.DateOnly), Known: d.Known(), Unknown: d.Unknown}
}

// Workdays is how many working days lie between two days: the first is not counted, the last is.
type Workdays struct {
	Days    int   `json:"days"`
	Known   bool  `json:"known"`
	Unknown []int `json:"unknown,omitempty"`
}

// NewWorkdays answers with a number of days.
func NewWorkdays(c calendar.Count) Workdays {
	return Workdays{Days: c.Days, Known: c.Known(), Unknown: c.Unknown}
}
