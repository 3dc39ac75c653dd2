package list

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// order is a sort key: a number per row, and whether a row has one.
type order struct {
	key     func(row int) uint64
	present func(row int) bool
}

// orders keeps sorted permutations, for pages far into long lists, and the positions of the words of columns.
type orders struct {
	mu   sync.Mutex
	kept []*permutation // the last one was used last
	said map[col.Key][]uint32
}

// words returns the position of each word of a column's dictionary. make computes them once per table.
func (o *orders) words(k col.Key, make func() []uint32) []uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.said == nil {
		o.said = map[col.Key][]uint32{}
	}
	places, ok := o.said[k]
	if !ok {
		places = make()
		o.said[k] = places
	}
	return places
}

// permutation is all rows in one order, blanks last.
type permutation struct {
	by   Sort
	rows func() []uint32
}

const (
	// keptOrders is the number of permutations that an index keeps: 4 MB each for a million rows.
	keptOrders = 6
	// earlyRows is the number of first rows that are selected without sorting the rest.
	earlyRows = 2000
)

// Page returns rows offset…offset+limit−1 of the set in an order. Without an order, or with one that the table does not
// have, rows are in the order of subject ids. The set must belong to the index's table.
func (x *Index) Page(rows col.Bitmap, by Sort, offset, limit int) Page {
	return x.page(rows, by, x.order(by), offset, limit)
}

// PageOf is Page that can also order by recognitions. outcomes are the verdicts for the index's table.
func (x *Index) PageOf(rows col.Bitmap, by Sort, outcomes []*rule.Outcome, offset, limit int) Page {
	o := verdictOrder(by.By, outcomes)
	if o == nil {
		return x.Page(rows, by, offset, limit)
	}
	if by.Desc {
		o = o.descending()
	}
	return x.page(rows, Sort{}, o, offset, limit)
}

// page returns rows in an order. If by is not empty, the order depends on the table alone and may be kept.
func (x *Index) page(rows col.Bitmap, by Sort, o *order, offset, limit int) Page {
	begun := time.Now()
	p := Page{Total: rows.Count()}
	offset = max(offset, 0)
	limit = min(max(limit, 0), max(p.Total-offset, 0))
	if limit > 0 {
		switch {
		case o == nil:
			p.Rows = walk(rows, offset, limit)
		case offset+limit <= earlyRows:
			p.Rows = o.first(rows, offset, limit)
		case p.Total <= x.table.N/8 || by == Sort{}:
			p.Rows = o.sorted(rows)[offset : offset+limit]
		default:
			p.Rows = pick(x.permutation(by, o), rows, offset, limit)
		}
	}
	p.Took = time.Since(begun)
	return p
}

// walk returns rows in ascending order.
func walk(rows col.Bitmap, offset, limit int) []int {
	out := make([]int, 0, limit)
	for i, w := range rows {
		if n := col.Bitmap(rows[i : i+1]).Count(); n <= offset {
			offset -= n
			continue
		}
		col.Bitmap{w}.Each(func(bit int) {
			if offset > 0 {
				offset--
			} else if len(out) < limit {
				out = append(out, i<<6+bit)
			}
		})
		if len(out) == limit {
			break
		}
	}
	return out
}

// slack is the number of extra candidates that are collected before the best are selected.
const slack = 4096

// first selects the first rows of an order in one pass over the set. A row that is not better than the best so far is
// skipped, so the pass is quick for any input order.
func (o *order) first(rows col.Bitmap, offset, limit int) []int {
	want := offset + limit
	best := make([]keyed, 0, want+slack)
	full, worst := false, uint64(0) // full: best has all rows that are wanted, and the last of them has the key worst
	var blank []int
	rows.Each(func(row int) {
		if !o.present(row) {
			if len(blank) < want {
				blank = append(blank, row)
			}
			return
		}
		// Rows come in ascending order, so the earlier of two rows with the same key stays.
		key := o.key(row)
		if full && key >= worst {
			return
		}
		best = append(best, keyed{key, uint32(row)})
		if len(best) == cap(best) {
			selectFirst(best, want)
			best = best[:want]
			full, worst = true, best[want-1].key
		}
	})
	slices.SortFunc(best, keyed.compare)
	out := make([]int, 0, want)
	for _, k := range best[:min(len(best), want)] {
		out = append(out, int(k.row))
	}
	out = append(out, blank[:min(len(blank), want-len(out))]...)
	return out[offset:]
}

