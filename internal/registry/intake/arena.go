package intake

import "bytes"

// arena stores many byte slices in a few pieces of memory. A piece is never moved or grown, so stored slices stay valid
// and nothing is copied twice.
type arena struct {
	pieces [][]byte // all but the last are full
	spare  [][]byte // pieces that can be reused
	size   int      // bytes kept
}

// Sizes in bytes: of a piece, and of the longest slice that shares a piece with others; and the number of pieces that are
// kept for reuse.
const (
	pieceBytes  = 256 << 10
	longInPiece = pieceBytes / 8
	sparePieces = 4
)

// keep copies bytes into the arena.
func (a *arena) keep(p []byte) []byte {
	a.size += len(p)
	if len(p) > longInPiece {
		return bytes.Clone(p)[:len(p):len(p)]
	}
	n := len(a.pieces) - 1
	if n < 0 || pieceBytes-len(a.pieces[n]) < len(p) {
		a.pieces = append(a.pieces, a.piece())
		n++
	}
	from := len(a.pieces[n])
	all := append(a.pieces[n], p...)
	a.pieces[n] = all
	return all[from:len(all):len(all)]
}

func (a *arena) piece() []byte {
	if n := len(a.spare) - 1; n >= 0 {
		p := a.spare[n]
		a.spare = a.spare[:n]
		return p
	}
	return make([]byte, 0, pieceBytes)
}

// reset discards everything that was stored.
func (a *arena) reset() {
	for _, p := range a.pieces {
		if len(a.spare) < sparePieces {
			a.spare = append(a.spare, p[:0])
		}
	}
	clear(a.pieces)
	a.pieces, a.size = a.pieces[:0], 0
}
