package link

// AllPairs compares a row with every name, as linkage without blocks would.
func AllPairs(x *Index, row Row) (best int64) {
	d := x.decider()
	d.parser.Parse(row.Name, &d.parts)
	most := -1e9
	for i := range x.name {
		n := &x.name[i]
		got := d.comparer.compare(x, &d.parts, 0, n)
		if w := x.model.sum(&got); w > most {
			most, best = w, x.subject[n.subject].id
		}
	}
	return best
}
