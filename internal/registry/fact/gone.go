package fact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Gone is an erased cell, for those who delete what was said about it elsewhere.
type Gone struct {
	Record    int64
	Subject   int64  // that the record counts for; 0: none
	Attribute string // that its column was read as; empty: none
	Personal  bool   // the attribute is personal
	Value     string // as it stood in the cell, without blanks around it
}

// In reports whether a text repeats the value. A short value stands in texts that have nothing to do with it, so one of less than four
// characters is looked for inside others only if it is personal and written in Chinese, as a name of two characters is.
func (s *Gone) In(text string) bool {
	if s.Value == "" || !strings.Contains(text, s.Value) {
		return false
	}
	n := utf8.RuneCountInString(s.Value)
	return n >= 4 || text == s.Value || n >= 2 && s.Personal && !strings.ContainsFunc(s.Value, func(r rune) bool { return !unicode.Is(unicode.Han, r) })
}

// Without is a text with words in place of the value, where it repeats it.
func (s *Gone) Without(text, words string) string {
	if s.In(text) {
		return strings.ReplaceAll(text, s.Value, words)
	}
	return text
}

// ErasedWords stand in texts in place of an erased value.
const ErasedWords = "（已抹除）"
