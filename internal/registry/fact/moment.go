package fact

import (
	"time"

	"eyas/internal/pack"
)

// Moment is a point in two times: HeldOn is the valid time (the day that values speak of), KnownOn the transaction time
// (what the base knew at the end of that day). A zero day means the latest.
//
// Valid time: of several values, the one from the latest file that does not speak of a day after HeldOn counts. A file
// that does not say which day it speaks of holds for all days. If all files speak of later days, the earliest of them
// counts.
//
// Transaction time: the imports, merges and corrections made by the end of KnownOn count, unless they had been taken back
// by then.
//
// With Exact, KnownOn is a point in time instead of a day: what was written before it counts.
type Moment struct {
	HeldOn, KnownOn time.Time
	Exact           bool
}

// Latest reports whether both days are zero.
func (m Moment) Latest() bool { return m.HeldOn.IsZero() && m.KnownOn.IsZero() }

// Knew reports whether something that was written at one time and taken back at another (zero: never) counts at the end
// of KnownOn, in the time zone of the pack's city.
func (m Moment) Knew(p *pack.Pack, at, undone time.Time) bool {
	if m.KnownOn.IsZero() {
		return undone.IsZero()
	}
	end := m.End(p)
	return at.Before(end) && (undone.IsZero() || !undone.Before(end))
}

// Knows does what Knew does for an import.
func (m Moment) Knows(p *pack.Pack, i *ImportRow) bool { return m.Knew(p, i.At, i.UndoneAt) }

// Before returns the time up to which writes count; zero means now.
func (m Moment) Before(p *pack.Pack) time.Time {
	if m.KnownOn.IsZero() {
		return time.Time{}
	}
	return m.End(p)
}

// End returns the end of KnownOn in the time zone of the pack's city; KnownOn itself where it is exact.
func (m Moment) End(p *pack.Pack) time.Time {
	if m.Exact {
		return m.KnownOn
	}
	y, mon, d := m.KnownOn.Date()
	return time.Date(y, mon, d+1, 0, 0, 0, 0, p.Zone)
}

// DayOf returns the day of a time, in the time's own zone, as days since 1970-01-01.
func DayOf(t time.Time) int32 {
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// TimeOf returns midnight UTC of a day that DayOf numbered.
func TimeOf(day int32) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }
