package hook

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"eyas/internal/fault"
)

const (
	// lookEvery is how often it is looked what has changed and what is due, when nobody says that something has.
	lookEvery = 2 * time.Second
	// kept is how long messages are kept after they ended; sweepEvery is how often older ones are deleted.
	kept       = 30 * 24 * time.Hour
	sweepEvery = time.Hour
)

// Open returns the hooks of a base. Nothing is sent before Run or Turn is called.
func Open(c Config) *Hooks {
	c.Every, c.Timeout = cmp.Or(c.Every, lookEvery), cmp.Or(c.Timeout, timeout)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hooks{Config: c, owner: rand.Text(), slots: make(chan struct{}, overall), woken: make(chan struct{}, 1), working: map[int64]int{}}
	h.client = h.newClient()
	return h
}

// Wake says that something may have changed.
func (h *Hooks) Wake() {
	select {
	case h.woken <- struct{}{}:
	default:
	}
}

// Run tells what changes until ctx ends, and returns when no message is being sent any more.
func (h *Hooks) Run(ctx context.Context) {
	defer h.Close()
	tick := time.NewTicker(h.Every)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := h.Turn(ctx); err != nil && ctx.Err() == nil {
			h.complain(err)
		}
		select {
		case <-h.woken:
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// Close waits until no message is being sent any more. What waits is sent by another process, or after the next start.
func (h *Hooks) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.wg.Wait()
}

func (h *Hooks) stopping() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// complain tells the log of a trouble, once as long as it stays the same.
func (h *Hooks) complain(err error) {
	h.mu.Lock()
	fresh := h.said != err.Error()
	h.said = err.Error()
	h.mu.Unlock()
	if fresh {
		h.Log.Error("webhooks", "error", err)
	}
}

// Turn finds out once what has changed, and begins to send what is due. It does not wait for answers; Idle does.
func (h *Hooks) Turn(ctx context.Context) (err error) {
	defer fault.At(&err, "hook.Turn")
	var list []Hook
	var news News
	var due []int64
	err = h.Storage.ReadHooks(ctx, func(r Reader) error {
		if list, err = r.Hooks(ctx, ""); err != nil || len(list) == 0 {
			return err
		}
		news, err = r.News(ctx)
		return err
	})
	if err != nil || len(list) == 0 {
		return err
	}
	on := map[int64]bool{}
	var failed error
	for i := range list {
		if list[i].State != On {
			continue
		}
		on[list[i].ID] = true
		if err := h.plan(ctx, &list[i], news); err != nil { // another one is told nevertheless
			failed = cmp.Or(failed, err)
		}
	}
	if err := h.Storage.ReadHooks(ctx, func(r Reader) error { due, err = r.Due(ctx, h.Clock()); return err }); err != nil {
		return err
	}
	for _, id := range due {
		if on[id] {
			h.begin(ctx, id)
		}
	}
	return cmp.Or(failed, h.sweep(ctx))
}

// begin has workers send the messages of a hook, where it has fewer than it may.
func (h *Hooks) begin(ctx context.Context, hook int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.working[hook] < perHook && !h.closed {
		h.working[hook]++
		h.wg.Add(1)
		go func() {
			defer h.wg.Done()
			h.work(ctx, hook)
			h.mu.Lock()
			defer h.mu.Unlock()
			h.working[hook]--
		}()
	}
}

// Idle waits until nothing is being sent.
func (h *Hooks) Idle() { h.wg.Wait() }

// sweep deletes messages that ended long ago, every hour.
func (h *Hooks) sweep(ctx context.Context) error {
	now := h.Clock()
	h.mu.Lock()
	due := now.Sub(h.swept) >= sweepEvery
	if due {
		h.swept = now
	}
	h.mu.Unlock()
	if !due {
		return nil
	}
	return h.Storage.WriteMessages(ctx, func(w Messages) error { return w.Sweep(ctx, now.Add(-kept)) })
}
