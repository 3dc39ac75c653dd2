package judge

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"eyas/internal/registry/fact"
)

// Source reads a whole register. Profiles and facts are reused for the next call of fn.
type Source interface {
	// EachProfile calls fn for the profiles that changed after a change counter; 0 means all.
	EachProfile(ctx context.Context, register string, afterChange int64, fn func(*fact.Profile) error) error
	// Disputed returns the changed subjects whose records of different sources may contradict each other in an
	// attribute, in ascending order.
	Disputed(ctx context.Context, register string, attributes []string, afterChange int64) ([]int64, error)
	// EachSaidOf calls fn for the profiles of subjects, with what their records say about the attributes.
	EachSaidOf(ctx context.Context, register string, subjects []int64, attributes []string, fn func(p *fact.Profile, said []fact.Fact) error) error
}

// LearnFrom learns the usual values from the whole register, if a rule needs them.
func (j *Judge) LearnFrom(ctx context.Context, src Source) error {
	if len(j.usual.series) > 0 {
		if err := Pass(ctx, src, j.Register.ID, 0, func(p *fact.Profile) error { j.Learn(p); return nil }); err != nil {
			return err
		}
	}
	j.Settle()
	return nil
}

// Each judges the subjects that changed after a change counter, including inactive ones, and calls fn with the findings
// of one subject at a time. A subject with one source is judged by its profile. For the others, the records are read
// too, in one goroutine per processor. A subject that changes during the call may come twice.
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
			if err != nil && failed == nil { // the other goroutines stop because of it
				failed = err
				cancel()
			}
		})
	}
	wait.Wait()
	return failed
}

// batch is the number of profiles in a batch.
const batch = 512

// Pass calls fn for the profiles that changed after a change counter. Reading continues while fn runs: profiles are
// copied to batches, four in all. Pass returns the first error of fn.
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
