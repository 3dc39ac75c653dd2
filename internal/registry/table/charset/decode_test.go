package charset

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestValidUTF8(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringOfN(rapid.RuneFrom([]rune("a,\n津㐀𠀀é€")), 0, 30, -1).Draw(t, "text"))
		if n := rapid.IntRange(-20, len(b)-1).Draw(t, "at"); n >= 0 {
			b[n] = rapid.Byte().Draw(t, "byte")
		}
		if validUTF8(b) != utf8.Valid(b) {
			t.Fatalf("%q: %v", b, validUTF8(b))
		}
	})
}
