package link

// Hashes are the same in every process: what is learned, and therefore what is decided, must not change from run to run.

const (
	mix1 = 0x9E3779B97F4A7C15
	mix2 = 0xBF58476D1CE4E5B9
)

func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= mix2
	h ^= h >> 29
	return h
}

func hashRunes(r []rune, seed uint64) uint64 {
	h := (seed + 1) * mix1
	for _, c := range r {
		h = (h ^ uint64(c)) * mix1
		h ^= h >> 31
	}
	return mix(h)
}

func hashText(s string, seed uint64) uint64 {
	h := (seed + 1) * mix1
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * mix1
		h ^= h >> 31
	}
	return mix(h)
}

func hash32(r []rune, seed uint64) uint32 { return uint32(hashRunes(r, seed)) }

// chain finds the members of a table by a hash, without keeping keys: members with the same bucket are strung together.
type chain struct {
	heads []uint32 // member + 1
	next  []uint32
}

func newChain(members int) *chain {
	n := 1 << 8
	for n < members {
		n <<= 1
	}
	return &chain{heads: make([]uint32, n), next: make([]uint32, members)}
}

func (c *chain) add(hash uint64, member int) {
	b := hash & uint64(len(c.heads)-1)
	c.next[member] = c.heads[b]
	c.heads[b] = uint32(member) + 1
}

// first and after walk the bucket of a hash; −1 ends it.
func (c *chain) first(hash uint64) int { return int(c.heads[hash&uint64(len(c.heads)-1)]) - 1 }
func (c *chain) after(member int) int  { return int(c.next[member]) - 1 }

// tally counts by hash; what falls together is counted together.
type tally struct{ counts []uint32 }

func newTally(things int) *tally {
	n := 1 << 10
	for n < 2*things {
		n <<= 1
	}
	return &tally{make([]uint32, n)}
}

func (t *tally) add(hash uint64)       { t.counts[hash&uint64(len(t.counts)-1)]++ }
func (t *tally) of(hash uint64) uint32 { return t.counts[hash&uint64(len(t.counts)-1)] }
