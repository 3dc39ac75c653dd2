package hook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"eyas/internal/auth"
)

const (
	perHook    = 2  // messages of a hook that are sent at once
	overall    = 32 // of all hooks
	claimed    = 4  // messages that are taken together
	timeout    = 15 * time.Second
	asleepFor  = time.Hour // before a hook whose grant gives nothing is asked for again
	longAnswer = 300       // bytes of an answer that are kept
	mostAnswer = 4 << 10   // bytes of an answer that are read
	longestGap = 24 * time.Hour
	writeEvery = time.Second // how long an outcome waits for others to be stored with it
)

// schedule is how long after an attempt that failed the next one comes, as Standard Webhooks proposes: over about three days.
var schedule = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// work sends messages of a hook until none is due, and holds a slot for each.
func (h *Hooks) work(ctx context.Context, hook int64) {
	for ctx.Err() == nil {
		select {
		case h.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		n, err := h.some(ctx, hook)
		<-h.slots
		if err != nil && ctx.Err() == nil {
			h.complain(err)
		}
		if err != nil || n == 0 {
			return
		}
	}
}

// some sends a few messages of a hook one after another.
func (h *Hooks) some(ctx context.Context, hook int64) (int, error) {
	var list []Delivery
	now := h.Clock()
	lease := now.Add((claimed + 1) * h.Timeout)
	err := h.Storage.WriteMessages(ctx, func(w Messages) (err error) {
		list, err = w.Claim(ctx, hook, h.owner, now, lease, claimed)
		return err
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	var said outcomes
	wrote := time.Now()
	for i := range list {
		if ctx.Err() != nil || h.stopping() { // what was not sent is given back
			said.back(h, &list[i], h.Clock())
			continue
		}
		if err := h.one(ctx, &list[i], &said); err != nil {
			return 0, errors.Join(err, h.keep(ctx, &said))
		}
		if time.Since(wrote) > writeEvery {
			if err := h.keep(ctx, &said); err != nil {
				return 0, err
			}
			wrote = time.Now()
		}
	}
	return len(list), h.keep(ctx, &said)
}

// outcomes are what came of messages and is not stored yet. They are stored together: each transaction holds up who writes.
type outcomes struct {
	writes []func(context.Context, Messages) error
	failed []failure
}

// failure is a message that failed for good.
type failure struct {
	d    *Delivery
	gone bool // the receiver wants no more
}

func (o *outcomes) back(h *Hooks, d *Delivery, due time.Time) {
	o.writes = append(o.writes, func(ctx context.Context, w Messages) error { return w.Put(ctx, d, h.owner, due) })
}

// keep stores outcomes, also when the program stops.
func (h *Hooks) keep(ctx context.Context, o *outcomes) error {
	if len(o.writes) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	err := h.Storage.WriteMessages(ctx, func(w Messages) error {
		for _, write := range o.writes {
			if err := write(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	failed := o.failed
	*o = outcomes{}
	for _, f := range failed {
		if err := h.turnOff(ctx, f.d, f.gone); err != nil {
			return err
		}
	}
	return nil
}

// one sends a message and says what came of it.
func (h *Hooks) one(ctx context.Context, d *Delivery, said *outcomes) error {
	var x *Hook
	var secrets [][]byte
	err := h.Storage.ReadHooks(ctx, func(r Reader) (err error) {
		if x, err = r.Hook(ctx, d.Hook); err != nil || x == nil {
			return err
		}
		secrets, err = r.Secrets(ctx, d.Hook, h.Clock())
		return err
	})
	if err != nil {
		return err
	}
	if x == nil || x.State != On {
		said.back(h, d, h.Clock())
		return nil
	}
	acting, awake, err := h.acting(ctx, x)
	if err != nil {
		return err
	}
	if !awake {
		said.back(h, d, h.Clock().Add(asleepFor))
		return nil
	}
	content, left, err := h.shown(acting, d)
	if err != nil {
		return err
	}
	if !left {
		said.writes = append(said.writes, func(ctx context.Context, w Messages) error { return w.Drop(ctx, d, h.owner) })
		return nil
	}
	text, err := body(x.ID, d, content)
	if err != nil {
		return err
	}
	a, after := h.call(ctx, x, d, secrets, text)
	if ctx.Err() != nil { // the program stops: it is not known what came of it
		said.back(h, d, h.Clock())
		return nil
	}
	h.attempted(d, a, after, said)
	return nil
}

// call sends a message once. after is how long the receiver asks to wait; 0: it does not say.
func (h *Hooks) call(ctx context.Context, x *Hook, d *Delivery, secrets [][]byte, text []byte) (a Attempt, after time.Duration) {
	a.At = h.Clock()
	began := time.Now()
	defer func() { a.Took = time.Since(began) }()
	if h.checkURL(x.URL) != nil { // the networks that are allowed may have changed
		a.Trouble = BadAddress
		return a, 0
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, secureKey{}, strings.HasPrefix(strings.ToLower(x.URL), "https:")), h.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, x.URL, bytes.NewReader(text))
	if err != nil {
		a.Trouble = BadAddress
		return a, 0
	}
	seconds := a.At.Unix()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Eyas-Webhook/1")
	r.Header.Set("Webhook-Id", d.Message)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(seconds, 10))
	r.Header.Set("Webhook-Signature", Sign(secrets, d.Message, seconds, text))
	w, err := h.client.Do(r)
	if err != nil {
		a.Trouble = troubleOf(err)
		return a, 0
	}
	defer w.Body.Close()
	got, _ := io.ReadAll(io.LimitReader(w.Body, mostAnswer)) // the status has been answered already
	a.Status, a.Answer = w.StatusCode, firstOf(got)
	if w.StatusCode == http.StatusTooManyRequests || w.StatusCode == http.StatusServiceUnavailable {
		if n, err := strconv.Atoi(w.Header.Get("Retry-After")); err == nil && n > 0 {
			after = min(time.Duration(min(n, 1<<20))*time.Second, longestGap)
		}
	}
	return a, after
}

// firstOf is the beginning of an answer in one line.
func firstOf(answer []byte) string {
	text := strings.ToValidUTF8(string(answer[:min(len(answer), longAnswer)]), "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text))
}

// attempted says how a message stands after an attempt.
func (h *Hooks) attempted(d *Delivery, a Attempt, after time.Duration, said *outcomes) {
	now := h.Clock()
	d.Tries++
	gone := a.Status == http.StatusGone
	switch {
	case a.Status >= 200 && a.Status < 300:
		d.State, d.Ended = Done, now
	case gone || d.Tries > len(schedule):
		d.State, d.Ended = Failed, now
		said.failed = append(said.failed, failure{d, gone})
	default:
		gap := schedule[d.Tries-1]
		gap += time.Duration(rand.Int64N(int64(gap/10) + 1)) // not all at one moment
		d.Due = now.Add(max(gap, after))
	}
	said.writes = append(said.writes, func(ctx context.Context, w Messages) error { return w.Attempted(ctx, d, h.owner, a) })
}

// turnOff turns a hook off after a message that failed for good, when nothing was received since that was made, or the receiver wants no
// more.
func (h *Hooks) turnOff(ctx context.Context, d *Delivery, gone bool) error {
	return h.Storage.WriteHooks(auth.As(ctx, auth.Self), func(ctx context.Context, w Writer) error {
		received, err := w.Received(ctx, d.Hook, d.At)
		if err != nil || received && !gone {
			return err
		}
		x, err := w.Hook(ctx, d.Hook)
		if err != nil || x.State != On {
			return err
		}
		return h.set(ctx, w, x, Off)
	})
}