// selectFirst moves the n smallest to the front, with the largest of these at index n−1.
func selectFirst(all []keyed, n int) {
	lo, hi := 0, len(all) // position n lies in [lo, hi)
	for hi-lo > 16 {
		a, b, c := all[lo], all[(lo+hi)/2], all[hi-1]
		pivot := max(min(a.key, b.key), min(max(a.key, b.key), c.key)) // median of three
		less, more := lo, hi
		for i := lo; i < more; {
			switch k := all[i]; {
			case k.key < pivot:
				all[i], all[less] = all[less], k
				less++
				i++
			case k.key > pivot:
				more--
				all[i], all[more] = all[more], k
			default:
				i++
			}
		}
		switch {
		case n <= less:
			hi = less
		case n > more:
			lo = more
		default: // among equals, the earlier rows come first
			lo, hi = less, more
			slices.SortFunc(all[lo:hi], keyed.compare)
			return
		}
	}
	slices.SortFunc(all[lo:hi], keyed.compare)
}

// sorted returns a whole set in order.
func (o *order) sorted(rows col.Bitmap) []int {
	all := make([]keyed, 0, rows.Count())
	var blank []int
	rows.Each(func(row int) {
		if o.present(row) {
			all = append(all, keyed{o.key(row), uint32(row)})
		} else {
			blank = append(blank, row)
		}
	})
	if len(all) > 0 {
		sortKeyed(all)
	}
	out := make([]int, 0, len(all)+len(blank))
	for _, k := range all {
		out = append(out, int(k.row))
	}
	return append(out, blank...)
}

// permutation returns all rows of the table in an order. The last few permutations are kept.
func (x *Index) permutation(by Sort, o *order) []uint32 {
	x.orders.mu.Lock()
	i := slices.IndexFunc(x.orders.kept, func(p *permutation) bool { return p.by == by })
	var p *permutation
	if i >= 0 {
		p = x.orders.kept[i]
		x.orders.kept = slices.Delete(x.orders.kept, i, i+1)
	} else {
		p = &permutation{by: by, rows: sync.OnceValue(func() []uint32 {
			sorted := o.sorted(col.All(x.table.N))
			rows := make([]uint32, len(sorted))
			for i, r := range sorted {
				rows[i] = uint32(r)
			}
			return rows
		})}
		if len(x.orders.kept) == keptOrders {
			x.orders.kept = slices.Delete(x.orders.kept, 0, 1)
		}
	}
	x.orders.kept = append(x.orders.kept, p)
	x.orders.mu.Unlock()
	return p.rows()
}

// pick returns the rows of a set in the order of a permutation.
func pick(permutation []uint32, rows col.Bitmap, offset, limit int) []int {
	out := make([]int, 0, limit)
	for _, r := range permutation {
		if !rows.Get(int(r)) {
			continue
		}
		if offset > 0 {
			offset--
			continue
		}
		out = append(out, int(r))
		if len(out) == limit {
			break
		}
	}
	return out
}

// order compiles a sort. It is nil if there is nothing to sort by.
func (x *Index) order(by Sort) *order {
	o := x.ascending(by.By)
	if o != nil && by.Desc {
		o = o.descending()
	}
	return o
}

func (o *order) descending() *order {
	up := o.key
	return &order{func(row int) uint64 { return ^up(row) }, o.present}
}

// verdictOrder orders by an outcome: by state (met, near, pending, unknown, unmet), by the lowest score, or by the one
// unmet criterion in the order of the rule. It is nil for another kind of order, or without such an outcome.
func verdictOrder(by string, outcomes []*rule.Outcome) *order {
	kind, id, found := strings.Cut(by, ".")
	i := slices.IndexFunc(outcomes, func(o *rule.Outcome) bool { return o.Rule.ID == id })
	if !found || i < 0 {
		return nil
	}
	o := outcomes[i]
	switch {
	case kind == "v":
		return &order{func(row int) uint64 {
			for i, set := range []col.Bitmap{o.Met, o.Near, o.Pending, o.Unknown} {
				if set.Get(row) {
					return uint64(i)
				}
			}
			return 4
		}, func(int) bool { return true }}
	case kind == "s" && o.ScoreLow != nil:
		return &order{func(row int) uint64 { return uint64(int(o.ScoreLow[row]) - math.MinInt16) }, func(int) bool { return true }}
	case kind == "o":
		return &order{func(row int) uint64 {
			for i := range o.Criteria {
				if o.Criteria[i].Only.Get(row) {
					return uint64(i)
				}
			}
			return uint64(len(o.Criteria))
		}, o.Near.Get}
	}
	return nil
}

