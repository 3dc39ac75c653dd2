package layout

import (
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
)

// Lists say more than their cells do: who stands in one is on it, until the day on which he went off it; and what kind of
// certificates a list holds its title often says alone.

// ends finds the column with the day on which somebody went off the source's list.
func (l *Layout) ends(s *pack.Source) {
	for i := range l.Columns {
		c := &l.Columns[i]
		if slices.ContainsFunc(s.Ended, func(w string) bool { return headerKey(w) == headerKey(c.Header) }) {
			l.EndColumn = c.Index
			return
		}
	}
}

// told takes what the title of a list of things, or the name of its sheet or file, says of an attribute that has no column.
func (l *Layout) told(s *pack.Source, file string) {
	if s.Items == nil || s.Items.Told == nil {
		return
	}
	t := s.Items.Told
	if slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Attr == t.Attr }) {
		return
	}
	for _, title := range [][]string{l.Title, {l.Sheet}, {file}} {
		if text := t.ByTitle(strings.Join(title, " ")); text != "" {
			l.Given = map[string]string{t.Attr: text}
			return
		}
	}
}

// present is the fact that a row's subject is on a list; or that it is off it, from the day on that the row gives.
func (l *Layout) present(r *columnReader, cells [][]byte, asOf int32) fact.Fact {
	f := fact.Fact{Attr: r.attr, Value: fact.Value{Int: 1}, Cell: max(l.bound.code, l.bound.name) + 1}
	if l.EndColumn == 0 || l.EndColumn > len(cells) {
		return f
	}
	day, bad := cell.Date(cells[l.EndColumn-1])
	if bad != nil || asOf != 0 && day > int64(asOf) {
		return f
	}
	f.Value.Int, f.Cell = 0, l.EndColumn
	f.Origin.Day, f.Origin.Dated = int32(day), true
	return f
}

// dayOfSpan reads a cell with two days, such as 2019-11-28至2022-11-27, as the one that an attribute is.
func dayOfSpan(c []byte, which pack.Span) (days int64, ok bool) {
	text := string(cell.Trim(c))
	for _, sign := range []string{"至", "到", "～", "~", "—", "--", "–", "-"} {
		first, last, found := strings.Cut(text, sign)
		if !found {
			continue
		}
		if sign == "-" { // the one in the middle of six parts: 2019-11-28-2022-11-27, or between dates written otherwise
			parts := strings.Split(text, sign)
			if len(parts)%2 != 0 {
				continue
			}
			first, last = strings.Join(parts[:len(parts)/2], sign), strings.Join(parts[len(parts)/2:], sign)
		}
		from, bad1 := cell.Date([]byte(strings.TrimRight(first, "—-~～ ")))
		until, bad2 := cell.Date([]byte(strings.TrimLeft(last, "—-~～ ")))
		if bad1 != nil || bad2 != nil || until < from {
			continue
		}
		if which == pack.SpanStart {
			return from, true
		}
		return until, true
	}
	return 0, false
}
