package link

import (
	"iter"
	"runtime"
	"sync"
)

// streamed is the number of rows that a goroutine takes at a time.
const streamed = 512

// Each decides items in parallel on all processors and calls fn in the order of the items. rowOf returns the row of an
// item. Each returns the first error of fn.
func Each[T any](x *Index, items iter.Seq[T], rowOf func(*T) *Row, fn func(*T, *Match) error) error {
	type batch struct {
		rows    []T
		matches []Match
		done    chan struct{}
	}
	workers := runtime.GOMAXPROCS(0)
	work, order := make(chan *batch, workers), make(chan *batch, 4*workers)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			d := x.decider()
			for b := range work {
				for i := range b.rows {
					b.matches = append(b.matches, d.match(rowOf(&b.rows[i])))
				}
				close(b.done)
			}
		})
	}
	wg.Go(func() {
		defer close(order)
		defer close(work)
		b := &batch{done: make(chan struct{})}
		pass := func() bool {
			select {
			case order <- b:
			case <-stop:
				return false
			}
			work <- b
			b = &batch{rows: make([]T, 0, streamed), matches: make([]Match, 0, streamed), done: make(chan struct{})}
			return true
		}
		for r := range items {
			if b.rows = append(b.rows, r); len(b.rows) == streamed && !pass() {
				return
			}
		}
		if len(b.rows) > 0 {
			pass()
		}
	})
	var failed error
	for b := range order {
		<-b.done
		for i := range b.rows {
			if failed != nil {
				break
			}
			if failed = fn(&b.rows[i], &b.matches[i]); failed != nil {
				close(stop)
			}
		}
	}
	wg.Wait()
	return failed
}
