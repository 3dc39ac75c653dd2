package registry

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"eyas/internal/pack"
)

// thing is what the rows about one thing of a subject say: a right, a certificate.
type thing struct {
	record  int64
	cell    int // of its key
	origin  Origin
	values  map[string]Value // by attribute of the source's view; what is missing is blank
	kinds   map[string]pack.Kind
	matched uint64 // rules whose condition an earlier row about it met
}

// itemSet is the things of one subject, by source and key. A row without a key is a thing of its own.
type itemSet map[*pack.Source]map[string]*thing

// add takes what a record says of a thing; of two records about one the later counts.
func (s itemSet) add(source *pack.Source, record int64, facts []Fact) {
	it := source.Items
	t := &thing{record: record, values: map[string]Value{}, kinds: map[string]pack.Kind{}}
	key := ""
	for i := range facts {
		f := &facts[i]
		t.origin = f.Origin
		if t.cell == 0 || f.Attr.ID == it.Key {
			t.cell = f.Cell
		}
		t.values[f.Attr.ID], t.kinds[f.Attr.ID] = f.Value, f.Attr.Kind
		if f.Attr.ID == it.Key {
			key = f.Value.Str
		}
	}
	if key == "" {
		key = "\x00" + strconv.FormatInt(record, 10)
	}
	if s[source] == nil {
		s[source] = map[string]*thing{}
	}
	before := s[source][key]
	for n, d := range it.Into {
		if t.meets(d.Where) {
			t.matched |= 1 << n
		}
	}
	if before != nil {
		if before.record > record {
			return
		}
		t.matched |= before.matched
	}
	s[source][key] = t
}

func (t *thing) meets(where map[string][]string) bool {
	for attr, allowed := range where {
		if !slices.Contains(allowed, t.values[attr].Str) {
			return false
		}
	}
	return true
}

// stands reports whether a thing is there on a day: without one, on the day that its record speaks of.
func (t *thing) stands(it *pack.Items, held int32) bool {
	day := int64(cmp.Or(held, t.origin.Day))
	if v, ok := t.values[it.Until]; ok && it.Until != "" && v.Int < day {
		return false
	}
	if v, ok := t.values[it.From]; ok && it.From != "" && held != 0 && v.Int > day {
		return false
	}
	return true
}

// facts gives what follows for the subject. A count is known when some thing met its condition, now or before: that a
// register shows none is no "none".
func (s itemSet) facts(n *codec) (facts []Fact) {
	for _, source := range slices.SortedFunc(maps.Keys(s), func(a, b *pack.Source) int { return a.Index - b.Index }) {
		it := source.Items
		for rule, d := range it.Into {
			var last, best *thing
			count := 0
			for _, t := range s[source] {
				if t.matched>>rule&1 == 0 {
					continue
				}
				if last == nil || t.record > last.record {
					last = t
				}
				if !t.meets(d.Where) || d.Count != "" && !t.stands(it, n.held) {
					continue
				}
				count++
				if day, ok := t.values[d.Latest]; ok && d.Latest != "" && (n.held == 0 || day.Int <= int64(n.held)) {
					if best == nil || day.Int > best.values[d.Latest].Int || day.Int == best.values[d.Latest].Int && t.record > best.record {
						best = t
					}
				}
			}
			if d.Count != "" && last != nil {
				facts = append(facts, Fact{Attr: n.register.Attribute(d.Count), Value: Value{Num: float64(count)}, Record: last.record, Cell: last.cell, Origin: last.origin})
			}
			if best == nil {
				continue
			}
			for _, to := range slices.Sorted(maps.Keys(d.Set)) {
				if v, ok := best.values[d.Set[to]]; ok {
					facts = append(facts, Fact{Attr: n.register.Attribute(to), Value: v, Record: best.record, Cell: best.cell, Origin: best.origin})
				}
			}
		}
	}
	slices.SortStableFunc(facts, compareFacts)
	return facts
}
