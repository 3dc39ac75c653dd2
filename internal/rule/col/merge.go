package col

import (
	"fmt"
	"math"
)

// Table returns the new table. change is the change counter of the base before the profiles were read. The updater must
// not be used afterwards.
func (u *Updater) Table(change int64) (*Table, error) {
	base, fresh := u.base, u.fresh.Table(change)
	l := newLayout(base, fresh, u.gone)
	// Only the first table that is made from base may use the spare capacity behind its columns.
	l.claimed = !base.spent.Swap(true)
	t := emptyTable(base.Register, l.n, change)
	t.Wordy = base.Wordy
	t.spent.Store(!l.claimed)
	t.Subjects = lay(l, base.Subjects, fresh.Subjects, false)
	var err error
	if t.Codes, err = l.strings(&base.Codes, &fresh.Codes, u.codes); err != nil {
		return nil, err
	}
	if t.Names, err = l.strings(&base.Names, &fresh.Names, u.names); err != nil {
		return nil, err
	}

	if t.Formers, err = l.optional(&base.Formers, &fresh.Formers, fresh.N, u.formers); err != nil {
		return nil, err
	}

	added := map[Key]column{}
	fresh.each(func(k Key, c column) { added[k] = c })
	for _, p := range u.columns {
		c := p.merge(l, added[p.key])
		delete(added, p.key)
		if (p.owned || u.gone != nil) && c.blank() {
			continue
		}
		t.add(p.key, c)
	}
	for k, c := range added {
		p := patch{column: emptyColumn(kindOf(t.Register.Attribute(k.Attr), t.Wordy), base.N), key: k, owned: true}
		t.add(k, p.merge(l, c))
	}
	t.setYears()
	return t, nil
}

// layout tells where the rows of a new table come from.
type layout struct {
	n, base int
	parts   []part
	same    bool // the rows are those of the base table
	cut     bool // the rows are the first ones of the base table: the last import was undone
	append  bool // all rows of the base table come first
	claimed bool // the spare capacity behind the base's columns may be used
}

// part is a range of rows of the base table or of the fresh table.
type part struct {
	fresh  bool
	lo, hi int
}

func newLayout(base, fresh *Table, gone Bitmap) *layout {
	l := &layout{base: base.N}
	take := func(fromFresh bool, row int) {
		if i := len(l.parts) - 1; i >= 0 && l.parts[i].fresh == fromFresh && l.parts[i].hi == row {
			l.parts[i].hi++
			return
		}
		l.parts = append(l.parts, part{fromFresh, row, row + 1})
	}
	if gone == nil && (fresh.N == 0 || base.N == 0 || fresh.Subjects[0] > base.Subjects[base.N-1]) {
		l.append, l.same, l.n = true, fresh.N == 0, base.N+fresh.N
		l.parts = []part{{false, 0, base.N}, {true, 0, fresh.N}}
		return l
	}
	if keep := base.N - gone.Count(); gone != nil && fresh.N == 0 && gone.from(keep) {
		l.cut, l.n = true, keep
		l.parts = []part{{false, 0, keep}}
		return l
	}
	f := 0
	for row, id := range base.Subjects {
		for f < fresh.N && fresh.Subjects[f] < id {
			take(true, f)
			f++
		}
		if gone == nil || !gone.Get(row) {
			take(false, row)
		}
	}
	for ; f < fresh.N; f++ {
		take(true, f)
	}
	for _, p := range l.parts {
		l.n += p.hi - p.lo
	}
	return l
}

// lay joins the values of a column from the base and the fresh rows. nil means all zero. If owned is true, base belongs
// to the updater and may be changed.
func lay[T any](l *layout, base, fresh []T, owned bool) []T {
	switch {
	case l.same:
		return base
	case l.cut:
		return base[:l.n:l.n] // no spare capacity: readers of base still see the rows behind
	}
	if l.append && (owned || l.claimed) && cap(base) >= l.n {
		all := base[:l.n]
		clear(all[copy(all[l.base:], fresh)+l.base:])
		return all
	}
	all := make([]T, l.n, roomy(l.n))
	at := 0
	for _, p := range l.parts {
		from := base
		if p.fresh {
			from = fresh
		}
		if from != nil {
			copy(all[at:], from[p.lo:p.hi])
		}
		at += p.hi - p.lo
	}
	return all
}

// from reports whether no row before row is set.
func (b Bitmap) from(row int) bool {
	for i, w := range b[:min(row/64+1, len(b))] {
		if i == row/64 {
			w &= 1<<(uint(row)&63) - 1
		}
		if w != 0 {
			return false
		}
	}
	return true
}

