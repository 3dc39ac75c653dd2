package derive

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"eyas/internal/registry/fact"
)

// A whole register is read in blocks of subjects. Several goroutines read and derive blocks, and one delivers the results
// in the order of subjects. In memory are at most one block of input for each goroutine and two blocks of results for
// each goroutine.

// blockSpan is the number of consecutive subject ids in a block.
const blockSpan = 1024

// block is some subjects with the profiles and records that were read for them.
type block struct {
	profiles []fact.ProfileRow
	records  []fact.RecordRow           // of imports that count, by subject and record
	apart    map[int64][]fact.RecordRow // the records of subjects that took part in merges and moves, as these stood then
	bytes    []byte                     // facts and cells
	limit    int                        // see BlockBytes
}

// keep copies bytes that are only valid until the next row is read.
func (b *block) keep(from []byte) []byte {
	at := len(b.bytes)
	b.bytes = append(b.bytes, from...)
	return b.bytes[at:len(b.bytes):len(b.bytes)]
}

// readProfiles reads the stored profiles of subjects first to last, of one register or, when register is empty, of all.
// It leaves the facts out when they are derived anyway. It returns the last subject that it read.
func (b *block) readProfiles(ctx context.Context, r fact.BlockScanner, register string, first, last int64, facts bool) (int64, error) {
	b.profiles, b.records, b.bytes, b.apart = b.profiles[:0], b.records[:0], b.bytes[:0], nil
	err := r.EachProfileBetween(ctx, register, first, last, func(p *fact.ProfileRow) error {
		row := *p
		row.Facts = nil
		if facts {
			row.Facts = b.keep(p.Facts)
		}
		b.profiles = append(b.profiles, row)
		if len(b.bytes) >= b.limit {
			last = p.Subject
			return fact.ErrEnough
		}
		return nil
	})
	return last, err
}

// readRecords reads the records of the block's subjects that count: those of imports in force, or of the imports that
// counts accepts. of returns the deriver of a register, which loads its imports; nil leaves the register out. When there
// are too many records, it drops subjects at the end of the block. It returns the last subject of the block, or until
// when none was dropped.
func (b *block) readRecords(ctx context.Context, r fact.LinkScanner, of func(register string) *Deriver, counts func(*fact.ImportRow) bool, until int64) (int64, error) {
	n := len(b.profiles)
	if n == 0 {
		return until, nil
	}
	at := 0
	err := r.EachLinked(ctx, b.profiles[0].Subject, b.profiles[n-1].Subject, counts != nil, func(r *fact.RecordRow) error {
		for at < n && b.profiles[at].Subject < r.Subject {
			if at++; len(b.bytes) >= b.limit {
				until = b.profiles[at-1].Subject
				b.profiles = b.profiles[:at]
				return fact.ErrEnough
			}
		}
		if at < n && b.profiles[at].Subject == r.Subject { // otherwise the record belongs to another register
			row := *r
			row.Cells = b.keep(r.Cells)
			b.records = append(b.records, row)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	kept := b.records[:0]
	at = 0
	for i := range b.records {
		for b.profiles[at].Subject < b.records[i].Subject {
			at++
		}
		d := of(b.profiles[at].Register)
		if d == nil {
			continue
		}
		from, err := d.Load(ctx, b.records[i].Import)
		if err != nil {
			return 0, err
		}
		if counts == nil || counts(from.ImportRow) {
			kept = append(kept, b.records[i])
		}
	}
	b.records = kept
	slices.SortFunc(b.records, func(x, y fact.RecordRow) int {
		return cmp.Or(cmp.Compare(x.Subject, y.Subject), cmp.Compare(x.ID, y.ID))
	})
	return until, nil
}

// each calls fn with every subject of the block and its records.
func (b *block) each(fn func(old *fact.ProfileRow, records []fact.RecordRow) error) error {
	rest := b.records
	for i := range b.profiles {
		var own []fact.RecordRow
		subject := b.profiles[i].Subject
		own, rest = OfSubject(rest, subject)
		if apart, ok := b.apart[subject]; ok {
			own = apart
		}
		if err := fn(&b.profiles[i], own); err != nil {
			return err
		}
	}
	return nil
}

// blockReaders holds one reader of the same snapshot for each goroutine. When there is only one reader, the goroutines
// take turns and hold lock while they read.
type blockReaders struct {
	list  []BlockReader
	lock  sync.Locker
	close func()
}

func readersOf(ctx context.Context, r BlocksReader) (*blockReaders, error) {
	n := runtime.GOMAXPROCS(0)
	if n == 1 {
		return &blockReaders{[]BlockReader{r}, unlocked{}, func() {}}, nil
	}
	others, done, err := r.Beside(ctx, n-1)
	if err != nil {
		done()
		return nil, err
	}
	rs := &blockReaders{append([]BlockReader{r}, others...), unlocked{}, done}
	if len(others) == 0 {
		rs.lock = &sync.Mutex{}
		for len(rs.list) < n {
			rs.list = append(rs.list, r)
		}
	}
	return rs, nil
}

// inBlocks processes blocks 0 to n−1 with one goroutine for each worker. deliver gets the results in the order of blocks,
// on the caller's goroutine. A delivered result is passed to work again, which reuses its memory.
func inBlocks[W, B any](ctx context.Context, workers []W, n int, work func(ctx context.Context, w W, number int, b *B) error, deliver func(b *B) error) error {
	if len(workers) == 1 || n == 1 {
		var b B
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := work(ctx, workers[0], i, &b); err != nil {
				return err
			}
			if err := deliver(&b); err != nil {
				return err
			}
		}
		return nil
	}
	type result struct {
		b        *B
		err      error
		panicked any
	}
	inner, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	depth := 2 * len(workers)
	free := make(chan *B, depth)
	ready := make([]chan result, depth) // that of block i is at i modulo depth: no more blocks are taken than are free
	for i := range depth {
		free <- new(B)
		ready[i] = make(chan result, 1)
	}
	var next atomic.Int64
	for _, w := range workers {
		running.Go(func() {
			for {
				var r result
				select {
				case r.b = <-free:
				case <-inner.Done():
					return
				}
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				func() {
					defer func() { r.panicked = recover() }()
					r.err = work(inner, w, i, r.b)
				}()
				ready[i%depth] <- r
				if r.err != nil || r.panicked != nil {
					return
				}
			}
		})
	}
	for i := range n {
		select {
		case r := <-ready[i%depth]:
			if r.panicked != nil {
				panic(r.panicked)
			}
			if r.err != nil {
				return r.err
			}
			if err := deliver(r.b); err != nil {
				return err
			}
			free <- r.b
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
