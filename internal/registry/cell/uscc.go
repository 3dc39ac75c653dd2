package cell

import (
	"bytes"
	"fmt"
	"strings"
)

// alphabet is the characters of the unified social credit code (GB 32100-2015): no I, O, S, V, Z.
const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// values are the values of the characters; −1 for a character that is not allowed.
var values = func() (v [256]int8) {
	for i := range v {
		v[i] = -1
	}
	for i := 0; i < len(alphabet); i++ {
		v[alphabet[i]] = int8(i)
	}
	return v
}()

// weights are 3^i mod 31 (GB 32100-2015).
var weights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// State tells how far a code can identify a subject.
type State int8

// States of a code.
const (
	NoCode   State = iota // wrong length or alphabet, or rounded by a spreadsheet: not usable
	BadCheck              // 18 allowed characters with a wrong check character: used, with a warning
	GoodCode
)

// USCC reads a unified social credit code (GB 32100-2015). It corrects spaces, full width and lower case, and drops a
// quote or equals sign of a spreadsheet. Eighteen digits that end in 000 are NoCode, because a spreadsheet that stores
// a code as a number leaves this, unless both check characters are right. The result is b itself if nothing was
// corrected; else it may use buf.
func USCC(b, buf []byte) (code []byte, state State) {
	code = b
	if !clean(b) {
		code = fold(buf[:0], b)
		n := 0
		for _, c := range code {
			switch c {
			case ' ', '\'', '"', '=', '`':
				continue
			}
			if c >= 'a' && c <= 'z' {
				c -= 0x20
			}
			code[n] = c
			n++
		}
		code = []byte(strings.Map(func(r rune) rune {
			if r == '‘' || r == '’' || r == '“' || r == '”' || r == '\uFFFD' {
				return -1
			}
			return r
		}, string(code[:n])))
		if !clean(code) {
			if within := embedded(code); within != nil {
				return within, GoodCode
			}
			return code, NoCode
		}
	}
	sum := 0
	for i, w := range weights {
		sum += int(values[code[i]]) * w
	}
	good := (sum+int(values[code[17]]))%31 == 0
	if code[17] == '0' && cutOff(code) && !(good && organisationCode(string(code)) && plausible(string(code))) {
		return code, NoCode
	}
	if good {
		return code, GoodCode
	}
	return code, BadCheck
}

// embedded returns the only code in a text with Chinese around it: 代码：…, …（新）. Its check character must be right, and
// the text must have no other capitals or digits. It returns nil otherwise.
func embedded(text []byte) (code []byte) {
	for i := 0; i < len(text); {
		if c := text[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') {
			i++
			continue
		}
		from := i
		for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] >= 'A' && text[i] <= 'Z') {
			i++
		}
		run := text[from:i]
		if code != nil || !clean(run) || CheckCharacter(string(run)) != run[17] || cutOff(run) {
			return nil
		}
		code = run
	}
	if code == nil || bytes.IndexFunc(text, func(r rune) bool { return r >= 0x2E80 }) < 0 {
		return nil
	}
	return code
}

// cutOff reports whether a code is 18 digits, the last three of which are zeros. A spreadsheet leaves this of a number
// of 18 digits.
func cutOff(code []byte) bool {
	return string(code[15:]) == "000" && len(bytes.Trim(code, "0123456789")) == 0
}

// clean reports whether b is 18 characters of the alphabet.
func clean(b []byte) bool {
	if len(b) != 18 {
		return false
	}
	for _, c := range b {
		if values[c] < 0 {
			return false
		}
	}
	return true
}

// CheckCharacter returns the check character for the first 17 characters of a code. They must be of the alphabet.
func CheckCharacter(code string) byte {
	sum := 0
	for i, w := range weights {
		sum += int(values[code[i]]) * w
	}
	return alphabet[(31-sum%31)%31]
}

// Slip is a typing error that would explain a wrong check character.
type Slip struct {
	At    int    // position of the character, from 1; of the first one if two were swapped
	Typed string // the typed character, or two
	Meant string // the right character, or two
}

// maxSlips is the most slips that Slips returns.
const maxSlips = 6

// Slips returns the single typing errors that would explain the wrong check character of a code of 18 allowed
// characters: one wrong character, or two swapped neighbours. Swapped and similar characters come first. The check
// character alone would explain an error at every position. Characters 9 to 17 are the organisation code, which has its
// own check character (GB 11714-1997). It must be right after the correction too.
func Slips(code string) []Slip {
	var swapped, wrong []Slip
	try := func(at int, meant string) bool {
		fixed := code[:at] + meant + code[at+len(meant):]
		return CheckCharacter(fixed) == fixed[17] && plausible(fixed) && organisationCode(fixed)
	}
	for at := 0; at < 17; at++ {
		if code[at] != code[at+1] {
			if meant := code[at+1:at+2] + code[at:at+1]; try(at, meant) {
				swapped = append(swapped, Slip{at + 1, code[at : at+2], meant})
			}
		}
	}
	for at := 0; at < 17; at++ {
		for i := 0; i < len(alphabet); i++ {
			if meant := alphabet[i : i+1]; meant != code[at:at+1] && try(at, meant) {
				wrong = append(wrong, Slip{at + 1, code[at : at+1], meant})
			}
		}
	}
	// Letters and digits that look alike are confused most often.
	slips := swapped
	for _, alike := range []bool{true, false} {
		for _, s := range wrong {
			if lookAlike(s.Typed[0], s.Meant[0]) == alike {
				slips = append(slips, s)
			}
		}
	}
	return slips[:min(len(slips), maxSlips)]
}

