package list

import (
	"bytes"

	"eyas/internal/rule/col"
)

// oldNumber is the attribute with the business registration number from before the unified social credit code (2015).
const oldNumber = "registration_no"

func (x *texts) makeFormers() *haystack {
	if len(x.formers.Off) == 0 {
		return nil
	}
	return newHaystack(x.formers)
}

// makeNumbers joins the different numbers into a haystack. Each row of it is a word.
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

// eachFormer calls fn for every row with a former name that contains the needle. name is the best match among the row's
// former names. begins and whole tell whether it begins with the needle or equals it. fn returns false to stop.
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
			case at < 0: // not found, or found across two names
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

// numbered calls fn for rows whose old registration number contains the needle. It looks at no more than limit
// different numbers; 0 means no limit. begins and whole tell whether the number begins with the needle or equals it.
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
