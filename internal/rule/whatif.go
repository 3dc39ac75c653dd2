package rule

import (
	"cmp"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"sort"
	"sync"
	"time"

	"eyas/internal/fault"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
)

// move is a prepared what-if. It keeps the results of all nodes that do not depend on the open numbers, so a run
// computes only the nodes above them.
type move struct {
	key     string
	t       *col.Table
	bd      *bound
	before  *Outcome
	program *kernel.Program // the open nodes; loads supply the kept results
	open    []int           // indexes of criteria that depend on the open numbers
	fixed   *tally          // the others
	kept    []reading       // all criteria before the move
	loads   []*kernel.Load

	mu sync.Mutex // one run at a time, because buffers are reused
}

// movesKept is the number of moves that are kept. Each takes a few bytes per row.
const movesKept = 8

func moveKey(t *col.Table, opt Options, id string, names []string) string {
	fixed := slices.Sorted(maps.Keys(opt.Numbers))
	key := fmt.Sprintf("%p %s %s %v %v", t, id, dateOnly(opt.Date).Format(time.DateOnly), slices.Sorted(slices.Values(opt.Assume)), names)
	for _, n := range fixed {
		key += fmt.Sprintf(" %s=%x", n, opt.Numbers[n])
	}
	return key
}

// move returns the what-if of a rule for a set of open numbers. The last few are kept.
func (s *Set) move(t *col.Table, opt Options, id string, names []string) (*move, error) {
	key := moveKey(t, opt, id, names)
	s.mu.Lock()
	for i, m := range s.moves {
		if m.key == key {
			s.moves = append(append(s.moves[:i:i], s.moves[i+1:]...), m)
			s.mu.Unlock()
			return m, nil
		}
	}
	s.mu.Unlock()
	m, err := s.newMove(t, opt, id, names)
	if err != nil {
		return nil, err
	}
	m.key = key
	s.mu.Lock()
	defer s.mu.Unlock()
	// Moves over a replaced table are no longer needed.
	s.moves = append(slices.DeleteFunc(s.moves, func(o *move) bool { return o.key == key || o.t != t && o.t.Register == t.Register }), m)
	if len(s.moves) > movesKept {
		s.moves = slices.Delete(s.moves, 0, 1)
	}
	return m, nil
}

func (s *Set) newMove(t *col.Table, opt Options, id string, names []string) (*move, error) {
	c, law, err := s.find(id, opt.Date)
	if err != nil {
		return nil, err
	}
	open := map[string]bool{}
	for _, n := range names {
		open[n] = true
	}
	bd, err := s.bind(kernel.NewGraph(t), c, law, opt, open)
	if err != nil {
		return nil, err
	}
	m := &move{t: t, bd: bd, fixed: newTally(t, bd.date)}
	var wanted, again []*kernel.Node
	var outputs []kernel.Output
	for i := range bd.criteria {
		bc := &bd.criteria[i]
		r, out := bc.outputs(t)
		m.kept = append(m.kept, r)
		outputs = append(outputs, out...)
		for _, o := range out {
			wanted = append(wanted, o.Node)
		}
		if bc.full.Open() || bc.blank.Open() || bc.determined.Open() {
			m.open = append(m.open, i)
			for _, o := range out {
				again = append(again, o.Node)
			}
		}
	}
	// Results are kept at the frontier: nodes that do not depend on open numbers but feed nodes that do.
	seen := map[*kernel.Node]bool{}
	keep := func(n *kernel.Node) {
		if seen[n] || n.Open() || n.Leaf() || n.IsUniform() {
			return
		}
		seen[n] = true
		l := &kernel.Load{Node: n}
		words := func() col.Bitmap { return col.NewBitmap(t.N) }
		switch n.Kind() {
		case kernel.Bool:
			l.True, l.False = words(), words()
		case kernel.Points:
			l.Packed = make([]int32, t.N)
		case kernel.Num:
			l.Num, l.Valid = make([]float64, t.N), words()
		case kernel.Rate:
			l.Num, l.Valid, l.Defined = make([]float64, t.N), words(), words()
		default:
			return
		}
		m.loads = append(m.loads, l)
		wanted = append(wanted, n)
		outputs = append(outputs, kernel.Output{Node: n, True: l.True, False: l.False, Packed: l.Packed, Num: l.Num, Valid: l.Valid, Defined: l.Defined})
	}
	for _, n := range again {
		keep(n) // some nodes of an open criterion do not depend on open numbers
		n.Each(func(x *kernel.Node) {
			if x.Open() {
				for _, a := range x.Args() {
					keep(a)
				}
			}
		})
	}
	if err := kernel.Compile(t, wanted).Run(kernel.Params(bd.b.Numbers), 0, outputs); err != nil {
		return nil, err
	}
	m.program = kernel.Compile(t, again, m.loads...)
	all := newTally(t, bd.date)
	for i, r := range m.kept {
		if !slices.Contains(m.open, i) {
			m.fixed.add(r)
		}
		all.add(r)
	}
	m.before = newOutcome(bd, t.N)
	all.fill(m.before)
	for i, r := range m.kept {
		m.before.criterion(bd.criteria[i].Criterion, r)
	}
	return m, nil
}

