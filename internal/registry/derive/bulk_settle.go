package derive

import (
	"context"
	"runtime"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Settle derives subjects, which must be ascending, again on all cores and lands the profiles that changed. changed is
// their number.
func (b *Bulk) Settle(ctx context.Context, reg *pack.Register, subjects []int64, what Progress, progress func(Progress)) (changed int, err error) {
	defer fault.At(&err, "derive.Settle(register %s, %d subjects)", reg.ID, len(subjects))
	if watch := watchOf(ctx); watch != nil {
		err = watch(ctx, reg, subjects, b.Read, func() error {
			changed, err = b.settleSome(ctx, reg, subjects, what, progress)
			return err
		})
		return changed, err
	}
	return b.settleSome(ctx, reg, subjects, what, progress)
}

func (b *Bulk) settleSome(ctx context.Context, reg *pack.Register, subjects []int64, what Progress, progress func(Progress)) (changed int, err error) {
	parts := slices.Collect(slices.Chunk(subjects, fact.BatchRows))
	what.TotalRows = len(subjects)
	return b.settleParts(ctx, []*pack.Register{reg}, len(parts), func(ctx context.Context, r BlockReader, d *deriverSet, number int, s *settling) error {
		s.size = len(parts[number])
		return s.derive(ctx, r, d.of[reg.ID], parts[number], b.View == nil && len(b.Announced) == 0)
	}, what, progress)
}

// SettleAll does what Settle does for all subjects of all registers. The batch must bring no imports.
func (b *Bulk) SettleAll(ctx context.Context, what Progress, progress func(Progress)) (changed int, err error) {
	defer fault.At(&err, "derive.SettleAll")
	var last int64
	if err := ReadIn(ctx, b, b.g.rooms.Deriving(), func(r RoomReader) (err error) {
		last, err = r.Counter(ctx, fact.LastSubject)
		return err
	}); err != nil {
		return 0, err
	}
	what.TotalRows = int(last)
	return b.settleParts(ctx, b.g.Pack.Registers, int((last+blockSpan-1)/blockSpan), func(ctx context.Context, r BlockReader, d *deriverSet, number int, s *settling) error {
		first := int64(number)*blockSpan + 1
		until := min(last, first+blockSpan-1)
		s.size = int(until - first + 1)
		return s.deriveRange(ctx, r, d.register, "", first, until, nil)
	}, what, progress)
}

// settleParts derives the subjects of some registers again in n parts and lands the profiles that changed. work derives
// one part.
func (b *Bulk) settleParts(ctx context.Context, registers []*pack.Register, n int, work func(ctx context.Context, r BlockReader, d *deriverSet, number int, s *settling) error, what Progress, progress func(Progress)) (changed int, err error) {
	if n == 0 {
		return 0, nil
	}
	workers := make([]*deriverSet, max(1, min(runtime.GOMAXPROCS(0), mostSettlers, n)))
	if err := ReadIn(ctx, b, b.g.rooms.Deriving(), func(r RoomReader) error {
		for i := range workers {
			workers[i] = &deriverSet{of: map[string]*Deriver{}}
		}
		for _, reg := range registers {
			d, err := b.deriver(ctx, r, reg)
			if err != nil {
				return err
			}
			for _, w := range workers {
				w.of[reg.ID] = d.beside(nil)
			}
		}
		return nil
	}); err != nil {
		return 0, err
	}
	tell := b.g.Teller(what, progress)
	var ready []fact.ProfileRow // to be landed
	done, size := 0, 0
	land := func() error {
		err := b.land(ctx, ready)
		ready, size = ready[:0], 0
		return err
	}
	err = inBlocks(ctx, workers, n, func(ctx context.Context, d *deriverSet, number int, s *settling) error {
		return ReadIn(ctx, b, b.g.rooms.Deriving(), func(r RoomReader) error {
			from := Reader(r)
			if b.View != nil {
				from = b.View(r)
			}
			for _, one := range d.of {
				one.from = from
			}
			s.rederived, s.met, s.limit = rederived{}, s.met[:0], b.g.BlockBytes
			return work(ctx, r, d, number, s)
		})
	}, func(s *settling) error {
		for _, register := range s.met {
			b.derived[register] = true
		}
		if len(s.claims) > 0 { // whether another subject has these codes is known only after the earlier profiles have landed
			if err := land(); err != nil {
				return err
			}
			if err := ReadIn(ctx, b, b.g.rooms.Deriving(), func(r RoomReader) error { return s.yieldAll(ctx, r, registers) }); err != nil {
				return err
			}
		}
		for i := range s.different {
			size += len(s.different[i].Facts)
		}
		ready = append(ready, s.different...)
		changed += len(s.different)
		if done += s.size; size >= settledBytes || done == what.TotalRows {
			if err := land(); err != nil {
				return err
			}
		}
		tell(done, 0, false)
		return nil
	})
	if err != nil {
		return 0, err
	}
	tell(done, 0, true)
	return changed, nil
}

// mostSettlers limits how many parts are derived at the same time: each one needs a connection of its own.
const mostSettlers = 4

// deriverSet holds the derivers of some registers for one goroutine.
type deriverSet struct{ of map[string]*Deriver }

// register returns the deriver of a register; nil when the pack no longer has the register.
func (s *deriverSet) register(id string) *Deriver { return s.of[id] }

// settling is one part of the subjects that are derived again.
type settling struct {
	block
	rederived
	size int      // subjects, or ids in the range
	met  []string // registers that have subjects in this part
}

// derive derives some subjects of a register again. Subjects with close ids are read as a range, unless the batch brings
// imports: their records cannot be read by range yet.
func (s *settling) derive(ctx context.Context, r BlockReader, d *Deriver, part []int64, ranges bool) error {
	s.met = append(s.met, d.Register.ID)
	if first, last := part[0], part[len(part)-1]; ranges && last-first < 2*int64(len(part)) {
		return s.deriveRange(ctx, r, func(string) *Deriver { return d }, d.Register.ID, first, last, part)
	}
	for few := range slices.Chunk(part, settledAtOnce) { // with all their records
		if err := s.all(ctx, d, few); err != nil {
			return err
		}
	}
	return nil
}

// settledAtOnce is the number of subjects that are read together when their ids are far apart.
const settledAtOnce = 64

// deriveRange derives subjects first to last again, of one register or, when it is empty, of all. When part is given, it
// derives only the subjects in part.
func (s *settling) deriveRange(ctx context.Context, r BlockReader, of func(register string) *Deriver, register string, first, last int64, part []int64) error {
	for ; first <= last; first++ {
		until, err := s.readProfiles(ctx, r, register, first, last, true)
		if err != nil {
			return err
		}
		if until, err = s.readRecords(ctx, r, of, nil, until); err != nil {
			return err
		}
		if err := s.each(func(old *fact.ProfileRow, own []fact.RecordRow) error {
			if _, asked := slices.BinarySearch(part, old.Subject); part != nil && !asked {
				return nil
			}
			d := of(old.Register)
			if d == nil {
				return nil
			}
			if !slices.Contains(s.met, old.Register) {
				s.met = append(s.met, old.Register)
			}
			return s.one(ctx, d, old, own)
		}); err != nil {
			return err
		}
		first = until
	}
	return nil
}

// yieldAll does what yieldCodes does for subjects of several registers.
func (s *rederived) yieldAll(ctx context.Context, from fact.SubjectReader, registers []*pack.Register) error {
	for _, reg := range registers {
		own := rederived{different: s.different}
		for _, i := range s.claims {
			if s.different[i].Register == reg.ID {
				own.claims = append(own.claims, i)
			}
		}
		if err := own.yieldCodes(ctx, from, reg.ID); err != nil {
			return err
		}
	}
	return nil
}

// settledBytes is the size in bytes of derived profiles that land in one chunk. One large chunk is faster than many small
// ones.
const settledBytes = 4 << 20

// land writes derived profiles in as many chunks as needed.
func (b *Bulk) land(ctx context.Context, profiles []fact.ProfileRow) error {
	for len(profiles) > 0 {
		if err := b.Chunk(ctx, func(ctx context.Context, w BatchWriter) error {
			for len(profiles) > 0 {
				n := min(fact.BatchRows, len(profiles))
				if err := b.put(ctx, w, profiles[:n]); err != nil {
					return err
				}
				if profiles = profiles[n:]; w.Enough() {
					return nil
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
