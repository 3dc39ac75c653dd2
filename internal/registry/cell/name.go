package cell

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NameKey returns a name in a form for comparison: NFKC, round brackets only, without white space and invisible marks,
// in lower case, private-use characters replaced by those of today. It knows nothing about names; linkage decides which
// other names are the same.
func NameKey(s string) string {
	if settled(s) {
		return s
	}
	if key, ok := usualKey(s); ok {
		return key
	}
	return foldedKey(s)
}

// foldedKey returns the key of any text.
func foldedKey(s string) string {
	if strings.IndexByte(s, 0xEE) >= 0 { // private use; all characters with a code point today begin with this byte
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
	return norm.NFKC.String(b.String()) // without white space between them, marks may now combine with letters
}

// settled reports whether a text is its own key: common Chinese characters, digits and small letters.
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

// usualKey returns the key of a text of common Chinese characters, ASCII in either width, and brackets, as most names
// are. None of these characters combine. ok is false for another text.
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
		case r >= '\uFF01' && r <= '\uFF5E': // full width
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
