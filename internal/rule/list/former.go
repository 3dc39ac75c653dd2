package list

import (
	"bytes"

	"eyas/internal/rule/col"
)

// oldNumber is the attribute of the registration numbers from before the certificates were merged.
const oldNumber = "registration_no"

func (x *texts) makeFormers() *haystack {
	if len(x.formers.Off) == 0 {
		return nil
	}
	return newHaystack(x.formers)
}

// makeNumbers lays the different numbers end to end; a row is a word.
func (x *texts) makeNumbers() *haystack {
	if x.numbers == nil {
		return nil
	}
	words := x.numbers.Words
	size := 0
	for _, w := range words {
		size += len(w)
	}
	s := col.Strings{Bytes: make([]byte, 0, size), Off: make([]uint32, 1, len(words)+1)}
	for _, w := range words {
		s.Bytes = append(s.Bytes, w...)
		s.Off = append(s.Off, uint32(len(s.Bytes)))
	}
	return newHaystack(s)
}

// eachFormer calls fn for every row that has a needle in one of its former names: the name that fits best, and whether
// that begins with the needle or is it.
func (x *texts) eachFormer(needle string, fn func(row int, name []byte, begins, whole bool) bool) {
	h := x.formerStack()
	if h == nil {
		return
	}
	want := []byte(needle)
	h.find(want, func(row, _ int) bool {
		var best []byte
		begins, whole := false, false
		for rest, more := h.At(row), true; more; {
			var name []byte
			name, rest, more = bytes.Cut(rest, separator)
			switch at := bytes.Index(name, want); {
			case at < 0: // or across two names
			case len(name) == len(want):
				best, begins, whole = name, true, true
			case best == nil || at == 0 && !begins:
				best, begins = name, at == 0
			}
		}
		return best == nil || fn(row, best, begins, whole)
	})
}

var separator = []byte(col.FormerSeparator)

// numbered finds rows by their old registration number: those whose number has the needle, at most limit numbers (0: any
// number of them). begins and whole say where the needle stands.
func (x *texts) numbered(needle string, limit int, fn func(row int, number string, begins, whole bool)) {
	h := x.numberStack()
	if h == nil {
		return
	}
	found := col.NewBitmap(len(x.numbers.Words))
	n := 0
	h.find([]byte(needle), func(word, _ int) bool {
		found.Set(word)
		n++
		return n != limit
	})
	if n == 0 {
		return
	}
	for row, word := range x.numbers.Val {
		if found.Get(int(word)) {
			w := x.numbers.Words[word]
			fn(row, w, len(w) >= len(needle) && w[:len(needle)] == needle, w == needle)
		}
	}
}