// params returns a value for every open number.
func (m *move) params(numbers map[string]float64) kernel.Params {
	p := kernel.Params{}
	for n := range m.bd.b.Open {
		p[n] = m.bd.b.Numbers[n]
	}
	maps.Copy(p, numbers)
	return p
}

// readings evaluates the open criteria with the given numbers. The others keep their readings.
func (m *move) readings(program *kernel.Program, p kernel.Params) ([]reading, error) {
	var outputs []kernel.Output
	rs := slices.Clone(m.kept)
	for _, i := range m.open {
		r, out := m.bd.criteria[i].outputs(m.t)
		rs[i] = r
		outputs = append(outputs, out...)
	}
	return rs, program.Run(p, 0, outputs)
}

// WhatIf implements Face.
func (s *Set) WhatIf(t *col.Table, opt Options, id string, numbers map[string]float64) (_ *Difference, err error) {
	defer fault.At(&err, "rule.WhatIf(rule %s)", id)
	names := slices.Sorted(maps.Keys(numbers))
	if err := s.knows(id, opt.Date, names); err != nil {
		return nil, err
	}
	m, err := s.move(t, opt, id, names)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	begun := time.Now()
	rs, err := m.readings(m.program, m.params(numbers))
	if err != nil {
		return nil, err
	}
	ty := newTally(t, m.bd.date)
	ty.copyFrom(m.fixed)
	for _, i := range m.open {
		ty.add(rs[i])
	}
	after := newOutcome(m.bd, t.N)
	ty.fill(after)
	for i, r := range rs {
		after.criterion(m.bd.criteria[i].Criterion, r)
	}
	before := m.before.within(opt.Rows)
	after = after.within(opt.Rows)
	d := &Difference{Before: before.Counts(), After: after.Counts(), Outcome: after,
		Entered: col.NewBitmap(t.N), Left: col.NewBitmap(t.N)}
	for w := range d.Entered {
		d.Entered[w] = after.Met[w] &^ before.Met[w]
		d.Left[w] = before.Met[w] &^ after.Met[w]
	}
	d.Seconds = time.Since(begun).Seconds()
	return d, nil
}

// knows returns fault.Invalid for a name that is not a number of the rule.
func (s *Set) knows(id string, date time.Time, names []string) error {
	c, law, err := s.find(id, date)
	if err != nil {
		return err
	}
	zero := Options{Date: date, Numbers: map[string]float64{}}
	for _, n := range names {
		zero.Numbers[n] = 0
	}
	_, err = s.bind(kernel.NewGraph(&col.Table{}), c, law, zero, nil)
	return err
}

// Curve implements Face. If the number is the mark of a single comparison, as pass marks and limits are, one pass over
// the compared column gives all counts: a row that is met only if the comparison holds is counted from the value on at
// which it holds. For other numbers (bands of a score, tiers), each batch of rows is evaluated at all values.
func (s *Set) Curve(t *col.Table, opt Options, id, number string, values []float64) (_ []Point, err error) {
	defer fault.At(&err, "rule.Curve(rule %s, number %s)", id, number)
	if err := s.knows(id, opt.Date, []string{number}); err != nil {
		return nil, err
	}
	m, err := s.move(t, opt, id, []string{number})
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if atom := m.singleMark(); atom != nil {
		return m.markCurve(atom, number, values, opt.Rows)
	}
	return m.sweep(number, values, opt.Rows)
}

