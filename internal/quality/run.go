package quality

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// Source is the registry as a run over a whole register reads it. Profiles and what is said of them are used again for
// the next.
type Source interface {
	// EachProfile gives the profiles that changed after a counter.
	EachProfile(ctx context.Context, register string, afterChange int64, fn func(*registry.Profile) error) error
	// Disputed gives, ascending, the changed subjects of which different sources may say different things of an attribute.
	Disputed(ctx context.Context, register string, attributes []string, afterChange int64) ([]int64, error)
	// EachSaidOf gives the profiles of subjects with what their records say of some attributes.
	EachSaidOf(ctx context.Context, register string, subjects []int64, attributes []string, fn func(p *registry.Profile, said []registry.Fact) error) error
	// Addresses says where values came from.
	Addresses(ctx context.Context, register string, facts []registry.Fact) ([]registry.Address, error)
}

// Placed is a finding with the address of its value.
type Placed struct {
	Finding
	Source registry.Address
}

// Result is what a run came to.
type Result struct {
	Subjects int // judged
	Findings []Placed
}

// Run judges a whole register: two passes over its profiles, then the addresses of what was found. Findings come by
// subject and, of one subject, in the order of the pack's rules. district, when not empty, keeps those of one district;
// what is usual is learned from all.
func Run(ctx context.Context, p *pack.Pack, src Source, opt Options, district string) (*Result, error) {
	j, err := New(p, opt)
	if err != nil {
		return nil, err
	}
	if err := j.learn(ctx, src); err != nil {
		return nil, err
	}
	res := &Result{}
	err = j.each(ctx, src, 0, func(p *registry.Profile, list []Finding) error {
		if !p.Gone {
			res.Subjects++
		}
		for _, f := range list {
			if district == "" || f.District == district {
				res.Findings = append(res.Findings, Placed{Finding: f})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(res.Findings, func(a, b Placed) int { return cmp.Compare(a.Subject, b.Subject) })
	return res, place(ctx, src, j.register.ID, res.Findings)
}

// learn lets the whole register into what is usual, if any rule asks for that.
func (j *Judge) learn(ctx context.Context, src Source) error {
	if len(j.usual.series) > 0 {
		if err := pass(ctx, src, j.register.ID, 0, func(p *registry.Profile) error { j.Learn(p); return nil }); err != nil {
			return err
		}
	}
	j.Settle()
	return nil
}

// each judges the subjects that changed after a counter, gone ones too, and gives fn what was found, one at a time.
// Those of whom only one source speaks are judged by their profiles; of the others the records are read, in as many
// goroutines as there are processors. A subject may come twice when it changes meanwhile.
func (j *Judge) each(ctx context.Context, src Source, after int64, fn func(*registry.Profile, []Finding) error) error {
	var disputed []int64
	attributes := j.heard()
	if len(attributes) > 0 {
		var err error
		if disputed, err = src.Disputed(ctx, j.register.ID, attributes, after); err != nil {
			return err
		}
	}
	err := pass(ctx, src, j.register.ID, after, func(p *registry.Profile) error {
		if _, found := slices.BinarySearch(disputed, p.Subject); found {
			return nil
		}
		return fn(p, j.Check(p, nil))
	})
	if err != nil || len(disputed) == 0 {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var one sync.Mutex
	var failed error
	var wait sync.WaitGroup
	share := (len(disputed) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for part := range slices.Chunk(disputed, share) {
		wait.Go(func() {
			f := j.Fork()
			err := src.EachSaidOf(ctx, j.register.ID, part, attributes, func(p *registry.Profile, said []registry.Fact) error {
				list := f.Check(p, said)
				one.Lock()
				defer one.Unlock()
				return fn(p, list)
			})
			one.Lock()
			defer one.Unlock()
			if err != nil && failed == nil { // the others end for this reason
				failed = err
				cancel()
			}
		})
	}
	wait.Wait()
	return failed
}

// batch is how many profiles are handed over at once.
const batch = 512

// pass gives the profiles that changed after a counter to fn, which runs beside the reading: profiles are copied in
// batches, four of them in all. The first error of fn ends it.
func pass(ctx context.Context, src Source, register string, after int64, fn func(*registry.Profile) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	full, free := make(chan []registry.Profile, 2), make(chan []registry.Profile, 4)
	for range 4 {
		free <- make([]registry.Profile, 0, batch)
	}
	done := make(chan error, 1)
	go func() {
		var failed error
		for list := range full {
			for i := range list {
				if failed == nil {
					if failed = fn(&list[i]); failed != nil {
						cancel()
					}
				}
			}
			free <- list[:0]
		}
		done <- failed
	}()
	list := <-free
	err := src.EachProfile(ctx, register, after, func(p *registry.Profile) error {
		n := len(list)
		list = list[:n+1]
		t := &list[n]
		facts := append(t.Facts[:0], p.Facts...)
		*t = *p
		t.Facts = facts
		if len(list) == batch {
			full <- list
			list = <-free
		}
		return nil
	})
	full <- list
	close(full)
	if failed := <-done; failed != nil {
		return failed
	}
	return err
}

// place fills in the addresses of findings, some thousand at a time.
func place(ctx context.Context, src Source, register string, list []Placed) error {
	for part := range slices.Chunk(list, 4096) {
		facts := make([]registry.Fact, len(part))
		for i, f := range part {
			facts[i] = registry.Fact{Record: f.Record, Cell: f.Cell}
		}
		addresses, err := src.Addresses(ctx, register, facts)
		if err != nil {
			return err
		}
		for i := range part {
			part[i].Source = addresses[i]
		}
	}
	return nil
}

// Count is a number of findings under a name.
type Count struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	N    int    `json:"findings"`
}

// Counts counts findings by what key gives, the most first.
func Counts(list []Placed, key func(*Placed) (id, name string)) []Count {
	at := map[string]int{}
	counts := []Count{}
	for i := range list {
		id, name := key(&list[i])
		k, ok := at[id]
		if !ok {
			k = len(counts)
			at[id] = k
			counts = append(counts, Count{ID: id, Name: name})
		}
		counts[k].N++
	}
	slices.SortStableFunc(counts, func(a, b Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.ID, b.ID)) })
	return counts
}
