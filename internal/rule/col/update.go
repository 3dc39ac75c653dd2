package col

import (
	"fmt"
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Updater makes the table that follows from another when some profiles have changed. Columns that did not change
// are shared between the two tables, changed ones are copied first: readers of the old table notice nothing.
// Subjects that are gone are kept out of the new table, and new ones take their place by subject id; new ids are
// nearly always the highest, so that they are appended where the columns have room behind their rows.
type Updater struct {
	base    *Table
	slots   [][]*patch // attribute index → its columns
	columns []*patch
	codes   map[int]string // row → new code
	names   map[int]string
	formers map[int]string
	former  *pack.Attribute
	gone    Bitmap // rows to leave out; nil: none
	fresh   *Builder
	last    int64
	started bool
	round   int // of Add, from 1
}

// patch is a column and whether it has been copied yet.
type patch struct {
	column
	key   Key
	kind  pack.Kind
	owned bool
	ids   map[string]uint32 // numbers of a dictionary's words, made when one is looked up
	round int               // the last round in which the column was given
}

// column is a column of any kind: the field of its kind is set.
type column struct {
	num  *Num
	date *Date
	yes  *Bool
	dict *Dict
	text Bitmap
}

// Updater starts from the table as it is.
func (t *Table) Updater() *Updater {
	u := &Updater{base: t, slots: make([][]*patch, len(t.Register.Attributes)), codes: map[int]string{}, names: map[int]string{},
		formers: map[int]string{}, former: formerNames(t.Register), fresh: NewBuilder(t.Register)}
	u.fresh.wordy = t.Wordy
	t.each(func(k Key, c column) { u.put(t.Register.Attribute(k.Attr), k, c) })
	return u
}

// each visits all columns, in no order.
func (t *Table) each(fn func(Key, column)) {
	for k, c := range t.Nums {
		fn(k, column{num: c})
	}
	for k, c := range t.Dates {
		fn(k, column{date: c})
	}
	for k, c := range t.Bools {
		fn(k, column{yes: c})
	}
	for k, c := range t.Dicts {
		fn(k, column{dict: c})
	}
	for k, c := range t.Texts {
		fn(k, column{text: c})
	}
}

func (t *Table) add(k Key, c column) {
	switch {
	case c.num != nil:
		t.Nums[k] = c.num
	case c.date != nil:
		t.Dates[k] = c.date
	case c.yes != nil:
		t.Bools[k] = c.yes
	case c.dict != nil:
		t.Dicts[k] = c.dict
	default:
		t.Texts[k] = c.text
	}
}

func (u *Updater) put(a *pack.Attribute, k Key, c column) *patch {
	p := &patch{key: k, kind: a.Kind, column: c}
	u.slots[a.Index] = append(u.slots[a.Index], p)
	u.columns = append(u.columns, p)
	return p
}

// Len gives the number of profiles taken so far.
func (u *Updater) Len() int { return u.round }

// Add takes one changed profile. Profiles must come in ascending order of their subject ids. Nothing of it is kept.
func (u *Updater) Add(p *fact.Profile) error {
	if u.started && p.Subject <= u.last {
		return fmt.Errorf("columns: subject %d after %d: profiles must come in the order of their ids", p.Subject, u.last)
	}
	u.started, u.last = true, p.Subject
	u.round++
	row := u.base.Row(p.Subject)
	if row < 0 {
		return u.fresh.Add(p)
	}
	if p.Gone {
		if u.gone == nil {
			u.gone = NewBitmap(u.base.N)
		}
		u.gone.Set(row)
		return nil
	}
	if string(u.base.Codes.At(row)) != p.Code {
		u.codes[row] = p.Code
	}
	if string(u.base.Names.At(row)) != p.Name {
		u.names[row] = p.Name
	}
	former := ""
	for i := range p.Facts {
		f := &p.Facts[i]
		if a, year, ok := columnOf(u.base.Register, f); ok {
			c := u.column(a, year)
			c.round = u.round
			c.set(row, &f.Value)
			if a == u.former {
				former = formerText(f.Value.Str)
			}
		}
	}
	if string(u.base.Former(row)) != former {
		u.formers[row] = strings.Clone(former) // the profile's text may be part of something larger
	}
	for _, c := range u.columns {
		if c.round != u.round && c.has(row) {
			c.own()
			c.clear(row)
		}
	}
	return nil
}

// column finds the column of an attribute and year, or makes an empty one.
func (u *Updater) column(a *pack.Attribute, year int) *patch {
	for _, c := range u.slots[a.Index] {
		if c.key.Year == year {
			return c
		}
	}
	c := u.put(a, Key{a.ID, year}, emptyColumn(kindOf(a, u.base.Wordy), u.base.N))
	c.owned = true
	return c
}

func emptyColumn(kind pack.Kind, n int) column {
	switch {
	case kind.Numeric():
		return column{num: &Num{make([]float64, n, roomy(n)), NewBitmap(n)}}
	case kind == pack.Date:
		return column{date: &Date{make([]int32, n, roomy(n)), NewBitmap(n)}}
	case kind == pack.Boolean:
		return column{yes: &Bool{NewBitmap(n), NewBitmap(n)}}
	case kind == pack.Code:
		return column{dict: &Dict{make([]uint32, n, roomy(n)), []string{""}}}
	}
	return column{text: NewBitmap(n)}
}

// roomy is the capacity for n rows when a column has to be moved: a sixteenth is left for new subjects.
func roomy(n int) int { return n + n/16 }

func roomyCopy[T any](s []T) []T { return append(make([]T, 0, roomy(len(s))), s...) }

// own copies the column unless that was done already.
func (c *patch) own() {
	if c.owned {
		return
	}
	c.owned = true
	switch {
	case c.num != nil:
		c.num = &Num{roomyCopy(c.num.Val), c.num.Valid.Clone()}
	case c.date != nil:
		c.date = &Date{roomyCopy(c.date.Val), c.date.Valid.Clone()}
	case c.yes != nil:
		c.yes = &Bool{c.yes.Val.Clone(), c.yes.Valid.Clone()}
	case c.dict != nil:
		c.dict = &Dict{roomyCopy(c.dict.Val), slices.Clone(c.dict.Words)}
	default:
		c.text = c.text.Clone()
	}
}

func (c *patch) has(row int) bool {
	switch {
	case c.num != nil:
		return c.num.Valid.Get(row)
	case c.date != nil:
		return c.date.Valid.Get(row)
	case c.yes != nil:
		return c.yes.Valid.Get(row)
	case c.dict != nil:
		return c.dict.Val[row] != 0
	}
	return c.text.Get(row)
}

func (c *patch) set(row int, v *fact.Value) {
	switch {
	case c.num != nil:
		if c.num.Val[row] != v.Num || !c.has(row) {
			c.own()
			c.num.Val[row] = v.Num
			c.num.Valid.Set(row)
		}
	case c.date != nil:
		if c.date.Val[row] != int32(v.Int) || !c.has(row) {
			c.own()
			c.date.Val[row] = int32(v.Int)
			c.date.Valid.Set(row)
		}
	case c.yes != nil:
		if c.yes.Val.Get(row) != (v.Int != 0) || !c.has(row) {
			c.own()
			c.clear(row)
			c.yes.Valid.Set(row)
			if v.Int != 0 {
				c.yes.Val.Set(row)
			}
		}
	case c.dict != nil:
		if c.dict.Words[c.dict.Val[row]] != v.Str {
			c.own()
			c.dict.Val[row] = c.word(v.Str)
		}
	default:
		if !c.has(row) {
			c.own()
			c.text.Set(row)
		}
	}
}

// clear makes an owned column blank at a row.
func (c *patch) clear(row int) {
	switch {
	case c.num != nil:
		c.num.Val[row] = 0
		c.num.Valid.Clear(row)
	case c.date != nil:
		c.date.Val[row] = 0
		c.date.Valid.Clear(row)
	case c.yes != nil:
		c.yes.Val.Clear(row)
		c.yes.Valid.Clear(row)
	case c.dict != nil:
		c.dict.Val[row] = 0
	default:
		c.text.Clear(row)
	}
}

// word gives the number of a word of an owned dictionary, a new one when it has not been met.
func (c *patch) word(s string) uint32 {
	if c.ids == nil {
		c.ids = make(map[string]uint32, len(c.dict.Words))
		for i, w := range c.dict.Words {
			c.ids[w] = uint32(i)
		}
	}
	id, ok := c.ids[s]
	if !ok {
		s = string(append([]byte(nil), s...)) // the profile's text may be part of something larger
		id = uint32(len(c.dict.Words))
		c.dict.Words = append(c.dict.Words, s)
		c.ids[s] = id
	}
	return id
}
