package identity

import "hash/maphash"

// hashed maps texts to numbers below 2^40 without keeping the texts: 16 bytes a place, with at most three of four
// places taken. It holds 87 bits of two seeded hashes; that two texts of a base of a million fall together is expected
// once in 10^14 bases.
type hashed struct {
	seeds  [2]maphash.Seed
	places []place
	used   int
}

type place struct {
	high uint64 // first hash
	low  uint64 // 24 bits of the second hash, never 0, over 40 bits of the number; 0: free
}

const (
	numberBits = 40
	numberMask = 1<<numberBits - 1
)

func newHashed() *hashed {
	return &hashed{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, places: make([]place, 1<<10)}
}

func (h *hashed) hash(text string) place {
	return place{
		high: maphash.String(h.seeds[0], text),
		low:  (maphash.String(h.seeds[1], text)>>numberBits | 1) << numberBits,
	}
}

// at gives the index of a key's place, or of the free place where it belongs.
func (h *hashed) at(key place) int {
	mask := uint64(len(h.places) - 1)
	i := key.high & mask
	for h.places[i].low != 0 && (h.places[i].high != key.high || h.places[i].low&^numberMask != key.low) {
		i = (i + 1) & mask
	}
	return int(i)
}

// get gives the number of a text; 0 when it has none.
func (h *hashed) get(text string) int64 {
	return int64(h.places[h.at(h.hash(text))].low & numberMask)
}

// known reports whether a number was ever set, also 0.
func (h *hashed) known(text string) bool { return h.places[h.at(h.hash(text))].low != 0 }

// set gives a text a number.
func (h *hashed) set(text string, number int64) {
	if uint64(number) > numberMask {
		panic("registry: hashed: number out of range")
	}
	key := h.hash(text)
	i := h.at(key)
	if h.places[i].low == 0 {
		if h.used++; h.used > len(h.places)/4*3 {
			h.grow()
			i = h.at(key)
		}
	}
	h.places[i] = place{key.high, key.low | uint64(number)}
}

func (h *hashed) grow() {
	old := h.places
	h.places = make([]place, 2*len(old))
	for _, p := range old {
		if p.low != 0 {
			h.places[h.at(place{p.high, p.low &^ numberMask})] = p
		}
	}
}

// Bits is a set of ids, a bit each up to the highest.
type Bits []uint64

// Set adds a number to the set.
func (b *Bits) Set(id int64) {
	for int(id>>6) >= len(*b) {
		*b = append(*b, make([]uint64, 1+len(*b)/2)...)
	}
	(*b)[id>>6] |= 1 << (id & 63)
}

// Has reports whether a number is in the set.
func (b Bits) Has(id int64) bool {
	return int(id>>6) < len(b) && b[id>>6]>>(id&63)&1 != 0
}
