// Package col holds a register in memory as typed columns with validity bitmaps: one column per attribute and year.
// Columns are built from profiles and kept as a cache file. They can be discarded at any time.
package col

import (
	"math/bits"
	"sync/atomic"

	"eyas/internal/pack"
)

// Bitmap is a set of rows, 64 per word. Bits from the table's N on are zero.
type Bitmap []uint64

// NewBitmap returns an empty set for n rows.
func NewBitmap(n int) Bitmap { return make(Bitmap, (n+63)/64) }

// Get reports whether row i is set.
func (b Bitmap) Get(i int) bool { return b[i>>6]>>(uint(i)&63)&1 != 0 }

// Set adds row i.
func (b Bitmap) Set(i int) { b[i>>6] |= 1 << (uint(i) & 63) }

// Clear removes row i.
func (b Bitmap) Clear(i int) { b[i>>6] &^= 1 << (uint(i) & 63) }

// Count returns the number of rows in the set.
func (b Bitmap) Count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Each calls fn for every row in the set, in ascending order.
func (b Bitmap) Each(fn func(row int)) {
	for i, w := range b {
		for w != 0 {
			fn(i<<6 + bits.TrailingZeros64(w))
			w &= w - 1
		}
	}
}

// Key identifies a column: attribute id, and year (0 for attributes that are not yearly).
type Key struct {
	Attr string
	Year int
}

// Num is a column of numbers. Money is in fen, exact in a float64 up to 9·10^15. Val is 0 in rows that are not Valid.
type Num struct {
	Val   []float64
	Valid Bitmap
}

// Date is a column of dates, in days since 1970-01-01. Val is 0 in rows that are not Valid.
type Date struct {
	Val   []int32
	Valid Bitmap
}

// Bool is a column of yes/no values. Val is a subset of Valid; a row that is Valid and not in Val is a no.
type Bool struct {
	Val, Valid Bitmap
}

// Dict is a column of codes. Row i has Words[Val[i]]. Val is 0 and Words[0] is "" for blank.
type Dict struct {
	Val   []uint32
	Words []string
}

// Strings is a column of texts in one byte slice. Row i is Bytes[Off[i]:Off[i+1]]; empty means blank.
type Strings struct {
	Bytes []byte
	Off   []uint32
}

// At returns the text of row i. The slice is a part of Bytes and must not be changed.
func (s *Strings) At(i int) []byte { return s.Bytes[s.Off[i]:s.Off[i+1]] }

// Table is one register in memory. Rows are in ascending order of subject ids. A finished table never changes: after a
// change of the base, an Updater makes a new table that shares the unchanged columns. A table is safe for concurrent
// use.
type Table struct {
	Register *pack.Register
	N        int
	Subjects []int64 // row → subject id, ascending
	Codes    Strings // identity codes; empty for subjects without one
	Names    Strings
	Formers  Strings // former names, joined by FormerSeparator; Off is empty if no row has any
	Nums     map[Key]*Num
	Dates    map[Key]*Date
	Bools    map[Key]*Bool
	Dicts    map[Key]*Dict  // code attributes, and texts if Wordy
	Texts    map[Key]Bitmap // other text and list attributes: only whether there is a value
	Wordy    bool           // texts are kept too, except personal ones
	Years    []int          // years with values of any yearly attribute, ascending
	Change   int64          // change counter of the base when the table was built
	Mark     string         // random mark of that change in the base's history; empty for a table without a base

	// spent is true once another table uses the spare capacity behind the columns; see Updater.
	spent atomic.Bool
	// begun is the last result of Begun.
	begun atomic.Pointer[begun]
}

// begun is a result of Begun with its day.
type begun struct {
	day  int32
	rows Bitmap
}

// Begun returns the subjects that existed on a day (days since 1970-01-01): those whose first day (see
// pack.Register.BeginsAttr) is not later, and those without a known first day. nil means all rows. The result is
// shared and must not be changed.
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

// Districts returns the column with the district of each subject; nil if the register has no such attribute, or no
// subject has a value.
func (t *Table) Districts() *Dict {
	district, _ := t.Register.PlaceAttributes()
	if district == nil {
		return nil
	}
	return t.Dicts[Key{Attr: district.ID}]
}

// Present returns the rows that have a value in a column, or in the register's code or name. The bitmap is a copy.
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

// Bytes returns the approximate memory of the columns, in bytes.
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

// FormerNames is the attribute whose texts are always kept, so that a search finds subjects by former names.
const FormerNames = "former_names"

// FormerSeparator separates former names.
const FormerSeparator = "；"

// Former returns the former names of row i, joined by FormerSeparator; empty if there are none.
func (t *Table) Former(i int) []byte {
	if len(t.Formers.Off) == 0 {
		return nil
	}
	return t.Formers.At(i)
}

// kindOf returns the kind of column that holds an attribute.
func kindOf(a *pack.Attribute, wordy bool) pack.Kind {
	if wordy && !a.Personal && (a.Kind == pack.String || a.Kind == pack.List) {
		return pack.Code
	}
	return a.Kind
}

// Row returns the row of a subject; −1 if it has none.
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
