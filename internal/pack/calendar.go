package pack

import (
	"slices"
	"strconv"
	"time"
)

// Year is what the State Council's notices say about the days of a year. Days that it does not name are worked from Monday to Friday.
type Year struct {
	Year      int
	Notices   []Notice // in their order; a later one changes an earlier one, and the days are what all of them leave
	Status    Status
	CheckedOn time.Time
	Off       []Holiday
	Work      []time.Time // Saturdays and Sundays that are worked (调休上班)
	Pos       Pos
}

// Notice is a document that a year's days were taken from.
type Notice struct {
	Title, Number string
	Dated         time.Time
}

// Holiday is a run of days off, from its first to its last day, with the weekends in it.
type Holiday struct {
	Name        Text
	From, Until time.Time
}

// readCalendar reads a file of calendar/: a year.
func (l *loader) readCalendar(n *node) {
	if n == nil {
		return
	}
	number, _ := strconv.Atoi(n.get("year").str()) // the schema says that it is a number
	y := &Year{Year: number, Status: Status(n.get("status").str()), CheckedOn: l.date(n.get("checked_on")), Pos: n.get("year").place(n)}
	if slices.ContainsFunc(l.pack.Calendar, func(o *Year) bool { return o.Year == number }) {
		l.add(y.Pos, "%d 年已在另一个文件里", "the year %d is in another file already", number)
		return
	}
	for _, x := range n.get("notices").list() {
		y.Notices = append(y.Notices, Notice{Title: x.get("title").str(), Number: x.get("number").str(), Dated: l.date(x.get("dated"))})
	}
	off := map[time.Time]bool{}
	for _, x := range n.get("off").list() {
		h := Holiday{Name: text(x.get("name")), From: l.date(x.get("from"))}
		if h.Until = h.From; x.get("until") != nil {
			h.Until = l.date(x.get("until"))
		}
		at := x.get("from").place(x)
		if l.dayOfYear(at, h.From, y) && l.dayOfYear(at, h.Until, y) {
			if h.Until.Before(h.From) {
				l.add(at, "假期的最后一天在第一天之前", "the last day of the holiday is before its first day")
				continue
			}
			for d := h.From; !d.After(h.Until); d = d.AddDate(0, 0, 1) {
				if l.dayTwice(at, d, off[d]) {
					break
				}
				off[d] = true
			}
			y.Off = append(y.Off, h)
		}
	}
	worked := map[time.Time]bool{}
	for _, x := range n.get("work").list() {
		d := l.date(x)
		if !l.dayOfYear(x.pos, d, y) || l.dayTwice(x.pos, d, off[d] || worked[d]) {
			continue
		}
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
			l.add(x.pos, "%s 是周一至周五，本来就上班；work 只写调休上班的周六、周日", "%s is a day from Monday to Friday and worked anyway; work has only Saturdays and Sundays that are worked", d.Format(time.DateOnly))
			continue
		}
		worked[d] = true
		y.Work = append(y.Work, d)
	}
	l.pack.Calendar = append(l.pack.Calendar, y)
}

// dayOfYear reports whether a notice for a year can be about a day: of that year, or of the last December before it.
func (l *loader) dayOfYear(at Pos, d time.Time, y *Year) bool {
	if d.IsZero() { // the schema, or date, has reported it
		return false
	}
	if d.Year() == y.Year || d.Year() == y.Year-1 && d.Month() == time.December {
		return true
	}
	l.add(at, "%s 不是 %d 年的，也不是前一年 12 月的", "%s is neither in the year %d nor in December before it", d.Format(time.DateOnly), y.Year)
	return false
}

// dayTwice reports a day that is named twice.
func (l *loader) dayTwice(at Pos, d time.Time, twice bool) bool {
	if twice {
		l.add(at, "%s 写了两次", "%s is given twice", d.Format(time.DateOnly))
	}
	return twice
}
