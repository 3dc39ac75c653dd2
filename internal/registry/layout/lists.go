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
			break
		}
	}
	for i := range l.Columns {
		c := &l.Columns[i]
		if c.Index != l.EndColumn && slices.ContainsFunc(s.EndedSigns, func(w string) bool { return headerKey(w) == headerKey(c.Header) }) {
			l.EndSigns = append(l.EndSigns, c.Index)
		}
	}
}

// told takes what the title of a list of things, or the name of its sheet or file, says of an attribute that has no column.
func (l *Layout) told(s *pack.Source, file string) {
	if l.returned || s.Items == nil || s.Items.Told == nil {
		return
	}
	t := s.Items.Told
	if slices.ContainsFunc(l.Columns, func(c Column) bool { return c.Attr == t.Attr }) {
		return
	}
	if word := t.Denied(strings.Join(append(slices.Clone(l.Title), l.Sheet, file), " ")); word != "" {
		l.Given = map[string]string{t.Attr: word}
		return
	}
	for _, title := range [][]string{l.Title, {l.Sheet}, {file}} {
		if text := t.ByTitle(strings.Join(title, " ")); text != "" {
			l.Given = map[string]string{t.Attr: text}
			return
		}
	}
}

// badEnd is said of a row that has gone off a list on a day that nobody gives.
var badEnd = &cell.Bad{ZH: "这一行像是已经移出名单，但没有写哪一天移出，不知道现在是否还在名单上，没有采用。请补上移出日期。",
	EN: "This row seems to have left the list, and no day says when; whether it is still on the list is unknown, and it is not used. Add the day."}

// present is the fact that a row's subject is on a list; or that it is off it, from the day on that the row gives. Where the row
// says that it is off and not when, there is none.
func (l *Layout) present(r *columnReader, row int, cells [][]byte, out *Reading) {
	f := fact.Fact{Attr: r.attr, Value: fact.Value{Int: 1}, Cell: max(l.bound.code, l.bound.name) + 1}
	text := func(column int) []byte {
		if column == 0 || column > len(cells) {
			return nil
		}
		return given(cells[column-1])
	}
	if c := text(l.EndColumn); c != nil {
		day, bad := cell.Date(c)
		switch {
		case bad == nil && (l.asOf == 0 || day <= int64(l.asOf)):
			f.Value.Int, f.Cell = 0, l.EndColumn
			f.Origin.Day, f.Origin.Dated = int32(day), true
		case bad != nil && bad != cell.NoDay && !stillOn(c):
			l.unsure(r, row, l.EndColumn, c, out)
			return
		}
		if bad == nil {
			out.Facts = append(out.Facts, f)
			return
		}
	}
	for _, column := range l.EndSigns {
		if c := text(column); c != nil && !stillOn(c) {
			l.unsure(r, row, column, c, out)
			return
		}
	}
	out.Facts = append(out.Facts, f)
}

// unsure leaves open whether the row's subject is on the list: absence from it says nothing either.
func (l *Layout) unsure(r *columnReader, row, column int, c []byte, out *Reading) {
	out.Facts = append(out.Facts, fact.Fact{Attr: r.attr, Cell: column, Void: true})
	if !l.quiet {
		out.Refusals = append(out.Refusals, l.issue(row, l.Header(column), c, badEnd))
	}
}

// stillOn reports a text that denies that somebody left: 否, 未移出, 在列.
func stillOn(c []byte) bool {
	if no, bad := cell.Bool(c, false); bad == nil {
		return !no
	}
	return hasAnyPrefix(cell.NameKey(string(c)), "未", "尚未", "没有", "无", "否", "在列", "在册", "列入", "仍")
}

// spanOf reads a cell with two days, such as 2019-11-28至2022-11-27 or 自2019年11月28日起至2022年11月27日止.
func spanOf(c []byte) (from, until int64, ok bool) {
	text := strings.TrimSuffix(string(cell.Trim(c)), "止")
	for _, word := range []string{"有效期", "自", "从", "由"} {
		text = strings.TrimLeft(strings.TrimPrefix(text, word), "：: ")
	}
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
		from, bad1 := cell.Date([]byte(strings.TrimSuffix(strings.TrimRight(first, "—-~～ "), "起")))
		until, bad2 := cell.Date([]byte(strings.TrimLeft(last, "—-~～ ")))
		if bad1 == nil && bad2 == nil && until >= from {
			return from, until, true
		}
	}
	return 0, 0, false
}
