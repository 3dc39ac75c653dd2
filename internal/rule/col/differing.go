package col

import (
	"bytes"
	"slices"
)

// Differing returns the rows of which any value differs from that in an earlier table. ok is false when the two do not have the same
// subjects. Columns that both share are not looked at.
func (t *Table) Differing(from *Table) (rows Bitmap, ok bool) {
	if t.Register.ID != from.Register.ID || t.Wordy != from.Wordy || !t.SameSubjects(from) {
		return nil, false
	}
	rows = NewBitmap(t.N)
	t.each(func(k Key, c column) {
		if from.has(k, c) {
			return
		}
		if old, ok := from.column(k, c); ok {
			rows.differing(c, old)
			return
		}
		rows.Or(c.given(t.N))
	})
	from.each(func(k Key, c column) {
		if _, still := t.column(k, c); !still {
			rows.Or(c.given(t.N))
		}
	})
	for _, two := range [][2]*Strings{{&t.Codes, &from.Codes}, {&t.Names, &from.Names}, {&t.Formers, &from.Formers}} {
		rows.differingTexts(two[0], two[1], t.N)
	}
	return rows, true
}

// SameSubjects reports whether two tables have the same rows. That is known at once for a table and the one that it was updated from.
func (t *Table) SameSubjects(o *Table) bool {
	return t.N == o.N && (t.N == 0 || &t.Subjects[0] == &o.Subjects[0] || slices.Equal(t.Subjects, o.Subjects))
}

// differing adds the rows in which two columns of one kind differ.
func (b Bitmap) differing(now, old column) {
	switch {
	case now.num != nil:
		differ(b, now.num.Val, old.num.Val)
		b.xor(now.num.Valid, old.num.Valid)
	case now.date != nil:
		differ(b, now.date.Val, old.date.Val)
		b.xor(now.date.Valid, old.date.Valid)
	case now.yes != nil:
		b.xor(now.yes.Val, old.yes.Val)
		b.xor(now.yes.Valid, old.yes.Valid)
	case now.dict != nil:
		b.differingWords(now.dict, old.dict)
	default:
		b.xor(now.text, old.text)
	}
}

func differ[T comparable](b Bitmap, now, old []T) {
	old = old[:len(now)]
	for i, v := range now {
		if v != old[i] {
			b.Set(i)
		}
	}
}

func (b Bitmap) xor(now, old Bitmap) {
	for w := range b {
		b[w] |= now[w] ^ old[w]
	}
}

// differingWords adds the rows with other words. The same word may have another number.
func (b Bitmap) differingWords(now, old *Dict) {
	same := 0
	for same < min(len(now.Words), len(old.Words)) && now.Words[same] == old.Words[same] {
		same++
	}
	was := old.Val[:len(now.Val)]
	for i, v := range now.Val {
		if u := was[i]; (v != u || int(v) >= same) && now.Words[v] != old.Words[u] {
			b.Set(i)
		}
	}
}

// given returns the rows in which a column has a value.
func (c column) given(n int) Bitmap {
	switch {
	case c.num != nil:
		return c.num.Valid
	case c.date != nil:
		return c.date.Valid
	case c.yes != nil:
		return c.yes.Valid
	case c.dict != nil:
		rows := NewBitmap(n)
		for i, v := range c.dict.Val {
			if v != 0 {
				rows.Set(i)
			}
		}
		return rows
	}
	return c.text
}

func (b Bitmap) differingTexts(now, old *Strings, n int) {
	switch {
	case len(now.Off) == 0 && len(old.Off) == 0 || len(now.Off) > 0 && len(old.Off) > 0 && sameTexts(now, old):
		return
	case len(now.Off) == 0:
		now, old = old, now
		fallthrough
	case len(old.Off) == 0:
		for i := range n {
			if now.Off[i] != now.Off[i+1] {
				b.Set(i)
			}
		}
		return
	}
	for i := range n {
		if !bytes.Equal(now.At(i), old.At(i)) {
			b.Set(i)
		}
	}
}
