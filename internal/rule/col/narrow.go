package col

import (
	"slices"

	"eyas/internal/pack"
)

// Narrowed is the part of a table that somebody may see: some of its rows, and the columns of some attributes. Table is a
// table of its own. It is the same as one that is built from the profiles of these rows alone, so that nothing in it tells
// of the others.
type Narrowed struct {
	Table *Table
	of    *Table
	rows  Bitmap // nil: all
}

// Of returns the table that was narrowed.
func (n *Narrowed) Of() *Table { return n.of }

// Narrow returns the part of a table with some rows and with the attributes that reg has. reg is the table's register, or
// that register without some attributes. nil rows mean all. before is an earlier part for the same reader, of this table
// or of one that this one was updated from; nil means none. What did not change since is shared with it.
func (t *Table) Narrow(rows Bitmap, reg *pack.Register, before *Narrowed) *Narrowed {
	n := &Narrowed{of: t, rows: rows}
	if rows == nil {
		n.Table = t.Showing(reg)
		return n
	}
	if before != nil && (before.rows == nil || before.Table.Register != reg || !before.of.SameSubjects(t) || !slices.Equal(before.rows, rows)) {
		before = nil // a subject may have come where another one went
	}
	g := gather{rows: make([]int32, 0, rows.Count())}
	rows.Each(func(row int) { g.rows = append(g.rows, int32(row)) })
	own := emptyTable(reg, len(g.rows), t.Change)
	own.Wordy, own.Mark = t.Wordy, t.Mark
	if before != nil {
		own.Subjects = before.Table.Subjects
	} else {
		own.Subjects = values(g.rows, t.Subjects)
	}
	own.Codes = g.texts(&t.Codes, before, func(t *Table) *Strings { return &t.Codes })
	own.Names = g.texts(&t.Names, before, func(t *Table) *Strings { return &t.Names })
	if own.Formers = g.texts(&t.Formers, before, func(t *Table) *Strings { return &t.Formers }); len(own.Formers.Bytes) == 0 {
		own.Formers = Strings{}
	}
	if reg.Attribute(FormerNames) == nil {
		own.Formers = Strings{}
	}
	t.each(func(k Key, c column) {
		if reg.Attribute(k.Attr) == nil {
			return
		}
		if before != nil && before.of.has(k, c) {
			if kept, ok := before.Table.column(k, c); ok {
				own.add(k, kept)
			}
			return
		}
		if c, any := g.column(c); any {
			own.add(k, c)
		}
	})
	own.setYears()
	n.Table = own
	return n
}

// Showing returns the table without the columns of attributes that reg does not have. It shares the others.
func (t *Table) Showing(reg *pack.Register) *Table {
	own := emptyTable(reg, t.N, t.Change)
	own.Wordy, own.Mark, own.Subjects, own.Codes, own.Names = t.Wordy, t.Mark, t.Subjects, t.Codes, t.Names
	if reg.Attribute(FormerNames) != nil {
		own.Formers = t.Formers
	}
	t.each(func(k Key, c column) {
		if reg.Attribute(k.Attr) != nil {
			own.add(k, c)
		}
	})
	own.setYears()
	return own
}

// has reports whether the table has the same column in memory.
func (t *Table) has(k Key, c column) bool {
	switch {
	case c.num != nil:
		return t.Nums[k] == c.num
	case c.date != nil:
		return t.Dates[k] == c.date
	case c.yes != nil:
		return t.Bools[k] == c.yes
	case c.dict != nil:
		return t.Dicts[k] == c.dict
	}
	old := t.Texts[k]
	return len(old) == len(c.text) && len(old) > 0 && &old[0] == &c.text[0]
}

