package link

import "eyas/internal/registry/cell"

// bigrams is the simple method: the share of pairs of characters that two names have in common (Dice).
type bigrams struct {
	ids  []int64
	sets []map[string]bool
}

func bigramsOf(name string) map[string]bool {
	r := []rune(cell.NameKey(name))
	set := map[string]bool{}
	for i := 0; i+1 < len(r); i++ {
		set[string(r[i:i+2])] = true
	}
	return set
}

func newBigrams(entries []Entry) *bigrams {
	b := &bigrams{}
	for _, e := range entries {
		b.ids, b.sets = append(b.ids, e.ID), append(b.sets, bigramsOf(e.Name))
	}
	return b
}

func (b *bigrams) best(name string) (id int64, score float64) {
	set := bigramsOf(name)
	for i, other := range b.sets {
		both := 0
		for g := range set {
			if other[g] {
				both++
			}
		}
		if s := 2 * float64(both) / float64(len(set)+len(other)); s > score {
			id, score = b.ids[i], s
		}
	}
	return id, score
}
