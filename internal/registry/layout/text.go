package layout

import (
	"strings"
	"unicode/utf8"
)

// oneLine is a header without the line breaks inside it.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Cut shortens text to n characters.
func Cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func lastRune(s string) rune {
	r, n := utf8.DecodeLastRuneInString(s)
	if n == 0 {
		return 0
	}
	return r
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// at is a cell of a row on one line.
func at(row []string, i int) string {
	if i < 0 || i >= len(row) {
		return ""
	}
	return oneLine(row[i])
}
