package identity

import "hash/maphash"

// hashed maps texts to numbers below 2^40 without storing the texts. It uses 16 bytes a slot and fills at most three of
// four slots. It stores 87 bits of two seeded hashes: in a base of a million, two texts with the same bits are expected
// once in 10^14 bases.
type hashed struct {
	seeds [2]maphash.Seed
	slots []slot
	used  int
}

type slot struct {
	high uint64 // first hash
	low  uint64 // 24 bits of the second hash, never 0, above 40 bits of the number; 0: free
}

const (
	numberBits = 40
	numberMask = 1<<numberBits - 1
)

func newHashed() *hashed {
	return &hashed{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, slots: make([]slot, 1<<10)}
}

func (h *hashed) hash(text string) slot {
	return slot{
		high: maphash.String(h.seeds[0], text),
		low:  (maphash.String(h.seeds[1], text)>>numberBits | 1) << numberBits,
	}
}

// at returns the index of a key's slot, or of the free slot where it belongs.
func (h *hashed) at(key slot) int {
	mask := uint64(len(h.slots) - 1)
	i := key.high & mask
	for h.slots[i].low != 0 && (h.slots[i].high != key.high || h.slots[i].low&^numberMask != key.low) {
		i = (i + 1) & mask
	}
	return int(i)
}

// get returns the number of a text; 0 when it has none.
func (h *hashed) get(text string) int64 {
	return int64(h.slots[h.at(h.hash(text))].low & numberMask)
}

// known reports whether a number, even 0, was set for a text.
func (h *hashed) known(text string) bool { return h.slots[h.at(h.hash(text))].low != 0 }

// set stores the number of a text.
func (h *hashed) set(text string, number int64) {
	if uint64(number) > numberMask {
		panic("registry: hashed: number out of range")
	}
	key := h.hash(text)
	i := h.at(key)
	if h.slots[i].low == 0 {
		if h.used++; h.used > len(h.slots)/4*3 {
			h.grow()
			i = h.at(key)
		}
	}
	h.slots[i] = slot{key.high, key.low | uint64(number)}
}

func (h *hashed) grow() {
	old := h.slots
	h.slots = make([]slot, 2*len(old))
	for _, p := range old {
		if p.low != 0 {
			h.slots[h.at(slot{p.high, p.low &^ numberMask})] = p
		}
	}
}

// Bits is a set of ids with one bit for each, up to the highest.
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
