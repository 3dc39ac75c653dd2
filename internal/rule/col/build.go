package col

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// chunkRows is the number of rows in a chunk of a growing column. A column grows by chunks, so nothing is copied, and a
// chunk without values takes no memory.
const chunkRows = 1 << 16

const chunkWords = chunkRows / 64

// collectEvery is the number of bytes of released chunks after which Builder.Table runs the garbage collector.
const collectEvery = 256 << 20

// Builder makes a table from profiles in ascending order of their subject ids. It is not safe for concurrent use; see
// Part.
type Builder struct {
	register     *pack.Register
	slots        [][]*growing // attribute index → its columns by year
	columns      []*growing
	subjects     []int64
	codes, names arena
	formers      arena           // its offsets end with the last row that has a former name
	former       *pack.Attribute // nil if the register has no such attribute
	wordy        bool
	size         int // rows of a chunk
}

// growing is a column while it is filled. A chunk without values is nil.
type growing struct {
	key   Key
	kind  pack.Kind
	nums  [][]float64
	dates [][]int32
	codes [][]uint32
	yes   [][]uint64
	valid [][]uint64
	words words
	size  int      // rows of a chunk
	used  bool     // some row has a value
	known []uint32 // of a part: word number in the part → word number in the whole table; 0: not looked up yet
}

// arena is a text column while it is filled.
type arena struct {
	bytes []byte
	off   []uint32
}

// NewBuilder returns an empty builder for a register.
func NewBuilder(r *pack.Register) *Builder {
	b := &Builder{register: r, slots: make([][]*growing, len(r.Attributes)), size: chunkRows}
	b.codes.off, b.names.off, b.formers.off = []uint32{0}, []uint32{0}, []uint32{0}
	b.former = formerNames(r)
	return b
}

// KeepTexts makes the table keep texts and lists too, each different text once. It is for small registers and must come
// before the first Add. Personal attributes are never kept.
func (b *Builder) KeepTexts() *Builder {
	b.wordy = true
	return b
}

// formerNames returns the attribute of former names; nil if the register has none.
func formerNames(r *pack.Register) *pack.Attribute {
	a := r.Attribute(FormerNames)
	if a == nil || a.Yearly || a.Kind != pack.List && a.Kind != pack.String {
		return nil
	}
	return a
}

// Len returns the number of rows so far.
func (b *Builder) Len() int { return len(b.subjects) }

// Add appends a subject. An inactive subject (Gone) is left out. Subjects must come in ascending order of their ids;
// otherwise Add returns an error. Add keeps no reference to the profile.
func (b *Builder) Add(p *fact.Profile) error {
	if p.Gone {
		return nil
	}
	if err := b.Begin(p.Subject, p.Code, p.Name); err != nil {
		return err
	}
	row := len(b.subjects) - 1
	for i := range p.Facts {
		f := &p.Facts[i]
		if a, year, ok := columnOf(b.register, f); ok {
			b.column(a, year).set(row, &f.Value)
			if a == b.former {
				b.formers.pad(row)
				b.formers.add(formerText(f.Value.Str))
			}
		}
	}
	return nil
}

// Begin appends a subject without values. Number, Integer and Text then add its values. The result is the same as with
// Add. See fact.Values. Subjects must come in ascending order of their ids; otherwise Begin returns an error.
func (b *Builder) Begin(subject int64, code, name string) error {
	if n := len(b.subjects); n > 0 && b.subjects[n-1] >= subject {
		return fmt.Errorf("columns: subject %d after %d: profiles must come in the order of their ids", subject, b.subjects[n-1])
	}
	if uint64(len(b.formers.bytes)) > math.MaxUint32-maxFormer || uint64(len(b.names.bytes)+len(name)) > math.MaxUint32 || uint64(len(b.codes.bytes)+len(code)) > math.MaxUint32 {
		return fmt.Errorf("columns: more than 4 GiB of names or codes at subject %d", subject)
	}
	b.subjects = append(b.subjects, subject)
	b.codes.add(code)
	b.names.add(name)
	return nil
}

// Number adds a number to the last subject: money in fen, other numbers in the unit of the attribute. year is 0 for
// attributes that are not yearly.
func (b *Builder) Number(a *pack.Attribute, year int, v float64) {
	if a = ownAttribute(b.register, a); a != nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
		c, row := b.column(a, yearOf(a, year)), len(b.subjects)-1
		chunk(&c.nums, row/c.size, c.size)[row%c.size] = v
		c.know(row)
	}
}

