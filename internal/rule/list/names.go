package list

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
	"unicode/utf8"

	"eyas/internal/rule/col"
)

// texts are the names and codes of a table, prepared for search and for sorting. Tables with the same names and codes
// share them.
type texts struct {
	n            int
	codes, names col.Strings
	formers      col.Strings // no offsets if no row has any
	numbers      *col.Dict   // old registration numbers; nil if there are none

	initials    func() *haystack // pinyin initials: one byte per character that has one
	nameStack   func() *haystack
	codeStack   func() *haystack
	formerStack func() *haystack // nil if there are none
	numberStack func() *haystack // one row per different number; nil if there are none
	nameRanks   func() []uint32  // row → rank of its name in dictionary order; equal names have equal ranks; 0 for blank
	codeRanks   func() []uint32
}

func newTexts(t *col.Table) *texts {
	x := &texts{n: t.N, codes: t.Codes, names: t.Names, formers: t.Formers, numbers: t.Dicts[col.Key{Attr: oldNumber}]}
	x.initials = sync.OnceValue(x.makeInitials)
	x.nameStack = sync.OnceValue(func() *haystack { return newHaystack(x.names) })
	x.codeStack = sync.OnceValue(func() *haystack { return newHaystack(x.codes) })
	x.formerStack = sync.OnceValue(x.makeFormers)
	x.numberStack = sync.OnceValue(x.makeNumbers)
	x.nameRanks = sync.OnceValue(x.rankNames)
	x.codeRanks = sync.OnceValue(func() []uint32 { return rank(&x.codes, octets{&x.codes}) })
	return x
}

// same reports whether a table has the same names and codes in memory as x.
func (x *texts) same(t *col.Table) bool {
	return x.n == t.N && same(x.names, t.Names) && same(x.codes, t.Codes) &&
		(same(x.formers, t.Formers) || len(x.formers.Off) == 0 && len(t.Formers.Off) == 0) && x.numbers == t.Dicts[col.Key{Attr: oldNumber}]
}

func same(a, b col.Strings) bool {
	return len(a.Bytes) == len(b.Bytes) && len(a.Bytes) > 0 && &a.Bytes[0] == &b.Bytes[0] && &a.Off[0] == &b.Off[0]
}

func (x *texts) makeInitials() *haystack {
	d := dictionary()
	s := col.Strings{Bytes: make([]byte, 0, utf8.RuneCount(x.names.Bytes)), Off: make([]uint32, 1, x.n+1)}
	for i := range x.n {
		d.read(x.names.At(i), func(r rune, so sound) {
			if c := d.initial(r, so); c != 0 {
				s.Bytes = append(s.Bytes, c)
			}
		})
		s.Off = append(s.Off, uint32(len(s.Bytes)))
	}
	s.Bytes = slices.Clip(s.Bytes)
	return newHaystack(s)
}

// rankNames ranks the names as a Chinese dictionary does: character by character, by reading, tone and code point.
// Latin letters and digits come before Chinese characters. Names that are still equal are ranked by their bytes.
func (x *texts) rankNames() []uint32 { return rankTexts(&x.names) }

func rankTexts(s *col.Strings) []uint32 {
	d := dictionary()
	n := len(s.Off) - 1
	w := weights{val: make([]uint16, 0, utf8.RuneCount(s.Bytes)), off: make([]uint32, 1, n+1)}
	for i := range n {
		d.read(s.At(i), func(r rune, so sound) {
			switch {
			case so.weight != 0:
				w.val = append(w.val, so.weight)
			case r >= 'A' && r <= 'Z':
				w.val = append(w.val, uint16(r+'a'-'A'))
			case r < 0x80:
				w.val = append(w.val, uint16(r))
			default:
				w.val = append(w.val, otherWeight)
			}
		})
		w.off = append(w.off, uint32(len(w.val)))
	}
	return rank(s, &w)
}

// rankWords is rankNames for the words of a code column.
func rankWords(words []string) []uint32 {
	s := col.Strings{Off: make([]uint32, 1, len(words)+1)}
	for _, w := range words {
		s.Bytes = append(s.Bytes, w...)
		s.Off = append(s.Off, uint32(len(s.Bytes)))
	}
	return rankTexts(&s)
}

// pieces turns a text into numbers of eight bytes. Texts are compared by piece 0, then piece 1, and so on. more is
// false at and after the last piece.
type pieces interface {
	piece(row, depth int) (key uint64, more bool)
}

// weights are the dictionary weights of a name's characters, four in each piece.
type weights struct {
	val []uint16
	off []uint32
}

func (w *weights) piece(row, depth int) (uint64, bool) {
	s := w.val[w.off[row]:w.off[row+1]]
	if 4*depth >= len(s) {
		return 0, false
	}
	s = s[4*depth:]
	key := uint64(0)
	for i := range 4 {
		key <<= 16
		if i < len(s) {
			key |= uint64(s[i])
		}
	}
	return key, len(s) > 4
}

// octets are the bytes of a text, eight in each piece.
type octets struct{ s *col.Strings }

func (o octets) piece(row, depth int) (uint64, bool) {
	s := o.s.At(row)
	if 8*depth >= len(s) {
		return 0, false
	}
	s = s[8*depth:]
	key := uint64(0)
	for i := range 8 {
		key <<= 8
		if i < len(s) {
			key |= uint64(s[i])
		}
	}
	return key, len(s) > 8
}

// rank ranks the texts of all rows from 1 in ascending order. Equal texts have equal ranks; empty ones have 0.
func rank(s *col.Strings, p pieces) []uint32 {
	n := len(s.Off) - 1
	all := make([]keyed, 0, n)
	for i := range n {
		if s.Off[i] != s.Off[i+1] {
			all = append(all, keyed{row: uint32(i)})
		}
	}
	ranks := make([]uint32, n)
	next := uint32(0)
	number := func(group []keyed) {
		for i, k := range group {
			if i == 0 || !bytes.Equal(s.At(int(k.row)), s.At(int(group[i-1].row))) {
				next++
			}
			ranks[k.row] = next
		}
	}
	var order func(group []keyed, depth int)
	order = func(group []keyed, depth int) {
		if len(group) == 1 {
			number(group)
			return
		}
		more := false
		for i := range group {
			key, goesOn := p.piece(int(group[i].row), depth)
			group[i].key = key
			more = more || goesOn
		}
		sortKeyed(group)
		for len(group) > 0 {
			same := 1
			for same < len(group) && group[same].key == group[0].key {
				same++
			}
			switch {
			case same > 1 && more:
				order(group[:same], depth+1)
			case same > 1: // equal in dictionary order
				slices.SortFunc(group[:same], func(a, b keyed) int {
					return cmp.Or(bytes.Compare(s.At(int(a.row)), s.At(int(b.row))), int(a.row)-int(b.row))
				})
				fallthrough
			default:
				number(group[:same])
			}
			group = group[same:]
		}
	}
	if n > 0 && len(all) > 0 {
		order(all, 0)
	}
	return ranks
}
