package rule

import (
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
)

// reading is the rows of one criterion. determined and blank are nil if they follow from the verdict.
type reading struct {
	isTrue, isFalse   col.Bitmap
	determined, blank col.Bitmap
}

// outputs returns empty rows for a criterion, and the outputs that fill them.
func (bc *boundCriterion) outputs(t *col.Table) (reading, []kernel.Output) {
	r := reading{isTrue: col.NewBitmap(t.N), isFalse: col.NewBitmap(t.N)}
	out := []kernel.Output{{Node: bc.full, True: r.isTrue, False: r.isFalse}}
	if bc.blank != bc.full {
		r.blank, r.determined = col.NewBitmap(t.N), col.NewBitmap(t.N)
		out = append(out, kernel.Output{Node: bc.blank, False: r.blank}, kernel.Output{Node: bc.determined, True: r.determined})
	}
	return r, out
}

// tally combines the rows of criteria into the verdicts of a rule, 64 rows at a time.
type tally struct {
	allTrue col.Bitmap // every criterion so far is met
	one     col.Bitmap // at least one is unmet
	two     col.Bitmap // at least two are unmet
	stuck   col.Bitmap // at least one is unknown because data are missing, not only a manual finding
	data    col.Bitmap // at least one is unmet by the data alone
	rows    col.Bitmap // rows that get a verdict; not to be changed
}

// newTally returns the tally of a rule over the subjects that existed on a day.
func newTally(t *col.Table, day time.Time) *tally {
	n := t.N
	rows := t.Begun(kernel.Days(day))
	if rows == nil {
		rows = rowsOf(n)
	}
	return &tally{rows: rows, allTrue: rows.Clone(), one: col.NewBitmap(n), two: col.NewBitmap(n), stuck: col.NewBitmap(n), data: col.NewBitmap(n)}
}

// rowsOf returns the set of all n rows.
func rowsOf(n int) col.Bitmap {
	b := col.NewBitmap(n)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if rest := uint(n) & 63; rest != 0 {
		b[len(b)-1] = 1<<rest - 1
	}
	return b
}

func (t *tally) copyFrom(o *tally) {
	copy(t.allTrue, o.allTrue)
	copy(t.one, o.one)
	copy(t.two, o.two)
	copy(t.stuck, o.stuck)
	copy(t.data, o.data)
}

func (t *tally) add(r reading) {
	n := len(t.one)
	isTrue, isFalse := r.isTrue[:n], r.isFalse[:n]
	allTrue, one, two, stuck, data := t.allTrue[:n], t.one[:n], t.two[:n], t.stuck[:n], t.data[:n]
	if r.blank == nil {
		for w := range one {
			x, f := isTrue[w], isFalse[w]
			allTrue[w] &= x
			two[w] |= one[w] & f
			one[w] |= f
			stuck[w] |= ^(x | f)
			data[w] |= f
		}
		return
	}
	blank, determined := r.blank[:n], r.determined[:n]
	for w := range one {
		x, f := isTrue[w], isFalse[w]
		allTrue[w] &= x
		two[w] |= one[w] & f
		one[w] |= f
		stuck[w] |= ^(x | f | determined[w])
		data[w] |= blank[w]
	}
}

// fill writes the five sets of an outcome.
func (t *tally) fill(o *Outcome) {
	o.Rows = t.rows
	for w, rows := range t.rows {
		met, unmet := t.allTrue[w], t.one[w]&rows
		o.Met[w] = met
		o.Unmet[w] = unmet
		o.Unknown[w] = rows &^ (met | unmet)
		o.Near[w] = unmet &^ t.two[w] &^ t.stuck[w] & t.data[w]
		o.Pending[w] = o.Unknown[w] &^ t.stuck[w]
	}
}

func newOutcome(bd *bound, n int) *Outcome {
	return &Outcome{Rule: bd.c.rule, Law: bd.law, Date: bd.date, BaseYear: bd.base, Fallback: bd.fallback * n,
		Met: col.NewBitmap(n), Unmet: col.NewBitmap(n), Unknown: col.NewBitmap(n), Near: col.NewBitmap(n), Pending: col.NewBitmap(n)}
}

func (o *Outcome) criterion(k *pack.Criterion, r reading) {
	c := CriterionOutcome{Criterion: k, True: r.isTrue, False: r.isFalse, Only: col.NewBitmap(len(r.isTrue) * 64)}
	for w := range c.Only {
		c.Only[w] = o.Near[w] & r.isFalse[w]
	}
	o.Criteria = append(o.Criteria, c)
}

// screening is a compiled run of several rules over one table. It can be repeated.
type screening struct {
	t       *col.Table
	bounds  []*bound
	program *kernel.Program
	wanted  []*kernel.Node
}

func (s *Set) prepare(t *col.Table, opt Options, ids []string) (*screening, error) {
	if len(ids) == 0 {
		for _, id := range s.ids() {
			if c, _, err := s.find(id, opt.Date); err == nil && c.reg.ID == t.Register.ID {
				ids = append(ids, id)
			}
		}
	}
	g := kernel.NewGraph(t)
	sc := &screening{t: t}
	for _, id := range ids {
		c, law, err := s.find(id, opt.Date)
		if err != nil {
			return nil, err
		}
		bd, err := s.bind(g, c, law, opt, nil)
		if err != nil {
			return nil, err
		}
		sc.bounds = append(sc.bounds, bd)
		for i := range bd.criteria {
			bc := &bd.criteria[i]
			sc.wanted = append(sc.wanted, bc.full)
			if bc.blank != bc.full {
				sc.wanted = append(sc.wanted, bc.blank, bc.determined)
			}
		}
		if bd.total != nil {
			sc.wanted = append(sc.wanted, bd.total)
		}
	}
	sc.program = kernel.Compile(t, sc.wanted)
	return sc, nil
}

