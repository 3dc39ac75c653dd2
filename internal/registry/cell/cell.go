// Package cell reads single cells of tables: yes/no, blanks and words for “no data”, numbers, amounts of money, dates,
// codes and names, in the notations that people and programs use. A cell that cannot be read gives a Bad, which
// explains in both languages what is wrong and how to write it. Nothing is guessed.
//
// The functions take the text of the cell as it came. They allocate nothing for cells in the usual notations.
package cell

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bad explains why a cell cannot be read and how to write it. The texts are whole sentences and do not contain the
// value, except for codes.
type Bad struct{ ZH, EN string }

func (b *Bad) Error() string { return b.EN }

// Trim removes white space of any width and invisible marks, such as byte order marks, from both ends.
func Trim(b []byte) []byte {
	n := len(b)
	if n == 0 || (solid(b[0]) || chinese(b[0])) && (solid(b[n-1]) || n >= 3 && chinese(b[n-3])) {
		return b
	}
	return bytes.TrimFunc(b, space)
}

// solid reports whether c is ASCII and not white space.
func solid(c byte) bool { return c > ' ' && c < 0x7F }

// chinese reports whether c is the first byte of a three-byte character from U+4000 to U+9FFF. None of these is white
// space.
func chinese(c byte) bool { return c >= 0xE4 && c <= 0xE9 }

// space reports whether r is white space or an invisible mark.
func space(r rune) bool { return unicode.IsSpace(r) || invisible(r) }

// Blank reports whether a cell is empty or has a word for it: -, —, /, 无数据, N/A, #N/A, in any width. Zero is not blank.
func Blank(b []byte) bool {
	b = Trim(b)
	switch string(b) {
	case "", "-", "—", "——", "/", "无数据":
		return true
	}
	if len(b) > len("＃Ｎ／Ａ") || b[0] != '#' && b[0]|0x20 != 'n' && b[0] < 0x80 {
		return false
	}
	var buf [16]byte
	switch string(fold(buf[:0], b)) {
	case "-", "/", "n/a", "#n/a":
		return true
	}
	return false
}

// fold appends b to dst in lower case and half width. White space becomes a blank, and invisible marks are left out.
func fold(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		c := b[i]
		if c < 0x80 {
			i++
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			if c < ' ' {
				c = ' '
			}
			dst = append(dst, c)
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		i += n
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
			if r >= 'A' && r <= 'Z' {
				r |= 0x20
			}
			dst = append(dst, byte(r))
		case r == '−' || r == '–' || r == '﹣':
			dst = append(dst, '-')
		case r == '￥':
			dst = append(dst, "¥"...)
		case unicode.IsSpace(r):
			dst = append(dst, ' ')
		case invisible(r):
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

var (
	badBool = &Bad{"看不出是“是”还是“否”。请写“是”或“否”（也可写 有/无、√/×、Y/N、1/0）。",
		"This is neither yes nor no. Write 是 or 否 (or 有/无, √/×, Y/N, 1/0)."}
	badStrictBool = &Bad{"这一列的名称以“无”或“非”开头，写“有”“无”会有歧义。请写“是”或“否”（也可写 true/false、1/0）。",
		"This column's name begins with 无 or 非, so 有 and 无 are ambiguous. Write 是 or 否 (or true/false, 1/0)."}
)

// Bool reads a yes/no. strict is for attributes whose Chinese name begins with 无 or 非, where 有 and 无 are ambiguous. It
// accepts only 是, 否, true, false, 1 and 0.
func Bool(b []byte, strict bool) (bool, *Bad) {
	b = Trim(b)
	switch string(b) {
	case "是", "1":
		return true, nil
	case "否", "0":
		return false, nil
	}
	var buf [32]byte
	if len(b) > 24 {
		b = b[:24] // no word is longer, so this still fails
	}
	word := fold(buf[:0], tidy(b))
	switch string(word) {
	case "是", "true", "1":
		return true, nil
	case "否", "false", "0":
		return false, nil
	}
	if strict {
		return false, badStrictBool
	}
	if yes, ok := ticked(word); ok {
		return yes, nil
	}
	switch string(word) {
	case "有", "√", "✓", "y", "yes":
		return true, nil
	case "无", "×", "n", "no":
		return false, nil
	}
	return false, badBool
}

// ticked reads the boxes of a form: ☑是 □否, 是□ 否√. Exactly one of them must be ticked. word is folded.
func ticked(word []byte) (yes, ok bool) {
	text := strings.ReplaceAll(string(word), " ", "")
	var boxes [2]rune // after 是 and 否
	before := false
	for i, r := range text {
		switch {
		case strings.ContainsRune(ticks, r) || strings.ContainsRune(boxesEmpty, r):
			before = before || i == 0
		case r == '是' || r == '否':
		default:
			return false, false
		}
	}
	last := -1
	var held rune
	for _, r := range text {
		if at := strings.IndexRune("是否", r); at >= 0 {
			if last = at / len("是"); before {
				boxes[last], held = held, 0
			}
			continue
		}
		if before {
			if held != 0 {
				return false, false
			}
			held = r
		} else if last >= 0 {
			boxes[last] = r
		}
	}
	if held != 0 || boxes[0] == 0 && boxes[1] == 0 {
		return false, false
	}
	one, other := strings.ContainsRune(ticks, boxes[0]) && boxes[0] != 0, strings.ContainsRune(ticks, boxes[1]) && boxes[1] != 0
	if one == other || !strings.Contains(text, "是") || !strings.Contains(text, "否") {
		return false, false
	}
	return one, true
}

// Signs of a ticked box and of an empty one.
const (
	ticks      = "☑√✓✔■●"
	boxesEmpty = "□☐○◯"
)

// List reads items separated by ；, 、, ; or line breaks and joins them with ；. Empty items are left out.
func List(s string) string {
	items := strings.FieldsFunc(s, func(r rune) bool { return r == '；' || r == ';' || r == '、' || r == '\n' })
	kept := items[:0]
	for _, item := range items {
		if item = strings.TrimFunc(item, space); item != "" {
			kept = append(kept, item)
		}
	}
	return strings.Join(kept, "；")
}
