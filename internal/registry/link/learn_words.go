package link

import "eyas/internal/registry/link/orgname"

// learnWords finds the pairs of characters that often occur inside names but rarely directly after the place. They
// begin lines of business.
func (x *Index) learnWords() {
	const sample = 1 << 18
	skip := uint64(max(1, len(x.name)/sample))
	var p orgname.Parser
	var n orgname.Parts
	start, later := map[uint32]uint32{}, map[uint32]uint32{}
	seen := 0
	for i := range x.name {
		text := x.nameText(&x.name[i])
		if skip > 1 && orgname.HashText(text, 'w')%skip != 0 { // chosen by the name, so the order of the entries does not matter
			continue
		}
		p.Parse(text, &n)
		seen++
		for k := 0; k+1 < len(n.Core); k++ {
			switch {
			case k == 0:
				start[orgname.Pair(n.Core[0], n.Core[1])]++
			case k >= 2:
				later[orgname.Pair(n.Core[k], n.Core[k+1])]++
			}
		}
	}
	x.words = map[uint32]bool{}
	least := uint32(max(4, seen/4000))
	for w, n := range later {
		if n >= least && n >= 4*start[w] {
			x.words[w] = true
		}
	}
}