// singleMark returns the only comparison that depends on the open number, or nil if there is not exactly one.
func (m *move) singleMark() *kernel.Node {
	var atom *kernel.Node
	alone := true
	for _, i := range m.open {
		m.bd.criteria[i].full.Each(func(n *kernel.Node) {
			if !n.Open() || n.IsUniform() {
				return
			}
			switch {
			case n.IsPointsAtLeast() && !n.Args()[0].Open(),
				n.IsCompare() && !n.Args()[0].Open() && n.Args()[1].IsUniform() && n.Compare != kernel.Equal && n.Compare != kernel.NotEqual:
				alone = alone && (atom == nil || atom == n)
				atom = n
			case n.IsAnd(), n.IsOr(), n.IsNot():
			default:
				alone = false
			}
		})
	}
	if !alone {
		return nil
	}
	return atom
}

// metWhen returns the rows that are met if a comparison is true, false or unknown in all rows.
func (m *move) metWhen(atom *kernel.Node, isTrue, isFalse bool) (col.Bitmap, error) {
	all, none := rowsOf(m.t.N), col.NewBitmap(m.t.N)
	l := &kernel.Load{Node: atom, True: none, False: none}
	if isTrue {
		l.True = all
	}
	if isFalse {
		l.False = all
	}
	var wanted []*kernel.Node
	var outputs []kernel.Output
	met := slices.Clone(m.fixed.allTrue)
	for _, i := range m.open {
		wanted = append(wanted, m.bd.criteria[i].full)
	}
	var got []col.Bitmap
	for _, n := range wanted {
		b := col.NewBitmap(m.t.N)
		got = append(got, b)
		outputs = append(outputs, kernel.Output{Node: n, True: b})
	}
	p := kernel.Compile(m.t, wanted, append(slices.Clone(m.loads), l)...)
	if err := p.Run(m.params(nil), 0, outputs); err != nil {
		return nil, err
	}
	for _, b := range got {
		for w := range met {
			met[w] &= b[w]
		}
	}
	return met, nil
}

func (m *move) markCurve(atom *kernel.Node, number string, values []float64, rows col.Bitmap) ([]Point, error) {
	whenTrue, err := m.metWhen(atom, true, false)
	if err != nil {
		return nil, err
	}
	whenFalse, err := m.metWhen(atom, false, true)
	if err != nil {
		return nil, err
	}
	whenUnknown, err := m.metWhen(atom, false, false)
	if err != nil {
		return nil, err
	}
	if rows != nil {
		for _, met := range []col.Bitmap{whenTrue, whenFalse, whenUnknown} {
			met.And(rows)
		}
	}
	marks := make([]float64, len(values))
	for i, v := range values {
		marks[i], _ = atom.Args()[1].Uniform(kernel.Params{number: v})
	}
	points := make([]Point, len(values))
	base := whenUnknown.Count()
	for i, v := range values {
		points[i] = Point{Value: v, Met: base}
	}
	// adds adds to every point the rows of set whose number meets the comparison at that point.
	adds := func(set col.Bitmap, sign int, number func(row int) (float64, bool), c kernel.Comparison) {
		h := newHistogram(marks)
		set.Each(func(row int) {
			if x, ok := number(row); ok {
				h.add(x, c)
			}
		})
		for i, n := range h.holding(c) {
			points[i].Met += sign * n
		}
	}
	gain := func(a, b col.Bitmap) col.Bitmap {
		d := slices.Clone(a)
		for w := range d {
			d[w] &^= b[w]
		}
		return d
	}
	x := atom.Args()[0]
	if atom.IsPointsAtLeast() {
		packed := m.packed(x)
		low := func(row int) (float64, bool) { return float64(packed[row] & 0xffff), true }
		high := func(row int) (float64, bool) { return float64(packed[row] >> 16), true }
		lost := kernel.Below
		if atom.Compare == kernel.Above {
			lost = kernel.AtMost
		}
		adds(gain(whenTrue, whenUnknown), 1, low, atom.Compare)
		adds(gain(whenUnknown, whenTrue), -1, low, atom.Compare)
		adds(gain(whenFalse, whenUnknown), 1, high, lost)
		adds(gain(whenUnknown, whenFalse), -1, high, lost)
		return points, nil
	}
	num, valid, defined := m.numbers(x)
	known := func(row int) (float64, bool) { return num(row), true }
	// Where the number is known, a row is as in whenTrue if the comparison holds. It is as in whenFalse if not, or if
	// the rate has no value.
	fixed := 0
	for w := range valid {
		fixed += bits.OnesCount64(whenFalse[w]&valid[w]) - bits.OnesCount64(whenUnknown[w]&valid[w])
	}
	for i := range points {
		points[i].Met += fixed
	}
	within := func(b col.Bitmap) col.Bitmap {
		for w := range b {
			b[w] &= valid[w]
			if defined != nil {
				b[w] &= defined[w]
			}
		}
		return b
	}
	adds(within(gain(whenTrue, whenFalse)), 1, known, atom.Compare)
	adds(within(gain(whenFalse, whenTrue)), -1, known, atom.Compare)
	return points, nil
}

