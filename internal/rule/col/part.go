package col

import (
	"fmt"
	"math"
	"slices"

	"eyas/internal/pack"
)

// partRows is the number of rows in a chunk of a part.
const partRows = 1 << 10

// keptWords limits the words of a column that a part keeps for its next use.
const keptWords = 4096

// Part returns an empty builder for some rows of the table. Another goroutine may fill it, and Append adds its rows.
// After that, the part is empty and can be filled again.
func (b *Builder) Part() *Builder {
	p := NewBuilder(b.register)
	p.wordy, p.size = b.wordy, partRows
	return p
}

// Append adds the rows of a part after those of b and empties the part. The result is the same as adding the profiles
// to b one by one. It returns an error if the part's first subject id is not above b's last.
func (b *Builder) Append(p *Builder) error {
	n := len(p.subjects)
	if n == 0 {
		return nil
	}
	if have := len(b.subjects); have > 0 && b.subjects[have-1] >= p.subjects[0] {
		return fmt.Errorf("columns: subject %d after %d: profiles must come in the order of their ids", p.subjects[0], b.subjects[have-1])
	}
	for _, a := range [][2]*arena{{&b.names, &p.names}, {&b.codes, &p.codes}, {&b.formers, &p.formers}} {
		if uint64(len(a[0].bytes))+uint64(len(a[1].bytes)) > math.MaxUint32 {
			return fmt.Errorf("columns: more than 4 GiB of names or codes at subject %d", p.subjects[0])
		}
	}
	row := len(b.subjects)
	b.subjects = append(b.subjects, p.subjects...)
	b.codes.append(&p.codes)
	b.names.append(&p.names)
	if len(p.formers.bytes) > 0 {
		b.formers.pad(row)
		b.formers.append(&p.formers)
	}
	for _, c := range p.columns {
		if c.used {
			b.column(b.register.Attribute(c.key.Attr), c.key.Year).append(row, c, n)
		}
	}
	p.empty()
	return nil
}

// append adds the texts of another arena.
func (a *arena) append(other *arena) {
	from := uint32(len(a.bytes))
	a.bytes = append(doubled(a.bytes, len(other.bytes)), other.bytes...)
	a.off = doubled(a.off, len(other.off))
	for _, off := range other.off[1:] {
		a.off = append(a.off, from+off)
	}
}

// doubled makes room for n more elements by doubling. The built-in append grows a large slice by only a quarter and
// would copy it about five times.
func doubled[T any](list []T, n int) []T {
	if len(list)+n <= cap(list) {
		return list
	}
	return slices.Grow(list, max(n, len(list)))
}

// append adds n rows of a part's column after the first row rows.
func (c *growing) append(row int, p *growing, n int) {
	c.used = true
	if c.kind == pack.Code {
		c.appendCodes(row, p, n)
		return
	}
	for i := 0; i < len(p.valid) && i*p.size < n; i++ { // an earlier use may have left more chunks
		at, rows := row+i*p.size, min(p.size, n-i*p.size)
		appendValues(&c.nums, c.size, at, p.nums, i, rows)
		appendValues(&c.dates, c.size, at, p.dates, i, rows)
		appendBits(&c.yes, c.size, at, p.yes, i)
		appendBits(&c.valid, c.size, at, p.valid, i)
	}
}

// appendCodes numbers the words of a part in the order of their rows, so every word gets the same number as without
// parts.
func (c *growing) appendCodes(row int, p *growing, n int) {
	for len(p.known) < len(p.words.all) {
		p.known = append(p.known, 0)
	}
	for i, codes := range p.codes {
		if codes == nil || i*p.size >= n {
			continue
		}
		for k, word := range codes[:min(p.size, n-i*p.size)] {
			if word == 0 {
				continue
			}
			if p.known[word] == 0 {
				p.known[word] = c.words.id(p.words.all[word])
			}
			at := row + i*p.size + k
			chunk(&c.codes, at/c.size, c.size)[at%c.size] = p.known[word]
		}
	}
}

// appendValues copies rows values from chunk i of a part to a column, starting at row at.
func appendValues[T any](to *[][]T, size, at int, from [][]T, i, rows int) {
	if i >= len(from) || from[i] == nil {
		return
	}
	for values := from[i][:rows]; len(values) > 0; {
		n := copy(chunk(to, at/size, size)[at%size:], values)
		values, at = values[n:], at+n
	}
}

// appendBits is appendValues for a bitmap. Bits after the part's last row are not set.
func appendBits(to *[][]uint64, size, at int, from [][]uint64, i int) {
	if i >= len(from) || from[i] == nil {
		return
	}
	put := func(word int, bits uint64) { // word counts across chunks
		if bits != 0 {
			words := size / 64
			chunk(to, word/words, words)[word%words] |= bits
		}
	}
	shift := uint(at) & 63
	for k, bits := range from[i] {
		put(at>>6+k, bits<<shift)
		if shift != 0 {
			put(at>>6+k+1, bits>>(64-shift))
		}
	}
}

// empty removes the rows of a part and keeps its memory.
func (b *Builder) empty() {
	b.subjects = b.subjects[:0]
	for _, a := range []*arena{&b.codes, &b.names, &b.formers} {
		a.bytes, a.off = a.bytes[:0], a.off[:1]
	}
	for _, c := range b.columns {
		if !c.used {
			continue
		}
		c.used = false
		clearChunks(c.nums)
		clearChunks(c.dates)
		clearChunks(c.codes)
		clearChunks(c.yes)
		clearChunks(c.valid)
		if len(c.words.all) > keptWords {
			c.words, c.known = words{}, nil
		}
	}
}

func clearChunks[T any](chunks [][]T) {
	for _, c := range chunks {
		clear(c)
	}
}
