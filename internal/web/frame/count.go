package frame

import (
	"context"
	"fmt"
	"sync"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/web/address"
)

// Count counts what stands beside an entry or a tab, for who acts and within a scope. It may be slow: what it gave is kept.
type Count func(ctx context.Context, scope string) (int, error)

// Wait is one kind of thing that waits for a person: questions, doubted values, refused rows.
type Wait struct {
	Key   string // of its texts, todo.KEY and so on, and of the tab that it stands under
	Path  string // of the page where it is dealt with
	Count Count
	// First gives the first few that wait, and when the oldest came. It is asked only where Count gave some.
	First func(ctx context.Context, ask *address.Ask, most int) (Waiting, error)
	// Whole says that it is not known where these lie, so that no scope narrows them.
	Whole bool
}

// Waiting is what waits, as far as a page names it.
type Waiting struct {
	Oldest time.Time // zero: not known
	List   []WaitingItem
}

// WaitingItem is one thing that waits, with the address where it is dealt with.
type WaitingItem struct{ Name, Note, URL string }

const (
	// countAge is how long a count is shown before it is made again in the background.
	countAge = 30 * time.Second
	// countTime bounds one count.
	countTime = 2 * time.Minute
	// mostCounts is how many counts are kept; those of scopes that nobody asks for any more go first.
	mostCounts = 4096
)

// counts keeps the numbers of the frame, so that a page does not count a large base.
type counts struct {
	mu    sync.Mutex
	kept  map[countKey]*keptCount
	round int64 // grows with every write through these pages
}

type countKey struct{ actor, scope, of string }

type keptCount struct {
	n       int
	known   bool
	round   int64 // in which it was made
	at      time.Time
	running chan struct{} // closed when the count that runs has ended; nil: none runs
}

// counted is what one count is of.
type counted struct {
	of    string
	count Count
}

// Recount says that something was written, so that counts are made again when they are asked for.
func (f *Frame) Recount() {
	f.counts.mu.Lock()
	defer f.counts.mu.Unlock()
	f.counts.round++
}

// countAll gives the counts that are known. Those that a write has outdated are waited for a moment, and others that are old are
// made again in the background.
func (f *Frame) countAll(ctx context.Context, scope string, all []counted) map[string]int {
	keys := make([]countKey, len(all))
	var running []chan struct{}
	c := &f.counts
	c.mu.Lock()
	if c.kept == nil || len(c.kept) > mostCounts {
		c.kept = map[countKey]*keptCount{}
	}
	for i, x := range all {
		key := countKey{auth.Of(ctx), scope, x.of}
		keys[i] = key
		k := c.kept[key]
		if k == nil {
			k = &keptCount{round: -1}
			c.kept[key] = k
		}
		outdated := k.round != c.round
		if k.running == nil && (outdated || f.Clock().Sub(k.at) > countAge) {
			k.running = make(chan struct{})
			go f.count(context.WithoutCancel(ctx), x, scope, k, c.round, k.running)
		}
		if outdated {
			running = append(running, k.running)
		}
	}
	c.mu.Unlock()
	late := time.NewTimer(f.Limits.Counting)
	defer late.Stop()
waiting:
	for _, done := range running {
		select {
		case <-done:
		case <-late.C:
			break waiting
		case <-ctx.Done():
			break waiting
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := map[string]int{}
	for i, x := range all {
		if k := c.kept[keys[i]]; k != nil && k.known {
			n[x.of] = k.n
		}
	}
	return n
}

// count makes one count. One that fails is not known; that somebody may not see it is no failure.
func (f *Frame) count(ctx context.Context, x counted, scope string, k *keptCount, round int64, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	n, err := x.safely(ctx, scope)
	if err != nil && fault.Of(err) != fault.Forbidden {
		f.Log.Warn("count for the frame", "of", x.of, "error", err)
	}
	f.counts.mu.Lock()
	defer f.counts.mu.Unlock()
	k.n, k.known, k.round, k.at, k.running = n, err == nil, round, f.Clock(), nil
	close(done)
}

// safely is count whose panic is an error: it runs behind the answer that started it.
func (x *counted) safely(ctx context.Context, scope string) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return x.count(ctx, scope)
}

// counted are all numbers that the frame shows.
func (p *plan) counted() (all []counted) {
	for _, w := range p.waits {
		all = append(all, counted{w.Key, w.Count})
	}
	for _, t := range p.tabs {
		if t.Count != nil {
			all = append(all, counted{tabCount + t.Key, t.Count})
		}
	}
	return all
}

// tabCount begins the name of a count that is a tab's own.
const tabCount = "tab "

// Waits are what waits for who acts, each with its number; -1 while it is not known.
func (f *Frame) Waits(ctx context.Context, scope string) (waits []Wait, n []int) {
	counts := f.countAll(ctx, scope, f.plan.counted())
	for _, w := range f.plan.waits {
		k, known := counts[w.Key]
		if !known {
			k = -1
		}
		waits, n = append(waits, w), append(n, k)
	}
	return waits, n
}
