package derive

import (
	"context"
	"sync"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Sink receives the profiles of one block.
type Sink struct {
	Add    func(*fact.Profile) error
	Values fact.Values // receives values only; nil when whole profiles are wanted
}

// Blocks passes the profiles of a register as of a moment, without the subjects that are inactive then, to several
// goroutines at a time. It calls begin for each block, on any goroutine. It calls the function that begin returned after
// the last profile of the block, on the caller's goroutine, in the order of blocks.
func (g *Base) Blocks(ctx context.Context, r BlocksReader, reg *pack.Register, m fact.Moment, begin func() (Sink, func() error)) (err error) {
	defer fault.At(&err, "derive.Blocks(register %s)", reg.ID)
	readers, err := readersOf(ctx, r)
	if err != nil {
		return err
	}
	defer readers.close()
	d, err := g.DeriverAt(ctx, r, reg, m)
	if err != nil {
		return err
	}
	lists, err := g.WholeLists(ctx, r, reg, m)
	if err != nil {
		return err
	}
	joined, err := g.joined(ctx, r, reg.ID, m)
	if err != nil {
		return err
	}
	last, err := r.Counter(ctx, fact.LastSubject)
	if err != nil {
		return err
	}
	a := &allAt{register: reg.ID, m: m, lists: lists, joined: joined, lock: readers.lock, begin: begin}
	var workers []*atWorker
	for _, from := range readers.list {
		workers = append(workers, &atWorker{from: from, d: d.beside(from), block: block{limit: g.BlockBytes}})
	}
	return inBlocks(ctx, workers, int((last+blockSpan-1)/blockSpan), a.work, func(done *func() error) error { return (*done)() })
}

// allAt is what all goroutines need to derive the profiles of a register as of a moment.
type allAt struct {
	register string
	m        fact.Moment
	lists    map[int][]WholeList
	joined   map[int64]*Past
	lock     sync.Locker
	begin    func() (Sink, func() error)
}

// atWorker is the state of one of these goroutines.
type atWorker struct {
	from    BlockReader
	d       *Deriver
	block   block
	profile fact.Profile
}

func (a *allAt) work(ctx context.Context, w *atWorker, number int, done *func() error) error {
	stored := a.m.Latest()
	to, end := a.begin()
	*done = end
	p := &w.profile
	plain := stored && to.Values != nil && len(a.lists) == 0
	first := int64(number)*blockSpan + 1
	for last := first + blockSpan - 1; first <= last; first++ {
		until, err := a.read(ctx, w, first, last, stored)
		if err != nil {
			return err
		}
		if err := w.block.each(func(old *fact.ProfileRow, records []fact.RecordRow) (err error) {
			if plain {
				return w.d.Rules.giveStored(old, to.Values)
			}
			if stored {
				err = w.d.Rules.Profile(old, a.lists, p)
			} else {
				err = w.d.ProfileAt(ctx, old, records, a.lists, p)
			}
			if err != nil || p.Gone {
				return err
			}
			return to.Add(p)
		}); err != nil {
			return err
		}
		first = until
	}
	return nil
}

// read reads subjects first to last, as many as fit into a block. It returns the last one that it read.
func (a *allAt) read(ctx context.Context, w *atWorker, first, last int64, stored bool) (int64, error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	b, d := &w.block, w.d
	last, err := b.readProfiles(ctx, w.from, a.register, first, last, stored)
	if err != nil || stored {
		return last, err
	}
	var counts func(*fact.ImportRow) bool
	if !a.m.KnownOn.IsZero() {
		counts = func(i *fact.ImportRow) bool { return a.m.Knows(d.Pack, i) }
	}
	last, err = b.readRecords(ctx, w.from, func(string) *Deriver { return d }, counts, last)
	if err != nil || a.joined == nil {
		return last, err
	}
	for i := range b.profiles {
		subject := b.profiles[i].Subject
		past := a.joined[subject]
		if past == nil {
			continue
		}
		records, err := past.Records(ctx, w.from, d, subject, a.m)
		if err != nil {
			return 0, err
		}
		if b.apart == nil {
			b.apart = map[int64][]fact.RecordRow{}
		}
		b.apart[subject] = records
	}
	return last, nil
}
