package kernel

import (
	"fmt"
	"math/bits"
	"runtime"
	"sync"

	"eyas/internal/rule/col"
)

// batchRows is the number of rows that pass through all nodes together. The registers of one batch fit in the
// second-level cache.
const (
	batchWords = 16
	batchRows  = batchWords * 64
)

// Output receives the rows of a node. Only the slices that are not nil are filled.
type Output struct {
	Node        *Node
	True, False col.Bitmap // Bool nodes
	Low, High   []int16    // Points nodes
	Packed      []int32    // of Points nodes, in the form that Load takes
	Num         []float64  // of Num and Rate nodes, with Valid; for rates also Defined
	Valid       col.Bitmap
	Defined     col.Bitmap
}

// Load supplies the rows of a node. The nodes that it depends on then need not run.
type Load struct {
	Node        *Node
	True, False col.Bitmap
	Packed      []int32
	Num         []float64
	Valid       col.Bitmap
	Defined     col.Bitmap
}

// Program is a list of nodes in the order in which they run, with registers assigned.
type Program struct {
	n       int // rows of the table
	order   []*Node
	slot    map[*Node]int
	buffers [5]int  // number of buffers of each sort that a run needs
	assign  []bufs  // per position in order
	args    [][]int // per position in order: the positions of the operands
	loads   map[*Node]*Load
	table   *col.Table
}

// bufs are numbers of buffers: for numbers, words a, b and d, and points. −1 means none.
type bufs struct{ num, a, b, d, pts int }

// Compile orders the nodes that the wanted nodes depend on. A node that has a Load is not evaluated.
func Compile(t *col.Table, wanted []*Node, loads ...*Load) *Program {
	p := &Program{n: t.N, slot: map[*Node]int{}, loads: map[*Node]*Load{}, table: t}
	for _, l := range loads {
		p.loads[l.Node] = l
	}
	var visit func(n *Node)
	visit = func(n *Node) {
		if _, ok := p.slot[n]; ok {
			return
		}
		p.slot[n] = -1
		if p.loads[n] == nil {
			for _, a := range n.operands() {
				visit(a)
			}
		}
		p.slot[n] = len(p.order)
		p.order = append(p.order, n)
	}
	for _, n := range wanted {
		visit(n)
	}
	p.args = make([][]int, len(p.order))
	for i, n := range p.order {
		if p.loads[n] == nil {
			for _, a := range n.args {
				p.args[i] = append(p.args[i], p.slot[a]) // 0 for uniform operands, which have no position
			}
		}
	}
	p.assignBuffers(wanted)
	return p
}

// operands are the arguments that must run first. A uniform right-hand side is read as one number, so it need not.
func (n *Node) operands() []*Node {
	if (n.op == opCompare || n.op == opPointsAtLeast) && n.args[1].op == opUniform {
		return n.args[:1]
	}
	return n.args
}

// assignBuffers gives each node its buffers. A buffer is reused after its last use, so that few buffers stay in the
// cache.
func (p *Program) assignBuffers(wanted []*Node) {
	last := make([]int, len(p.order))
	for i, n := range p.order {
		last[i] = i
		if p.loads[n] != nil {
			continue
		}
		for _, a := range n.operands() {
			last[p.slot[a]] = i
		}
	}
	for _, n := range wanted {
		last[p.slot[n]] = len(p.order)
	}
	free := [3][]int{}
	take := func(sort int) int {
		if f := free[sort]; len(f) > 0 {
			free[sort] = f[:len(f)-1]
			return f[len(f)-1]
		}
		p.buffers[sort]++
		return p.buffers[sort] - 1
	}
	p.assign = make([]bufs, len(p.order))
	for i, n := range p.order {
		b := bufs{-1, -1, -1, -1, -1}
		if p.loads[n] == nil && !n.Leaf() {
			switch n.kind {
			case Bool:
				b.a, b.b = take(1), take(1)
			case Num:
				b.num, b.a = take(0), take(1)
			case Rate:
				b.num, b.a, b.d = take(0), take(1), take(1)
			case Points:
				b.pts = take(2)
			}
		} else if n.op == opBoolAssumed || n.op == opBoolCol || n.op == opPresence {
			b.b = take(1)
		}
		p.assign[i] = b
		for j := 0; j <= i; j++ {
			if last[j] == i {
				give := func(sort, k int) {
					if k >= 0 {
						free[sort] = append(free[sort], k)
					}
				}
				give(0, p.assign[j].num)
				give(1, p.assign[j].a)
				give(1, p.assign[j].b)
				give(1, p.assign[j].d)
				give(2, p.assign[j].pts)
			}
		}
	}
}

