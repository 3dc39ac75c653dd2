package shown

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
)

// shown is a number format that changes the meaning of a number.
type shown struct{ sections []section }

// section is one part of a format: for positive, negative or zero numbers, or for those that meet a condition.
type section struct {
	op    string  // operator of the condition: <, <=, >, >=, =, <>; "" for none
	bound float64 // bound of the condition
	shift int     // the displayed number is divided by 10^shift
	word  string  // unit, currency or another word that says what is counted
	pad   int     // least number of digits of an integer
	parts []int   // lengths of the groups of digits, if signs separate them; else nil
	signs []string
	front string // letters before padded digits that belong to a code: GR000012
	odd   bool   // the format is not understood
}

// maxPad is the most digits and signs that a format may add. No person writes a format with more.
const maxPad = 30

// numberFormat parses the sections of a number format. It returns nil if none of them changes the meaning of a number.
func numberFormat(code string) *shown {
	var f shown
	changes := false
	for len(f.sections) < 4 {
		s, rest, more := readSection(code)
		f.sections = append(f.sections, s)
		changes = changes || s.shift != 0 || s.word != "" || s.pad > 1 || s.odd
		if !more {
			break
		}
		code = rest
	}
	if !changes {
		return nil
	}
	return &f
}

// readSection parses one section. more is true if a semicolon and rest follow.
func readSection(code string) (s section, rest string, more bool) {
	var before strings.Builder // text displayed before the digits
	var parts []int
	var signs []string
	between := ""       // signs since the last digit
	width := 0          // bytes of all signs between digits
	digits, run := 0, 0 // digit placeholders; those since the last sign
	zeros, point, pointAt := 0, false, -1
	first := byte(0)
	commas, percent, elastic := 0, false, false
	literal := func(text string) {
		if digits == 0 {
			before.WriteString(text)
		}
		between += text
	}
	digit := func(c byte) {
		if sign := strings.TrimSpace(between); digits > 0 && (sign == "." || sign == "．") {
			s.odd = s.odd || pointAt >= 0 || point
			pointAt = digits
		} else if digits > 0 && between != "" {
			s.odd = s.odd || meaning(sign) != ""
			parts, signs, run = append(parts, run), append(signs, between), 0
			width += len(between)
		}
		between = ""
		if commas > 0 && !point { // #,##0: commas between digits are thousands separators
			elastic, commas = true, 0
		}
		if digits == 0 {
			first = c
		}
		digits++
		run++
		if c == '0' && !point {
			zeros++
		}
	}
	i := 0
	for ; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			rest, more = code[i+1:], true
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				end = len(code) - i - 1
			}
			literal(code[i+1 : i+1+end])
			i = min(i+end+1, len(code))
		case '\\', '!':
			if i+1 < len(code) {
				n := sizeUTF8(code[i+1])
				literal(code[i+1 : min(len(code), i+1+n)])
				i += n
			}
		case '_', '*': // a blank as wide as the next character, or the next character repeated
			if i+1 < len(code) {
				i += sizeUTF8(code[i+1])
			}
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				s.odd = true
				i = len(code)
				continue
			}
			s.bracket(code[i+1:i+end], literal)
			i += end
		case '0', '#', '?':
			digit(c)
		case ',':
			if digits > 0 {
				commas++
			}
		case '.':
			if digits > 0 || i+1 < len(code) && strings.IndexByte("0#?", code[i+1]) >= 0 {
				if commas > 0 { // 0,.0
					s.shift += 3 * commas
					commas = 0
				}
				s.odd = s.odd || pointAt >= 0 || point
				point = true
			} else {
				literal(".")
			}
		case '%':
			percent = true
		case '/', '@':
			elastic = true
		case 'E', 'e':
			if i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') {
				elastic = true
				for i+2 < len(code) && strings.IndexByte("0#?", code[i+2]) >= 0 {
					i++
				}
				i++
				continue
			}
			literal(code[i : i+1])
		default:
			if c == 'G' && strings.HasPrefix(code[i:], "General") {
				digits, first, elastic = digits+1, 'G', true
				i += len("General") - 1
				between = ""
				continue
			}
			n := sizeUTF8(c)
			literal(code[i:min(len(code), i+n)])
			i += n - 1
		}
		if more {
			break
		}
	}
	s.shift += 3 * commas
	if zeros > maxPad || s.shift > maxPad || before.Len()+len(between)+width > 2*maxPad {
		s.odd, zeros = true, 0
	}
	if digits == 0 {
		s.shift = 0
	}
	if pointAt >= 0 {
		s.shift += digits - pointAt
	}
	text := before.String()
	if digits > 0 {
		text += between
	}
	if s.shift != 0 && percent {
		s.odd = true
	}
	if zeros > 1 && !s.odd && first == '0' && !point && !elastic && !percent && s.shift == 0 {
		s.pad = zeros
		s.parts, s.signs = append(parts, run), signs
		if len(signs) == 0 {
			s.parts = nil
		}
		if front := strings.TrimSpace(before.String()); front != "" && latin(front) && strings.TrimSpace(between) == "" {
			s.front = front
			return s, rest, more
		}
	}
	s.word = meaning(text)
	return s, rest, more
}

