package cell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// LongestPlain is the most characters of a plain code.
const LongestPlain = 64

// PlainCode reads a code of unknown form, such as a number given by a bureau. It returns it in half width and capitals,
// without white space and a spreadsheet's quotes or equals sign. The state is NoCode if the code has no letter or
// digit, is too long, or has lost its last digits in a spreadsheet; else GoodCode. It is never BadCheck.
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

// rounded reports whether a code was stored as a number and lost digits: scientific notation such as 1.20120004E+17, or
// 18 digits or more with only zeros after the first 15.
func rounded(code string) bool {
	if len(code) >= 18 && strings.Trim(code, "0123456789") == "" && strings.Trim(code[15:], "0") == "" {
		return true
	}
	mantissa, power, ok := strings.Cut(code, "E+")
	return ok && mantissa != "" && power != "" && strings.Trim(mantissa, "0123456789.") == "" && strings.Trim(power, "0123456789") == ""
}

// UnusableNumber explains why an identity number is not a code.
func UnusableNumber() *Bad {
	return &Bad{"这是身份证号，不能作编号用。请把它移到“身份证号”一列，或清空。", "This is an identity number, which is not used as a code. Move it into the column for identity numbers, or clear it."}
}

// UnusablePlain explains why a text is not a plain code.
func UnusablePlain(code []byte) *Bad {
	switch n := utf8.RuneCount(code); {
	case rounded(string(code)):
		return &Bad{"编号被电子表格存成了数字，后面的数位已经丢失。请把这一列设为文本格式，重新填写。",
			"A spreadsheet stored this code as a number, and its last digits are lost. Format the column as text and enter it again."}
	case n > LongestPlain:
		return &Bad{fmt.Sprintf("编号最多 %d 个字，这里有 %d 个。", LongestPlain, n), fmt.Sprintf("A code has at most %d characters; this one has %d.", LongestPlain, n)}
	}
	return &Bad{"编号里没有字母也没有数字。", "The code has neither a letter nor a digit."}
}