// Len returns the number of nodes that run.
func (p *Program) Len() int { return len(p.order) }

// reg holds the rows of a node in the current batch.
type reg struct {
	num     []float64
	date    []int32
	text    []uint32
	pts     []int32
	a, b, d []uint64 // Bool: true, false; other kinds: known; Rate: d means it has a value
}

// run is the state of one worker.
type run struct {
	p      *Program
	params Params
	regs   []reg
	nums   [][]float64
	words  [][]uint64
	pts    [][]int32
	lo, hi int   // rows of the batch
	at     []int // positions of the operands of the current node
	err    error
	tables map[*Node][]uint8  // text tests, by the number of the word
	since  map[*Node][2]int32 // first and last day of issue of certificates without an end that are still held
}

var (
	zeroNums  = make([]float64, batchRows)
	zeroDates = make([]int32, batchRows)
	zeroTexts = make([]uint32, batchRows)
	zeroWords = make([]uint64, batchWords)
	oneWords  = func() []uint64 {
		w := make([]uint64, batchWords)
		for i := range w {
			w[i] = ^uint64(0)
		}
		return w
	}()
)

func (p *Program) newRun(params Params) *run {
	r := &run{p: p, params: params, regs: make([]reg, len(p.order)), tables: map[*Node][]uint8{}, since: map[*Node][2]int32{}}
	for range p.buffers[0] {
		r.nums = append(r.nums, make([]float64, batchRows))
	}
	for range p.buffers[1] {
		r.words = append(r.words, make([]uint64, batchWords))
	}
	for range p.buffers[2] {
		r.pts = append(r.pts, make([]int32, batchRows))
	}
	for i, n := range p.order {
		b, g := p.assign[i], &r.regs[i]
		if b.num >= 0 {
			g.num = r.nums[b.num]
		}
		if b.a >= 0 {
			g.a = r.words[b.a]
		}
		if b.b >= 0 {
			g.b = r.words[b.b]
		}
		if b.d >= 0 {
			g.d = r.words[b.d]
		}
		if b.pts >= 0 {
			g.pts = r.pts[b.pts]
		}
		if p.loads[n] != nil {
			continue
		}
		switch n.op {
		case opTextTest:
			r.tables[n] = testTable(p.table, n)
		case opHeld:
			first, last := issuedBetween(n.day, n.term)
			r.since[n] = [2]int32{first, last}
		}
	}
	return r
}

// testTable applies a text test once to each word of the dictionary: 1 true, 2 false, 0 for blank.
func testTable(t *col.Table, n *Node) []uint8 {
	d := t.Dicts[n.args[0].Key]
	if d == nil {
		return []uint8{0}
	}
	tab := make([]uint8, len(d.Words))
	for i := 1; i < len(d.Words); i++ {
		if n.test(d.Words[i]) {
			tab[i] = 1
		} else {
			tab[i] = 2
		}
	}
	return tab
}

// Run evaluates all rows and fills the outputs. Batches are divided among workers; workers ≤ 0 means one per processor.
// An error comes from an Extern.
func (p *Program) Run(params Params, workers int, outputs []Output) error {
	return p.RunAmong(nil, params, workers, outputs)
}