// Integer adds a date (days since 1970-01-01) or a yes/no (1, 0) to the last subject.
func (b *Builder) Integer(a *pack.Attribute, year int, v int64) {
	if a = ownAttribute(b.register, a); a != nil && (a.Kind != pack.Date || v == int64(int32(v))) {
		b.column(a, yearOf(a, year)).set(len(b.subjects)-1, &fact.Value{Int: v})
	}
}

// Text adds a code or a text to the last subject.
func (b *Builder) Text(a *pack.Attribute, year int, v []byte) {
	if a = ownAttribute(b.register, a); a == nil || len(v) == 0 {
		return
	}
	c, row := b.column(a, yearOf(a, year)), len(b.subjects)-1
	if c.kind == pack.Code {
		c.used = true
		id, ok := c.words.ids[string(v)]
		if !ok {
			id = c.words.id(string(v))
		}
		chunk(&c.codes, row/c.size, c.size)[row%c.size] = id
	} else {
		c.know(row)
	}
	if a == b.former {
		b.formers.pad(row)
		b.formers.add(formerText(string(v)))
	}
}

// know marks that a row has a value.
func (c *growing) know(row int) {
	c.used = true
	Bitmap(chunk(&c.valid, row/c.size, c.size/64)).Set(row % c.size)
}

// ownAttribute returns the register's own attribute. It is nil if there is none, and for the code and the name, which
// have their own columns.
func ownAttribute(r *pack.Register, a *pack.Attribute) *pack.Attribute {
	if a.Index >= len(r.Attributes) || r.Attributes[a.Index] != a {
		// The profile may come from another load of the pack.
		if a = r.Attribute(a.ID); a == nil {
			return nil
		}
	}
	if a.ID == r.CodeAttr || a.ID == r.NameAttr {
		return nil
	}
	return a
}

func yearOf(a *pack.Attribute, year int) int {
	if a.Yearly {
		return year
	}
	return 0
}

// columnOf returns the column of a fact, and whether the fact has one. Names and codes have their own columns. An empty
// text, a NaN or a date outside the calendar counts as blank.
func columnOf(r *pack.Register, f *fact.Fact) (*pack.Attribute, int, bool) {
	a := ownAttribute(r, f.Attr)
	if a == nil {
		return nil, 0, false
	}
	year := yearOf(a, f.Year)
	switch {
	case a.Kind.Numeric():
		return a, year, !math.IsNaN(f.Value.Num) && !math.IsInf(f.Value.Num, 0)
	case a.Kind == pack.Date:
		return a, year, f.Value.Int == int64(int32(f.Value.Int))
	case a.Kind == pack.Boolean:
		return a, year, true
	}
	return a, year, f.Value.Str != ""
}

func (b *Builder) column(a *pack.Attribute, year int) *growing {
	for _, c := range b.slots[a.Index] {
		if c.key.Year == year {
			return c
		}
	}
	c := &growing{key: Key{a.ID, year}, kind: kindOf(a, b.wordy), size: b.size}
	b.slots[a.Index] = append(b.slots[a.Index], c)
	b.columns = append(b.columns, c)
	return c
}

func (a *arena) add(s string) {
	a.bytes = append(a.bytes, s...)
	a.off = append(a.off, uint32(len(a.bytes)))
}

// pad adds empty texts up to a row.
func (a *arena) pad(row int) {
	for len(a.off) <= row {
		a.off = append(a.off, uint32(len(a.bytes)))
	}
}

// maxFormer limits the former names of a row, in bytes. The rest is cut off.
const maxFormer = 1 << 12

func formerText(s string) string {
	if len(s) > maxFormer {
		s = strings.ToValidUTF8(s[:maxFormer], "")
	}
	return s
}

func (a *arena) strings() Strings {
	return Strings{Bytes: roomyCopy(a.bytes), Off: roomyCopy(a.off)}
}

// chunk returns a chunk by its number and makes it on first use.
func chunk[T any](chunks *[][]T, i, size int) []T {
	for len(*chunks) <= i {
		*chunks = append(*chunks, nil)
	}
	if (*chunks)[i] == nil {
		(*chunks)[i] = make([]T, size)
	}
	return (*chunks)[i]
}

