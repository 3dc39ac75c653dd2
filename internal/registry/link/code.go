package link

import (
	"strings"

	"eyas/internal/registry/cell"
	"eyas/internal/registry/link/orgname"
)

// alphabet is the characters of the unified social credit code (GB 32100-2015).
const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// readAs maps letters that are not in the alphabet to the characters that they look like.
var readAs = map[byte]byte{'O': '0', 'I': '1', 'Z': '2', 'S': '5', 'V': 'U'}

// slip is a typing error that explains how a code of the register became the typed one.
type slip struct {
	subject int
	zh, en  string
}

// readCode reads a code as the codes of the register are read.
func (x *Index) readCode(text string) ([]byte, cell.State) {
	if x.opt.Plain {
		return cell.PlainCode([]byte(text))
	}
	return cell.USCC([]byte(text), nil)
}

// withCode returns the subject that has a code; −1 if none has.
func (x *Index) withCode(code []byte) int {
	if x.opt.Plain {
		if i, ok := x.byPlainCode[string(code)]; ok {
			return i
		}
		return -1
	}
	for i := x.byCode.first(orgname.HashText(string(code), 'c')); i >= 0; i = x.byCode.after(i) {
		if string(x.codes[18*i:][:18]) == string(code) {
			return i
		}
	}
	return -1
}

// slips returns the subjects whose code differs from the typed one by one slip: a wrong character, two swapped
// neighbours, an extra or a missing character, or letters that look like digits. Only codes with a correct check
// character count. typed has capitals and digits only; see typedCode.
func (x *Index) slips(typed []byte) []slip {
	if x.opt.Plain || len(typed) < 17 || len(typed) > 19 {
		return nil
	}
	var found []slip
	var buf [20]byte
	try := func(code []byte, zh, en func() string) {
		i := x.withCode(code)
		if i < 0 {
			return
		}
		if _, state := cell.USCC(code, nil); state != cell.GoodCode {
			return
		}
		for _, f := range found {
			if f.subject == i {
				return
			}
		}
		found = append(found, slip{i, zh(), en()})
	}
	code := buf[:copy(buf[:], typed)]
	read := false
	for i, c := range code {
		if r, ok := readAs[c]; ok {
			code[i], read = r, true
		}
	}
	if read && len(code) == 18 {
		try(code, func() string { return "代码里有看似数字的字母，读作 " + string(code) }, func() string { return "letters in the code look like digits; read as " + string(code) })
	}
	at := func(i int) string { return itoa(i + 1) }
	switch len(code) {
	case 18:
		for i := 0; i+1 < len(code); i++ {
			if code[i] == code[i+1] {
				continue
			}
			code[i], code[i+1] = code[i+1], code[i]
			try(code, func() string { return "第 " + at(i) + "、" + at(i+1) + " 位写反了，应为 " + string(code) },
				func() string {
					return "characters " + at(i) + " and " + at(i+1) + " are swapped; it should be " + string(code)
				})
			code[i], code[i+1] = code[i+1], code[i]
		}
		for i := range code {
			was := code[i]
			for k := range len(alphabet) {
				if code[i] = alphabet[k]; code[i] == was {
					continue
				}
				try(code, func() string {
					return "第 " + at(i) + " 位 " + string(was) + " 应为 " + string(alphabet[k]) + "，即 " + string(code)
				}, func() string {
					return "character " + at(i) + " is " + string(was) + " instead of " + string(alphabet[k]) + "; it should be " + string(code)
				})
			}
			code[i] = was
		}
	case 17:
		for i := 17; i >= 0; i-- {
			var long [18]byte
			copy(long[:i], code[:i])
			copy(long[i+1:], code[i:])
			for k := range len(alphabet) {
				long[i] = alphabet[k]
				try(long[:], func() string { return "第 " + at(i) + " 位少了一个字符，应为 " + string(long[:]) },
					func() string {
						return "a character is missing at position " + at(i) + "; it should be " + string(long[:])
					})
			}
		}
	case 19:
		for i := 18; i >= 0; i-- {
			var short [18]byte
			copy(short[:i], code[:i])
			copy(short[i:], code[i+1:])
			try(short[:], func() string { return "第 " + at(i) + " 位多了一个字符，应为 " + string(short[:]) },
				func() string {
					return "there is an extra character at position " + at(i) + "; it should be " + string(short[:])
				})
		}
	}
	return found
}

// typedCode keeps letters, as capitals, and digits of a typed code.
func typedCode(s string) []byte {
	return []byte(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			r -= 0x20
		}
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, cell.NameKey(s)))
}

func itoa(n int) string {
	if n >= 10 {
		return string([]byte{'0' + byte(n/10), '0' + byte(n%10)})
	}
	return string([]byte{'0' + byte(n)})
}

// identifier returns an official number as capitals and digits. It is "" if the text has no digit, has fewer than six
// characters or repeats one character.
func identifier(s string) string {
	digit := false
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			digit = true
			return r
		case r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 0x20
		}
		return -1
	}, cell.NameKey(s))
	if !digit || len(out) < 6 || strings.Trim(out, out[:1]) == "" { // 000000 belongs to no one
		return ""
	}
	return out
}

// organisation returns an organisation code (GB 11714) of nine characters: the given one, else characters 9 to 17 of a
// unified social credit code, else "".
func (x *Index) organisation(org, code string) string {
	if o := identifier(org); len(o) == 9 {
		return o
	}
	if len(code) == 18 && !x.opt.Plain {
		return code[8:17]
	}
	return ""
}
