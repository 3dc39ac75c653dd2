package cell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// LongestPlain is the longest plain code, in characters.
const LongestPlain = 64

// PlainCode reads a code of no known form, such as a number that a bureau gave out: width and brackets made plain,
// white space and the quote or equals sign left over from a spreadsheet taken out, letters in upper case. It is no
// code when it has no letter or digit, when it is too long for one, or when a spreadsheet has made a number of it
// and lost its last digits.
func PlainCode(b []byte) (code []byte, state State) {
	const quotes = "'\"=`‘’“”"
	text := strings.Trim(strings.ToUpper(NameKey(strings.Trim(string(Trim(b)), quotes))), quotes)
	if whole, zeros, ok := strings.Cut(text, "."); ok && whole != "" && zeros != "" && strings.Trim(whole, "0123456789") == "" && strings.Trim(zeros, "0") == "" {
		text = whole // 12.0: stored as a number
	}
	code = []byte(text)
	if strings.IndexFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0 ||
		utf8.RuneCountInString(text) > LongestPlain || rounded(text) {
		return code, NoCode
	}
	return code, GoodCode
}

// rounded reports a number in the notation of powers of ten, 1.20120004E+17, or one of eighteen digits or more that has
// nothing but zeros behind the fifteen that a spreadsheet keeps.
func rounded(code string) bool {
	if len(code) >= 18 && strings.Trim(code, "0123456789") == "" && strings.Trim(code[15:], "0") == "" {
		return true
	}
	mantissa, power, ok := strings.Cut(code, "E+")
	return ok && mantissa != "" && power != "" && strings.Trim(mantissa, "0123456789.") == "" && strings.Trim(power, "0123456789") == ""
}

// UnusablePlain says in both languages why a text is no plain code.
func UnusablePlain(code []byte) *Bad {
	switch n := utf8.RuneCount(code); {
	case rounded(string(code)):
		return &Bad{"编号被电子表格存成了数字，后面的数位已经丢失。请把这一列设为文本格式，重新填写。",
			"A spreadsheet stored this code as a number, and its last digits are lost. Format the column as text and enter it again."}
	case n > LongestPlain:
		return &Bad{fmt.Sprintf("编号最多 %d 个字，这里有 %d 个。", LongestPlain, n), fmt.Sprintf("A code has at most %d characters, this has %d.", LongestPlain, n)}
	}
	return &Bad{"编号里没有字母也没有数字。", "The code has neither a letter nor a digit."}
}
