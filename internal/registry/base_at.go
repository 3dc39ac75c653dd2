package registry

import (
	"context"
	"sync"
	"time"

	"eyas/internal/pack"
)

// Horizon says from which days on a moment asks for nothing but the latest.
type Horizon struct {
	Day  time.Time // the latest day that a file in force speaks of; zero: none says one
	Last time.Time // when the base last changed: an import, an undoing, a merge, a moved record
}

// Beyond reports whether a moment lies where nothing later is known: it asks for what the base is now.
func (h Horizon) Beyond(p *pack.Pack, m Moment) bool { return h.Reduce(p, m).Latest() }

// Reduce leaves of a moment the days that make a difference. A day of knowledge that it leaves is over for good: writers
// take turns, and one of them has come after it, so that whatever is written from now on was not known then.
func (h Horizon) Reduce(p *pack.Pack, m Moment) Moment {
	if !m.KnownOn.IsZero() && h.Last.Before(m.end(p)) {
		m.KnownOn = time.Time{}
	}
	// What was taken back since may speak of later days than what is in force now.
	if m.KnownOn.IsZero() && (h.Day.IsZero() || !h.Day.After(m.HeldOn)) {
		m.HeldOn = time.Time{}
	}
	return m
}

// Horizon gives the base's horizon.
func (g *Registry) Horizon(ctx context.Context) (h Horizon, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		h.Day, h.Last, err = r.Horizon(ctx)
		return err
	})
	return h, err
}

// Settled reports whether a moment asks for the base as it is now.
func (g *Registry) Settled(ctx context.Context, m Moment) (bool, error) {
	if m.Latest() {
		return true, nil
	}
	h, err := g.Horizon(ctx)
	return err == nil && h.Beyond(g.pack, m), err
}

// EachAt gives the profiles of a register as of a moment, by subject, without those that are gone then. It derives
// them from all records. The profile is used again for the next.
func (g *Registry) EachAt(ctx context.Context, register string, m Moment, fn func(*Profile) error) error {
	free := make(chan *heldProfiles, 64)
	return g.ProfileBlocks(ctx, register, m, func() (add func(*Profile) error, done func() error) {
		h := &heldProfiles{}
		select {
		case h = <-free:
		default:
		}
		done = func() error {
			if err := h.each(fn); err != nil {
				return err
			}
			select {
			case free <- h:
			default:
			}
			return nil
		}
		return h.add, done
	})
}

// heldProfiles are the profiles of a block until they are delivered.
type heldProfiles struct {
	profiles []Profile
	facts    []Fact // of all, one after another
	counts   []int  // how many of them each has
}

func (h *heldProfiles) add(p *Profile) error {
	one := *p
	one.Facts = nil
	h.profiles = append(h.profiles, one)
	h.facts = append(h.facts, p.Facts...)
	h.counts = append(h.counts, len(p.Facts))
	return nil
}

func (h *heldProfiles) each(fn func(*Profile) error) error {
	rest := h.facts
	for i := range h.profiles {
		p, n := &h.profiles[i], h.counts[i]
		p.Facts, rest = rest[:n:n], rest[n:]
		if err := fn(p); err != nil {
			return err
		}
	}
	h.profiles, h.facts, h.counts = h.profiles[:0], h.facts[:0], h.counts[:0]
	return nil
}

// ProfileBlocks gives the profiles of a register as of a moment, without those that are gone then, to several goroutines
// at a time: who works for each profile, and not only for all of them, is as quick as there are cores. begin is called
// for each block of subjects, on any goroutine, and several times at once; add is called for each profile of the block,
// by subject, and done after that on the goroutine of the caller, in the order of blocks. Of the latest moment profiles
// are read as they are stored; of another they are derived from all records. The profile that add is given is used again
// for the next; its texts may be kept.
func (g *Registry) ProfileBlocks(ctx context.Context, register string, m Moment, begin func() (add func(*Profile) error, done func() error)) error {
	reg, err := g.register(register)
	if err != nil {
		return err
	}
	return g.base.Read(ctx, func(r Reader) error {
		readers, err := readersOf(ctx, r)
		if err != nil {
			return err
		}
		defer readers.close()
		d, err := g.deriver(ctx, r, reg)
		if err != nil {
			return err
		}
		if !m.HeldOn.IsZero() {
			d.codec.held = dayOf(m.HeldOn)
		}
		lists, err := g.wholeLists(ctx, r, reg, m)
		if err != nil {
			return err
		}
		joined, err := g.joined(ctx, r, register, m)
		if err != nil {
			return err
		}
		last, err := r.Counter(ctx, LastSubject)
		if err != nil {
			return err
		}
		a := &allAt{register: register, m: m, lists: lists, joined: joined, lock: readers.lock, begin: begin}
		var workers []*atWorker
		for _, from := range readers.list {
			workers = append(workers, &atWorker{d: d.beside(from)})
		}
		return inBlocks(ctx, workers, int((last+blockSpan-1)/blockSpan), a.work, func(done *func() error) error { return (*done)() })
	})
}

