package judge

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"eyas/internal/registry/fact"
)

// Source is the registry as a judge reads a whole register. Profiles and what is said of them are used again for the next.
type Source interface {
	// EachProfile gives the profiles that changed after a counter.
	EachProfile(ctx context.Context, register string, afterChange int64, fn func(*fact.Profile) error) error
	// Disputed gives, ascending, the changed subjects of which different sources may say different things of an attribute.
	Disputed(ctx context.Context, register string, attributes []string, afterChange int64) ([]int64, error)
	// EachSaidOf gives the profiles of subjects with what their records say of some attributes.
	EachSaidOf(ctx context.Context, register string, subjects []int64, attributes []string, fn func(p *fact.Profile, said []fact.Fact) error) error
}

// LearnFrom lets the whole register into what is usual, if any rule asks for that.
func (j *Judge) LearnFrom(ctx context.Context, src Source) error {
	if len(j.usual.series) > 0 {
		if err := Pass(ctx, src, j.Register.ID, 0, func(p *fact.Profile) error { j.Learn(p); return nil }); err != nil {
			return err
		}
	}
	j.Settle()
	return nil
}

// Each judges the subjects that changed after a counter, gone ones too, and gives fn what was found, one at a time.
// Those of whom only one source speaks are judged by their profiles; of the others the records are read, in as many
// goroutines as there are processors. A subject may come twice when it changes meanwhile.
func (j *Judge) Each(ctx context.Context, src Source, after int64, fn func(*fact.Profile, []Finding) error) error {
	var disputed []int64
	attributes := j.heard()
	if len(attributes) > 0 {
		var err error
		if disputed, err = src.Disputed(ctx, j.Register.ID, attributes, after); err != nil {
			return err
		}
	}
	err := Pass(ctx, src, j.Register.ID, after, func(p *fact.Profile) error {
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
			err := src.EachSaidOf(ctx, j.Register.ID, part, attributes, func(p *fact.Profile, said []fact.Fact) error {
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

// Pass gives the profiles that changed after a counter to fn, which runs beside the reading: profiles are copied in
// batches, four of them in all. The first error of fn ends it.
func Pass(ctx context.Context, src Source, register string, after int64, fn func(*fact.Profile) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	full, free := make(chan []fact.Profile, 2), make(chan []fact.Profile, 4)
	for range 4 {
		free <- make([]fact.Profile, 0, batch)
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
	err := src.EachProfile(ctx, register, after, func(p *fact.Profile) error {
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