func (l *layout) bits(base, fresh Bitmap) Bitmap {
	if l.same {
		return base
	}
	all := NewBitmap(l.n)
	at := 0
	for _, p := range l.parts {
		from := base
		if p.fresh {
			from = fresh
		}
		if from != nil {
			copyBits(all, at, from, p.lo, p.hi)
		}
		at += p.hi - p.lo
	}
	return all
}

// strings joins a text column. changed maps rows of the base to their new texts.
func (l *layout) strings(base, fresh *Strings, changed map[int]string) (Strings, error) {
	if l.same && len(changed) == 0 {
		return *base, nil
	}
	size := len(base.Bytes) + len(fresh.Bytes)
	for _, s := range changed {
		size += len(s)
	}
	if uint64(size) > math.MaxUint32 {
		return Strings{}, fmt.Errorf("columns: more than 4 GiB of names or codes")
	}
	if l.cut && len(changed) == 0 {
		end := base.Off[l.n]
		return Strings{base.Bytes[:end:end], base.Off[: l.n+1 : l.n+1]}, nil
	}
	if l.append && len(changed) == 0 && l.claimed && cap(base.Bytes) >= size && cap(base.Off) > l.n {
		s := Strings{append(base.Bytes, fresh.Bytes...), base.Off}
		for _, off := range fresh.Off[1:] {
			s.Off = append(s.Off, uint32(len(base.Bytes))+off)
		}
		return s, nil
	}
	s := Strings{make([]byte, 0, roomy(size)), make([]uint32, 1, roomy(l.n+1))}
	for _, p := range l.parts {
		from := base
		if p.fresh {
			from = fresh
		}
		for row := p.lo; row < p.hi; row++ {
			text, ok := changed[row]
			if ok && !p.fresh {
				s.Bytes = append(s.Bytes, text...)
			} else {
				s.Bytes = append(s.Bytes, from.At(row)...)
			}
			s.Off = append(s.Off, uint32(len(s.Bytes)))
		}
	}
	return s, nil
}

// optional is strings for a text column that may have no offsets because it is blank. n is the number of fresh rows.
func (l *layout) optional(base, fresh *Strings, n int, changed map[int]string) (Strings, error) {
	if len(base.Off) == 0 && len(fresh.Off) == 0 && len(changed) == 0 {
		return Strings{}, nil
	}
	if len(base.Off) == 0 {
		base = &Strings{Off: make([]uint32, l.base+1)}
	}
	if len(fresh.Off) == 0 {
		fresh = &Strings{Off: make([]uint32, n+1)}
	}
	return l.strings(base, fresh, changed)
}

// merge joins one column: the base's with its changes, and that of the fresh rows, which may be empty.
func (c *patch) merge(l *layout, fresh column) column {
	if l.same { // the column itself, by which a part of the table knows that it did not change
		return c.column
	}
	switch {
	case c.num != nil:
		f := fresh.num
		if f == nil {
			f = &Num{}
		}
		return column{num: &Num{lay(l, c.num.Val, f.Val, c.owned), l.bits(c.num.Valid, f.Valid)}}
	case c.date != nil:
		f := fresh.date
		if f == nil {
			f = &Date{}
		}
		return column{date: &Date{lay(l, c.date.Val, f.Val, c.owned), l.bits(c.date.Valid, f.Valid)}}
	case c.yes != nil:
		f := fresh.yes
		if f == nil {
			f = &Bool{}
		}
		return column{yes: &Bool{l.bits(c.yes.Val, f.Val), l.bits(c.yes.Valid, f.Valid)}}
	case c.dict != nil:
		f := fresh.dict
		if f == nil {
			f = &Dict{}
		}
		words := c.dict.Words
		if len(f.Words) > 0 {
			words = c.translate(f)
		}
		return column{dict: &Dict{lay(l, c.dict.Val, f.Val, c.owned), words}}
	}
	return column{text: l.bits(c.text, fresh.text)}
}

// translate changes the word numbers of a fresh dictionary to those of the base, and returns the words of both.
func (c *patch) translate(fresh *Dict) []string {
	both := patch{column: column{dict: &Dict{Words: c.dict.Words[:len(c.dict.Words):len(c.dict.Words)]}}, ids: c.ids}
	to := make([]uint32, len(fresh.Words))
	for i, w := range fresh.Words {
		to[i] = both.word(w)
	}
	for row, v := range fresh.Val {
		fresh.Val[row] = to[v]
	}
	return both.dict.Words
}

// blank reports whether the column has no values.
func (c *column) blank() bool {
	switch {
	case c.num != nil:
		return c.num.Valid.Empty()
	case c.date != nil:
		return c.date.Valid.Empty()
	case c.yes != nil:
		return c.yes.Valid.Empty()
	case c.dict != nil:
		for _, v := range c.dict.Val {
			if v != 0 {
				return false
			}
		}
		return true
	}
	return c.text.Empty()
}
