package derive

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// thing is what the rows about one thing of a subject say, such as a patent or a certificate.
type thing struct {
	record  int64
	cell    int // of its key
	origin  fact.Origin
	values  map[string]fact.Value // by attribute of the source's view; blank ones are missing
	kinds   map[string]pack.Kind
	matched uint64 // the rules (bit by index) whose condition an earlier row about the thing met
}

// itemSet holds the things of one subject, by source and key. A row without a key is a thing by itself.
type itemSet map[*pack.Source]map[string]*thing

// add takes in what a record says of a thing. When two records are about one thing, the later one counts; of a source that reports
// states with their days, the one with the later day that is not behind held (0: no bound).
func (s itemSet) add(source *pack.Source, record int64, facts []fact.Fact, held int32) {
	it := source.Items
	t := &thing{record: record, values: map[string]fact.Value{}, kinds: map[string]pack.Kind{}}
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
	if day, ok := t.values[it.Newest]; ok && held != 0 && day.Int > int64(held) {
		return
	}
	if told := it.Told; told != nil && t.values[told.Attr].Str == "" {
		if text := told.ByKey(strings.ToUpper(cell.NameKey(key))); text != "" {
			t.values[told.Attr] = fact.Value{Str: text}
		}
	}
	key = plainKey(it, key)
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
		if before.later(t, it.Newest) {
			if it.Newest != "" {
				before.matched |= t.matched
			}
			return
		}
		t.matched |= before.matched
	}
	s[source][key] = t
}

// later reports whether the rows of a thing that were read before count and not the ones of another reading: by their day, where the
// source has one by which the newest counts; on one day, and otherwise, by their order.
func (t *thing) later(other *thing, newest string) bool {
	if newest != "" {
		if a, b := t.values[newest], other.values[newest]; a.Int != b.Int {
			return a.Int > b.Int
		}
	}
	return t.record > other.record
}

// plainKey returns a thing's key in the form in which keys of its source are compared. When one key has several
// spellings, that is letters and digits only, without a prefix that carries no information (ZL 2019 1 0000001.X is
// 201910000001X).
func plainKey(it *pack.Items, key string) string {
	if it.PlainKey == nil || key == "" {
		return key
	}
	bare := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, strings.ToUpper(cell.NameKey(key)))
	for _, begin := range it.PlainKey {
		if rest, ok := strings.CutPrefix(bare, begin); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return rest
		}
	}
	return bare
}

func (t *thing) meets(where map[string][]string) bool {
	for attr, allowed := range where {
		if text := t.values[attr].Str; !slices.Contains(allowed, text) && !slices.Contains(allowed, layout.CutBrackets(cell.NameKey(text))) {
			return false
		}
	}
	return true
}

// stands reports whether a thing exists on a day: held, or, when held is 0, the day that its record speaks of.
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

// facts returns the facts about the subject that follow from its things. A count is known only when some thing met its
// condition, now or before: a register that shows none does not prove that there are none.
func (s itemSet) facts(n *Rules) (facts []fact.Fact) {
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
				facts = append(facts, fact.Fact{Attr: n.Register.Attribute(d.Count), Value: fact.Value{Num: float64(count)}, Record: last.record, Cell: last.cell, Origin: last.origin})
			}
			if best == nil {
				continue
			}
			for _, to := range slices.Sorted(maps.Keys(d.Set)) {
				if v, ok := best.values[d.Set[to]]; ok {
					facts = append(facts, fact.Fact{Attr: n.Register.Attribute(to), Value: v, Record: best.record, Cell: best.cell, Origin: best.origin})
				}
			}
		}
	}
	slices.SortStableFunc(facts, fact.Compare)
	return facts
}

// Follows reports whether a record of a thing has any effect on the facts of its subject. When it has none, said gets the
// values that the effect would depend on.
func Follows(source *pack.Source, facts []fact.Fact, said func(text string)) bool {
	things := itemSet{}
	things.add(source, 0, slices.Clone(facts), 0)
	for _, t := range things[source] { // one
		if t.matched != 0 {
			return true
		}
		for _, d := range source.Items.Into {
			for attr := range d.Where {
				said(t.values[attr].Str)
			}
		}
	}
	return false
}
