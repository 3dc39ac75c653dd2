package cell

import (
	"bytes"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns a text as a person sees it. It removes invisible marks, wrappings of spreadsheets and web pages (="…",
// a leading apostrophe, &amp;), and the unit that a number format adds (see Shown). It replaces private-use characters
// of old input methods by those of today. A cell without any of these is returned as it came, trimmed.
func Clean(b []byte) []byte {
	b = tidy(Trim(b))
	if n := len(b); n > 0 && b[n-1] == ']' {
		if at := bytes.IndexByte(b, '['); at > 1 && b[at-1] == ' ' && numeral(b[:at-1]) {
			b = b[:at-1]
		}
	}
	return b
}

// Unwrap is Clean that keeps the unit of a number format (see Shown).
func Unwrap(b []byte) []byte { return tidy(Trim(b)) }

// numeral reports whether b consists of digits, points and minus signs.
func numeral(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return len(b) > 0
}

// tidy does what Unwrap does, for a trimmed cell.
func tidy(b []byte) []byte {
	if len(b) == 0 || !odd(b) {
		return b
	}
	text := string(b)
	if strings.IndexByte(text, '&') >= 0 {
		text = entities(text)
	}
	text = strings.TrimFunc(strings.Map(today, text), space)
	if inner, ok := strings.CutPrefix(text, `="`); ok && len(inner) > 0 && inner[len(inner)-1] == '"' {
		text = strings.ReplaceAll(inner[:len(inner)-1], `""`, `"`)
	} else {
		for _, mark := range []string{"'", "‘", "`"} {
			if rest, ok := strings.CutPrefix(text, mark); ok && rest != "" && !strings.ContainsAny(rest, "'’`") {
				text = rest
				break
			}
		}
	}
	out := []byte(strings.TrimFunc(text, space))
	if len(out) < len(b) { // another wrapping may be inside; the result must not change when it is read again
		return tidy(out)
	}
	return out
}

// odd reports whether tidy may change a cell. It is called for every text, so it tests bytes.
func odd(b []byte) bool {
	switch b[0] {
	case '\'', '`', '=':
		return true
	}
	for i, c := range b {
		if !suspect[c] {
			continue
		}
		next, third := byte(0), byte(0)
		if i+1 < len(b) {
			next = b[i+1]
		}
		if i+2 < len(b) {
			third = b[i+2]
		}
		switch c {
		case 0xC2:
			if next < 0xA0 || next == 0xAD {
				return true
			}
		case 0xE2: // U+2018 at the beginning, U+200B–F, U+202A–E, U+2060–F
			if next == 0x80 && (third >= 0x8B && third <= 0x8F || third >= 0xAA && third <= 0xAE || third == 0x98 && i == 0) ||
				next == 0x81 && third >= 0xA0 && third <= 0xAF {
				return true
			}
		case 0xE3: // U+3164
			if next == 0x85 && third == 0xA4 {
				return true
			}
		case 0xEF: // private use to U+F8FF, U+FE00–F, U+FEFF, U+FFA0, U+FFF9–B
			if next < 0xA4 || next == 0xB8 && third < 0x90 || next == 0xBB && third == 0xBF || next == 0xBE && third == 0xA0 || next == 0xBF && third >= 0xB9 && third <= 0xBB {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// suspect are the first bytes of characters that tidy may change.
var suspect = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = c != '\t' && c != '\n' && c != '\r'
	}
	for _, c := range []byte{0x7F, '&', 0xC2, 0xCD, 0xD8, 0xDB, 0xDC, 0xE1, 0xE2, 0xE3, 0xEE, 0xEF, 0xF3} {
		t[c] = true
	}
	return t
}()

// today is for strings.Map: −1 for an invisible mark, and the character of today for a private-use one.
func today(r rune) rune {
	switch {
	case r >= 0xE000 && r <= 0xF8FF:
		return public(r)
	case invisible(r):
		return -1
	}
	return r
}

// invisible reports whether r has neither width nor meaning: controls, marks of direction, joiners, soft hyphens,
// variation selectors, fillers. White space is not invisible.
func invisible(r rune) bool {
	switch {
	case r < 0x7F:
		return r < ' ' && r != '\t' && r != '\n' && r != '\v' && r != '\f' && r != '\r'
	case r < 0xA0:
		return r != 0x85
	case r == 0x034F || r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0 || r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0000 && r <= 0xE01EF:
		return true
	case r >= 0x2E80 && r < 0xF900: // Chinese
		return false
	}
	return unicode.Is(unicode.Cf, r)
}

// gbk are the characters of GBK FE50–FEA0. Old systems stored them as U+E815–U+E864, because Unicode did not have them
// yet.
const gbk = "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻"

var formerly = func() map[rune]rune {
	m := map[rune]rune{
		0xE5E5: '\u3000', 0xE76C: '€', 0xE7C7: 'ḿ', 0xE7C8: 'ǹ', 0xE7E7: '〾',
		0xE78D: '︐', 0xE78E: '︒', 0xE78F: '︑', 0xE790: '︓', 0xE791: '︔', 0xE792: '︕', 0xE793: '︖', 0xE794: '︗', 0xE795: '︘', 0xE796: '︙',
	}
	for r := rune(0xE7E8); r <= 0xE7F3; r++ {
		m[r] = r - 0xE7E8 + '⿰'
	}
	at := rune(0xE815)
	for _, r := range gbk {
		m[at] = r
		at++
	}
	return m
}()

// public returns the code point that a private-use character of GBK or GB 18030-2000 has in GB 18030-2022, or r itself.
func public(r rune) rune {
	if now, ok := formerly[r]; ok {
		return now
	}
	return r
}

// entities replaces HTML entities: &amp; &#39; &nbsp;. An entity must end with a semicolon.
func entities(s string) string {
	var out strings.Builder
	for {
		at := strings.IndexByte(s, '&')
		if at < 0 {
			break
		}
		out.WriteString(s[:at])
		s = s[at:]
		end := strings.IndexByte(s[:min(len(s), 12)], ';')
		if end < 0 {
			out.WriteByte('&')
			s = s[1:]
			continue
		}
		if one := html.UnescapeString(s[:end+1]); utf8.RuneCountInString(one) <= 2 {
			out.WriteString(one)
			s = s[end+1:]
			continue
		}
		out.WriteByte('&')
		s = s[1:]
	}
	out.WriteString(s)
	return out.String()
}

// Shown appends the unit, currency or other word that a number format displays to the number: 5000000 [美元]. Money reads
// the word like a typed unit. For counts, texts and codes it has no meaning.
func Shown(number []byte, word string) []byte {
	return append(append(append(number, " ["...), word...), ']')
}

var (
	badRounded = &Bad{"号码被电子表格存成了科学记数，后面的数位已经丢失。请把这一列设为文本格式，重新填写。",
		"A spreadsheet stored this number in scientific notation, and its last digits are lost. Format the column as text and enter it again."}
)

// Digits reads a code or telephone number that a program may have stored as a number. It removes .0 behind at least
// least digits. It expands 1.3812345678E+10 if all digits are there; else it returns a Bad, because the last digits are
// lost. Other texts are returned as they are.
func Digits(b []byte, least int) ([]byte, *Bad) {
	n := len(b)
	if n < 3 || b[0]-'0' > 9 || b[n-1]-'0' > 9 {
		return b, nil
	}
	at := 0
	for at < n && b[at]-'0' <= 9 {
		at++
	}
	if at == n || b[at] != '.' && b[at]|0x20 != 'e' {
		return b, nil
	}
	rest := b[at:]
	if rest[0] == '.' && len(bytes.Trim(rest[1:], "0")) == 0 {
		if at < least {
			return b, nil
		}
		return b[:at], nil
	}
	mantissa, power, ok := bytes.Cut(b, []byte("E+"))
	if !ok {
		if mantissa, power, ok = bytes.Cut(b, []byte("e+")); !ok {
			return b, nil
		}
	}
	exp, ok := fixed(power)
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	if !ok || len(whole) != 1 || !numeral(whole) || bytes.IndexByte(fraction, '.') >= 0 {
		return b, nil
	}
	if len(fraction) != exp || exp > 14 {
		return nil, badRounded
	}
	return append(append(make([]byte, 0, exp+1), whole...), fraction...), nil
}
