// Package col holds a register in memory as typed columns with validity bitmaps, one column per
// attribute and year. Columns are built from profiles, kept as a cache file and can always be thrown away.
package col

import (
	"math/bits"
	"sync/atomic"

	"eyas/internal/pack"
)

// Bitmap is a set of rows, 64 to a word; bits at and above the table's N are zero.
type Bitmap []uint64

// NewBitmap gives an empty bitmap for n rows.
func NewBitmap(n int) Bitmap { return make(Bitmap, (n+63)/64) }

// Get reports whether row i is set.
func (b Bitmap) Get(i int) bool { return b[i>>6]>>(uint(i)&63)&1 != 0 }

// Set adds row i.
func (b Bitmap) Set(i int) { b[i>>6] |= 1 << (uint(i) & 63) }

// Clear removes row i.
func (b Bitmap) Clear(i int) { b[i>>6] &^= 1 << (uint(i) & 63) }

// Count gives the number of set rows.
func (b Bitmap) Count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Each calls fn for every set row in ascending order.
func (b Bitmap) Each(fn func(row int)) {
	for i, w := range b {
		for w != 0 {
			fn(i<<6 + bits.TrailingZeros64(w))
			w &= w - 1
		}
	}
}

// Key names a column: attribute id and year (0 for attributes that are not yearly).
type Key struct {
	Attr string
	Year int
}

// Num is a column of numbers. Money is whole fen, exact in a float64 up to 9·10^15.
// Val of an invalid row is 0.
type Num struct {
	Val   []float64
	Valid Bitmap
}

// Date is a column of dates as days since 1970-01-01. Val of an invalid row is 0.
type Date struct {
	Val   []int32
	Valid Bitmap
}

// Bool is a column of yes and no; Val is a subset of Valid.
type Bool struct {
	Val, Valid Bitmap
}

// Dict is a column of codes: Words[Val[row]]; 0 is missing and Words[0] is "".
type Dict struct {
	Val   []uint32
	Words []string
}

// Strings is a column of text in one arena: row i is Bytes[Off[i]:Off[i+1]]; empty is missing.
type Strings struct {
	Bytes []byte
	Off   []uint32
}

// At gives row i's text; the slice is valid as long as the table.
func (s *Strings) At(i int) []byte { return s.Bytes[s.Off[i]:s.Off[i+1]] }

// Table is one register in memory. Rows are ordered by subject id. A table is immutable once
// built: a change of the base makes a new one, which shares the columns that did not change.
type Table struct {
	Register *pack.Register
	N        int
	Subjects []int64 // row → subject id, ascending
	Codes    Strings // identity code, empty for subjects known by name
	Names    Strings
	Formers  Strings // former names, several apart by FormerSeparator; without offsets when no row has any
	Nums     map[Key]*Num
	Dates    map[Key]*Date
	Bools    map[Key]*Bool
	Dicts    map[Key]*Dict  // attributes of kind code, and texts where they are kept
	Texts    map[Key]Bitmap // other text and list attributes: only whether present
	Wordy    bool           // texts are kept, but for personal ones
	Years    []int          // years that any yearly attribute has values for, ascending
	Change   int64          // the base's change counter that the table was built at
	Mark     string         // of that change in the base's history; empty where no base stands behind the table

	// spent is set once the room behind the columns has gone to a table made from this one; see Updater.
	spent atomic.Bool
	// begun is what Begun answered last.
	begun atomic.Pointer[begun]
}

// begun is the rows that there were on a day.
type begun struct {
	day  int32
	rows Bitmap
}