// bodies are the values of characters 1 and 2: registering authority and kind of organisation (GB 32100-2015, table 1
// and its additions).
const bodies = "11 12 13 19 21 29 31 32 33 34 35 39 41 49 51 52 53 59 61 62 69 71 72 79 81 89 91 92 93 A1 A9 N1 N2 N3 N9 Y1"

// plausible tests the characters without a check character: 1 and 2 (authority and kind of organisation), and 3 to 8
// (area).
func plausible(code string) bool {
	if !strings.Contains(bodies, code[:2]) {
		return false
	}
	for _, c := range code[2:8] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return provinces[code[2:4]]
}

// provinces are the first two digits of area codes (GB/T 2260). 10 stands for organisations registered with the state.
var provinces = func() map[string]bool {
	m := map[string]bool{}
	for _, p := range strings.Fields("10 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82") {
		m[p] = true
	}
	return m
}()

// organisationCode tests the check character of characters 9 to 17 (GB 11714-1997): weights 3 7 9 10 5 8 4 2, modulo
// 11, with A = 10.
func organisationCode(code string) bool {
	sum := 0
	for i, w := range [8]int{3, 7, 9, 10, 5, 8, 4, 2} {
		c := code[8+i]
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
		}
		sum += v * w
	}
	return code[16] == "0X987654321"[sum%11]
}

// lookAlike reports whether two characters are often confused when read or typed.
func lookAlike(a, b byte) bool {
	for _, group := range [...]string{"0DQ", "1L7T", "8B3", "6GB", "UW", "MN", "9P", "CG", "EF", "KXY", "4A"} {
		if strings.IndexByte(group, a) >= 0 && strings.IndexByte(group, b) >= 0 {
			return true
		}
	}
	return false
}

// Warn says in both languages what is wrong with a code whose check character fails, and which single slip would explain it when
// there is only one that does.
func Warn(code string) *Bad {
	want := CheckCharacter(code)
	zh := fmt.Sprintf("第 18 位校验码按前 17 位应为 %c，现为 %c。", want, code[17])
	en := fmt.Sprintf("The check character (place 18) should be %c after the first 17, and is %c.", want, code[17])
	if slips := Slips(code); len(slips) == 1 {
		switch s := slips[0]; len(s.Typed) {
		case 2:
			zh += fmt.Sprintf("多半是第 %d、%d 位写反了：%s 应为 %s。", s.At, s.At+1, s.Typed, s.Meant)
			en += fmt.Sprintf(" Places %d and %d are probably swapped: %s for %s.", s.At, s.At+1, s.Typed, s.Meant)
		default:
			zh += fmt.Sprintf("多半是第 %d 位写错了：%s 应为 %s。", s.At, s.Typed, s.Meant)
			en += fmt.Sprintf(" Place %d is probably wrong: %s for %s.", s.At, s.Typed, s.Meant)
		}
	}
	return &Bad{ZH: zh + "代码照原样使用，请核对登记证照。", EN: en + " The code is used as it is; check it against the certificate of registration."}
}

// Reject completes the reason why a text is not a code: the row is identified by its name. plain is for plain codes,
// which no registration certificate shows.
func Reject(why *Bad, plain bool) *Bad {
	zh, en := why.ZH+"这不能用来识别，已留在原始记录里；本行按名称识别。", why.EN+" It cannot identify the subject. It is kept in the record, and the row is identified by its name."
	if plain {
		return &Bad{zh + "请核对编号。", en + " Check the number."}
	}
	return &Bad{zh + "请核对登记证照。", en + " Check it against the registration certificate."}
}

// Unusable explains why a text is not a unified social credit code.
func Unusable(code []byte) *Bad {
	if i := bytes.IndexByte(code, '+'); i > 1 && code[i-1] == 'E' || clean(code) {
		return &Bad{"代码被电子表格存成了数字，后面的数位已经丢失。请把这一列设为文本格式，重新填写 18 位代码。",
			"A spreadsheet stored this code as a number, and its last digits are lost. Format the column as text and enter the 18 characters again."}
	}
	n, odd := 0, ""
	for _, r := range string(code) {
		n++
		if odd == "" && (r > 0x7F || values[byte(r)] < 0) {
			odd = string(r)
		}
	}
	if n != 18 {
		return &Bad{fmt.Sprintf("统一社会信用代码应为 18 位，这里有 %d 位。", n),
			fmt.Sprintf("A unified social credit code has 18 characters; this one has %d.", n)}
	}
	zh, en := fmt.Sprintf("代码里有不允许的字符“%s”", odd), fmt.Sprintf("The code has the character “%s”, which is not allowed", odd)
	if hint := map[string]string{"O": "0", "I": "1", "Z": "2", "S": "5", "V": "U"}[odd]; hint != "" {
		zh += fmt.Sprintf("（是否应为 %s？）", hint)
		en += fmt.Sprintf(" (perhaps %s?)", hint)
	}
	return &Bad{zh + "。", en + "."}
}