// run evaluates all rows.
func (sc *screening) run(workers int) ([]*Outcome, error) { return sc.runAfter(nil, nil, workers) }

// runAfter evaluates the rows that differ from those of earlier outcomes, and takes the others from these; nil outcomes mean none.
func (sc *screening) runAfter(before []*Outcome, rows col.Bitmap, workers int) ([]*Outcome, error) {
	begun := time.Now()
	n := sc.t.N
	var outputs []kernel.Output
	readings := make([][]reading, len(sc.bounds))
	outcomes := make([]*Outcome, len(sc.bounds))
	for i, bd := range sc.bounds {
		o := newOutcome(bd, n)
		for k := range bd.criteria {
			r, out := bd.criteria[k].outputs(sc.t)
			if before != nil {
				copy(r.isTrue, before[i].Criteria[k].True)
				copy(r.isFalse, before[i].Criteria[k].False)
			}
			readings[i] = append(readings[i], r)
			outputs = append(outputs, out...)
		}
		if bd.total != nil {
			if before != nil {
				o.ScoreLow, o.ScoreHigh = slices.Clone(before[i].ScoreLow), slices.Clone(before[i].ScoreHigh)
			} else {
				o.ScoreLow, o.ScoreHigh = make([]int16, n), make([]int16, n)
			}
			outputs = append(outputs, kernel.Output{Node: bd.total, Low: o.ScoreLow, High: o.ScoreHigh})
		}
		outcomes[i] = o
	}
	if err := sc.program.RunAmong(rows, nil, workers, outputs); err != nil {
		return nil, err
	}
	for i, bd := range sc.bounds {
		ty := newTally(sc.t, bd.date)
		for _, r := range readings[i] {
			ty.add(r)
		}
		ty.fill(outcomes[i])
		if before != nil {
			outcomes[i].keep(before[i], rows)
		}
		for k, r := range readings[i] {
			outcomes[i].criterion(bd.criteria[k].Criterion, r)
		}
	}
	took := time.Since(begun).Seconds()
	for _, o := range outcomes {
		o.Seconds = took
	}
	return outcomes, nil
}

// Screen implements Face.
func (s *Set) Screen(t *col.Table, opt Options, ids ...string) (_ []*Outcome, err error) {
	defer fault.At(&err, "rule.Screen(rules %v)", ids)
	sc, err := s.prepare(t, opt, ids)
	if err != nil {
		return nil, err
	}
	return sc.run(0)
}

// ScreenAfter is Screen of a table of which all but some rows are those of the table that earlier outcomes are of; see
// col.Table.Differing. They come from this set, with the same options and ids.
func (s *Set) ScreenAfter(t *col.Table, opt Options, before []*Outcome, rows col.Bitmap, ids ...string) (_ []*Outcome, err error) {
	defer fault.At(&err, "rule.ScreenAfter(rules %v)", ids)
	sc, err := s.prepare(t, opt, ids)
	if err != nil {
		return nil, err
	}
	if !sc.follows(before) {
		return sc.run(0)
	}
	return sc.runAfter(before, rows, 0)
}

// follows reports whether earlier outcomes are of the same laws and of as many rows.
func (sc *screening) follows(before []*Outcome) bool {
	return slices.EqualFunc(sc.bounds, before, func(bd *bound, o *Outcome) bool {
		return o.Rule == bd.c.rule && o.Law == bd.law && o.Date.Equal(bd.date) && o.BaseYear == bd.base &&
			len(o.Criteria) == len(bd.criteria) && len(o.Met) == len(col.NewBitmap(sc.t.N)) && (bd.total == nil || len(o.ScoreLow) == sc.t.N)
	})
}

// keep takes all rows but some from an earlier outcome.
func (o *Outcome) keep(before *Outcome, but col.Bitmap) {
	for _, set := range [][2]col.Bitmap{{o.Met, before.Met}, {o.Unmet, before.Unmet}, {o.Unknown, before.Unknown}, {o.Near, before.Near}, {o.Pending, before.Pending}} {
		now, old := set[0], set[1]
		for w := range now {
			now[w] = now[w]&but[w] | old[w]&^but[w]
		}
	}
}

// Counts returns the sizes of the outcome's sets.
func (o *Outcome) Counts() Count {
	return Count{Met: o.Met.Count(), Near: o.Near.Count(), Unknown: o.Unknown.Count(), Pending: o.Pending.Count(), Unmet: o.Unmet.Count()}
}

// within gives the outcome with its sets narrowed to some rows; itself where they are nil. The criteria stay as they are.
func (o *Outcome) within(rows col.Bitmap) *Outcome {
	if rows == nil {
		return o
	}
	narrow := *o
	for _, set := range []*col.Bitmap{&narrow.Rows, &narrow.Met, &narrow.Unmet, &narrow.Unknown, &narrow.Near, &narrow.Pending} {
		*set = set.Clone()
		set.And(rows)
	}
	return &narrow
}
