package intake

import "bytes"

// arena keeps many byte slices in few pieces of memory. A piece is never moved: what was kept stays where it is, and no
// memory is spent on copies that were grown out of.
type arena struct {
	pieces [][]byte // those before the last are full
	spare  [][]byte // to be used again
	size   int      // bytes kept
}

// Sizes in bytes of a piece, of the longest slice that shares one with others, and how many pieces are used again.
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

// reset forgets all that was kept.
func (a *arena) reset() {
	for _, p := range a.pieces {
		if len(a.spare) < sparePieces {
			a.spare = append(a.spare, p[:0])
		}
	}
	clear(a.pieces)
	a.pieces, a.size = a.pieces[:0], 0
}