// Begun gives the rows of subjects that there were on a day, in days since 1970-01-01: those whose first day is not later (see
// pack.Register.Begins), and those of which none is known. nil means all rows. The result is shared and must not be changed.
func (t *Table) Begun(day int32) Bitmap {
	if t.Register == nil || t.Register.BeginsAttr == "" {
		return nil
	}
	c := t.Dates[Key{Attr: t.Register.BeginsAttr}]
	if c == nil {
		return nil
	}
	if last := t.begun.Load(); last != nil && last.day == day {
		return last.rows
	}
	later, any := NewBitmap(t.N), false
	for w, valid := range c.Valid {
		var bits uint64
		for bit, v := range c.Val[w*64 : min(w*64+64, len(c.Val))] {
			if v > day {
				bits |= 1 << bit
			}
		}
		bits &= valid
		later[w], any = bits, any || bits != 0
	}
	answer := &begun{day: day}
	if any {
		for w := range later {
			later[w] = ^later[w]
		}
		if rest := uint(t.N) & 63; rest != 0 {
			later[len(later)-1] &= 1<<rest - 1
		}
		answer.rows = later
	}
	t.begun.Store(answer)
	return answer.rows
}

// Districts is the column of the districts that subjects lie in; nil where the register has none, or no subject says it.
func (t *Table) Districts() *Dict {
	district, _ := t.Register.PlaceAttributes()
	if district == nil {
		return nil
	}
	return t.Dicts[Key{Attr: district.ID}]
}

// Present gives the rows that have a value: of a column, or of the register's code or name. The result is a copy.
func (t *Table) Present(k Key) Bitmap {
	switch {
	case t.Register != nil && k.Attr == t.Register.CodeAttr:
		return t.Codes.present()
	case t.Register != nil && k.Attr == t.Register.NameAttr:
		return t.Names.present()
	}
	if c := t.Nums[k]; c != nil {
		return c.Valid.Clone()
	}
	if c := t.Dates[k]; c != nil {
		return c.Valid.Clone()
	}
	if c := t.Bools[k]; c != nil {
		return c.Valid.Clone()
	}
	if c := t.Texts[k]; c != nil {
		return c.Clone()
	}
	b := NewBitmap(t.N)
	if c := t.Dicts[k]; c != nil {
		for i, v := range c.Val {
			if v != 0 {
				b.Set(i)
			}
		}
	}
	return b
}

// Bytes is how much memory the columns take, about.
func (t *Table) Bytes() int64 {
	n := 8 * len(t.Subjects)
	for _, s := range []*Strings{&t.Codes, &t.Names, &t.Formers} {
		n += len(s.Bytes) + 4*len(s.Off)
	}
	t.each(func(_ Key, c column) {
		switch {
		case c.num != nil:
			n += 8 * (len(c.num.Val) + len(c.num.Valid))
		case c.date != nil:
			n += 4*len(c.date.Val) + 8*len(c.date.Valid)
		case c.yes != nil:
			n += 8 * (len(c.yes.Val) + len(c.yes.Valid))
		case c.dict != nil:
			n += 4 * len(c.dict.Val)
			for _, w := range c.dict.Words {
				n += 16 + len(w)
			}
		default:
			n += 8 * len(c.text)
		}
	})
	return int64(n)
}

func (s *Strings) present() Bitmap {
	b := NewBitmap(len(s.Off) - 1)
	for i := range len(s.Off) - 1 {
		if s.Off[i] != s.Off[i+1] {
			b.Set(i)
		}
	}
	return b
}

// FormerNames is the attribute whose texts are kept, so that a search finds subjects by names that they no longer
// bear; of other texts a table knows only whether they are present.
const FormerNames = "former_names"

// FormerSeparator stands between former names.
const FormerSeparator = "；"

// Former gives row i's former names; empty when it has none.
func (t *Table) Former(i int) []byte {
	if len(t.Formers.Off) == 0 {
		return nil
	}
	return t.Formers.At(i)
}

// kindOf is how a column of an attribute is held.
func kindOf(a *pack.Attribute, wordy bool) pack.Kind {
	if wordy && !a.Personal && (a.Kind == pack.String || a.Kind == pack.List) {
		return pack.Code
	}
	return a.Kind
}

// Row finds the row of a subject; -1 when there is none.
func (t *Table) Row(subject int64) int {
	lo, hi := 0, len(t.Subjects)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if t.Subjects[m] < subject {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(t.Subjects) && t.Subjects[lo] == subject {
		return lo
	}
	return -1
}
