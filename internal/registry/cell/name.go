package cell

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NameKey makes names comparable: widths and compatibility characters folded (NFKC), brackets of all kinds made
// round, white space taken out, letters in lower case. Nothing smarter: what else may be the same name is for
// linkage to say.
func NameKey(s string) string {
	if settled(s) {
		return s
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
