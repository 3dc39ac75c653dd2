package address

import (
	"net/url"
	"strings"

	"eyas/internal/vault"
)

// NumberIn returns the identity number that a text of a search is, with a capital X; empty: it is none. Blanks and full width are no matter.
func NumberIn(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\u3000' || r == '-':
			return -1
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == 'Ｘ' || r == 'ｘ' || r == 'x':
			return 'X'
		}
		return r
	}, text)
	if !vault.IsNumber(text) {
		return ""
	}
	return text
}

// NumberAsked returns the identity number that somebody searches for by an address: in q of the search, or in text or find of a list.
func NumberAsked(q url.Values) string {
	for _, name := range []string{"q", "text", "find"} {
		if number := NumberIn(q.Get(name)); number != "" {
			return number
		}
	}
	return ""
}
