// Package calendar counts Chinese working days: Monday to Friday without the holidays, and with the Saturdays and Sundays that are
// worked for them (调休), by the State Council's yearly notices, which a pack holds. What no notice was kept for is said to be unknown:
// only its weekends count then.
//
// A day is the civil day of a time.Time in its own zone; results are at midnight UTC.
package calendar

import (
	"fmt"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// The days that are counted. Before 2000 the week of five days was young; nobody sets deadlines beyond 2099.
var (
	First = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	Last  = time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)
)

// Calendar tells working days. It does not change and is safe for concurrent use.
type Calendar struct {
	worked []int32 // worked[i]: working days among the first i days from First
	gaps   []int32 // gaps[i]: days among them that no notice speaks for
}

// Day is a day that was reached by counting.
type Day struct {
	Date    time.Time
	Unknown []int // years whose notice is not kept and whose days were counted by weekends only; none: the day is certain
}

// Known reports whether the day is certain.
func (d Day) Known() bool { return len(d.Unknown) == 0 }

// Count is a number of working days.
type Count struct {
	Days    int
	Unknown []int // as in Day
}

// Known reports whether the number is certain.
func (c Count) Known() bool { return len(c.Unknown) == 0 }

// New makes a calendar from the years of a pack. Where two of them name a day, the notice for the later year counts.
func New(years []*pack.Year) *Calendar {
	total := int(Last.Sub(First)/(24*time.Hour)) + 1
	off, named := make([]bool, total), make([]bool, total)
	for i := range total {
		w := First.AddDate(0, 0, i).Weekday()
		off[i] = w == time.Saturday || w == time.Sunday
	}
	sorted := slices.Clone(years)
	slices.SortFunc(sorted, func(a, b *pack.Year) int { return a.Year - b.Year })
	set := func(day time.Time, free bool) {
		if i, ok := index(day); ok {
			off[i], named[i] = free, true
		}
	}
	for _, y := range sorted {
		for d := time.Date(y.Year, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == y.Year; d = d.AddDate(0, 0, 1) {
			if i, ok := index(d); ok {
				named[i] = true
			}
		}
		for _, h := range y.Off {
			for d := h.From; !d.After(h.Until); d = d.AddDate(0, 0, 1) {
				set(d, true)
			}
		}
		for _, d := range y.Work {
			set(d, false)
		}
	}
	c := &Calendar{worked: make([]int32, total+1), gaps: make([]int32, total+1)}
	for i := range total {
		c.worked[i+1], c.gaps[i+1] = c.worked[i], c.gaps[i]
		if !off[i] {
			c.worked[i+1]++
		}
		if !named[i] {
			c.gaps[i+1]++
		}
	}
	return c
}

// index is the number of days from First; ok is false for a day that is not counted.
func index(day time.Time) (i int, ok bool) {
	y, m, d := day.Date()
	i = int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(First) / (24 * time.Hour))
	return i, y >= First.Year() && y <= Last.Year()
}

// outside is the fault of a day that is not counted.
func outside(what string) error {
	return fault.New(fault.Invalid, fmt.Sprintf("%s 不在可以推算的范围内：%s 至 %s。", what, First.Format(time.DateOnly), Last.Format(time.DateOnly)),
		fmt.Sprintf("%s is outside of the days that are counted: %s to %s", what, First.Format(time.DateOnly), Last.Format(time.DateOnly)))
}

// Working reports whether a day is worked, and whether a notice speaks for it. A day that is not counted is not known.
func (c *Calendar) Working(day time.Time) (works, known bool) {
	i, ok := index(day)
	if !ok {
		w := day.Weekday()
		return w != time.Saturday && w != time.Sunday, false
	}
	return c.worked[i+1] > c.worked[i], c.gaps[i+1] == c.gaps[i]
}

// Add returns the n-th working day after a day, which is not counted itself; the n-th before it when n is negative; the day itself when
// n is 0, worked or not. The error is a fault when the result is not in the days that are counted.
func (c *Calendar) Add(day time.Time, n int) (d Day, err error) {
	i, ok := index(day)
	if !ok {
		return d, outside(day.Format(time.DateOnly))
	}
	if n == 0 {
		return c.reached(i, i), nil
	}
	// The first day with want working days up to it is worked itself.
	want := int(c.worked[i+1]) + n
	if n < 0 {
		want = int(c.worked[i]) + n + 1
	}
	if want < 1 || want > int(c.worked[len(c.worked)-1]) {
		return d, outside(fmt.Sprintf("%s%+d", day.Format(time.DateOnly), n))
	}
	at, _ := slices.BinarySearch(c.worked, int32(want))
	return c.reached(i, at-1), nil
}

// reached is the day with an index, counted from another one.
func (c *Calendar) reached(from, to int) Day {
	d := Day{Date: First.AddDate(0, 0, to)}
	switch {
	case to > from:
		d.Unknown = c.unknown(from+1, to)
	case to < from:
		d.Unknown = c.unknown(to, from-1)
	}
	return d
}

// Between returns the number of working days from a day to a later one: the first day is not counted, the last is. It is negative when
// the last day is before the first: the working days after it up to the first day.
func (c *Calendar) Between(from, to time.Time) (n Count, err error) {
	i, ok := index(from)
	if !ok {
		return n, outside(from.Format(time.DateOnly))
	}
	j, ok := index(to)
	if !ok {
		return n, outside(to.Format(time.DateOnly))
	}
	n.Days = int(c.worked[j+1]) - int(c.worked[i+1])
	n.Unknown = c.unknown(min(i, j)+1, max(i, j))
	return n, nil
}

// unknown are the years in which no notice speaks for a day from one index to another.
func (c *Calendar) unknown(from, to int) (years []int) {
	if from > to || c.gaps[to+1] == c.gaps[from] {
		return nil
	}
	for y, last := First.AddDate(0, 0, from).Year(), First.AddDate(0, 0, to).Year(); y <= last; y++ {
		begin, _ := index(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC))
		end, _ := index(time.Date(y, 12, 31, 0, 0, 0, 0, time.UTC))
		if c.gaps[min(end, to)+1] > c.gaps[max(begin, from)] {
			years = append(years, y)
		}
	}
	return years
}
