package disclosure

import (
	"context"
	"sync"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

const (
	// lookEvery is how often looks are written. A process that is killed loses those since.
	lookEvery = 5 * time.Second
	// mostLooks bounds how many different looks wait to be written; whoever brings more writes them himself.
	mostLooks = 20_000
)

// looks are those that wait to be written: how often each, with Times left 0.
type looks struct {
	mu sync.Mutex
	of map[Look]int
	// writing is held while they are written, so that Close has written all when it returns.
	writing sync.Mutex
}

// Looked counts that the actor of a context opened a page of a subject. Who looks at what is his own, and the program itself, are
// not counted.
func (l *Ledger) Looked(ctx context.Context, subject int64) {
	w, a := l.who(ctx)
	if w.Person == "" || a.ID == auth.Self || subject == 0 || l.own(a) {
		return
	}
	l.looks.mu.Lock()
	l.looks.of[Look{Who: w, Subject: subject, Day: l.day(), What: Page}]++
	full := len(l.looks.of) >= mostLooks
	l.looks.mu.Unlock()
	if full {
		l.flushed(context.WithoutCancel(ctx))
	}
}

// own reports whether somebody acts for a subject and sees nothing but what is its own.
func (l *Ledger) own(a auth.Actor) bool {
	r := l.Pack.Role(string(a.Role))
	return a.Subject != 0 && r != nil && r.Rows == pack.RowsOwn
}

// Flush writes the looks that wait. When that fails they wait on.
func (l *Ledger) Flush(ctx context.Context) (err error) {
	defer fault.At(&err, "disclosure.Flush")
	l.looks.writing.Lock()
	defer l.looks.writing.Unlock()
	l.looks.mu.Lock()
	taken := l.looks.of
	l.looks.of = map[Look]int{}
	l.looks.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	list := make([]Look, 0, len(taken))
	for k, n := range taken {
		k.Times = n
		list = append(list, k)
	}
	err = l.Storage.WriteDisclosures(ctx, func(c Counter) error { return c.AddLooks(ctx, list) })
	if err == nil {
		return nil
	}
	l.looks.mu.Lock()
	defer l.looks.mu.Unlock()
	for k, n := range taken {
		if _, waits := l.looks.of[k]; waits || len(l.looks.of) < 2*mostLooks {
			l.looks.of[k] += n
		}
	}
	return err
}

func (l *Ledger) flushed(ctx context.Context) {
	if err := l.Flush(ctx); err != nil && l.Failed != nil {
		l.Failed(err)
	}
}

func (l *Ledger) writeLooks() {
	defer close(l.done)
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			l.flushed(context.Background())
		case <-l.ended:
			return
		}
	}
}

// Close writes what waits. Nothing may be counted afterwards.
func (l *Ledger) Close(ctx context.Context) error {
	close(l.ended)
	<-l.done
	return l.Flush(ctx)
}
