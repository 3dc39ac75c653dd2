package registry

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
	end := m.end(p)
	return at.Before(end) && (undone.IsZero() || !undone.Before(end))
}

// knows is Knew for an import.
func (m Moment) knows(p *pack.Pack, i *ImportRow) bool { return m.Knew(p, i.At, i.UndoneAt) }

// before is the time by which what counts had come; zero: now.
func (m Moment) before(p *pack.Pack) time.Time {
	if m.KnownOn.IsZero() {
		return time.Time{}
	}
	return m.end(p)
}

// end is the end of the day of knowledge where the pack's city is.
func (m Moment) end(p *pack.Pack) time.Time {
	y, mon, d := m.KnownOn.Date()
	return time.Date(y, mon, d+1, 0, 0, 0, 0, p.Zone)
}
