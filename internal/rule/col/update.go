package col

import (
	"fmt"
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Updater makes a new table from an old one after some profiles have changed. Both tables share the unchanged columns.
// Changed columns are copied first, so readers of the old table see no change. Inactive subjects are left out. New
// subjects are inserted by subject id. Their ids are almost always the highest, so they are appended where the columns
// have spare capacity.
type Updater struct {
	base    *Table
	slots   [][]*patch // attribute index → its columns
	columns []*patch
	codes   map[int]string // row → new code
	names   map[int]string
	formers map[int]string
	former  *pack.Attribute
	gone    Bitmap // rows to leave out; nil means none
	fresh   *Builder
	last    int64
	started bool
	round   int // number of Add calls, from 1
}

// patch is a column, and whether it was copied.
type patch struct {
	column
	key   Key
	kind  pack.Kind
	owned bool
	ids   map[string]uint32 // word → number, made at the first lookup
	round int               // the last Add that set a value in the column
}

// column is a column of any kind. Only the field of its kind is set.
type column struct {
	num  *Num
	date *Date
	yes  *Bool
	dict *Dict
	text Bitmap
}

// Updater returns an updater that starts from the table.
func (t *Table) Updater() *Updater {
	u := &Updater{base: t, slots: make([][]*patch, len(t.Register.Attributes)), codes: map[int]string{}, names: map[int]string{},
		formers: map[int]string{}, former: formerNames(t.Register), fresh: NewBuilder(t.Register)}
	u.fresh.wordy = t.Wordy
	t.each(func(k Key, c column) { u.put(t.Register.Attribute(k.Attr), k, c) })
	return u
}

// each visits all columns in any order.
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

// Len returns the number of profiles added so far.
func (u *Updater) Len() int { return u.round }

// Add adds one changed profile. Profiles must come in ascending order of their subject ids; otherwise Add returns an
// error. Add keeps no reference to the profile.
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
		u.formers[row] = strings.Clone(former) // the profile's text may be part of a larger string
	}
	for _, c := range u.columns {
		if c.round != u.round && c.has(row) {
			c.own()
			c.clear(row)
		}
	}
	return nil
}

// column returns the column of an attribute and year, and makes an empty one on first use.
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

// roomy returns the capacity for n rows: a sixteenth more, for new subjects.
func roomy(n int) int { return n + n/16 }

func roomyCopy[T any](s []T) []T { return append(make([]T, 0, roomy(len(s))), s...) }

// own copies the column unless it was copied before.
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

// clear makes a row of an owned column blank.
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

// word returns the number of a word in an owned dictionary, and adds a new word.
func (c *patch) word(s string) uint32 {
	if c.ids == nil {
		c.ids = make(map[string]uint32, len(c.dict.Words))
		for i, w := range c.dict.Words {
			c.ids[w] = uint32(i)
		}
	}
	id, ok := c.ids[s]
	if !ok {
		s = string(append([]byte(nil), s...)) // the profile's text may be part of a larger string
		id = uint32(len(c.dict.Words))
		c.dict.Words = append(c.dict.Words, s)
		c.ids[s] = id
	}
	return id
}
