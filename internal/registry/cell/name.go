package cell

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NameKey makes names comparable: widths and compatibility characters folded (NFKC), brackets of all kinds made
// round, white space and invisible marks taken out, letters in lower case, characters of old input methods under their
// code points of today. Nothing smarter: what else may be the same name is for
// linkage to say.
func NameKey(s string) string {
	if settled(s) {
		return s
	}
	if key, ok := usualKey(s); ok {
		return key
	}
	return foldedKey(s)
}

// foldedKey is the key of any text.
func foldedKey(s string) string {
	if strings.IndexByte(s, 0xEE) >= 0 { // private use, of which all that have a code point today begin so
		s = strings.Map(public, s)
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range strings.ToLower(norm.NFKC.String(s)) {
		switch r {
		case '[', '{', '〔', '【', '〖', '〘', '⦅':
			r = '('
		case ']', '}', '〕', '】', '〗', '〙', '⦆':
			r = ')'
		}
		if !space(r) {
			b.WriteRune(r)
		}
	}
	return norm.NFKC.String(b.String()) // without the white space, accents may have met their letters
}

// settled reports a text of common Chinese characters, digits and small letters, which is its own key.
func settled(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < 0x80 {
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < 0x4E00 || r > 0x9FFF {
			return false
		}
		i += n
	}
	return true
}

// usualKey is the key of a text of common Chinese characters, ASCII in either width and brackets, as most names are: no
// two of these characters combine. ok is false for any other text.
func usualKey(s string) (key string, ok bool) {
	var few [96]byte
	b := few[:0]
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= 0x80 {
			if r, n = utf8.DecodeRuneInString(s[i:]); r >= 0x4E00 && r <= 0x9FFF {
				b = append(b, s[i:i+n]...)
				i += n
				continue
			}
		}
		i += n
		switch {
		case r >= '\uFF01' && r <= '\uFF5E': // in full width
			r -= '\uFF01' - '!'
		case r == '\u3000':
			r = ' '
		}
		switch r {
		case '[', '{', '〔', '【', '〖', '〘':
			r = '('
		case ']', '}', '〕', '】', '〗', '〙':
			r = ')'
		}
		switch {
		case r >= 0x80:
			return "", false
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case space(r):
			continue
		}
		b = append(b, byte(r))
	}
	return string(b), true
}
