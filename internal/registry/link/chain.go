package link

// chain finds members by a hash. It stores no keys; members of the same bucket form a linked list.
type chain struct {
	heads []uint32 // member + 1; 0: none
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

// first and after walk through the bucket of a hash. They return −1 at its end.
func (c *chain) first(hash uint64) int { return int(c.heads[hash&uint64(len(c.heads)-1)]) - 1 }

func (c *chain) after(member int) int { return int(c.next[member]) - 1 }

// tally counts things by hash. Things in the same bucket are counted together.
type tally struct{ counts []uint32 }

func newTally(things int) *tally {
	n := 1 << 10
	for n < 2*things {
		n <<= 1
	}
	return &tally{make([]uint32, n)}
}

func (t *tally) add(hash uint64) { t.counts[hash&uint64(len(t.counts)-1)]++ }

func (t *tally) of(hash uint64) uint32 { return t.counts[hash&uint64(len(t.counts)-1)] }
