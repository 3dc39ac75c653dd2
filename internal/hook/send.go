package hook

import (
	"bytes"
	"context"
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
	for i := range list {
		if ctx.Err() != nil || h.stopping() { // what was not sent is given back
			h.back(context.WithoutCancel(ctx), &list[i], h.Clock())
			continue
		}
		if err := h.one(ctx, &list[i]); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func (h *Hooks) back(ctx context.Context, d *Delivery, due time.Time) error {
	return h.Storage.WriteMessages(ctx, func(w Messages) error { return w.Put(ctx, d, h.owner, due) })
}

// one sends a message and stores what came of it.
func (h *Hooks) one(ctx context.Context, d *Delivery) error {
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
		return h.back(ctx, d, h.Clock())
	}
	acting, awake, err := h.acting(ctx, x)
	if err != nil {
		return err
	}
	if !awake {
		return h.back(ctx, d, h.Clock().Add(asleepFor))
	}
	content, left, err := h.shown(acting, d)
	if err != nil {
		return err
	}
	if !left {
		return h.Storage.WriteMessages(ctx, func(w Messages) error { return w.Drop(ctx, d, h.owner) })
	}
	text, err := body(x.ID, d, content)
	if err != nil {
		return err
	}
	a, after := h.call(ctx, x, d, secrets, text)
	if ctx.Err() != nil { // the program stops: it is not known what came of it
		return h.back(context.WithoutCancel(ctx), d, h.Clock())
	}
	return h.attempted(ctx, x, d, a, after)
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

// attempted stores an attempt, and turns the hook off after the last one when nothing was received since the first.
func (h *Hooks) attempted(ctx context.Context, x *Hook, d *Delivery, a Attempt, after time.Duration) error {
	now := h.Clock()
	d.Tries++
	gone := a.Status == http.StatusGone // the receiver wants no more
	switch {
	case a.Status >= 200 && a.Status < 300:
		d.State, d.Ended = Done, now
	case gone || d.Tries > len(schedule):
		d.State, d.Ended = Failed, now
	default:
		gap := schedule[d.Tries-1]
		gap += time.Duration(rand.Int64N(int64(gap/10) + 1)) // not all at one moment
		d.Due = now.Add(max(gap, after))
	}
	if err := h.Storage.WriteMessages(ctx, func(w Messages) error { return w.Attempted(ctx, d, h.owner, a) }); err != nil {
		return err
	}
	if d.State != Failed {
		return nil
	}
	return h.Storage.WriteHooks(auth.As(ctx, auth.Self), func(ctx context.Context, w Writer) error {
		received, err := w.Received(ctx, x.ID, d.At)
		if err != nil || received && !gone {
			return err
		}
		now, err := w.Hook(ctx, x.ID)
		if err != nil || now.State != On {
			return err
		}
		return h.set(ctx, w, now, Off)
	})
}
