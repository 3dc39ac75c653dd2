package fact

import (
	"time"

	"eyas/internal/pack"
)

// Moment asks what held on a day, as it was known at the end of a day; a zero day is the latest.
//
// What held: of values that differ, the one of the latest file that does not speak of a later day. A file that does
// not say the day it speaks of speaks of all days. Where all speak of later days, the earliest of them is taken.
//
// What was known: of the imports, merges and corrections that had been made by then, those that had not been taken
// back by then.
type Moment struct{ HeldOn, KnownOn time.Time }

// Latest reports whether no day is asked for.
func (m Moment) Latest() bool { return m.HeldOn.IsZero() && m.KnownOn.IsZero() }

// Knew reports whether something that came at one time, and was taken back at another (zero: never), counts at the
// end of the day of knowledge in a time zone.
func (m Moment) Knew(p *pack.Pack, at, undone time.Time) bool {
	if m.KnownOn.IsZero() {
		return undone.IsZero()
	}
	end := m.End(p)
	return at.Before(end) && (undone.IsZero() || !undone.Before(end))
}

// Knows is Knew for an import.
func (m Moment) Knows(p *pack.Pack, i *ImportRow) bool { return m.Knew(p, i.At, i.UndoneAt) }

// Before is the time by which what counts had come; zero: now.
func (m Moment) Before(p *pack.Pack) time.Time {
	if m.KnownOn.IsZero() {
		return time.Time{}
	}
	return m.End(p)
}

// End is the end of the day of knowledge where the pack's city is.
func (m Moment) End(p *pack.Pack) time.Time {
	y, mon, d := m.KnownOn.Date()
	return time.Date(y, mon, d+1, 0, 0, 0, 0, p.Zone)
}

// DayOf numbers the day of a time in its own zone.
func DayOf(t time.Time) int32 {
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// TimeOf is the way back.
func TimeOf(day int32) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }
