package orgname

// Hashes are the same in every process: what is learned, and therefore what is decided, must not change from run to run.

// Factor multiplies what is hashed: the golden ratio of 64 bits.
const (
	Factor = 0x9E3779B97F4A7C15
	mix2   = 0xBF58476D1CE4E5B9
)

// Mix spreads the bits of a number.
func Mix(h uint64) uint64 {
	h ^= h >> 32
	h *= mix2
	h ^= h >> 29
	return h
}

// HashRunes hashes characters; hashes of different seeds have nothing to do with each other.
func HashRunes(r []rune, seed uint64) uint64 {
	h := (seed + 1) * Factor
	for _, c := range r {
		h = (h ^ uint64(c)) * Factor
		h ^= h >> 31
	}
	return Mix(h)
}

// HashText hashes the bytes of a text.
func HashText(s string, seed uint64) uint64 {
	h := (seed + 1) * Factor
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * Factor
		h ^= h >> 31
	}
	return Mix(h)
}

// Hash32 is the lower half of HashRunes.
func Hash32(r []rune, seed uint64) uint32 { return uint32(HashRunes(r, seed)) }
