package link

import (
	"math"
	"math/bits"
	"slices"

	"eyas/internal/registry/link/orgname"
)

// blocks is an inverted index that finds the names worth comparing with a name (blocking). Its terms are pairs of
// characters, the sound of the trade name, and parts of the trade name together with the place. A search looks at a
// limited number of entries, of the rarest terms first, so the time per row does not grow with the register.
type blocks struct {
	starts []uint32 // first entry of each bucket in list, and the end
	list   []uint32 // indexes of names
	shift  uint
}

// worth is the share of the best score from which a name is compared in full. The score of a name is the sum of the
// rarity of the shared terms.
const worth = 0.35

// budget is the most entries of the inverted index that are looked at for one row. considered is the most names that
// are then compared in full.
const (
	budget     = 3000
	considered = 24
)

// terms returns the terms of a name.
func terms(core []rune, list []orgname.Place, out []uint32) []uint32 {
	t := func(kind, a, b, c uint64) { out = append(out, term(kind, a, b, c)) }
	n := len(core)
	for i := 0; i+1 < n; i++ {
		t(1, uint64(core[i]), uint64(core[i+1]), 0)
	}
	if n >= 2 {
		t(2, uint64(orgname.SoundOf(core[0])), uint64(orgname.SoundOf(core[1])), 0)
	}
	if n >= 4 {
		t(3, uint64(core[0]), uint64(core[2]), uint64(core[3])) // found if the second character is wrong
		t(3, uint64(core[0]), uint64(core[1]), uint64(core[2]))
		t(4, uint64(core[1]), uint64(core[2]), uint64(core[3])) // found if the first character is wrong
	}
	if len(list) > 0 && n >= 2 {
		at := uint64(list[len(list)-1])
		t(5, at, uint64(core[0]), 0)
		t(5, at, uint64(core[1]), 0)
		t(6, at, uint64(core[n-2]), uint64(core[n-1]))
	}
	return out
}

// pairs returns the number of names with the two characters side by side. Hash collisions can make it slightly too
// large.
func (b *blocks) pairs(first, second rune) int {
	k := b.bucket(term(1, uint64(first), uint64(second), 0))
	return int(b.starts[k+1] - b.starts[k])
}

func term(kind, a, b, c uint64) uint32 {
	return uint32(orgname.Mix(((kind*orgname.Factor+a)*orgname.Factor+b)*orgname.Factor+c) >> 32)
}

func (b *blocks) bucket(term uint32) uint32 { return term >> b.shift }

func newBlocks(x *Index) blocks {
	size := bits.Len(uint(8 * len(x.name))) // about one bucket per different term
	size = min(max(size, 12), 23)
	b := blocks{shift: uint(32 - size), starts: make([]uint32, 1<<size+1)}
	var core []rune
	var ts []uint32
	each := func(fn func(name int, bucket uint32)) {
		for i := range x.name {
			n := &x.name[i]
			if n.key == 0 {
				continue
			}
			core = x.core(n, core)
			ts = terms(core, n.finest(), ts[:0])
			slices.Sort(ts)
			last := uint32(math.MaxUint32)
			for _, t := range ts {
				if k := b.bucket(t); k != last {
					fn(i, k)
					last = k
				}
			}
		}
	}
	each(func(_ int, k uint32) { b.starts[k+1]++ })
	for i := 1; i < len(b.starts); i++ {
		b.starts[i] += b.starts[i-1]
	}
	b.list = make([]uint32, b.starts[len(b.starts)-1])
	fill := slices.Clone(b.starts)
	each(func(i int, k uint32) {
		b.list[fill[k]] = uint32(i)
		fill[k]++
	})
	return b
}

// core returns the characters of a name's core.
func (x *Index) core(n *nameRecord, buf []rune) []rune {
	buf = buf[:0]
	for _, c := range x.cores[n.core : n.core+uint32(n.coreLen)] {
		buf = append(buf, rune(c))
	}
	return buf
}

func (n *nameRecord) list() []orgname.Place { return n.places[:min(int(n.placeCount), len(n.places))] }

func (n *nameRecord) finest() []orgname.Place {
	l := n.list()
	return l[max(0, len(l)-1):]
}

// finder collects candidates. It reuses its memory and is not safe for concurrent use.
type finder struct {
	terms   []uint32
	slots   []slot // hash table by name, open addressing
	touched []uint32
	found   []hit
}

type slot struct {
	name  uint32 // index + 1; 0: empty
	score float32
}

type hit struct {
	name  uint32
	score float32
}

const finderSlots = 1 << 13 // more than twice the budget

// find returns the names that share the most and rarest terms, best first.
func (f *finder) find(x *Index, n *orgname.Parts) []hit {
	if f.slots == nil {
		f.slots = make([]slot, finderSlots)
	}
	b := &x.blocks
	f.terms = terms(n.Core, n.Places, f.terms[:0])
	for i, t := range f.terms {
		f.terms[i] = b.bucket(t)
	}
	size := func(k uint32) int { return int(b.starts[k+1] - b.starts[k]) }
	slices.SortFunc(f.terms, func(p, q uint32) int {
		if d := size(p) - size(q); d != 0 {
			return d
		}
		return int(p) - int(q)
	})
	f.terms = slices.Compact(f.terms)
	left := budget
	all := float64(len(x.name) + 1)
	for _, k := range f.terms {
		s := size(k)
		if s == 0 {
			continue
		}
		if left -= s; left < 0 {
			break
		}
		weight := float32(math.Log2(all / float64(s)))
		for _, name := range b.list[b.starts[k]:b.starts[k+1]] {
			f.add(name, weight)
		}
	}
	best := float32(0)
	for _, at := range f.touched {
		best = max(best, f.slots[at].score)
	}
	f.found = f.found[:0]
	for _, at := range f.touched {
		s := &f.slots[at]
		if s.score < best*worth {
			*s = slot{}
			continue
		}
		f.keep(x, hit{s.name - 1, s.score})
		*s = slot{}
	}
	f.touched = f.touched[:0]
	return f.found
}

// keep inserts a hit if it is among the best so far. The hits are in order.
func (f *finder) keep(x *Index, h hit) {
	if n := len(f.found); n == considered {
		if h.score < f.found[n-1].score || !x.before(h, f.found[n-1]) {
			return
		}
		f.found = f.found[:n-1]
	}
	i := len(f.found)
	f.found = append(f.found, h)
	for ; i > 0 && x.before(h, f.found[i-1]); i-- {
		f.found[i] = f.found[i-1]
	}
	f.found[i] = h
}

// before reports whether hit a is better than b.
func (x *Index) before(a, b hit) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	return x.order(a.name, b.name) < 0
}

func (f *finder) add(name uint32, weight float32) {
	const mask = finderSlots - 1
	for i := (name * 0x9E3779B1) >> 7 & mask; ; i = (i + 1) & mask {
		s := &f.slots[i]
		if s.name == name+1 {
			s.score += weight
			return
		}
		if s.name == 0 {
			*s = slot{name + 1, weight}
			f.touched = append(f.touched, i)
			return
		}
	}
}