// RunAmong is like Run, but evaluates only the batches in which any of some rows lies, and leaves the outputs of the others as they
// are; nil rows mean all.
func (p *Program) RunAmong(rows col.Bitmap, params Params, workers int, outputs []Output) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	batches := make([]int, 0, (p.n+batchRows-1)/batchRows)
	for b := range cap(batches) {
		if rows == nil || !rows[b*batchWords:min((b+1)*batchWords, len(rows))].Empty() {
			batches = append(batches, b)
		}
	}
	workers = max(1, min(workers, len(batches)/8))
	errs := make([]error, workers)
	var wg sync.WaitGroup
	work := func(w int) {
		r := p.newRun(params)
		for i := w; i < len(batches); i += workers {
			b := batches[i]
			r.batch(b*batchRows, min((b+1)*batchRows, p.n))
			if r.err != nil {
				errs[w] = r.err
				return
			}
			for i := range outputs {
				r.store(&outputs[i])
			}
		}
	}
	for w := 1; w < workers; w++ {
		wg.Add(1)
		go func() { defer wg.Done(); work(w) }()
	}
	work(0)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) batch(lo, hi int) {
	r.lo, r.hi = lo, hi
	for i, n := range r.p.order {
		if l := r.p.loads[n]; l != nil {
			r.load(&r.regs[i], l)
			continue
		}
		r.exec(i, n)
	}
}

func (r *run) words64() int { return (r.hi - r.lo + 63) / 64 }

func (r *run) load(g *reg, l *Load) {
	w0 := r.lo / 64
	w1 := w0 + r.words64()
	switch l.Node.kind {
	case Bool:
		g.a, g.b = l.True[w0:w1], l.False[w0:w1]
	case Points:
		g.pts = l.Packed[r.lo:r.hi]
	case Num:
		g.num, g.a = l.Num[r.lo:r.hi], l.Valid[w0:w1]
	case Rate:
		g.num, g.a, g.d = l.Num[r.lo:r.hi], l.Valid[w0:w1], l.Defined[w0:w1]
	default:
		panic(fmt.Sprint("kernel: no load for kind ", l.Node.kind))
	}
}

// store copies the batch to an output. Bits above the last row of the table are cleared.
func (r *run) store(o *Output) {
	g := &r.regs[r.p.slot[o.Node]]
	w0, nw := r.lo/64, r.words64()
	put := func(dst col.Bitmap, src []uint64) {
		if dst == nil {
			return
		}
		copy(dst[w0:w0+nw], src[:nw])
		if rest := uint(r.hi) & 63; rest != 0 && r.hi == r.p.n {
			dst[w0+nw-1] &= 1<<rest - 1
		}
	}
	switch o.Node.kind {
	case Bool:
		put(o.True, g.a)
		put(o.False, g.b)
	case Points:
		rows := r.hi - r.lo
		if o.Packed != nil {
			copy(o.Packed[r.lo:r.hi], g.pts[:rows])
		}
		if o.Low != nil {
			low, high, pts := o.Low[r.lo:r.hi], o.High[r.lo:r.hi], g.pts[:rows]
			high = high[:len(low)]
			pts = pts[:len(low)]
			for i, x := range pts {
				low[i] = int16(x)
				high[i] = int16(x >> 16)
			}
		}
	case Num, Rate:
		copy(o.Num[r.lo:r.hi], g.num[:r.hi-r.lo])
		put(o.Valid, g.a)
		put(o.Defined, g.d)
	}
}

// Sweep counts the rows of among in which all wanted nodes are true, once per set of parameters. An error comes from an
// Extern.
func (p *Program) Sweep(params []Params, wanted []*Node, among col.Bitmap) ([]int, error) {
	counts := make([]int, len(params))
	r := p.newRun(nil)
	for lo := 0; lo < p.n; lo += batchRows {
		hi := min(lo+batchRows, p.n)
		rows := among[lo/64 : (hi+63)/64]
		for k, ps := range params {
			r.params = ps
			r.batch(lo, hi)
			if r.err != nil {
				return nil, r.err
			}
			for w, x := range rows {
				for _, n := range wanted {
					x &= r.regs[p.slot[n]].a[w]
				}
				counts[k] += bits.OnesCount64(x)
			}
		}
	}
	return counts, nil
}