// column returns the column of a key, of the same kind as c.
func (t *Table) column(k Key, c column) (own column, ok bool) {
	switch {
	case c.num != nil:
		own.num, ok = t.Nums[k], t.Nums[k] != nil
	case c.date != nil:
		own.date, ok = t.Dates[k], t.Dates[k] != nil
	case c.yes != nil:
		own.yes, ok = t.Bools[k], t.Bools[k] != nil
	case c.dict != nil:
		own.dict, ok = t.Dicts[k], t.Dicts[k] != nil
	default:
		own.text, ok = t.Texts[k]
	}
	return own, ok
}

// gather takes rows out of columns.
type gather struct{ rows []int32 }

// values takes rows out of values.
func values[T any](rows []int32, from []T) []T {
	to := make([]T, len(rows))
	for i, row := range rows {
		to[i] = from[row]
	}
	return to
}

// bits takes rows out of a bitmap, and reports whether any is set.
func (g *gather) bits(from Bitmap) (to Bitmap, any bool) {
	to = NewBitmap(len(g.rows))
	for i, row := range g.rows {
		if from[row>>6]>>(uint(row)&63)&1 != 0 {
			to[i>>6] |= 1 << (uint(i) & 63)
			any = true
		}
	}
	return to, any
}

// column takes rows out of a column, and reports whether any has a value.
func (g *gather) column(c column) (own column, any bool) {
	switch {
	case c.num != nil:
		own.num = &Num{}
		if own.num.Valid, any = g.bits(c.num.Valid); any {
			own.num.Val = values(g.rows, c.num.Val)
		}
	case c.date != nil:
		own.date = &Date{}
		if own.date.Valid, any = g.bits(c.date.Valid); any {
			own.date.Val = values(g.rows, c.date.Val)
		}
	case c.yes != nil:
		own.yes = &Bool{}
		if own.yes.Valid, any = g.bits(c.yes.Valid); any {
			own.yes.Val, _ = g.bits(c.yes.Val)
		}
	case c.dict != nil:
		own.dict = g.dict(c.dict)
		any = len(own.dict.Words) > 1
	default:
		own.text, any = g.bits(c.text)
	}
	return own, any
}

// dict takes rows out of a column of codes. It keeps the words of these rows only, numbered in the order of their rows.
func (g *gather) dict(from *Dict) *Dict {
	own := &Dict{Val: make([]uint32, len(g.rows)), Words: []string{""}}
	number := func(word uint32) uint32 {
		own.Words = append(own.Words, from.Words[word])
		return uint32(len(own.Words) - 1)
	}
	if len(from.Words) > 8*len(g.rows) {
		known := map[uint32]uint32{}
		for i, row := range g.rows {
			word := from.Val[row]
			if word != 0 && known[word] == 0 {
				known[word] = number(word)
			}
			own.Val[i] = known[word]
		}
		return own
	}
	known := make([]uint32, len(from.Words))
	for i, row := range g.rows {
		word := from.Val[row]
		if word != 0 && known[word] == 0 {
			known[word] = number(word)
		}
		own.Val[i] = known[word]
	}
	return own
}

// texts takes rows out of texts. Those of before are shared when nothing changed.
func (g *gather) texts(from *Strings, before *Narrowed, of func(*Table) *Strings) Strings {
	if len(from.Off) == 0 {
		return Strings{}
	}
	if before != nil && sameTexts(of(before.of), from) {
		return *of(before.Table)
	}
	size := 0
	for _, row := range g.rows {
		size += int(from.Off[row+1] - from.Off[row])
	}
	own := Strings{Bytes: make([]byte, 0, size), Off: make([]uint32, 1, len(g.rows)+1)}
	for _, row := range g.rows {
		own.Bytes = append(own.Bytes, from.At(int(row))...)
		own.Off = append(own.Off, uint32(len(own.Bytes)))
	}
	return own
}

// sameTexts reports whether two columns of texts are the same in memory.
func sameTexts(a, b *Strings) bool {
	return len(a.Bytes) == len(b.Bytes) && len(a.Bytes) > 0 && &a.Bytes[0] == &b.Bytes[0] && len(a.Off) == len(b.Off) && &a.Off[0] == &b.Off[0]
}