// packed returns the kept intervals of a score node.
func (m *move) packed(n *kernel.Node) []int32 {
	for _, l := range m.loads {
		if l.Node == n {
			return l.Packed
		}
	}
	return nil
}

// numbers returns the rows of a number, a rate or a date, from a kept result or a column.
func (m *move) numbers(n *kernel.Node) (at func(row int) float64, valid, defined col.Bitmap) {
	for _, l := range m.loads {
		if l.Node == n {
			return func(row int) float64 { return l.Num[row] }, l.Valid, l.Defined
		}
	}
	if c := m.t.Dates[n.Key]; c != nil {
		return func(row int) float64 { return float64(c.Val[row]) }, c.Valid, nil
	}
	if c := m.t.Nums[n.Key]; c != nil {
		return func(row int) float64 { return c.Val[row] }, c.Valid, nil
	}
	return func(int) float64 { return 0 }, col.NewBitmap(m.t.N), nil
}

// sweep evaluates the open nodes at every value.
func (m *move) sweep(number string, values []float64, rows col.Bitmap) ([]Point, error) {
	var wanted []*kernel.Node
	for _, i := range m.open {
		wanted = append(wanted, m.bd.criteria[i].full)
	}
	params := make([]kernel.Params, len(values))
	for i, v := range values {
		params[i] = m.params(map[string]float64{number: v})
	}
	met := m.fixed.allTrue
	if rows != nil {
		met = met.Clone()
		met.And(rows)
	}
	counts, err := kernel.Compile(m.t, wanted, m.loads...).Sweep(params, wanted, met)
	if err != nil {
		return nil, err
	}
	points := make([]Point, len(values))
	for i, v := range values {
		points[i] = Point{Value: v, Met: counts[i]}
	}
	return points, nil
}

// histogram counts numbers between sorted marks.
type histogram struct {
	order  []int // indexes of marks in ascending order
	sorted []float64
	count  []int // ≥ and >: count[k] numbers hold for exactly the first k sorted marks; ≤ and <: for all from the k-th on
}

func newHistogram(marks []float64) *histogram {
	h := &histogram{count: make([]int, len(marks)+1)}
	for i := range marks {
		h.order = append(h.order, i)
	}
	slices.SortStableFunc(h.order, func(a, b int) int { return cmp.Compare(marks[a], marks[b]) })
	for _, i := range h.order {
		h.sorted = append(h.sorted, marks[i])
	}
	return h
}

func (h *histogram) add(x float64, c kernel.Comparison) {
	switch c {
	case kernel.AtLeast: // holds for marks ≤ x
		h.count[sort.Search(len(h.sorted), func(i int) bool { return h.sorted[i] > x })]++
	case kernel.Above:
		h.count[sort.SearchFloat64s(h.sorted, x)]++
	case kernel.AtMost: // holds for marks ≥ x
		h.count[sort.SearchFloat64s(h.sorted, x)]++
	default:
		h.count[sort.Search(len(h.sorted), func(i int) bool { return h.sorted[i] > x })]++
	}
}

// holding returns, for each mark in the original order, how many numbers hold for it.
func (h *histogram) holding(c kernel.Comparison) []int {
	out := make([]int, len(h.order))
	n := 0
	if c == kernel.AtLeast || c == kernel.Above {
		for k := len(h.order) - 1; k >= 0; k-- {
			n += h.count[k+1]
			out[h.order[k]] = n
		}
		return out
	}
	for k := range h.order {
		n += h.count[k]
		out[h.order[k]] = n
	}
	return out
}