func (x *Index) ascending(by string) *order {
	t := x.table
	switch by {
	case "":
		return nil
	case "name", t.Register.NameAttr:
		return ranked(x.texts.nameRanks())
	case "code", t.Register.CodeAttr:
		return ranked(x.texts.codeRanks())
	}
	a, k := x.keyed(by)
	if a == nil {
		return nil
	}
	return x.column(a, k)
}

// keyed is the attribute that an order is by, with the key of its column; nil: it is by none.
func (x *Index) keyed(by string) (*pack.Attribute, col.Key) {
	t := x.table
	id, year, _ := strings.Cut(by, "@")
	a := t.Register.Attribute(id)
	if a == nil {
		return nil, col.Key{}
	}
	k := col.Key{Attr: id}
	if a.Yearly {
		if n, err := strconv.Atoi(year); err == nil {
			k.Year = n
		} else if len(t.Years) > 0 {
			k.Year = t.Years[len(t.Years)-1]
		}
	}
	return a, k
}

// column orders by a column. It is nil if the table has no such column.
func (x *Index) column(a *pack.Attribute, k col.Key) *order {
	t := x.table
	if c := t.Nums[k]; c != nil {
		return &order{func(row int) uint64 { return orderOf(c.Val[row]) }, c.Valid.Get}
	}
	if c := t.Dates[k]; c != nil {
		return &order{func(row int) uint64 { return uint64(uint32(c.Val[row]) ^ 1<<31) }, c.Valid.Get}
	}
	if c := t.Bools[k]; c != nil {
		return &order{func(row int) uint64 { // yes before no
			if c.Val.Get(row) {
				return 0
			}
			return 1
		}, c.Valid.Get}
	}
	if c := t.Texts[k]; c != nil { // rows with a text before rows without
		return &order{func(int) uint64 { return 0 }, c.Get}
	}
	c := t.Dicts[k]
	if c == nil {
		return nil
	}
	if a.Kind != pack.Code { // texts are in dictionary order
		ranks := x.orders.words(k, func() []uint32 { return rankWords(c.Words) })
		return &order{func(row int) uint64 { return uint64(ranks[c.Val[row]]) }, func(row int) bool { return c.Val[row] != 0 }}
	}
	places := x.orders.words(k, func() []uint32 { return x.wordOrder(a, c.Words) })
	return &order{func(row int) uint64 { return uint64(places[c.Val[row]]) }, func(row int) bool { return c.Val[row] != 0 }}
}

func ranked(ranks []uint32) *order {
	return &order{func(row int) uint64 { return uint64(ranks[row]) }, func(row int) bool { return ranks[row] != 0 }}
}

// orderOf maps a float64 to a uint64 with the same order.
func orderOf(v float64) uint64 {
	if v == 0 {
		v = 0 // −0 equals 0
	}
	b := math.Float64bits(v)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// wordOrder returns the position of each word of a column. Orgs come first, in the order of the pack. Other words are
// ordered by their bytes.
func (x *Index) wordOrder(a *pack.Attribute, words []string) []uint32 {
	ids := make([]uint32, len(words))
	for i := range ids {
		ids[i] = uint32(i)
	}
	org := map[string]int{}
	if a.OfOrgs() {
		for i, o := range x.pack.Orgs {
			org[o.ID] = i - len(x.pack.Orgs)
		}
	}
	slices.SortFunc(ids, func(i, j uint32) int {
		if c := org[words[i]] - org[words[j]]; c != 0 {
			return c
		}
		return strings.Compare(words[i], words[j])
	})
	places := make([]uint32, len(words))
	for place, id := range ids {
		places[id] = uint32(place)
	}
	return places
}
