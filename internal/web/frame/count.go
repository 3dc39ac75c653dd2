package frame

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// Count counts what stands beside an entry or a tab, for who acts and within a scope. It may be slow: what it gave is kept.
type Count func(ctx context.Context, scope string) (int, error)

const (
	// countAge is how long a count is shown before it is made again in the background.
	countAge = 30 * time.Second
	// countTime bounds one count.
	countTime = 2 * time.Minute
	// atOnce is how many counts are made at a time: pages go first.
	atOnce = 4
	// mostCounts is how many counts are kept; those of scopes that nobody asks for any more go first.
	mostCounts = 4096
)

// counts keeps the numbers of the frame, so that a page does not count a large base.
type counts struct {
	clock    func() time.Time
	log      *slog.Logger
	patience time.Duration // how long a page waits for numbers that a write has outdated
	turns    chan struct{} // a token for each count that is being made
	mu       sync.Mutex
	kept     map[countKey]*keptCount
	round    int64            // grows with what is written behind the pages
	rounds   map[string]int64 // by person: grows with what he writes himself
}

type countKey struct {
	actor auth.Actor // with role, organisation and subject: another role of one person counts for itself
	scope string
	of    string
}

type keptCount struct {
	n       int
	known   bool
	denied  bool  // who acts may not see what would be counted
	round   int64 // in which it was made
	at      time.Time
	running chan struct{} // closed when the count that runs has ended; nil: none runs
}

// counted is what one count is of.
type counted struct {
	of    string
	count Count
}

// outdate says that something was written, so that counts are made again when they are asked for: those of the person who wrote it,
// or of everybody when nobody is named. Others see it when their counts are old: with hundreds of persons somebody always writes.
func (c *counts) outdate(person string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if person == "" || len(c.rounds) > mostCounts {
		c.round += c.most() + 1
		c.rounds = map[string]int64{}
		return
	}
	if c.rounds == nil {
		c.rounds = map[string]int64{}
	}
	c.rounds[person]++
}

// most is the greatest number of writes of one person.
func (c *counts) most() (n int64) {
	for _, of := range c.rounds {
		n = max(n, of)
	}
	return n
}

// numbers are counts by what they are of.
type numbers struct {
	n      map[string]int
	denied map[string]bool // of what who acts may not see; it is not offered either
}

// all gives the counts that are known. Those that a write has outdated are waited for a moment, and others that are old are made
// again in the background.
func (c *counts) all(ctx context.Context, scope string, list []counted) numbers {
	keys := make([]countKey, len(list))
	var running []chan struct{}
	c.mu.Lock()
	if c.kept == nil || len(c.kept) > mostCounts {
		c.kept = map[countKey]*keptCount{}
	}
	if c.rounds == nil {
		c.rounds = map[string]int64{}
	}
	for i, x := range list {
		who := auth.Named(ctx)
		who.From, who.Session = "", "" // the same from everywhere
		key := countKey{who, scope, x.of}
		keys[i] = key
		k := c.kept[key]
		if k == nil {
			k = &keptCount{round: -1}
			c.kept[key] = k
		}
		round := c.round + c.rounds[who.ID]
		outdated := k.round != round
		if k.running == nil && (outdated || c.clock().Sub(k.at) > countAge) {
			k.running = make(chan struct{})
			go c.make(context.WithoutCancel(ctx), x, scope, k, round, k.running)
		}
		if outdated {
			running = append(running, k.running)
		}
	}
	c.mu.Unlock()
	late := time.NewTimer(c.patience)
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
	all := numbers{map[string]int{}, map[string]bool{}}
	for i, x := range list {
		switch k := c.kept[keys[i]]; {
		case k == nil:
		case k.denied:
			all.denied[x.of] = true
		case k.known:
			all.n[x.of] = k.n
		}
	}
	return all
}

// make makes one count. One that fails is not known; that somebody may not see it is no failure.
func (c *counts) make(ctx context.Context, x counted, scope string, k *keptCount, round int64, done chan struct{}) {
	c.turns <- struct{}{}
	defer func() { <-c.turns }()
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	n, err := x.safely(ctx, scope)
	denied := err != nil && fault.Of(err) == fault.Forbidden
	if err != nil && !denied {
		c.log.Warn("count for the frame", "of", x.of, "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k.n, k.known, k.denied, k.round, k.at, k.running = n, err == nil, denied, round, c.clock(), nil
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
