package place

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is an address in the form that is compared: without blanks and brackets, in half width and lower case. at[i]
// is the byte offset of rune i in the address.
type folded struct {
	from  string
	runes []rune
	at    []int32
	opens []bool // an opening bracket stands directly before the rune
	shuts []bool // a closing bracket stands directly after the rune
}

// scratch is memory for folding an address, so that a usual address needs no allocation.
type scratch struct {
	runes [96]rune
	at    [96]int32
	opens [96]bool
	shuts [96]bool
}

// fold folds an address.
func (s *scratch) fold(text string) folded {
	f := folded{from: text, runes: s.runes[:0], at: s.at[:0], opens: s.opens[:0], shuts: s.shuts[:0]}
	open := false
	for i, r := range text {
		r, kind := foldRune(r)
		switch kind {
		case blank:
			continue
		case opening:
			open = true
			continue
		case closing:
			open = false
			if n := len(f.shuts); n > 0 {
				f.shuts[n-1] = true
			}
			continue
		}
		f.runes, f.at = append(f.runes, r), append(f.at, int32(i))
		f.opens, f.shuts = append(f.opens, open), append(f.shuts, false)
		open = false
	}
	return f
}

// text returns runes lo…hi−1 as a string.
func (f *folded) text(lo, hi int) string { return string(f.runes[lo:hi]) }

// clue returns a clue for runes lo…hi−1.
func (f *folded) clue(e *Entry, lo, hi int) Clue {
	last := int(f.at[hi-1])
	_, n := utf8.DecodeRuneInString(f.from[last:])
	return Clue{e, int(f.at[lo]), last + n}
}

// Fold returns an address or a phrase in the form that is compared: without blanks and brackets, in half width and
// lower case.
func Fold(text string) string {
	var s scratch
	f := s.fold(mend(text))
	return f.text(0, len(f.runes))
}

type runeKind uint8

const (
	letter runeKind = iota
	blank
	opening
	closing
)

func foldRune(r rune) (rune, runeKind) {
	if r >= 0x4E00 && r <= 0x9FFF {
		return r, letter
	}
	if r >= 0xFF01 && r <= 0xFF5E {
		r -= 0xFEE0
	}
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A', letter
	case r > ' ' && r < 0x7F && r != '(' && r != ')' && r != '[' && r != ']' && r != '{' && r != '}':
		return r, letter
	}
	switch r {
	case '(', '[', '{', '〔', '【', '〖', '〘', '《', '〈', '“', '‘', '「', '『':
		return r, opening
	case ')', ']', '}', '〕', '】', '〗', '〙', '》', '〉', '”', '’', '」', '』':
		return r, closing
	}
	if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
		return r, blank
	}
	return unicode.ToLower(r), letter
}

// mend replaces compatibility characters (radicals and ideographs that some PDF files contain instead of the usual
// characters). Few addresses have any. Byte offsets then refer to the mended text.
func mend(text string) string {
	for _, r := range text {
		if r >= 0x2E80 && r <= 0x2FDF || r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F {
			return norm.NFKC.String(text)
		}
	}
	return text
}

// han reports whether r is a Chinese character.
func han(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF }
