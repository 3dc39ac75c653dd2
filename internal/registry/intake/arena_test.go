package intake

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// What an arena keeps is as it was given until the arena is reset, however it was used before, and neither shares memory
// with what was given nor with what follows.
func TestArena(t *testing.T) {
	var a arena
	rapid.Check(t, func(t *rapid.T) {
		a.reset()
		var given, kept [][]byte
		size := 0
		for i, n := range rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 3*pieceBytes)), 0, 40).Draw(t, "lengths") {
			p := bytes.Repeat([]byte{byte(i + 1)}, n)
			given = append(given, bytes.Clone(p))
			k := a.keep(p)
			kept = append(kept, k)
			clear(p)
			_ = append(k, 0xff)
			size += n
		}
		for i := range given {
			if !bytes.Equal(given[i], kept[i]) {
				t.Fatalf("slice %d of %d bytes is not as it was given", i, len(given[i]))
			}
		}
		if a.size != size {
			t.Fatalf("%d bytes are counted as %d", size, a.size)
		}
		memory := 0
		for _, p := range a.pieces {
			memory += cap(p)
		}
		if memory > size+size/4+2*pieceBytes {
			t.Fatalf("pieces of %d bytes for %d", memory, size)
		}
	})
	a.reset()
	if len(a.spare) > sparePieces {
		t.Errorf("%d pieces are kept to be used again", len(a.spare))
	}
}