func (c *growing) set(row int, v *fact.Value) {
	at := row % c.size
	c.used = true
	switch {
	case c.kind == pack.Code:
		chunk(&c.codes, row/c.size, c.size)[at] = c.words.id(v.Str)
		return
	case c.kind.Numeric():
		chunk(&c.nums, row/c.size, c.size)[at] = v.Num
	case c.kind == pack.Date:
		chunk(&c.dates, row/c.size, c.size)[at] = int32(v.Int)
	case c.kind == pack.Boolean && v.Int != 0:
		Bitmap(chunk(&c.yes, row/c.size, c.size/64)).Set(at)
	}
	Bitmap(chunk(&c.valid, row/c.size, c.size/64)).Set(at)
}

// join copies the chunks into one slice and releases them.
func join[T any](chunks *[][]T, n, size int) []T {
	all := make([]T, n, roomy(n)) // unused capacity takes address space, not memory
	for i, c := range *chunks {
		if c != nil {
			copy(all[i*size:], c)
		}
	}
	*chunks = nil
	return all
}

// Table returns the table and empties the builder. change is the change counter of the base before the profiles were
// read.
func (b *Builder) Table(change int64) *Table {
	n := len(b.subjects)
	t := emptyTable(b.register, n, change)
	t.Wordy = b.wordy
	t.Subjects = roomyCopy(b.subjects)
	t.Codes, t.Names = b.codes.strings(), b.names.strings()
	if len(b.formers.bytes) > 0 {
		b.formers.pad(n)
		t.Formers = b.formers.strings()
	}
	released := 0
	for i, c := range b.columns {
		words := (n + 63) / 64
		switch {
		case c.kind.Numeric():
			t.Nums[c.key] = &Num{Val: join(&c.nums, n, chunkRows), Valid: join(&c.valid, words, chunkWords)}
			released += 8 * n
		case c.kind == pack.Date:
			t.Dates[c.key] = &Date{Val: join(&c.dates, n, chunkRows), Valid: join(&c.valid, words, chunkWords)}
			released += 4 * n
		case c.kind == pack.Boolean:
			t.Bools[c.key] = &Bool{Val: join(&c.yes, words, chunkWords), Valid: join(&c.valid, words, chunkWords)}
		case c.kind == pack.Code:
			t.Dicts[c.key] = &Dict{Val: join(&c.codes, n, chunkRows), Words: c.words.list()}
			released += 4 * n
		default:
			t.Texts[c.key] = join(&c.valid, words, chunkWords)
		}
		b.columns[i] = nil
		if released > collectEvery {
			// Without a collection here, the chunks and the columns of a large base would both stay until the heap has
			// doubled. Columns hold no pointers, so a collection takes milliseconds.
			clear(b.slots)
			runtime.GC()
			released = 0
		}
	}
	t.setYears()
	next := NewBuilder(b.register)
	next.wordy = b.wordy
	*b = *next
	return t
}

func emptyTable(r *pack.Register, n int, change int64) *Table {
	return &Table{Register: r, N: n, Change: change,
		Nums: map[Key]*Num{}, Dates: map[Key]*Date{}, Bools: map[Key]*Bool{}, Dicts: map[Key]*Dict{}, Texts: map[Key]Bitmap{}}
}

// setYears fills Years from the columns.
func (t *Table) setYears() {
	seen := map[int]bool{}
	for k := range t.Nums {
		seen[k.Year] = true
	}
	for k := range t.Dates {
		seen[k.Year] = true
	}
	for k := range t.Bools {
		seen[k.Year] = true
	}
	for k := range t.Dicts {
		seen[k.Year] = true
	}
	for k := range t.Texts {
		seen[k.Year] = true
	}
	delete(seen, 0)
	t.Years = nil
	for y := range seen {
		t.Years = append(t.Years, y)
	}
	slices.Sort(t.Years)
}

// words numbers the different texts of a column, starting with 1.
type words struct {
	ids map[string]uint32
	all []string
}

func (w *words) id(s string) uint32 {
	if id, ok := w.ids[s]; ok {
		return id
	}
	if w.ids == nil {
		w.ids, w.all = map[string]uint32{"": 0}, []string{""}
	}
	s = strings.Clone(s)
	id := uint32(len(w.all))
	w.ids[s] = id
	w.all = append(w.all, s)
	return id
}

// list returns the words. They share one string, so the garbage collector sees one object instead of a million.
func (w *words) list() []string {
	size := 0
	for _, s := range w.all {
		size += len(s)
	}
	var b strings.Builder
	b.Grow(size)
	for _, s := range w.all {
		b.WriteString(s)
	}
	text, list := b.String(), make([]string, len(w.all))
	for i, s := range w.all {
		list[i], text = text[:len(s)], text[len(s):]
	}
	return list
}
