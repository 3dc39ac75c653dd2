package vault

import "strings"

// numberSize is the length of an identity number by GB 11643-1999: 17 digits and a check character.
const numberSize = 18

var weights = [numberSize - 1]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// Holds reports whether there is an identity number anywhere in a text or blob, in ASCII: 17 digits with a possible area
// and a possible day of birth, and the check character. It looks at about one byte in seventeen of a text without digits.
func Holds[T string | []byte](b T) bool {
	for from := 0; from+numberSize <= len(b); {
		// A number that begins at from or behind has a digit at from+16.
		last := from + numberSize - 2
		n := 0
		for n < numberSize-1 && digit(b[last-n]) {
			n++
		}
		if n < numberSize-1 {
			from = last - n + 1
			continue
		}
		if numberAt(b, from) {
			return true
		}
		from++
	}
	return false
}

// IsNumber reports whether a text is an identity number and nothing else.
func IsNumber[T string | []byte](b T) bool {
	if len(b) != numberSize {
		return false
	}
	for i := range numberSize - 1 {
		if !digit(b[i]) {
			return false
		}
	}
	return numberAt(b, 0)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// numberAt reports whether an identity number begins at a place with 17 digits.
func numberAt[T string | []byte](b T, at int) bool {
	two := func(i int) int { return int(b[at+i]-'0')*10 + int(b[at+i+1]-'0') }
	if a := b[at]; a < '1' || a > '8' {
		return false
	}
	if c, m, d := two(6), two(10), two(12); c < 18 || c > 20 || m < 1 || m > 12 || d < 1 || d > 31 {
		return false
	}
	sum := 0
	for i, w := range weights {
		sum += int(b[at+i]-'0') * w
	}
	c, want := b[at+numberSize-1], "10X98765432"[sum%11]
	return c == want || want == 'X' && c == 'x'
}

// Numbers returns the identity numbers in a text or blob, with a capital X.
func Numbers[T string | []byte](b T) (list []string) {
	if !Holds(b) {
		return nil
	}
	for at := 0; at+numberSize <= len(b); at++ {
		if one := string(b[at : at+numberSize]); IsNumber(one) {
			list = append(list, strings.ToUpper(one))
		}
	}
	return list
}

// Without replaces the identity numbers in a text, and takes off its beginning what would make it look sealed.
func Without(s, by string) string {
	for strings.HasPrefix(s, TextMark) {
		s = s[len(TextMark):]
	}
	if !Holds(s) {
		return s
	}
	for at := 0; at+numberSize <= len(s); at++ {
		if IsNumber(s[at : at+numberSize]) {
			s = s[:at] + by + s[at+numberSize:]
			at += len(by) - 1
		}
	}
	return s
}