// bracket reads a part in brackets: [Red], [>=10000], [$¥-804].
func (s *section) bracket(inner string, literal func(string)) {
	if money, ok := strings.CutPrefix(inner, "$"); ok {
		symbol, locale, _ := strings.Cut(money, "-")
		if symbol != "" {
			if (strings.HasSuffix(locale, "411") || strings.HasPrefix(locale, "ja")) && (symbol == "¥" || symbol == "￥" || symbol == `\`) {
				symbol = "日元"
			}
			literal(symbol)
		}
		return
	}
	for _, op := range []string{"<=", ">=", "<>", "<", ">", "="} {
		if number, ok := strings.CutPrefix(inner, op); ok {
			if n, err := strconv.ParseFloat(number, 64); err == nil {
				s.op, s.bound = op, n
				return
			}
		}
	}
}

// latin reports whether s consists of letters, digits and hyphens and has a letter.
func latin(s string) bool {
	letter := false
	for _, c := range []byte(s) {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letter = true
		case c >= '0' && c <= '9', c == '-':
		default:
			return false
		}
	}
	return letter
}

// meaning returns the words beside a number that say what is counted: a unit, a scale or a currency. Yuan is the
// default currency, and 人 or 年 change nothing, so they give "". Latin letters may be a scale (K, M), so they are kept.
func meaning(text string) string {
	text = strings.TrimSpace(strings.NewReplacer("(", "", ")", "", "（", "", "）", "", "-", "", "+", "", "−", "", ":", "", "：", "", ",", "").Replace(text))
	switch strings.ToUpper(text) {
	case "", "¥", "￥", "CNY", "RMB", "人民币", "CN¥", "人民币¥", "人民币￥":
		return ""
	}
	if strings.ContainsAny(text, "元圆円币金镑郎卢铢万亿千百十兆%‰") || strings.IndexFunc(text, func(r rune) bool { return unicode.Is(unicode.Sc, r) }) >= 0 {
		return text
	}
	for _, c := range []byte(text) {
		if c|0x20 >= 'a' && c|0x20 <= 'z' {
			return text
		}
	}
	return ""
}

func sizeUTF8(c byte) int {
	switch {
	case c < 0xC0:
		return 1
	case c < 0xE0:
		return 2
	case c < 0xF0:
		return 3
	}
	return 4
}

// choose returns the section for a number.
func (f *shown) choose(n float64) *section {
	conditions := false
	for i := range f.sections {
		conditions = conditions || f.sections[i].op != ""
	}
	list := f.sections
	if !conditions {
		switch {
		case n < 0 && len(list) > 1:
			return &list[1]
		case n == 0 && len(list) > 2:
			return &list[2]
		}
		return &list[0]
	}
	for i := range list[:min(len(list), 3)] {
		s := &list[i]
		var meets bool
		switch s.op {
		case "<":
			meets = n < s.bound
		case "<=":
			meets = n <= s.bound
		case ">":
			meets = n > s.bound
		case ">=":
			meets = n >= s.bound
		case "=":
			meets = n == s.bound
		case "<>":
			meets = n != s.bound
		default:
			meets = i == len(list)-1 || i == 2 || i == 0 && n > 0 || i == 1 && (n < 0 || len(list) == 2)
		}
		if meets {
			return s
		}
	}
	return &section{}
}

// appendNumber appends a number as a person sees it: scaled, padded, with all digits, and with its unit in brackets
// (see cell.Shown). Zero has no unit. A number in a format that is not understood gets a mark, so that it is not read
// as a number.
func (f *shown) appendNumber(dst, v []byte) (text []byte, lost bool) {
	from := len(dst)
	n, err := strconv.ParseFloat(string(v), 64)
	dst, lost = appendValue(dst, v)
	if err != nil || lost {
		return dst, lost
	}
	s := f.choose(n)
	digits := dst[from:]
	switch {
	case s.odd:
		return append(dst, " [?]"...), false
	case n == 0:
		if s.pad > 1 {
			return s.padded(dst, from), false
		}
		return dst, false
	case s.shift != 0:
		if !plainNumber(digits) {
			return append(dst, " [?]"...), false
		}
		moved := movePoint(string(digits), s.shift)
		dst = append(dst[:from], moved...)
	case s.pad > 1 && n > 0 && whole(digits):
		dst = s.padded(dst, from)
	}
	if s.word != "" {
		dst = append(append(append(dst, " ["...), s.word...), ']')
	}
	return dst, false
}

// padded appends the zeros and signs of the section to the integer in dst[from:].
func (s *section) padded(dst []byte, from int) []byte {
	number := string(dst[from:])
	dst = append(dst[:from], s.front...)
	if missing := s.pad - len(number); missing > 0 {
		number = strings.Repeat("0", missing) + number
	}
	if s.parts == nil {
		return append(dst, number...)
	}
	tail := 0
	for _, n := range s.parts[1:] {
		tail += n
	}
	if len(number) <= tail {
		return append(dst, number...)
	}
	dst = append(dst, number[:len(number)-tail]...)
	number = number[len(number)-tail:]
	for i, n := range s.parts[1:] {
		dst = append(append(dst, s.signs[i]...), number[:n]...)
		number = number[n:]
	}
	return dst
}

func whole(b []byte) bool { return len(bytes.Trim(b, "0123456789")) == 0 }

// plainNumber reports whether b is digits with at most one point and a minus.
func plainNumber(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("-"))
	return len(b) > 0 && len(bytes.Trim(b, "0123456789.")) == 0 && bytes.Count(b, []byte(".")) <= 1
}

// movePoint divides a plain number by 10^places, exactly.
func movePoint(number string, places int) string {
	sign := ""
	if rest, ok := strings.CutPrefix(number, "-"); ok {
		sign, number = "-", rest
	}
	left, right, _ := strings.Cut(number, ".")
	if missing := places + 1 - len(left); missing > 0 {
		left = strings.Repeat("0", missing) + left
	}
	right = strings.TrimRight(left[len(left)-places:]+right, "0")
	left = strings.TrimLeft(left[:len(left)-places], "0")
	if left == "" {
		left = "0"
	}
	if right == "" {
		return sign + left
	}
	return sign + left + "." + right
}