// allAt is what all profiles of a register are derived by, as of a moment.
type allAt struct {
	register string
	m        Moment
	lists    map[int][]whole
	joined   map[int64]*past
	lock     sync.Locker
	begin    func() (add func(*Profile) error, done func() error)
}

// atWorker is one of the goroutines that do it.
type atWorker struct {
	d       *deriver
	block   block
	profile Profile
}

func (a *allAt) work(ctx context.Context, w *atWorker, number int, done *func() error) error {
	stored := a.m.Latest()
	if err := a.read(ctx, w, int64(number)*blockSpan+1, stored); err != nil {
		return err
	}
	add, end := a.begin()
	*done = end
	p := &w.profile
	return w.block.each(func(old *ProfileRow, records []RecordRow) (err error) {
		if stored {
			err = w.d.codec.profile(old, a.lists, p)
		} else {
			err = w.d.profileAt(ctx, old, records, a.lists, p)
		}
		if err != nil || p.Gone {
			return err
		}
		return add(p)
	})
}

// read reads a block of subjects from first on.
func (a *allAt) read(ctx context.Context, w *atWorker, first int64, stored bool) error {
	a.lock.Lock()
	defer a.lock.Unlock()
	b, d := &w.block, w.d
	if err := b.readProfiles(ctx, d.from, a.register, first, first+blockSpan-1, stored); err != nil || stored {
		return err
	}
	var counts func(*ImportRow) bool
	if !a.m.KnownOn.IsZero() {
		counts = func(i *ImportRow) bool { return a.m.knows(d.pack, i) }
	}
	if err := b.readRecords(ctx, d, counts); err != nil || a.joined == nil {
		return err
	}
	for i := range b.profiles {
		subject := b.profiles[i].Subject
		past := a.joined[subject]
		if past == nil {
			continue
		}
		records, err := past.records(ctx, d, subject, a.m)
		if err != nil {
			return err
		}
		if b.apart == nil {
			b.apart = map[int64][]RecordRow{}
		}
		b.apart[subject] = records
	}
	return nil
}

// joined gives, of the subjects that took part in a merge or a move, how they stood at a time; nil when it is not
// asked what was known: links say then what is.
func (g *Registry) joined(ctx context.Context, r Reader, register string, m Moment) (map[int64]*past, error) {
	if m.KnownOn.IsZero() {
		return nil, nil
	}
	merges, err := r.MergesOf(ctx, register, nil)
	if err != nil {
		return nil, err
	}
	moves, err := r.RelinksOf(ctx, nil)
	if err != nil {
		return nil, err
	}
	sets := newSets()
	for i := range merges {
		sets.join(merges[i].From, merges[i].Into)
	}
	for i := range moves {
		sets.join(moves[i].From, moves[i].Into)
	}
	pasts := map[int64]*past{} // by the set's first
	of := map[int64]*past{}
	for s := range sets.parent {
		first := sets.find(s)
		p := pasts[first]
		if p == nil {
			p = &past{into: map[int64]int64{}, moves: map[int64]move{}}
			pasts[first] = p
		}
		p.group = append(p.group, s)
		of[s] = p
	}
	for i := range merges {
		if x := &merges[i]; m.Knew(g.pack, x.At, x.UndoneAt) {
			of[x.From].into[x.From] = x.Into
		}
	}
	byPast := map[*past][]RelinkRow{}
	for _, x := range moves {
		byPast[of[x.From]] = append(byPast[of[x.From]], x)
	}
	for p, list := range byPast {
		p.moved(g, list, m)
	}
	return of, nil
}

// sets are subjects that belong together.
type sets struct{ parent map[int64]int64 }

func newSets() sets { return sets{map[int64]int64{}} }

func (s sets) find(x int64) int64 {
	p, ok := s.parent[x]
	if !ok {
		s.parent[x] = x
		return x
	}
	if p != x {
		p = s.find(p)
		s.parent[x] = p
	}
	return p
}

func (s sets) join(a, b int64) {
	if a, b = s.find(a), s.find(b); a != b {
		s.parent[max(a, b)] = min(a, b)
	}
}
