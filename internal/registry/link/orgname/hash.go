package orgname

// The hashes are the same in every process, because learning and decisions must not change from run to run.

// Factor is the multiplier of the hashes: 2⁶⁴ divided by the golden ratio.
const (
	Factor = 0x9E3779B97F4A7C15
	mix2   = 0xBF58476D1CE4E5B9
)

// Mix distributes the bits of a number.
func Mix(h uint64) uint64 {
	h ^= h >> 32
	h *= mix2
	h ^= h >> 29
	return h
}

// HashRunes hashes characters. Hashes with different seeds are independent.
func HashRunes(r []rune, seed uint64) uint64 {
	h := (seed + 1) * Factor
	for _, c := range r {
		h = (h ^ uint64(c)) * Factor
		h ^= h >> 31
	}
	return Mix(h)
}

// HashText hashes the bytes of a text. Hashes with different seeds are independent.
func HashText(s string, seed uint64) uint64 {
	h := (seed + 1) * Factor
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * Factor
		h ^= h >> 31
	}
	return Mix(h)
}

// Hash32 returns the lower 32 bits of HashRunes.
func Hash32(r []rune, seed uint64) uint32 { return uint32(HashRunes(r, seed)) }
